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
use http::{HeaderName, HeaderValue, StatusCode, header};
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
        let Settings { model, system_prompt, .. } = &self.settings;
        let body = request::body(model, system_prompt, question, self.exchange.clock.now());
        let completion = self.chat(&self.exchange, &body).await?;
        completion::read(&exchange::json(&completion)?)
    }

    async fn chat(&self, exchange: &Exchange, body: &Value) -> Result<Bytes, Failure> {
        let body = Bytes::from(body.to_string());
        exchange.post(&self.url("/chat/completions"), [self.bearer()?], body, "api_key").await
    }

    /// The list of models needs the key and costs nothing. A server without one, and one whose list has other names for
    /// its models, is asked for a single token.
    async fn health(&self, limit: Duration) -> Result<String, Failure> {
        let model = &self.settings.model;
        let exchange = self.exchange.within(limit);
        match exchange.get(&self.url("/models"), [self.bearer()?], "api_key").await {
            Ok(list) if request::lists(&list, model) => {
                return Ok(format!("answers, takes the key and has the model {model:?}"));
            }
            Ok(_) => {}
            Err(failure) => match failure.status().map(|status| status.as_u16()) {
                Some(404 | 405 | 501) => {}
                _ => return Err(failure),
            },
        }
        self.chat(&exchange, &request::token(model)).await?;
        Ok(format!("answers with the model {model:?} and takes the key"))
    }

    fn url(&self, rest: &str) -> String {
        format!("{}{rest}", self.settings.base_url.trim_end_matches('/'))
    }

    fn bearer(&self) -> Result<(HeaderName, HeaderValue), Failure> {
        let key = reveal(&self.settings.api_key, "api_key")?;
        let mut bearer = HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| Failure::Request("api_key"))?;
        bearer.set_sensitive(true);
        Ok((header::AUTHORIZATION, bearer))
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

    async fn look(&self, limit: Duration) -> Result<String, Error> {
        self.health(limit).await.map_err(|failure| failure.during("look"))
    }
}
