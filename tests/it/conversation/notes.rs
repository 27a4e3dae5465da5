//! Internal notes reach the agent's side as notes, when they are to be mirrored: comments of a thread, and notes on a
//! linked ticket.

use std::time::Duration;

use hubspot_bridge::agents::{Class, Effect as Heard, RelayKind};
use hubspot_bridge::clock::Clock as _;
use hubspot_bridge::domain::{MessageId, NoteId, Object, SessionId, ThreadId, TicketId};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect};
use serde_json::json;

use super::agent::Carry;
use super::house::{House, acme};

const NOTE: &str = "/crm/v3/objects/notes/*";

impl House {
    /// A house that mirrors notes, with an answered conversation on a ticket.
    async fn mirroring() -> (Self, ThreadId, TicketId) {
        let mut house = Self::with(|config| acme(config).mirror_notes = true).await;
        house.agent.takes(RelayKind::Note);
        let ticket = house.portal.create_ticket("The parcel", &house.rep()).unwrap();
        let thread = house.chat("Where is my parcel?").thread;
        house.portal.link_ticket(&thread, &ticket).unwrap();
        house.until_quiet().await;
        (house, thread, ticket)
    }

    /// A rep writes a note on a ticket.
    fn writes_note(&self, ticket: &TicketId, body: &str) -> NoteId {
        self.portal.rep_notes_ticket(ticket, &self.rep(), body).unwrap()
    }

    /// The same: how its event ended.
    async fn noted(&mut self, ticket: &TicketId, body: &str) -> String {
        let id = self.writes_note(ticket, body);
        self.until_quiet().await;
        self.note_ended(&id).await
    }

    async fn note_ended(&self, id: &NoteId) -> String {
        let ended = self.outcomes_of(Object::Note(id.clone())).await;
        assert_eq!(ended.len(), 1, "{ended:?}");
        ended[0].strip_prefix("object.creation ").unwrap().to_owned()
    }

    async fn comment(&mut self, thread: &ThreadId, text: &str) -> MessageId {
        let rep = self.rep();
        let wrote = self.portal.rep_comments(thread, &rep, text).unwrap();
        self.until_quiet().await;
        wrote.message
    }

    fn mirrored(&self) -> Vec<String> {
        let relayed = self.agent.relayed();
        assert!(relayed.iter().all(|relay| relay.kind == RelayKind::Note), "{relayed:?}");
        relayed.into_iter().map(|relay| relay.text).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_comment_is_mirrored_only_when_that_is_on() {
    let (mut house, thread, _) = House::mirroring().await;
    let written = house.comment(&thread, "Check the address first").await;
    assert_eq!(house.outcome(&written).await, "note_mirrored");
    assert_eq!(house.mirrored(), ["Check the address first"]);

    let mut house = House::new().await;
    house.agent.takes(RelayKind::Note);
    house.agent.takes(RelayKind::Reply);
    let thread = house.chat("Where is my parcel?").thread;
    house.until_quiet().await;
    let written = house.comment(&thread, "Check the address first").await;
    assert_eq!(house.outcome(&written).await, "skipped/internal_comment");
    assert!(house.mirrored().is_empty());
}

#[tokio::test(start_paused = true)]
async fn our_own_comments_are_not_mirrored() {
    let (mut house, thread, _) = House::mirroring().await;
    house.agent.hands_off(None);
    house.chat_on(&thread, "A person, please");
    house.until_quiet().await;
    assert_eq!(house.comments(&thread).len(), 1);
    assert!(house.mirrored().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_comment_the_agent_will_not_have_stays_a_comment() {
    let (mut house, thread, _) = House::mirroring().await;
    house.agent.carries(Carry::Fail(Heard::NotSent, Class::Permanent));
    let written = house.comment(&thread, "Check the address first").await;
    assert_eq!(house.outcome(&written).await, "skipped/internal_comment");
    assert!(house.event(&written).await.detail.unwrap().contains("did not get it"));
}

#[tokio::test(start_paused = true)]
async fn a_note_on_a_linked_ticket_is_mirrored_once() {
    let (mut house, thread, ticket) = House::mirroring().await;
    let id = house.writes_note(&ticket, "<p>Check the <b>address</b></p>");
    house.until_quiet().await;
    let number: u64 = id.as_str().parse().unwrap();
    let again = json!([{"eventId": 999, "portalId": house.portal.seed().portal_id.0, "occurredAt": 1_795_262_400_000_u64,
        "subscriptionType": "object.creation", "objectId": number, "objectTypeId": "0-46", "changeSource": "CRM_UI"}]);
    house.post(again).await;
    house.until_quiet().await;
    assert_eq!(house.note_ended(&id).await, "note_mirrored", "whatever the event's id, a note is created once");
    assert_eq!(house.mirrored(), ["Check the address"]);
    let relay = house.agent.relayed().remove(0);
    let session: SessionId = house.session(&thread).await.unwrap().id;
    assert_eq!((relay.session, relay.id.as_str(), relay.ticket_id), (session, id.as_str(), Some(ticket)));
}

#[tokio::test(start_paused = true)]
async fn a_note_that_hubspot_does_not_show_yet_is_waited_for() {
    let (mut house, _, ticket) = House::mirroring().await;
    let unknown = || Effect::Status { code: 404, body: BodyKind::Standard, retry_after: None, acted: false };
    house.fault(2, "GET", NOTE, unknown());
    assert_eq!(house.noted(&ticket, "Check the address").await, "note_mirrored");
    house.fault(1_000, "GET", NOTE, unknown());
    assert_eq!(house.noted(&ticket, "And again").await, "dead/object_not_found", "one that never shows is given up");
}

#[tokio::test(start_paused = true)]
async fn notes_that_concern_no_session() {
    let (mut house, _, ticket) = House::mirroring().await;
    let other = house.portal.create_ticket("Another", &house.rep()).unwrap();
    assert_eq!(house.noted(&other, "About a ticket of nobody").await, "skipped/no_linked_session");
    let now = house.clock.now();
    let ours = house.life().acme.hubspot.create_note(&ticket, "The transcript", now).await.unwrap();
    house.until_quiet().await;
    assert_eq!(house.note_ended(&ours).await, "skipped/own_message");
    assert_eq!(house.noted(&ticket, "<p></p>").await, "skipped/internal_comment");
    assert!(house.mirrored().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_crash_after_the_agent_took_the_note() {
    let (mut house, _, ticket) = House::mirroring().await;
    house.agent.carries(Carry::TakeSlowly(Duration::from_secs(10)));
    let id = house.writes_note(&ticket, "Check the address");
    house.run_until("the relay", |h| h.agent.relay_calls().0 == 1).await;
    house.crash_and_restart().await;
    house.until_quiet().await;
    assert_eq!(house.note_ended(&id).await, "note_mirrored");
    assert_eq!(house.mirrored(), ["Check the address"], "not twice");
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_will_not_have_the_note() {
    let (mut house, _, ticket) = House::mirroring().await;
    for _ in 0..20 {
        house.agent.carries(Carry::Fail(Heard::NotSent, Class::Retry { after: None }));
    }
    assert_eq!(house.noted(&ticket, "Check the address").await, "skipped/internal_comment");
    assert_eq!(house.agent.relay_calls().0, 5);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_takes_no_notes() {
    let mut house = House::with(|config| acme(config).mirror_notes = true).await;
    let ticket = house.portal.create_ticket("The parcel", &house.rep()).unwrap();
    assert_eq!(house.noted(&ticket, "Check the address").await, "skipped/internal_comment");
}
