//! OpenCX's door: what it takes, from whom, and what it makes of it.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use hubspot_bridge::config::{AgentKind, Secret};
use hubspot_bridge::domain::{EventKind, NewEvent, Object, Reason, State, Timestamp};
use hubspot_bridge::store::Error;
use serde_json::{Value, json};

use super::fixture::{self, PORTAL};
use super::{Answer, Bridge, NOW};

const PATH: &str = "/webhooks/opencx/acme";
const KEY: &[u8] = b"thirty-two bytes of shared secret";

fn secret() -> String {
    format!("whsec_{}", STANDARD.encode(KEY))
}

fn bridge(secret: &str) -> Bridge {
    let mut acme = fixture::connection("acme", PORTAL);
    acme.agent.kind = AgentKind::Opencx;
    acme.agent.webhook_secret = Some(Secret::Value(secret.to_owned()));
    Bridge::with(fixture::config(vec![acme]))
}

fn post(headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::post(PATH);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).unwrap()
}

/// With the right bearer token.
async fn hear(bridge: &Bridge, body: &Value) -> Answer {
    let token = format!("Bearer {}", secret());
    bridge.send(post(&[("authorization", &token)], &body.to_string())).await
}

fn sign(key: &[u8], id: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

fn handoff(conversation: &str) -> Value {
    json!({"event": "conversation.handoff_to_human", "organization_id": "o1", "data": {
        "conversation_id": conversation, "timestamp": "2023-12-13T03:49:48.898Z", "customer_id": "c1",
        "reason": "ai_decided_to_handoff_the_conversation",
    }})
}

fn params(event: &NewEvent) -> Value {
    serde_json::from_str(event.data.as_deref().unwrap()).unwrap()
}

#[tokio::test]
async fn a_handoff_becomes_an_event_of_the_outside_conversation() {
    let bridge = bridge(&secret());
    let answer = hear(&bridge, &handoff("conv-1")).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
    let [event] = bridge.stored().try_into().unwrap();
    assert_eq!(
        (event.kind, event.object.as_ref()),
        (EventKind::HandoffRequest, Some(&Object::Outside("conv-1".into())))
    );
    assert_eq!(params(&event), json!({"v": 1, "reason": "the AI decided to hand the conversation to a human"}));
    assert_eq!((event.source.as_deref(), event.interrupt, event.ended), (Some("opencx"), true, None));
    assert_eq!(event.occurred_at, Some(Timestamp(1_702_439_388_898)));
}

#[tokio::test]
async fn a_closed_conversation_closes_the_session_in_both_known_shapes() {
    let bridge = bridge(&secret());
    let older = json!({"event": "conversation.closed", "organization_id": 7, "data": [
        {"conversation_id": "a", "resolution_status": "resolved"}, {"conversation_id": 12, "timestamp": 1_702_439_388},
    ]});
    let newer = json!({"event": "conversation.closed", "data": {
        "conversation_id": "c", "timestamp": 1_702_439_388_898_i64, "closed_by": {"type": "human", "email": "x@y.z"},
    }});
    for body in [older, newer] {
        assert_eq!(hear(&bridge, &body).await.status.as_u16(), 200);
    }
    let stored = bridge.stored();
    let told: Vec<_> =
        stored.iter().map(|event| (event.object.as_ref().unwrap().id(), event.occurred_at.unwrap().0)).collect();
    assert_eq!(told, [("a", NOW.0), ("12", 1_702_439_388_000), ("c", 1_702_439_388_898)]);
    for event in &stored {
        assert_eq!((event.kind, params(event)), (EventKind::Action, json!({"v": 1, "action": "close"})));
    }
}

#[tokio::test]
async fn a_reason_is_a_code_in_words_and_never_what_somebody_wrote() {
    let long = "a".repeat(65);
    for (given, words) in [
        (json!("ai_is_forbidden_from_handling_this_topic"), json!("the AI may not handle this topic")),
        (json!("human_agent_decided_to_take_over"), json!("a human agent decided to take the conversation")),
        (json!("some_new_code_2"), json!("some new code 2")),
        (json!("My card 4111 was stolen"), Value::Null),
        (json!("jo@example.com"), Value::Null),
        (json!(long), Value::Null),
        (json!({"text": "x"}), Value::Null),
        (Value::Null, Value::Null),
    ] {
        let bridge = bridge(&secret());
        let mut body = handoff("c");
        body["data"]["reason"] = given.clone();
        hear(&bridge, &body).await;
        assert_eq!(params(&bridge.stored()[0])["reason"], words, "{given}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_200_and_stored_as_dead() {
    let bridge = bridge(&secret());
    let data = |data: Value| json!({"event": "conversation.handoff_to_human", "data": data});
    for (body, detail) in [
        (json!({}), "event is missing"),
        (json!({"event": 1.5}), "event is missing"),
        (json!({"event": "conversation.closed"}), "data is missing"),
        (data(Value::Null), "data is missing"),
        (data(json!([])), "data is empty"),
        (data(json!("text")), "data is not an object with single fields"),
        (data(json!([[1]])), "data is not an object with single fields"),
        (data(json!({"timestamp": 1})), "conversation_id is missing"),
        (data(json!({"conversation_id": ""})), "conversation_id is missing"),
        (data(json!({"conversation_id": "../../owners"})), "conversation_id is not an id"),
        (data(json!({"conversation_id": "x".repeat(257)})), "conversation_id is not an id"),
    ] {
        assert_eq!(hear(&bridge, &body).await.status.as_u16(), 200, "{body}");
        let event = bridge.stored().pop().unwrap();
        assert_eq!(event.ended, Some((State::Dead, Reason::PayloadUnreadable)), "{body}");
        assert_eq!((event.object, event.detail.as_deref(), event.data), (None, Some(detail), None), "{body}");
    }
    let good_beside_bad = data(json!([{"conversation_id": "good"}, 5]));
    hear(&bridge, &good_beside_bad).await;
    let ended: Vec<_> = bridge.batches().pop().unwrap().events.iter().map(|event| event.ended.is_some()).collect();
    assert_eq!(ended, [false, true], "a bad element does not harm its neighbour");
}

#[tokio::test]
async fn other_webhooks_are_counted_and_not_stored() {
    let bridge = bridge(&secret());
    for event in ["conversation.started", "csat.requested", "a.name.nobody.knows"] {
        let body = json!({"event": event, "data": {"first_message": "canary"}});
        assert_eq!(hear(&bridge, &body).await.status.as_u16(), 200);
    }
    hear(&bridge, &handoff("c")).await;
    hear(&bridge, &json!({"event": "conversation.closed", "data": {"conversation_id": "c"}})).await;
    hear(&bridge, &json!({})).await;
    assert_eq!(bridge.stored().len(), 3);
    let metrics = bridge.metrics.render();
    for (label, count) in [("other", 3), ("opencx.handoff_to_human", 1), ("opencx.closed", 1), ("unreadable", 1)] {
        let line = format!(r#"bridge_events_received_total{{connection="acme",type="{label}"}} {count}"#);
        assert!(metrics.contains(&line), "{label}: {metrics}");
    }
}

#[tokio::test]
async fn a_webhook_delivered_again_has_the_same_key() {
    let bridge = bridge(&secret());
    let key = async |headers: &[(&str, &str)], body: &Value| {
        bridge.send(post(headers, &body.to_string())).await;
        bridge.stored().pop().unwrap().dedup
    };
    let token = format!("Bearer {}", secret());
    let bearer = [("authorization", token.as_str())];
    let base = key(&bearer, &handoff("c")).await;
    let mut reworded = handoff("c");
    reworded["data"]["customer_id"] = json!("another");
    assert_eq!(key(&bearer, &reworded).await, base, "the time tells it");
    let mut later = handoff("c");
    later["data"]["timestamp"] = json!("2023-12-13T03:59:48.898Z");
    let mut untimed = handoff("c");
    untimed["data"].as_object_mut().unwrap().remove("timestamp");
    let closed = json!({"event": "conversation.closed", "data": handoff("c")["data"]});
    let mut keys = vec![base];
    for body in [handoff("d"), later.clone(), untimed.clone(), closed] {
        keys.push(key(&bearer, &body).await);
    }
    assert_eq!(key(&bearer, &untimed).await, keys[3], "without a time, the bytes tell it");

    let seconds = (NOW.0 / 1000).to_string();
    let signed = async |id: &str, body: &Value| {
        let signature = sign(KEY, id, &seconds, &body.to_string());
        let headers = [("webhook-id", id), ("webhook-timestamp", &seconds), ("webhook-signature", &signature)];
        key(&headers, body).await
    };
    let by_id = signed("msg_1", &handoff("c")).await;
    assert_eq!(signed("msg_1", &later).await, by_id, "its id tells it, whatever the time");
    keys.extend([by_id, signed("msg_2", &handoff("c")).await]);
    let distinct: std::collections::HashSet<_> = keys.iter().map(|key| key.0).collect();
    assert_eq!(distinct.len(), 7);
}

fn time(value: &str) -> (&str, &str) {
    ("webhook-timestamp", value)
}

fn given(value: &str) -> (&str, &str) {
    ("webhook-signature", value)
}

/// What was sent, its headers, and the cause of its refusal; empty when it is taken.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[tokio::test]
async fn either_scheme_opens_the_door_and_a_wrong_signature_is_not_made_good_by_a_token() {
    let body = handoff("c").to_string();
    let now = (NOW.0 / 1000).to_string();
    let at = |offset: i64| (NOW.0 / 1000 + offset).to_string();
    let (right, wrong) = (sign(KEY, "m", &now, &body), sign(b"another key", "m", &now, &body));
    let both = format!("v1a,AAAA {wrong} {right}");
    let (early, late, too_early, too_late) = (at(-299), at(300), at(-300), at(301));
    let signed = |time: &str| sign(KEY, "m", time, &body);
    let (s_early, s_late, s_too_early, s_too_late) =
        (signed(&early), signed(&late), signed(&too_early), signed(&too_late));
    let token = format!("bearer {}", secret());
    let bearer = ("authorization", token.as_str());
    let id = ("webhook-id", "m");
    let table: &[Row<'_>] = &[
        ("token", &[bearer], ""),
        ("nothing", &[], "token_missing"),
        ("another scheme", &[("authorization", "Basic abc")], "token_missing"),
        ("a scheme alone", &[("authorization", "Bearer")], "token_missing"),
        ("wrong token", &[("authorization", "Bearer wrong")], "token_wrong"),
        ("empty token", &[("authorization", "Bearer ")], "token_wrong"),
        ("token twice", &[bearer, bearer], "header_repeated"),
        ("signed", &[id, time(&now), given(&right)], ""),
        ("one of several", &[id, time(&now), given(&both)], ""),
        ("wrong", &[id, time(&now), given(&wrong)], "mismatch"),
        ("wrong beside a right token", &[bearer, id, time(&now), given(&wrong)], "mismatch"),
        ("an id beside a right token", &[bearer, id], "signature_missing"),
        ("no id", &[time(&now), given(&right)], "id_missing"),
        ("another id", &[("webhook-id", "n"), time(&now), given(&right)], "mismatch"),
        ("no time", &[id, given(&right)], "timestamp_missing"),
        ("odd time", &[id, time("+1702439389"), given(&right)], "timestamp_invalid"),
        ("huge time", &[id, time("9223372036854775807"), given(&right)], "timestamp_invalid"),
        ("no v1", &[id, time(&now), given("v1a,AAAA v2,AAAA")], "signature_malformed"),
        ("not base64", &[id, time(&now), given("v1,***")], "signature_malformed"),
        ("early", &[id, time(&early), given(&s_early)], ""),
        ("late", &[id, time(&late), given(&s_late)], ""),
        ("too early", &[id, time(&too_early), given(&s_too_early)], "timestamp_out_of_window"),
        ("too late", &[id, time(&too_late), given(&s_too_late)], "timestamp_out_of_window"),
    ];
    for (what, headers, cause) in table {
        let bridge = bridge(&secret());
        let answer = bridge.send(post(headers, &body)).await;
        if cause.is_empty() {
            assert_eq!((answer.status.as_u16(), bridge.stored().len()), (200, 1), "{what}");
            continue;
        }
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "bad_signature"), "{what}");
        assert!(bridge.stored().is_empty(), "{what}");
        let line = format!(r#"bridge_signature_failures_total{{connection="acme",cause="{cause}"}} 1"#);
        assert!(bridge.metrics.render().contains(&line), "{what}: {}", bridge.metrics.render());
    }
}

#[tokio::test]
async fn the_secret_is_taken_with_and_without_its_prefix() {
    let now = (NOW.0 / 1000).to_string();
    let body = handoff("c").to_string();
    let plain = "just-characters";
    let encoded = STANDARD.encode(KEY);
    for (configured, key, status) in [
        (secret(), KEY, 200),
        (encoded.clone(), KEY, 200),
        (encoded.clone(), encoded.as_bytes(), 200),
        (plain.to_owned(), plain.as_bytes(), 200),
        ("whsec_".to_owned(), b"", 401),
        ("whsec_not base64".to_owned(), b"not base64", 401),
    ] {
        let signature = sign(key, "m", &now, &body);
        let headers = [("webhook-id", "m"), ("webhook-timestamp", &now), ("webhook-signature", &signature)];
        assert_eq!(bridge(&configured).send(post(&headers, &body)).await.status.as_u16(), status, "{configured}");
    }
}

#[tokio::test]
async fn refusals_come_in_the_doors_order() {
    let mut faq = fixture::connection("faq", PORTAL);
    faq.agent.webhook_secret = Some(Secret::Value(secret()));
    let mut bare = fixture::connection("bare", PORTAL);
    bare.agent.kind = AgentKind::Opencx;
    let mut acme = bare.clone();
    acme.name = "acme".into();
    acme.agent.webhook_secret = Some(Secret::Value(secret()));
    let mut gone = acme.clone();
    gone.name = "gone".into();
    gone.agent.webhook_secret = Some(Secret::File("/nowhere/at/all".into()));
    let mut config = fixture::config(vec![faq, bare, acme, gone]);
    config.server.body_limit = 4096;
    let bridge = Bridge::with(config);
    let big = "x".repeat(4097);
    let token = format!("Bearer {}", secret());
    let many = format!(r#"{{"event":"conversation.closed","data":[{}]}}"#, vec!["1"; 1001].join(","));
    for (path, authorized, body, status, code) in [
        ("nobody", false, big.as_str(), 404, "unknown_connection"),
        ("%ff", false, "", 404, "unknown_connection"),
        ("faq", true, &big, 404, "not_opencx"),
        ("bare", true, &big, 404, "no_webhook_secret"),
        ("acme", false, &big, 413, "body_too_large"),
        ("acme", false, "no json", 401, "bad_signature"),
        ("gone", true, "{}", 503, "secret_unreadable"),
        ("acme", true, "no json", 400, "not_an_object"),
        ("acme", true, "", 400, "not_an_object"),
        ("acme", true, "[]", 400, "not_an_object"),
        ("acme", true, r#"{"event":"a"} {}"#, 400, "not_an_object"),
        ("acme", true, r#"{"event":"a","event":"b"}"#, 400, "not_an_object"),
        ("acme", true, &many, 413, "too_many_events"),
    ] {
        let mut request = Request::post(format!("/webhooks/opencx/{path}"));
        if authorized {
            request = request.header("authorization", &token);
        }
        let answer = bridge.send(request.body(Body::from(body.to_owned())).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code), "{path}");
    }
    assert!(bridge.batches().is_empty());
}

#[tokio::test]
async fn what_cannot_be_stored_is_503_with_retry_after_and_not_counted() {
    let bridge = bridge(&secret());
    *bridge.store.refuse_with.lock().unwrap() = Some(|| Error::Overloaded { waiting: 9 });
    let answer = hear(&bridge, &handoff("c")).await;
    assert_eq!((answer.status.as_u16(), answer.retry_after.as_deref()), (503, Some("10")));
    assert!(!bridge.metrics.render().contains("bridge_events_received_total{"));
}
