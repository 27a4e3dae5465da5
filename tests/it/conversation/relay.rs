//! The way back: a rep's public reply reaches every session a human has, once, whatever happens on the way.

mod trouble;

use std::time::Duration;

use hubspot_bridge::agents::{Class, Effect, RelayKind};
use hubspot_bridge::domain::{Mode, Session, SessionPatch, SessionState, ThreadId, TicketId};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect as Trouble, Fault};
use hubspot_bridge::store::{Error, Operation, SessionChange, SessionKey};

use super::agent::Carry;
use super::house::{House, acme, mail};

const RETRY: Class = Class::Retry { after: None };

impl House {
    /// A conversation the AI handed off, with the agent taking reps' replies from now on.
    async fn handed_off(&mut self) -> ThreadId {
        self.agent.remembers();
        self.agent.takes(RelayKind::Reply);
        self.agent.hands_off(None);
        let asked = self.chat("A person, please");
        self.until_quiet().await;
        assert_eq!(self.session(&asked.thread).await.unwrap().state, SessionState::HandedOff);
        asked.thread
    }

    /// A conversation that was a rep's from the beginning, on a ticket.
    async fn reps_own(&mut self, ticket: &TicketId) -> ThreadId {
        let thread = self.chat("Hello?").thread;
        let rep = self.rep();
        self.assign(&thread, Some(&rep));
        self.portal.link_ticket(&thread, ticket).unwrap();
        self.until_quiet().await;
        assert!(self.session(&thread).await.is_none());
        thread
    }

    fn ticket(&self) -> TicketId {
        self.portal.create_ticket("The parcel", &self.rep()).unwrap()
    }

    fn tag(&self, ticket: &TicketId) {
        self.portal.change_ticket(ticket, "opencx_tags", "vip;opencx_handedoff", &self.rep()).unwrap();
    }

    /// A conversation that lives outside HubSpot, linked to a ticket.
    async fn outside(&self, ticket: &TicketId) -> Session {
        let patch = SessionPatch { ticket_id: Some(ticket.clone()), ..SessionPatch::default() };
        let key = SessionKey::Agent("acme".into(), "outside-1".to_owned());
        self.life().store.patch_session(SessionChange { key, version: 0, patch, followups: Vec::new() }).await.unwrap()
    }

    async fn state_of(&self, session: &Session) -> SessionState {
        self.life().store.session(&SessionKey::Id(session.id)).await.unwrap().unwrap().state
    }

    /// A rep replies, and everything comes to rest: how the reply's event ended, and its detail.
    async fn reply(&mut self, thread: &ThreadId, text: &str) -> (String, String) {
        let rep = self.rep();
        let wrote = self.portal.rep_replies(thread, &rep, text).unwrap();
        self.until_quiet().await;
        let event = self.event(&wrote.message).await;
        (super::house::ended(&event), event.detail.unwrap_or_default())
    }

    fn relayed(&self) -> Vec<String> {
        self.agent.relayed().into_iter().map(|relay| relay.text).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_after_the_handoff_reaches_the_agent_once() {
    let mut house = House::new().await;
    let thread = house.handed_off().await;
    let session = house.session(&thread).await.unwrap();
    let (ended, detail) = house.reply(&thread, "I have it here").await;
    assert_eq!((ended.as_str(), detail), ("relayed", format!("relayed to session {}", session.id)));
    let relayed = house.agent.relayed();
    assert_eq!(relayed.len(), 1);
    let relay = &relayed[0];
    assert_eq!((relay.kind, relay.session, relay.text.as_str()), (RelayKind::Reply, session.id, "I have it here"));
    assert_eq!(relay.agent_session_id.as_deref(), Some("agent-session-1"));
    assert_eq!(relay.thread_id.as_ref(), Some(&thread));
    assert_eq!(relay.author, Some(house.portal.seed().reps[0].name()));
}

#[tokio::test(start_paused = true)]
async fn a_relayed_reply_is_not_replayed() {
    let mut house = House::new().await;
    let thread = house.handed_off().await;
    let rep = house.rep();
    let wrote = house.portal.rep_replies(&thread, &rep, "I have it here").unwrap();
    house.until_quiet().await;
    let event = house.event(&wrote.message).await.id;
    for force in [false, true] {
        let refused = house.life().store.operate(Operation::Replay { event, force }).await;
        assert!(matches!(&refused, Err(Error::Refused(why)) if why.contains("tell it twice")), "{refused:?}");
    }
    house.until_quiet().await;
    assert_eq!(house.relayed(), ["I have it here"]);
}

#[tokio::test(start_paused = true)]
async fn the_message_that_takes_over_is_relayed_itself() {
    for memory in [true, false] {
        let mut house = House::new().await;
        if memory {
            house.agent.remembers();
        }
        house.agent.takes(RelayKind::Reply);
        let thread = house.chat("Where is my parcel?").thread;
        house.until_quiet().await;
        let (ended, _) = house.reply(&thread, "I take it from here").await;
        assert_eq!(ended, "relayed");
        assert_eq!(house.relayed(), ["I take it from here"]);
        assert_eq!(house.session(&thread).await.unwrap().state, SessionState::HandedOff);
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_interrupts_the_agent_is_relayed_too() {
    let mut house = House::new().await;
    house.agent.takes(RelayKind::Reply);
    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    house.agent.thinks_for(50);
    let asked = house.chat_on(&thread, "Where is my parcel?");
    house.run_for(Duration::from_secs(10)).await;
    let (ended, _) = house.reply(&thread, "I have it here").await;
    assert_eq!(ended, "relayed");
    assert_eq!(house.outcome(&asked).await, "skipped/taken_over");
    assert_eq!(house.relayed(), ["I have it here"]);
}

#[tokio::test(start_paused = true)]
async fn a_last_word_before_closing_is_relayed_though_closing_gives_back() {
    let mut house = House::new().await;
    let thread = house.handed_off().await;
    house.run_for(Duration::from_mins(1)).await;
    let rep = house.rep();
    let wrote = house.portal.rep_replies(&thread, &rep, "All done, goodbye").unwrap();
    house.portal.set_closed(&thread, true, &rep).unwrap();
    house.until_quiet().await;
    assert_eq!(house.outcome(&wrote.message).await, "relayed");
    assert_eq!(house.relayed(), ["All done, goodbye"]);
}

#[tokio::test(start_paused = true)]
async fn another_thread_of_the_ticket_reaches_the_session_a_human_has() {
    let mut house = House::new().await;
    let first = house.handed_off().await;
    let ticket = house.ticket();
    house.portal.link_ticket(&first, &ticket).unwrap();
    house.chat_on(&first, "Hello?");
    house.until_quiet().await;
    let second = house.reps_own(&ticket).await;
    let session = house.session(&first).await.unwrap();
    assert_eq!(house.reply(&second, "From the other thread").await.0, "relayed");
    assert_eq!(house.agent.relayed_texts(), [(session.id.0, "From the other thread".to_owned())]);
    assert_eq!(house.session(&first).await.unwrap(), session, "nothing else changed");
}

#[tokio::test(start_paused = true)]
async fn another_thread_of_the_ticket_does_not_take_the_conversation_from_the_ai() {
    let mut house = House::new().await;
    house.agent.takes(RelayKind::Reply);
    let ticket = house.ticket();
    let first = house.chat("Where is my parcel?").thread;
    house.portal.link_ticket(&first, &ticket).unwrap();
    house.until_quiet().await;
    let second = house.reps_own(&ticket).await;
    assert_eq!(house.reply(&second, "From the other thread").await.0, "skipped/sender_is_agent");
    assert!(house.relayed().is_empty());
    assert_eq!(house.session(&first).await.unwrap().state, SessionState::Ai);
}

#[tokio::test(start_paused = true)]
async fn a_conversation_outside_needs_the_tag_on_its_ticket() {
    let mut house = House::new().await;
    house.agent.remembers();
    house.agent.takes(RelayKind::Reply);
    let ticket = house.ticket();
    let thread = house.reps_own(&ticket).await;
    let outside = house.outside(&ticket).await;
    assert_eq!(house.reply(&thread, "Too early").await.0, "skipped/ticket_not_tagged");
    assert_eq!(house.state_of(&outside).await, SessionState::Ai);

    house.tag(&ticket);
    let (ended, detail) = house.reply(&thread, "I have it here").await;
    assert_eq!((ended.as_str(), detail), ("relayed", format!("relayed to session {}", outside.id)));
    assert_eq!(house.agent.relayed_texts(), [(outside.id.0, "I have it here".to_owned())]);
    assert_eq!(house.agent.relayed()[0].agent_session_id.as_deref(), Some("outside-1"));
    assert_eq!(house.state_of(&outside).await, SessionState::HandedOff, "whoever writes has it");
}

#[tokio::test(start_paused = true)]
async fn a_ticket_that_cannot_be_read_for_a_moment_is_read_again() {
    let mut house = House::new().await;
    house.agent.takes(RelayKind::Reply);
    let ticket = house.ticket();
    let thread = house.reps_own(&ticket).await;
    house.outside(&ticket).await;
    house.tag(&ticket);
    house.until_quiet().await;
    let sick = Trouble::Status { code: 500, body: BodyKind::Standard, retry_after: None, acted: false };
    house.portal.add_fault(Fault::times(2, "GET", "/crm/v3/objects/tickets/*", sick));
    assert_eq!(house.reply(&thread, "I have it here").await.0, "relayed");
}

#[tokio::test(start_paused = true)]
async fn one_session_that_refuses_does_not_forget_the_other() {
    let mut house = House::new().await;
    let thread = house.handed_off().await;
    let ticket = house.ticket();
    house.tag(&ticket);
    house.portal.link_ticket(&thread, &ticket).unwrap();
    let outside = house.outside(&ticket).await;
    house.agent.carries(Carry::Fail(Effect::NotSent, Class::Permanent));
    let (ended, detail) = house.reply(&thread, "I have it here").await;
    assert_eq!(ended, "relayed");
    assert!(detail.contains(&format!("relayed to session {}", outside.id)), "{detail}");
    assert!(detail.contains("did not get it"), "{detail}");
    assert_eq!(house.agent.relayed_texts(), [(outside.id.0, "I have it here".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_not_a_humans_gets_nothing() {
    let mut house = House::with(|config| acme(config).mode = Mode::Assist).await;
    house.agent.takes(RelayKind::Reply);
    let thread = house.chat("Where is my parcel?").thread;
    house.until_quiet().await;
    assert_eq!(house.reply(&thread, "Hello").await.0, "skipped/sender_is_agent", "the AI only assists");

    let mut house = House::new().await;
    house.agent.takes(RelayKind::Reply);
    let thread = house.chat("Where is my parcel?").thread;
    house.until_quiet().await;
    house.operator(&thread, "pause").await;
    house.until_quiet().await;
    assert_eq!(house.reply(&thread, "Hello").await.0, "skipped/sender_is_agent", "paused is not handed off");
    assert!(house.relayed().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_pause_on_top_of_a_handoff_changes_nothing_for_the_rep() {
    let mut house = House::new().await;
    let thread = house.handed_off().await;
    let session = house.session(&thread).await.unwrap();
    let patch = SessionPatch { state: Some(SessionState::Paused), ..SessionPatch::default() };
    let change =
        SessionChange { key: SessionKey::Id(session.id), version: session.version, patch, followups: Vec::new() };
    house.life().store.patch_session(change).await.unwrap();
    assert_eq!(house.reply(&thread, "I have it here").await.0, "relayed");
}

#[tokio::test(start_paused = true)]
async fn mail_from_a_reps_own_mailbox() {
    let mut house = House::new().await;
    house.agent.takes(RelayKind::Reply);
    house.agent.hands_off(None);
    let thread = house.mail("carla@elsewhere.example", "My order", "A person, please").thread;
    house.until_quiet().await;
    let rep = house.rep();
    let wrote = house.portal.rep_replies_from_mailbox(&thread, &rep, "I have it here").unwrap();
    house.until_quiet().await;
    assert_eq!(house.outcome(&wrote.message).await, "relayed");
    assert_eq!(house.relayed(), ["I have it here"]);

    house.agent.carries(Carry::Fail(Effect::NotSent, Class::Permanent));
    let wrote = house.portal.rep_replies_from_mailbox(&thread, &rep, "And sent it").unwrap();
    house.until_quiet().await;
    assert_eq!(house.outcome(&wrote.message).await, "skipped/sender_is_internal");

    let mut letter = mail(&house.portal.seed().reps[0].email, "Re: My order", "It is on its way");
    letter.quoted = Some("> A person, please".to_owned());
    letter.thread = Some(thread.0.clone());
    let wrote = house.portal.customer_emails(&letter).unwrap();
    house.until_quiet().await;
    assert_eq!(house.outcome(&wrote.message).await, "relayed");
    assert_eq!(house.relayed(), ["I have it here", "It is on its way"], "without what it quotes");
}

#[tokio::test(start_paused = true)]
async fn bots_and_customers_are_never_relayed() {
    let mut house = House::new().await;
    let thread = house.handed_off().await;
    house.portal.bot_says(&thread, "beep").unwrap();
    house.portal.rep_comments(&thread, &house.rep(), "a note").unwrap();
    house.chat_on(&thread, "Hello?");
    house.until_quiet().await;
    assert_eq!(house.agent.relay_calls().0, 0);
}
