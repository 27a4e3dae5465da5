//! The scopes, subscriptions and fields written are exactly those the code uses.

use std::collections::BTreeSet;
use std::path::Path;

use http::Method;
use hubspot_bridge::config::Secret;
use hubspot_bridge::hubspot::scopes::{SCOPES, needed_by_panel};
use hubspot_bridge::sandbox::portal::scopes_of;
use serde_json::{Value, json};

use super::{json, project};
use crate::intake::{Bridge, fixture, signed};

const SETTINGS: &str = "[connections.acme]\nmirror_notes = true\n[server]\npublic_url = \"https://bridge.example.com\"";

/// HubSpot's whole list of subscription types, from its OpenAPI file of webhooks.
fn every_type() -> Vec<String> {
    let objects = ["company", "contact", "deal", "line_item", "ticket", "object"];
    let changes = ["associationChange", "creation", "deletion", "merge", "propertyChange", "restore"];
    let mut types: Vec<String> =
        objects.iter().flat_map(|object| changes.iter().map(move |change| format!("{object}.{change}"))).collect();
    types.extend(
        ["creation", "deletion", "merge", "propertyChange", "restore"].map(|change| format!("product.{change}")),
    );
    let of_threads = ["creation", "deletion", "newMessage", "privacyDeletion", "propertyChange"];
    types.extend(of_threads.map(|change| format!("conversation.{change}")));
    types.extend(["contact.privacyDeletion".to_owned(), "event.completed".to_owned()]);
    assert_eq!(types.len(), 48);
    types
}

/// The calls that the client makes, by the routes it names them with.
fn calls(folder: &Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            calls(&path, found);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for quoted in text.split('"').skip(1).step_by(2) {
            let Some((method, route)) = quoted.split_once(" /") else { continue };
            if ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method) {
                let route = route.split(' ').next().unwrap();
                found.insert((method.to_owned(), format!("/{route}")));
            }
        }
    }
}

/// Its place in HubSpot's API.
fn path(route: &str) -> String {
    match route.split('/').nth(1).unwrap() {
        "threads" | "actors" | "channel-accounts" => format!("/conversations/v3/conversations{route}"),
        "objects" if route.contains("/associations/") => format!("/crm/v4{route}"),
        "objects" | "owners" | "pipelines" | "properties" => format!("/crm/v3{route}"),
        _ => route.to_owned(),
    }
}

#[test]
fn the_scopes_are_those_that_the_clients_calls_need() {
    let mut made = BTreeSet::new();
    calls(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/hubspot"), &mut made);
    assert!(made.len() > 20, "{made:?}");
    let needed: BTreeSet<&str> = made
        .iter()
        .flat_map(|(method, route)| {
            // What `{type}` stands for in the CRM's panel.
            let kinds = if route.contains("{type}") || route.contains("{toType}") {
                &["companies", "deals", "tickets"][..]
            } else {
                &[""]
            };
            let method: Method = method.parse().unwrap();
            kinds.iter().flat_map(move |kind| {
                let route = route.replace("{type}", kind).replace("{toType}", kind);
                // Links are only made between tickets, contacts and notes.
                if method == Method::PUT && kind != &"tickets" && !kind.is_empty() {
                    return Vec::new();
                }
                scopes_of(&method, &path(&route))
            })
        })
        .collect();
    assert_eq!(needed, SCOPES.iter().map(|scope| scope.name).collect());

    let files = project(SETTINGS);
    let asked = json(&files, "src/app/app-hsmeta.json")["config"]["auth"]["requiredScopes"].clone();
    assert_eq!(asked, json!(SCOPES.map(|scope| scope.name)));
}

#[test]
fn a_panel_with_a_token_of_its_own_takes_its_scopes_along() {
    let files = project(&format!("{SETTINGS}\n[connections.acme.crm]\naccess_token_file = \"x\""));
    let asked = json(&files, "src/app/app-hsmeta.json")["config"]["auth"]["requiredScopes"].clone();
    let asked: BTreeSet<&str> = asked.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(!asked.contains("crm.objects.deals.read") && asked.contains("tickets"), "{asked:?}");
    let of_panel: BTreeSet<&str> = needed_by_panel().map(|scope| scope.name).collect();
    assert!(asked.union(&of_panel).copied().eq(SCOPES.iter().map(|scope| scope.name).collect::<BTreeSet<_>>()));
}

#[tokio::test]
async fn the_intake_acts_on_each_subscription_and_on_no_other_type() {
    let webhooks = json(&project(SETTINGS), "src/app/webhooks/webhooks-hsmeta.json");
    assert_eq!(webhooks["config"]["settings"]["targetUrl"], "https://bridge.example.com/webhooks/hubspot/acme");
    let groups = webhooks["config"]["subscriptions"].as_object().unwrap().values();
    let all: Vec<&Value> = groups.flat_map(|group| group.as_array().unwrap()).collect();
    let subscribed: BTreeSet<String> =
        all.iter().map(|one| one["subscriptionType"].as_str().unwrap().to_owned()).collect();

    let mut acted_on = BTreeSet::new();
    for name in every_type() {
        let event = json!([{
            "eventId": 1, "portalId": 7, "objectId": 9, "subscriptionType": &name, "objectTypeId": "0-46",
            "propertyName": "hs_pipeline_stage", "propertyValue": "2", "messageId": "m1", "messageType": "MESSAGE",
        }]);
        let bridge = Bridge::with(fixture::config(vec![fixture::connection("acme", 7)]));
        let answer = bridge.send(signed("/webhooks/hubspot/acme", event.to_string())).await;
        assert_eq!(answer.status.as_u16(), 200, "{name}: {}", answer.body);
        if !bridge.stored().is_empty() {
            acted_on.insert(name);
        }
    }
    assert_eq!(subscribed, acted_on);
    let properties = all.iter().filter(|one| one["subscriptionType"] == "conversation.propertyChange");
    let properties: Vec<&Value> = properties.map(|one| &one["propertyName"]).collect();
    assert_eq!(properties, ["assignedTo", "status", "isArchived"], "all that HubSpot has");
}

#[test]
fn ticket_properties_are_those_of_the_settings() {
    let of = |ticketing: &str| {
        let files = project(&format!("[connections.acme.ticketing]\n{ticketing}"));
        let webhooks = json(&files, "src/app/webhooks/webhooks-hsmeta.json");
        let tickets = webhooks["config"]["subscriptions"]["legacyCrmObjects"].as_array().cloned().unwrap_or_default();
        assert!(tickets.iter().all(|one| one["subscriptionType"] == "ticket.propertyChange"));
        tickets.iter().map(|one| one["propertyName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("sync_properties = [\"tier\", \"order\", \"tier\"]"), ["order", "tier"]);
    assert_eq!(of("sync_properties = [\"tier\", \"order\"]\nsync_exclude = [\"order\"]"), ["tier"]);
    assert!(of("enabled = false\nsync_properties = [\"tier\"]").is_empty());
    let all = of(
        "sync_properties = [\"*\"]\nsync_exclude = [\"hs_pipeline\"]\n[connections.acme.ticketing.custom_data]\nplan = \"tier\"",
    );
    assert!(all.contains(&"tier".to_owned()) && all.contains(&"hs_pipeline_stage".to_owned()), "{all:?}");
    assert!(!all.contains(&"hs_pipeline".to_owned()) && !all.contains(&"*".to_owned()), "{all:?}");
}

#[tokio::test]
async fn each_workflow_action_is_taken_at_its_address_with_its_fields() {
    let names = |fields: &Value| -> Vec<String> {
        let name = |field: &Value| field["typeDefinition"]["name"].as_str().unwrap().to_owned();
        fields.as_array().unwrap().iter().map(name).collect()
    };
    let files = project(SETTINGS);
    for action in ["pause-ai", "resume-ai", "send-to-ai", "request-handoff"] {
        let config = json(&files, &format!("src/app/workflow-actions/{action}-hsmeta.json"))["config"].clone();
        let path = config["actionUrl"].as_str().unwrap().strip_prefix("https://bridge.example.com").unwrap();
        let inputs: Value =
            names(&config["inputFields"]).into_iter().map(|name| (name.clone(), json!(format!("my {name}")))).collect();
        for object in config["objectTypes"].as_array().unwrap() {
            let mut acme = fixture::connection("acme", 7);
            acme.agent.webhook_secret = Some(Secret::Value("unused".to_owned()));
            let bridge = Bridge::with(fixture::config(vec![acme]));
            let call = json!({
                "callbackId": "1", "origin": { "portalId": 7 }, "object": { "objectType": object, "objectId": 9 },
                "inputFields": inputs,
            });
            let answer = bridge.send(signed(path, call.to_string())).await;
            assert_eq!(answer.status.as_u16(), 200, "{action}: {}", answer.body);
            let answered: Value = serde_json::from_str(&answer.body).unwrap();
            let mut given: Vec<&String> = answered["outputFields"].as_object().unwrap().keys().collect();
            let mut told = names(&config["outputFields"]);
            given.sort();
            told.sort();
            assert!(given.into_iter().eq(&told), "{action}: {answered}");
            let [event] = bridge.stored().try_into().unwrap();
            let data = event.data.unwrap();
            // Whatever field there is to fill in is not thrown away.
            let read = inputs.as_object().unwrap().values().all(|given| data.contains(given.as_str().unwrap()));
            assert!(read, "{action}: {data}");
        }
    }
}
