//! What must be true at the end of every seed, judged from the portal's own record, its call log and the ledger: never from
//! the bridge's opinion alone. A file for each kind of guarantee.

mod case;
mod customer;
mod desk;
mod human;
mod ledger;
mod left;
mod pace;
mod record;
mod ticket;

use hubspot_bridge::domain::Event;
use hubspot_bridge::store::types::EventFilter;

pub use self::left::{nothing_left_behind, nothing_private_was_logged};

use self::case::Case;
use super::bridge::Bridge;
use super::plan::Plan;
use super::play::Site;
use super::tally::Tally;

pub async fn all(site: &Site, bridge: &Bridge, plan: &Plan, tally: &mut Tally) {
    let case = Case::of(site, bridge, plan).await;
    ledger::all(&case, tally);
    customer::all(&case, tally);
    human::all(&case);
    ticket::all(&case, tally);
    desk::all(&case, tally);
    pace::all(&case);
    ledger::counts_agree(&case, bridge).await;
}

/// The events of one connection.
pub async fn of_site(bridge: &Bridge, site: &Site) -> Vec<Event> {
    let mut all = events(bridge).await;
    all.retain(|event| event.connection.as_str() == site.name);
    all
}

/// The events that have not ended, for a failure's message.
pub async fn open(bridge: &Bridge) -> String {
    let events = events(bridge).await;
    let open: Vec<String> =
        events.iter().filter(|event| !event.state.is_final()).map(|event| format!("{event:?}")).collect();
    open.join("\n")
}

async fn events(bridge: &Bridge) -> Vec<Event> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let page = bridge.ledger.events(EventFilter::default(), cursor, 200).await.expect("the ledger answers");
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return all;
        }
    }
}
