//! Asks a running bridge. Every command that looks at one comes through here.

use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use http::request::Builder;
use http::{HeaderValue, Request, StatusCode, header};
use serde_json::Value;

use super::Place;
use super::healthcheck::reachable;
use super::terminal::Failure;
use crate::config::Secret;
use crate::hubspot::http::Http;
use crate::hubspot::transport::{Transport, TransportError};
use crate::web;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Which bridge to look at.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Target {
    /// The admin API; default `BRIDGE_ADMIN_URL`, else the settings' `admin.listen`
    #[arg(long, value_name = "URL")]
    admin_url: Option<String>,
    /// A file with the admin token; default `BRIDGE_ADMIN_TOKEN`, else the settings' `admin.token`
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The API's JSON, as it came
    #[arg(long)]
    pub(super) json: bool,
}

/// A way to one bridge.
pub(super) struct Client {
    base: String,
    token: Option<String>,
    /// Who asks, for the audit.
    user: Option<HeaderValue>,
    http: Http,
    /// For the whole of one answer.
    patience: Duration,
}

/// What the bridge said.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) text: String,
    pub(super) json: Value,
}

impl Target {
    /// Was a bridge named, rather than the settings' own?
    pub(super) fn is_named(&self, place: &Place<'_>) -> bool {
        self.admin_url.is_some() || place.env.get("BRIDGE_ADMIN_URL").is_some_and(|url| !url.is_empty())
    }
}

impl Client {
    /// Without a token.
    pub(super) fn plain(base: String) -> Result<Self, Failure> {
        let http = Http::new().map_err(|error| Failure::Ended(Box::new(error)))?;
        Ok(Self { base, token: None, user: None, http, patience: TIMEOUT })
    }

    /// To the admin API. The settings are read only for what is not given otherwise.
    pub(super) fn admin(target: &Target, place: &Place<'_>) -> Result<Self, Failure> {
        let variable = |name: &str| place.env.get(name).filter(|value| !value.is_empty()).cloned();
        let url = target.admin_url.clone().or_else(|| variable("BRIDGE_ADMIN_URL"));
        let token = match &target.token_file {
            Some(file) => Some(reveal(&Secret::File(file.clone()))?),
            None => variable("BRIDGE_ADMIN_TOKEN"),
        };
        let (base, token) = match (url, token) {
            (Some(url), None) if place.file.is_some() => {
                let own = place.load()?.config.admin.token;
                (url, own.as_ref().map(reveal).transpose()?)
            }
            (Some(url), token) => (url, token),
            (None, token) => {
                let admin = place.load()?.config.admin;
                let own = admin.token.as_ref().map(reveal).transpose()?;
                (format!("http://{}", reachable(admin.listen)), token.or(own))
            }
        };
        let user = ["USER", "LOGNAME"].into_iter().find_map(variable);
        let user = user.and_then(|name| HeaderValue::from_str(&name).ok());
        Ok(Self { token, user, ..Self::plain(base.trim_end_matches('/').to_owned())? })
    }

    /// The same for what takes the bridge longer.
    pub(super) fn patient(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Does anybody listen there? Whatever it says.
    pub(super) async fn listens(&self) -> bool {
        let Ok(request) = Request::get(format!("{}/api/v1/stats", self.base)).body(Bytes::new()) else { return true };
        !matches!(self.http.send(request, TIMEOUT).await, Err(TransportError::Connect(_)))
    }

    /// The address it asks.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Any answer at all.
    pub(super) async fn get(&self, path: &str) -> Result<Answer, Failure> {
        self.send(Request::get(format!("{}{path}", self.base)), Bytes::new()).await
    }

    async fn send(&self, mut request: Builder, body: Bytes) -> Result<Answer, Failure> {
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(user) = &self.user {
            request = request.header("x-operator", user);
        }
        let request = request.body(body).map_err(|_| self.unreachable("its address or token is malformed"))?;
        let response =
            self.http.send(request, self.patience).await.map_err(|error| self.unreachable(&error.to_string()))?;
        let text = String::from_utf8_lossy(response.body()).into_owned();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Ok(Answer { status: response.status(), text, json })
    }

    /// A good answer of the API, or the API's own words why not.
    pub(super) async fn ask(&self, path: &str) -> Result<Answer, Failure> {
        self.good(self.get(&format!("/api/v1{path}")).await?)
    }

    /// The same for a request that changes something.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Answer, Failure> {
        let request = Request::post(format!("{}/api/v1{path}", self.base));
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.good(self.send(request, Bytes::from(body.to_string())).await?)
    }

    fn good(&self, answer: Answer) -> Result<Answer, Failure> {
        if answer.status.is_success() && answer.json.is_object() {
            return Ok(answer);
        }
        let Some(error) = answer.json.get("error") else {
            return Err(self.unreachable(&format!("it answered {} without words of the API", answer.status)));
        };
        let (message, fix) = (word(error, "message"), word(error, "fix"));
        Err(match answer.status {
            StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST | StatusCode::CONFLICT => Failure::Refused { message, fix },
            StatusCode::UNAUTHORIZED => {
                let fix = "give the token by --token-file or BRIDGE_ADMIN_TOKEN".to_owned();
                Failure::Unreachable { message, fix }
            }
            _ => Failure::Unreachable { message, fix },
        })
    }

    fn unreachable(&self, why: &str) -> Failure {
        let message = format!("no bridge could be asked at {}: {why}", self.base);
        Failure::Unreachable { message, fix: "is it running, and is this its address?".to_owned() }
    }
}

fn reveal(secret: &Secret) -> Result<String, Failure> {
    secret.reveal().map_err(|error| Failure::Unreachable {
        message: format!("the admin token's file cannot be read ({})", error.kind()),
        fix: "check --token-file or `admin.token_file`".to_owned(),
    })
}

/// `?key=value&…` of what is given.
pub(super) fn query(pairs: &[(&str, Option<&str>)]) -> String {
    let given = pairs.iter().filter_map(|(key, value)| Some(format!("{key}={}", web::escape((*value)?))));
    let query = given.collect::<Vec<_>>().join("&");
    if query.is_empty() { query } else { format!("?{query}") }
}

/// A field as people read it; nothing for null.
pub(super) fn word(value: &Value, key: &str) -> String {
    match value.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_))) => other.to_string(),
    }
}

/// The rows under a key.
pub(super) fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}
