//! `POST /connections/{name}/doctor`.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use hubspot_bridge::doctor::{Depth, Examination, Examinations, Line, Patient, examine, problems};
use hubspot_bridge::domain::Timestamp;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::conversation::house::House;

async fn post(house: &House, name: &str, body: &str) -> (u16, Value) {
    let request = http::Request::post(format!("/api/v1/connections/{name}/doctor"))
        .header("host", "127.0.0.1:8081")
        .header("x-operator", "Ada");
    let answer = house.life().admin.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_examined_and_only_a_fix_is_audited() {
    let house = House::new().await;
    let audits = async || house.life().ledger.audits(None, None, 10).await.unwrap().items;
    for body in ["", "{}", "{\"fix\": false}"] {
        let (status, found) = post(&house, "acme", body).await;
        assert_eq!((status, found["connection"].as_str()), (200, Some("acme")), "{found}");
        assert!(found["checked_at"].as_str().is_some_and(|at| at.starts_with("2026-")), "{found}");
        let lines = found["lines"].as_array().unwrap();
        let words: Vec<&str> = lines.iter().map(|line| line["status"].as_str().unwrap()).collect();
        let worst = ["failed", "warning", "ok"].into_iter().find(|status| words.contains(status));
        assert_eq!(found["worst"].as_str(), worst, "{found}");
        for line in lines {
            assert!(line["check"].is_string() && line["seen"].is_string(), "{line}");
            assert_eq!(line["fix"].is_null(), line["status"] == "ok", "{line}");
        }
    }
    assert!(audits().await.is_empty(), "a look changes nothing");
    let (status, _) = post(&house, "acme", "{\"fix\": true}").await;
    assert_eq!(status, 200);
    let noted = audits().await.remove(0).audit;
    assert_eq!((noted.who.as_str(), noted.action.as_str(), noted.subject.as_str()), ("Ada", "doctor_fix", "acme"));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_examined_is_refused_in_words() {
    let house = House::new().await;
    for (name, body, status) in [
        ("nobody", "", 404),
        ("nobody", "{\"fix\": true}", 404),
        ("acme", "{\"fix\": \"yes\"}", 400),
        ("acme", "{\"x\": 1}", 400),
    ] {
        let (answered, words) = post(&house, name, body).await;
        assert_eq!(answered, status, "{name} {body}: {words}");
        assert!(words["error"]["fix"].as_str().is_some_and(|fix| !fix.is_empty()), "{words}");
    }
    assert!(house.life().ledger.audits(None, None, 10).await.unwrap().items.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_looked_at_by_one_at_a_time_and_those_who_wait_share() {
    let (examinations, runs) = (Examinations::default(), Arc::new(AtomicUsize::new(0)));
    let name = "acme".into();
    let one = |fix: bool| {
        let (examinations, runs, name) = (&examinations, Arc::clone(&runs), &name);
        async move {
            let run = async {
                let number = runs.fetch_add(1, Ordering::SeqCst) + 1;
                tokio::time::sleep(Duration::from_secs(5)).await;
                assert_eq!(runs.load(Ordering::SeqCst), number, "another began meanwhile");
                Examination::of(name, Timestamp(0), vec![Line::ok("run", number.to_string())])
            };
            examinations.one(name, fix, run).await.lines[0].seen.clone()
        }
    };
    let later = async |fix| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        one(fix).await
    };
    let seen = tokio::join!(one(false), later(false), later(false), later(true));
    assert_eq!(
        seen,
        ("1".into(), "2".into(), "2".into(), "3".into()),
        "one that fixes is not spared by one that looks"
    );
}

#[test]
fn what_is_mended_is_no_longer_shown() {
    let (problems, name) = (hubspot_bridge::admin::Problems::default(), "acme".into());
    let shown = |lines: &[Line]| {
        problems::show(&problems, &name, lines);
        problems.get(&name).unwrap().clone()
    };
    let ill = [Line::warning("pipeline", "it is not there", "make it"), Line::failed("queue", "late", "look")];
    assert_eq!(shown(&ill), ["pipeline: it is not there; make it"], "what passes by itself is not of the settings");
    let dead =
        [Line::failed("token", "refused", "copy it"), Line::warning("portal", "not looked at", "").following("token")];
    assert_eq!(shown(&dead), ["token: refused; copy it"], "one cause is one problem");
    assert!(shown(&[Line::ok("pipeline", "there"), Line::ok("queue", "fine")]).is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_quick_look_is_at_the_settings_alone() {
    let house = House::new().await;
    let cx = &house.life().acme;
    let config = Arc::clone(&house.config);
    let patient = Patient { cx, config: &config, ledger: None, store: None, seen: None, serves: true, now: cx.now() };
    let lines = examine(&patient, Depth::Quick, false).await;
    assert!(lines.iter().any(|line| line.check == "pipeline"));
    assert!(lines.iter().all(problems::is_of_settings), "{lines:#?}");
}
