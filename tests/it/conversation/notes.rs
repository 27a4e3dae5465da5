//! Internal notes reach the agent's side as notes, when they are to be mirrored: comments of a thread, and notes on a
//! linked ticket.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hubspot_bridge::agents::{Class, Effect, RelayKind};
use hubspot_bridge::domain::{MessageId, Object, SessionId, ThreadId, TicketId};
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use hubspot_bridge::sandbox::portal::InProcess;
use serde_json::{Value, json};

use super::agent::Carry;
use super::house::{House, acme};

/// The notes of a portal, in front of its API: the note itself and the tickets it belongs to.
#[derive(Clone, Default)]
pub struct Notes(Arc<Mutex<BTreeMap<String, Written>>>);

/// Properties, and the tickets it is on.
type Written = (Value, Vec<String>);

impl Notes {
    pub fn before(&self, portal: InProcess) -> impl Transport + use<> {
        WithNotes { notes: self.clone(), portal }
    }

    fn write(&self, id: u64, properties: &Value, ticket: Option<&TicketId>) {
        let tickets = ticket.iter().map(|ticket| ticket.0.clone()).collect();
        self.0.lock().unwrap().insert(id.to_string(), (properties.clone(), tickets));
    }

    /// None: not a question about notes.
    fn answer(&self, path: &str) -> Option<http::Response<Bytes>> {
        let rest = path.split_once("/objects/notes/")?.1;
        let notes = self.0.lock().unwrap();
        let id = rest.split('/').next().unwrap();
        let (status, body) = match notes.get(id) {
            None => (404, json!({"status": "error", "message": "resource not found", "category": "OBJECT_NOT_FOUND"})),
            Some((properties, _)) if rest == id => (200, json!({"id": id, "properties": properties})),
            Some((_, tickets)) => {
                let results: Vec<Value> = tickets.iter().map(|ticket| json!({"toObjectId": ticket})).collect();
                (200, json!({"results": results}))
            }
        };
        let answer = http::Response::builder().status(status).header("content-type", "application/json");
        Some(answer.body(Bytes::from(body.to_string())).unwrap())
    }
}

struct WithNotes {
    notes: Notes,
    portal: InProcess,
}

#[async_trait]
impl Transport for WithNotes {
    async fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        match self.notes.answer(request.uri().path()) {
            Some(answer) => Ok(answer),
            None => self.portal.send(request, timeout).await,
        }
    }
}

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

    /// The webhook of its creation.
    async fn announce_note(&self, id: u64, event: u64) {
        let element = json!({"eventId": event, "portalId": self.portal.seed().portal_id.0,
            "appId": self.portal.seed().app_id.0, "occurredAt": 1_795_262_400_000_u64,
            "subscriptionType": "object.creation", "objectId": id, "objectTypeId": "0-46", "changeSource": "CRM_UI"});
        self.post(json!([element])).await;
    }

    /// A note is written and announced: how its event ended.
    async fn noted(&mut self, id: u64) -> String {
        self.announce_note(id, id).await;
        self.until_quiet().await;
        self.note_ended(id).await
    }

    async fn note_ended(&self, id: u64) -> String {
        let ended = self.outcomes_of(Object::Note(id.to_string().into())).await;
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

fn note(body: &str) -> Value {
    json!({"hs_note_body": body, "hs_timestamp": "2026-11-21T12:00:00Z", "hs_object_source": "CRM_UI"})
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
    house.agent.carries(Carry::Fail(Effect::NotSent, Class::Permanent));
    let written = house.comment(&thread, "Check the address first").await;
    assert_eq!(house.outcome(&written).await, "skipped/internal_comment");
    assert!(house.event(&written).await.detail.unwrap().contains("did not get it"));
}

#[tokio::test(start_paused = true)]
async fn a_note_on_a_linked_ticket_is_mirrored_once() {
    let (mut house, thread, ticket) = House::mirroring().await;
    house.notes.write(701, &note("<p>Check the <b>address</b></p>"), Some(&ticket));
    assert_eq!(house.noted(701).await, "note_mirrored");
    house.announce_note(701, 999).await;
    house.until_quiet().await;
    assert_eq!(house.note_ended(701).await, "note_mirrored", "whatever the event's id, a note is created once");
    assert_eq!(house.mirrored(), ["Check the address"]);
    let relay = house.agent.relayed().remove(0);
    let session: SessionId = house.session(&thread).await.unwrap().id;
    assert_eq!((relay.session, relay.id.as_str(), relay.ticket_id), (session, "701", Some(ticket)));
}

#[tokio::test(start_paused = true)]
async fn a_note_that_hubspot_does_not_show_yet_is_waited_for() {
    let (mut house, _, ticket) = House::mirroring().await;
    house.announce_note(701, 701).await;
    house.run_for(Duration::from_secs(5)).await;
    assert_eq!(house.note_ended(701).await, "pending");
    house.notes.write(701, &note("Check the address"), Some(&ticket));
    house.until_quiet().await;
    assert_eq!(house.note_ended(701).await, "note_mirrored");
    assert_eq!(house.noted(702).await, "dead/object_not_found", "and one that never shows is given up");
}

#[tokio::test(start_paused = true)]
async fn notes_that_concern_no_session() {
    let (mut house, _, ticket) = House::mirroring().await;
    house.notes.write(701, &note("About a contact"), None);
    assert_eq!(house.noted(701).await, "skipped/no_linked_session");
    let other = house.portal.create_ticket("Another", &house.rep()).unwrap();
    house.notes.write(702, &note("About a ticket of nobody"), Some(&other));
    assert_eq!(house.noted(702).await, "skipped/no_linked_session");
    let app = house.portal.seed().app_id.0.to_string();
    let ours = json!({"hs_note_body": "The transcript", "hs_object_source": "INTEGRATION", "hs_object_source_id": app});
    house.notes.write(703, &ours, Some(&ticket));
    assert_eq!(house.noted(703).await, "skipped/own_message");
    house.notes.write(704, &note("<p></p>"), Some(&ticket));
    assert_eq!(house.noted(704).await, "skipped/internal_comment");
    assert!(house.mirrored().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_crash_after_the_agent_took_the_note() {
    let (mut house, _, ticket) = House::mirroring().await;
    house.notes.write(701, &note("Check the address"), Some(&ticket));
    house.agent.carries(Carry::TakeSlowly(Duration::from_secs(10)));
    house.announce_note(701, 701).await;
    house.run_until("the relay", |h| h.agent.relay_calls().0 == 1).await;
    house.crash_and_restart().await;
    house.until_quiet().await;
    assert_eq!(house.note_ended(701).await, "note_mirrored");
    assert_eq!(house.mirrored(), ["Check the address"], "not twice");
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_will_not_have_the_note() {
    let (mut house, _, ticket) = House::mirroring().await;
    house.notes.write(701, &note("Check the address"), Some(&ticket));
    for _ in 0..20 {
        house.agent.carries(Carry::Fail(Effect::NotSent, Class::Retry { after: None }));
    }
    assert_eq!(house.noted(701).await, "skipped/internal_comment");
    assert_eq!(house.agent.relay_calls().0, 5);
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_takes_no_notes() {
    let mut house = House::with(|config| acme(config).mirror_notes = true).await;
    assert_eq!(house.noted(701).await, "skipped/internal_comment");
}
