//! Every kind of failure: what it may have done and what to do about it, told without anything private.

use std::path::PathBuf;
use std::time::Duration;

use hubspot_bridge::config::{Plan, Secret};
use hubspot_bridge::domain::{Reason, ThreadId, Timestamp};
use hubspot_bridge::hubspot::transport::TransportError;
use hubspot_bridge::hubspot::{Class, Effect, Error};
use serde_json::json;

use super::fake::{Answer, NOON, answer, ok, with_token, world};

const PRIVATE: &str = "ann@example.com wrote: my PIN is 1234";

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn retry(seconds: u64) -> Class {
    Class::Retry { after: Some(secs(seconds)) }
}

const AGAIN: Class = Class::Retry { after: None };
const REJECTED: Class = Class::Permanent { reason: Reason::RejectedByHubspot };

fn hold(cause: &'static str, seconds: Option<u64>) -> Class {
    Class::Hold { cause, for_: seconds.map(secs) }
}

async fn failure(answer: Answer) -> Error {
    world(vec![answer]).client.thread(&ThreadId::from("77")).await.unwrap_err()
}

type Headers = &'static [(&'static str, &'static str)];

/// HubSpot's own shapes, and what proxies make of them.
fn refusals() -> Vec<(u16, Headers, String, Class)> {
    let body = |category: &str| json!({"status": "error", "message": PRIVATE, "category": category}).to_string();
    let limit = |policy: &str| json!({"message": PRIVATE, "errorType": "RATE_LIMIT", "policyName": policy}).to_string();
    let words = |words: &str| json!({"category": "RATE_LIMITS", "message": words}).to_string();
    let exists = |text: &str| json!({"category": "CONFLICT", "message": text}).to_string();
    let html = || format!("<html>{PRIVATE}</html>");
    let conflict = |id: Option<&str>| Class::Conflict { existing: id.map(str::to_owned) };
    vec![
        (400, &[], body("VALIDATION_ERROR"), REJECTED),
        (400, &[], html(), REJECTED),
        (401, &[], body("EXPIRED_AUTHENTICATION"), hold("unauthorized", None)),
        (401, &[], html(), hold("unauthorized", None)),
        (403, &[], body("MISSING_SCOPES"), hold("missing_scope", None)),
        (403, &[], body("USER_DOES_NOT_HAVE_PERMISSIONS"), REJECTED),
        (403, &[], html(), REJECTED),
        (404, &[], body("OBJECT_NOT_FOUND"), Class::NotFound),
        (404, &[], html(), Class::NotFound),
        (408, &[], html(), AGAIN),
        (409, &[], exists("Contact already exists. Existing ID: 12345"), conflict(Some("12345"))),
        (409, &[], exists("Contact already exists. Existing ID:678."), conflict(Some("678"))),
        (409, &[], exists("It is there"), conflict(None)),
        (423, &[], body("LOCKED"), retry(2)),
        (429, &[], limit("SECONDLY"), retry(1)),
        (429, &[], limit("TEN_SECONDLY_ROLLING"), retry(10)),
        (429, &[], words("You have reached your ten_secondly_rolling limit."), retry(10)),
        (429, &[], words("You have reached your secondly limit."), retry(1)),
        (429, &[], words("You have reached your daily limit."), hold("daily_limit", Some(12 * 3600))),
        (429, &[], limit("DAILY"), hold("daily_limit", Some(12 * 3600))),
        (429, &[("retry-after", "3")], limit("TEN_SECONDLY_ROLLING"), retry(3)),
        (429, &[("retry-after", "0")], limit("SECONDLY"), retry(1)),
        (429, &[("retry-after", "86400")], limit("SECONDLY"), retry(60)),
        (429, &[("retry-after", "99999999")], limit("DAILY"), hold("daily_limit", Some(25 * 3600))),
        (429, &[("retry-after", "Sat, 21 Nov 2026 12:00:07 GMT")], html(), retry(7)),
        (429, &[("retry-after", "soon")], html(), retry(10)),
        (477, &[("retry-after", "3600")], html(), hold("account_migrating", Some(3600))),
        (477, &[("retry-after", "999999")], html(), hold("account_migrating", Some(24 * 3600))),
        (477, &[], html(), hold("account_migrating", None)),
        (418, &[], html(), REJECTED),
        (301, &[("location", "https://elsewhere.test")], html(), REJECTED),
        (500, &[], html(), AGAIN),
        (502, &[], html(), AGAIN),
        (503, &[("retry-after", "5")], html(), retry(5)),
        (503, &[("retry-after", "86400")], html(), retry(60)),
        (504, &[], String::new(), AGAIN),
        (521, &[], html(), AGAIN),
        (524, &[], html(), AGAIN),
    ]
}

#[tokio::test(start_paused = true)]
async fn by_status_and_body() {
    for (status, headers, body, class) in refusals() {
        let error = failure(answer(status, headers, &body)).await;
        assert_eq!(error.class, class, "{status} {headers:?} {body}");
        let effect = if (400..500).contains(&status) { Effect::NotSent } else { Effect::Unclear };
        assert_eq!(error.effect, effect, "{status}");
        let text = error.to_string();
        assert!(text.starts_with("HubSpot, GET /threads/{threadId}: answered"), "{text}");
        assert!(!text.contains("ann@") && !text.contains("PIN") && !text.contains("pat-"), "{text}");
    }
}

#[tokio::test]
async fn without_an_answer() {
    let cases = [
        (TransportError::Connect("refused".into()), Effect::NotSent, "connect"),
        (TransportError::Timeout(secs(10)), Effect::Unclear, "timeout"),
        (TransportError::Cut("reset".into()), Effect::Unclear, "cut"),
    ];
    for (cause, effect, label) in cases {
        let world = world(vec![Err(cause)]);
        let error = world.client.thread(&ThreadId::from("77")).await.unwrap_err();
        assert_eq!((error.effect, error.class), (effect, AGAIN));
        let metric =
            format!(r#"bridge_hubspot_requests_total{{route="GET /threads/{{threadId}}",status="{label}"}} 1"#);
        assert!(world.metrics.render().contains(&metric), "{}", world.metrics.render());
    }
}

#[tokio::test]
async fn missing_scopes_are_named_wherever_hubspot_puts_them() {
    let contexts = [
        json!({"errors": [{"message": PRIVATE, "context": {"requiredScopes": ["b", "conversations.write", "b"]}}]}),
        json!({"errors": [{"context": {"requiredGranularScopes": ["conversations.write", "b"]}}]}),
        json!({"context": {"requiredScopes": ["b", "conversations.write"]}, "errors": null}),
    ];
    for context in contexts {
        let mut body = json!({"category": "MISSING_SCOPES"});
        body.as_object_mut().unwrap().extend(context.as_object().unwrap().clone());
        let error = failure(answer(403, &[], &body.to_string())).await;
        assert!(error.detail.contains("lacks b, conversations.write"), "{}", error.detail);
    }
}

#[tokio::test]
async fn a_rejection_quotes_hubspots_own_words_only() {
    let body = json!({
        "message": PRIVATE, "category": "VALIDATION_ERROR",
        "errors": [{"message": PRIVATE, "subCategory": "ConversationsApiError.UNSUPPORTED_ACTOR_TYPE"},
                   {"code": PRIVATE}, {"code": 7}, "odd"],
    });
    let error = failure(answer(400, &[], &body.to_string())).await;
    assert_eq!(
        error.detail,
        "answered 400 VALIDATION_ERROR (ConversationsApiError.UNSUPPORTED_ACTOR_TYPE): HubSpot refuses it"
    );
}

#[tokio::test(start_paused = true)]
async fn the_daily_limit_ends_at_the_accounts_midnight() {
    let daily = || answer(429, &[], r#"{"policyName":"DAILY"}"#);
    // Noon UTC on 21 November.
    let cases = [
        (json!({"portalId": 1, "timeZone": "Europe/Berlin", "utcOffsetMilliseconds": 3_600_000}), 11),
        (json!({"portalId": 1, "timeZone": "Pacific/Auckland", "utcOffsetMilliseconds": 46_800_000}), 23),
        (json!({"portalId": 1, "timeZone": "Moon/Tycho", "utcOffsetMilliseconds": -18_000_000}), 17),
        (json!({"portalId": 1}), 12),
    ];
    for (account, hours) in cases {
        let world = world(vec![ok(&account), daily()]);
        world.client.account().await.unwrap();
        let error = world.client.thread(&ThreadId::from("77")).await.unwrap_err();
        assert_eq!(error.class, hold("daily_limit", Some(hours * 3600)), "{account}");
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_used_holds_the_connection_and_is_not_shown() {
    let missing = Secret::File(PathBuf::from("/nowhere/token"));
    let broken = Secret::Value("pat-na1\nsecret".into());
    for token in [missing, broken] {
        let world = with_token(Plan::Auto, token, vec![]);
        let error = world.client.thread(&ThreadId::from("77")).await.unwrap_err();
        assert_eq!((&error.class, error.effect), (&hold("token_unreadable", None), Effect::NotSent));
        assert!(!error.to_string().contains("pat-na1"));
        assert!(world.fake.asked().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn clock_skew_is_hubspots_date_minus_ours() {
    let dated = |status| answer(status, &[("date", "Sat, 21 Nov 2026 12:05:00 GMT")], r#"{"portalId":1}"#);
    let world = world(vec![dated(200), dated(500), answer(200, &[("date", "nonsense")], r#"{"portalId":1}"#)]);
    assert_eq!(world.client.clock_skew(), None);
    world.client.account().await.unwrap();
    assert_eq!(world.client.clock_skew(), Some(300_000));
    world.clock.jump(600_000);
    assert!(world.client.account().await.is_err(), "a refusal has a date too");
    assert_eq!(world.client.clock_skew(), Some(-300_000));
    world.client.account().await.unwrap();
    assert_eq!(world.client.clock_skew(), Some(-300_000), "as of the last answer that said so");
    assert!(Timestamp::parse(NOON).is_some());
}

#[tokio::test]
async fn properties_hubspot_will_not_take_are_named_and_nothing_of_their_values_is() {
    let problem = |name: &str| json!({"isValid": false, "message": PRIVATE, "error": "INVALID_OPTION", "name": name});
    let list = |problems: &serde_json::Value| format!("Property values were not valid: {problems}");
    let none: [&str; 0] = [];
    let rows = [
        (400, list(&json!([problem("missing")])), &["missing"][..]),
        (400, list(&json!([problem("plan"), problem("plan"), problem("opencx_tags")])), &["plan", "opencx_tags"]),
        (400, format!("{} (request 7)", list(&json!([problem("plan")]))), &["plan"]),
        (400, list(&json!([problem(PRIVATE), {"message": PRIVATE}, problem("plan")])), &["plan"]),
        (400, "Property values were not valid: [{\"name\":".to_owned(), &none),
        (400, "Property values were not valid".to_owned(), &none),
        (400, "One or more associations are not valid".to_owned(), &none),
        (404, list(&json!([problem("plan")])), &none),
        (502, list(&json!([problem("plan")])), &none),
    ];
    for (status, message, named) in rows {
        let body = json!({"status": "error", "category": "VALIDATION_ERROR", "message": message}).to_string();
        let error = failure(answer(status, &[], &body)).await;
        assert_eq!(error.bad_properties, named, "{status} {message}");
        assert!(!error.to_string().contains("PIN"), "{error}");
    }
}
