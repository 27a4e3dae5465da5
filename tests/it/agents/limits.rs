//! OpenCX's 100 requests a minute of one key, kept under virtual time.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use hubspot_bridge::agents::opencx::{Limiter, OpenCx};
use hubspot_bridge::agents::{Agent, Class, Effect};
use hubspot_bridge::clock::ManualClock;
use tokio::time::Instant;

use super::opencx::{pair, settings};
use super::peer::{KEY, Peer, Trouble};
use super::question::{WRITTEN_AT, question};

#[tokio::test(start_paused = true)]
async fn no_minute_sees_more_than_a_hundred_requests() {
    let (peer, agent) = pair();
    let asked = question("Hi");
    // Not all at once: half of them half a minute later.
    let calls = (0..200_u64).map(|n| {
        let (agent, asked) = (&agent, &asked);
        async move {
            tokio::time::sleep(Duration::from_secs(if n < 50 { 0 } else { 30 })).await;
            agent.ask(asked).await
        }
    });
    let answers = join_all(calls).await;
    let stamps: Vec<i64> = peer.requests().iter().map(|request| request.at.0).collect();
    assert!(stamps.windows(101).all(|window| window[100] - window[0] >= 60_000), "{stamps:?}");
    assert_eq!(stamps.len(), answers.iter().filter(|answer| answer.is_ok()).count());
    // Who would wait longer than half of the call's time is told to come back, so that an answer still has time.
    assert_eq!(stamps.len(), 150, "50 at once, 50 after 30 s, 50 after 60 s");
}

#[tokio::test(start_paused = true)]
async fn who_would_wait_too_long_is_told_at_once_and_sends_nothing() {
    let limiter: Arc<Limiter> = Arc::default();
    for _ in 0..100 {
        limiter.take(Duration::ZERO).await.unwrap();
    }
    let (peer, agent) = pair();
    let agent = agent.sharing(Arc::clone(&limiter));
    tokio::time::advance(Duration::from_secs(1)).await;
    limiter.close_for(Duration::from_secs(75));
    let began = Instant::now();
    let error = agent.ask(&question("Hi")).await.unwrap_err();
    assert_eq!((error.effect, error.class), (Effect::NotSent, Class::Busy { after: Duration::from_secs(75) }));
    assert_eq!((began.elapsed(), peer.requests().len()), (Duration::ZERO, 0));
}

#[tokio::test(start_paused = true)]
async fn a_token_given_up_while_waiting_is_free_again() {
    let limiter: Arc<Limiter> = Arc::default();
    for _ in 0..99 {
        limiter.take(Duration::ZERO).await.unwrap();
    }
    tokio::time::advance(Duration::from_secs(10)).await;
    limiter.take(Duration::ZERO).await.unwrap();
    // One waits for the end of the minute and is cancelled, as an interrupted turn is.
    assert!(tokio::time::timeout(Duration::from_secs(5), limiter.take(Duration::from_mins(1))).await.is_err());
    tokio::time::advance(Duration::from_secs(45)).await;
    for _ in 0..99 {
        limiter.take(Duration::ZERO).await.unwrap();
    }
    assert!(limiter.take(Duration::ZERO).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_429_quiets_everybody_who_shares_the_key() {
    let (peer, agent) = pair();
    let limiter: Arc<Limiter> = Arc::default();
    let agent = agent.sharing(Arc::clone(&limiter));
    let other =
        OpenCx::new(settings(KEY), Arc::<Peer>::clone(&peer), ManualClock::starting_at(WRITTEN_AT)).sharing(limiter);
    peer.trouble("/send", Trouble::Status { status: 429, retry_after: Some("20".into()) });
    assert!(agent.ask(&question("Hi")).await.is_err());
    let began = Instant::now();
    assert!(other.ask(&question("Hi")).await.is_ok());
    assert_eq!(began.elapsed(), Duration::from_secs(20));
}
