//! The rate budget, in paused time and through the client: no test here waits.

use std::time::Duration;

use hubspot_bridge::config::Plan;
use hubspot_bridge::domain::Lane;
use hubspot_bridge::hubspot::budget::{Budget, WAIT_MAX};
use hubspot_bridge::hubspot::{Class, Client, Effect};
use tokio::time::Instant;

use super::fake::{Answer, answer, on_plan, world};

const FINE: &str = r#"{"portalId":1}"#;

fn fine(count: usize) -> Vec<Answer> {
    (0..count).map(|_| answer(200, &[], FINE)).collect()
}

fn window(max: &str, remaining: &str) -> Answer {
    let headers = [
        ("x-hubspot-ratelimit-max", max),
        ("x-hubspot-ratelimit-remaining", remaining),
        ("x-hubspot-ratelimit-interval-milliseconds", "10000"),
    ];
    answer(200, &headers, FINE)
}

async fn call(client: &Client, times: usize) {
    for _ in 0..times {
        client.account().await.unwrap();
    }
}

/// Seconds of (paused) time the future takes.
async fn takes(future: impl Future<Output = ()>) -> u64 {
    let start = Instant::now();
    future.await;
    start.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn never_more_than_the_plan_in_any_ten_seconds() {
    for (plan, calls) in [(Plan::Auto, 100), (Plan::Starter, 100), (Plan::Pro, 190)] {
        let world = on_plan(plan, fine(3 * calls));
        assert_eq!(takes(call(&world.client, calls)).await, 0, "{plan:?}");
        assert_eq!(takes(call(&world.client, 1)).await, 10, "{plan:?}: the first token comes back one window later");
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(takes(call(&world.client, calls)).await, 5, "{plan:?}: rolling, no burst at the window's edge");
    }
}

#[tokio::test(start_paused = true)]
async fn auto_learns_the_window_from_the_headers_and_a_named_plan_does_not() {
    let script = || std::iter::once(window("150", "149")).chain(fine(300)).collect();
    let auto = on_plan(Plan::Auto, script());
    assert_eq!(auto.client.budget_remaining(), None, "nothing is known yet");
    assert_eq!(takes(call(&auto.client, 150)).await, 0);
    assert_eq!(auto.client.budget_remaining(), Some(0));
    assert!(auto.metrics.render().contains(r#"bridge_hubspot_budget_remaining{connection="acme"} 0"#));

    let starter = on_plan(Plan::Starter, script());
    assert_eq!(starter.client.budget_remaining(), Some(100));
    assert_eq!(takes(call(&starter.client, 101)).await, 10);
}

#[tokio::test(start_paused = true)]
async fn calls_of_others_with_the_same_app_count() {
    let world = world(std::iter::once(window("100", "3")).chain(fine(20)).collect());
    call(&world.client, 1).await;
    assert_eq!(world.client.budget_remaining(), Some(3));
    assert_eq!(takes(call(&world.client, 3)).await, 0);
    assert_eq!(takes(call(&world.client, 1)).await, 10);
    assert!(world.client.budget_remaining() >= Some(90), "forgotten after a window");
}

#[tokio::test(start_paused = true)]
async fn headers_that_make_no_sense_are_ignored() {
    let odd = [("x-hubspot-ratelimit-max", "0"), ("x-hubspot-ratelimit-interval-milliseconds", "0")];
    let world = world(vec![answer(200, &odd, FINE), window("-5", "many"), answer(200, &[], FINE)]);
    assert_eq!(takes(call(&world.client, 3)).await, 0);
    assert_eq!(world.client.budget_remaining(), None);
}

#[tokio::test(start_paused = true)]
async fn a_429_empties_the_budget() {
    for (policy, seconds) in [("TEN_SECONDLY_ROLLING", 10), ("SECONDLY", 1)] {
        let refusal = format!(r#"{{"policyName":"{policy}"}}"#);
        let world = on_plan(Plan::Starter, std::iter::once(answer(429, &[], &refusal)).chain(fine(3)).collect());
        let error = world.client.account().await.unwrap_err();
        assert_eq!(error.class, Class::Retry { after: Some(Duration::from_secs(seconds)) });
        assert_eq!(world.client.budget_remaining(), Some(0), "{policy}");
        assert_eq!(takes(call(&world.client, 3)).await, seconds, "{policy}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_last_quarter_is_for_conversations() {
    let world = world(fine(300));
    let tickets = world.client.on_lane(Lane::Ticket);
    assert_eq!(takes(call(&tickets, 75)).await, 0);
    let ticket = async {
        call(&tickets, 1).await;
        Instant::now()
    };
    let conversation = async {
        tokio::task::yield_now().await;
        call(&world.client, 25).await;
        Instant::now()
    };
    let (ticket, conversation) = tokio::join!(ticket, conversation);
    assert_eq!((ticket - conversation).as_secs(), 10, "the conversation did not wait, the ticket did");
}

#[tokio::test(start_paused = true)]
async fn first_come_first_served_within_a_lane_and_conversations_before_tickets() {
    let world = world(fine(300));
    call(&world.client, 100).await;
    let order = std::sync::Mutex::new(Vec::new());
    let enter = |name: &'static str, lane: Lane, calls: u32| {
        let client = world.client.on_lane(lane);
        let order = &order;
        async move {
            let reserved = client.reserve(calls).await.unwrap();
            order.lock().unwrap().push(name);
            call(&reserved, usize::try_from(calls).unwrap()).await;
        }
    };
    tokio::join!(
        enter("ticket 1", Lane::Ticket, 1),
        enter("ticket 2", Lane::Ticket, 1),
        enter("conversation 1", Lane::Conversation, 60),
        enter("conversation 2", Lane::Conversation, 1),
    );
    assert_eq!(*order.lock().unwrap(), ["conversation 1", "conversation 2", "ticket 1", "ticket 2"]);
}

#[tokio::test(start_paused = true)]
async fn reserved_calls_do_not_wait_and_flow_back() {
    let world = on_plan(Plan::Starter, fine(300));
    call(&world.client, 97).await;
    let reserved = world.client.reserve(3).await.unwrap();
    assert_eq!(world.client.budget_remaining(), Some(0), "held for the one who reserved");
    assert_eq!(takes(call(&reserved.on_lane(Lane::Ticket), 2)).await, 0);
    drop(reserved);
    assert_eq!(world.client.budget_remaining(), Some(1), "the third was not needed");
    assert_eq!(takes(call(&world.client, 2)).await, 10);
}

#[tokio::test(start_paused = true)]
async fn a_reservation_outlasts_a_429_and_its_extra_calls_wait_like_any() {
    let world = on_plan(
        Plan::Starter,
        std::iter::once(answer(429, &[], r#"{"policyName":"SECONDLY"}"#)).chain(fine(10)).collect(),
    );
    let reserved = world.client.reserve(2).await.unwrap();
    assert!(world.client.account().await.is_err());
    assert_eq!(takes(call(&reserved, 2)).await, 0);
    assert_eq!(takes(call(&reserved, 1)).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_gives_up_blocks_nobody() {
    let world = on_plan(Plan::Starter, fine(300));
    call(&world.client, 100).await;
    let gave_up = tokio::time::timeout(Duration::from_secs(1), world.client.reserve(50)).await;
    assert!(gave_up.is_err());
    assert_eq!(takes(call(&world.client, 1)).await, 9);
    assert_eq!(world.client.budget_remaining(), Some(99), "nothing stays held");
}

#[tokio::test(start_paused = true)]
async fn a_ticket_goes_on_when_the_conversation_it_yielded_to_gives_up() {
    let world = on_plan(Plan::Starter, fine(10));
    let _held = world.client.reserve(50).await.unwrap();
    let tickets = world.client.on_lane(Lane::Ticket);
    let conversation = async {
        let gave_up = tokio::time::timeout(Duration::from_secs(2), world.client.reserve(60)).await;
        assert!(gave_up.is_err());
    };
    let (waited, ()) = tokio::join!(
        takes(async {
            tokio::task::yield_now().await;
            call(&tickets, 1).await;
        }),
        conversation
    );
    assert_eq!(waited, 2);
}

#[tokio::test(start_paused = true)]
async fn more_than_a_window_is_a_window() {
    let world = on_plan(Plan::Starter, fine(10));
    let reserved = world.client.on_lane(Lane::Ticket).reserve(5_000).await.unwrap();
    assert_eq!(world.client.budget_remaining(), Some(0));
    drop(reserved);
    assert_eq!(world.client.budget_remaining(), Some(100));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_ever() {
    let world = on_plan(Plan::Starter, fine(10));
    let _all = world.client.reserve(100).await.unwrap();
    let start = Instant::now();
    let error = world.client.account().await.unwrap_err();
    assert_eq!(start.elapsed(), WAIT_MAX);
    assert_eq!(error.effect, Effect::NotSent);
    assert_eq!(error.class, Class::Retry { after: Some(Duration::from_secs(10)) });
    assert!(world.fake.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn searches_have_five_a_second() {
    let budget = Budget::for_search();
    let search = async || {
        for _ in 0..5 {
            assert!(budget.take(Lane::Conversation, 1).await.unwrap().spend());
        }
    };
    assert_eq!(takes(search()).await, 0);
    assert_eq!(takes(search()).await, 1);
}
