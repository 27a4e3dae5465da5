//! One API call from request to answer: faults, credentials, rate limits, the endpoint, and the headers every answer has.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderValue, RETRY_AFTER};
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::answer::{Answer, Refusal};
use super::api;
use super::fault::Effect;
use super::state::{CallLine, State};
use crate::domain::Timestamp;

/// What the caller sees, to be acted out by a server or the in-process transport.
#[derive(Debug)]
pub struct Handled {
    /// Wait this long first.
    pub delay: Duration,
    /// Then this.
    pub ending: Ending,
}

/// How a call ends.
#[derive(Debug)]
pub enum Ending {
    /// A whole answer.
    Answer(Response<Bytes>),
    /// No connection.
    Refused,
    /// The connection breaks without an answer.
    Cut,
    /// Nothing, ever.
    Hang,
}

/// One call as an endpoint sees it.
pub struct Call<'a> {
    /// The portal.
    pub state: &'a mut State,
    /// Now.
    pub now: Timestamp,
    /// `GET`, ….
    pub method: &'a Method,
    /// The path's segments, percent-decoded.
    pub path: Vec<String>,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The raw body.
    pub body: &'a [u8],
    /// A fault says an accepted message fails after this.
    pub fails_later: Option<Duration>,
}

impl Call<'_> {
    /// The first value of a query parameter; empty counts as absent.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// All values of a parameter, repeated or comma-separated.
    #[must_use]
    pub fn params(&self, name: &str) -> Vec<&str> {
        let values = self.query.iter().filter(|(key, _)| key == name);
        values.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty()).collect()
    }

    /// The body as a JSON object.
    pub fn json(&self) -> Result<Value, Refusal> {
        let parsed = serde_json::from_slice::<Value>(self.body).ok().filter(Value::is_object);
        parsed.ok_or_else(|| Refusal::invalid("Invalid input JSON: the body must be a JSON object."))
    }
}

/// Handles one call, whole.
pub fn handle(state: &mut State, now: Timestamp, request: &Request<Bytes>) -> Handled {
    let path = request.uri().path();
    let effect = state.faults.strike(request.method(), path, &mut state.chance.faults);
    let (delay, ending) = act(state, now, request, effect.as_ref());
    let status = match &ending {
        Ending::Answer(response) => Some(response.status().as_u16()),
        Ending::Refused | Ending::Cut | Ending::Hang => None,
    };
    state.log_call(CallLine { at: now.0, method: request.method().to_string(), path: path.to_owned(), status });
    Handled { delay, ending }
}

fn act(state: &mut State, now: Timestamp, request: &Request<Bytes>, effect: Option<&Effect>) -> (Duration, Ending) {
    let mut run = |fails: Option<Duration>| answer(state, now, request, fails);
    let ending = match effect {
        None => Ending::Answer(run(None)),
        Some(Effect::Delay { ms }) => return (Duration::from_millis(*ms), Ending::Answer(run(None))),
        Some(Effect::FailsLater { ms }) => Ending::Answer(run(Some(Duration::from_millis(*ms)))),
        Some(Effect::Refuse) => Ending::Refused,
        Some(Effect::CutBefore) => Ending::Cut,
        Some(Effect::CutAfter) => {
            run(None);
            Ending::Cut
        }
        Some(Effect::Timeout { acted }) => {
            if *acted {
                run(None);
            }
            Ending::Hang
        }
        Some(Effect::Status { code, body, retry_after, acted }) => {
            if *acted {
                run(None);
            }
            Ending::Answer(respond(state, now, request, Err(body.refusal(*code, *retry_after))))
        }
    };
    (Duration::ZERO, ending)
}

fn answer(state: &mut State, now: Timestamp, request: &Request<Bytes>, fails: Option<Duration>) -> Response<Bytes> {
    let result = admit(state, now, request).and_then(|()| {
        let decode = |segment: &str| percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned();
        let path = request.uri().path().trim_matches('/').split('/').map(decode).collect();
        let query = form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
        let body = request.body();
        api::route(&mut Call { state, now, method: request.method(), path, query, body, fails_later: fails })
    });
    respond(state, now, request, result)
}

/// Credentials, rate limits, scopes, in that order.
fn admit(state: &mut State, now: Timestamp, request: &Request<Bytes>) -> Result<(), Refusal> {
    let path = request.uri().path();
    if is_introspection(path) {
        return Ok(());
    }
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given.and_then(|value| value.strip_prefix("Bearer ")) != Some(state.seed.token.as_str()) {
        return Err(Refusal::unauthenticated());
    }
    state.budget.take(now, is_search(path)).map_err(Refusal::limited)?;
    let lacking = api::scopes(request.method(), path).into_iter().find(|scope| !state.seed.scopes.contains(*scope));
    lacking.map_or(Ok(()), |scope| Err(Refusal::missing_scope(scope)))
}

fn is_introspection(path: &str) -> bool {
    path.starts_with("/oauth/")
}

fn is_search(path: &str) -> bool {
    path.ends_with("/search")
}

fn respond(
    state: &mut State,
    now: Timestamp,
    request: &Request<Bytes>,
    result: Result<Answer, Refusal>,
) -> Response<Bytes> {
    let mut response = match result {
        Ok(Answer { status, body: Some(body) }) => json_response(status, &body),
        Ok(Answer { status, body: None }) => plain(status, Bytes::new()),
        Err(refusal) => refuse(state, refusal),
    };
    let headers = response.headers_mut();
    if !is_search(request.uri().path()) && !is_introspection(request.uri().path()) {
        state.budget.headers(headers);
    }
    if let Some(date) = http_date(now) {
        headers.insert(DATE, date);
    }
    if let Ok(id) = HeaderValue::from_str(&state.chance.uuid()) {
        headers.insert("x-hubspot-correlation-id", id);
    }
    response
}

fn refuse(state: &mut State, refusal: Refusal) -> Response<Bytes> {
    let Refusal { status, message, mut members, retry_after, raw } = refusal;
    let mut response = if let Some(raw) = raw {
        let mut response = plain(status, Bytes::from_static(raw.as_bytes()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html;charset=utf-8"));
        response
    } else {
        members.insert("status".to_owned(), json!("error"));
        members.insert("message".to_owned(), json!(message));
        members.insert("correlationId".to_owned(), json!(state.chance.uuid()));
        json_response(status, &Value::Object(members))
    };
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

fn json_response(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = plain(status, Bytes::from(body.to_string()));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    response
}

fn plain(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

/// RFC 9110's date.
fn http_date(now: Timestamp) -> Option<HeaderValue> {
    let instant = jiff::Timestamp::from_millisecond(now.0).ok()?;
    HeaderValue::from_str(&instant.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}
