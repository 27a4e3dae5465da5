//! As much of `WebDriver` as the walks need: one session with a chromedriver.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use hubspot_bridge::sandbox::deliver;
use reqwest::Client;
use serde_json::{Value, json};

/// The keys that have no character, as `WebDriver` writes them.
pub const TAB: &str = "\u{E004}";
pub const ENTER: &str = "\u{E007}";

/// Longer than the browser's own limits.
const ANSWER: Duration = Duration::from_mins(3);
/// How `WebDriver` calls the id of an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

pub struct Driver {
    client: Client,
    session: String,
    port: u16,
}

/// Ends the session, and the browser with it: a chromedriver that is killed leaves its browser running.
impl Drop for Driver {
    fn drop(&mut self) {
        let path = self.session.split_once("/session/").map(|(_, id)| format!("/session/{id}"));
        let (Some(path), Ok(mut stream)) = (path, TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))) else { return };
        let request = format!("DELETE {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        // Answered when the browser has ended; a browser that does not end is not worth a word more.
        let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
        let _ = stream.write_all(request.as_bytes()).and_then(|()| stream.read_to_end(&mut Vec::new()));
    }
}

impl Driver {
    /// A session with these capabilities.
    pub async fn new(port: u16, capabilities: Value) -> Self {
        let client = deliver::client().unwrap();
        let mut driver = Self { client, session: format!("http://127.0.0.1:{port}/session"), port };
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let session = driver.call("", wanted).await;
        driver.session = format!("{}/{}", driver.session, session["sessionId"].as_str().unwrap());
        driver
    }

    async fn send(&self, path: &str, body: Value) -> Result<Value, Value> {
        let request = self.client.post(format!("{}{path}", self.session)).timeout(ANSWER);
        let answer = request.json(&body).send().await.unwrap();
        let status = answer.status();
        let value = answer.json::<Value>().await.unwrap()["value"].take();
        if status.is_success() { Ok(value) } else { Err(value["message"].clone()) }
    }

    /// A command; a refusal ends the test.
    pub async fn call(&self, path: &str, body: Value) -> Value {
        let answer = self.send(path, body).await;
        answer.unwrap_or_else(|message| unreachable!("WebDriver refused {path}: {message}"))
    }

    /// The first element of an `XPath`.
    pub async fn find(&self, xpath: &str) -> Option<String> {
        let found = self.send("/element", json!({ "using": "xpath", "value": xpath })).await.ok()?;
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

    /// One command of the `DevTools` protocol.
    pub async fn devtools(&self, command: &str, params: Value) -> Value {
        self.call("/goog/cdp/execute", json!({ "cmd": command, "params": params })).await
    }

    /// What was logged since the last time: entries with `level` and `message`.
    pub async fn log(&self, kind: &str) -> Vec<Value> {
        self.call("/se/log", json!({ "type": kind })).await.as_array().unwrap().clone()
    }
}
