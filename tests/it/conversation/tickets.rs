//! Ticket changes reach the custom data of linked sessions, as they are when the mailbox is drained.

use std::collections::BTreeMap;
use std::time::Duration;

use hubspot_bridge::domain::{Lane, MailboxKey, Object, ThreadId, TicketId};
use hubspot_bridge::sandbox::portal::seed::HELP_DESK_ACCOUNT;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};
use hubspot_bridge::store::{Batch, Claim, Finish};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::house::{House, acme, mail};
use super::record;

const TICKET: &str = "/crm/v3/objects/tickets/*";

impl House {
    /// A help desk conversation, answered, with its ticket.
    pub async fn desk(&mut self, from: &str) -> (ThreadId, TicketId) {
        let mut letter = mail(from, "My order", "Where is it?");
        letter.account = Some(HELP_DESK_ACCOUNT.to_owned());
        let thread = self.portal.customer_emails(&letter).unwrap().thread;
        self.until_quiet().await;
        let shown = record::thread(&self.portal, &thread);
        let ticket = shown["threadAssociations"]["associatedTicketId"].as_str().unwrap();
        (thread, TicketId::from(ticket))
    }

    pub fn change(&self, ticket: &TicketId, name: &str, value: &str) {
        self.portal.change_ticket(ticket, name, value, &self.rep()).unwrap();
    }

    pub async fn custom_data(&self, thread: &ThreadId) -> BTreeMap<String, String> {
        self.session(thread).await.unwrap().custom_data
    }

    /// How the newest event of a ticket ended.
    pub async fn newest(&self, ticket: &TicketId) -> String {
        self.outcomes_of(Object::Ticket(ticket.clone())).await.pop().unwrap()
    }

    fn reads(&self, ticket: &TicketId) -> usize {
        record::calls(&self.portal, "GET", &format!("/tickets/{ticket}"))
    }

    /// A change of a ticket as its webhook tells it.
    fn told(&self, ticket: &TicketId, property: &str, value: &str, source: &str) -> serde_json::Value {
        let id: u64 = ticket.as_str().parse().unwrap();
        json!([{"eventId": 77, "portalId": self.portal.seed().portal_id.0, "occurredAt": 1_795_262_400_000_u64,
            "subscriptionType": "ticket.propertyChange", "objectId": id, "propertyName": property,
            "propertyValue": value, "changeSource": "INTEGRATION", "sourceId": source}])
    }
}

#[tokio::test(start_paused = true)]
async fn linking_reads_the_ticket_once_and_changes_follow() {
    let mut house = House::new().await;
    let (thread, ticket) = house.desk("carla@elsewhere.example").await;
    let data = house.custom_data(&thread).await;
    assert_eq!(data.get("hs_pipeline_stage").map(String::as_str), Some("1"));
    assert!(!data.contains_key("subject"), "`sync_exclude` holds for the first read too: {data:?}");
    assert_eq!(house.reads(&ticket), 1);

    house.change(&ticket, "hs_ticket_priority", "HIGH");
    house.until_quiet().await;
    assert_eq!(house.newest(&ticket).await, "ticket.propertyChange property_synced");
    assert_eq!(house.custom_data(&thread).await["hs_ticket_priority"], "HIGH");
    let again: ThreadId = thread.clone();
    house.chat_on(&again, "And now?");
    house.until_quiet().await;
    assert_eq!(house.agent.last_question().custom_data["hs_ticket_priority"], "HIGH", "the agent is told");
    assert_eq!(house.reads(&ticket), 2, "a thread that stays linked is not read again");
}

#[tokio::test(start_paused = true)]
async fn every_linked_session_gets_the_value_read_at_the_drain() {
    let mut house = House::new().await;
    let (one, ticket) = house.desk("carla@elsewhere.example").await;
    let other = house.chat("Hello").thread;
    house.portal.link_ticket(&other, &ticket).unwrap();
    house.until_quiet().await;
    assert_eq!(house.custom_data(&other).await["hs_pipeline_stage"], "1", "linked later");

    house.change(&ticket, "plan", "team");
    house.change(&ticket, "plan", "enterprise");
    house.until_quiet().await;
    for thread in [&one, &other] {
        assert_eq!(house.custom_data(thread).await["plan"], "enterprise");
    }
    let ended = house.outcomes_of(Object::Ticket(ticket)).await;
    assert!(ended.ends_with(&vec!["ticket.propertyChange property_synced".to_owned(); 2]), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_changes_fold_into_few_reads() {
    let mut house = House::new().await;
    let (thread, ticket) = house.desk("carla@elsewhere.example").await;
    let before = house.reads(&ticket);
    for number in 0..1_000 {
        house.change(&ticket, "order_number", &number.to_string());
    }
    house.until_quiet().await;
    assert_eq!(house.custom_data(&thread).await["order_number"], "999");
    let synced = house.outcomes_of(Object::Ticket(ticket.clone())).await;
    assert_eq!(synced.iter().filter(|line| line.ends_with("property_synced")).count(), 1_000);
    assert!(house.reads(&ticket) - before <= 20, "{} reads", house.reads(&ticket) - before);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_duplicate_still_marks_its_property_as_changed() {
    let mut house = House::new().await;
    let (thread, ticket) = house.desk("carla@elsewhere.example").await;
    house.portal.set_target(None);
    house.change(&ticket, "order_number", "1");
    house.post(house.told(&ticket, "order_number", "1", "1")).await;
    house.until_quiet().await;
    assert_eq!(house.custom_data(&thread).await["order_number"], "1");
    house.change(&ticket, "order_number", "2");
    house.post(house.told(&ticket, "order_number", "2", "1")).await;
    house.until_quiet().await;
    assert_eq!(house.custom_data(&thread).await["order_number"], "2");
    let events = house.outcomes_of(Object::Ticket(ticket)).await;
    assert_eq!(events.iter().filter(|line| line.ends_with("property_synced")).count(), 1, "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn a_mapped_property_lands_under_the_sessions_own_key() {
    let mut house = House::with(|config| {
        acme(config).ticketing.custom_data = BTreeMap::from([("order".to_owned(), "order_number".to_owned())]);
    })
    .await;
    let (thread, ticket) = house.desk("carla@elsewhere.example").await;
    house.change(&ticket, "order_number", "4711");
    house.until_quiet().await;
    let data = house.custom_data(&thread).await;
    assert_eq!(data["order"], "4711");
    assert!(!data.contains_key("order_number"), "{data:?}");
}

#[tokio::test(start_paused = true)]
async fn changes_that_are_not_carried_over() {
    let mut house = House::new().await;
    let unlinked = house.portal.create_ticket("A ticket", &house.rep()).unwrap();
    house.change(&unlinked, "plan", "team");
    house.until_quiet().await;
    assert_eq!(house.newest(&unlinked).await, "ticket.propertyChange skipped/no_linked_session");

    let (thread, ticket) = house.desk("carla@elsewhere.example").await;
    house.change(&ticket, "subject", "Another subject");
    house.until_quiet().await;
    assert_eq!(house.newest(&ticket).await, "ticket.propertyChange skipped/property_not_synced");
    house.change(&ticket, "plan", "team");
    house.until_quiet().await;
    house.change(&ticket, "plan", "");
    house.until_quiet().await;
    assert_eq!(house.newest(&ticket).await, "ticket.propertyChange skipped/empty_value");
    assert_eq!(house.custom_data(&thread).await["plan"], "team");

    let mut house = House::with(|config| acme(config).ticketing.enabled = false).await;
    let (thread, ticket) = house.desk("carla@elsewhere.example").await;
    house.change(&ticket, "plan", "team");
    house.until_quiet().await;
    assert_eq!(house.newest(&ticket).await, "ticket.propertyChange skipped/ticketing_disabled");
    assert!(house.custom_data(&thread).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_echo_of_our_own_app() {
    let mut house = House::new().await;
    let (_, ticket) = house.desk("carla@elsewhere.example").await;
    let app = house.portal.seed().app_id.to_string();
    house.post(house.told(&ticket, "plan", "team", &app)).await;
    house.until_quiet().await;
    assert_eq!(house.newest(&ticket).await, "ticket.propertyChange skipped/own_write");
}

#[tokio::test(start_paused = true)]
async fn the_echo_of_a_value_we_wrote_whoever_is_named_as_its_source() {
    let mut house = House::new().await;
    let (thread, ticket) = house.desk("carla@elsewhere.example").await;
    house.wrote(&ticket, "plan", "team").await;
    house.portal.set_target(None);
    house.change(&ticket, "plan", "team");
    house.post(house.told(&ticket, "plan", "team", "userId:1")).await;
    house.until_quiet().await;
    assert_eq!(house.newest(&ticket).await, "ticket.propertyChange skipped/own_write");
    assert_eq!(house.custom_data(&thread).await["plan"], "team");
}

#[tokio::test(start_paused = true)]
async fn a_rep_who_changes_what_we_wrote_is_no_echo() {
    let mut house = House::new().await;
    let (thread, ticket) = house.desk("carla@elsewhere.example").await;
    house.wrote(&ticket, "plan", "team").await;
    house.change(&ticket, "plan", "enterprise");
    house.until_quiet().await;
    assert_eq!(house.newest(&ticket).await, "ticket.propertyChange property_synced");
    assert_eq!(house.custom_data(&thread).await["plan"], "enterprise");
}

impl House {
    /// Journals that the bridge wrote a value, as a turn that writes does.
    async fn wrote(&mut self, ticket: &TicketId, property: &str, value: &str) {
        let store = std::sync::Arc::clone(&self.life().store);
        let object = Object::Ticket(ticket.clone());
        let dirty = vec![(MailboxKey { connection: "acme".into(), object }, "plan".to_owned())];
        store.append(Batch { events: Vec::new(), dirty }).await.unwrap();
        // Before the worker, which has not been polled since.
        let claim = Claim { lane: Lane::Ticket, n: 1, ttl: Duration::from_mins(1), sharers: Vec::new() };
        let lease = store.claim(claim).await.unwrap().remove(0);
        store.open_turn(&lease).await.unwrap().unwrap();
        let hash = hex::encode(Sha256::digest(value.as_bytes()));
        let own_writes = vec![(ticket.clone(), property.to_owned(), hash)];
        store.finish(&lease, Finish { own_writes, ..Finish::default() }).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_deleted_ticket() {
    let mut house = House::new().await;
    let (_, ticket) = house.desk("carla@elsewhere.example").await;
    let gone = Effect::Status { code: 404, body: BodyKind::Standard, retry_after: None, acted: false };
    house.portal.add_fault(Fault::times(100, "GET", TICKET, gone));
    house.change(&ticket, "plan", "team");
    house.until_quiet().await;
    assert_eq!(house.newest(&ticket).await, "ticket.propertyChange dead/object_not_found");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_changes_does_not_delay_a_customer() {
    let mut house = House::new().await;
    let (_, ticket) = house.desk("carla@elsewhere.example").await;
    let slow =
        Fault { times: None, probability: Some(1.0), ..Fault::times(0, "GET", TICKET, Effect::Delay { ms: 9_000 }) };
    house.portal.add_fault(slow);
    for number in 0..500 {
        house.change(&ticket, "order_number", &number.to_string());
    }
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(3)).await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    house.until_quiet().await;
}
