//! Calls that get no answer: what certainly did not happen, what may have, and how long the client waits.

use std::time::Duration;

use hubspot_bridge::hubspot::{Class, Effect as Happened, Error};
use hubspot_bridge::sandbox::portal::{Effect, Fault};
use tokio::time::Instant;

use super::{ANY, Desk, TIMEOUT};

/// A comment under one fault: how it ended, how many comments there are, and how long it took.
async fn comment(effect: Effect) -> (Result<(), Error>, usize, Duration) {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    desk.add_fault(Fault::times(1, "POST", ANY, effect));
    let began = Instant::now();
    let result = desk.client.post_comment(&thread, "note", None).await.map(drop);
    (result, desk.texts(&thread).len() - 1, began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn only_what_never_left_is_certainly_not_sent() {
    let none = Duration::ZERO;
    let rows = [
        (Effect::Refuse, Happened::NotSent, 0, none),
        (Effect::CutBefore, Happened::Unclear, 0, none),
        (Effect::CutAfter, Happened::Unclear, 1, none),
        (Effect::Timeout { acted: false }, Happened::Unclear, 0, TIMEOUT),
        (Effect::Timeout { acted: true }, Happened::Unclear, 1, TIMEOUT),
        (Effect::Delay { ms: 60_000 }, Happened::Unclear, 1, TIMEOUT),
    ];
    for (effect, happened, comments, took) in rows {
        let name = format!("{effect:?}");
        let (result, there, waited) = comment(effect).await;
        let error = result.unwrap_err();
        assert_eq!((error.effect, error.class), (happened, Class::Retry { after: None }), "{name}");
        assert_eq!((there, waited), (comments, took), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_is_an_answer() {
    let (result, there, waited) = comment(Effect::Delay { ms: 9_000 }).await;
    assert!(result.is_ok());
    assert_eq!((there, waited), (1, Duration::from_secs(9)));
}

#[tokio::test(start_paused = true)]
async fn a_call_can_be_given_less_time_and_never_more() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    for (limit, waits) in [(Duration::from_secs(3), Duration::from_secs(3)), (Duration::from_mins(1), TIMEOUT)] {
        desk.add_fault(Fault::times(1, "GET", ANY, Effect::Timeout { acted: false }));
        let began = Instant::now();
        let error = desk.client.within(limit).thread(&thread).await.unwrap_err();
        assert_eq!((error.effect, began.elapsed()), (Happened::Unclear, waits));
    }
}

/// A client makes one attempt: the mailbox owns retries.
#[tokio::test(start_paused = true)]
async fn nothing_is_tried_twice() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    for effect in [Effect::Refuse, Effect::CutBefore, Effect::CutAfter, Effect::Timeout { acted: false }] {
        let before = desk.calls().len();
        desk.add_fault(Fault::times(1, "GET", ANY, effect));
        assert!(desk.client.thread(&thread).await.is_err());
        assert_eq!(desk.calls().len() - before, 1);
    }
}
