//! A team's own agent over HTTP: each turn is posted as JSON, signed by the Standard Webhooks specification, and answered
//! in the same exchange. What reps write is posted too. The contract is in `docs/agents.md`. It keeps no state by contract:
//! a turn may be posted again, under the same id, and an answer may be thrown away. Made by [`super::Builder`].

pub mod contract;
mod id;
mod message;
mod ping;
mod relay;
pub mod signature;
mod turn;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use serde_json::Value;

use self::ping::Ping;
use self::relay::Relayed;
use self::turn::Turn;
use super::exchange::{self, Advice, Exchange, Failure, reveal};
use super::{Agent, Answer, Error, Question, Recall, Relay, RelayKind};
use crate::clock::Clock;
use crate::config::Secret;
use crate::domain::Timestamp;
use crate::hubspot::transport::Transport;

const ID: HeaderName = HeaderName::from_static("webhook-id");
const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// Where the agent is and how it knows us.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What is posted to, as it is.
    pub base_url: String,
    /// `whsec_` and base64, or any other text.
    pub signing_secret: Secret,
    /// Bounds each `ask` and `relay`.
    pub timeout: Duration,
}

/// The agent.
pub struct Http {
    settings: Settings,
    exchange: Exchange,
}

impl Http {
    /// Posts through `transport`.
    #[must_use]
    pub fn new(settings: Settings, transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        let exchange = Exchange { transport, clock, timeout: settings.timeout, advise };
        Self { settings, exchange }
    }

    async fn post(&self, question: &Question) -> Result<Answer, Failure> {
        let turn = Turn::of(question);
        let answer = self.deliver(&self.exchange, &turn.id, &turn).await?;
        verdict::read(&exchange::json(&answer)?)
    }

    /// Posts a body, signed, under an id: the raw body of a 2xx answer.
    async fn deliver(&self, exchange: &Exchange, id: &str, body: &impl Serialize) -> Result<Bytes, Failure> {
        let unusable = || Failure::Request("signing_secret");
        let body = serde_json::to_vec(body).map_err(|_| unusable())?;
        let key = signature::key(&reveal(&self.settings.signing_secret, "signing_secret")?).ok_or_else(unusable)?;
        let seconds = self.exchange.clock.now().0.div_euclid(1_000);
        let signature = signature::sign(&key, id, seconds, &body).ok_or_else(unusable)?;
        let headers = [
            (ID, HeaderValue::try_from(id).map_err(|_| unusable())?),
            (TIMESTAMP, HeaderValue::from(seconds)),
            (SIGNATURE, HeaderValue::try_from(signature).map_err(|_| unusable())?),
        ];
        exchange.post(&self.settings.base_url, headers, Bytes::from(body), "signing_secret").await
    }
}

fn advise(status: StatusCode, _body: &Value) -> Advice {
    Advice::new(match status.as_u16() {
        401 | 403 => "it refused the signature; both sides need the same `agent.signing_secret` and the right time",
        404 | 405 => "it takes no POST there; check `agent.base_url`",
        410 => "it is gone for good; correct `agent.base_url` or choose another agent",
        413 => "the conversation is longer than it takes",
        429 => "too many requests",
        300..=399 => "it points elsewhere; correct `agent.base_url`",
        500.. => "it has a problem of its own",
        _ => "it refused the request",
    })
}

#[async_trait]
impl Agent for Http {
    fn keeps_state(&self) -> bool {
        false
    }

    /// Needs no call. With the id kept, what is written later in another thread or on the ticket is told to belong here.
    async fn open(&self, question: &Question) -> Result<Option<String>, Error> {
        Ok(Some(id::of_conversation(&question.connection, &question.thread_id)))
    }

    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        self.post(question).await.map_err(|failure| failure.during("ask"))
    }

    async fn recall(&self, _question: &Question, _asked_at: Timestamp) -> Result<Recall, Error> {
        Ok(Recall::NotSent)
    }

    /// Another type of body, which an agent need not know: any 2xx will do.
    async fn look(&self, limit: Duration) -> Result<String, Error> {
        let ping = Ping::at(self.exchange.clock.now());
        let delivered = self.deliver(&self.exchange.within(limit), &ping.id, &ping).await;
        delivered.map_err(|failure| failure.during("look"))?;
        Ok("answers and takes the signature".to_owned())
    }

    fn takes(&self, kind: RelayKind) -> bool {
        match kind {
            RelayKind::Reply | RelayKind::Note => true,
        }
    }

    async fn relay(&self, relay: &Relay) -> Result<(), Error> {
        let relayed = Relayed::of(relay);
        let delivered = self.deliver(&self.exchange, &relayed.id, &relayed).await;
        delivered.map(drop).map_err(|failure| failure.during("relay"))
    }

    /// Sending again is safe: the receiver knows a repeat by its id.
    async fn was_relayed(&self, _relay: &Relay, _began: Timestamp) -> Result<bool, Error> {
        Ok(false)
    }
}
