//! A backlog of one connection is not felt by the others, nor by what counts it.

use hubspot_bridge::domain::{Lane, NewEvent};

use super::house::{House, SECOND, change, message, of, quiet};

/// Mailboxes of the noisy connection.
const FLOOD: usize = 10_000;

async fn flood(house: &House, event: impl Fn(usize) -> NewEvent) {
    for first in (0..FLOOD).step_by(1_000) {
        house.append((first..first + 1_000).map(&event).collect()).await;
    }
}

pub async fn lets_a_quiet_connection_in_at_the_next_round(house: House) {
    flood(&house, |n| message(&format!("a{n}"), &format!("a{n}"))).await;
    let all_acme = |names: &[String]| names.iter().all(|name| name.starts_with("acme/"));
    for _ in 0..3 {
        assert!(all_acme(&house.claimable(Lane::Conversation, 64).await), "nobody else wants a place");
    }
    // Due later than all of the flood.
    house.advance(SECOND);
    house.append(vec![of("globex", message("g", "g"))]).await;
    assert_eq!(house.claimable(Lane::Conversation, 1).await, ["globex/thread/g"], "the one place that became free");

    // However many are noisy, each round has a place for each.
    let quiet_ones = ["initech", "umbrella", "wayne"];
    house.append(quiet_ones.map(|name| of(name, message("t", "t"))).into()).await;
    let round = house.claimable(Lane::Conversation, 4).await;
    for name in quiet_ones {
        assert!(round.contains(&format!("{name}/thread/t")), "{name} is not in {round:?}");
    }
}

pub async fn of_tickets_leaves_conversations_alone(house: House) {
    flood(&house, |n| change(&format!("{n}"), "hs_pipeline_stage", &format!("c{n}"))).await;
    house.advance(SECOND);
    house.append(vec![message("t", "m"), of("globex", change("9", "hs_pipeline_stage", "g"))]).await;
    assert_eq!(house.claimable(Lane::Conversation, 9).await, ["acme/thread/t"]);
    let tickets = house.claimable(Lane::Ticket, 2).await;
    assert!(tickets.contains(&"globex/ticket/9".to_owned()), "{tickets:?}");
}

pub async fn is_counted_exactly(mut house: House) {
    flood(&house, |n| quiet(&format!("q{n}"), &format!("q{n}"))).await;
    house.append(vec![message("now", "now"), quiet("one more", "one more")]).await;
    let counts = async |house: &House| {
        let stats = house.store().stats().await.expect("counted");
        (stats.due, stats.waiting, stats.leased)
    };
    let many = u64::try_from(FLOOD).expect("small");
    assert_eq!(counts(&house).await, (1, many + 1, 0), "few are due");
    let (lease, turn) = house.begin().await;
    assert_eq!(counts(&house).await, (0, many + 1, 1));
    house.finish(&lease, &turn).await;
    assert_eq!(counts(&house).await, (0, many + 1, 0));
    house.advance(4 * SECOND);
    house.append(vec![quiet("later", "later")]).await;
    assert_eq!(counts(&house).await, (many + 1, 1, 0), "few wait");
    let leases = house.claim(Lane::Conversation, 3).await;
    assert_eq!(counts(&house).await, (many - 2, 1, 3));
    house.store().defer(&leases[0], house.now().after(60 * SECOND), "later", false).await.expect("deferred");
    assert_eq!(counts(&house).await, (many - 2, 2, 2));
    house.crash().await;
    if house.durable() {
        assert_eq!(counts(&house).await, (many, 2, 0), "counted anew at the start; the leases are void");
    }
}
