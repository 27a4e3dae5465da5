//! What the files depend on, from the settings in force. These may lack what only the app itself can give: token, client
//! secret and the like.

use toml::{Table, Value};

/// What stands for an address that is not known yet.
const EXAMPLE_URL: &str = "https://bridge.example.com";
/// What stands for a connection that nobody named yet.
const EXAMPLE_CONNECTION: &str = "acme";

/// Properties that most help desks have; HubSpot has no subscription to all of them at once.
const STOCK: [&str; 5] =
    ["hs_pipeline", "hs_pipeline_stage", "hs_ticket_category", "hs_ticket_priority", "hubspot_owner_id"];

/// What the files depend on.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting of its own")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What HubSpot calls, without a trailing slash.
    pub public_url: String,
    /// Neither in the settings: HubSpot would call an example.
    pub is_example: bool,
    /// The connection's name, the last part of its addresses.
    pub connection: String,
    /// Ticket properties to hear of, by name; none when ticketing is off.
    pub ticket_properties: Vec<String>,
    /// The settings sync every property; only stock ones and those of `custom_data` can be subscribed to by name.
    pub syncs_all: bool,
    /// Notes are carried to the agent.
    pub mirror_notes: bool,
    /// What the CRM knows is read with another token than the app's.
    pub panel_has_a_token: bool,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// There are several connections, and none was named.
    Choice(Vec<String>),
    /// None of the connections has this name.
    Unknown(String),
}

impl Plan {
    /// For a connection of the settings in force; the only one if none is named, an example if there is none at all.
    ///
    /// # Errors
    /// [`Lack`].
    pub fn of(settings: &Table, named: Option<&str>) -> Result<Self, Lack> {
        let none = Table::new();
        let connections = settings.get("connections").and_then(Value::as_table).unwrap_or(&none);
        let mut known = connections.keys().map(String::as_str);
        let name = match (named, known.next(), known.next()) {
            (Some(named), Some(_), _) if !connections.contains_key(named) => {
                return Err(Lack::Unknown(named.to_owned()));
            }
            (Some(named), ..) => named,
            (None, None, _) => EXAMPLE_CONNECTION,
            (None, Some(only), None) => only,
            (None, Some(_), Some(_)) => return Err(Lack::Choice(connections.keys().cloned().collect())),
        };
        let url = settings.get("server").and_then(|server| server.get("public_url")).and_then(Value::as_str);
        let url = url.map(|url| url.trim_end_matches('/')).filter(|url| !url.is_empty());
        let own = connections.get(name).and_then(Value::as_table);
        let has = |key: &str| {
            own.and_then(|own| own.get("crm")?.as_table()?.get(key)?.as_str()).is_some_and(|v| !v.is_empty())
        };
        let (ticket_properties, syncs_all) = ticket_properties(own.and_then(|own| own.get("ticketing")));
        Ok(Self {
            public_url: url.unwrap_or(EXAMPLE_URL).to_owned(),
            is_example: url.is_none(),
            connection: name.to_owned(),
            ticket_properties,
            syncs_all,
            mirror_notes: own.and_then(|own| own.get("mirror_notes")).and_then(Value::as_bool).unwrap_or_default(),
            panel_has_a_token: has("access_token") || has("access_token_file"),
        })
    }

    /// What HubSpot calls.
    pub(super) fn url(&self, door: &str) -> String {
        format!("{}/{door}/{}", self.public_url, self.connection)
    }
}

/// Those to subscribe to, sorted, and whether the settings want more than can be named.
fn ticket_properties(ticketing: Option<&Value>) -> (Vec<String>, bool) {
    let Some(ticketing) = ticketing else { return (STOCK.map(str::to_owned).to_vec(), true) };
    if ticketing.get("enabled").and_then(Value::as_bool) == Some(false) {
        return (Vec::new(), false);
    }
    let texts = |key: &str| -> Vec<String> {
        let listed = ticketing.get(key).and_then(Value::as_array).into_iter().flatten();
        listed.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (mut wanted, excluded) = (texts("sync_properties"), texts("sync_exclude"));
    let all = wanted.iter().any(|name| name == "*");
    if all {
        let mapped = ticketing.get("custom_data").and_then(Value::as_table).into_iter().flat_map(Table::values);
        wanted.extend(mapped.filter_map(Value::as_str).map(str::to_owned));
        wanted.extend(STOCK.map(str::to_owned));
    }
    wanted.retain(|name| name != "*" && !excluded.contains(name));
    wanted.sort_unstable();
    wanted.dedup();
    (wanted, all)
}
