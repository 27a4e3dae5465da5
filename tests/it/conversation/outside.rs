//! Conversations that live outside HubSpot: their handoff gives them a contact and a ticket, once.

use std::time::Duration;

use hubspot_bridge::agents::{Contact, Outside, Said, Speaker};
use hubspot_bridge::domain::{DedupKey, Event, EventKind, Object, Schedule, Session, SessionState, Timestamp};
use hubspot_bridge::sandbox::portal::Effect;
use hubspot_bridge::store::SessionKey;
use hubspot_bridge::store::request::{self, Action, ActionKind, HandoffRequest};
use hubspot_bridge::store::types::EventFilter;
use serde_json::Value;

use super::house::{House, acme, ended};
use super::record;

const TICKETS: &str = "/crm/v3/objects/tickets";

fn whatsapp(email: Option<&str>) -> Outside {
    let said = |by, text: &str| Said {
        id: "x".into(),
        by,
        text: text.to_owned(),
        original: None,
        at: Timestamp(1_795_262_000_000),
        attachments: vec![],
    };
    Outside {
        contact: Contact {
            name: Some("Ines Duarte".to_owned()),
            email: email.map(str::to_owned),
            phone: Some("+351900000000".to_owned()),
            ..Contact::default()
        },
        channel: Some("whatsapp".to_owned()),
        transcript: vec![said(Speaker::Customer, "My vase broke."), said(Speaker::Ai, "I pass you on.")],
        summary: Some("A vase arrived broken.".to_owned()),
        sentiment: Some("angry".to_owned()),
        language: Some("pt".to_owned()),
        custom_data: [("plan".to_owned(), "gold".to_owned())].into(),
        thread_id: None,
    }
}

impl House {
    async fn raise_outside(&self, id: &str, kind: EventKind, parameters: &impl serde::Serialize, nonce: &str) {
        let dedup = DedupKey::of(&["test", id, nonce]);
        let object = Object::Outside(id.to_owned());
        self.raise(request::event("acme".into(), object, kind, parameters, dedup, Schedule::Now)).await;
    }

    async fn asks_for_handoff(&self, id: &str, nonce: &str) {
        self.raise_outside(
            id,
            EventKind::HandoffRequest,
            &HandoffRequest { v: 1, reason: None, by_human: false },
            nonce,
        )
        .await;
    }

    async fn outside_events(&self, id: &str) -> Vec<Event> {
        let object = Some(Object::Outside(id.to_owned()));
        self.events(EventFilter { object, ..EventFilter::default() }).await
    }

    async fn outside_session(&self, id: &str) -> Option<Session> {
        self.life().store.session(&SessionKey::Agent("acme".into(), id.to_owned())).await.unwrap()
    }

    fn tickets_for(&self, id: &str) -> Vec<Value> {
        let snapshot = self.portal.snapshot();
        let tickets = snapshot["tickets"].as_array().unwrap().iter();
        let about = |ticket: &&Value| ticket["properties"]["subject"].as_str().is_some_and(|text| text.contains(id));
        tickets.filter(about).cloned().collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_handoff_makes_contact_and_ticket_with_the_agents_transcript() {
    let mut house = House::new().await;
    house.agent.has_elsewhere("wa-1", whatsapp(Some("ines@elsewhere.example")));
    house.asks_for_handoff("wa-1", "1").await;
    house.until_quiet().await;
    let events = house.outside_events("wa-1").await;
    assert_eq!(ended(&events[0]), "handed_off");
    let tickets = house.tickets_for("wa-1");
    assert_eq!(tickets.len(), 1);
    let properties = &tickets[0]["properties"];
    assert_eq!(properties["opencx_tags"], "opencx_handedoff");
    assert_eq!(properties["hs_ticket_priority"], "HIGH");
    let owner = house.portal.seed().reps[1].owner_id.to_string();
    assert_eq!(properties["hubspot_owner_id"], owner.as_str(), "it has no thread to assign");
    let content = properties["content"].as_str().unwrap();
    assert!(content.starts_with("A vase arrived broken."), "{content}");
    assert!(content.contains("Ines Duarte:\nMy vase broke.") && content.contains("AI:\nI pass you on."), "{content}");
    let session = house.outside_session("wa-1").await.unwrap();
    assert_eq!(session.state, SessionState::HandedOff);
    assert_eq!(session.ticket_id.unwrap().as_str(), tickets[0]["id"].as_str().unwrap());
    assert!(session.contact_id.is_some());
    assert_eq!(session.custom_data["plan"], "gold");
}

#[tokio::test(start_paused = true)]
async fn asked_again_it_was_handed_off_already() {
    let mut house = House::new().await;
    house.agent.has_elsewhere("wa-1", whatsapp(None));
    house.asks_for_handoff("wa-1", "1").await;
    house.until_quiet().await;
    house.asks_for_handoff("wa-1", "2").await;
    house.until_quiet().await;
    let events = house.outside_events("wa-1").await;
    assert_eq!(events.iter().map(ended).collect::<Vec<_>>(), ["handed_off", "handed_off"]);
    assert_eq!(house.tickets_for("wa-1").len(), 1);
    assert!(events[0].detail.as_ref().unwrap().contains("no e-mail address"), "{:?}", events[0].detail);
}

#[tokio::test(start_paused = true)]
async fn a_crash_or_an_unclear_end_makes_no_second_ticket() {
    for effect in [
        Effect::Timeout { acted: true },
        Effect::Timeout { acted: false },
        Effect::CutAfter,
        Effect::CutBefore,
        Effect::Refuse,
    ] {
        let mut house = House::new().await;
        house.agent.has_elsewhere("wa-1", whatsapp(Some("ines@elsewhere.example")));
        house.fault(1, "POST", TICKETS, effect.clone());
        house.asks_for_handoff("wa-1", "1").await;
        house.run_until("the call", |h| record::calls(&h.portal, "POST", TICKETS) == 1).await;
        if matches!(effect, Effect::Timeout { .. }) {
            house.crash_and_restart().await;
        }
        house.until_quiet().await;
        assert_eq!(house.tickets_for("wa-1").len(), 1, "{effect:?}");
        assert_eq!(ended(&house.outside_events("wa-1").await[0]), "handed_off");
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_is_away_is_asked_again_and_one_that_knows_nothing_is_believed() {
    let mut house = House::new().await;
    house.agent.has_elsewhere("wa-1", whatsapp(None));
    house.agent.is_silent(true);
    house.asks_for_handoff("wa-1", "1").await;
    house.run_for(Duration::from_secs(10)).await;
    assert!(!house.outside_events("wa-1").await[0].state.is_final(), "it is tried again");
    house.agent.is_silent(false);
    house.until_quiet().await;
    assert_eq!(ended(&house.outside_events("wa-1").await[0]), "handed_off");
    house.asks_for_handoff("wa-2", "1").await;
    house.until_quiet().await;
    assert_eq!(ended(&house.outside_events("wa-2").await[0]), "dead/object_not_found");
}

#[tokio::test(start_paused = true)]
async fn without_ticketing_there_is_nowhere_to_hand_it_to() {
    let mut house = House::with(|config| acme(config).ticketing.enabled = false).await;
    house.agent.has_elsewhere("wa-1", whatsapp(None));
    house.asks_for_handoff("wa-1", "1").await;
    house.until_quiet().await;
    assert_eq!(ended(&house.outside_events("wa-1").await[0]), "skipped/ticketing_disabled");
    assert_eq!(house.outside_session("wa-1").await.unwrap().state, SessionState::HandedOff, "the agent's side did it");
}

#[tokio::test(start_paused = true)]
async fn without_the_scope_it_is_dead_and_says_so() {
    let mut house = House::new().await;
    house.portal.set_scope("tickets", false);
    house.agent.has_elsewhere("wa-1", whatsapp(None));
    house.asks_for_handoff("wa-1", "1").await;
    house.until_quiet().await;
    let event = house.outside_events("wa-1").await.remove(0);
    assert_eq!(ended(&event), "dead/missing_scope");
    assert!(event.detail.unwrap().contains("tickets"));
}

#[tokio::test(start_paused = true)]
async fn one_that_began_in_hubspot_is_handed_off_in_its_thread() {
    let mut house = House::new().await;
    house.agent.remembers();
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    house.asks_for_handoff("agent-session-1", "1").await;
    house.until_quiet().await;
    let event = house.outside_events("agent-session-1").await.remove(0);
    assert_eq!(ended(&event), "handed_off");
    assert!(event.detail.unwrap().contains(asked.thread.as_str()));
    assert!(house.tickets_for("agent-session-1").is_empty());
    let carried = house.outcomes_of(Object::Thread(asked.thread.clone())).await;
    assert!(carried.iter().any(|event| event.starts_with("handoff_request ")), "{carried:?}");
}

#[tokio::test(start_paused = true)]
async fn pause_and_resume_note_the_state() {
    let mut house = House::new().await;
    for (nonce, action, state) in
        [("1", ActionKind::Pause, SessionState::Paused), ("2", ActionKind::Resume, SessionState::Ai)]
    {
        house.raise_outside("wa-9", EventKind::Action, &Action { v: 1, action }, nonce).await;
        house.until_quiet().await;
        assert_eq!(house.outside_session("wa-9").await.unwrap().state, state);
    }
}

#[tokio::test(start_paused = true)]
async fn an_agent_that_never_tells_leaves_a_ticket_without_a_transcript() {
    let mut house = House::with(|config| config.delivery.max_attempts = 3).await;
    house.agent.has_elsewhere("wa-1", whatsapp(None));
    house.agent.is_silent(true);
    house.asks_for_handoff("wa-1", "1").await;
    house.until_quiet().await;
    assert_eq!(ended(&house.outside_events("wa-1").await[0]), "handed_off");
    let tickets = house.tickets_for("wa-1");
    let content = tickets[0]["properties"]["content"].as_str().unwrap();
    assert!(content.contains("could not tell what was said") && content.contains("wa-1"), "{content}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_handoff_can_be_asked_for_again() {
    let mut house = House::new().await;
    house.portal.set_scope("tickets", false);
    house.agent.has_elsewhere("wa-1", whatsapp(None));
    house.asks_for_handoff("wa-1", "1").await;
    house.until_quiet().await;
    house.portal.set_scope("tickets", true);
    house.asks_for_handoff("wa-1", "2").await;
    house.until_quiet().await;
    let ends: Vec<String> = house.outside_events("wa-1").await.iter().map(ended).collect();
    assert_eq!(ends, ["dead/missing_scope", "handed_off"]);
    assert_eq!(house.tickets_for("wa-1").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_human_took_over_on_the_agents_side_is_no_news_for_a_thread() {
    let mut house = House::new().await;
    house.agent.remembers();
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    let wish = HandoffRequest { v: 1, reason: None, by_human: true };
    house.raise_outside("agent-session-1", EventKind::HandoffRequest, &wish, "1").await;
    house.until_quiet().await;
    assert_eq!(ended(&house.outside_events("agent-session-1").await[0]), "ownership_recorded");
    assert_eq!(house.session(&asked.thread).await.unwrap().state, SessionState::Ai);
    // One that the bridge has forgotten says itself where it belongs.
    house.agent.has_elsewhere("older", Outside { thread_id: Some(asked.thread.clone()), ..whatsapp(None) });
    house.asks_for_handoff("older", "1").await;
    house.until_quiet().await;
    assert!(house.tickets_for("older").is_empty(), "no conversation of its own");
    assert_eq!(house.session(&asked.thread).await.unwrap().state, SessionState::HandedOff);
}
