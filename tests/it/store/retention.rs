//! Pruning: what is old goes in portions, what is in use stays.

use hubspot_bridge::domain::{EventId, MessageId, SessionPatch, ThreadId, TicketId};
use hubspot_bridge::store::types::EventFilter;
use hubspot_bridge::store::{Finish, SessionChange, SessionKey, StepResult, StepStatus};

use super::house::{House, SECOND, connection, finish, intent, message};

async fn end(house: &House, thread: &str, name: &str) -> EventId {
    house.append(vec![message(thread, name)]).await;
    let (lease, turn) = house.begin().await;
    house.store().intend(&lease, intent("post_reply", "text")).await.expect("journalled");
    let posted = Some(MessageId::from(format!("posted {name}")));
    let result = StepResult { status: StepStatus::Done, result: None, text: None, posted };
    house.store().settle(&lease, "post_reply", result).await.expect("journalled");
    let own_writes = vec![(TicketId::from(name), "stage".to_owned(), "hash".to_owned())];
    house.store().finish(&lease, Finish { own_writes, ..finish(&turn) }).await.expect("finished");
    turn.events[0].id
}

pub async fn removes_old_events_in_portions(house: House) {
    for n in 0..5 {
        end(&house, &format!("t{n}"), &format!("old{n}")).await;
    }
    house.advance(60 * SECOND);
    let between = house.now();
    house.advance(SECOND);
    let young = end(&house, "young", "young").await;
    assert_eq!(house.store().prune(between, 3).await.expect("pruned"), 3);
    assert_eq!(house.store().prune(between, 3).await.expect("pruned"), 2);
    assert_eq!(house.store().prune(between, 3).await.expect("pruned"), 0);
    let left = house.store().events(EventFilter::default(), None, 50).await.expect("read");
    assert_eq!(left.items.iter().map(|event| event.id).collect::<Vec<_>>(), [young]);
    assert_eq!(house.store().find("t0").await.expect("read").mailboxes, []);
    let stats = house.store().stats().await.expect("read");
    assert_eq!((stats.events, stats.open_events), (1, 0));
    // The same delivery again is a new event now.
    assert_eq!(house.append(vec![message("t0", "old0")]).await.fresh_count(), 1);
}

pub async fn keeps_what_is_in_use(house: House) {
    let old = end(&house, "1", "a").await;
    let key = SessionKey::Thread(connection("acme"), ThreadId::from("1"));
    let change = SessionChange { key, version: 0, patch: SessionPatch::default(), followups: Vec::new() };
    house.store().patch_session(change).await.expect("created");
    end(&house, "2", "b").await;
    let waiting = house.append(vec![message("2", "c")]).await;
    house.advance(60 * SECOND);
    house.store().prune(house.now(), 50).await.expect("pruned");
    assert_eq!(house.store().event(old).await.expect("read"), None);
    assert_eq!(house.store().find("1").await.expect("read").mailboxes.len(), 1, "its session speaks through it");
    assert_eq!(house.store().find("2").await.expect("read").mailboxes.len(), 1);
    let (lease, turn) = house.begin().await;
    assert_eq!(super::house::ids(&turn.events), waiting.ids);
    house.finish(&lease, &turn).await;

    // An id is never given twice, even when everything is old.
    house.advance(60 * SECOND);
    house.store().prune(house.now(), 50).await.expect("pruned");
    let next = house.append(vec![message("3", "d")]).await;
    assert!(next.ids[0] > waiting.ids[0]);
}

pub async fn forgets_old_marks(house: House) {
    end(&house, "1", "a").await;
    house.advance(60 * SECOND);
    let between = house.now();
    house.advance(SECOND);
    end(&house, "2", "b").await;
    house.store().prune(between, 50).await.expect("pruned");
    let asked = [MessageId::from("posted a"), MessageId::from("posted b")];
    let ours = house.store().posted(&connection("acme"), &asked).await.expect("read");
    assert_eq!(ours, [MessageId::from("posted b")]);
    let written = |ticket: &'static str| {
        let store = house.shared();
        async move { store.own_writes(&connection("acme"), &TicketId::from(ticket)).await.expect("read").len() }
    };
    assert_eq!((written("a").await, written("b").await), (0, 1));
}
