//! `--fix` makes the tag property, and nothing else.

use hubspot_bridge::clock::ManualClock;
use hubspot_bridge::doctor::{Line, Status};
use hubspot_bridge::domain::Timestamp;
use hubspot_bridge::sandbox::portal::{Portal, Seed};

use super::bench::Bench;

async fn tag(portal: &Portal, property: &str, fix: bool) -> Line {
    let mut bench = Bench::healthy();
    property.clone_into(&mut bench.acme().ticketing.tag_property);
    bench.examine_at(portal, fix).await.into_iter().find(|line| line.check == "tag property").unwrap()
}

fn portal() -> Portal {
    Portal::new(Seed::new(1), ManualClock::starting_at(Timestamp(1_795_262_400_000)))
}

#[tokio::test(start_paused = true)]
async fn a_missing_tag_property_is_made_and_said() {
    let portal = portal();
    for _ in 0..2 {
        assert_eq!(tag(&portal, "handoffs", false).await.status, Status::Failed, "a look alone makes nothing");
    }
    let made = tag(&portal, "handoffs", true).await;
    assert_eq!(made.status, Status::Ok);
    assert!(made.seen.starts_with("made \"handoffs\""), "{made:?}");
    assert_eq!(tag(&portal, "handoffs", false).await.status, Status::Ok);
}

#[tokio::test(start_paused = true)]
async fn a_missing_option_is_added_to_those_there() {
    let portal = portal();
    let made = tag(&portal, "hs_ticket_category", true).await;
    assert!(made.seen.starts_with("added the option"), "{made:?}");
    assert_eq!(tag(&portal, "hs_ticket_category", false).await.status, Status::Ok);
    let request = http::Request::get("https://api.hubapi.com/crm/v3/properties/tickets")
        .header("authorization", format!("Bearer {}", portal.seed().token));
    let handled = portal.handle(&request.body(bytes::Bytes::new()).unwrap());
    let hubspot_bridge::sandbox::portal::Ending::Answer(answer) = handled.ending else { panic!("no answer") };
    assert!(String::from_utf8_lossy(answer.body()).contains("BILLING_ISSUE"), "the options before are kept");
}

#[tokio::test(start_paused = true)]
async fn a_property_of_another_kind_is_left_alone() {
    assert_eq!(tag(&portal(), "plan", true).await.status, Status::Failed);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_made_says_why() {
    let portal = portal();
    portal.add_fault(hubspot_bridge::sandbox::portal::Fault::times(
        1,
        "POST",
        "/crm/v3/properties/tickets",
        hubspot_bridge::sandbox::portal::Effect::Refuse,
    ));
    let line = tag(&portal, "handoffs", true).await;
    assert_eq!(line.status, Status::Failed);
    assert!(line.seen.starts_with("could not be made"), "{line:?}");
}
