//! The client's budget against the portal's real limits, the rolling window among them. Time is paused.

use std::time::Duration;

use futures_util::future::join_all;
use hubspot_bridge::config::Plan;
use hubspot_bridge::hubspot::{Class, Effect as Happened};
use hubspot_bridge::sandbox::portal::{Effect, Fault, Limits};
use tokio::time::Instant;

use super::{ANY, Desk};

fn burst(desk: &Desk, burst: usize) {
    desk.portal.set_limits(Limits { burst, ..Limits::default() });
}

#[tokio::test(start_paused = true)]
async fn a_client_that_learnt_the_window_is_never_refused() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    burst(&desk, 8);
    let began = Instant::now();
    for _ in 0..30 {
        desk.client.thread(&thread).await.unwrap();
        tokio::time::advance(Duration::from_millis(100)).await;
    }
    assert!(began.elapsed() >= Duration::from_secs(30), "8 in any ten seconds: {:?}", began.elapsed());
    assert!(began.elapsed() < Duration::from_secs(35), "and not much slower: {:?}", began.elapsed());
    assert!(!statuses(&desk).contains(&429));
}

#[tokio::test(start_paused = true)]
async fn a_burst_before_anything_is_learnt_meets_the_rolling_window() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    burst(&desk, 5);
    // All seven leave before the first answer could teach anything.
    desk.add_fault(Fault { method: None, times: Some(7), ..Fault::times(7, "GET", ANY, Effect::Delay { ms: 50 }) });
    let answers = join_all((0..7).map(|_| desk.client.thread(&thread))).await;
    let refused: Vec<_> = answers.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 2);
    for error in refused {
        assert_eq!(
            (error.class, error.effect),
            (Class::Retry { after: Some(Duration::from_secs(10)) }, Happened::NotSent)
        );
    }
    let began = Instant::now();
    desk.client.thread(&thread).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 10, "nothing leaves before the time HubSpot's limit asks for");
}

#[tokio::test(start_paused = true)]
async fn another_process_of_the_same_app_is_seen_in_the_headers() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    burst(&desk, 10);
    let other = desk.another(Plan::Auto);
    for _ in 0..9 {
        other.thread(&thread).await.unwrap();
    }
    // The tenth call of the window is ours; after it we know that there is no eleventh.
    desk.client.thread(&thread).await.unwrap();
    assert_eq!(desk.client.budget_remaining(), Some(0));
    let began = Instant::now();
    desk.client.thread(&thread).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 10);
    assert!(!statuses(&desk).contains(&429));
}

#[tokio::test(start_paused = true)]
async fn the_daily_limit_holds_the_connection_until_the_accounts_midnight() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    desk.client.account().await.unwrap();
    desk.portal.set_limits(Limits { daily: 1, ..Limits::default() });
    let error = desk.client.thread(&thread).await.unwrap_err();
    let hold = Class::Hold { cause: "daily_limit", for_: Some(Duration::from_hours(12)) };
    assert_eq!((error.class, error.effect), (hold, Happened::NotSent));
    tokio::time::advance(Duration::from_hours(12)).await;
    desk.client.thread(&thread).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn room_that_was_reserved_is_there_when_it_is_needed() {
    let desk = Desk::new();
    let said = desk.chat("hello");
    burst(&desk, 4);
    desk.client.thread(&said.thread).await.unwrap();
    let reserved = desk.client.reserve(2).await.unwrap();
    desk.client.thread(&said.thread).await.unwrap();
    // The window is full for everybody else now.
    let began = Instant::now();
    reserved.thread(&said.thread).await.unwrap();
    reserved.post_comment(&said.thread, "in time", None).await.unwrap();
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(!statuses(&desk).contains(&429));
}

fn statuses(desk: &Desk) -> Vec<u64> {
    let calls = desk.portal.snapshot()["calls"].as_array().unwrap().clone();
    calls.iter().filter_map(|call| call["status"].as_u64()).collect()
}
