//! The examples of `docs/handoff.md` on what HubSpot's workflows and OpenCX post, sent to the doors they are for.

use axum::body::Body;
use http::Request;
use hubspot_bridge::config::{AgentKind, Secret};
use hubspot_bridge::domain::{EventKind, NewEvent, Object, Timestamp};
use serde_json::{Value, json};

use super::fixture::{self, PUBLIC_URL};
use super::{Bridge, signed};

const DOCUMENT: &str = include_str!("../../../docs/handoff.md");
const TOKEN: &str = "the secret on both sides";

/// The text of the example of this kind.
fn text(kind: &str) -> &'static str {
    DOCUMENT.split_once(&format!("\n```json {kind}\n")).unwrap().1.split_once("\n```").unwrap().0
}

fn example(kind: &str) -> Value {
    serde_json::from_str(text(kind)).unwrap()
}

/// The connection of the page, on the portal of its example.
fn bridge() -> Bridge {
    let mut acme = fixture::connection("acme", example("action")["origin"]["portalId"].as_i64().unwrap());
    acme.agent.kind = AgentKind::Opencx;
    acme.agent.webhook_secret = Some(Secret::Value(TOKEN.to_owned()));
    Bridge::with(fixture::config(vec![acme]))
}

fn params(event: &NewEvent) -> Value {
    serde_json::from_str(event.data.as_deref().unwrap()).unwrap()
}

/// The names that a definition gives its fields.
fn names(fields: &Value) -> Vec<&str> {
    fields.as_array().unwrap().iter().map(|field| field["typeDefinition"]["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_action_of_the_page_is_taken_at_the_address_of_its_definition() {
    let definition = example("definition");
    let address = definition["config"]["actionUrl"].as_str().unwrap();
    let bridge = bridge();
    let answer = bridge.send(signed(address.strip_prefix(PUBLIC_URL).unwrap(), text("action").to_owned())).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    let answered: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answered, example("accepted"));

    let [event] = bridge.stored().try_into().unwrap();
    assert_eq!((event.kind, event.object.as_ref()), (EventKind::HandoffRequest, Some(&Object::Ticket("55120".into()))));
    assert_eq!(params(&event), json!({"v": 1, "reason": "a VIP"}));

    let (inputs, outputs) = (&definition["config"]["inputFields"], &definition["config"]["outputFields"]);
    let given = example("action");
    assert!(names(inputs).iter().all(|name| given["inputFields"].get(name).is_some()), "{inputs}");
    assert!(names(outputs).iter().all(|name| answered["outputFields"].get(name).is_some()), "{outputs}");
}

#[tokio::test]
async fn every_action_of_the_pages_table_has_an_address() {
    let table = DOCUMENT.split_once("\n## Workflow actions\n").unwrap().1.split_once("\n```").unwrap().0;
    let actions: Vec<&str> =
        table.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|row| row.split('`').next()).collect();
    assert_eq!(actions.len(), 4, "{actions:?}");
    for action in actions {
        let path = format!("/actions/hubspot/acme/{action}");
        let answer = bridge().send(signed(&path, text("action").to_owned())).await;
        assert_eq!(answer.status.as_u16(), 200, "{action}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_webhook_of_the_page_asks_for_a_handoff() {
    let bridge = bridge();
    let request = Request::post("/webhooks/opencx/acme").header("authorization", format!("Bearer {TOKEN}"));
    let answer = bridge.send(request.body(Body::from(text("webhook"))).unwrap()).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    let [event] = bridge.stored().try_into().unwrap();
    let object = Object::Outside("conv-1".into());
    assert_eq!((event.kind, event.object.as_ref()), (EventKind::HandoffRequest, Some(&object)));
    assert_eq!(params(&event)["reason"], "the AI decided to hand the conversation to a human");
    assert_eq!(event.occurred_at, Timestamp::parse("2026-11-18T11:06:28.000Z"));
}
