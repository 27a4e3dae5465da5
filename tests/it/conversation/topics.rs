//! Topic rules at work: ignored, escalated, drafted, answered; what the reps and the ledger are told, and that what was
//! ignored stays out of the way.

use std::time::Duration;

use hubspot_bridge::config::{Config, Matcher, Topic, TopicAction};
use hubspot_bridge::domain::{Mode, SessionState};

use super::house::{House, acme};

const DETAIL: &str = "topic rule `the rule`";

fn rule(word: &str, action: TopicAction) -> Topic {
    let matches = vec![Matcher::Keyword(word.to_owned())];
    Topic { name: "the rule".to_owned(), matches, channels: vec![], languages: vec![], action }
}

/// Messages that say "casino" are subject to the action.
fn casino(action: TopicAction) -> impl FnOnce(&mut Config) {
    move |config| acme(config).topics = vec![rule("casino", action)]
}

impl House {
    async fn detail(&self, message: &hubspot_bridge::domain::MessageId) -> Option<String> {
        self.event(message).await.detail
    }
}

#[tokio::test(start_paused = true)]
async fn an_ignored_message_leaves_no_trace_and_later_ones_are_answered_without_it() {
    let mut house = House::with(casino(TopicAction::Ignore)).await;
    let spam = house.chat("Casino! Casino!");
    house.until_quiet().await;
    assert_eq!(house.outcome(&spam.message).await, "skipped/topic_ignored");
    assert_eq!(house.detail(&spam.message).await.as_deref(), Some(DETAIL));
    assert!(house.session(&spam.thread).await.is_none(), "the AI has no part in it");
    let question = house.chat_on(&spam.thread, "Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcome(&question).await, "replied");
    assert_eq!(house.agent.asked(), [["Where is my parcel?"]], "the ignored one was not overlooked");

    let again = house.chat_on(&spam.thread, "casino");
    house.until_quiet().await;
    let through = house.session(&spam.thread).await.unwrap().answered_through.unwrap();
    assert_eq!(through.message, question, "what is ignored is not answered");
    let last = house.chat_on(&spam.thread, "And the other one?");
    house.until_quiet().await;
    assert_eq!(
        (house.outcome(&again).await, house.outcome(&last).await),
        ("skipped/topic_ignored".into(), "replied".into())
    );
    assert_eq!(house.agent.asked().last().unwrap(), &["And the other one?"]);
    assert_eq!(house.public_posts(&spam.thread).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn ignored_messages_stay_ignored_across_sweeps_and_redeliveries() {
    let mut house = House::with(casino(TopicAction::Ignore)).await;
    let spam = house.chat("casino");
    house.until_quiet().await;
    house.run_for(Duration::from_mins(10)).await;
    house.crash_and_restart().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&spam.message).await, "skipped/topic_ignored");
    assert!(house.agent.asked().is_empty());
    assert!(house.public_posts(&spam.thread).is_empty() && house.comments(&spam.thread).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_ignored_only_as_a_whole() {
    let mut house = House::with(casino(TopicAction::Ignore)).await;
    let first = house.chat("casino");
    let second = house.chat_on(&first.thread, "Where is my parcel?");
    house.until_quiet().await;
    assert_eq!(house.outcomes(&first.thread).await, ["merged", "replied"]);
    assert_eq!(house.agent.asked(), [["casino", "Where is my parcel?"]]);
    assert_eq!(house.detail(&second).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_escalated_message_goes_to_a_human_without_the_agent() {
    let mut house = House::with(casino(TopicAction::Escalate)).await;
    let asked = house.chat("I lost everything in your CASINO");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/topic_escalated");
    assert!(house.detail(&asked.message).await.unwrap().starts_with(DETAIL));
    assert!(house.agent.asked().is_empty() && house.public_posts(&asked.thread).is_empty());
    let comments = house.comments(&asked.thread);
    assert!(comments.len() == 1 && comments[0].contains(DETAIL), "{comments:?}");
    assert_eq!(house.owner(&asked.thread), Some(house.default_user().to_string()));
    assert_eq!(house.session(&asked.thread).await.unwrap().state, SessionState::HandedOff);
}

#[tokio::test(start_paused = true)]
async fn words_that_escalate_cut_the_agent_short() {
    let mut house = House::with(casino(TopicAction::Escalate)).await;
    house.agent.thinks_for(20);
    let first = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(5)).await;
    assert_eq!(house.agent.asked().len(), 1);
    house.chat_on(&first.thread, "I need it for the casino");
    house.until_quiet().await;
    assert_eq!(house.outcomes(&first.thread).await, ["merged", "handed_off/topic_escalated"]);
    assert_eq!((house.agent.asked().len(), house.agent.cancelled()), (1, 1));
    assert!(house.public_posts(&first.thread).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_drafted_topic_is_answered_for_the_reps_in_both_modes() {
    for mode in [Mode::Autopilot, Mode::Assist] {
        let mut house = House::with(|config| {
            casino(TopicAction::Draft)(config);
            acme(config).mode = mode;
        })
        .await;
        let asked = house.chat("Do you run a casino?");
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "drafted/topic_escalated", "{mode:?}");
        assert_eq!(house.detail(&asked.message).await.as_deref(), Some(DETAIL));
        assert!(house.public_posts(&asked.thread).is_empty());
        let comments = house.comments(&asked.thread);
        assert!(comments.len() == 1 && comments[0].contains("answer to: Do you run a casino?"), "{comments:?}");
        assert!(comments[0].contains("not sent to the customer"), "{comments:?}");
        assert_eq!(house.owner(&asked.thread), None, "nothing changes hands");

        let next = house.chat_on(&asked.thread, "And parcels?");
        house.until_quiet().await;
        let expected = if mode == Mode::Assist { "drafted" } else { "replied" };
        assert_eq!(house.outcome(&next).await, expected);
        assert_eq!(house.agent.asked().last().unwrap(), &["And parcels?"], "the drafted one is settled");
    }
}

#[tokio::test(start_paused = true)]
async fn in_assist_mode_an_escalation_is_advice() {
    let mut house = House::with(|config| {
        casino(TopicAction::Escalate)(config);
        acme(config).mode = Mode::Assist;
    })
    .await;
    let asked = house.chat("casino");
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "drafted/topic_escalated");
    assert!(house.agent.asked().is_empty());
    let comments = house.comments(&asked.thread);
    assert!(comments.len() == 1 && comments[0].contains("suggests that a human answers"), "{comments:?}");
    assert_eq!(house.owner(&asked.thread), None);
}

#[tokio::test(start_paused = true)]
async fn a_drafted_reply_is_still_a_draft_after_a_crash() {
    let mut house = House::with(casino(TopicAction::Draft)).await;
    let asked = house.chat("casino");
    let thread = asked.thread.clone();
    house.run_until("the draft is in the thread", |h| !h.comments(&thread).is_empty()).await;
    house.crash_and_restart().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "drafted/topic_escalated");
    assert_eq!((house.comments(&asked.thread).len(), house.agent.asked().len()), (1, 1));
    assert!(house.public_posts(&asked.thread).is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_language_of_a_short_message_is_that_of_its_burst() {
    let mut house = House::with(|config| {
        let mut german = rule("Casino", TopicAction::Escalate);
        german.languages = vec!["de".to_owned()];
        acme(config).topics = vec![german];
    })
    .await;
    let first = house.chat("Guten Tag, ich habe gestern bei Ihnen etwas bestellt und noch nichts gehört.");
    house.chat_on(&first.thread, "Casino?");
    let english = house.chat("Hello, I would like to know whether you are still running that casino.");
    house.until_quiet().await;
    assert_eq!(house.outcomes(&first.thread).await, ["merged", "handed_off/topic_escalated"]);
    assert_eq!(house.outcome(&english.message).await, "replied");
    assert!(house.comments(&first.thread)[0].contains("Language: de"), "{:?}", house.comments(&first.thread));
}

#[tokio::test(start_paused = true)]
async fn a_message_too_old_to_answer_goes_to_a_human_before_any_rule() {
    let mut house = House::unborn(casino(TopicAction::Ignore));
    let asked = house.chat("casino");
    tokio::time::sleep(Duration::from_hours(1)).await;
    house.start().await;
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off/stale");
}
