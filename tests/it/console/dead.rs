//! `/dead`: what was given up, and putting it back.

use std::time::Duration;

use axum::http::StatusCode;
use hubspot_bridge::domain::{Ending, Lane, Reason, State};
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Claim, Finish, Ledger, Store};

use super::browser::{HTML, Page, ask, get, post};
use crate::admin::house::House;

/// As many messages, in a few threads so that a turn binds many.
async fn dead(count: usize, reason: Reason) -> House {
    let house = House::new("").await;
    for n in 1..=count {
        house.message(&format!("t{}", n % 5), &format!("m{n}")).await;
    }
    bury(&house, reason).await;
    assert_eq!(in_state(&house, State::Dead).await, count);
    house
}

async fn bury(house: &House, reason: Reason) {
    loop {
        let claim = Claim { lane: Lane::Conversation, n: 10, ttl: Duration::from_mins(1), sharers: Vec::new() };
        let leases = house.store.claim(claim).await.unwrap();
        if leases.is_empty() {
            return;
        }
        for lease in leases {
            let turn = house.store.open_turn(&lease).await.unwrap().unwrap();
            let endings = turn.events.iter().map(|event| Ending::dead(event.id, reason)).collect();
            house.store.finish(&lease, Finish { endings, ..Finish::default() }).await.unwrap();
        }
    }
}

async fn in_state(house: &House, state: State) -> usize {
    let (mut all, mut cursor) = (0, None);
    loop {
        let filter = EventFilter { state: Some(state), ..EventFilter::default() };
        let page = house.store.events(filter, cursor, 200).await.unwrap();
        (all, cursor) = (all + page.items.len(), page.next);
        if cursor.is_none() {
            return all;
        }
    }
}

/// Sends the form a page shows, as a browser would: its hidden fields.
async fn submit(house: &House, page: &Page) -> Page {
    let form = page.text.split("<form class=\"stack\"").nth(1).expect("a form").split("</form>").next().unwrap();
    let value = |input: &str, name: &str| {
        let rest = input.split(&format!("{name}=\"")).nth(1).unwrap_or_default();
        rest.split('"').next().unwrap_or_default().to_owned()
    };
    let fields: Vec<(String, String)> = form
        .split("<input type=\"hidden\"")
        .skip(1)
        .map(|input| input.split('>').next().unwrap())
        .map(|input| (value(input, " name"), value(input, " value")))
        .collect();
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    ask(&house.router, "POST", &value(form, "action"), &[HTML, ("x-operator", "Ada")], &body).await
}

async fn audits(house: &House) -> Vec<(String, String, String, String)> {
    let records = house.store.audits(None, None, 50).await.unwrap().items.into_iter().map(|record| record.audit);
    records.map(|audit| (audit.who, audit.action, audit.subject, audit.detail.unwrap_or_default())).collect()
}

#[tokio::test]
async fn they_are_grouped_by_reason_with_what_to_do() {
    let house = House::new("").await;
    get(&house.router, "/dead").await.shows(&["<h1>Dead letters</h1>", "Nothing died"]);
    for n in 1..=12 {
        house.message("t1", &format!("m{n}")).await;
    }
    bury(&house, Reason::AgentFailed).await;
    house.message("t2", "m20").await;
    bury(&house, Reason::Expired).await;
    let page = get(&house.router, "/dead").await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows(&[
        "agent failed (12)",
        Reason::AgentFailed.sentence(),
        Reason::AgentFailed.fix(),
        "expired (1)",
        "aria-label=\"Choose evt_12\"",
        "aria-label=\"Choose evt_13\"",
        "href=\"/dead?reason=agent_failed\"",
        "href=\"/dead/replay?reason=expired\"",
    ]);
    page.hides(&["Choose evt_2\"", "Choose evt_1\"", "canary"]);
    let all = get(&house.router, "/dead?reason=agent_failed").await;
    all.shows(&["Choose evt_1\"", "Choose evt_12\"", "All dead letters"]);
    all.hides(&["expired (1)"]);
    get(&house.router, "/dead?connection=other").await.shows(&["Nothing died like that."]);
    assert_eq!(get(&house.router, "/dead?reason=x").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_was_never_readable_cannot_be_chosen() {
    let house = House::new("").await;
    let mut broken = crate::admin::house::message_event("t1", "m1");
    broken.kind = hubspot_bridge::domain::EventKind::Unreadable;
    broken.ended = Some((State::Dead, Reason::PayloadUnreadable));
    broken.object = None;
    let batch = hubspot_bridge::store::Batch { events: vec![broken], dirty: Vec::new() };
    house.store.append(batch).await.unwrap();
    let page = get(&house.router, "/dead").await;
    page.shows(&["payload unreadable (1)", "evt_1", "never"]);
    page.hides(&["type=\"checkbox\""]);
}

#[tokio::test]
async fn the_chosen_ones_are_replayed_and_the_others_are_not() {
    let house = dead(5, Reason::AgentFailed).await;
    let asked = get(&house.router, "/dead/replay?event=evt_1&event=evt_3&event=evt_1").await;
    assert_eq!(asked.status, StatusCode::OK);
    asked.shows(&["<h1>Replay 2 events?</h1>", "href=\"/events/evt_1\"", "href=\"/events/evt_3\"", "in the audit"]);
    asked.hides(&["evt_2"]);
    assert_eq!(in_state(&house, State::Dead).await, 5, "asking does nothing");
    let done = submit(&house, &asked).await;
    assert_eq!(done.status, StatusCode::OK);
    done.shows(&["<h1>2 replayed</h1>"]);
    assert_eq!((in_state(&house, State::Pending).await, in_state(&house, State::Dead).await), (2, 3));
    let mut noted = audits(&house).await;
    noted.sort();
    let line = |event: &str| ("Ada".to_owned(), "replay".to_owned(), event.to_owned(), String::new());
    assert_eq!(noted, [line("evt_1"), line("evt_3")]);
    let again = submit(&house, &asked).await;
    again.shows(&["<h1>0 replayed</h1>", "Refused: 2", "evt_1", "waits already"]);
}

#[tokio::test]
async fn choosing_nothing_or_nonsense_is_said() {
    let house = dead(1, Reason::AgentFailed).await;
    for (query, status) in [
        ("", StatusCode::BAD_REQUEST),
        ("?event=x", StatusCode::NOT_FOUND),
        ("?event=evt_9", StatusCode::NOT_FOUND),
        ("?reason=x", StatusCode::NOT_FOUND),
        ("?reason=expired", StatusCode::NOT_FOUND),
    ] {
        let page = get(&house.router, &format!("/dead/replay{query}")).await;
        assert_eq!(page.status, status, "{query}");
        page.shows(&["What to do: "]);
    }
    assert_eq!(post(&house.router, "/dead/replay", &[]).await.status, StatusCode::BAD_REQUEST);
    let many: Vec<String> = (1..=201).map(|n| format!("evt_{n}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|id| ("event", id.as_str())).collect();
    assert_eq!(post(&house.router, "/dead/replay", &many).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(in_state(&house, State::Dead).await, 1);
}

#[tokio::test]
async fn all_of_a_reason_are_replayed_go_by_go() {
    let house = dead(230, Reason::AgentFailed).await;
    house.message("t9", "m900").await;
    bury(&house, Reason::Expired).await;
    get(&house.router, "/dead").await.shows(&["agent failed (more than 100)"]);
    let asked = get(&house.router, "/dead/replay?reason=agent_failed").await;
    asked.shows(&["There are <strong>230</strong>", "evt_230", "evt_221", "200 at most"]);
    asked.hides(&["evt_220<"]);
    // What dies after the question is not replayed unseen.
    house.message("t8", "m800").await;
    bury(&house, Reason::AgentFailed).await;
    let first = submit(&house, &asked).await;
    assert_eq!(first.status, StatusCode::OK);
    first.shows(&["<h1>200 replayed</h1>", "<strong>30</strong> are left", "Go on"]);
    assert_eq!(in_state(&house, State::Pending).await, 200);
    let last = submit(&house, &first).await;
    last.shows(&["<h1>230 replayed</h1>"]);
    last.hides(&["Go on"]);
    assert_eq!((in_state(&house, State::Pending).await, in_state(&house, State::Dead).await), (230, 2));
    let noted = audits(&house).await;
    assert_eq!(noted.len(), 2);
    assert!(noted.iter().all(|(who, action, _, _)| who == "Ada" && action == "replay"), "{noted:?}");
    assert!(noted.iter().all(|(_, _, _, detail)| detail.contains("reason=agent_failed")), "{noted:?}");
}
