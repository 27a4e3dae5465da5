//! Leases: fair, one at a time, fenced.

use std::time::Duration;

use hubspot_bridge::domain::{Lane, MessageId};
use hubspot_bridge::store::{Error, Finish, Renewal, StepResult, StepStatus};

use super::house::{House, SECOND, START, TTL, change, connection, intent, message, of, quiet};

pub async fn takes_the_oldest_of_its_lane(house: House) {
    house.append(vec![message("late", "1")]).await;
    house.advance(SECOND);
    house.append(vec![message("later", "2"), change("7", "stage", "3"), quiet("quiet", "4")]).await;
    house.append(vec![message("late", "5")]).await;
    assert_eq!(house.claimable(Lane::Conversation, 1).await, ["acme/thread/late"]);
    assert_eq!(house.claimable(Lane::Conversation, 9).await, ["acme/thread/later"]);
    assert_eq!(house.claimable(Lane::Ticket, 9).await, ["acme/ticket/7"]);
    assert_eq!(house.claimable(Lane::Conversation, 9).await, [""; 0]);
}

pub async fn serves_connections_in_turn(house: House) {
    let flood = (0..20).map(|n| message(&format!("a{n}"), &format!("a{n}"))).collect();
    house.append(flood).await;
    house.append(vec![of("globex", message("g1", "g1")), of("globex", message("g2", "g2"))]).await;
    house.append(vec![of("initech", message("i1", "i1"))]).await;

    let first = house.claimable(Lane::Conversation, 5).await;
    assert_eq!(
        first,
        ["acme/thread/a0", "globex/thread/g1", "initech/thread/i1", "acme/thread/a1", "globex/thread/g2"]
    );

    // One at a time: the flood does not come first again and again.
    house.append(vec![of("globex", message("g3", "g3")), of("initech", message("i2", "i2"))]).await;
    let mut singly = Vec::new();
    for _ in 0..4 {
        singly.extend(house.claimable(Lane::Conversation, 1).await);
    }
    assert_eq!(singly, ["initech/thread/i2", "acme/thread/a2", "globex/thread/g3", "acme/thread/a3"]);
}

pub async fn leaves_held_connections_alone(house: House) {
    house.append(vec![message("1", "a"), of("globex", message("2", "b"))]).await;
    let until = START.after(60 * SECOND);
    house.store().hold(&connection("acme"), until, "401 Unauthorized").await.expect("held");
    assert_eq!(house.claimable(Lane::Conversation, 9).await, ["globex/thread/2"]);
    let holds = house.store().holds().await.expect("read");
    assert_eq!(holds.len(), 1);
    assert_eq!((holds[0].until, holds[0].since, holds[0].cause.as_str()), (until, START, "401 Unauthorized"));

    // The probe fails: the same hold goes on.
    house.advance(60 * SECOND);
    assert_eq!(house.store().holds().await.expect("read").len(), 1, "held until it is released");
    assert_eq!(house.claimable(Lane::Conversation, 1).await, ["acme/thread/1"]);
    house.store().hold(&connection("acme"), house.now().after(60 * SECOND), "401 Unauthorized").await.expect("held");
    assert_eq!(house.store().holds().await.expect("read")[0].since, START);

    // Whoever found it well says so.
    house.append(vec![message("3", "c")]).await;
    assert_eq!(house.claimable(Lane::Conversation, 9).await, ["globex/thread/2"]);
    house.store().release(&connection("acme")).await.expect("released");
    assert_eq!(house.claimable(Lane::Conversation, 9).await, ["acme/thread/3"]);
}

pub async fn gives_one_lease_at_a_time(house: House) {
    house.append(vec![message("1", "a")]).await;
    let first = house.lease().await;
    assert_eq!((first.due_at, first.attempts, first.until), (START, 0, START.after(TTL)));
    house.append(vec![message("1", "b")]).await;
    house.advance(29 * SECOND);
    assert_eq!(house.claim(Lane::Conversation, 9).await, []);
    assert!(matches!(house.store().renew(&first).await, Ok(Renewal::Interrupted(_))), "b came");
    house.advance(29 * SECOND);
    assert_eq!(house.claim(Lane::Conversation, 9).await, []);
    house.advance(SECOND);
    let second = house.lease().await;
    assert!(second.token > first.token);
    assert_eq!((second.mailbox, second.attempts), (first.mailbox, 0), "no run had started: no attempt failed");
}

pub async fn refuses_every_act_of_a_lost_lease(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (old, turn) = house.begin().await;
    house.advance(TTL);
    let (new, _) = house.begin().await;

    let store = house.store();
    assert_eq!(store.renew(&old).await.expect("answered"), Renewal::Lost);
    let result = StepResult { status: StepStatus::Done, result: None, text: None, posted: Some("p".into()) };
    let refusals = [
        store.open_turn(&old).await.err(),
        store.extend_turn(&old).await.err(),
        store.waiting(&old).await.err(),
        store.intend(&old, intent("post_reply", "text")).await.err(),
        store.settle(&old, "post_reply", result).await.err(),
        store.finish(&old, super::house::finish(&turn)).await.err(),
        store.defer(&old, START, "why", true).await.err(),
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Some(Error::LeaseLost { mailbox }) if mailbox == old.mailbox), "{refusal:?}");
    }
    assert_eq!(store.posted(&connection("acme"), &[MessageId::from("p")]).await.expect("read"), []);
    house.finish(&new, &turn).await;
    // Finished and free: the token is not good any more either.
    assert!(matches!(store.finish(&new, Finish::default()).await, Err(Error::LeaseLost { .. })));
}

pub async fn honours_a_late_lease_nobody_took(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, turn) = house.begin().await;
    house.advance(10 * TTL);
    assert!(matches!(house.store().renew(&lease).await, Ok(Renewal::Extended(_))));
    house.advance(10 * TTL);
    house.finish(&lease, &turn).await;
}

pub async fn wakes_when_something_is_stored(house: House) {
    let store = house.shared();
    let waiting = async move { store.wait_due(&[Lane::Conversation, Lane::Ticket]).await };
    let storing = async { house.append(vec![message("1", "a")]).await };
    let (woken, _) = tokio::time::timeout(Duration::from_secs(20), async { tokio::join!(waiting, storing) })
        .await
        .expect("the waiter hears of it");
    woken.expect("no error");
    // And at once when something is due already.
    house.store().wait_due(&[Lane::Conversation, Lane::Ticket]).await.expect("due");
}

pub async fn serves_others_beside_a_flooded_mailbox(house: House) {
    let flood = (0..100_000).map(|n| message("flooded", &format!("f{n}"))).collect();
    house.append(flood).await;
    house.append(vec![message("calm", "c")]).await;
    assert_eq!(house.claimable(Lane::Conversation, 2).await, ["acme/thread/flooded", "acme/thread/calm"]);
}
