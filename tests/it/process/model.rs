//! Any chat-completions endpoint as the agent: it is told what is known, its words are posted, its tool call hands off.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use hubspot_bridge::sandbox::portal::people::Customer;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::desk::{Desk, ended};
use super::secrets::{forgotten, unlogged};

const KEY: &str = "sk-narwhalcanary";
const PRIVATE: [&str; 4] = [KEY, "quokkacanary", "wombatcanary", "dingocanary"];

type Asked = Arc<Mutex<Vec<Value>>>;

async fn complete(State(asked): State<Asked>, headers: HeaderMap, Json(body): Json<Value>) -> Json<Value> {
    assert_eq!(headers["authorization"], format!("Bearer {KEY}"));
    let wants_person = body["messages"].as_array().unwrap().last().unwrap()["content"].to_string().contains("person");
    asked.lock().unwrap().push(body);
    let arguments = json!({"reason": "wants a dingocanary", "sentiment": "angry", "language": "en"}).to_string();
    let call = json!({"id": "1", "type": "function", "function": {"name": "hand_off", "arguments": arguments}});
    let (message, why) = if wants_person {
        (json!({"role": "assistant", "content": null, "tool_calls": [call]}), "tool_calls")
    } else {
        (json!({"role": "assistant", "content": "Two to **four** days, wombatcanary."}), "stop")
    };
    Json(json!({"choices": [{"index": 0, "message": message, "finish_reason": why}]}))
}

#[tokio::test]
async fn a_model_answers_and_hands_off() {
    let asked = Asked::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let router = Router::new().route("/v1/chat/completions", post(complete)).with_state(Arc::clone(&asked));
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
    let desk = Desk::with(|text| {
        let agent = format!(
            "[connections.acme.agent]\nkind = \"openai\"\nbase_url = \"{url}\"\napi_key = \"{KEY}\"\nmodel = \"small-1\"\n\
             system_prompt = \"You are Ada of the dingocanary shop.\""
        );
        text.replace("[connections.acme.agent]", &agent)
    })
    .await;

    let who = Customer::default();
    let first = desk.portal.customer_chats(&who, None, "How long does my quokkacanary take?").unwrap();
    assert_eq!(ended(&desk.settled().await, &first.message), "replied");
    assert_eq!(desk.answers(&first.thread), ["Two to four days, wombatcanary."]);
    let second = desk.portal.customer_chats(&who, Some(&first.thread), "A person, please").unwrap();
    assert_eq!(ended(&desk.settled().await, &second.message), "handed_off");

    let told = asked.lock().unwrap().iter().map(|body| body["messages"].to_string()).collect::<Vec<_>>();
    assert_eq!(told.len(), 2, "one question each");
    assert!(told[0].contains("You are Ada of the dingocanary shop."), "{}", told[0]);
    assert!(told[1].contains("my quokkacanary take") && told[1].contains("wombatcanary"), "the history: {}", told[1]);
    let ticket = desk.tickets_made().remove(0);
    assert_eq!(ticket["properties"]["hs_ticket_priority"], "HIGH", "an angry customer");
    let comment = desk.items(&first.thread, "COMMENT").remove(0);
    assert!(comment["text"].as_str().unwrap().contains("Reason: wants a dingocanary"), "{comment}");
    unlogged(&desk, &PRIVATE);
    forgotten(&desk, &PRIVATE).await;
}
