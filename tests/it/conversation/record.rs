//! The portal's own record of a conversation: what really was posted, by whom.

use hubspot_bridge::domain::ThreadId;
use hubspot_bridge::sandbox::portal::Portal;
use serde_json::Value;

pub const MESSAGES: &str = "/conversations/v3/conversations/threads/*/messages";
pub const MESSAGE: &str = "/conversations/v3/conversations/threads/*/messages/*";
pub const THREAD: &str = "/conversations/v3/conversations/threads/*";
pub const ASSIGNEE: &str = "/conversations/conversations/v3/threads/*/assignee";

pub fn thread(portal: &Portal, id: &ThreadId) -> Value {
    let threads = portal.snapshot()["threads"].as_array().unwrap().clone();
    threads.into_iter().find(|thread| thread["id"] == id.as_str()).expect("the thread is in the portal")
}

/// Items the bridge's app made, of one type.
pub fn by_us(portal: &Portal, id: &ThreadId, kind: &str) -> Vec<Value> {
    let items = thread(portal, id)["messages"].as_array().unwrap().clone();
    let ours = |item: &Value| item["type"] == kind && item["client"]["integrationAppId"] == portal.seed().app_id.0;
    items.into_iter().filter(ours).collect()
}

pub fn texts(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect()
}

/// Calls so far of one method whose path ends so.
pub fn calls(portal: &Portal, method: &str, path_ends: &str) -> usize {
    let snapshot = portal.snapshot();
    let calls = snapshot["calls"].as_array().unwrap().iter();
    calls.filter(|call| call["method"] == method && call["path"].as_str().unwrap().ends_with(path_ends)).count()
}
