//! The settings of the sandbox's bridge: what a person would write for a real portal, and nothing more.

use std::net::SocketAddr;

use toml::{Table, Value};

use super::home::Home;
use crate::sandbox::agent::PATH;
use crate::sandbox::portal::Seed;

/// Where everything listens.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// HubSpot's API and the pages.
    pub portal: SocketAddr,
    /// The bridge's public listener.
    pub public: SocketAddr,
    /// Its admin listener.
    pub admin: SocketAddr,
}

/// How patient the bridge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The product's defaults.
    Real,
    /// Short waits, so that a whole day fits into half a minute.
    Tour,
}

/// The settings as TOML; the connection is called `sandbox`. With a signing secret its agent is the one beside the
/// portal.
#[must_use]
pub fn text(home: &Home, at: &Addresses, (seed, signing): (&Seed, Option<&str>), pace: Pace) -> String {
    let mut whole = Table::new();
    let mut section = |name: &str, rows: Vec<(&str, Value)>| {
        let rows = rows.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        whole.insert(name.to_owned(), Value::Table(rows));
    };
    section(
        "server",
        vec![("listen", at.public.to_string().into()), ("public_url", format!("http://{}", at.public).into())],
    );
    // Loopback, so that whoever tries it needs no token; and nothing said here is a secret.
    let open = vec![("listen", at.admin.to_string().into()), ("show_messages", true.into())];
    section("admin", [open, vec![("public_url", format!("http://{}", at.admin).into())]].concat());
    section("store", vec![("url", format!("sqlite:{}", home.database().display()).into())]);
    section("hubspot", hubspot(at, pace));
    if pace == Pace::Tour {
        let short = [("quiet_period", "300ms"), ("quiet_period_max", "2s"), ("email_delay", "1s"), ("settle", "1s")];
        section("delivery", short.map(|(key, value)| (key, value.into())).to_vec());
    }
    let rep = seed.reps.first().map(|rep| rep.actor().0).unwrap_or_default();
    let connection = vec![
        ("portal_id", Value::Integer(seed.portal_id.0)),
        ("access_token", seed.token.as_str().into()),
        ("client_secret", seed.client_secret.as_str().into()),
        ("ai_user_id", seed.ai.actor().0.into()),
        ("default_user_id", rep.into()),
        ("agent", agent(home, at, signing)),
        ("ticketing", ticketing(pace)),
    ];
    section("connections", vec![("sandbox", table(connection))]);
    format!("# Made by `hubspot-bridge sandbox`; made anew at each start.\n\n{whole}")
}

fn hubspot(at: &Addresses, pace: Pace) -> Vec<(&'static str, Value)> {
    let mut rows = vec![("api_url", format!("http://{}", at.portal).into())];
    if pace == Pace::Tour {
        rows.push(("timeout", "1500ms".into()));
    }
    rows
}

fn agent(home: &Home, at: &Addresses, signing: Option<&str>) -> Value {
    let rows: Vec<(&str, Value)> = match signing {
        Some(secret) => vec![
            ("kind", "http".into()),
            ("base_url", format!("http://{}{PATH}", at.portal).into()),
            ("signing_secret", secret.into()),
        ],
        None => vec![("kind", "faq".into()), ("articles", home.articles().display().to_string().into())],
    };
    table(rows)
}

/// The order a customer asks about, in the session and on the ticket.
fn ticketing(pace: Pace) -> Value {
    let mut rows = vec![("custom_data", table(vec![("order", "order_number".into())]))];
    if pace == Pace::Tour {
        rows.push(("update_interval", "2s".into()));
    }
    table(rows)
}

fn table(rows: Vec<(&str, Value)>) -> Value {
    Value::Table(rows.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
