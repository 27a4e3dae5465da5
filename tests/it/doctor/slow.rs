//! A HubSpot that does not answer holds up no examination, and each line says so.

use std::time::Duration;

use hubspot_bridge::doctor::{Status, problems};
use hubspot_bridge::sandbox::portal::{Effect, Fault, Portal};
use tokio::time::Instant;

use super::bench::{Bench, CHECKLIST, statuses};

fn everywhere(portal: &Portal, effect: Effect) {
    portal.add_fault(Fault { route: "/**".to_owned(), method: None, times: None, probability: None, effect });
}

#[tokio::test(start_paused = true)]
async fn silence_ends_within_the_time_of_one_examination() {
    let mut bench = Bench::healthy();
    bench.trouble = |portal| everywhere(portal, Effect::Timeout { acted: false });
    let began = Instant::now();
    let lines = bench.examine().await;
    assert!(began.elapsed() <= Duration::from_secs(40), "{:?}", began.elapsed());
    let report = statuses(&lines);
    assert!(CHECKLIST.iter().all(|check| report.contains_key(*check)), "{lines:#?}");
    assert_eq!(report["token"], Status::Failed);
    let late = lines.iter().find(|line| line.check == "custom data").unwrap();
    assert!(late.seen.contains("more than 30 s"), "{late:?}");
    assert_eq!(report["agent"], Status::Ok, "the agent is not HubSpot");
}

#[tokio::test(start_paused = true)]
async fn no_way_to_hubspot_fails_the_token_alone() {
    let mut bench = Bench::healthy();
    bench.trouble = |portal| everywhere(portal, Effect::Refuse);
    let lines = bench.examine().await;
    let failed: Vec<&str> = lines
        .iter()
        .filter(|line| line.status == Status::Failed && CHECKLIST.contains(&&*line.check))
        .map(|line| &*line.check)
        .collect();
    assert_eq!(failed, ["token"]);
    let found: Vec<&str> =
        problems::findings(&lines).map(|line| &*line.check).filter(|check| CHECKLIST.contains(check)).collect();
    assert_eq!(found, ["token"], "one cause is one finding: {lines:#?}");
}
