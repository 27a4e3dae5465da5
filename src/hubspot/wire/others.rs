//! Actors, channel accounts, owners, tickets, properties, the account and the token: small shapes.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::id::Id;
use super::stamp::Stamp;

#[derive(Debug, Deserialize)]
pub(in crate::hubspot) struct WireActor {
    pub(in crate::hubspot) id: Id,
    pub(in crate::hubspot) name: Option<String>,
    pub(in crate::hubspot) email: Option<String>,
}

/// 200, or 207 with `errors` for the ids HubSpot does not know.
#[derive(Debug, Deserialize)]
pub(in crate::hubspot) struct Batch<T> {
    pub(in crate::hubspot) results: Vec<T>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::hubspot) struct WireContent {
    pub(in crate::hubspot) text: Option<String>,
    pub(in crate::hubspot) rich_text: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::hubspot) struct WireChannelAccount {
    pub(in crate::hubspot) id: Id,
    pub(in crate::hubspot) channel_id: Id,
    pub(in crate::hubspot) inbox_id: Option<Id>,
    pub(in crate::hubspot) active: Option<bool>,
    pub(in crate::hubspot) authorized: Option<bool>,
    pub(in crate::hubspot) delivery_identifier: Option<AccountIdentifier>,
}

#[derive(Debug, Deserialize)]
pub(in crate::hubspot) struct AccountIdentifier {
    pub(in crate::hubspot) value: Option<Id>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::hubspot) struct WireOwner {
    pub(in crate::hubspot) id: Id,
    pub(in crate::hubspot) user_id: Option<Id>,
    pub(in crate::hubspot) user_id_including_inactive: Option<Id>,
    pub(in crate::hubspot) email: Option<String>,
    pub(in crate::hubspot) first_name: Option<String>,
    pub(in crate::hubspot) last_name: Option<String>,
}

/// A record of any kind.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::hubspot) struct WireRecord {
    #[serde(default)]
    pub(in crate::hubspot) id: Id,
    #[serde(default)]
    pub(in crate::hubspot) properties: BTreeMap<String, Value>,
    pub(in crate::hubspot) created_at: Option<Stamp>,
}

/// `toObjectId` is a number in HubSpot's examples and text in its specification.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::hubspot) struct WireAssociation {
    pub(in crate::hubspot) to_object_id: Id,
}

#[derive(Debug, Deserialize)]
pub(in crate::hubspot) struct WirePipeline {
    pub(in crate::hubspot) id: Id,
    pub(in crate::hubspot) label: Option<String>,
    #[serde(default)]
    pub(in crate::hubspot) stages: Vec<WireStage>,
}

#[derive(Debug, Deserialize)]
pub(in crate::hubspot) struct WireStage {
    pub(in crate::hubspot) id: Id,
    pub(in crate::hubspot) label: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::hubspot) struct WireProperty {
    pub(in crate::hubspot) name: String,
    #[serde(rename = "type")]
    pub(in crate::hubspot) kind: Option<String>,
    #[serde(rename = "fieldType")]
    pub(in crate::hubspot) field: Option<String>,
    /// As they are: they are written back with one more.
    #[serde(default)]
    pub(in crate::hubspot) options: Vec<Value>,
    pub(in crate::hubspot) hidden: Option<bool>,
    pub(in crate::hubspot) archived: Option<bool>,
    pub(in crate::hubspot) calculated: Option<bool>,
    pub(in crate::hubspot) modification_metadata: Option<WireMetadata>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::hubspot) struct WireMetadata {
    pub(in crate::hubspot) read_only_value: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(in crate::hubspot) struct WireInbox {
    pub(in crate::hubspot) id: Id,
    pub(in crate::hubspot) name: Option<String>,
    pub(in crate::hubspot) archived: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::hubspot) struct WireTokenInfo {
    pub(in crate::hubspot) hub_id: Id,
    pub(in crate::hubspot) app_id: Option<Id>,
    pub(in crate::hubspot) user_id: Option<Id>,
    pub(in crate::hubspot) scopes: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::hubspot) struct WireAccount {
    pub(in crate::hubspot) portal_id: Id,
    pub(in crate::hubspot) time_zone: Option<String>,
    pub(in crate::hubspot) ui_domain: Option<String>,
    pub(in crate::hubspot) utc_offset_milliseconds: Option<i64>,
}
