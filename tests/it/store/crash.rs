//! The process dies and starts again on the same database.

use hubspot_bridge::domain::{Lane, State};
use hubspot_bridge::store::{Renewal, StepStatus};

use super::house::{House, finish, ids, intent, message, quiet};

pub async fn voids_leases_and_resumes_turns(mut house: House) {
    let stored = house.append(vec![message("1", "a"), message("1", "b")]).await;
    let (old, first) = house.begin().await;
    house.store().intend(&old, intent("post_reply", "the text to post")).await.expect("journalled");
    house.append(vec![message("1", "late")]).await;
    house.crash().await;

    let (lease, turn) = house.begin().await;
    assert!(lease.token > old.token);
    assert_eq!(house.store().renew(&old).await.expect("answered"), Renewal::Lost);
    assert_eq!((turn.id, turn.run, turn.crashed), (first.id, 2, true));
    assert_eq!(ids(&turn.events), stored.ids);
    let step = &turn.steps[0];
    assert_eq!((step.status, step.text.as_deref()), (StepStatus::Intended, Some("the text to post")));
    house.store().finish(&lease, finish(&turn)).await.expect("finished");
    let history = house.store().event(stored.ids[0]).await.expect("read").expect("there");
    assert!(history.runs.iter().flat_map(|run| &run.steps).all(|step| step.text.is_none()));
}

pub async fn keeps_everything_stored(mut house: House) {
    let stored = house.append(vec![message("1", "a"), quiet("1", "b")]).await;
    house.store().set_cursor("sweep", "1").await.expect("moved");
    let stats = house.store().stats().await.expect("read");
    house.crash().await;
    assert_eq!(house.event(stored.ids[1]).await.state, State::Pending);
    assert_eq!(house.store().cursor("sweep").await.expect("read").as_deref(), Some("1"));
    let after = house.store().stats().await.expect("read");
    assert_eq!((after.events, after.open_events), (stats.events, stats.open_events));
    assert_eq!(house.append(vec![message("1", "a")]).await.fresh, 0);
}

pub async fn counts_the_failed_attempt(mut house: House) {
    house.append(vec![message("1", "a")]).await;
    house.lease().await;
    house.crash().await;
    let lease = house.lease().await;
    assert_eq!(lease.attempts, 0, "nothing had started");
    house.open(&lease).await;
    house.crash().await;
    let lease = house.lease().await;
    assert_eq!(lease.attempts, 1);
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
}
