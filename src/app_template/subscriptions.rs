//! The webhooks component: what HubSpot tells the bridge of. A test holds that the intake acts on each of these, and on
//! nothing that is not here.

use serde::Serialize;

use super::Plan;

/// HubSpot's own bound, and its default.
const CONCURRENT: u32 = 10;

/// What a thread can change that the bridge acts on.
const THREAD_PROPERTIES: [&str; 3] = ["assignedTo", "status", "isArchived"];

#[derive(Serialize)]
pub(super) struct Webhooks {
    settings: Settings,
    subscriptions: Subscriptions,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    target_url: String,
    max_concurrent_requests: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Subscriptions {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    crm_objects: Vec<Subscription>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    legacy_crm_objects: Vec<Subscription>,
    hub_events: Vec<Subscription>,
}

#[expect(clippy::struct_field_names, reason = "HubSpot's names")]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Subscription {
    subscription_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    property_name: Option<String>,
    active: bool,
}

impl Subscription {
    fn to(subscription_type: &'static str) -> Self {
        Self { subscription_type, object_type: None, property_name: None, active: true }
    }

    fn of_property(subscription_type: &'static str, property: &str) -> Self {
        Self { property_name: Some(property.to_owned()), ..Self::to(subscription_type) }
    }
}

pub(super) fn webhooks(plan: &Plan) -> Webhooks {
    let note = || Subscription { object_type: Some("note"), ..Subscription::to("object.creation") };
    let ticket = |name: &String| Subscription::of_property("ticket.propertyChange", name);
    let thread = |name: &str| Subscription::of_property("conversation.propertyChange", name);
    let mut hub_events = vec![Subscription::to("conversation.newMessage")];
    hub_events.extend(THREAD_PROPERTIES.map(thread));
    hub_events.extend(["conversation.deletion", "conversation.privacyDeletion"].map(Subscription::to));
    Webhooks {
        settings: Settings { target_url: plan.url("webhooks/hubspot"), max_concurrent_requests: CONCURRENT },
        subscriptions: Subscriptions {
            crm_objects: plan.mirror_notes.then(note).into_iter().collect(),
            legacy_crm_objects: plan.ticket_properties.iter().map(ticket).collect(),
            hub_events,
        },
    }
}
