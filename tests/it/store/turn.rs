//! Turns: what they bind, how they end early, what they journal.

use hubspot_bridge::domain::{EventKind, Lane, MessageId, NewEvent, Schedule, State};
use hubspot_bridge::store::{Error, Renewal, StepResult, StepStatus};

use super::house::{
    House, SECOND, START, TTL, assignment, change, connection, event, ids, intent, message, quiet, thread,
};

pub async fn binds_what_is_due_oldest_first(house: House) {
    let stored =
        house.append(vec![message("1", "a"), message("2", "x"), assignment("1", "o"), message("1", "b")]).await;
    let (lease, turn) = house.begin().await;
    assert_eq!(lease.key.to_string(), "acme/thread/1");
    assert_eq!(ids(&turn.events), [stored.ids[0], stored.ids[2], stored.ids[3]]);
    assert_eq!((turn.run, turn.crashed, turn.extended, turn.opened_at), (1, false, false, START));
    for event in &turn.events {
        assert_eq!((event.state, event.attempts, event.turn), (State::Running, 1, Some(turn.id)));
    }
    // What arrives now waits for the next turn.
    house.append(vec![message("1", "late")]).await;
    assert_eq!(house.event(stored.ids[0]).await.state, State::Running);
    assert_eq!(house.store().stats().await.expect("read").open_events, 5);
}

pub async fn binds_at_most_its_share(house: House) {
    house.append((0..150).map(|n| message("1", &format!("m{n}"))).collect()).await;
    house.append((0..1_100).map(|n| change("7", "stage", &format!("t{n}"))).collect()).await;
    let (lease, turn) = house.begin().await;
    assert_eq!(turn.events.len(), 100);
    house.finish(&lease, &turn).await;
    let (lease, turn) = house.begin().await;
    assert_eq!(turn.events.len(), 50);
    house.finish(&lease, &turn).await;
    let lease = house.lease_ticket().await;
    assert_eq!(house.open(&lease).await.events.len(), 1_000);
}

pub async fn gives_back_a_lease_with_nothing_to_do(house: House) {
    let stored = house.append(vec![message("1", "a")]).await;
    let lease = house.lease().await;
    let skip = hubspot_bridge::store::Operation::Skip { event: stored.ids[0] };
    house.store().operate(skip).await.expect("skipped");
    assert_eq!(house.store().open_turn(&lease).await.expect("answered"), None);
    assert!(matches!(house.store().renew(&lease).await, Ok(Renewal::Lost)));
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
}

pub async fn joins_late_messages_once(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, _) = house.begin().await;
    let swept = NewEvent { message_id: Some("s".into()), ..event(EventKind::Swept, thread("1"), "s") };
    let late = house.append(vec![quiet("1", "b"), assignment("1", "o"), swept]).await;
    let joined = house.store().extend_turn(&lease).await.expect("extended");
    assert_eq!(ids(&joined), [late.ids[0], late.ids[2]]);
    house.append(vec![message("1", "c")]).await;
    assert_eq!(house.store().extend_turn(&lease).await.expect("answered"), []);

    house.store().intend(&lease, intent("ask_agent", "x")).await.expect("journalled");
    house.advance(TTL);
    let (lease, turn) = house.begin().await;
    assert_eq!((turn.events.len(), turn.extended), (3, true));
    assert_eq!(house.store().extend_turn(&lease).await.expect("answered"), []);
    house.finish(&lease, &turn).await;
    let (_, turn) = house.begin().await;
    assert_eq!((turn.events.len(), turn.extended), (2, false));
}

pub async fn shows_what_waits_unbound(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, _) = house.begin().await;
    let late = house.append((0..60).map(|n| quiet("1", &format!("l{n}"))).collect()).await;
    let waiting = house.store().waiting(&lease).await.expect("read");
    assert_eq!(ids(&waiting), late.ids[..50]);
    assert!(waiting.iter().all(|event| event.state == State::Pending));
}

pub async fn dissolves_without_steps(house: House) {
    let stored = house.append(vec![message("1", "a"), quiet("1", "q")]).await;
    house.advance(3 * SECOND);
    let (lease, first) = house.begin().await;
    assert_eq!(first.events.len(), 2);
    house.store().defer(&lease, house.now().after(60 * SECOND), "waits for the e-mail delay", false).await.expect("ok");
    assert_eq!(house.event(stored.ids[0]).await.state, State::Pending);

    let newer = house.append(vec![message("1", "b")]).await;
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
    house.advance(60 * SECOND);
    let (lease, turn) = house.begin().await;
    assert_eq!(lease.attempts, 0);
    assert_eq!(ids(&turn.events), [stored.ids[0], stored.ids[1], newer.ids[0]]);
    assert_eq!((turn.events[0].attempts, turn.events[2].attempts, turn.crashed), (2, 1, false));

    house.store().defer(&lease, house.now(), "agent is down", true).await.expect("deferred");
    let (lease, turn) = house.begin().await;
    assert_eq!((lease.attempts, turn.events.len()), (1, 3));
    let history = house.store().event(stored.ids[0]).await.expect("read").expect("there");
    let notes: Vec<_> = history.runs.iter().map(|run| run.note.as_deref()).collect();
    assert_eq!(notes, [Some("waits for the e-mail delay"), Some("agent is down"), None]);
    let history = house.store().event(newer.ids[0]).await.expect("read").expect("there");
    assert_eq!(history.runs.len(), 2, "it was not part of the first run");
}

pub async fn stays_open_with_steps(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, first) = house.begin().await;
    house.store().intend(&lease, intent("ask_agent", "question")).await.expect("journalled");
    house.store().defer(&lease, house.now().after(60 * SECOND), "429", true).await.expect("deferred");
    house.append(vec![message("1", "b")]).await;
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
    house.advance(60 * SECOND);
    let (lease, turn) = house.begin().await;
    assert_eq!((turn.id, turn.run, turn.crashed, turn.events.len()), (first.id, 2, false, 1));
    assert_eq!((lease.attempts, turn.events[0].attempts), (1, 2));
    assert_eq!(turn.steps[0].text.as_deref(), Some("question"));
}

pub async fn journals_steps(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, _) = house.begin().await;
    let store = house.store();
    let result = |status, text: Option<&str>, posted: Option<&str>| StepResult {
        status,
        result: Some("{\"v\":1}".to_owned()),
        text: text.map(str::to_owned),
        posted: posted.map(MessageId::from),
    };
    store.intend(&lease, intent("ask_agent", "question")).await.expect("journalled");
    store.settle(&lease, "ask_agent", result(StepStatus::Done, Some("answer"), None)).await.expect("journalled");
    store.intend(&lease, intent("post_reply", "answer")).await.expect("journalled");
    store.settle(&lease, "post_reply", result(StepStatus::NotSent, None, None)).await.expect("journalled");
    house.advance(SECOND);
    store.intend(&lease, intent("post_reply", "answer again")).await.expect("may be tried again");
    store.settle(&lease, "assign", result(StepStatus::Skipped, None, None)).await.expect("needs no intent");
    let again = store.intend(&lease, intent("ask_agent", "question")).await;
    assert!(matches!(again, Err(Error::Refused(_))), "{again:?}");

    house.advance(TTL);
    let (lease, turn) = house.begin().await;
    let steps: Vec<_> =
        turn.steps.iter().map(|step| (step.name.as_str(), step.status, step.text.as_deref(), step.run)).collect();
    assert_eq!(
        steps,
        [
            ("ask_agent", StepStatus::Done, Some("answer"), 1),
            ("post_reply", StepStatus::Intended, Some("answer again"), 1),
            ("assign", StepStatus::Skipped, None, 1),
        ]
    );
    assert_eq!((turn.steps[1].intended_at, turn.steps[1].settled_at), (START, None));
    assert_eq!(turn.steps[1].anchor, Some(MessageId::from("anchor")));

    store.settle(&lease, "post_reply", result(StepStatus::Done, None, Some("ours"))).await.expect("journalled");
    let asked = [MessageId::from("theirs"), MessageId::from("ours")];
    assert_eq!(store.posted(&connection("acme"), &asked).await.expect("read"), [MessageId::from("ours")]);
    assert_eq!(store.posted(&connection("globex"), &asked).await.expect("read"), []);
}

pub async fn resumes_after_a_lost_lease(house: House) {
    let stored = house.append(vec![message("1", "a")]).await;
    let (_, first) = house.begin().await;
    house.append(vec![message("1", "b"), NewEvent { schedule: Schedule::Now, ..message("1", "c") }]).await;
    house.advance(TTL);
    let (lease, turn) = house.begin().await;
    assert_eq!((turn.id, turn.run, turn.crashed), (first.id, 2, true));
    assert_eq!(ids(&turn.events), stored.ids);
    assert_eq!(lease.attempts, 1, "the run that was lost was an attempt");
    let history = house.store().event(stored.ids[0]).await.expect("read").expect("there");
    assert_eq!((history.runs[0].note.as_deref(), history.runs[0].ended_at), (Some("crashed"), None));
}
