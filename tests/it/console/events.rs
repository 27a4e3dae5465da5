//! `/events`: rows, filters, pages.

use axum::http::StatusCode;
use hubspot_bridge::domain::{Ending, Reason};
use hubspot_bridge::store::{Batch, Store};

use super::browser::get;
use crate::admin::house::{House, message_event};

/// The events of a page in the order they are shown.
fn rows(text: &str) -> Vec<String> {
    let rows = text.split("<th scope=\"row\"><a href=\"/events/").skip(1);
    rows.map(|row| row.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_row_tells_what_came_and_what_became_of_it() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.turn(|ending| ending.because(Reason::DeliveryFailed).detail("status FAILED")).await;
    house.clock.jump(5_000);
    house.message("t2", "m2").await;
    let page = get(&house.router, "/events").await;
    assert_eq!(rows(&page.text), ["evt_2", "evt_1"]);
    page.shows(&[
        "<time datetime=\"2026-11-21T09:00:00.000Z\" title=\"2026-11-21T09:00:00.000Z (UTC)\">Nov 21 09:00:00</time>",
        "<td>Message<code>m1</code></td>",
        "thread <a href=\"/why?id=t1\"><code>t1</code></a>",
        "<span class=\"pill good\">replied</span>",
        "<code title=\"HubSpot accepted the reply but could not deliver it.\">delivery_failed</code>",
        "<span class=\"pill busy\">pending</span>",
        "due <time datetime=\"2026-11-21T09:00:05.000Z\"",
        "<th scope=\"col\">Outcome</th>",
        "role=\"region\" aria-label=\"Table of events\" tabindex=\"0\"",
    ]);
    page.hides(&["canary"]);
}

#[tokio::test]
async fn filters_choose_and_stay_in_the_form() {
    let house = House::new("").await;
    for (thread, message) in [("t1", "m1"), ("t2", "m2"), ("t1", "m3")] {
        house.message(thread, message).await;
        house.clock.jump(60_000);
    }
    house.turn(|ending| Ending::skipped(ending.event, Reason::AutoReply)).await;
    for (query, found) in [
        ("thread=t1", vec!["evt_3", "evt_1"]),
        ("thread=+t1+&ticket=", vec!["evt_3", "evt_1"]),
        ("message=m2", vec!["evt_2"]),
        ("ticket=t1", vec![]),
        ("state=pending", vec!["evt_2"]),
        ("outcome=skipped", vec!["evt_3", "evt_1"]),
        ("reason=auto_reply&connection=acme", vec!["evt_3", "evt_1"]),
        ("connection=beta", vec![]),
        ("since=2026-11-21T09:01", vec!["evt_3", "evt_2"]),
        ("since=2026-11-21T09:02:00", vec!["evt_3"]),
        ("since=2026-11-21T10:01:00%2B01:00", vec!["evt_3", "evt_2"]),
        ("colour=red", vec!["evt_3", "evt_2", "evt_1"]),
    ] {
        let page = get(&house.router, &format!("/events?{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        assert_eq!(rows(&page.text), found, "{query}");
    }
    let page = get(&house.router, "/events?reason=auto_reply&thread=t1&since=2026-11-21T09:00").await;
    page.shows(&[
        "<option value=\"auto_reply\" selected>auto reply</option>",
        "name=\"thread\" value=\"t1\"",
        "value=\"2026-11-21T09:00:00\"",
        "<a class=\"button plain\" href=\"/events\">Clear</a>",
    ]);
}

#[tokio::test]
async fn a_field_that_cannot_be_is_marked_with_its_problem() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    for (query, key) in [
        ("state=asleep", "state"),
        ("outcome=x", "outcome"),
        ("reason=x", "reason"),
        ("since=yesterday", "since"),
        ("event=42x", "event"),
        ("thread=1&ticket=2", "ticket"),
    ] {
        let page = get(&house.router, &format!("/events?{query}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{query}");
        let marked = format!("aria-invalid=\"true\" aria-describedby=\"{key}-problem\"");
        page.shows(&[&marked, &format!("<p class=\"failed\" id=\"{key}-problem\">"), "Correct the marked field"]);
        assert_eq!(page.text.matches("aria-invalid").count(), 1, "{query}");
        assert!(rows(&page.text).is_empty());
    }
}

#[tokio::test]
async fn an_events_id_leads_to_it() {
    let house = House::new("").await;
    assert_eq!(get(&house.router, "/events?event=evt_12").await.location(), "/events/evt_12");
    assert_eq!(get(&house.router, "/events?event=+12+").await.location(), "/events/evt_12");
}

#[tokio::test]
async fn pages_keep_the_filter_and_only_the_first_is_live() {
    let house = House::new("").await;
    for number in 0..120 {
        house.message("t 1&x", &format!("m{number}")).await;
    }
    house.message("other", "m").await;
    let first = get(&house.router, "/events?thread=t+1%26x&state=pending").await;
    assert_eq!((rows(&first.text).len(), rows(&first.text)[0].as_str()), (50, "evt_120"));
    first.shows(&["data-live=\"change\"", ">Older</a>"]);
    first.hides(&["Back to the newest"]);
    let next = |text: &str| {
        let link = text.split("rel=\"next\" href=\"").nth(1)?.split('"').next()?;
        Some(link.replace("&amp;", "&"))
    };
    let link = next(&first.text).unwrap();
    assert!(link.starts_with("/events?state=pending&thread=t+1%26x&cursor="), "{link}");
    let second = get(&house.router, &link).await;
    assert_eq!((rows(&second.text).len(), rows(&second.text)[0].as_str()), (50, "evt_70"));
    second.hides(&["data-live"]);
    second.shows(&["href=\"/events?state=pending&amp;thread=t+1%26x\">Back to the newest</a>"]);
    let last = get(&house.router, &next(&second.text).unwrap()).await;
    assert_eq!(rows(&last.text).len(), 20);
    assert_eq!(next(&last.text), None);
}

#[tokio::test]
async fn an_empty_list_says_why_it_may_be() {
    let house = House::new("").await;
    get(&house.router, "/events").await.shows(&["No events yet.", "href=\"/connections\""]);
    get(&house.router, "/events?state=dead").await.shows(&["No event is like that."]);
    get(&house.router, "/events?cursor=1").await.shows(&["There is nothing older."]);
}

#[tokio::test]
async fn ids_are_never_markup() {
    let house = House::new("").await;
    let mut event = message_event("<script>t</script>", "\"><img src=x>");
    event.ended = Some((hubspot_bridge::domain::State::Dead, Reason::PayloadUnreadable));
    event.detail = Some("<script>detail</script>".to_owned());
    house.store.append(Batch { events: vec![event], dirty: Vec::new() }).await.unwrap();
    for path in [
        "/events",
        "/events/evt_1",
        "/why?id=evt_1",
        "/events?thread=%3Cscript%3Et%3C/script%3E",
        "/why?id=%3Cscript%3E",
    ] {
        let page = get(&house.router, path).await;
        page.hides(&["<script>", "<img"]);
        page.shows(&["&lt;script&gt;"]);
    }
}
