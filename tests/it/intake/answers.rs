//! The order of answers, and that none of them is untrue.

use axum::body::{Body, Bytes};
use futures_util::stream;
use http::{Request, StatusCode};
use hubspot_bridge::config::{Secret, SignatureMode};
use hubspot_bridge::store::Error;

use super::fixture::{self, PORTAL, SECRET};
use super::{Bridge, signed};

const MESSAGE: &str = r#"{"eventId":1,"portalId":23428445,"occurredAt":1702439388898,"subscriptionType":"conversation.newMessage","objectId":6065362089,"messageId":"9b38dc6d","messageType":"MESSAGE"}"#;

fn array_of(elements: usize) -> String {
    format!("[{}]", vec!["{}"; elements].join(","))
}

#[tokio::test]
async fn bad_requests_are_answered_in_the_contracts_order() {
    let mut config = fixture::config(vec![fixture::connection("acme", PORTAL)]);
    config.server.body_limit = 4096;
    let bridge = Bridge::with(config);
    let big = "[".repeat(4097);
    let unsigned = |path: &str, body: String| Request::post(path).body(Body::from(body)).unwrap();
    let (there, nowhere) = ("/webhooks/hubspot/acme", "/webhooks/hubspot/nobody");
    let table = [
        ("unknown connection before everything", unsigned(nowhere, big.clone()), 404, "unknown_connection"),
        ("unknown though signed", signed(nowhere, "[]".to_owned()), 404, "unknown_connection"),
        ("a name that is no text", unsigned("/webhooks/hubspot/%ff", String::new()), 404, "unknown_connection"),
        ("too large before its signature", unsigned(there, big.clone()), 413, "body_too_large"),
        ("too large though signed", signed(there, big), 413, "body_too_large"),
        ("signature before the shape", unsigned(there, "no json".to_owned()), 401, "bad_signature"),
        ("no JSON", signed(there, "no json".to_owned()), 400, "not_an_array"),
        ("empty", signed(there, String::new()), 400, "not_an_array"),
        ("an object", signed(there, MESSAGE.to_owned()), 400, "not_an_array"),
        ("cut off", signed(there, format!("[{MESSAGE}")), 400, "not_an_array"),
        ("something after the array", signed(there, "[] []".to_owned()), 400, "not_an_array"),
        ("too many events", signed(there, array_of(1001)), 413, "too_many_events"),
    ];
    for (what, request, status, code) in table {
        let answer = bridge.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{what}");
        assert_eq!(answer.retry_after, None, "{what}");
    }
    assert!(bridge.batches().is_empty(), "nothing refused was stored");
}

#[tokio::test]
async fn a_chunked_body_has_the_same_limit() {
    let mut config = fixture::config(vec![fixture::connection("acme", PORTAL)]);
    config.server.body_limit = 100;
    let bridge = Bridge::with(config);
    let chunks = |count: usize| {
        let chunks = (0..count).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 10])));
        Body::from_stream(stream::iter(chunks))
    };
    let post = |body: Body| Request::post("/webhooks/hubspot/acme").body(body).unwrap();
    assert_eq!(bridge.send(post(chunks(11))).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(bridge.send(post(chunks(10))).await.status, StatusCode::UNAUTHORIZED, "at the limit it is read");
}

#[tokio::test]
async fn a_body_that_breaks_off_is_not_taken() {
    let bridge = Bridge::new();
    let parts = [Ok(Bytes::from_static(b"[")), Err(std::io::Error::other("cut"))];
    let request = Request::post("/webhooks/hubspot/acme").body(Body::from_stream(stream::iter(parts))).unwrap();
    let answer = bridge.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "body_cut"));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_given_up() {
    let bridge = Bridge::new();
    let endless = Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>());
    let answer = bridge.send(Request::post("/webhooks/hubspot/acme").body(endless).unwrap()).await;
    assert_eq!((answer.status.as_u16(), answer.code().as_str()), (408, "body_too_slow"));
}

#[tokio::test]
async fn a_delivery_with_nothing_to_store_is_200() {
    let bridge = Bridge::new();
    for body in ["[]", " [ ] ", r#"[{"subscriptionType":"contact.creation","objectId":1}]"#] {
        assert_eq!(bridge.deliver(body).await.status, StatusCode::OK, "{body}");
    }
    assert!(bridge.batches().is_empty());
}

#[tokio::test]
async fn a_200_means_stored() {
    let bridge = Bridge::new();
    let answer = bridge.deliver(format!("[{MESSAGE}]")).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(bridge.stored().len(), 1);
}

#[tokio::test]
async fn a_store_that_cannot_take_it_is_503_with_retry_after() {
    let unavailable = || Error::Unavailable { operation: "append", source: "disk full at /secret/path".into() };
    let overloaded = || Error::Overloaded { waiting: 1024 };
    let refusals: [fn() -> Error; 3] = [overloaded, unavailable, || Error::Stopped];
    let bridge = Bridge::new();
    for (refusal, code) in refusals.into_iter().zip(["overloaded", "store_unavailable", "store_unavailable"]) {
        *bridge.store.refuse_with.lock().unwrap() = Some(refusal);
        let answer = bridge.deliver(format!("[{MESSAGE}]")).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (503, code));
        assert_eq!(answer.retry_after.as_deref(), Some("10"));
        assert!(!answer.body.contains("secret"), "{}", answer.body);
    }
    let counted = bridge.metrics.render();
    assert!(!counted.contains("bridge_events_received_total{"), "what was not taken is not counted: {counted}");

    *bridge.store.refuse_with.lock().unwrap() = None;
    assert_eq!(bridge.deliver(format!("[{MESSAGE}]")).await.status, StatusCode::OK, "a later delivery is taken");
}

#[tokio::test]
async fn a_wrong_signature_is_counted_by_cause_and_told_nothing() {
    let bridge = Bridge::new();
    let mut wrong = signed("/webhooks/hubspot/acme", "[]".to_owned());
    *wrong.body_mut() = Body::from("[ ]");
    let missing = Request::post("/webhooks/hubspot/acme").body(Body::from("[]")).unwrap();
    let (wrong, missing) = (bridge.send(wrong).await, bridge.send(missing).await);
    assert_eq!((wrong.status, missing.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(wrong.body, missing.body, "a stranger learns no cause");
    let metrics = bridge.metrics.render();
    for cause in ["mismatch", "signature_missing"] {
        let line = format!(r#"bridge_signature_failures_total{{connection="acme",cause="{cause}"}} 1"#);
        assert!(metrics.contains(&line), "{metrics}");
    }
}

#[tokio::test]
async fn a_connection_without_signatures_takes_anything() {
    let mut open = fixture::connection("acme", PORTAL);
    open.signature = SignatureMode::None;
    let bridge = Bridge::with(fixture::config(vec![open]));
    let request = Request::post("/webhooks/hubspot/acme").body(Body::from(format!("[{MESSAGE}]"))).unwrap();
    assert_eq!(bridge.send(request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_secret_file_counts_as_soon_as_it_is_rotated() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("client_secret");
    let mut acme = fixture::connection("acme", PORTAL);
    acme.client_secret = Secret::File(file.clone());
    let bridge = Bridge::with(fixture::config(vec![acme]));

    let absent = bridge.deliver("[]").await;
    assert_eq!((absent.status.as_u16(), absent.code().as_str()), (503, "secret_unreadable"));
    std::fs::write(&file, "\n").unwrap();
    assert_eq!(bridge.deliver("[]").await.status.as_u16(), 503, "an empty secret would let anybody sign");
    std::fs::write(&file, "an older secret\n").unwrap();
    assert_eq!(bridge.deliver("[]").await.status, StatusCode::UNAUTHORIZED);
    std::fs::write(&file, format!("{SECRET}\n")).unwrap();
    assert_eq!(bridge.deliver("[]").await.status, StatusCode::OK);
}
