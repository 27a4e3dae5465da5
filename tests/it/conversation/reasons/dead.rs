//! Why an event could not be acted on.

use std::time::Duration;

use hubspot_bridge::config::Guarantee;
use hubspot_bridge::domain::{Mode, Object, Reason};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};
use serde_json::json;

use super::super::house::{House, acme};
use super::super::record;
use super::Case;

pub const REASONS: &[Reason] = &[
    Reason::PayloadUnreadable,
    Reason::MessageNotFound,
    Reason::ObjectNotFound,
    Reason::MissingScope,
    Reason::RejectedByHubspot,
    Reason::AttemptsExhausted,
    Reason::Expired,
    Reason::Interrupted,
];

pub async fn drive(reason: Reason) -> Vec<Case> {
    vec![match reason {
        Reason::PayloadUnreadable => unreadable().await,
        Reason::MessageNotFound => no_message().await,
        Reason::ObjectNotFound => no_ticket().await,
        Reason::MissingScope => no_scope().await,
        Reason::RejectedByHubspot => refused().await,
        Reason::AttemptsExhausted => exhausted().await,
        Reason::Expired => expired().await,
        Reason::Interrupted => interrupted().await,
        _ => return Vec::new(),
    }]
}

fn status(code: u16, body: BodyKind) -> Effect {
    Effect::Status { code, body, retry_after: None, acted: false }
}

async fn unreadable() -> Case {
    let mut house = House::new().await;
    let portal = house.portal.seed().portal_id.0;
    house.post(json!([{"portalId": portal, "subscriptionType": "conversation.newMessage", "eventId": 5}])).await;
    house.until_quiet().await;
    let ended = "dead/payload_unreadable";
    Case::of_reason(house, Reason::PayloadUnreadable, ended, "HubSpot delivered something that could not be read").await
}

async fn no_message() -> Case {
    let mut house = House::new().await;
    house.fault(1_000, "GET", record::MESSAGE, status(404, BodyKind::Standard));
    let asked = house.chat("Hello");
    house.until_quiet().await;
    let particular = "HubSpot does not show the message yet";
    Case::of_message(house, &asked.message, "dead/message_not_found", particular).await
}

async fn no_ticket() -> Case {
    let mut house = House::new().await;
    let (_, ticket) = house.desk("carla@elsewhere.example").await;
    house.portal.add_fault(Fault::times(100, "GET", "/crm/v3/objects/tickets/*", status(404, BodyKind::Standard)));
    house.change(&ticket, "plan", "team");
    house.until_quiet().await;
    let ended = "dead/object_not_found";
    Case::of_object(house, Object::Ticket(ticket), ended, "The ticket property `plan` changed").await
}

async fn no_scope() -> Case {
    let mut house = House::with(|config| acme(config).ticketing.enabled = false).await;
    house.portal.set_scope("conversations.write", false);
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    Case::of_message(house, &asked.message, "dead/missing_scope", "conversations.write").await
}

async fn refused() -> Case {
    let mut house = House::with(|config| acme(config).mode = Mode::Assist).await;
    house.fault(100, "POST", record::MESSAGES, status(400, BodyKind::Standard));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    let particular = "HubSpot, POST /threads/{threadId}/messages";
    Case::of_message(house, &asked.message, "dead/rejected_by_hubspot", particular).await
}

async fn exhausted() -> Case {
    let mut house = House::with(|config| {
        config.delivery.max_attempts = 4;
        acme(config).ticketing.enabled = false;
    })
    .await;
    house.fault(10_000, "POST", record::MESSAGES, Effect::Refuse);
    house.fault(10_000, "PUT", record::ASSIGNEE, Effect::Refuse);
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    Case::of_message(house, &asked.message, "dead/attempts_exhausted", "Detail: 4 attempts failed; last error: ").await
}

async fn expired() -> Case {
    let mut house = House::new().await;
    let ill = Fault { times: None, ..Fault::times(0, "GET", "/conversations/**", status(401, BodyKind::Standard)) };
    house.portal.add_fault(ill);
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(5)).await;
    house.clock.jump(73 * 3_600_000);
    house.run_for(Duration::from_mins(2)).await;
    Case::of_message(house, &asked.message, "dead/expired", "Put off").await
}

async fn interrupted() -> Case {
    let mut house = House::with(|config| config.delivery.guarantee = Guarantee::AtMostOnce).await;
    house.agent.thinks_for(30);
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(10)).await;
    house.crash_and_restart().await;
    house.until_quiet().await;
    Case::of_message(house, &asked.message, "dead/interrupted", "Detail: nothing of it is done again").await
}
