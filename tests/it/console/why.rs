//! `/why?id=…`: the story as a page.

use axum::http::StatusCode;
use hubspot_bridge::domain::{Ending, Reason, SessionPatch};

use super::browser::{get, post};
use crate::admin::house::House;
use crate::conversation::house::House as Bridge;

#[tokio::test]
async fn the_page_tells_what_the_api_tells() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.session("t1", SessionPatch::default()).await;
    house.turn(|ending| Ending::skipped(ending.event, Reason::SessionHandedOff)).await;
    for id in ["t1", "m1", "evt_1", "ses_1"] {
        let (_, story) = house.get(&format!("/api/v1/why/{id}")).await;
        let page = get(&house.router, &format!("/why?id=+{id}+")).await;
        assert_eq!(page.status, StatusCode::OK, "{id}");
        page.shows(&[&format!("<span class=\"id\">{id}</span>"), "data-live=\"change\""]);
        let lines = story["lines"].as_array().unwrap().len();
        assert_eq!(page.text.matches("<li><time").count(), lines, "{id}");
        page.shows(&["<a href=\"/events/evt_1\">evt_1</a>", "If that was not wanted: Assign it to the AI user"]);
        page.hides(&["canary"]);
    }
}

#[tokio::test]
async fn what_nobody_knows_is_helped_with() {
    let house = House::new("").await;
    let page = get(&house.router, "/why?id=unheard-of").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    page.shows(&["<h1>Nothing known</h1>", "<code>unheard-of</code>", "value=\"unheard-of\"", "store.retention"]);
    let long = get(&house.router, &format!("/why?id={}", "9".repeat(5_000))).await;
    assert_eq!(long.status, StatusCode::NOT_FOUND);
    assert!(long.text.len() < 8_000);
    let empty = get(&house.router, "/why").await;
    assert_eq!(empty.status, StatusCode::OK);
    empty.shows(&["<h1>Why?</h1>", "What can be looked for"]);
}

#[tokio::test(start_paused = true)]
async fn a_customers_address_is_asked_for_without_an_address_line() {
    let mut house = Bridge::new().await;
    let asked = house.mail("carla@elsewhere.example", "My order", "Where is it?");
    house.until_quiet().await;
    let admin = house.life().admin.clone();
    get(&admin, "/why").await.shows(&["<form class=\"search\" method=\"post\" action=\"/why\""]);
    let led = post(&admin, "/why", &[("id", asked.thread.as_str())]).await;
    assert_eq!(led.location(), format!("/why?id={}", asked.thread));
    let found = post(&admin, "/why", &[("id", " carla@elsewhere.example ")]).await;
    assert_eq!(found.status, StatusCode::OK);
    found.shows(&["<title>Why: a contact ", "Answered in the conversation", "method=\"post\" action=\"/why\""]);
    found.hides(&["data-live=\"change\"", "?id=carla"]);
    let now = post(&admin, "/why", &[("id", "carla@elsewhere.example"), ("live", "1")]).await;
    now.shows(&["Looked at ", "Look again"]);
    now.hides(&["?id=carla"]);
    get(&admin, "/why?id=carla%40elsewhere.example").await.hides(&["data-live=\"change\""]);
}
