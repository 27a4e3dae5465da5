//! Calls that go out: what their answer means, and what is tried again how often.

use std::time::Duration;

use hubspot_bridge::agents::{Class, Effect as Sent};
use hubspot_bridge::sandbox::portal::{Effect, Fault};

use super::{answers, posts_tried};
use crate::conversation::agent::Move;
use crate::conversation::house::{House, acme};
use crate::conversation::record;

/// Elsewhere: the reply is sent, its status is not looked at, and the log says "answered". Here: `replied` means that
/// HubSpot took it; anything else is told to a human.
#[tokio::test(start_paused = true)]
async fn a_reply_counts_only_when_hubspot_took_it() {
    for code in [400, 403, 404, 409, 422, 500, 503] {
        let mut house = House::with(|config| config.delivery.max_attempts = 2).await;
        house.portal.add_fault(Fault::times(10_000, "POST", record::MESSAGES, answers(code)));
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        assert!(house.public_posts(&asked.thread).is_empty(), "{code}");
        let outcome = house.outcome(&asked.message).await;
        assert!(outcome.starts_with("handed_off/") || outcome.starts_with("dead/"), "{code}: {outcome}");
        let owner = house.owner(&asked.thread);
        assert!(outcome.starts_with("dead/") || owner == Some(house.default_user().to_string()), "{code}: {owner:?}");
    }
}

/// Elsewhere: every 4xx is sent again until the end of days, and a 503 of a second loses the message. Here: what may pass
/// is tried again until it does, what was refused for good is tried once.
#[tokio::test(start_paused = true)]
async fn a_5xx_is_tried_again_and_a_4xx_is_not() {
    for code in [500, 502, 503, 504] {
        let mut house = House::new().await;
        house.fault(3, "POST", record::MESSAGES, answers(code));
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "replied", "{code}");
        assert_eq!((posts_tried(&house, &asked.thread), house.public_posts(&asked.thread).len()), (4, 1), "{code}");
    }
    for code in [400, 422] {
        let mut house = House::new().await;
        house.fault(1, "POST", record::MESSAGES, answers(code));
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "handed_off/rejected_by_hubspot", "{code}");
        assert_eq!(posts_tried(&house, &asked.thread), 2, "{code}: the reply once, then the comment for the reps");
        assert!(house.public_posts(&asked.thread).is_empty(), "{code}");
    }
}

/// Elsewhere: `retries: 3` stands in the settings and the code path that reads it is never taken. Here: the numbers of the
/// settings are what is counted at the other end.
#[tokio::test(start_paused = true)]
async fn a_retry_policy_runs_as_often_as_it_says() {
    for attempts in [1, 3, 5] {
        let mut house = House::with(|config| acme(config).agent.attempts = attempts).await;
        house.agent.fails(20);
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        assert_eq!(house.agent.asked().len(), usize::try_from(attempts).unwrap());
        assert_eq!(house.outcome(&asked.message).await, "handed_off/agent_failed");
    }
    for attempts in [2, 5] {
        let mut house = House::with(|config| config.delivery.max_attempts = attempts).await;
        // The thread's own failure: that of a HubSpot that takes nothing would count no attempt.
        house.fault(attempts, "POST", record::MESSAGES, answers(500));
        let asked = house.chat("Where is my parcel?");
        house.until_quiet().await;
        // Those that failed, and then the comment that tells the reps.
        assert_eq!(posts_tried(&house, &asked.thread), usize::try_from(attempts).unwrap() + 1);
        assert_eq!(house.outcome(&asked.message).await, "handed_off/outcome_unknown");
    }
}

/// Elsewhere: a timer runs from the arrival of the message, the own queue, rate limit or database is slow, and the customer
/// is told "we could not answer" a moment before the answer comes. Here: the agent's time begins when it is asked and
/// runs on while we look elsewhere; nothing but the agent's own failure counts as one.
#[tokio::test(start_paused = true)]
async fn our_own_slowness_is_not_the_agents_failure() {
    for remembers in [false, true] {
        let mut house = House::with(|config| acme(config).agent.attempts = 1).await;
        if remembers {
            house.agent.remembers();
        }
        house.agent.thinks_for(50);
        // HubSpot takes eight seconds for each call; the agent may take a minute.
        house.portal.add_fault(Fault::times(10_000, "GET", record::THREAD, Effect::Delay { ms: 8_000 }));
        house.portal.add_fault(Fault::times(10_000, "GET", record::MESSAGES, Effect::Delay { ms: 8_000 }));
        let asked = house.chat("Where is my parcel?");
        house.run_until("the agent is asked", |h| !h.agent.asked().is_empty()).await;
        house.run_for(Duration::from_secs(15)).await;
        // Each of these makes the turn look, which takes sixteen seconds and more.
        let rep = house.rep();
        house.portal.rep_comments(&asked.thread, &rep, "a note").unwrap();
        let ai = house.ai();
        house.assign(&asked.thread, Some(&ai));
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "replied", "an agent that remembers: {remembers}");
        assert_eq!((house.agent.asked().len(), house.agent.cancelled()), (1, 0));
        assert_eq!(house.public_posts(&asked.thread).len(), 1);
        assert!(house.comments(&asked.thread).is_empty());
    }
    // A real failure of the agent's still counts.
    let mut house = House::with(|config| acme(config).agent.attempts = 1).await;
    house.agent.next(Move::Fail(Sent::NotSent, Class::Retry { after: None }));
    let asked = house.chat("Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/agent_failed");
}
