//! Why a message was left alone.

use std::time::Duration;

use hubspot_bridge::config::{ReturnToAi, TopicAction};
use hubspot_bridge::domain::{MessageId, Reason};
use hubspot_bridge::sandbox::portal::DeliveryFaults;
use hubspot_bridge::sandbox::portal::people::Posted;
use hubspot_bridge::sandbox::portal::seed::HELP_DESK;
use hubspot_bridge::store::Operation;
use serde_json::{Value, json};

use super::super::house::{House, acme};
use super::super::record;
use super::Case;
use super::human::casino;

const ANNOUNCED: &str = "HubSpot announced a message";

pub const REASONS: &[Reason] = &[
    Reason::InternalComment,
    Reason::NotAMessage,
    Reason::OwnMessage,
    Reason::AiMarker,
    Reason::SenderIsBot,
    Reason::SenderIsAgent,
    Reason::SenderIsInternal,
    Reason::OutgoingMessage,
    Reason::AutoReply,
    Reason::InboxNotEnabled,
    Reason::NotAiOwned,
    Reason::SessionHandedOff,
    Reason::SessionPaused,
    Reason::TakenOver,
    Reason::ThreadArchived,
    Reason::ThreadDeleted,
    Reason::UnknownPortal,
    Reason::TopicIgnored,
    Reason::AlreadyAnswered,
    Reason::SkippedByOperator,
];

pub async fn drive(reason: Reason) -> Vec<Case> {
    let house = House::new().await;
    vec![match reason {
        Reason::InternalComment
        | Reason::NotAMessage
        | Reason::SenderIsBot
        | Reason::SenderIsAgent
        | Reason::SenderIsInternal
        | Reason::OutgoingMessage => said_by_others(house, reason).await,
        Reason::OwnMessage => own(house).await,
        Reason::AiMarker => {
            let asked = house.chat("🔄 AI decided to handoff\nReason: none");
            alone(house, &asked, "skipped/ai_marker", ANNOUNCED).await
        }
        Reason::AutoReply => {
            let asked = house.mail("carla@elsewhere.example", "Automatic reply: My order", "I am away.");
            alone(house, &asked, "skipped/auto_reply", ANNOUNCED).await
        }
        Reason::InboxNotEnabled => {
            let house = House::with(|config| acme(config).inboxes = vec![HELP_DESK.to_owned()]).await;
            let asked = house.chat("Hello");
            alone(house, &asked, "skipped/inbox_not_enabled", ANNOUNCED).await
        }
        Reason::NotAiOwned => {
            let asked = house.chat("Hello");
            house.assign(&asked.thread, Some(&house.rep()));
            alone(house, &asked, "skipped/not_ai_owned", ANNOUNCED).await
        }
        Reason::SessionHandedOff => handed_off().await,
        Reason::SessionPaused => paused(house).await,
        Reason::TakenOver => taken_over(house).await,
        Reason::ThreadArchived => {
            let asked = house.chat("Hello");
            house.portal.set_archived(&asked.thread, true).unwrap();
            alone(house, &asked, "skipped/thread_archived", ANNOUNCED).await
        }
        Reason::ThreadDeleted => {
            let portal = house.portal.seed().portal_id.0;
            told(house, portal, "skipped/thread_deleted", "HubSpot does not show the thread yet").await
        }
        Reason::UnknownPortal => told(house, 1, "skipped/unknown_portal", "portal").await,
        Reason::TopicIgnored => {
            let house = House::with(|config| acme(config).topics = vec![casino(TopicAction::Ignore)]).await;
            let asked = house.chat("Casino! Casino!");
            alone(house, &asked, "skipped/topic_ignored", "Detail: topic rule `the rule`").await
        }
        Reason::AlreadyAnswered => answered(house).await,
        Reason::SkippedByOperator => skipped(house).await,
        _ => return Vec::new(),
    }]
}

async fn alone(mut house: House, asked: &Posted, ended: &'static str, particular: &'static str) -> Case {
    house.until_quiet().await;
    Case::of_message(house, &asked.message, ended, particular).await
}

async fn said_by_others(mut house: House, reason: Reason) -> Case {
    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    let (portal, rep) = (house.portal.clone(), house.rep());
    let (said, ended, particular) = match reason {
        Reason::InternalComment => {
            (portal.rep_comments(&thread, &rep, "a note"), "skipped/internal_comment", "announced an internal comment")
        }
        Reason::NotAMessage => (portal.welcome(&thread, "Welcome!"), "skipped/not_a_message", ANNOUNCED),
        Reason::SenderIsBot => (portal.bot_says(&thread, "beep"), "skipped/sender_is_bot", ANNOUNCED),
        Reason::SenderIsAgent => (portal.rep_replies(&thread, &rep, "Hi"), "skipped/sender_is_agent", ANNOUNCED),
        Reason::SenderIsInternal => {
            (portal.rep_replies_from_mailbox(&thread, &rep, "Hi"), "skipped/sender_is_internal", ANNOUNCED)
        }
        _ => (portal.tool_says(&thread, "News"), "skipped/outgoing_message", ANNOUNCED),
    };
    alone(house, &said.unwrap(), ended, particular).await
}

async fn own(mut house: House) -> Case {
    let asked = house.chat("Hello");
    house.until_quiet().await;
    let echo = &record::by_us(&house.portal, &asked.thread, "MESSAGE")[0];
    let echo = MessageId::from(echo["id"].as_str().unwrap());
    Case::of_message(house, &echo, "skipped/own_message", ANNOUNCED).await
}

async fn handed_off() -> Case {
    let mut house = House::with(|config| {
        acme(config).default_user_id = None;
        acme(config).return_to_ai = ReturnToAi::Never;
    })
    .await;
    house.agent.hands_off(None);
    let thread = house.chat("A person, please").thread;
    house.until_quiet().await;
    let second = house.chat_on(&thread, "Hello?");
    house.until_quiet().await;
    Case::of_message(house, &second, "skipped/session_handed_off", ANNOUNCED).await
}

async fn paused(mut house: House) -> Case {
    let thread = house.chat("Hello").thread;
    house.until_quiet().await;
    house.operator(&thread, "pause").await;
    house.until_quiet().await;
    let second = house.chat_on(&thread, "Anybody?");
    house.until_quiet().await;
    Case::of_message(house, &second, "skipped/session_paused", ANNOUNCED).await
}

async fn taken_over(mut house: House) -> Case {
    house.agent.thinks_for(50);
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(10)).await;
    house.assign(&asked.thread, Some(&house.rep()));
    alone(house, &asked, "skipped/taken_over", "Asking the agent: left out").await
}

/// A delivery that names what this portal does not have.
async fn told(mut house: House, portal: impl Into<Value>, ended: &'static str, particular: &'static str) -> Case {
    let portal: Value = portal.into();
    house
        .post(json!([{"eventId": 1, "portalId": portal, "occurredAt": 1, "objectId": 404, "messageId": "gone",
            "subscriptionType": "conversation.newMessage", "messageType": "MESSAGE"}]))
        .await;
    house.until_quiet().await;
    Case::of_message(house, &MessageId::from("gone"), ended, particular).await
}

/// Overtaken by the first one's webhook, but already in the thread when that is answered.
async fn answered(mut house: House) -> Case {
    let asked = house.chat("First");
    house.portal.set_delivery_faults(DeliveryFaults { delay: 1.0, delay_max_ms: 20_000, ..DeliveryFaults::default() });
    let second = house.chat_on(&asked.thread, "Second");
    house.portal.set_delivery_faults(DeliveryFaults::default());
    house.until_quiet().await;
    Case::of_message(house, &second, "skipped/already_answered", ANNOUNCED).await
}

async fn skipped(mut house: House) -> Case {
    house.portal.set_delivery_faults(DeliveryFaults::default());
    let asked = house.mail("carla@elsewhere.example", "My order", "Where is it?");
    house.run_for(Duration::from_millis(500)).await;
    let event = house.event(&asked.message).await.id;
    house.life().store.operate(Operation::Skip { event }).await.unwrap();
    alone(house, &asked, "skipped/skipped_by_operator", ANNOUNCED).await
}
