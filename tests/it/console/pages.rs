//! What holds for every page: the frame, the headers, the refusals.

use axum::http::StatusCode;
use hubspot_bridge::domain::Reason;

use super::browser::{HTML, ask, get, post};
use crate::admin::house::House;

const PAGES: [&str; 13] = [
    "/",
    "/events",
    "/events?state=x",
    "/events/evt_1",
    "/events/evt_1/replay",
    "/events/evt_1/skip",
    "/conversations",
    "/conversations/acme/t1",
    "/dead",
    "/dead?reason=expired",
    "/dead/replay?event=evt_1",
    "/why",
    "/why?id=t1",
];

async fn lived_in() -> House {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.turn(|ending| ending.because(Reason::DeliveryFailed)).await;
    house
}

#[tokio::test]
async fn every_page_has_the_frame_and_nothing_inline_or_from_elsewhere() {
    let house = lived_in().await;
    for path in PAGES.iter().chain(&["/nothing", "/events/evt_9", "/sign-in"]) {
        let page = get(&house.router, path).await;
        if page.status.is_redirection() {
            continue;
        }
        assert_eq!(page.text.matches("<h1").count(), 1, "{path}");
        assert_eq!(page.text.matches("<main").count(), 1, "{path}");
        page.shows(&[
            "<!DOCTYPE html><html lang=\"en\">",
            "name=\"viewport\"",
            "<title>",
            "class=\"skip\" href=\"#content\"",
            "id=\"content\"",
            "aria-label=\"Pages\"",
            "action=\"/why\" role=\"search\"",
        ]);
        page.hides(&[" style=", "<style", " onclick", " onload", "<iframe", "canary", "tabindex=\"1\""]);
        assert_eq!(page.text.matches("<script").count(), 1, "{path}");
        page.shows(&["<script src=\"/assets/live.js\" defer></script>"]);
        assert!(!page.text.contains("src=\"http") && !page.text.contains("rel=\"stylesheet\" href=\"http"), "{path}");
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{path}: {policy}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!((page.header("cache-control"), page.header("x-frame-options")), ("no-store", "DENY"), "{path}");
    }
}

#[tokio::test]
async fn the_navigation_says_where_one_is() {
    let house = lived_in().await;
    get(&house.router, "/events").await.shows(&["<a href=\"/events\" aria-current=\"page\">Events</a>"]);
    let story = get(&house.router, "/why?id=t1").await;
    story.hides(&["aria-current"]);
}

#[tokio::test]
async fn a_browser_is_refused_with_a_page_a_program_with_json() {
    let house = lived_in().await;
    for (method, path, status, title) in [
        ("GET", "/nothing", 404, "Not found"),
        ("GET", "/events/evt_9", 404, "Not found"),
        ("GET", "/events/x", 404, "Not found"),
        ("DELETE", "/events", 405, "That cannot be done here"),
        ("POST", "/events", 405, "That cannot be done here"),
    ] {
        let page = ask(&house.router, method, path, &[HTML], "").await;
        assert_eq!(page.status.as_u16(), status, "{method} {path}");
        page.shows(&[&format!("<h1>{title}</h1>"), "What to do: ", "Back to the overview"]);
        let json = ask(&house.router, method, path, &[("accept", "*/*")], "").await;
        assert_eq!(json.status.as_u16(), status, "{method} {path}");
        assert!(json.text.starts_with("{\"error\":"), "{method} {path}: {}", json.text);
        assert_eq!(page.header("allow"), json.header("allow"), "{method} {path}");
    }
    // The API keeps JSON whoever asks.
    let api = get(&house.router, "/api/v1/events/evt_9").await;
    assert!(api.text.starts_with("{\"error\":"), "{}", api.text);
    let long = get(&house.router, &format!("/nothing/{}", "%3Cscript%3E".repeat(20))).await;
    long.hides(&["<script>"]);
}

#[tokio::test]
async fn a_page_of_another_site_gets_a_refusal_and_no_frame_of_ours() {
    let house = lived_in().await;
    let foreign = [HTML, ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")];
    for path in ["/events", "/sign-in", "/sign-out"] {
        let page = ask(&house.router, "POST", path, &foreign, "").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        page.hides(&["<nav", "evt_1"]);
    }
    let followed =
        [HTML, ("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    assert_eq!(ask(&house.router, "GET", "/why?id=t1", &followed, "").await.status, StatusCode::OK);
    assert_eq!(post(&house.router, "/nothing", &[]).await.status, StatusCode::NOT_FOUND);
}
