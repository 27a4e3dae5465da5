//! HubSpot's three rate limits, their bodies and headers.

use hubspot_bridge::sandbox::portal::Limits;
use serde_json::json;

use super::{Desk, THREADS};

#[tokio::test(start_paused = true)]
async fn the_burst_rolls_over_ten_seconds() {
    let desk = Desk::new();
    desk.portal.set_limits(Limits { burst: 2, ..Limits::default() });
    let path = format!("{THREADS}?limit=1");
    let first = desk.get(&path);
    assert_eq!(first.headers["x-hubspot-ratelimit-max"], "2");
    assert_eq!(first.headers["x-hubspot-ratelimit-remaining"], "1");
    assert_eq!(first.headers["x-hubspot-ratelimit-interval-milliseconds"], "10000");
    assert_eq!(first.headers["date"], "Sat, 21 Nov 2026 12:00:00 GMT");
    desk.clock.jump(6_000);
    assert_eq!(desk.get(&path).status, 200);
    let limited = desk.get(&path);
    assert_eq!((limited.status, &limited.body["policyName"]), (429, &json!("TEN_SECONDLY_ROLLING")));
    assert_eq!(limited.headers["x-hubspot-ratelimit-remaining"], "0");
    desk.clock.jump(4_000);
    assert_eq!(desk.get(&path).status, 200, "the first call left the window");
    assert_eq!(desk.get(&path).status, 429, "the second has not");
}

#[tokio::test(start_paused = true)]
async fn search_has_its_own_second_and_no_headers() {
    let desk = Desk::new();
    let body = json!({"filterGroups": [], "limit": 1});
    let search = || desk.call("POST", "/crm/v3/objects/contacts/search", Some(&body));
    let answers: Vec<_> = (0..6).map(|_| search()).collect();
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    assert_eq!(answers[5].body["policyName"], "SECONDLY");
    assert!(!answers[0].headers.contains_key("x-hubspot-ratelimit-max"));
    desk.clock.jump(1_000);
    assert_eq!(search().status, 200);
}

#[tokio::test(start_paused = true)]
async fn the_day_ends_at_midnight() {
    let desk = Desk::new();
    desk.portal.set_limits(Limits { daily: 1, ..Limits::default() });
    assert_eq!(desk.get(&format!("{THREADS}?limit=1")).headers["x-hubspot-ratelimit-daily-remaining"], "0");
    let limited = desk.get(&format!("{THREADS}?limit=1"));
    assert_eq!((limited.status, &limited.body["policyName"]), (429, &json!("DAILY")));
    desk.clock.jump(12 * 3_600_000);
    assert_eq!(desk.get(&format!("{THREADS}?limit=1")).status, 200);
}
