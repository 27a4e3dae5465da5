//! `/conversations` and one conversation.

use std::time::Duration;

use axum::http::StatusCode;
use hubspot_bridge::domain::{
    ConnectionName, Ending, MessageId, Mode, Outcome, Reason, SessionPatch, SessionState, ThreadId, Timestamp,
};
use hubspot_bridge::sandbox::portal::people::Customer;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};
use hubspot_bridge::store::{Audit, SessionChange, SessionKey, Store};

use super::browser::get;
use crate::admin::house::{House, START};
use crate::conversation::house::{House as Bridge, acme};

fn in_state(state: SessionState) -> SessionPatch {
    SessionPatch { state: Some(state), ..SessionPatch::default() }
}

async fn outside(house: &House, id: &str) {
    let key = SessionKey::Agent(ConnectionName::from("acme"), id.to_owned());
    let change = SessionChange { key, version: 0, patch: in_state(SessionState::Ai), followups: Vec::new() };
    house.store.patch_session(change).await.unwrap();
}

fn refused() -> Effect {
    Effect::Status { code: 403, body: BodyKind::default(), retry_after: None, acted: false }
}

#[tokio::test]
async fn the_list_says_who_has_each_conversation() {
    let house = House::new("").await;
    let empty = get(&house.router, "/conversations").await;
    assert_eq!(empty.status, StatusCode::OK);
    empty.shows(&["<h1>Conversations</h1>", "No conversations yet."]);
    let linked = SessionPatch {
        ticket_id: Some("77".into()),
        contact_id: Some("88".into()),
        mode: Some(Mode::Assist),
        ..in_state(SessionState::HandedOff)
    };
    house.session("t1", linked).await;
    house.session("t2", in_state(SessionState::Paused)).await;
    outside(&house, "agent-1").await;
    let page = get(&house.router, "/conversations").await;
    page.shows(&[
        "<a href=\"/conversations/acme/t1\">t1</a>",
        "A human has it",
        "assist",
        "href=\"/why?id=77\"",
        "href=\"/why?id=88\"",
        "The AI is paused",
        "href=\"/conversations/acme/agent%2D1\"",
        "outside HubSpot",
        "data-live=\"change\"",
        "<th scope=\"row\">",
        "tabindex=\"0\"",
    ]);
    for (query, shown, hidden) in [
        ("state=paused", "t2", "t1"),
        ("thread=t1", "t1", "t2"),
        ("ticket=77", "t1", "t2"),
        ("contact=88", "t1", "t2"),
        ("connection=acme&state=handed_off", "t1", "t2"),
    ] {
        let page = get(&house.router, &format!("/conversations?{query}")).await;
        page.shows(&[&format!("href=\"/conversations/acme/{shown}\"")]);
        page.hides(&[&format!("href=\"/conversations/acme/{hidden}\"")]);
    }
    get(&house.router, "/conversations?ticket=1").await.shows(&["No conversation is like that."]);
    assert_eq!(get(&house.router, "/conversations?state=x").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_long_list_has_pages() {
    let house = House::new("").await;
    for n in 0..51 {
        house.session(&format!("t{n:02}"), SessionPatch::default()).await;
    }
    let first = get(&house.router, "/conversations?state=ai").await;
    first.hides(&["/conversations/acme/t00"]);
    let older = first.text.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    let second = get(&house.router, &older.replace("&amp;", "&")).await;
    second.shows(&["/conversations/acme/t00", "Back to the last changed"]);
    second.hides(&["/conversations/acme/t01", "data-live", "rel=\"next\""]);
}

#[tokio::test]
async fn a_conversation_without_a_session_is_found_by_its_id() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    let list = get(&house.router, "/conversations?thread=t1").await;
    list.shows(&["has no session yet", "href=\"/conversations/acme/t1\""]);
    let page = get(&house.router, "/conversations/acme/t1").await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows(&["No session yet", "The AI would answer the customer's next message", "1 event waits", "evt_1"]);
    page.hides(&["/pause", "/handoff"]);
    let asked = get(&house.router, "/conversations/acme/t1/pause").await;
    assert_eq!(asked.status, StatusCode::CONFLICT);
    for path in ["/conversations/acme/t2", "/conversations/beta/t1", "/conversations/acme/t2/pause"] {
        let page = get(&house.router, path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.shows(&["<h1>Not found</h1>", "store.retention"]);
    }
}

#[tokio::test]
async fn the_page_tells_what_is_known_of_the_conversation() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    let known = SessionPatch {
        ticket_id: Some("77".into()),
        contact_id: Some("88".into()),
        agent_session_id: Some("agent-7".to_owned()),
        custom_data: [("plan<".to_owned(), "<b>gold</b>".to_owned())].into(),
        answered_through: Some(hubspot_bridge::domain::AnsweredThrough { at: START, message: MessageId::from("m0") }),
        handed_off_at: Some(Some(Timestamp(START.0 - 1_000))),
        ..SessionPatch::default()
    };
    house.session("t1", known).await;
    let noted = |subject: &str, who: &str| Audit {
        who: who.to_owned(),
        action: "pause".to_owned(),
        subject: subject.to_owned(),
        detail: None,
    };
    house.store.audit(noted("ses_1", "<Ada>")).await.unwrap();
    house.store.audit(noted("ses_2", "Grace")).await.unwrap();
    let page = get(&house.router, "/conversations/acme/t1").await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows(&[
        "<h1>Conversation <span class=\"id\">t1</span></h1>",
        "The AI has it",
        "<dt>Mode in force</dt><dd>autopilot",
        "<code>plan&lt;</code>",
        "&lt;b&gt;gold&lt;/b&gt;",
        "<code>m0</code>",
        "<code>agent-7</code>",
        "Ticket <code>77</code>",
        "Contact <code>88</code>",
        "href=\"/why?id=t1&amp;live=1\"",
        "href=\"/events/evt_1\"",
        "&lt;Ada&gt;: pause",
        "data-live=\"change\"",
        "href=\"/conversations/acme/t1/pause\"",
        "href=\"/conversations/acme/t1/handoff\"",
        "<code>admin.show_messages</code> is off",
    ]);
    page.hides(&["Grace", "/resume\"", "canary", "With a human since"]);
    // By the agent's own id it is the same conversation.
    get(&house.router, "/conversations/acme/agent-7").await.shows(&["<span class=\"id\">t1</span>"]);
}

#[tokio::test]
async fn an_outside_conversation_has_a_page_without_hubspots_parts() {
    let house = House::new("").await;
    outside(&house, "agent-1").await;
    let page = get(&house.router, "/conversations/acme/agent-1").await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows(&["The AI has it", "href=\"/conversations/acme/agent%2D1/pause\""]);
    page.hides(&["Messages</h2>", "live=1"]);
}

#[tokio::test]
async fn it_says_why_the_ai_is_silent_and_what_to_do() {
    for (state, words, todo) in [
        (
            SessionState::HandedOff,
            "The AI is silent: a human has the conversation",
            "Assign it to the AI user in HubSpot when the AI may",
        ),
        (SessionState::Paused, "The AI is silent: it was paused", "Resume the AI here"),
        (SessionState::Closed, "The conversation is closed; the customer", ""),
    ] {
        let house = House::new("").await;
        house.session("t1", in_state(state)).await;
        get(&house.router, "/conversations/acme/t1").await.shows(&[words, todo]);
    }
    let house = House::new("").await;
    let (since, before) = (START, Timestamp(START.0 - 1_000));
    let known =
        SessionPatch { handed_off_at: Some(Some(since)), ai_since: Some(before), ..in_state(SessionState::HandedOff) };
    house.session("t1", known).await;
    let page = get(&house.router, "/conversations/acme/t1").await;
    page.shows(&["With a human since"]);
    page.hides(&["With the AI since"]);
    for (reason, told) in [(Reason::NotAiOwned, true), (Reason::AutoReply, true), (Reason::OwnMessage, false)] {
        let house = House::new("").await;
        house.message("t1", "m1").await;
        house.turn(|ending| Ending::skipped(ending.event, reason)).await;
        house.session("t1", SessionPatch::default()).await;
        let page = get(&house.router, "/conversations/acme/t1").await;
        let words = format!("The AI left the newest message alone. {}", reason.sentence());
        assert_eq!(page.text.contains(&words), told, "{reason}: {}", page.text);
        assert_eq!(page.text.contains("The AI would answer"), !told, "{reason}");
    }
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.turn(|ending| Ending::dead(ending.event, Reason::AgentFailed)).await;
    let page = get(&house.router, "/conversations/acme/t1").await;
    page.shows(&["The AI could not answer the newest message.", Reason::AgentFailed.sentence()]);
    let until = START.after(Duration::from_mins(5));
    house.store.hold(&ConnectionName::from("acme"), until, "unauthorized: HubSpot refuses the token").await.unwrap();
    let page = get(&house.router, "/conversations/acme/t1").await;
    let held = ["The AI waits: the whole connection is held", "HubSpot refuses the token", "check the access token"];
    page.shows(&held);
    // What waits is told with the hold's end, and the hold itself once.
    house.message("t1", "m2").await;
    let page = get(&house.router, "/conversations/acme/t1").await;
    page.shows(&held);
    page.shows(&["1 event waits in acme/thread/t1 and goes on when the hold ends."]);
    page.hides(&["Also:", "The connection <code>acme</code> is held"]);
}

#[tokio::test]
async fn a_handoff_is_explained_by_its_own_event_and_not_by_an_earlier_one() {
    for (later, told) in [(0, true), (1, false)] {
        let house = House::new("").await;
        house.message("t1", "m1").await;
        let handed_off =
            |ending: Ending| Ending::done(ending.event, Outcome::HandedOff).because(Reason::TopicEscalated);
        house.turn(handed_off).await;
        let at = Some(Some(START.after(Duration::from_secs(later))));
        house.session("t1", SessionPatch { handed_off_at: at, ..in_state(SessionState::HandedOff) }).await;
        let page = get(&house.router, "/conversations/acme/t1").await;
        let words = format!("since 2026-11-21T09:00:0{later}.000Z. {}", Reason::TopicEscalated.sentence());
        assert_eq!(page.text.contains(&words), told, "{}", page.text);
    }
}

#[tokio::test]
async fn what_was_so_before_the_ai_got_it_back_explains_nothing() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    house.turn(|ending| Ending::skipped(ending.event, Reason::NotAiOwned)).await;
    let since = Some(START.after(Duration::from_secs(1)));
    house.session("t1", SessionPatch { ai_since: since, ..SessionPatch::default() }).await;
    get(&house.router, "/conversations/acme/t1").await.shows(&["The AI would answer the customer"]);
}

#[tokio::test]
async fn another_portals_thread_of_the_same_number_is_not_mixed_in() {
    let house = House::new("").await;
    house.message("t1", "m1").await;
    let key = SessionKey::Thread(ConnectionName::from("other"), ThreadId::from("t1"));
    let change = SessionChange { key, version: 0, patch: in_state(SessionState::Paused), followups: Vec::new() };
    house.store.patch_session(change).await.unwrap();
    get(&house.router, "/conversations/acme/t1").await.hides(&["paused"]);
    let gone = get(&house.router, "/conversations/other/t1").await;
    gone.shows(&["the connection is no longer in the settings"]);
    gone.hides(&["evt_1"]);
}

async fn talked(show_messages: bool) -> (Bridge, String) {
    let mut house = Bridge::with(|config| config.admin.show_messages = show_messages).await;
    let anna = Customer { name: Some("Anna Berg".to_owned()), email: Some("anna@elsewhere.example".to_owned()) };
    let asked = house.portal.customer_chats(&anna, None, "Is canary a List<String> & more?").unwrap();
    house.until_quiet().await;
    let path = format!("/conversations/acme/{}", asked.thread);
    (house, path)
}

#[tokio::test(start_paused = true)]
async fn messages_are_never_shown_unless_the_settings_say_so() {
    let (house, path) = talked(false).await;
    let admin = house.life().admin.clone();
    for query in ["", "?messages=1", "?messages=1&crm=1"] {
        let page = get(&admin, &format!("{path}{query}")).await;
        assert_eq!(page.status, StatusCode::OK);
        page.shows(&["<code>admin.show_messages</code> is off"]);
        page.hides(&["canary", "messages=1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn messages_are_fetched_on_demand_and_shown_as_plain_text() {
    let (house, path) = talked(true).await;
    let admin = house.life().admin.clone();
    let closed = get(&admin, &path).await;
    closed.shows(&["?messages=1#messages", "data-live=\"change\""]);
    closed.hides(&["canary"]);
    let open = get(&admin, &format!("{path}?messages=1")).await;
    open.shows(&["Is canary a List&lt;String&gt; &amp; more?", "The customer, Anna Berg", "The AI"]);
    open.hides(&["List<String>", "data-live"]);
    assert_eq!(open.header("cache-control"), "no-store");
}

#[tokio::test(start_paused = true)]
async fn an_ill_hubspot_costs_its_parts_of_the_page_and_a_few_seconds_at_most() {
    let (house, path) = talked(true).await;
    let admin = house.life().admin.clone();
    for route in ["/conversations/**", "/crm/**", "/account-info/**"] {
        house.portal.add_fault(Fault::times(50, "GET", route, Effect::Timeout { acted: false }));
    }
    let began = tokio::time::Instant::now();
    let page = get(&admin, &format!("{path}?messages=1&crm=1")).await;
    assert_eq!(page.status, StatusCode::OK);
    page.shows(&["The AI has it", "The messages could not be fetched", "The customer could not be looked up"]);
    page.hides(&["canary", "anna@"]);
    assert!(began.elapsed() <= Duration::from_secs(8), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn the_crm_is_asked_on_demand_and_each_part_fails_alone() {
    let (house, path) = talked(false).await;
    let admin = house.life().admin.clone();
    let closed = get(&admin, &path).await;
    closed.shows(&["?crm=1#crm"]);
    closed.hides(&["Anna Berg"]);
    let associations = "/crm/v4/objects/contacts/*/associations/*";
    house.portal.add_fault(Fault::times(20, "GET", associations, refused()));
    let open = get(&admin, &format!("{path}?crm=1")).await;
    open.shows(&["<h3>Contact</h3>", "Anna Berg", "<h3>Company</h3>", "<h3>Deals</h3>", "<h3>Tickets</h3>"]);
    assert_eq!(open.text.matches("It could not be read: ").count(), 3, "{}", open.text);
    open.hides(&["data-live"]);
}

#[tokio::test(start_paused = true)]
async fn assist_is_told_as_the_mode_in_force() {
    let mut house = Bridge::with(|config| acme(config).mode = Mode::Assist).await;
    let asked = house.chat("Where is my order?");
    house.until_quiet().await;
    let page = get(&house.life().admin.clone(), &format!("/conversations/acme/{}", asked.thread)).await;
    page.shows(&["assist: the AI leaves drafts for the reps", "because the mode in force is assist"]);
}
