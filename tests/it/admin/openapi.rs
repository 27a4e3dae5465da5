//! The OpenAPI document tells of every route, and what the routes answer is what it says.

use std::time::Duration;

use axum::http::StatusCode;
use hubspot_bridge::domain::SessionPatch;
use serde_json::{Value, json};

use super::house::House;
use super::schema::Document;
use crate::agents::http::example;

const COMMITTED: &str = include_str!("../../../docs/openapi.json");
const ROUTES: &str = include_str!("../../../src/admin/mod.rs");

#[test]
fn the_committed_document_is_the_one_the_code_makes() {
    let made = hubspot_bridge::admin::openapi::text().unwrap();
    assert!(
        made == COMMITTED,
        "docs/openapi.json is out of date; `cargo run -- openapi > docs/openapi.json` rewrites it"
    );
}

/// Each operation: path, method, and what is said of it.
fn operations(document: &Document) -> Vec<(&str, &str, &Value)> {
    let paths = document.0["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
        })
        .collect()
}

#[tokio::test]
async fn every_route_is_in_the_document_and_every_path_of_it_is_a_route() {
    // `routes!` takes the path from the documented handler; `.route(` would add one that nobody is told of.
    assert!(!ROUTES.contains(".route("), "add routes with `routes!` and `#[utoipa::path]`");
    let house = House::new("").await;
    let document = Document::new();
    for (path, method, _) in operations(&document).into_iter().filter(|(path, ..)| !path.ends_with('z')) {
        let path = path.replace("{id}", "x");
        let (status, body) = house.ask(&method.to_uppercase(), &path, &[]).await;
        assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        let said = body["error"]["message"].as_str().unwrap_or_default();
        assert_ne!(said, format!("there is no {path}"), "{method}");
    }
}

#[tokio::test]
async fn the_parameters_are_those_that_are_taken() {
    let house = House::new("").await;
    let document = Document::new();
    let lists =
        operations(&document).into_iter().filter(|(path, method, _)| path.starts_with("/api/") && *method == "get");
    for (path, _, operation) in lists {
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let of_query = parameters.iter().filter(|parameter| parameter["in"] == "query");
        let told: Vec<&str> = of_query.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        let (_, body) = house.get(&format!("{}?nonsense=1", path.replace("{id}", "x"))).await;
        let known = body["error"]["fix"].as_str().unwrap().trim_start_matches("known: ");
        let told = if told.is_empty() { "this takes none".to_owned() } else { told.join(", ") };
        assert_eq!(told, known, "{path}");
    }
}

#[tokio::test]
async fn the_words_of_a_parameter_are_those_of_the_refusal() {
    let document = Document::new();
    let house = House::new("").await;
    for (path, name) in [("/api/v1/events", "state"), ("/api/v1/events", "reason"), ("/api/v1/sessions", "state")] {
        let parameters = document.0["paths"][path]["get"]["parameters"].as_array().unwrap();
        let schema = &parameters.iter().find(|parameter| parameter["name"] == name).unwrap()["schema"];
        let words: Vec<&str> = schema["enum"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let (_, body) = house.get(&format!("{path}?{name}=nonsense")).await;
        assert_eq!(body["error"]["fix"], format!("`{name}` must be one of {}", words.join(", ")));
    }
}

/// Asks, and holds the answer against the document.
async fn holds(house: &House, method: &str, shown: &str, path: &str, body: Option<Value>, wanted: u16) {
    let (status, answer) = match body {
        Some(body) => house.send(&method.to_uppercase(), path, body.to_string()).await,
        None => house.ask(&method.to_uppercase(), path, &[]).await,
    };
    assert_eq!(status.as_u16(), wanted, "{method} {path}: {answer}");
    let offences = Document::new().answer(shown, method, wanted, &answer);
    assert!(offences.is_empty(), "{method} {path}: {offences:#?}\n{answer:#}");
}

#[tokio::test]
async fn answers_have_the_shapes_of_the_document() {
    let house = House::new("[admin]\npublic_url = \"\"\n").await;
    house.message("t1", "m1").await;
    house.turn(|ending| ending).await;
    house.message("t2", "m2").await;
    house.session("t1", SessionPatch::default()).await;
    let session = "/api/v1/sessions/{id}";
    for (shown, path) in [
        ("/api/v1/events", "/api/v1/events?limit=1"),
        ("/api/v1/events/{id}", "/api/v1/events/evt_1"),
        ("/api/v1/events/{id}", "/api/v1/events/evt_2"),
        ("/api/v1/sessions", "/api/v1/sessions"),
        (session, "/api/v1/sessions/ses_1"),
        ("/api/v1/connections", "/api/v1/connections"),
        ("/api/v1/stats", "/api/v1/stats"),
        ("/api/v1/why/{id}", "/api/v1/why/t1"),
        ("/openapi.json", "/openapi.json"),
    ] {
        holds(&house, "get", shown, path, None, 200).await;
    }
    holds(&house, "get", "/api/v1/events", "/api/v1/events?limit=0", None, 400).await;
    holds(&house, "get", session, "/api/v1/sessions/ses_9", None, 404).await;
    holds(&house, "patch", session, "/api/v1/sessions/ses_1", Some(json!({ "custom_data": { "plan": 3 } })), 200).await;
    holds(&house, "post", "/api/v1/sessions/{id}/resume", "/api/v1/sessions/ses_1/resume", None, 200).await;
    holds(&house, "post", "/api/v1/sessions/{id}/pause", "/api/v1/sessions/ses_1/pause", None, 202).await;
    let reason = Some(json!({ "reason": "a VIP" }));
    holds(&house, "post", "/api/v1/sessions/{id}/handoff", "/api/v1/sessions/ses_1/handoff", reason, 202).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_crm_knows_has_the_shape_of_the_document() {
    let mut house = crate::conversation::house::House::new().await;
    house.run_for(Duration::from_secs(1)).await;
    for email in [hubspot_bridge::sandbox::portal::seed::KNOWN_CUSTOMER, "nobody@elsewhere.example"] {
        let path = format!("/api/v1/context?connection=acme&email={email}");
        let (status, shown) = crate::conversation::house::get(&house, &path).await;
        let offences = Document::new().answer("/api/v1/context", "get", status, &shown);
        assert!(offences.is_empty(), "{offences:#?}\n{shown:#}");
    }
}

#[test]
fn the_examples_for_a_teams_own_agent_have_the_shapes_of_the_document() {
    let document = Document::new();
    let body = |at: &Value| at["content"]["application/json"]["schema"].clone();
    let hooks = &document.0["webhooks"];
    let (turn, relay) = (&hooks["conversation.turn"]["post"], &hooks["conversation.relay"]["post"]);
    let answer = body(&turn["responses"]["2XX"]);
    let request = body(&turn["requestBody"]);
    let told = body(&relay["requestBody"]);
    for (schema, names) in
        [(request, &["request"][..]), (told, &["relay"]), (answer, &["reply", "draft", "handoff", "nothing"])]
    {
        for name in names {
            let example: Value = serde_json::from_str(example(&format!("json {name}"))).unwrap();
            let offences = document.offences(&schema, &example);
            assert!(offences.is_empty(), "{name}: {offences:#?}");
        }
    }
    for call in [turn, relay] {
        let names: Vec<&Value> = call["parameters"].as_array().unwrap().iter().map(|header| &header["name"]).collect();
        assert_eq!(names, ["webhook-id", "webhook-timestamp", "webhook-signature"]);
    }
}
