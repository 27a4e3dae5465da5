//! Looking into OpenCX's history after an unclear end.

use std::time::Duration;

use hubspot_bridge::agents::{Agent, Answer, Class, Decision, Effect, Question, Recall};
use hubspot_bridge::domain::Timestamp;
use serde_json::{Value, json};

use super::opencx::pair;
use super::peer::{Act, Style, Trouble, Turn, message};
use super::question::{WRITTEN_AT, question};

const TEXT: &str = "Where is  my parcel?\n";

fn at(seconds: u64) -> Timestamp {
    WRITTEN_AT.after(Duration::from_secs(seconds))
}

/// When the unclear call began.
const ASKED_AT: Timestamp = Timestamp(WRITTEN_AT.0 + 100_000);

fn answered(text: &str) -> Recall {
    Recall::Answered(Answer::new(Decision::Reply { text: text.into() }))
}

/// What is recalled of [`TEXT`] when the history is this: in each format, each order, and in pages of each size.
async fn check(events: &[(u64, Value)], expect: &Recall) {
    for style in [Style::Y2024, Style::Newest] {
        for (size, newest_first) in [(50, false), (50, true), (2, false), (2, true), (1, false), (1, true)] {
            let (peer, agent) = pair();
            tokio::time::advance(Duration::from_secs(200)).await;
            peer.speak(style);
            peer.page(size, newest_first);
            peer.change("ses-1", |session| {
                session.events = events.iter().map(|(seconds, event)| (at(*seconds), event.clone())).collect();
            });
            let recalled = agent.recall(&question(TEXT), ASKED_AT).await;
            assert_eq!(recalled.as_ref(), Ok(expect), "{style:?}, pages of {size}, newest first: {newest_first}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_never_arrived_may_be_sent() {
    check(&[], &Recall::NotSent).await;
    let other =
        [(90, message("contact", "Hello")), (101, message("contact", "Where is it?")), (102, message("ai", "Here"))];
    check(&other, &Recall::NotSent).await;
    // The same words by somebody else, or of an earlier turn.
    let same = [(1, message("contact", TEXT)), (2, message("ai", "On its way.")), (101, message("ai", TEXT))];
    check(&same, &Recall::NotSent).await;
}

#[tokio::test(start_paused = true)]
async fn the_answer_that_was_missed_is_found() {
    let events = [
        (1, message("contact", TEXT)),
        (2, message("ai", "An older answer.")),
        (101, message("contact", "Where is my parcel?")),
        (101, message("ai", "On its way.")),
        (103, message("ai", "It comes tomorrow.")),
        (105, message("contact", "Thanks")),
        (106, message("ai", "You are welcome.")),
    ];
    check(&events, &answered("On its way.\n\nIt comes tomorrow.")).await;
}

#[tokio::test(start_paused = true)]
async fn the_newest_of_two_equal_messages_is_ours() {
    let twice = [
        (80, message("contact", TEXT)),
        (81, message("ai", "An older answer.")),
        (101, message("contact", TEXT)),
        (102, message("ai", "On its way.")),
    ];
    check(&twice, &answered("On its way.")).await;
}

#[tokio::test(start_paused = true)]
async fn pages_older_than_the_question_are_not_read() {
    let (peer, agent) = pair();
    tokio::time::advance(Duration::from_secs(200)).await;
    peer.page(2, true);
    peer.change("ses-1", |session| {
        session.events = (0..40).map(|seconds| (at(seconds), message("ai", "x"))).collect();
        session.events.push((at(101), message("contact", TEXT)));
        session.events.push((at(102), message("ai", "On its way.")));
    });
    assert_eq!(agent.recall(&question(TEXT), ASKED_AT).await, Ok(answered("On its way.")));
    assert_eq!(peer.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_clock_somewhat_behind_is_allowed_for() {
    check(&[(75, message("contact", TEXT)), (76, message("ai", "On its way."))], &answered("On its way.")).await;
    check(&[(65, message("contact", TEXT)), (66, message("ai", "On its way."))], &Recall::NotSent).await;
}

#[tokio::test(start_paused = true)]
async fn a_message_without_an_answer_is_not_sent_again() {
    check(&[(101, message("contact", TEXT))], &Recall::Unanswered).await;
    let next = [(101, message("contact", TEXT)), (102, message("contact", "Hello?")), (103, message("ai", "Hello!"))];
    check(&next, &Recall::Unanswered).await;
}

#[tokio::test(start_paused = true)]
async fn silence_by_choice_is_an_answer() {
    let events = [(101, message("contact", TEXT)), (102, json!({"type": "ai_decided_to_not_reply"}))];
    check(&events, &Recall::Answered(Answer::new(Decision::Nothing))).await;
}

#[tokio::test(start_paused = true)]
async fn a_human_in_the_history_is_a_handoff() {
    let taken = |kind: &str| json!({"type": kind, "human_agent_id": 7});
    for human in [
        taken("handoff"),
        taken("human_agent_takeover"),
        taken("human_agent_joined"),
        taken("agent_took_session_from_ai"),
        message("human_agent", "Let me see."),
    ] {
        let (peer, agent) = pair();
        tokio::time::advance(Duration::from_secs(200)).await;
        peer.change("ses-1", |session| {
            session.events = vec![
                (at(101), message("contact", TEXT)),
                (at(102), message("ai", "One moment.")),
                (at(103), human.clone()),
            ];
        });
        let recalled = agent.recall(&question(TEXT), ASKED_AT).await.unwrap();
        let words = match recalled {
            Recall::Answered(Answer { decision: Decision::Handoff { words, .. }, .. }) => words,
            Recall::Answered(_) | Recall::NotSent | Recall::Unanswered => panic!("{human}: {recalled:?}"),
        };
        assert_eq!(words.as_deref(), Some("One moment."));
    }
}

#[tokio::test(start_paused = true)]
async fn events_without_a_stamp_are_placed_by_their_neighbours() {
    let item =
        |created: Option<u64>, event: Value| json!({"created_at": created.map(|s| at(s).to_string()), "event": event});
    let recalled = async |items: Value| {
        let agent = super::reader::agent(Value::Null, json!({"items": items, "next": null}));
        agent.recall(&question(TEXT), ASKED_AT).await.unwrap()
    };
    let ours = || item(None, message("contact", TEXT));
    let old = json!([ours(), item(Some(2), message("ai", "An older answer."))]);
    assert_eq!(recalled(old).await, Recall::NotSent);
    let new = json!([item(Some(2), message("ai", "x")), ours(), item(Some(102), message("ai", "On its way."))]);
    assert_eq!(recalled(new).await, answered("On its way."));
    assert_eq!(recalled(json!([ours(), item(None, message("ai", "On its way."))])).await, answered("On its way."));
}

#[tokio::test(start_paused = true)]
async fn an_unclear_ask_is_resolved_by_recall() {
    for (trouble, expect) in [
        (Trouble::Cut { acted: true }, answered("On its way.")),
        (Trouble::Hang { acted: true }, answered("On its way.")),
        (Trouble::Garbage, answered("On its way.")),
        (Trouble::Cut { acted: false }, Recall::NotSent),
        (Trouble::Hang { acted: false }, Recall::NotSent),
    ] {
        let (peer, agent) = pair();
        peer.think(|_| Turn { thinking: Duration::from_secs(3), act: Act::Reply("On its way.".into()) });
        peer.trouble("/send", trouble.clone());
        let asked_at = WRITTEN_AT.after(Duration::from_secs(2));
        let error = agent.ask(&question(TEXT)).await.unwrap_err();
        assert_eq!(error.effect, Effect::Unclear);
        assert_eq!(agent.recall(&question(TEXT), asked_at).await, Ok(expect), "{trouble:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_still_being_thought_of_is_awaited() {
    let (peer, agent) = pair();
    peer.script(Turn { thinking: Duration::from_secs(90), act: Act::Reply("On its way.".into()) });
    let asked_at = WRITTEN_AT.after(Duration::from_secs(2));
    assert_eq!(agent.ask(&question(TEXT)).await.unwrap_err().effect, Effect::Unclear);
    assert_eq!(agent.recall(&question(TEXT), asked_at).await, Ok(Recall::Unanswered));
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!(agent.recall(&question(TEXT), asked_at).await, Ok(answered("On its way.")));
    assert_eq!(peer.heard("ses-1"), [TEXT.trim()]);
}

#[tokio::test(start_paused = true)]
async fn a_look_up_that_fails_makes_nothing_clearer() {
    for trouble in [Trouble::Connect, Trouble::Status { status: 429, retry_after: None }, Trouble::Garbage] {
        let (peer, agent) = pair();
        peer.trouble("/history", trouble.clone());
        let error = agent.recall(&question(TEXT), ASKED_AT).await.unwrap_err();
        assert_eq!((error.operation, error.effect), ("recall", Effect::Unclear), "{trouble:?}");
        assert_ne!(error.class, Class::Permanent);
    }
    let (peer, agent) = pair();
    peer.page(1, false);
    peer.change("ses-1", |session| session.events = vec![(WRITTEN_AT, message("ai", "x")); 11]);
    let error = agent.recall(&question(TEXT), ASKED_AT).await.unwrap_err();
    assert!(error.detail.contains("10 pages"), "{error}");
    assert_eq!(peer.requests().len(), 10);

    let unopened = Question { agent_session_id: None, ..question(TEXT) };
    assert_eq!(agent.recall(&unopened, ASKED_AT).await, Ok(Recall::NotSent));
}
