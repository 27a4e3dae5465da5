//! What people asked for, and that something changed.

use std::time::Duration;

use hubspot_bridge::domain::{SessionPatch, ThreadId};
use hubspot_bridge::store::types::AuditRecord;
use hubspot_bridge::store::{Audit, SessionChange, SessionKey};

use super::house::{House, SECOND, START, connection, finish, message};

fn asked(who: &str, action: &str, subject: &str) -> Audit {
    Audit { who: who.to_owned(), action: action.to_owned(), subject: subject.to_owned(), detail: None }
}

async fn actions(house: &House, subject: Option<&str>) -> Vec<String> {
    let page = house.store().audits(subject.map(str::to_owned), None, 50).await.expect("read");
    assert_eq!(page.next, None);
    page.items.into_iter().map(|record| record.audit.action).collect()
}

pub async fn is_kept_with_its_time_and_words(house: House) {
    let detail = Some("draft".to_owned());
    let audit = Audit { detail, ..asked("Ada", "replay", "evt_1") };
    house.advance(SECOND);
    house.store().audit(audit.clone()).await.expect("noted");
    let page = house.store().audits(None, None, 50).await.expect("read");
    assert_eq!(page.items, [AuditRecord { id: page.items[0].id, at: START.after(SECOND), audit }]);
}

pub async fn is_listed_newest_first_page_by_page(house: House) {
    for n in 0..5 {
        house.store().audit(asked("Ada", &format!("a{n}"), ["evt_1", "evt_2"][n % 2])).await.expect("noted");
    }
    assert_eq!(actions(&house, None).await, ["a4", "a3", "a2", "a1", "a0"]);
    assert_eq!(actions(&house, Some("evt_1")).await, ["a4", "a2", "a0"]);
    assert_eq!(actions(&house, Some("evt_2")).await, ["a3", "a1"]);
    assert_eq!(actions(&house, Some("evt_")).await, [""; 0], "only all of it");
    let (mut seen, mut cursor, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = house.store().audits(Some("evt_1".to_owned()), cursor, 2).await.expect("read");
        seen.extend(page.items.into_iter().map(|record| record.audit.action));
        (cursor, pages) = (page.next, pages + 1);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!((seen.join(" ").as_str(), pages), ("a4 a2 a0", 2));
}

pub async fn goes_with_the_retention(house: House) {
    house.store().audit(asked("Ada", "old", "evt_1")).await.expect("noted");
    house.store().audit(asked("Ada", "older than the rest", "evt_1")).await.expect("noted");
    house.advance(SECOND * 60);
    house.store().prune(house.now(), 50).await.expect("pruned");
    let left = actions(&house, None).await;
    assert_eq!(left, ["older than the rest"], "the newest stays, so that no number is given twice");
    house.store().audit(asked("Ada", "new", "evt_1")).await.expect("noted");
    house.store().prune(house.now(), 50).await.expect("pruned");
    assert_eq!(actions(&house, None).await, ["new"]);
}

/// Open pages look at it.
pub async fn the_revision_is_another_after_any_change(house: House) {
    let store = house.store();
    let mut seen = vec![store.revision().await.expect("read")];
    assert_eq!(store.revision().await.expect("read"), seen[0], "nothing changed");
    let mut another = async |what: &str| {
        let now = store.revision().await.expect("read");
        assert!(!seen.contains(&now), "after {what}");
        seen.push(now);
    };
    house.append(vec![message("1", "a")]).await;
    another("an event").await;
    let lease = house.lease().await;
    another("a lease").await;
    let turn = house.open(&lease).await;
    another("a turn").await;
    store.finish(&lease, finish(&turn)).await.expect("finished");
    another("its end").await;
    let key = SessionKey::Thread(connection("acme"), ThreadId::from("1"));
    let change = SessionChange { key, version: 0, patch: SessionPatch::default(), followups: Vec::new() };
    store.patch_session(change).await.expect("created");
    another("a session").await;
    store.hold(&connection("acme"), house.now().after(Duration::from_mins(1)), "outage: gone").await.expect("held");
    another("a hold").await;
    store.audit(asked("Ada", "replay", "evt_1")).await.expect("noted");
    another("an audit").await;
}
