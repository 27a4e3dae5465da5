//! What the pages say of a store and of settings; no connection is at work here.

use axum::http::StatusCode;
use hubspot_bridge::domain::{ConnectionName, Ending, Outcome, Reason};
use hubspot_bridge::intake::observed::{Call, Forwarded, Refused};
use hubspot_bridge::store::{Audit, Store};

use crate::admin::house::{House, START};

async fn page(house: &House, path: &str) -> String {
    let (status, text) = house.text("GET", path, &[("host", "localhost")]).await;
    assert_eq!(status, StatusCode::OK, "{path}: {text}");
    sound(path, &text);
    text
}

/// What every page keeps: one main, one h1, headings in order, nothing inline, labelled cells.
fn sound(path: &str, text: &str) {
    assert_eq!((text.matches("<main").count(), text.matches("<h1").count()), (1, 1), "{path}");
    for inline in [" style=", "<style", "onclick=", "http-equiv"] {
        assert!(!text.contains(inline), "{path} holds {inline}");
    }
    assert_eq!(text.matches("<script").count(), 1, "{path}: the one script is a file of ours");
    let levels = text.match_indices("<h").filter_map(|(at, _)| text[at + 2..].chars().next()?.to_digit(10));
    let mut last = 0;
    for level in levels {
        assert!(level <= last + 1, "{path}: h{level} after h{last}");
        last = level;
    }
    assert_eq!(
        text.matches("<th ").count() + text.matches("<th>").count(),
        text.matches("<th scope=").count(),
        "{path}"
    );
    for svg in text.split("<svg").skip(1) {
        let tag = svg.split('>').next().unwrap();
        assert!(tag.contains("role=\"img\"") && tag.contains("aria-label=\""), "{path}: <svg{tag}>");
    }
    let mut ids: Vec<&str> = text.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "{path}: an id is there twice");
}

#[tokio::test]
async fn an_empty_bridge_says_so_in_words() {
    let house = House::new("").await;
    let text = page(&house, "/").await;
    for words in ["No event has ended in the last 24 hours.", "Nothing waits.", "No call in the last hour."] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(text.contains("<span class=\"pill good\">ok</span>") && !text.contains("<svg"), "{text}");
}

#[tokio::test]
async fn the_overview_tells_health_outcomes_and_lateness() {
    let house = House::new("").await;
    house.message("7", "m1").await;
    house.turn(|ending| ending).await;
    house.message("8", "m2").await;
    house.turn(|ending| Ending { outcome: Outcome::Dead, reason: Some(Reason::AgentFailed), ..ending }).await;
    house.message("9", "m3").await;
    house.clock.jump(90_000);
    let acme = ConnectionName::from("acme");
    let cause = "unauthorized: the token is refused & <gone>".to_owned();
    house.store.hold(&acme, START.after(std::time::Duration::from_hours(1)), &cause).await.unwrap();
    house.problems.insert(acme, vec!["The stage \"<new>\" is not there.".to_owned()]);
    let text = page(&house, "/").await;
    for words in [
        "<span class=\"pill bad\">held</span>",
        "The token is refused &amp; &lt;gone&gt;.",
        "The stage &quot;&lt;new&gt;&quot; is not there.",
        "<dt>Open events</dt><dd>1</dd>",
        "<dt>Dead</dt><dd><a href=\"/dead\">1</a></dd>",
        "<dt>Replied</dt><dd><a href=\"/events?outcome=replied\">1</a></dd>",
        "<th scope=\"row\">09:00</th><td>1</td><td>0</td><td>0</td><td>0</td><td>1</td>",
        "<th scope=\"row\">late &lt; 10 min</th><td>1</td>",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(text.matches("<svg").count(), 2, "outcomes and lateness are drawn, latencies are not known");
    assert_eq!(text.matches("data-live").count(), 4 + 2 * 4);
}

#[tokio::test]
async fn latencies_and_finds_of_the_sweep_are_shown_while_they_are_recent() {
    let house = House::new("").await;
    house.metrics.asked_agent(START, std::time::Duration::from_millis(1_900));
    house.metrics.called_hubspot(START, std::time::Duration::from_millis(90));
    let hour = START.0 / 3_600_000;
    let finds = format!("{{\"v\":1,\"hours\":{{\"{hour}\":3}}}}");
    house.store.set_cursor("swept/acme", &finds).await.unwrap();
    let text = page(&house, "/").await;
    assert!(text.contains("<th scope=\"row\">09:00</th><td>2.0 s</td><td>2.0 s</td>"), "{text}");
    assert!(text.contains("<th scope=\"row\">09:00</th><td>100 ms</td><td>100 ms</td>"), "{text}");
    assert!(text.contains("<dt>Found by the sweep</dt><dd>3</dd>"), "{text}");
    house.clock.jump(60 * 60_000);
    let later = page(&house, "/").await;
    assert_eq!(later.matches("No call in the last hour.").count(), 2, "an hour later nothing is recent");
}

#[tokio::test]
async fn a_connections_page_gives_what_is_copied_and_what_was_delivered() {
    let house = House::new("").await;
    let call = |host: &str| Call {
        at: START,
        host: Some(host.to_owned()),
        forwarded: Forwarded::default(),
        v3: false,
        path: "/webhooks/hubspot/acme".to_owned(),
    };
    house.observed.note(&ConnectionName::from("acme"), |seen| {
        seen.delivery = Some(call("bridge.example.com"));
        seen.types.insert("conversation.newMessage".to_owned(), START);
        let cause = "signature_mismatch".to_owned();
        seen.refusals.push_back(Refused { call: call("<b>"), cause, skew_ms: Some(-400_000) });
    });
    house.clock.jump(120_000);
    let text = page(&house, "/connections/acme").await;
    for words in [
        "value=\"https://bridge.example.com/webhooks/hubspot/acme\"",
        "value=\"https://bridge.example.com/actions/hubspot/acme\"",
        "<dt>Portal</dt><dd>1234567</dd>",
        "<dt>AI user</dt><dd>A-100</dd>",
        "<dt>Inboxes</dt><dd>55</dd>",
        "conversation.newMessage",
        "<td>2 min</td>",
        "signature mismatch",
        "&lt;b&gt;",
        "<td>6 min old</td>",
        "method=\"post\" action=\"/connections/acme/doctor\"",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("canary"), "no secret is on the page");
    assert!(page(&house, "/connections").await.contains("href=\"/connections/acme\""));
    for (method, path) in
        [("GET", "/connections/none"), ("GET", "/connections/none/doctor"), ("POST", "/connections/none/doctor")]
    {
        let (status, text) = house.text(method, path, &[("host", "localhost")]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}: {text}");
    }
}

#[tokio::test]
async fn settings_are_shown_with_their_origin_and_without_secrets() {
    let house = House::new("[delivery]\nquiet_period = \"3s\"\n[admin]\ntoken = \"canary-admin\"\n").await;
    let headers = [("authorization", "Bearer canary-admin")];
    house.clock.jump(3_900_000);
    let (status, text) = house.text("GET", "/settings", &headers).await;
    assert_eq!(status, StatusCode::OK);
    sound("/settings", &text);
    for words in [
        "<th scope=\"row\">quiet_period</th><td><code>&quot;3s&quot;</code></td><td><span class=\"tag\">file</span></td>",
        "<th scope=\"row\">token</th><td><code>&quot;[redacted]&quot;</code></td><td><span class=\"tag\">file</span></td>",
        "<th scope=\"row\">body_limit</th>",
        "<h2>connections.acme</h2>",
        "<th scope=\"row\">agent.kind</th>",
        "<span class=\"quiet\">default</span>",
        env!("CARGO_PKG_VERSION"),
        "1 h 5 min ago",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("canary"), "{text}");
}

#[tokio::test]
async fn the_audit_pages_links_and_filters() {
    let house = House::new("").await;
    let note = |action: &str, subject: &str| Audit {
        who: "Ada <ada>".to_owned(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        detail: None,
    };
    for (action, subject) in [("sign_in", ""), ("replay", "evt_1"), ("pause", "ses_2"), ("doctor_fix", "acme")] {
        house.store.audit(note(action, subject)).await.unwrap();
    }
    let text = page(&house, "/audit").await;
    for words in [
        "Ada &lt;ada&gt;",
        "sign in",
        "<a href=\"/events/evt_1\">evt_1</a>",
        "<a href=\"/why?id=ses_2\">ses_2</a>",
        "<a href=\"/connections/acme\">acme</a>",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let about = page(&house, "/audit?subject=evt_1").await;
    assert!(about.contains("replay") && !about.contains("pause") && about.contains("value=\"evt_1\""), "{about}");
    let first = page(&house, "/audit?limit=3").await;
    assert!(first.contains("doctor fix") && !first.contains("sign in"), "{first}");
    let link = first.split("rel=\"next\" href=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    let second = page(&house, &link).await;
    assert!(
        second.contains("sign in") && !second.contains("doctor fix") && !second.contains("rel=\"next\""),
        "{second}"
    );
}

#[tokio::test]
async fn pages_want_the_token() {
    let house = House::new("[admin]\ntoken = \"t\"\n").await;
    for path in ["/", "/connections", "/connections/acme", "/connections/acme/doctor", "/settings", "/audit"] {
        assert_eq!(house.text("GET", path, &[]).await.0, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(house.text("POST", "/connections/acme/doctor?fix=yes", &[]).await.0, StatusCode::UNAUTHORIZED);
}
