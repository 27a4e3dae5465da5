//! HubSpot's workflow actions: who may call them, on what, and what they answer.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, HeaderValue, Request};
use hubspot_bridge::config::SignatureMode::{self, Auto, None as Unsigned, V3};
use hubspot_bridge::config::{Secret, store::Location};
use hubspot_bridge::domain::{EventKind, NewEvent, Object, Reason, State, Timestamp};
use hubspot_bridge::intake;
use hubspot_bridge::intake::signature::{self, Received};
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Error, Interrupts, Ledger as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;

use super::fixture::{self, PORTAL, PUBLIC_URL, SECRET};
use super::{Answer, Bridge, NOW, StoppedClock, signed};

const PAUSE: &str = "/actions/hubspot/acme/pause-ai";
const HANDOFF: &str = "/actions/hubspot/acme/request-handoff";

/// Signed as HubSpot signs workflow actions.
fn v2(path: &str, body: &str) -> Request<Body> {
    let signature = hex::encode(Sha256::digest(format!("{SECRET}POST{PUBLIC_URL}{path}{body}")));
    let request = Request::post(path).header("x-hubspot-signature", signature);
    request.header("x-hubspot-signature-version", "v2").body(Body::from(body.to_owned())).unwrap()
}

async fn call(bridge: &Bridge, path: &str, body: &Value) -> Answer {
    bridge.send(v2(path, &body.to_string())).await
}

fn on_ticket(callback: &str) -> Value {
    json!({
        "callbackId": callback,
        "origin": {"portalId": PORTAL, "actionDefinitionId": 10_860_211, "actionDefinitionVersion": 1},
        "context": {"source": "WORKFLOWS", "workflowId": 192_814_114},
        "object": {"objectId": 614, "objectType": "TICKET", "properties": {"subject": "canary"}},
        "inputFields": {},
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut body = on_ticket("ap-1");
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[key] = value;
    body
}

fn output(answer: &Answer) -> Value {
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    serde_json::from_str::<Value>(&answer.body).unwrap()["outputFields"].clone()
}

fn params(event: &NewEvent) -> Value {
    serde_json::from_str(event.data.as_deref().unwrap()).unwrap()
}

#[tokio::test]
async fn each_action_becomes_an_event_of_its_own() {
    for (name, kind, data) in [
        ("pause-ai", EventKind::Action, json!({"v": 1, "action": "pause"})),
        ("resume-ai", EventKind::Action, json!({"v": 1, "action": "resume"})),
        ("send-to-ai", EventKind::Action, json!({"v": 1, "action": "send"})),
        ("request-handoff", EventKind::HandoffRequest, json!({"v": 1, "reason": null})),
    ] {
        let bridge = Bridge::new();
        let answer = call(&bridge, &format!("/actions/hubspot/acme/{name}"), &on_ticket("ap-1")).await;
        assert_eq!(output(&answer), json!({"bridge_status": "accepted", "bridge_event_id": "evt_1"}));
        let [event] = bridge.stored().try_into().unwrap();
        assert_eq!((event.kind, params(&event)), (kind, data));
        assert_eq!(event.object, Some(Object::Ticket("614".into())));
        assert_eq!((event.source.as_deref(), event.interrupt, event.ended), (Some("workflow"), true, None));
        let line = format!(r#"bridge_events_received_total{{connection="acme",type="{}"}} 1"#, kind.as_str());
        assert!(bridge.metrics.render().contains(&line), "{}", bridge.metrics.render());
    }
}

#[tokio::test]
async fn it_acts_on_tickets_and_conversations_and_an_input_field_wins() {
    let ticket = || Some(Object::Ticket("614".into()));
    let thread = |id: &str| Some(Object::Thread(id.into()));
    for (body, object) in [
        (with("/object/objectType", json!("TICKETS")), ticket()),
        (with("/object/objectType", json!("0-5")), ticket()),
        (with("/object/objectType", json!("ticket")), ticket()),
        (with("/object/objectId", json!("77")), Some(Object::Ticket("77".into()))),
        (with("/object/objectType", json!("CONVERSATION")), thread("614")),
        (with("/object/objectType", json!("THREAD")), thread("614")),
        (with("/inputFields/thread_id", json!("9001")), thread("9001")),
        (with("/inputFields/threadId", json!(9001)), thread("9001")),
        (with("/inputFields/thread_id", json!(" 9001 ")), thread("9001")),
        (with("/inputFields/thread_id", json!("")), ticket()),
        (with("/inputFields", Value::Null), ticket()),
        (json!({"inputFields": {"thread_id": 5}}), thread("5")),
    ] {
        let bridge = Bridge::new();
        output(&call(&bridge, PAUSE, &body).await);
        assert_eq!(bridge.stored()[0].object, object, "{body}");
    }
    let bridge = Bridge::new();
    for (body, code) in [
        (with("/object/objectType", json!("CONTACT")), "object_unsupported"),
        (with("/object/objectType", json!("0-1")), "object_unsupported"),
        (with("/object/objectType", Value::Null), "object_unsupported"),
        (with("/object/objectId", Value::Null), "object_unsupported"),
        (with("/object/objectId", json!("1/../2")), "object_unsupported"),
        (json!({"callbackId": "x"}), "object_unsupported"),
        (with("/inputFields/thread_id", json!("../7")), "not_a_thread"),
        (with("/origin/portalId", json!("mine")), "not_an_action"),
    ] {
        let answer = call(&bridge, PAUSE, &body).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, code), "{body}");
    }
    let refused = call(&bridge, PAUSE, &with("/object/objectType", json!("CONTACT"))).await.body;
    assert!(refused.contains("tickets and conversations"), "the workflow's log says what works: {refused}");
    assert!(bridge.batches().is_empty());
}

#[tokio::test]
async fn the_operators_reason_is_kept_on_one_line_and_cut() {
    for (given, reason) in [
        (json!(" VIP\n customer,  call back "), json!("VIP customer, call back")),
        (json!("ä".repeat(501)), json!("ä".repeat(500))),
        (json!("  "), Value::Null),
        (json!(["x"]), Value::Null),
    ] {
        let bridge = Bridge::new();
        output(&call(&bridge, HANDOFF, &with("/inputFields/reason", given.clone())).await);
        assert_eq!(params(&bridge.stored()[0])["reason"], reason, "{given}");
    }
}

#[tokio::test]
async fn executed_again_it_is_the_same_event() {
    let options = Options {
        location: Location::Memory,
        lock_wait: Duration::ZERO,
        clock: Arc::new(StoppedClock(NOW)),
        interrupts: Interrupts::default(),
        mode: Mode::Inline,
    };
    let store = Arc::new(SqliteStore::open(options).await.unwrap());
    let shared: Arc<SqliteStore> = Arc::clone(&store);
    let config = fixture::config(vec![fixture::connection("acme", PORTAL)]);
    let router = intake::router(fixture::intake(config, shared, Arc::new(StoppedClock(NOW))));
    let mut without = on_ticket("");
    without.as_object_mut().unwrap().remove("callbackId");
    let mut other_portal = on_ticket("ap-1");
    other_portal["origin"]["portalId"] = json!(999);
    for (path, body, event) in [
        (PAUSE, on_ticket("ap-1"), "evt_1"),
        (PAUSE, on_ticket("ap-1"), "evt_1"),
        (PAUSE, on_ticket("ap-2"), "evt_2"),
        (HANDOFF, on_ticket("ap-1"), "evt_3"),
        (PAUSE, without.clone(), "evt_4"),
        (PAUSE, without, "evt_4"),
        (PAUSE, other_portal, "evt_5"),
    ] {
        let answer = Answer::read(router.clone().oneshot(v2(path, &body.to_string())).await.unwrap()).await;
        assert_eq!(output(&answer)["bridge_event_id"], event, "{path} {body}");
    }
    let events = store.events(EventFilter::default(), None, 50).await.unwrap().items;
    assert_eq!(events.iter().map(|event| event.seen).sum::<u32>(), 7, "each was counted");
    assert_eq!(events.len(), 5);
}

#[tokio::test]
async fn a_portal_belongs_to_the_connection_with_the_same_secret() {
    let mut stranger = fixture::connection("stranger", 333);
    stranger.client_secret = Secret::Value("of another app".to_owned());
    let bridge = Bridge::with(fixture::config(vec![
        fixture::connection("acme", PORTAL),
        fixture::connection("sister", 222),
        stranger,
    ]));
    let unknown = Some((State::Skipped, Reason::UnknownPortal));
    for (portal, connection, ended, status) in [
        (222, "sister", None, "accepted"),
        (333, "acme", unknown, "unknown_portal"),
        (444, "acme", unknown, "unknown_portal"),
    ] {
        let answer = call(&bridge, PAUSE, &with("/origin/portalId", json!(portal))).await;
        assert_eq!(output(&answer)["bridge_status"], status);
        let event = bridge.stored().pop().unwrap();
        assert_eq!((event.connection.as_str(), event.ended), (connection, ended));
        assert_eq!(event.interrupt, ended.is_none());
    }
}

#[tokio::test]
async fn refusals_come_in_the_doors_order() {
    let mut config = fixture::config(vec![fixture::connection("acme", PORTAL)]);
    config.server.body_limit = 4096;
    let bridge = Bridge::with(config);
    let big = "x".repeat(4097);
    let unsigned = |path: &str, body: &str| Request::post(path).body(Body::from(body.to_owned())).unwrap();
    for (request, status, code) in [
        (unsigned("/actions/hubspot/nobody/pause-ai", &big), 404, "unknown_connection"),
        (unsigned("/actions/hubspot/acme/make-coffee", &big), 404, "unknown_action"),
        (unsigned(PAUSE, &big), 413, "body_too_large"),
        (unsigned(PAUSE, "no json"), 401, "bad_signature"),
        (v2(PAUSE, "no json"), 400, "not_an_action"),
        (v2(PAUSE, "[]"), 400, "not_an_action"),
        (v2(PAUSE, r#"{"object":7}"#), 400, "not_an_action"),
    ] {
        let answer = bridge.send(request).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, code));
        if code == "unknown_action" {
            for name in ["pause-ai", "resume-ai", "send-to-ai", "request-handoff"] {
                assert!(answer.body.contains(name), "{}", answer.body);
            }
        }
    }
    *bridge.store.refuse_with.lock().unwrap() = Some(|| Error::Stopped);
    let answer = call(&bridge, PAUSE, &on_ticket("x")).await;
    assert_eq!((answer.status.as_u16(), answer.retry_after.as_deref()), (503, Some("10")));
    assert!(bridge.batches().is_empty());
}

#[tokio::test]
async fn v2_and_v3_open_the_door_and_v1_does_not() {
    let body = on_ticket("ap-1").to_string();
    let hash = hex::encode(Sha256::digest(format!("{SECRET}{body}")));
    let v1 = || {
        let request = Request::post(PAUSE).header("x-hubspot-signature", &hash);
        request.header("x-hubspot-signature-version", "v1").body(Body::from(body.clone())).unwrap()
    };
    let elsewhere = || {
        let mut request = v2(HANDOFF, &body);
        *request.uri_mut() = PAUSE.parse().unwrap();
        request
    };
    for (what, mode, request, cause) in [
        ("v2", Auto, v2(PAUSE, &body), ""),
        ("v3", Auto, signed(PAUSE, body.clone()), ""),
        ("v1", Auto, v1(), "v2_required"),
        ("v2 of another path", Auto, elsewhere(), "mismatch"),
        ("v3 where v3 is demanded", V3, signed(PAUSE, body.clone()), ""),
        ("v2 where v3 is demanded", V3, v2(PAUSE, &body), "v3_required"),
        (
            "nothing where nothing is checked",
            Unsigned,
            Request::post(PAUSE).body(Body::from(body.clone())).unwrap(),
            "",
        ),
    ] {
        let mut acme = fixture::connection("acme", PORTAL);
        acme.signature = mode;
        let bridge = Bridge::with(fixture::config(vec![acme]));
        let answer = bridge.send(request).await;
        if cause.is_empty() {
            assert_eq!((answer.status.as_u16(), bridge.stored().len()), (200, 1), "{what}");
            continue;
        }
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (401, "bad_signature"), "{what}");
        let line = format!(r#"bridge_signature_failures_total{{connection="acme",cause="{cause}"}} 1"#);
        assert!(bridge.metrics.render().contains(&line), "{what}: {}", bridge.metrics.render());
    }
}

#[test]
fn hubspots_own_v2_vector_is_accepted_for_an_action_and_its_v1_is_not() {
    let check = |headers: &[(&'static str, &str)], public_url: &str, body: &str| {
        let mut given = HeaderMap::new();
        for (name, value) in headers {
            given.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let received = Received {
            method: "POST",
            public_url,
            path_and_query: "/webhook_uri",
            headers: &given,
            body: body.as_bytes(),
        };
        let secret = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
        signature::verify_action(SignatureMode::Auto, received, secret, Timestamp(0))
            .map_or_else(|no| no.cause, |_| "ok")
    };
    let (url, body) = ("https://www.example.com", r#"{"example_field":"example_value"}"#);
    let hash = (signature::V1, "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900");
    let is_v2 = (signature::VERSION, "v2");
    assert_eq!(check(&[hash, is_v2], url, body), "ok");
    assert_eq!(check(&[hash, is_v2], "", body), "public_url_missing");
    assert_eq!(check(&[hash, is_v2], "https://www.example.org", body), "mismatch");
    let single_quotes = "{'example_field':'example_value'}";
    let v1 = (signature::V1, "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750");
    assert_eq!(check(&[v1], url, single_quotes), "v2_required");
    assert_eq!(check(&[], url, body), "signature_missing");
}
