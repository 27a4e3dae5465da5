//! What a page of another site can make a browser on this machine do to the admin listener and the sandbox: nothing.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::sandbox::portal::{Portal, Seed};
use hubspot_bridge::sandbox::server;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::admin::house::House;

const TOKEN: &str = "[admin]\ntoken = \"t\"\n";
const OWN: (&str, &str) = ("host", "127.0.0.1:8081");
const BEARER: (&str, &str) = ("authorization", "Bearer t");

fn sandbox() -> Router {
    let portal = Portal::new(Seed::default(), Arc::new(SystemClock));
    server::router(server::Options { portal, console: None, assistant: None }, CancellationToken::new())
}

async fn ask(router: &Router, method: &str, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap) {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    (response.status(), response.headers().clone())
}

#[tokio::test]
async fn every_answer_keeps_itself_to_itself() {
    let (open, closed) = (House::new("").await.router, House::new(TOKEN).await.router);
    let asked = [
        (&open, "GET", "/api/v1/stats"),
        (&open, "GET", "/metrics"),
        (&open, "GET", "/nothing"),
        (&open, "DELETE", "/api/v1/stats"),
        (&open, "GET", "/api/v1/events?limit=no"),
        (&closed, "GET", "/api/v1/stats"),
        (&sandbox(), "GET", "/"),
        (&sandbox(), "GET", "/inbox"),
        (&sandbox(), "GET", "/inbox/none"),
        (&sandbox(), "GET", "/assets/live.js"),
        (&sandbox(), "GET", "/_sandbox/state"),
        (&sandbox(), "GET", "/conversations/v3/conversations/threads"),
    ];
    for (router, method, path) in asked {
        let (_, headers) = ask(router, method, path, &[OWN]).await;
        let is = |name: &str| headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default();
        let policy = is("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!((is("x-content-type-options"), is("x-frame-options")), ("nosniff", "DENY"), "{path}");
        assert_eq!(is("cache-control"), "no-store", "{path}");
        assert!(["no-referrer", "same-origin"].contains(&is("referrer-policy")), "{path}");
        assert!(!headers.contains_key("access-control-allow-origin"), "{path}: no other site may read it");
    }
}

type Headers = Vec<(&'static str, &'static str)>;

/// What a browser sends for a page of another site, and for the listener's own.
fn requests() -> Vec<(&'static str, Headers, bool)> {
    let evil = ("origin", "https://evil.example.com");
    let (navigates, document) = (("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"));
    vec![
        ("a program", vec![OWN], true),
        ("a program, by another name", vec![("host", "LOCALHOST:8081")], true),
        ("typed into the address bar", vec![OWN, ("sec-fetch-site", "none"), navigates, document], true),
        (
            "its own page's script",
            vec![OWN, ("origin", "http://127.0.0.1:8081"), ("sec-fetch-site", "same-origin")],
            true,
        ),
        (
            "its own page's form without a referrer",
            vec![OWN, ("origin", "null"), ("sec-fetch-site", "same-origin")],
            true,
        ),
        ("a form of another site", vec![OWN, evil, ("sec-fetch-site", "cross-site"), navigates, document], false),
        ("the same, of an old browser", vec![OWN, evil], false),
        (
            "a picture on another site",
            vec![OWN, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
            false,
        ),
        (
            "a frame on another site",
            vec![OWN, ("sec-fetch-site", "cross-site"), navigates, ("sec-fetch-dest", "iframe")],
            false,
        ),
        ("a sandboxed frame", vec![OWN, ("origin", "null")], false),
        (
            "another port of this machine",
            vec![OWN, ("origin", "http://127.0.0.1:3000"), ("sec-fetch-site", "same-site")],
            false,
        ),
        ("the same without an origin", vec![OWN, ("sec-fetch-site", "same-site")], false),
        ("two words about its site", vec![OWN, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "none")], false),
        (
            "two origins beside a word for it",
            vec![OWN, ("origin", "http://127.0.0.1:8081"), evil, ("sec-fetch-site", "same-origin")],
            false,
        ),
        ("two origins", vec![OWN, ("origin", "http://127.0.0.1:8081"), evil], false),
        ("an origin that only begins alike", vec![OWN, ("origin", "http://127.0.0.1:8081.evil.example.com")], false),
    ]
}

/// Whoever rebinds a name of theirs to this machine is same-origin to the browser: only the name gives them away.
fn rebound() -> Vec<Headers> {
    [
        "evil.example.com:8081",
        "127.0.0.1.evil.example.com:8081",
        "localhost.evil.example.com",
        "10.0.0.7:8081",
        "[::2]:8081",
    ]
    .map(|host| vec![("host", host), ("sec-fetch-site", "same-origin")])
    .into()
}

#[tokio::test]
async fn a_page_of_another_site_can_neither_change_nor_read_anything() {
    let doors = [
        (House::new("").await.router, "/api/v1/sessions/ses_1/pause", "GET", "/api/v1/stats", None),
        (House::new(TOKEN).await.router, "/api/v1/sessions/ses_1/pause", "GET", "/api/v1/stats", Some(BEARER)),
        (sandbox(), "/_sandbox/actions", "DELETE", "/_sandbox/faults", None),
        (sandbox(), "/chat", "POST", "/inbox/1/say", None),
    ];
    for (router, change, method, other, token) in &doors {
        for (who, headers, allowed) in requests() {
            let headers: Vec<_> = headers.into_iter().chain(*token).collect();
            for (method, path) in [("POST", change), (*method, other)] {
                let (status, _) = ask(router, method, path, &headers).await;
                assert_eq!(status != StatusCode::FORBIDDEN, allowed, "{who}: {method} {path} is {status}");
            }
        }
    }
}

#[tokio::test]
async fn without_a_token_nobody_gets_in_by_a_name_of_their_own() {
    for headers in rebound() {
        for (router, path) in [(House::new("").await.router, "/api/v1/stats"), (sandbox(), "/_sandbox/state")] {
            assert_eq!(ask(&router, "GET", path, &headers).await.0, StatusCode::FORBIDDEN, "{headers:?}");
        }
        // With a token it is the token that counts: the listener may have any name in its network.
        let headers: Vec<_> = headers.into_iter().chain([BEARER]).collect();
        assert_eq!(ask(&House::new(TOKEN).await.router, "GET", "/api/v1/stats", &headers).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_link_from_a_comment_may_be_followed_and_a_proxy_may_stand_before() {
    let followed = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let open = House::new("").await.router;
    let headers: Vec<_> = followed.into_iter().chain([OWN]).collect();
    assert_eq!(ask(&open, "GET", "/api/v1/stats", &headers).await.0, StatusCode::OK);
    assert_eq!(ask(&open, "POST", "/api/v1/sessions/ses_1/pause", &headers).await.0, StatusCode::FORBIDDEN);

    let house = House::new("[admin]\ntoken = \"t\"\npublic_url = \"https://Bridge.example.com/ops\"\n").await.router;
    let behind = |origin| [("host", "10.0.0.7:8081"), ("origin", origin), BEARER];
    let (status, _) = ask(&house, "GET", "/api/v1/stats", &behind("https://bridge.example.com")).await;
    assert_eq!(status, StatusCode::OK);
    // The browser compared the origins before the proxy wrote another host; it is believed, also without that setting.
    let bare = House::new(TOKEN).await.router;
    for site in ["same-origin", "same-site", "cross-site"] {
        let headers: Vec<_> =
            behind("https://bridge.example.com").into_iter().chain([("sec-fetch-site", site)]).collect();
        let (status, _) = ask(&bare, "POST", "/api/v1/sessions/ses_1/pause", &headers).await;
        assert_eq!(status == StatusCode::FORBIDDEN, site != "same-origin", "{site}: {status}");
    }
    for foreign in ["http://bridge.example.com", "https://bridge.example.com.evil.example", "https://bridge.example"] {
        assert_eq!(ask(&house, "GET", "/api/v1/stats", &behind(foreign)).await.0, StatusCode::FORBIDDEN, "{foreign}");
    }
}
