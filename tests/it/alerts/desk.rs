//! Who gets alerts in these tests: a socket that writes down what is posted, checks the signature, and answers as told.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub const SECRET: &str = "whsec_bmFyd2hhbC1jYW5hcnktb2YtdGhpcy10ZWFtLTAxMjM=";
const KEY: &[u8] = b"narwhal-canary-of-this-team-0123";

/// The one who is called at night; ends with the test.
pub struct Pager {
    pub url: String,
    notes: Arc<Notes>,
    _serving: JoinSet<()>,
}

struct Notes {
    answer: AtomicU16,
    heard: Mutex<Vec<Value>>,
}

impl Pager {
    pub async fn answering(status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/page", listener.local_addr().unwrap());
        let notes = Arc::new(Notes { answer: AtomicU16::new(status), heard: Mutex::default() });
        let router = Router::new().fallback(take).with_state(Arc::clone(&notes));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, notes, _serving: serving }
    }

    pub fn answers(&self, status: u16) {
        self.notes.answer.store(status, Ordering::SeqCst);
    }

    /// What came, signed as it must be, whether it was taken or not.
    pub fn heard(&self) -> Vec<Value> {
        self.notes.heard.lock().unwrap().clone()
    }

    pub fn kinds(&self) -> Vec<String> {
        self.heard().iter().map(|alert| alert["kind"].as_str().unwrap().to_owned()).collect()
    }
}

async fn take(State(notes): State<Arc<Notes>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap();
    mac.update(format!("{}.{}.", header("webhook-id"), header("webhook-timestamp")).as_bytes());
    mac.update(&body);
    let given = STANDARD.decode(header("webhook-signature").trim_start_matches("v1,")).unwrap();
    if mac.verify_slice(&given).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["id"], header("webhook-id").as_str());
    notes.heard.lock().unwrap().push(body);
    StatusCode::from_u16(notes.answer.load(Ordering::SeqCst)).unwrap()
}
