//! What the doctor says of what nobody saw, and of the store it looks at.

use hubspot_bridge::doctor::Line;
use hubspot_bridge::doctor::Status::{self, Warning};

use super::ward::{Deed, Ward, at};

#[tokio::test(start_paused = true)]
async fn where_nothing_was_seen_nothing_is_claimed() {
    let mut ward = Ward::healthy();
    ward.seen = None;
    let lines = ward.examine().await;
    let unknown = |line: &&Line| line.check.starts_with("subscription ") || line.check == "signatures";
    assert!(lines.iter().filter(unknown).all(|line| line.status == Warning && line.seen.contains("not known")));
    assert!(lines.iter().filter(|line| !unknown(line)).all(|line| line.status == Status::Ok), "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn the_store_tells_its_age() {
    let mut ward = Ward::healthy();
    ward.deeds = vec![Deed::Waits(20_000), Deed::Died];
    let lines = ward.examine().await;
    let store = lines.iter().find(|line| line.check == "store").unwrap();
    assert!(store.seen.contains(&format!("the oldest event is of {}", at(-20_000))), "{store:#?}");
}
