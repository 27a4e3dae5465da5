//! The workflow actions' components: what the intake's actions take and answer.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Component, Plan};
use crate::intake::actions::Wanted;
use crate::store::request::ActionKind;

#[expect(clippy::struct_field_names, reason = "HubSpot's names")]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Action {
    action_url: String,
    is_published: bool,
    supported_clients: [Client; 1],
    object_types: [&'static str; 1],
    input_fields: Vec<Field>,
    output_fields: Vec<Field>,
    labels: BTreeMap<&'static str, Labels>,
}

#[derive(Serialize)]
struct Client {
    client: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    type_definition: Definition,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    supported_value_types: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_required: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    name: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    field_type: &'static str,
}

#[expect(clippy::struct_field_names, reason = "HubSpot's names")]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Labels {
    action_name: &'static str,
    action_description: &'static str,
    action_card_content: &'static str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    input_field_labels: BTreeMap<&'static str, &'static str>,
    output_field_labels: BTreeMap<&'static str, &'static str>,
}

/// Each with the last part of its address, which names its file too.
pub(super) fn all(plan: &Plan) -> Vec<(&'static str, Component<Action>)> {
    Wanted::ALL.into_iter().map(|wanted| (wanted.as_str(), component(wanted, plan))).collect()
}

fn component(wanted: Wanted, plan: &Plan) -> Component<Action> {
    let (uid, name, description) = words(wanted);
    let text = |name| Definition { name, kind: "string", field_type: "text" };
    let inputs: &[(&str, &str)] = if wanted == Wanted::Handoff { &[("reason", "Reason, for the reps")] } else { &[] };
    let outputs = [("bridge_status", "Status"), ("bridge_event_id", "Event")];
    let input = |(name, _): &(&'static str, &str)| Field {
        type_definition: text(name),
        supported_value_types: vec!["STATIC_VALUE"],
        is_required: Some(false),
    };
    let output = |(name, _): (&'static str, &str)| Field {
        type_definition: text(name),
        supported_value_types: Vec::new(),
        is_required: None,
    };
    let labels = Labels {
        action_name: name,
        action_description: description,
        action_card_content: name,
        input_field_labels: inputs.iter().copied().collect(),
        output_field_labels: outputs.into_iter().collect(),
    };
    let config = Action {
        action_url: format!("{}/{}", plan.url("actions/hubspot"), wanted.as_str()),
        is_published: true,
        supported_clients: [Client { client: "WORKFLOWS" }],
        object_types: ["TICKET"],
        input_fields: inputs.iter().map(input).collect(),
        output_fields: outputs.into_iter().map(output).collect(),
        labels: BTreeMap::from([("en", labels)]),
    };
    Component { uid, kind: "workflow-action", config }
}

/// Uid, name and description.
fn words(wanted: Wanted) -> (&'static str, &'static str, &'static str) {
    match wanted {
        Wanted::Act(ActionKind::Pause) => ("pause_ai", "Pause the AI", "The AI falls silent in this conversation."),
        Wanted::Act(ActionKind::Resume | ActionKind::Close) => {
            ("resume_ai", "Resume the AI", "The AI may speak again, when the customer writes next.")
        }
        Wanted::Act(ActionKind::Send) => {
            ("send_to_ai", "Send to the AI", "The AI gets the conversation and answers what is open, however old.")
        }
        Wanted::Handoff => {
            ("request_handoff", "Hand over to a human", "The AI falls silent and a rep gets the conversation.")
        }
    }
}
