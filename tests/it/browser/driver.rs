//! As much of WebDriver as the walks need: one session with a chromedriver.

use std::time::Duration;

use hubspot_bridge::sandbox::deliver;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// The keys that have no character, as WebDriver writes them.
pub const TAB: &str = "\u{E004}";
pub const ENTER: &str = "\u{E007}";

/// Longer than the browser's own limits.
const ANSWER: Duration = Duration::from_mins(3);
/// How WebDriver calls the id of an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub struct Driver {
    client: Client,
    session: String,
}

impl Driver {
    /// A session with these capabilities.
    pub async fn new(port: u16, capabilities: Value) -> Self {
        let client = deliver::client().unwrap();
        let mut driver = Self { client, session: format!("http://127.0.0.1:{port}/session") };
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let session = driver.call("", wanted).await;
        driver.session = format!("{}/{}", driver.session, session["sessionId"].as_str().unwrap());
        driver
    }

    async fn send(&self, method: Method, path: &str, body: Value) -> Result<Value, Value> {
        let request = self.client.request(method, format!("{}{path}", self.session)).timeout(ANSWER);
        let answer = request.json(&body).send().await.unwrap();
        let status = answer.status();
        let value = answer.json::<Value>().await.unwrap()["value"].take();
        if status.is_success() { Ok(value) } else { Err(value["message"].clone()) }
    }

    /// A command; a refusal ends the test.
    pub async fn call(&self, path: &str, body: Value) -> Value {
        let answer = self.send(Method::POST, path, body).await;
        answer.unwrap_or_else(|message| unreachable!("WebDriver refused {path}: {message}"))
    }

    /// Ends the session, and the browser with it.
    pub async fn quit(self) {
        self.send(Method::DELETE, "", json!({})).await.unwrap();
    }

    /// The first element of an XPath.
    pub async fn find(&self, xpath: &str) -> Option<String> {
        let found = self.send(Method::POST, "/element", json!({ "using": "xpath", "value": xpath })).await.ok()?;
        found[ELEMENT].as_str().map(str::to_owned)
    }

    pub async fn click(&self, element: &str) {
        self.call(&format!("/element/{element}/click"), json!({})).await;
    }

    /// Replaces what is in a field.
    pub async fn fill(&self, element: &str, text: &str) {
        self.call(&format!("/element/{element}/clear"), json!({})).await;
        self.call(&format!("/element/{element}/value"), json!({ "text": text })).await;
    }

    /// Presses keys one after the other, wherever the focus is.
    pub async fn types(&self, keys: &str) {
        let press = |key: char| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key }));
        let presses: Vec<Value> = keys.chars().flat_map(press).collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": presses });
        self.call("/actions", json!({ "actions": [keyboard] })).await;
    }

    /// What a script returns; a page's own policy does not hold for it.
    pub async fn script(&self, script: &str) -> Value {
        self.call("/execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// What a script hands to the function that is its last argument.
    pub async fn waits(&self, script: &str) -> Value {
        self.call("/execute/async", json!({ "script": script, "args": [] })).await
    }

    /// One command of the DevTools protocol.
    pub async fn devtools(&self, command: &str, params: Value) -> Value {
        self.call("/goog/cdp/execute", json!({ "cmd": command, "params": params })).await
    }

    /// What was logged since the last time: entries with `level` and `message`.
    pub async fn log(&self, kind: &str) -> Vec<Value> {
        self.call("/se/log", json!({ "type": kind })).await.as_array().unwrap().clone()
    }
}
