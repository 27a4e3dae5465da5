//! `/events/{id}`: one event, whole.

use std::time::Duration;

use axum::http::StatusCode;
use hubspot_bridge::domain::{EventKind, Object, Reason, SessionPatch};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};
use hubspot_bridge::store::{Audit, Batch, Store};

use super::browser::get;
use crate::admin::house::{House, message_event};
use crate::conversation::house::House as Bridge;

#[tokio::test]
async fn an_event_tells_how_it_ended_and_every_step() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.message("t1", "m2").await;
    house.session("t1", SessionPatch::default()).await;
    house.turn(|ending| ending.because(Reason::DeliveryFailed).detail("status FAILED")).await;
    let noted = Audit {
        who: "<Ada>".to_owned(),
        action: "replay".to_owned(),
        subject: "evt_1".to_owned(),
        detail: Some("forced".to_owned()),
    };
    house.store.audit(noted).await.unwrap();
    let page = get(&house.router, "/events/evt_1").await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows(&[
        "<h1>evt_1: Message</h1>",
        "<span class=\"pill good\">replied</span> Answered in the conversation.",
        Reason::DeliveryFailed.sentence(),
        Reason::DeliveryFailed.fix(),
        "Detail: status FAILED",
        "HubSpot announced a message (message m1, <a href=\"/events/evt_1\">evt_1</a>).",
        "<h3>Attempt 1</h3>",
        "Posting the reply to the customer: done (message id: posted-1).",
        "href=\"/conversations/acme/t1\"",
        "href=\"/events?connection=acme&amp;thread=t1\"",
        "href=\"/why?id=t1\"",
        "href=\"/why?id=ses_1\"",
        "Of the same turn: <a href=\"/events/evt_2\">evt_2</a>",
        "&lt;Ada&gt;: replay (forced)",
        "<dt>type</dt><dd><code>conversation.newMessage</code></dd>",
        "<dt>message id</dt><dd><code>m1</code></dd>",
        "<dt>turn</dt><dd><code>turn_1</code></dd>",
        "data-live=\"change\"",
    ]);
    page.hides(&["canary", "app.hubspot.com"]);
}

#[tokio::test]
async fn one_that_waits_says_what_happens_next() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    let page = get(&house.router, "/events/evt_1").await;
    page.shows(&["<h2>What happens next</h2>", "1 event waits in acme/thread/t1", "It has not ended: pending."]);
    page.hides(&["Attempt 1"]);
}

#[tokio::test]
async fn the_envelope_shows_parameters_and_never_a_tickets_value_or_an_address() {
    let house = House::new("").await;
    let mut change = message_event("t1", "x1");
    (change.kind, change.message_id) = (EventKind::TicketProperty, None);
    (change.object, change.property) = (Some(Object::Ticket("77".into())), Some("hs_priority".to_owned()));
    change.value = Some("canary-value".to_owned());
    let mut assigned = message_event("t1", "x2");
    (assigned.kind, assigned.message_id) = (EventKind::ThreadProperty, None);
    (assigned.property, assigned.value) = (Some("assignedTo".to_owned()), Some("E-canary@x.example".to_owned()));
    let mut wish = message_event("t1", "x3");
    (wish.kind, wish.message_id) = (EventKind::TicketWrite, None);
    wish.object = Some(Object::Ticket("77".into()));
    wish.data = Some("{\"v\":1,\"keys\":[\"<priority>\"]}".to_owned());
    let mut person = message_event("t1", "x4");
    (person.kind, person.message_id) = (EventKind::HandoffRequest, None);
    person.data = Some("{\"v\":1,\"reason\":\"canary words\"}".to_owned());
    let mut closed = message_event("t1", "x5");
    (closed.kind, closed.message_id) = (EventKind::ThreadProperty, None);
    (closed.property, closed.value) = (Some("status".to_owned()), Some("canary@x.example".to_owned()));
    let events = vec![change, assigned, wish, person, closed];
    house.store.append(Batch { events, dirty: Vec::new() }).await.unwrap();
    let ticket = get(&house.router, "/events/evt_1").await;
    ticket.shows(&[
        "<dt>property</dt><dd><code>hs_priority</code></dd>",
        "href=\"/events?connection=acme&amp;ticket=77\"",
    ]);
    ticket.hides(&["canary"]);
    for event in ["evt_2", "evt_5"] {
        let page = get(&house.router, &format!("/events/{event}")).await;
        page.shows(&["<dt>value</dt><dd><code>not shown</code></dd>"]);
        page.hides(&["canary"]);
    }
    let asked = get(&house.router, "/events/evt_4").await;
    asked.shows(&["asked for a human, with a remark for the reps", "a remark for the reps, not shown"]);
    asked.hides(&["canary"]);
    get(&house.router, "/why?id=t1").await.hides(&["canary"]);
    get(&house.router, "/events/evt_3").await.shows(&["Its parameters", "&lt;priority&gt;"]);
}

#[tokio::test(start_paused = true)]
async fn it_links_to_hubspots_own_pages_where_hubspot_says_where_they_are() {
    let mut house = Bridge::new().await;
    let asked = house.chat("Where is my order?");
    house.run_for(Duration::from_mins(1)).await;
    let event = house.event(&asked.message).await;
    let admin = house.life().admin.clone();
    let path = format!("/events/{}", event.id);
    let portal = hubspot_bridge::sandbox::portal::Seed::default().portal_id;
    let inbox = format!("href=\"https://app.hubspot.com/live-messages/{portal}/inbox/{}\"", asked.thread);
    get(&admin, &path).await.shows(&[&inbox]);
    // It is asked once: later pages need no HubSpot for it.
    let gone = Effect::Status { code: 500, body: BodyKind::default(), retry_after: None, acted: false };
    house.portal.add_fault(Fault::times(20, "GET", "/account-info/v3/details", gone));
    get(&admin, &path).await.shows(&[&inbox]);
}

#[tokio::test(start_paused = true)]
async fn an_ill_hubspot_costs_a_page_its_links_and_a_moment_at_most() {
    let mut house = Bridge::new().await;
    let asked = house.chat("Where is my order?");
    house.run_for(Duration::from_mins(1)).await;
    let path = format!("/events/{}", house.event(&asked.message).await.id);
    house.portal.add_fault(Fault::times(1, "GET", "/account-info/v3/details", Effect::Timeout { acted: false }));
    let admin = house.life().admin.clone();
    let began = tokio::time::Instant::now();
    let page = get(&admin, &path).await;
    assert_eq!(page.status, StatusCode::OK);
    page.hides(&["app.hubspot.com"]);
    assert!(began.elapsed() <= Duration::from_secs(1), "{:?}", began.elapsed());
    let began = tokio::time::Instant::now();
    get(&admin, &path).await.hides(&["app.hubspot.com"]);
    assert_eq!(began.elapsed(), Duration::ZERO, "not asked again at once");
    house.run_for(Duration::from_mins(1)).await;
    get(&admin, &path).await.shows(&["https://app.hubspot.com/live-messages/"]);
}
