//! Webhook events as HubSpot writes them, and which of them the app is subscribed to.

use std::collections::BTreeMap;

use serde::Serialize;

/// One element of a delivery, its keys in HubSpot's order.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// Not unique.
    pub event_id: u64,
    /// The subscription it came from.
    pub subscription_id: u64,
    /// The account.
    pub portal_id: i64,
    /// The receiving app.
    pub app_id: i64,
    /// Epoch milliseconds.
    pub occurred_at: i64,
    /// `conversation.newMessage`, ….
    pub subscription_type: &'static str,
    /// From 0, grows with retries.
    pub attempt_number: u32,
    /// Thread or record, a number on the wire.
    pub object_id: u64,
    /// What the type adds.
    #[serde(flatten)]
    pub detail: Detail,
}

/// The optional members of an envelope.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// On the generic `object.*` types: `0-46` is a note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_type_id: Option<&'static str>,
    /// On property changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property_name: Option<String>,
    /// Text whatever the property's type; empty when cleared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property_value: Option<String>,
    /// On `conversation.newMessage`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// `MESSAGE`, `COMMENT`, `WELCOME_MESSAGE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_type: Option<&'static str>,
    /// `CRM_UI`, `INTEGRATION`, ….
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_source: Option<&'static str>,
    /// `userId:1` or an app id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_id: Option<String>,
    /// `NEW`, `NEW_MESSAGE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_flag: Option<&'static str>,
}

/// The types a fresh app is subscribed to, with a subscription id each.
#[derive(Debug)]
pub struct Subscriptions(BTreeMap<&'static str, (u64, bool)>);

impl Default for Subscriptions {
    fn default() -> Self {
        let types = [
            "conversation.creation",
            "conversation.deletion",
            "conversation.newMessage",
            "conversation.propertyChange",
            "ticket.creation",
            "ticket.propertyChange",
            "contact.creation",
            "object.creation",
        ];
        Self((2_371_671..).zip(types).map(|(id, kind)| (kind, (id, true))).collect())
    }
}

impl Subscriptions {
    /// The id of an active subscription.
    #[must_use]
    pub fn active(&self, kind: &str) -> Option<u64> {
        self.0.get(kind).filter(|(_, on)| *on).map(|(id, _)| *id)
    }

    /// Pauses or resumes one; false when there is none of that type.
    pub fn set(&mut self, kind: &str, on: bool) -> bool {
        self.0.get_mut(kind).map(|subscription| subscription.1 = on).is_some()
    }
}
