//! What a stranger or a full disk makes the intake write into the log: one line, not one for each request.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use http::{Request, StatusCode};
use hubspot_bridge::config::telemetry::{LogFormat, Telemetry};
use hubspot_bridge::store::Error;
use hubspot_bridge::telemetry::logs;
use serde_json::Value;
use tracing::subscriber::DefaultGuard;

use super::fixture::{self, PORTAL};
use super::{Bridge, signed};

/// What is logged on this thread.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn listen() -> (Self, DefaultGuard) {
        let paper = Self::default();
        let writer = paper.clone();
        let settings = Telemetry { log_format: LogFormat::Json, log_level: "info".to_owned() };
        let logs = logs::subscriber(&settings, false, move || writer.clone()).unwrap();
        (paper, tracing::subscriber::set_default(logs))
    }

    /// Lines of one level that name this connection.
    fn lines(&self, level: &str, connection: &str) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["level"] == level && line["connection"] == connection).collect()
    }
}

/// What was said is remembered for the process, so each test has a connection of its own.
fn bridge(name: &str) -> Bridge {
    Bridge::with(fixture::config(vec![fixture::connection(name, PORTAL)]))
}

#[tokio::test]
async fn fifty_bad_signatures_are_one_line() {
    let bridge = bridge("besieged");
    let (paper, _listening) = Paper::listen();
    for _ in 0..50 {
        let request = Request::post("/webhooks/hubspot/besieged").header("x-hubspot-signature", "0".repeat(64));
        let answer = bridge.send(request.body(Body::from("[]")).unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    }
    let lines = paper.lines("WARN", "besieged");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!((&lines[0]["code"], &lines[0]["left_out"]), (&"bad_signature".into(), &0.into()), "{lines:?}");
}

/// A connection, the level of its line, what the store says.
type Case = (&'static str, &'static str, fn() -> Error);

#[tokio::test]
async fn deliveries_that_cannot_be_stored_are_one_line_with_what_to_do() {
    let cases: [Case; 2] = [
        ("crowded", "WARN", || Error::Overloaded { waiting: 1_024 }),
        ("cramped", "ERROR", || Error::DiskLow { free: 1 << 20, reserve: 1 << 28 }),
    ];
    let body = r#"[{"eventId":1,"portalId":23428445,"appId":1,"occurredAt":1702439388898,"subscriptionType":"conversation.newMessage","objectId":1,"messageId":"m","messageType":"MESSAGE"}]"#;
    for (name, level, error) in cases {
        let bridge = bridge(name);
        *bridge.store.refuse_with.lock().unwrap() = Some(error);
        let (paper, _listening) = Paper::listen();
        for _ in 0..50 {
            let answer = bridge.send(signed(&format!("/webhooks/hubspot/{name}"), body.to_owned())).await;
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        }
        let said: Vec<Value> = ["WARN", "ERROR"].iter().flat_map(|level| paper.lines(level, name)).collect();
        assert_eq!(said.len(), 1, "{said:?}");
        assert_eq!((&said[0]["level"], &said[0]["message"]), (&level.into(), &"delivery not stored".into()));
        assert!(!said[0]["fix"].as_str().unwrap().is_empty() && said[0]["left_out"] == 0, "{said:?}");
    }
}
