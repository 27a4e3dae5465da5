//! Why a human got it: handed off, or drafted where that exists too.

use std::time::Duration;

use hubspot_bridge::config::{Config, Guarantee, Matcher, OnAgentFailure, Topic, TopicAction};
use hubspot_bridge::domain::{Mode, Reason};
use hubspot_bridge::sandbox::portal::seed::WHATSAPP_ACCOUNT;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect};

use super::super::house::{House, acme, mail};
use super::super::record;
use super::Case;

pub const REASONS: &[Reason] = &[
    Reason::Stale,
    Reason::AgentFailed,
    Reason::TopicEscalated,
    Reason::OutcomeUnknown,
    Reason::ChannelCannotSend,
    Reason::DeliveryFailed,
    Reason::ReplyLimit,
    Reason::RejectedByHubspot,
    Reason::MissingScope,
];

pub async fn drive(reason: Reason) -> Vec<Case> {
    match reason {
        Reason::Stale => {
            vec![stale(Mode::Autopilot, "handed_off/stale").await, stale(Mode::Assist, "drafted/stale").await]
        }
        Reason::AgentFailed => vec![
            agent(OnAgentFailure::Handoff, "handed_off/agent_failed").await,
            agent(OnAgentFailure::Draft, "drafted/agent_failed").await,
            agent(OnAgentFailure::Silent, "dead/agent_failed").await,
        ],
        Reason::TopicEscalated => vec![
            topic(TopicAction::Escalate, "handed_off/topic_escalated").await,
            topic(TopicAction::Draft, "drafted/topic_escalated").await,
        ],
        Reason::OutcomeUnknown => vec![
            unknown(Mode::Autopilot, "handed_off/outcome_unknown").await,
            unknown(Mode::Assist, "drafted/outcome_unknown").await,
        ],
        Reason::ChannelCannotSend => vec![
            channel(Mode::Autopilot, "handed_off/channel_cannot_send").await,
            channel(Mode::Assist, "drafted/channel_cannot_send").await,
        ],
        Reason::DeliveryFailed => vec![undelivered().await],
        Reason::ReplyLimit => vec![limit().await],
        Reason::RejectedByHubspot => vec![refused(BodyKind::Standard, 400, "handed_off/rejected_by_hubspot").await],
        Reason::MissingScope => vec![refused(BodyKind::MissingScopes, 403, "handed_off/missing_scope").await],
        _ => Vec::new(),
    }
}

fn in_mode(mode: Mode) -> impl FnOnce(&mut Config) {
    move |config| acme(config).mode = mode
}

async fn stale(mode: Mode, ended: &'static str) -> Case {
    let mut house = House::unborn(in_mode(mode));
    let asked = house.chat("Where is my parcel?");
    tokio::time::sleep(Duration::from_hours(1)).await;
    house.start().await;
    house.until_quiet().await;
    Case::of_message(
        house,
        &asked.message,
        ended,
        "The bridge decided to hand the conversation to a human. The message",
    )
    .await
}

async fn agent(setting: OnAgentFailure, ended: &'static str) -> Case {
    let mut house = House::with(|config| acme(config).on_agent_failure = setting).await;
    house.agent.fails(3);
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    Case::of_message(house, &asked.message, ended, "The agent gave no usable answer, 3 times so far: ").await
}

async fn topic(action: TopicAction, ended: &'static str) -> Case {
    let mut house = House::with(|config| acme(config).topics = vec![casino(action)]).await;
    let asked = house.chat("Do you run a casino?");
    house.until_quiet().await;
    Case::of_message(house, &asked.message, ended, "Detail: topic rule `the rule`").await
}

pub fn casino(action: TopicAction) -> Topic {
    let matches = vec![Matcher::Keyword("casino".to_owned())];
    Topic { name: "the rule".to_owned(), matches, channels: vec![], languages: vec![], action }
}

async fn unknown(mode: Mode, ended: &'static str) -> Case {
    let mut house = House::with(|config| {
        config.delivery.guarantee = Guarantee::AtMostOnce;
        acme(config).mode = mode;
    })
    .await;
    house.fault(1, "POST", record::MESSAGES, Effect::CutBefore);
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    Case::of_message(house, &asked.message, ended, "whether it reached HubSpot could not be found out").await
}

async fn channel(mode: Mode, ended: &'static str) -> Case {
    let mut house = House::with(in_mode(mode)).await;
    let mut whatsapp = mail("carla@elsewhere.example", "", "Hello");
    whatsapp.account = Some(WHATSAPP_ACCOUNT.to_owned());
    let asked = house.portal.customer_emails(&whatsapp).unwrap();
    house.until_quiet().await;
    let particular = "The bridge decided to hand the conversation to a human. HubSpot's API cannot send";
    Case::of_message(house, &asked.message, ended, particular).await
}

async fn undelivered() -> Case {
    let mut house = House::new().await;
    house.fault(1, "POST", record::MESSAGES, Effect::FailsLater { ms: 5_000 });
    house.chat("Where is my parcel?");
    house.until_quiet().await;
    let ended = "handed_off/delivery_failed";
    Case::of_reason(house, Reason::DeliveryFailed, ended, "Assigned the conversation to A-").await
}

async fn limit() -> Case {
    let mut house = House::with(|config| config.delivery.max_replies_per_thread.count = 1).await;
    let first = house.chat("Where is my parcel?");
    house.until_quiet().await;
    let second = house.chat_on(&first.thread, "And now?");
    house.until_quiet().await;
    let particular = "The bridge decided to hand the conversation to a human. The thread reached";
    Case::of_message(house, &second, "handed_off/reply_limit", particular).await
}

async fn refused(body: BodyKind, code: u16, ended: &'static str) -> Case {
    let mut house = House::new().await;
    house.fault(1, "POST", record::MESSAGES, Effect::Status { code, body, retry_after: None, acted: false });
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    Case::of_message(house, &asked.message, ended, "HubSpot, POST /threads/{threadId}/messages").await
}
