//! Any OpenAI-compatible chat-completions endpoint as an agent: OpenAI itself, another service, or a server of one's own.
//! One call a turn with the conversation so far; the model answers in words, or calls `hand_off` or `no_answer`. It keeps
//! no state. Made by [`super::Builder`].

mod completion;
mod context;
mod prompt;
mod request;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use super::exchange::{self, Advice, Exchange, Failure, reveal};
use super::{Agent, Answer, Error, Question, Recall};
use crate::clock::Clock;
use crate::config::Secret;
use crate::domain::Timestamp;
use crate::hubspot::transport::Transport;

/// Where the endpoint is and what it is asked for.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Up to, not with, `/chat/completions`.
    pub base_url: String,
    /// Sent as a bearer token.
    pub api_key: Secret,
    /// The model's name there.
    pub model: String,
    /// Who the model is and what it knows; empty: a built-in one.
    pub system_prompt: String,
    /// Bounds each `ask`.
    pub timeout: Duration,
}

/// The agent.
pub struct OpenAi {
    settings: Settings,
    exchange: Exchange,
}

impl OpenAi {
    /// Calls the endpoint through `transport`.
    #[must_use]
    pub fn new(settings: Settings, transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        let exchange = Exchange { transport, clock, timeout: settings.timeout, advise };
        Self { settings, exchange }
    }

    async fn complete(&self, question: &Question) -> Result<Answer, Failure> {
        let Settings { base_url, api_key, model, system_prompt, .. } = &self.settings;
        let key = reveal(api_key, "api_key")?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| Failure::Request("api_key"))?;
        bearer.set_sensitive(true);
        let url = format!("{}/chat/completions", base_url.trim_end_matches('/'));
        let body = request::body(model, system_prompt, question, self.exchange.clock.now());
        let headers = [(header::AUTHORIZATION, bearer)];
        let completion = self.exchange.post(&url, headers, Bytes::from(body.to_string()), "api_key").await?;
        completion::read(&exchange::json(&completion)?)
    }
}

/// The codes are OpenAI's; other servers may give none, and then the status says enough.
fn advise(status: StatusCode, body: &Value) -> Advice {
    let code = body.get("error").and_then(|error| error.get("code")).and_then(Value::as_str).unwrap_or_default();
    match (status.as_u16(), code) {
        (_, "insufficient_quota") => Advice::hopeless("the account's quota is used up; check its plan and billing"),
        (_, "context_length_exceeded") => {
            Advice::hopeless("the conversation is longer than the model takes; choose another `agent.model`")
        }
        (_, "content_filter") => Advice::hopeless("its content filter refused the conversation"),
        (404, _) | (_, "model_not_found") => {
            Advice::new("it does not know the model or the address; check `agent.model` and `agent.base_url`")
        }
        (400 | 422, _) => Advice::new("it refused the request; `agent.model` must be a chat model that can call tools"),
        (401, _) => Advice::new("it does not know the API key; check `agent.api_key`"),
        (402, _) => Advice::new("the account has no credit left"),
        (403, _) => Advice::new("the API key may not use this model; check its rights"),
        (413, _) => Advice::new("the conversation is longer than it takes"),
        (429, _) => Advice::new("too many requests with this API key"),
        (300..=399, _) => Advice::new("it points elsewhere; correct `agent.base_url`"),
        (500.., _) => Advice::new("it has a problem of its own"),
        _ => Advice::new("it refused the request"),
    }
}

#[async_trait]
impl Agent for OpenAi {
    fn keeps_state(&self) -> bool {
        false
    }

    async fn open(&self, _question: &Question) -> Result<Option<String>, Error> {
        Ok(None)
    }

    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        self.complete(question).await.map_err(|failure| failure.during("ask"))
    }

    async fn recall(&self, _question: &Question, _asked_at: Timestamp) -> Result<Recall, Error> {
        Ok(Recall::NotSent)
    }
}
