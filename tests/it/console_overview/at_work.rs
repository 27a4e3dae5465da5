//! What the pages say of a connection at work: latencies, the rate budget, the doctor.

use axum::body::Body;
use hubspot_bridge::sandbox::portal::Effect;
use tower::ServiceExt;

use crate::conversation::house::{House, text};

async fn post(house: &House, path: &str) -> (u16, String) {
    let request = http::Request::post(path).header("host", "127.0.0.1:8081").header("x-operator", "Ada");
    let answer = house.life().admin.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    let body = axum::body::to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn an_answered_customer_shows_in_the_charts_and_in_the_budget() {
    let mut house = House::new().await;
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    let (status, page) = text(&house, "/").await;
    assert_eq!(status, 200);
    assert!(page.contains("aria-label=\"Calls left of acme\"") && page.contains("calls left</span>"), "{page}");
    for drawn in ["The agent's answers", "HubSpot's answers"] {
        let svg = format!("<svg class=\"chart\" role=\"img\" aria-label=\"{drawn} in each minute");
        assert!(page.contains(&svg), "{page}");
    }
    assert!(!page.contains("No call in the last hour."), "{page}");
    assert!(house.metric("bridge_hubspot_seconds_count").is_some_and(|count| count != "0"));
    assert!(!page.contains("Where is my parcel"), "what was said is nowhere");
}

#[tokio::test(start_paused = true)]
async fn the_doctor_is_run_by_a_form_and_mends_only_after_asking() {
    let house = House::new().await;
    let audited = async || house.life().ledger.audits(Some("acme".to_owned()), None, 10).await.unwrap().items;
    let (status, asked) = text(&house, "/connections/acme/doctor").await;
    assert_eq!(status, 200);
    assert!(asked.contains("action=\"/connections/acme/doctor?fix=yes\""), "{asked}");
    let (status, report) = post(&house, "/connections/acme/doctor").await;
    assert_eq!(status, 200);
    assert!(report.contains("<h1>Doctor: acme</h1>") && report.contains("<ol class=\"checks\">"), "{report}");
    assert!(audited().await.is_empty(), "a look changes nothing");
    house.fault(1_000, "POST", "/oauth/**", Effect::Refuse);
    let (_, report) = post(&house, "/connections/acme/doctor").await;
    assert!(report.contains(" lines were not looked at: see <code>token</code>"), "{report}");
    assert!(!report.contains("scope conversations.read"), "{report}");
    house.portal.clear_faults();
    let (status, _) = post(&house, "/connections/acme/doctor?fix=yes").await;
    assert_eq!(status, 200);
    let noted = audited().await;
    assert_eq!((noted[0].audit.action.as_str(), noted[0].audit.who.as_str()), ("doctor_fix", "Ada"));
    assert_eq!(post(&house, "/connections/acme/doctor?fix=no").await.0, 400);
}
