//! What the CRM knows of one customer, for the rep's panel and for the agent: contact, company, deals, tickets, each read
//! on its own so that one that fails (a missing scope, a slow answer) hides no other. Called by the conversation's
//! question and by the admin API.

mod cache;
mod owners;
mod read;

use std::time::Duration;

use tokio::time::Instant;

use self::cache::Cache;
use self::owners::Owners;
use super::client::Client;
use crate::domain::{CustomerContext, Lane, Part};

/// Nobody waits longer for the whole: what is late is said to be.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// The panel of one connection.
pub struct Panel {
    client: Client,
    owners: Owners,
    cache: Cache,
}

impl Panel {
    /// Reads by this client, in the tickets' lane: answers to customers go first.
    #[must_use]
    pub fn new(client: &Client) -> Self {
        let client = client.on_lane(Lane::Ticket).within(DEADLINE);
        Self { client, owners: Owners::default(), cache: Cache::default() }
    }

    /// What the CRM knows of this address, within [`DEADLINE`]; never an error: each part says for itself how it ended.
    /// Kept a short while, and read once for all who ask at the same time.
    pub async fn context(&self, email: &str) -> CustomerContext {
        let email = email.trim().to_lowercase();
        self.cache.get(&email, || self.read(&email)).await
    }

    async fn read(&self, email: &str) -> CustomerContext {
        let deadline = Instant::now() + DEADLINE;
        let mut contact = within(deadline, read::contact(&self.client, email)).await;
        let id = match &contact {
            Part::Known(contact) => contact.id.clone(),
            Part::Absent => return nothing(contact, &Part::Absent),
            Part::Failed(_) => {
                return nothing(contact, &Part::Failed("not looked for: the contact could not be read".to_owned()));
            }
        };
        let Some(id) = id else {
            return nothing(contact, &Part::Failed("not looked for: HubSpot gave the contact no id".to_owned()));
        };
        let (company, deals, tickets, owner) = tokio::join!(
            within(deadline, read::company(&self.client, id.as_str())),
            within(deadline, read::deals(&self.client, id.as_str())),
            within(deadline, read::tickets(&self.client, id.as_str())),
            tokio::time::timeout_at(deadline, self.owner(&contact)),
        );
        if let (Part::Known(contact), Ok(Some(owner))) = (&mut contact, owner) {
            contact.owner = Some(owner);
        }
        CustomerContext { contact, company, deals, tickets }
    }

    /// The owner's name or address; none: the id has to do.
    async fn owner(&self, contact: &Part<crate::domain::Contact>) -> Option<String> {
        self.owners.name(&self.client, contact.known()?.owner.as_deref()?).await
    }
}

/// The other parts hang on the contact.
fn nothing(contact: Part<crate::domain::Contact>, why: &Part<()>) -> CustomerContext {
    CustomerContext { contact, company: same(why), deals: same(why), tickets: same(why) }
}

fn same<T>(why: &Part<()>) -> Part<T> {
    match why {
        Part::Failed(words) => Part::Failed(words.clone()),
        Part::Known(()) | Part::Absent => Part::Absent,
    }
}

async fn within<T>(deadline: Instant, part: impl Future<Output = Result<Option<T>, super::error::Error>>) -> Part<T> {
    match tokio::time::timeout_at(deadline, part).await {
        Ok(Ok(Some(found))) => Part::Known(found),
        Ok(Ok(None)) => Part::Absent,
        Ok(Err(error)) => Part::Failed(error.to_string()),
        Err(_) => Part::Failed(format!(
            "not read within {} s: HubSpot is slow, or the rate budget has no room; look again in a moment",
            DEADLINE.as_secs()
        )),
    }
}
