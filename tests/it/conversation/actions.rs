//! What people and workflows ask of a conversation: silence, speech, the conversation itself, a human.

use std::time::Duration;

use hubspot_bridge::domain::{DedupKey, Event, EventKind, Object, SessionState, ThreadId, TicketId};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect};
use hubspot_bridge::store::request::{self, Action, ActionKind, HandoffRequest};
use hubspot_bridge::store::types::EventFilter;

use super::house::{House, acme, ended};
use super::record;

impl House {
    /// A workflow's word about a thread or a ticket.
    pub async fn asks(&self, object: Object, action: ActionKind) {
        let parameters = Action { v: 1, action };
        self.request(object, EventKind::Action, &parameters).await;
    }

    async fn asks_for_a_human(&self, object: Object, reason: Option<&str>) {
        let parameters = HandoffRequest { v: 1, reason: reason.map(str::to_owned), by_human: false };
        self.request(object, EventKind::HandoffRequest, &parameters).await;
    }

    async fn request(&self, object: Object, kind: EventKind, parameters: &impl serde::Serialize) {
        let number = self.events(EventFilter::default()).await.len().to_string();
        let dedup = DedupKey::of(&["test", &number]);
        let event =
            request::event("acme".into(), object, kind, parameters, dedup, hubspot_bridge::domain::Schedule::Now);
        self.raise(request::urgent(event, "workflow", self.portal.now())).await;
    }

    async fn requests(&self, object: Object) -> Vec<Event> {
        let mut events = self.events(EventFilter { object: Some(object), ..EventFilter::default() }).await;
        events.retain(|event| matches!(event.kind, EventKind::Action | EventKind::HandoffRequest));
        events
    }

    pub async fn request_ends(&self, object: Object) -> Vec<String> {
        self.requests(object).await.iter().map(ended).collect()
    }

    pub async fn state(&self, thread: &ThreadId) -> SessionState {
        self.session(thread).await.unwrap().state
    }

    /// A conversation handed to a human, in which the customer wrote since.
    pub async fn with_a_human(&mut self) -> ThreadId {
        self.agent.hands_off(None);
        let thread = self.chat("A person, please").thread;
        self.until_quiet().await;
        self.run_for(Duration::from_mins(1)).await;
        let rep = self.rep();
        self.portal.rep_replies(&thread, &rep, "I look into it").unwrap();
        self.run_for(Duration::from_mins(1)).await;
        self.chat_on(&thread, "It is number 4711");
        self.until_quiet().await;
        self.run_for(Duration::from_hours(1)).await;
        thread
    }
}

fn thread(id: &ThreadId) -> Object {
    Object::Thread(id.clone())
}

#[tokio::test(start_paused = true)]
async fn a_pause_comes_before_the_first_word_and_a_resume_ends_it() {
    let mut house = House::new().await;
    house.crash().await;
    let asked = house.chat("Where is my parcel?");
    house.start().await;
    house.asks(thread(&asked.thread), ActionKind::Pause).await;
    house.asks(thread(&asked.thread), ActionKind::Pause).await;
    house.until_quiet().await;
    assert_eq!(house.state(&asked.thread).await, SessionState::Paused);
    assert_eq!(house.outcome(&asked.message).await, "skipped/session_paused");
    let next = house.chat_on(&asked.thread, "Hello?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&next).await, "skipped/session_paused");
    house.asks(thread(&asked.thread), ActionKind::Resume).await;
    house.until_quiet().await;
    assert_eq!(house.request_ends(thread(&asked.thread)).await, ["paused", "paused", "resumed"]);
    assert!(house.public_posts(&asked.thread).is_empty(), "a resume waits for the customer's next words");
    let last = house.chat_on(&asked.thread, "Anybody?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&last).await, "replied");
    assert_eq!(house.public_posts(&asked.thread), ["answer to: Anybody?"]);
}

#[tokio::test(start_paused = true)]
async fn sent_to_the_ai_it_answers_what_is_open_at_once() {
    let mut house = House::new().await;
    let id = house.with_a_human().await;
    house.asks(thread(&id), ActionKind::Send).await;
    house.asks(thread(&id), ActionKind::Send).await;
    house.until_quiet().await;
    assert_eq!(house.request_ends(thread(&id)).await, ["resumed", "resumed"]);
    assert_eq!(house.public_posts(&id), ["answer to: It is number 4711"]);
    assert_eq!(house.owner(&id), Some(house.ai().to_string()));
    assert_eq!(house.state(&id).await, SessionState::Ai);
    house.asks(thread(&id), ActionKind::Send).await;
    house.until_quiet().await;
    assert_eq!(house.public_posts(&id).len(), 1, "nothing is open any more");
    let next = house.chat_on(&id, "Thanks, and the bill?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&next).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn sent_to_the_ai_in_a_thread_it_never_had() {
    let mut house = House::new().await;
    let rep = house.rep();
    house.crash().await;
    let asked = house.chat("Where is my parcel?");
    house.assign(&asked.thread, Some(&rep));
    house.portal.rep_replies(&asked.thread, &rep, "Which one?").unwrap();
    house.run_for(Duration::from_secs(1)).await;
    house.chat_on(&asked.thread, "The red one");
    house.start().await;
    house.until_quiet().await;
    assert!(house.session(&asked.thread).await.is_none());
    house.asks(thread(&asked.thread), ActionKind::Send).await;
    house.until_quiet().await;
    assert_eq!(house.request_ends(thread(&asked.thread)).await, ["resumed"]);
    assert_eq!(house.public_posts(&asked.thread), ["answer to: The red one"]);
    assert_eq!(house.owner(&asked.thread), Some(house.ai().to_string()));
}

#[tokio::test(start_paused = true)]
async fn a_rep_who_comes_after_it_was_sent_to_the_ai_keeps_it() {
    for assigns in [true, false] {
        let mut house = House::new().await;
        let id = house.with_a_human().await;
        house.agent.thinks_for(20);
        house.asks(thread(&id), ActionKind::Send).await;
        house.run_for(Duration::from_secs(5)).await;
        let rep = house.rep();
        if assigns {
            house.assign(&id, Some(&rep));
        } else {
            house.portal.rep_replies(&id, &rep, "Found it").unwrap();
        }
        house.until_quiet().await;
        assert_eq!(house.request_ends(thread(&id)).await, ["resumed"]);
        assert!(house.public_posts(&id).is_empty(), "assigns: {assigns}");
        assert_eq!(house.state(&id).await, SessionState::HandedOff);
    }
}

#[tokio::test(start_paused = true)]
async fn crashes_while_it_takes_the_conversation_up() {
    for (method, route) in [("PUT", record::ASSIGNEE), ("POST", record::MESSAGES)] {
        let mut house = House::new().await;
        let id = house.with_a_human().await;
        house.fault(1, method, route, Effect::Timeout { acted: true });
        house.asks(thread(&id), ActionKind::Send).await;
        house.run_for(Duration::from_secs(5)).await;
        house.crash_and_restart().await;
        house.until_quiet().await;
        assert_eq!(house.request_ends(thread(&id)).await, ["resumed"], "{route}");
        assert_eq!(house.public_posts(&id), ["answer to: It is number 4711"], "{route}");
        assert_eq!(house.owner(&id), Some(house.ai().to_string()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_portal_where_the_ai_cannot_take_it() {
    let mut house = House::new().await;
    let id = house.with_a_human().await;
    house.assign(&id, None);
    house.until_quiet().await;
    let missing = Effect::Status { code: 405, body: BodyKind::Standard, retry_after: None, acted: false };
    house.fault(100, "PUT", record::ASSIGNEE, missing);
    house.asks(thread(&id), ActionKind::Send).await;
    house.until_quiet().await;
    let request = house.requests(thread(&id)).await.remove(0);
    assert_eq!(ended(&request), "resumed");
    assert!(request.detail.as_deref().unwrap().contains("assigned"), "{:?}", request.detail);
    assert_eq!(house.public_posts(&id), ["answer to: It is number 4711"], "nobody owns it, and that is allowed");
}

#[tokio::test(start_paused = true)]
async fn a_human_is_asked_for() {
    for (unassigned, paused) in [(true, false), (false, false), (true, true)] {
        let mut house = House::with(|config| acme(config).reply_when_unassigned = unassigned).await;
        let id = house.chat("Where is my parcel?").thread;
        house.until_quiet().await;
        if paused {
            house.asks(thread(&id), ActionKind::Pause).await;
            house.until_quiet().await;
        }
        house.asks_for_a_human(thread(&id), Some("a VIP")).await;
        house.until_quiet().await;
        house.asks_for_a_human(thread(&id), None).await;
        house.until_quiet().await;
        let requests = house.requests(thread(&id)).await;
        let requests: Vec<&Event> = requests.iter().filter(|e| e.kind == EventKind::HandoffRequest).collect();
        assert_eq!(requests.iter().map(|event| ended(event)).collect::<Vec<_>>(), ["handed_off"; 2]);
        assert!(requests[1].detail.as_deref().unwrap().contains("already"), "{:?}", requests[1].detail);
        let comments = house.comments(&id);
        assert_eq!(comments.len(), 1, "{unassigned} {paused}");
        assert!(comments[0].contains("Reason: a VIP"), "{comments:?}");
        assert_eq!(house.owner(&id), Some(house.default_user().to_string()));
        assert_eq!(house.state(&id).await, SessionState::HandedOff);
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_while_it_is_handed_over_on_request() {
    for (method, route) in [("PUT", record::ASSIGNEE), ("POST", record::MESSAGES)] {
        let mut house = House::new().await;
        let id = house.chat("Where is my parcel?").thread;
        house.until_quiet().await;
        house.fault(1, method, route, Effect::Timeout { acted: true });
        house.asks_for_a_human(thread(&id), None).await;
        house.run_for(Duration::from_secs(5)).await;
        house.crash_and_restart().await;
        house.until_quiet().await;
        assert_eq!(house.request_ends(thread(&id)).await, ["handed_off"], "{route}");
        assert_eq!(house.comments(&id).len(), 1, "{route}");
        assert_eq!(house.owner(&id), Some(house.default_user().to_string()));
        assert_eq!(house.state(&id).await, SessionState::HandedOff);
    }
}

#[tokio::test(start_paused = true)]
async fn the_newest_word_counts() {
    let mut house = House::new().await;
    let id = house.chat("Where is my parcel?").thread;
    house.until_quiet().await;
    house.asks_for_a_human(thread(&id), None).await;
    house.asks(thread(&id), ActionKind::Resume).await;
    house.until_quiet().await;
    assert_eq!(house.request_ends(thread(&id)).await, ["merged", "resumed"]);
    assert_eq!(house.state(&id).await, SessionState::Ai);
    assert!(house.comments(&id).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_tickets_actions_reach_all_its_conversations() {
    let mut house = House::new().await;
    let (one, ticket) = house.desk("carla@elsewhere.example").await;
    let two = house.chat("Hello").thread;
    house.portal.link_ticket(&two, &ticket).unwrap();
    let object = Object::Ticket(ticket.clone());
    house.asks(object.clone(), ActionKind::Pause).await;
    house.until_quiet().await;
    for id in [&one, &two] {
        assert_eq!(house.state(id).await, SessionState::Paused);
    }
    house.asks(object.clone(), ActionKind::Resume).await;
    house.until_quiet().await;
    house.asks_for_a_human(object.clone(), Some("a VIP")).await;
    house.until_quiet().await;
    for id in [&one, &two] {
        assert_eq!(house.state(id).await, SessionState::HandedOff);
        assert_eq!(house.comments(id).len(), 1);
    }
    let requests = house.requests(object).await;
    assert_eq!(requests.iter().map(ended).collect::<Vec<_>>(), ["paused", "resumed", "handed_off"]);
    assert!(requests.iter().all(|event| event.detail.as_deref() == Some("carried on to 2 conversations")));

    let lonely = Object::Ticket(house.portal.create_ticket("A ticket", &house.rep()).unwrap());
    house.asks(lonely.clone(), ActionKind::Pause).await;
    house.until_quiet().await;
    assert_eq!(house.request_ends(lonely).await, ["skipped/no_linked_session"]);
    let strange = Object::Ticket(TicketId::from("999"));
    house.request(strange.clone(), EventKind::Action, &"?").await;
    house.until_quiet().await;
    assert_eq!(house.request_ends(strange).await, ["dead/payload_unreadable"]);
}

#[tokio::test(start_paused = true)]
async fn a_conversation_in_an_inbox_that_is_not_enabled_is_not_taken() {
    let mut house = House::with(|config| acme(config).inboxes = vec!["1".to_owned()]).await;
    let asked = house.chat("Where is my parcel?");
    house.assign(&asked.thread, Some(&house.rep()));
    house.until_quiet().await;
    house.asks(thread(&asked.thread), ActionKind::Send).await;
    house.until_quiet().await;
    assert_eq!(house.request_ends(thread(&asked.thread)).await, ["skipped/inbox_not_enabled"]);
    assert_eq!(house.owner(&asked.thread), Some(house.rep().to_string()), "whoever has it keeps it");
    assert!(house.public_posts(&asked.thread).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_closed_conversation_of_a_ticket_stays_closed() {
    let mut house = House::new().await;
    let (open, closed) = (house.with_a_human().await, house.with_a_human().await);
    let ticket = house.session(&open).await.unwrap().ticket_id.unwrap();
    house.portal.link_ticket(&closed, &ticket).unwrap();
    house.portal.set_closed(&closed, true, &house.rep()).unwrap();
    house.until_quiet().await;
    house.asks(Object::Ticket(ticket.clone()), ActionKind::Send).await;
    house.until_quiet().await;
    assert_eq!(house.public_posts(&open), ["answer to: It is number 4711"]);
    assert!(house.public_posts(&closed).is_empty(), "nobody asked there");
    house.portal.set_closed(&open, true, &house.rep()).unwrap();
    house.until_quiet().await;
    house.asks(Object::Ticket(ticket.clone()), ActionKind::Send).await;
    house.until_quiet().await;
    let ends = house.request_ends(Object::Ticket(ticket)).await;
    assert_eq!(ends, ["resumed", "skipped/no_linked_session"], "none is open");
}

#[tokio::test(start_paused = true)]
async fn what_comes_after_the_answer_was_planned_is_answered_by_itself() {
    let mut house = House::new().await;
    let id = house.with_a_human().await;
    let busy = Effect::Status { code: 429, body: BodyKind::TenSecondly, retry_after: None, acted: false };
    house.fault(1, "POST", record::MESSAGES, busy);
    let before = record::calls(&house.portal, "POST", "/messages");
    house.asks(thread(&id), ActionKind::Send).await;
    house.run_until("the refused post", |h| record::calls(&h.portal, "POST", "/messages") > before).await;
    let later = house.chat_on(&id, "And the bill?");
    house.until_quiet().await;
    assert_eq!(house.public_posts(&id), ["answer to: It is number 4711", "answer to: And the bill?"]);
    assert_eq!(house.outcome(&later).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn people_are_heard_though_the_disk_takes_no_deliveries() {
    let mut house = House::new().await;
    house.agent.hands_off(None);
    let id = house.chat("A person, please").thread;
    house.until_quiet().await;
    let ticket = house.session(&id).await.unwrap().ticket_id.unwrap();
    house.asks(Object::Ticket(ticket.clone()), ActionKind::Resume).await;
    // The ticket may not be written now, so the request is carried on by itself.
    house.fault(3, "GET", "/crm/v3/objects/tickets/*", Effect::Refuse);
    house.portal.change_ticket(&ticket, "hs_ticket_priority", "LOW", &house.rep()).unwrap();
    house.run_until("the webhook", |h| h.portal.outstanding_events() == 0).await;
    house.life().sqlite.pretend_space(Some((0, 1 << 30)));
    house.run_for(Duration::from_mins(2)).await;
    assert_eq!(house.state(&id).await, SessionState::Ai);
    house.operator(&id, "pause").await;
    house.until_quiet().await;
    assert_eq!(house.state(&id).await, SessionState::Paused);
}
