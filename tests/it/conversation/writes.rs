//! Session data, the handoff tag and the owner reach the ticket: what differs, at the ticket's own pace, once.

use std::collections::BTreeMap;
use std::time::Duration;

use hubspot_bridge::agents::{Answer, Decision};
use hubspot_bridge::config::Config;
use hubspot_bridge::domain::{Event, EventKind, NewEvent, Object, Session, SessionPatch, ThreadId, TicketId};
use hubspot_bridge::sandbox::portal::{BodyKind, DeliveryFaults, Effect};
use hubspot_bridge::store::request::{TicketWrite, ticket_write};
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Batch, SessionChange, SessionKey};

use super::agent::Move;
use super::house::{House, acme, ended};
use super::record;

const TICKET: &str = "/crm/v3/objects/tickets/*";
const CARLA: &str = "carla@elsewhere.example";

fn mapped(config: &mut Config) {
    let map = [("order", "order_number"), ("plan", "plan")];
    acme(config).ticketing.custom_data = map.map(|(key, name)| (key.to_owned(), name.to_owned())).into();
}

impl House {
    pub async fn raise(&self, event: NewEvent) {
        self.life().store.append(Batch { events: vec![event], dirty: Vec::new() }).await.unwrap();
    }

    async fn write(&self, ticket: &TicketId, write: TicketWrite) {
        self.raise(ticket_write("acme".into(), ticket.clone(), &TicketWrite { v: 1, ..write })).await;
    }

    /// Session data changes, as through the admin API.
    async fn learns(&self, thread: &ThreadId, ticket: &TicketId, key: &str, value: &str) {
        let session = self.remembers(thread, key, value).await;
        let keys = vec![key.to_owned()];
        self.write(ticket, TicketWrite { session: Some(session.id.0), keys, ..TicketWrite::default() }).await;
    }

    /// The first half of it: the session has it, the ticket is not told yet.
    async fn remembers(&self, thread: &ThreadId, key: &str, value: &str) -> Session {
        let session = self.session(thread).await.unwrap();
        let custom_data = BTreeMap::from([(key.to_owned(), value.to_owned())]);
        let patch = SessionPatch { custom_data, ..SessionPatch::default() };
        let change =
            SessionChange { key: SessionKey::Id(session.id), version: session.version, patch, followups: Vec::new() };
        self.life().store.patch_session(change).await.unwrap()
    }

    fn patches(&self, ticket: &TicketId) -> usize {
        record::calls(&self.portal, "PATCH", &format!("/tickets/{ticket}"))
    }

    fn property(&self, ticket: &TicketId, name: &str) -> Option<String> {
        let tickets = self.portal.snapshot()["tickets"].as_array().unwrap().clone();
        let found = tickets.into_iter().find(|found| found["id"] == ticket.as_str()).unwrap();
        found["properties"][name].as_str().map(str::to_owned)
    }

    async fn written(&self, ticket: &TicketId) -> Vec<Event> {
        let object = Some(Object::Ticket(ticket.clone()));
        let mut events = self.events(EventFilter { object, ..EventFilter::default() }).await;
        events.retain(|event| event.kind == EventKind::TicketWrite);
        events
    }

    async fn assert_written(&self, ticket: &TicketId, expected: &str, times: usize) {
        let ends: Vec<String> = self.written(ticket).await.iter().map(ended).collect();
        assert_eq!(ends, vec![expected.to_owned(); times]);
    }
}

#[tokio::test(start_paused = true)]
async fn ten_updates_within_one_interval_make_two_writes_with_the_last_value() {
    for restart in [false, true] {
        let mut house = House::with(mapped).await;
        let (thread, ticket) = house.desk(CARLA).await;
        for number in 0..10 {
            house.learns(&thread, &ticket, "order", &number.to_string()).await;
            house.run_for(Duration::from_secs(1)).await;
        }
        assert_eq!(house.property(&ticket, "order_number").as_deref(), Some("0"), "the first is written at once");
        assert_eq!(house.patches(&ticket), 1);
        if restart {
            house.crash_and_restart().await;
        }
        house.run_for(Duration::from_secs(4)).await;
        assert_eq!(house.patches(&ticket), 1, "the interval of 15 s is not over");
        house.until_quiet().await;
        assert_eq!(house.patches(&ticket), 2);
        assert_eq!(house.property(&ticket, "order_number").as_deref(), Some("9"));
        assert_eq!(house.custom_data(&thread).await["order"], "9");
        house.assert_written(&ticket, "property_synced", 10).await;
        let all = house.outcomes_of(Object::Ticket(ticket)).await;
        assert_eq!(all.iter().filter(|line| line.ends_with("own_write")).count(), 2, "the echoes: {all:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_update_is_looked_at_and_kept_apart_from_the_next() {
    for (effect, crash, patches) in [
        (Effect::Timeout { acted: true }, true, 1),
        (Effect::Timeout { acted: false }, true, 2),
        (Effect::Status { code: 502, body: BodyKind::Html, retry_after: None, acted: true }, false, 1),
        (Effect::CutBefore, false, 2),
    ] {
        let mut house = House::with(mapped).await;
        let (thread, ticket) = house.desk(CARLA).await;
        house.fault(1, "PATCH", TICKET, effect.clone());
        house.learns(&thread, &ticket, "order", "4711").await;
        let id = ticket.clone();
        house.run_until("the update", |house| house.patches(&id) == 1).await;
        if crash {
            house.crash_and_restart().await;
        }
        house.run_for(Duration::from_secs(10)).await;
        assert_eq!(house.patches(&ticket), 1, "not before the interval is over");
        house.until_quiet().await;
        assert_eq!(house.patches(&ticket), patches, "{effect:?}, crash: {crash}");
        assert_eq!(house.property(&ticket, "order_number").as_deref(), Some("4711"));
        house.assert_written(&ticket, "property_synced", 1).await;
        let all = house.outcomes_of(Object::Ticket(ticket)).await;
        assert!(all.contains(&"ticket.propertyChange skipped/own_write".to_owned()), "{all:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_that_never_left_is_simply_made_again() {
    let mut house = House::with(mapped).await;
    let (thread, ticket) = house.desk(CARLA).await;
    house.fault(1, "PATCH", TICKET, Effect::Refuse);
    house.learns(&thread, &ticket, "order", "4711").await;
    house.run_for(Duration::from_secs(5)).await;
    assert_eq!(house.property(&ticket, "order_number").as_deref(), Some("4711"), "nothing to wait for");
    house.until_quiet().await;
    house.assert_written(&ticket, "property_synced", 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_property_hubspot_refuses_is_dropped_and_named() {
    let mut house = House::with(|config| {
        mapped(config);
        acme(config).ticketing.custom_data.insert("mood".to_owned(), "no_such_property".to_owned());
    })
    .await;
    let (thread, ticket) = house.desk(CARLA).await;
    house.learns(&thread, &ticket, "mood", "calm").await;
    house.learns(&thread, &ticket, "order", "4711").await;
    house.until_quiet().await;
    assert_eq!(house.property(&ticket, "order_number").as_deref(), Some("4711"));
    assert_eq!(house.patches(&ticket), 2, "refused as a whole, then without it, at once");
    house.assert_written(&ticket, "property_synced", 2).await;
    let detail = house.written(&ticket).await[0].detail.clone().unwrap();
    assert!(detail.contains("no_such_property"), "{detail}");
    assert!(!detail.contains("calm"), "values are nobody's business: {detail}");

    house.learns(&thread, &ticket, "mood", "angry").await;
    house.until_quiet().await;
    house.assert_written(&ticket, "property_synced", 3).await;
    assert_eq!(house.patches(&ticket), 3, "nothing was left to write");
}

#[tokio::test(start_paused = true)]
async fn the_tag_joins_the_others_and_the_owner_is_looked_up() {
    let mut house = House::new().await;
    let (_, ticket) = house.desk(CARLA).await;
    house.change(&ticket, "opencx_tags", "vip");
    house.until_quiet().await;
    let owner = Some(house.rep().to_string());
    house.write(&ticket, TicketWrite { tag: true, owner: owner.clone(), ..TicketWrite::default() }).await;
    house.until_quiet().await;
    assert_eq!(house.property(&ticket, "opencx_tags").as_deref(), Some("vip;opencx_handedoff"));
    let id = house.portal.seed().reps[0].owner_id.to_string();
    assert_eq!(house.property(&ticket, "hubspot_owner_id"), Some(id));
    assert_eq!(house.patches(&ticket), 1);

    house.write(&ticket, TicketWrite { tag: true, owner, ..TicketWrite::default() }).await;
    house.until_quiet().await;
    assert_eq!(house.patches(&ticket), 1, "the ticket has it all");
    house.write(&ticket, TicketWrite { owner: Some("A-1".to_owned()), ..TicketWrite::default() }).await;
    house.until_quiet().await;
    house.assert_written(&ticket, "property_synced", 3).await;
    let detail = house.written(&ticket).await[2].detail.clone().unwrap();
    assert!(detail.contains("A-1"), "{detail}");
}

#[tokio::test(start_paused = true)]
async fn the_echo_of_an_older_write_does_not_set_the_session_back() {
    let mut house = House::with(mapped).await;
    let (thread, ticket) = house.desk(CARLA).await;
    house.learns(&thread, &ticket, "order", "1").await;
    let late = DeliveryFaults { delay: 1.0, delay_max_ms: 5_000, ..DeliveryFaults::default() };
    house.portal.set_delivery_faults(late);
    house.run_until("the write", |house| house.patches(&ticket) == 1).await;
    house.remembers(&thread, "order", "2").await;
    house.until_quiet().await;
    let all = house.outcomes_of(Object::Ticket(ticket)).await;
    assert!(all.iter().any(|event| event == "ticket.propertyChange skipped/own_write"), "{all:?}");
    assert_eq!(house.custom_data(&thread).await["order"], "2");
}

#[tokio::test(start_paused = true)]
async fn a_value_that_comes_while_an_older_one_is_written_is_not_undone() {
    let mut house = House::with(mapped).await;
    let (thread, ticket) = house.desk(CARLA).await;
    house.crash_and_restart().await;
    let looks = |house: &House| record::calls(&house.portal, "GET", "/owners");
    let before = looks(&house);
    // The values are read, then the owner is looked up, and it takes its time.
    house.fault(1, "GET", "/crm/v3/owners", Effect::Delay { ms: 2_000 });
    let session = house.remembers(&thread, "order", "1").await;
    let (keys, owner) = (vec!["order".to_owned()], Some(house.rep().to_string()));
    house.write(&ticket, TicketWrite { session: Some(session.id.0), keys, owner, ..TicketWrite::default() }).await;
    house.run_until("the look at the owners", |house| looks(house) > before).await;
    house.learns(&thread, &ticket, "order", "2").await;
    house.until_quiet().await;
    assert_eq!(house.custom_data(&thread).await["order"], "2");
    assert_eq!(house.property(&ticket, "order_number").as_deref(), Some("2"));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_mapped_stays_in_the_session() {
    let mut house = House::with(mapped).await;
    let (thread, ticket) = house.desk(CARLA).await;
    house.learns(&thread, &ticket, "nickname", "Caro").await;
    house.until_quiet().await;
    house.assert_written(&ticket, "property_synced", 1).await;
    assert_eq!(house.patches(&ticket), 0);
}

#[tokio::test(start_paused = true)]
async fn when_both_sides_changed_the_session_wins_what_it_writes_and_gets_the_rest() {
    let mut house = House::with(mapped).await;
    let (thread, ticket) = house.desk(CARLA).await;
    let other = house.chat("Hello").thread;
    house.portal.link_ticket(&other, &ticket).unwrap();
    house.until_quiet().await;
    house.crash().await;
    house.change(&ticket, "order_number", "1");
    house.change(&ticket, "plan", "team");
    house.start().await;
    house.learns(&thread, &ticket, "order", "2").await;
    house.until_quiet().await;
    assert_eq!(house.property(&ticket, "order_number").as_deref(), Some("2"));
    for thread in [&thread, &other] {
        let data = house.custom_data(thread).await;
        assert_eq!((data["order"].as_str(), data["plan"].as_str()), ("2", "team"), "{data:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn writes_that_cannot_be() {
    let mut house = House::with(|config| {
        mapped(config);
        acme(config).ticketing.enabled = false;
    })
    .await;
    let (thread, ticket) = house.desk(CARLA).await;
    house.learns(&thread, &ticket, "order", "1").await;
    house.until_quiet().await;
    house.assert_written(&ticket, "skipped/ticketing_disabled", 1).await;

    let status = |code, body| Effect::Status { code, body, retry_after: None, acted: false };
    for (times, method, effect, expected) in [
        // One that HubSpot does not show yet is waited for, one that it never shows is not there.
        (1, "GET", status(404, BodyKind::Standard), "property_synced"),
        (50, "GET", status(404, BodyKind::Standard), "dead/object_not_found"),
        (1, "PATCH", status(404, BodyKind::Standard), "dead/object_not_found"),
        (1, "PATCH", status(403, BodyKind::MissingScopes), "dead/missing_scope"),
        (1, "PATCH", status(400, BodyKind::Standard), "dead/rejected_by_hubspot"),
    ] {
        let mut house = House::with(mapped).await;
        let (thread, ticket) = house.desk(CARLA).await;
        house.fault(times, method, TICKET, effect);
        house.learns(&thread, &ticket, "order", "1").await;
        house.until_quiet().await;
        house.assert_written(&ticket, expected, 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_agents_session_data_reaches_session_and_ticket_however_the_turn_ends() {
    let handoff = Decision::Handoff { words: None, reason: "wants a person".to_owned() };
    for decision in [Decision::Reply { text: "Here".to_owned() }, Decision::Draft { text: "Here".to_owned() }, handoff]
    {
        let mut house = House::with(mapped).await;
        let custom_data = [("order", "4711"), ("nickname", "Caro")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        house.agent.next(Move::Say(Answer { custom_data, ..Answer::new(decision.clone()) }));
        let (thread, ticket) = house.desk(CARLA).await;
        let data = house.custom_data(&thread).await;
        assert_eq!((data["order"].as_str(), data["nickname"].as_str()), ("4711", "Caro"), "{decision:?}");
        assert_eq!(house.property(&ticket, "order_number").as_deref(), Some("4711"), "{decision:?}");
        let ends: Vec<String> = house.written(&ticket).await.iter().map(ended).collect();
        assert!(!ends.is_empty() && ends.iter().all(|end| end == "property_synced"), "{ends:?}");
    }
}
