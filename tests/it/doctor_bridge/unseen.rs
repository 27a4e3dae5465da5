//! What the doctor says of what nobody saw, and of the store it looks at.

use hubspot_bridge::doctor::Line;
use hubspot_bridge::doctor::Status::{self, Warning};

use super::ward::{DAY, Deed, MINUTE, Ward, at};

#[tokio::test(start_paused = true)]
async fn where_nothing_was_seen_nothing_is_claimed() {
    let mut ward = Ward::healthy();
    ward.seen = None;
    let lines = ward.examine().await;
    let unknown = |line: &&Line| line.check.starts_with("subscription ") || line.check == "signatures";
    assert!(lines.iter().filter(unknown).all(|line| line.status == Warning && line.seen.contains("not known")));
    assert!(lines.iter().filter(|line| !unknown(line)).all(|line| line.status == Status::Ok), "{lines:#?}");
}

async fn line(ward: Ward, check: &str) -> Line {
    ward.examine().await.into_iter().find(|line| line.check == check).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_held_connection_is_said_where_nothing_is_late() {
    let mut ward = Ward::healthy();
    ward.deeds = vec![Deed::Waits(20 * MINUTE), Deed::Held];
    let queue = line(ward, "queue").await;
    assert!(
        queue.seen.starts_with("nothing else is late; 1 event waits for the held connection (see `hold`)"),
        "{queue:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn each_cause_of_refused_signatures_has_its_fix_once() {
    let mut ward = Ward::healthy();
    for cause in ["signature_missing", "timestamp_missing", "timestamp_out_of_window", "mismatch"] {
        ward.refused(cause, -MINUTE, false, None);
    }
    let line = line(ward, "signatures").await;
    let fix = line.fix.unwrap();
    for number in 1..=4 {
        assert!(line.seen.contains(&format!("({number}) ")), "{}", line.seen);
    }
    assert!(
        line.seen.contains("(1) the client secret") && fix.starts_with("(1) set `connections.acme.client_secret`"),
        "{fix}"
    );
    assert!(fix.contains("; (2) see the line `clock`; (3, 4) let the proxy pass on"), "{fix}");
    assert_eq!(fix.matches("HubSpot's own deliveries").count(), 1, "{fix}");
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_mended_in_whole_sentences() {
    let mut ward = Ward::healthy();
    ward.seen().types.remove("conversation.propertyChange status");
    let fix = line(ward, "subscription conversation.propertyChange status").await.fix.unwrap();
    assert!(
        fix.starts_with("subscribe the app to conversation.propertyChange status and switch it on. Changes"),
        "{fix}"
    );
    let mut ward = Ward::healthy();
    ward.seen().types.insert("conversation.propertyChange status".into(), at(-8 * DAY));
    let fix = line(ward, "subscription conversation.propertyChange status").await.fix.unwrap();
    let wanted = "look whether the app is still subscribed to conversation.propertyChange status, and that the subscription is \
                  active. Changes";
    assert!(fix.starts_with(wanted), "{fix}");
}

#[tokio::test(start_paused = true)]
async fn the_store_tells_its_age() {
    let mut ward = Ward::healthy();
    ward.deeds = vec![Deed::Waits(20_000), Deed::Died];
    let lines = ward.examine().await;
    let store = lines.iter().find(|line| line.check == "store").unwrap();
    assert!(store.seen.contains(&format!("the oldest event is of {}", at(-20_000))), "{store:#?}");
}
