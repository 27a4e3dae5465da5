//! Posting messages and comments: what is accepted, what is refused, and what an accepted message can still become.

use hubspot_bridge::sandbox::portal::{Effect, Fault};
use serde_json::{Value, json};

use super::{Desk, THREADS, reply};

#[tokio::test(start_paused = true)]
async fn an_accepted_reply_is_the_agents_through_our_app() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let posted = desk.call("POST", &format!("{THREADS}/{thread}/messages"), Some(&reply(&desk, "hi")));
    assert_eq!(posted.status, 201, "{}", posted.body);
    assert_eq!(posted.body["createdBy"], json!(desk.ai().0));
    assert_eq!(posted.body["client"], json!({"clientType": "INTEGRATION", "integrationAppId": 4_242_424}));
    assert_eq!(posted.body["direction"], "OUTGOING");
    assert_eq!(posted.body["status"]["statusType"], "SENT");
    let id = posted.body["id"].as_str().unwrap();
    assert_eq!(desk.get(&format!("{THREADS}/{thread}/messages/{id}")).body["text"], "hi");
}

#[tokio::test(start_paused = true)]
async fn a_comment_is_the_apps_whoever_is_named() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let body = json!({"type": "COMMENT", "text": "note", "senderActorId": desk.rita().0});
    let posted = desk.call("POST", &format!("{THREADS}/{thread}/messages"), Some(&body));
    assert_eq!((posted.status, &posted.body["createdBy"]), (201, &json!("I-4242424")));
    assert_eq!(posted.body["client"]["clientType"], "INTEGRATION");
}

#[tokio::test(start_paused = true)]
async fn messages_are_refused_with_hubspots_words() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let rows: Vec<(&str, Value, &str)> = vec![
        ("text", Value::Null, "/errors/0/in"),
        ("recipients", json!([]), "/errors/0/in"),
        ("senderActorId", json!("V-5"), "/errors/0/subCategory"),
        ("senderActorId", json!("X-5"), "/errors/0/subCategory"),
        ("senderActorId", json!("A-5"), "/errors/0/subCategory"),
        ("channelAccountId", json!("9"), "/subCategory"),
        ("channelId", json!("1007"), "/message"),
        ("recipients", json!([{"actorId": "A-70000002"}]), "/errors/0/subCategory"),
        ("type", json!("WELCOME_MESSAGE"), "/message"),
    ];
    let expected = [
        "text",
        "recipients",
        "ConversationsApiError.UNSUPPORTED_ACTOR_TYPE",
        "ConversationsApiError.INVALID_ARGUMENT_TYPE",
        "ConversationsApiError.INVALID_ARGUMENT_TYPE",
        "ConversationsApiError.INVALID_CHANNEL_ACCOUNT",
        "Sending messages through WhatsApp is not supported by this API.",
        "ConversationsApiError.UNSUPPORTED_ACTOR_TYPE",
        "`type` must be MESSAGE or COMMENT.",
    ];
    for ((field, value, pointer), expected) in rows.into_iter().zip(expected) {
        let mut body = reply(&desk, "hi");
        body[field] = value.clone();
        let answer = desk.call("POST", &format!("{THREADS}/{thread}/messages"), Some(&body));
        assert_eq!(answer.status, 400, "{field} = {value}");
        assert_eq!(answer.body["category"], "VALIDATION_ERROR", "{field} = {value}");
        assert_eq!(answer.body.pointer(pointer), Some(&json!(expected)), "{field} = {value}");
    }
    let list = desk.get(&format!("{THREADS}/{thread}/messages")).body;
    assert_eq!(list["results"].as_array().unwrap().len(), 1, "nothing refused was posted");
}

#[tokio::test(start_paused = true)]
async fn created_can_turn_into_failed() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let route = "/conversations/v3/conversations/threads/*/messages";
    desk.portal.add_fault(Fault::times(1, "POST", route, Effect::FailsLater { ms: 2_000 }));
    let posted = desk.call("POST", &format!("{THREADS}/{thread}/messages"), Some(&reply(&desk, "hi")));
    assert_eq!(posted.body["status"]["statusType"], "SENT");
    desk.clock.jump(2_000);
    let id = posted.body["id"].as_str().unwrap();
    let later = desk.get(&format!("{THREADS}/{thread}/messages/{id}")).body;
    assert_eq!(later["status"]["statusType"], "FAILED");
    assert!(later["status"]["failureDetails"]["errorMessage"].is_string());
}
