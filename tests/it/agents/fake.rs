//! A transport that answers from a script and remembers what it was sent, for agents that make one call a question.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use hubspot_bridge::agents::{Agent, Answer, Class, Effect, Error};
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use serde_json::Value;

use super::question::question;

pub type Reply = Result<Response<Bytes>, TransportError>;

#[derive(Default)]
pub struct Fake {
    script: Mutex<VecDeque<Reply>>,
    pub sent: Mutex<Vec<(Request<Bytes>, Duration)>>,
}

impl Fake {
    pub fn answering(replies: impl IntoIterator<Item = Reply>) -> Arc<Self> {
        Arc::new(Self { script: Mutex::new(replies.into_iter().collect()), ..Self::default() })
    }

    /// The only request it was sent.
    pub fn request(&self) -> Request<Bytes> {
        let sent = self.sent.lock().unwrap();
        assert_eq!(sent.len(), 1);
        sent[0].0.clone()
    }

    pub fn body(&self) -> Value {
        serde_json::from_slice(self.request().body()).unwrap()
    }
}

#[async_trait]
impl Transport for Fake {
    async fn send(&self, request: Request<Bytes>, timeout: Duration) -> Reply {
        self.sent.lock().unwrap().push((request, timeout));
        let next = self.script.lock().unwrap().pop_front();
        next.unwrap_or_else(|| panic!("one more request than scripted"))
    }
}

#[expect(clippy::unnecessary_wraps, reason = "scripts hold failures too")]
pub fn status(status: u16, retry_after: Option<&str>, body: &Value) -> Reply {
    let mut response = Response::builder().status(status);
    if let Some(wait) = retry_after {
        response = response.header("retry-after", wait);
    }
    Ok(response.body(Bytes::from(body.to_string())).unwrap())
}

pub fn ok(body: &Value) -> Reply {
    status(200, None, body)
}

/// What an agent makes of one reply of its peer.
pub async fn heard<A: Agent>(make: impl Fn(Arc<Fake>) -> A, reply: Reply) -> Result<Answer, Error> {
    make(Fake::answering([reply])).ask(&question("Where is my parcel, canary-text?")).await
}

/// Every way a call can fail by itself, what follows from it, and that its words give nothing away.
pub async fn every_failure_is_classed<A: Agent>(make: impl Fn(Arc<Fake>) -> A) {
    let retry = Class::Retry { after: None };
    let echo = || serde_json::json!({"error": {"message": "canary-text canary-key", "code": "canary-key"}});
    let mut cases = vec![
        (Err(TransportError::Connect("refused".into())), Effect::NotSent, retry),
        (Err(TransportError::Timeout(Duration::from_mins(1))), Effect::Unclear, retry),
        (Err(TransportError::Cut("reset".into())), Effect::Unclear, retry),
        (status(429, Some("7"), &echo()), Effect::NotSent, Class::Retry { after: Some(Duration::from_secs(7)) }),
        (status(429, Some("86400"), &echo()), Effect::NotSent, Class::Retry { after: Some(Duration::from_mins(15)) }),
        (status(503, Some("soon"), &echo()), Effect::Unclear, retry),
        (Ok(Response::new(Bytes::from_static(b"canary-text"))), Effect::NotSent, retry),
        (Ok(Response::new(Bytes::new())), Effect::NotSent, retry),
    ];
    cases.extend([408, 500, 502, 504].map(|code| (status(code, None, &echo()), Effect::Unclear, retry)));
    cases.extend(
        [301, 400, 401, 402, 403, 404, 405, 409, 410, 413, 422]
            .map(|code| (status(code, None, &echo()), Effect::NotSent, Class::Permanent)),
    );
    for (reply, effect, class) in cases {
        let shown = format!("{reply:?}");
        let error = heard(&make, reply).await.unwrap_err();
        assert_eq!((error.operation, error.effect, error.class), ("ask", effect, class), "{shown}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}
