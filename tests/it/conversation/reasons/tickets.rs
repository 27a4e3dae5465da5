//! Why a change of a ticket, or what a rep wrote in one, was not carried over.

use hubspot_bridge::agents::RelayKind;
use hubspot_bridge::domain::{Object, Reason, SessionPatch};
use hubspot_bridge::store::{SessionChange, SessionKey};
use serde_json::json;

use super::super::house::{House, acme};
use super::Case;

const PLAN: &str = "The ticket property `plan` changed";

pub const REASONS: &[Reason] = &[
    Reason::OwnWrite,
    Reason::TicketingDisabled,
    Reason::EmptyValue,
    Reason::PropertyNotSynced,
    Reason::NoLinkedSession,
    Reason::TicketNotTagged,
];

pub async fn drive(reason: Reason) -> Vec<Case> {
    vec![match reason {
        Reason::OwnWrite => own_write().await,
        Reason::TicketingDisabled => {
            let house = House::with(|config| acme(config).ticketing.enabled = false).await;
            changed(house, &[("plan", "team")], "skipped/ticketing_disabled", PLAN).await
        }
        Reason::EmptyValue => {
            changed(House::new().await, &[("plan", "team"), ("plan", "")], "skipped/empty_value", PLAN).await
        }
        Reason::PropertyNotSynced => {
            changed(
                House::new().await,
                &[("subject", "Another")],
                "skipped/property_not_synced",
                "The ticket property `subject` changed",
            )
            .await
        }
        Reason::NoLinkedSession => unlinked().await,
        Reason::TicketNotTagged => untagged().await,
        _ => return Vec::new(),
    }]
}

/// One change after another of the ticket of a conversation.
async fn changed(mut house: House, changes: &[(&str, &str)], ended: &'static str, particular: &'static str) -> Case {
    let (_, ticket) = house.desk("carla@elsewhere.example").await;
    for (property, value) in changes {
        house.change(&ticket, property, value);
        house.until_quiet().await;
    }
    Case::of_object(house, Object::Ticket(ticket), ended, particular).await
}

async fn own_write() -> Case {
    let mut house = House::new().await;
    let (_, ticket) = house.desk("carla@elsewhere.example").await;
    let (id, seed): (u64, _) = (ticket.as_str().parse().unwrap(), house.portal.seed());
    house
        .post(json!([{"eventId": 77, "portalId": seed.portal_id.0, "occurredAt": 1_795_262_400_000_u64,
            "subscriptionType": "ticket.propertyChange", "objectId": id, "propertyName": "plan",
            "propertyValue": "team", "changeSource": "INTEGRATION", "sourceId": seed.app_id.to_string()}]))
        .await;
    house.until_quiet().await;
    Case::of_object(house, Object::Ticket(ticket), "skipped/own_write", "The ticket property `plan` changed").await
}

async fn unlinked() -> Case {
    let mut house = House::new().await;
    let ticket = house.portal.create_ticket("A ticket", &house.rep()).unwrap();
    house.change(&ticket, "plan", "team");
    house.until_quiet().await;
    let ended = "skipped/no_linked_session";
    Case::of_object(house, Object::Ticket(ticket), ended, "The ticket property `plan` changed").await
}

/// A rep writes from the ticket of a conversation outside HubSpot, before it was handed off.
async fn untagged() -> Case {
    let mut house = House::new().await;
    house.agent.remembers();
    house.agent.takes(RelayKind::Reply);
    let rep = house.rep();
    let ticket = house.portal.create_ticket("A ticket", &rep).unwrap();
    let words = ("Your vase", "Which one?");
    let own = house.portal.rep_writes_from_ticket(&ticket, &rep, "ines@elsewhere.example", words).unwrap();
    house.until_quiet().await;
    let key = SessionKey::Agent("acme".into(), "outside-1".to_owned());
    let patch = SessionPatch { ticket_id: Some(ticket), ..SessionPatch::default() };
    house.life().store.patch_session(SessionChange { key, version: 0, patch, followups: Vec::new() }).await.unwrap();
    let wrote = house.portal.rep_replies(&own.thread, &rep, "Too early").unwrap();
    house.until_quiet().await;
    let particular = "HubSpot announced a message";
    Case::of_message(house, &wrote.message, "skipped/ticket_not_tagged", particular).await
}
