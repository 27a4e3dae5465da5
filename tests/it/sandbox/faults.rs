//! Faults of the API through the in-process transport: what the caller sees, and whether it happened.

use std::time::Duration;

use bytes::Bytes;
use http::Response;
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault, InProcess};

use super::{Desk, THREADS, reply, request};

const ROUTE: &str = "/conversations/v3/conversations/threads/*/messages";
const TIMEOUT: Duration = Duration::from_secs(10);

/// Posts a reply under one fault: the result, and how many replies the thread then holds.
async fn post(effect: Effect) -> (Result<Response<Bytes>, TransportError>, usize, Duration) {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    desk.portal.add_fault(Fault::times(1, "POST", ROUTE, effect));
    let token = format!("Bearer {}", desk.portal.seed().token);
    let request = request(&token, "POST", &format!("{THREADS}/{thread}/messages"), Some(&reply(&desk, "hi")));
    let started = tokio::time::Instant::now();
    let result = InProcess(desk.portal.clone()).send(request, TIMEOUT).await;
    let view = desk.portal.thread_view(&thread).unwrap();
    (result, view.lines.len() - 1, started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn cuts_and_timeouts_happen_before_or_after_the_effect() {
    let cut = |result: &Result<Response<Bytes>, TransportError>| matches!(result, Err(TransportError::Cut(_)));
    let (result, replies, _) = post(Effect::CutBefore).await;
    assert!(cut(&result) && replies == 0);
    let (result, replies, _) = post(Effect::CutAfter).await;
    assert!(cut(&result) && replies == 1);
    let (result, replies, _) = post(Effect::Refuse).await;
    assert!(matches!(result, Err(TransportError::Connect(_))) && replies == 0);
    for (acted, expected) in [(false, 0), (true, 1)] {
        let (result, replies, took) = post(Effect::Timeout { acted }).await;
        assert_eq!(result.unwrap_err(), TransportError::Timeout(TIMEOUT));
        assert_eq!((replies, took), (expected, TIMEOUT));
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_is_a_timeout_only_past_the_deadline() {
    let (result, replies, took) = post(Effect::Delay { ms: 3_000 }).await;
    assert_eq!((result.unwrap().status().as_u16(), replies, took), (201, 1, Duration::from_secs(3)));
    let (result, replies, took) = post(Effect::Delay { ms: 60_000 }).await;
    assert_eq!((result.unwrap_err(), replies, took), (TransportError::Timeout(TIMEOUT), 1, TIMEOUT));
}

#[tokio::test(start_paused = true)]
async fn every_status_comes_with_its_body() {
    let rows = [
        (401, BodyKind::ExpiredToken, "EXPIRED_AUTHENTICATION"),
        (403, BodyKind::UserLost, "USER_DOES_NOT_HAVE_PERMISSIONS"),
        (403, BodyKind::Standard, "MISSING_SCOPES"),
        (423, BodyKind::Standard, "LOCKED"),
        (429, BodyKind::Daily, "DAILY"),
        (429, BodyKind::Secondly, "SECONDLY"),
        (429, BodyKind::TenSecondly, "TEN_SECONDLY_ROLLING"),
        (500, BodyKind::Standard, "internal error"),
        (502, BodyKind::Html, "<h1>"),
    ];
    for (code, body, expected) in rows {
        let (result, replies, _) = post(Effect::Status { code, body, retry_after: None, acted: false }).await;
        let response = result.unwrap();
        let text = String::from_utf8_lossy(response.body()).into_owned();
        assert_eq!((response.status().as_u16(), replies), (code, 0));
        assert!(text.contains(expected), "{code} {body:?}: {text}");
    }
    let status = Effect::Status { code: 477, body: BodyKind::Standard, retry_after: None, acted: false };
    assert_eq!(post(status).await.0.unwrap().headers()["retry-after"], "60", "in seconds");
    let acted = Effect::Status { code: 502, body: BodyKind::Html, retry_after: None, acted: true };
    assert_eq!(post(acted).await.1, 1, "a 5xx can hide a success");
}

#[tokio::test(start_paused = true)]
async fn a_fault_is_used_up_and_hits_only_its_route() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let status = Effect::Status { code: 500, body: BodyKind::Standard, retry_after: None, acted: false };
    desk.portal.add_fault(Fault::times(2, "GET", ROUTE, status));
    let path = format!("{THREADS}/{thread}/messages");
    assert_eq!(desk.get(&format!("{THREADS}/{thread}")).status, 200);
    let statuses: Vec<_> = (0..3).map(|_| desk.get(&path).status).collect();
    assert_eq!(statuses, [500, 500, 200]);
}
