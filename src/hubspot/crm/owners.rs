//! Owners: whose id goes into `hubspot_owner_id`, and the user behind it.

use crate::hubspot::call::Call;
use crate::hubspot::client::Client;
use crate::hubspot::error::Error;
use crate::hubspot::types::Owner;
use crate::hubspot::wire::id::Id;
use crate::hubspot::wire::others::WireOwner;

/// HubSpot's page size of owners.
const OWNERS_PAGE: &str = "100";

impl Client {
    /// Every owner who is not archived.
    pub async fn owners(&self) -> Result<Vec<Owner>, Error> {
        let owners = self.owners_who(None).await?;
        let owner = |owner: WireOwner| {
            let name = [owner.first_name, owner.last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
            Owner {
                id: owner.id.text().unwrap_or_default(),
                user_id: owner.user_id.and_then(Id::text),
                email: owner.email.filter(|email| !email.is_empty()),
                name: Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
            }
        };
        Ok(owners.into_iter().map(owner).collect())
    }

    /// The user ids behind the archived owners: users who were deactivated or removed.
    pub async fn archived_user_ids(&self) -> Result<Vec<String>, Error> {
        let owners = self.owners_who(Some("true")).await?;
        let user = |owner: WireOwner| owner.user_id_including_inactive.or(owner.user_id).and_then(Id::text);
        Ok(owners.into_iter().filter_map(user).collect())
    }

    async fn owners_who(&self, archived: Option<&str>) -> Result<Vec<WireOwner>, Error> {
        let call = |cursor: Option<&str>| {
            let call = Call::get("GET /owners", self.shared.paths.crm("owners", "")).query("limit", OWNERS_PAGE);
            match archived {
                Some(archived) => call.query("archived", archived),
                None => call,
            }
            .after(cursor)
        };
        self.every_page(call).await
    }
}
