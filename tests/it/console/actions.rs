//! What the pages do: each deed asked once more, done, audited, and refused in words.

use axum::Router;
use axum::http::StatusCode;
use hubspot_bridge::agents::Class;
use hubspot_bridge::config::OnAgentFailure;
use hubspot_bridge::domain::{Ending, Reason, SessionPatch, SessionState};
use hubspot_bridge::sandbox::portal::people::Posted;
use hubspot_bridge::store::Ledger;

use super::browser::{HTML, Page, ask, get, post};
use crate::admin::house::House;
use crate::conversation::agent::Move;
use crate::conversation::house::{House as Bridge, acme};

/// Sends a form under a name.
async fn send(router: &Router, path: &str, form: &[(&str, &str)]) -> Page {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    ask(router, "POST", path, &[HTML, ("x-operator", "Ada <a@b.example>")], &body).await
}

async fn noted(ledger: &dyn Ledger, subject: &str) -> Vec<(String, String)> {
    let audits = ledger.audits(Some(subject.to_owned()), None, 50).await.unwrap().items;
    audits.into_iter().map(|record| (record.audit.who, record.audit.action)).collect()
}

fn by_ada(action: &str) -> Vec<(String, String)> {
    vec![("Ada <a@b.example>".to_owned(), action.to_owned())]
}

/// Dead because the agent failed.
async fn dead() -> (Bridge, Posted) {
    let mut house = Bridge::with(|config| acme(config).on_agent_failure = OnAgentFailure::Silent).await;
    house.agent.next(Move::Fail(hubspot_bridge::agents::Effect::NotSent, Class::Permanent));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    (house, asked)
}

#[tokio::test(start_paused = true)]
async fn a_replay_is_asked_for_done_and_noted_and_an_answered_one_can_become_a_draft() {
    let (mut house, asked) = dead().await;
    let admin = house.life().admin.clone();
    let id = house.event(&asked.message).await.id;
    let page = get(&admin, &format!("/events/{id}")).await;
    page.shows(&[&format!("href=\"/events/{id}/replay\"")]);
    page.hides(&["/skip\"", "class=\"notice done\""]);
    let confirm = get(&admin, &format!("/events/{id}/replay")).await;
    confirm.shows(&[&format!("<h1>Replay {id}?</h1>"), "method=\"post\"", "worked on once more", "in the audit"]);
    assert_eq!(house.outcome(&asked.message).await, "dead/agent_failed", "asking does nothing");

    let done = send(&admin, &format!("/events/{id}/replay"), &[]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, format!("/events/{id}?done=replay").as_str()));
    get(&admin, done.location()).await.shows(&["It waits again", "Ada &lt;a@b.example&gt;: replay"]);
    assert_eq!(noted(house.life().ledger.as_ref(), &id.to_string()).await, by_ada("replay"));
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");

    let refused = send(&admin, &format!("/events/{id}/replay"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.shows(&["<h1>It was answered already</h1>", "name=\"force\" value=\"draft\"", "only the reps see"]);
    let draft = send(&admin, &format!("/events/{id}/replay"), &[("force", "draft")]).await;
    assert_eq!(draft.location(), format!("/events/{id}?done=draft"));
    get(&admin, draft.location()).await.shows(&["a draft for the reps"]);
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "drafted");
    assert_eq!((house.public_posts(&asked.thread).len(), house.comments(&asked.thread).len()), (1, 1));
}

#[tokio::test]
async fn a_waiting_event_is_skipped_and_an_ended_one_is_not() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    let page = get(&house.router, "/events/evt_1").await;
    page.shows(&["href=\"/events/evt_1/skip\""]);
    page.hides(&["/replay\""]);
    get(&house.router, "/events/evt_1/skip").await.shows(&["<h1>Skip evt_1?</h1>", "the AI does not answer it"]);
    let done = send(&house.router, "/events/evt_1/skip", &[]).await;
    assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, "/events/evt_1?done=skip"));
    get(&house.router, done.location()).await.shows(&["taken out of its queue", Reason::SkippedByOperator.sentence()]);
    assert_eq!(noted(house.store.as_ref(), "evt_1").await, by_ada("skip"));
    let again = send(&house.router, "/events/evt_1/skip", &[]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    again.shows(&["<h1>Not as things are</h1>", "does not wait", "What to do: "]);
    assert_eq!(send(&house.router, "/events/evt_9/skip", &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&house.router, "/events/evt_9/replay").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_notice_is_one_of_ours_and_never_what_the_address_says() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    for word in ["x", "%3Cscript%3E", "Replay"] {
        get(&house.router, &format!("/events/evt_1?done={word}")).await.hides(&["class=\"notice done\"", "<script>"]);
    }
    get(&house.router, "/events/evt_1?done=skip").await.shows(&["class=\"notice done\" role=\"status\""]);
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_paused_resumed_and_handed_off() {
    let mut house = Bridge::new().await;
    let asked = house.chat("Hello");
    house.until_quiet().await;
    let admin = house.life().admin.clone();
    let path = format!("/conversations/acme/{}", asked.thread);
    for (deed, words, state) in [
        ("pause", "stops answering", SessionState::Paused),
        ("resume", "may answer in this conversation again", SessionState::Ai),
        ("handoff", "is given to a human", SessionState::HandedOff),
    ] {
        get(&admin, &path).await.shows(&[&format!("href=\"{path}/{deed}\"")]);
        let confirm = get(&admin, &format!("{path}/{deed}")).await;
        confirm.shows(&[words, asked.thread.as_str(), "method=\"post\"", "in the audit"]);
        let done = send(&admin, &format!("{path}/{deed}"), &[("reason", " A VIP ")]).await;
        assert_eq!((done.status, done.location()), (StatusCode::SEE_OTHER, format!("{path}?done={deed}").as_str()));
        get(&admin, done.location()).await.shows(&["class=\"notice done\""]);
        house.until_quiet().await;
        assert_eq!(house.session(&asked.thread).await.unwrap().state, state);
    }
    let id = house.session(&asked.thread).await.unwrap().id.to_string();
    let noted = noted(house.life().ledger.as_ref(), &id).await;
    assert_eq!(noted, [by_ada("handoff"), by_ada("resume"), by_ada("pause")].concat());
    assert!(house.comments(&asked.thread).concat().contains("A VIP"), "{:?}", house.comments(&asked.thread));
    let page = get(&admin, &path).await;
    page.shows(&["A human has it", "Ada &lt;a@b.example&gt;: handoff", &format!("href=\"{path}/resume\"")]);
    page.hides(&[&format!("href=\"{path}/handoff\""), &format!("href=\"{path}/pause\"")]);
}

#[tokio::test]
async fn what_cannot_be_done_to_a_conversation_is_said() {
    let house = House::new("").await;
    house.session("t1", SessionPatch { state: Some(SessionState::Closed), ..SessionPatch::default() }).await;
    let path = "/conversations/acme/t1";
    let refused = send(&house.router, &format!("{path}/pause"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.shows(&["The session is closed.", "What to do: "]);
    assert_eq!(send(&house.router, &format!("{path}/delete"), &[]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&house.router, &format!("{path}/delete")).await.status, StatusCode::NOT_FOUND);
    let long = "ä".repeat(501);
    let long = send(&house.router, &format!("{path}/handoff"), &[("reason", long.as_str())]).await;
    assert_eq!(long.status, StatusCode::BAD_REQUEST);
    assert_eq!(noted(house.store.as_ref(), "ses_1").await, [], "what is refused at once is not noted");
    house.session("t2", SessionPatch { state: Some(SessionState::Paused), ..SessionPatch::default() }).await;
    let again = send(&house.router, "/conversations/acme/t2/pause", &[]).await;
    assert_eq!(again.location(), "/conversations/acme/t2?done=already");
    get(&house.router, again.location()).await.shows(&["It is so already"]);
}

#[tokio::test]
async fn nobody_acts_without_being_signed_in_nor_from_another_site() {
    let house = House::new("\n[admin]\ntoken = \"a-long-admin-token\"\n").await;
    house.message("t1", "m1").await;
    house.turn(|ending| Ending::dead(ending.event, Reason::AgentFailed)).await;
    house.session("t1", SessionPatch::default()).await;
    let deeds = ["/events/evt_1/replay", "/events/evt_1/skip", "/conversations/acme/t1/pause", "/dead/replay"];
    for path in deeds {
        let page = post(&house.router, path, &[("event", "evt_1")]).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
        page.shows(&["href=\"/sign-in\""]);
        assert!(get(&house.router, path).await.location().starts_with("/sign-in?next="), "{path}");
        let foreign = [
            HTML,
            ("authorization", "Bearer a-long-admin-token"),
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ];
        let page = ask(&house.router, "POST", path, &foreign, "event=evt_1").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(house.store.audits(None, None, 10).await.unwrap().items.len(), 0);
}

#[tokio::test]
async fn a_form_beyond_the_bound_is_refused() {
    let house = House::new("").await;
    house.session("t1", SessionPatch::default()).await;
    let huge = "x".repeat(300_000);
    let page = send(&house.router, "/conversations/acme/t1/handoff", &[("reason", huge.as_str())]).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.shows(&["did not arrive whole"]);
}
