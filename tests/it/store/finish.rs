//! The end of a turn: all of it in one transaction, or none.

use hubspot_bridge::domain::{
    Ending, EventId, Lane, Outcome, Reason, SessionPatch, SessionState, State, ThreadId, TicketId,
};
use hubspot_bridge::store::{Batch, Error, Finish, SessionChange, SessionKey, StepResult, StepStatus};

use super::house::{
    House, SECOND, change, connection, finish, ids, intent, key, message, quiet, replied, thread, ticket,
};

fn session(version: i64, patch: SessionPatch) -> SessionChange {
    SessionChange {
        key: SessionKey::Thread(connection("acme"), ThreadId::from("1")),
        version,
        patch,
        followups: Vec::new(),
    }
}

pub async fn demands_one_ending_for_each_event(house: House) {
    house.append(vec![message("1", "a"), message("1", "b"), message("2", "x")]).await;
    let (lease, turn) = house.begin().await;
    let all = replied(&turn);
    let reasonless = Ending { outcome: Outcome::Skipped, ..all[1].clone() };
    let wrong = [
        vec![all[0].clone()],
        vec![all[0].clone(), all[0].clone()],
        vec![all[0].clone(), all[1].clone(), Ending::done(EventId(999), Outcome::Replied)],
        vec![all[0].clone(), reasonless],
    ];
    for endings in wrong {
        let refused = house.store().finish(&lease, Finish { endings, ..Finish::default() }).await;
        assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
        assert_eq!(house.event(turn.events[0].id).await.state, State::Running);
    }
    house.finish(&lease, &turn).await;
}

pub async fn ends_its_events(house: House) {
    house.append(vec![message("1", "a"), message("1", "b")]).await;
    let (lease, turn) = house.begin().await;
    house.advance(SECOND);
    let endings = vec![
        Ending::skipped(turn.events[0].id, Reason::AutoReply).detail("Auto-Submitted"),
        Ending::done(turn.events[1].id, Outcome::HandedOff).because(Reason::Stale),
    ];
    let patch = SessionPatch { state: Some(SessionState::HandedOff), ..SessionPatch::default() };
    let sessions = vec![session(0, patch)];
    house.store().finish(&lease, Finish { endings, sessions, ..Finish::default() }).await.expect("finished");

    let skipped = house.event(turn.events[0].id).await;
    assert_eq!((skipped.state, skipped.outcome), (State::Skipped, Some(Outcome::Skipped)));
    assert_eq!((skipped.reason, skipped.detail.as_deref()), (Some(Reason::AutoReply), Some("Auto-Submitted")));
    assert_eq!((skipped.finished_at, skipped.due_at), (Some(house.now()), None));
    let done = house.event(turn.events[1].id).await;
    assert_eq!((done.state, done.outcome, done.reason), (State::Done, Some(Outcome::HandedOff), Some(Reason::Stale)));
    let begun = house.store().session(&session(0, SessionPatch::default()).key).await.expect("read").expect("there");
    assert_eq!((begun.version, begun.state), (1, SessionState::HandedOff));
    assert_eq!(done.session, Some(begun.id), "the thread's session, though this very turn began it");
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
}

pub async fn fails_whole_on_a_session_conflict(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, turn) = house.begin().await;
    let store = house.store();
    store.patch_session(session(0, SessionPatch::default())).await.expect("created");
    let patch = SessionPatch { agent_session_id: Some("s".to_owned()), ..SessionPatch::default() };
    let wanted = |version| Finish {
        sessions: vec![session(version, patch.clone())],
        followups: vec![message("2", "follow-up")],
        own_writes: vec![(TicketId::from("7"), "stage".to_owned(), "h".to_owned())],
        ..finish(&turn)
    };
    for version in [0, 7] {
        let failed = store.finish(&lease, wanted(version)).await;
        assert!(matches!(failed, Err(Error::VersionConflict)), "{failed:?}");
    }
    assert_eq!(house.event(turn.events[0].id).await.state, State::Running);
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
    assert_eq!(store.own_writes(&connection("acme"), &TicketId::from("7")).await.expect("read"), []);
    store.finish(&lease, wanted(1)).await.expect("on the version it read");
}

pub async fn returns_what_the_turn_was_not_about(house: House) {
    let stored = house.append(vec![message("1", "a"), quiet("1", "q"), message("1", "b")]).await;
    house.advance(3 * SECOND);
    let (lease, turn) = house.begin().await;
    house.store().intend(&lease, intent("ask_agent", "question")).await.expect("journalled");
    let ended = vec![Ending::done(stored.ids[0], Outcome::Replied)];
    let both = Finish { endings: replied(&turn), returned: vec![stored.ids[1]], ..Finish::default() };
    let refused = house.store().finish(&lease, both).await;
    assert!(matches!(refused, Err(Error::Refused(_))), "{refused:?}");
    let wanted = Finish { endings: ended, returned: stored.ids[1..].to_vec(), ..Finish::default() };
    house.store().finish(&lease, wanted).await.expect("finished");
    assert_eq!(house.event(stored.ids[0]).await.state, State::Done);
    let (_, next) = house.begin().await;
    assert_eq!(ids(&next.events), stored.ids[1..], "at once, in their order");
    assert_ne!(next.id, turn.id);
    assert_eq!(next.steps, [], "nothing of the other turn's journal");
}

pub async fn stores_follow_ups(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, turn) = house.begin().await;
    let watch = house.interrupts.watch(&key(thread("2")));
    let wanted = Finish {
        followups: vec![message("1", "own"), message("2", "other"), message("1", "a")],
        mark_dirty: vec![(key(ticket("7")), "*".to_owned())],
        ..finish(&turn)
    };
    house.store().finish(&lease, wanted).await.expect("finished");
    watch.raised().await;
    assert_eq!(house.event(turn.events[0].id).await.seen, 2, "a follow-up may be a duplicate too");
    assert_eq!(house.claimable(Lane::Conversation, 9).await, ["acme/thread/1", "acme/thread/2"]);
    let lease = house.lease_ticket().await;
    assert_eq!(house.open(&lease).await.dirty, ["*"]);
}

pub async fn keeps_marks_made_meanwhile(house: House) {
    let marks = |properties: &[&str]| Batch {
        events: Vec::new(),
        dirty: properties.iter().map(|property| (key(ticket("7")), (*property).to_owned())).collect(),
    };
    house.store().append(marks(&["stage", "priority"])).await.expect("stored");
    let lease = house.lease_ticket().await;
    let turn = house.open(&lease).await;
    assert_eq!(turn.dirty, ["priority", "stage"]);
    house.store().append(marks(&["stage", "owner"])).await.expect("stored");
    house.finish(&lease, &turn).await;
    let lease = house.lease_ticket().await;
    let turn = house.open(&lease).await;
    assert_eq!(turn.dirty, ["owner", "stage"]);
    house.finish(&lease, &turn).await;
    assert_eq!(house.claim(Lane::Ticket, 1).await, []);
}

pub async fn remembers_own_writes(house: House) {
    house.append(vec![change("7", "stage", "a"), change("8", "stage", "b")]).await;
    for (hash, seven) in [("h1", true), ("h2", false)] {
        let lease = house.lease_ticket().await;
        let turn = house.open(&lease).await;
        assert_eq!(lease.key.object == ticket("7"), seven);
        let own_writes = vec![(TicketId::from("7"), "stage".to_owned(), hash.to_owned())];
        house.store().finish(&lease, Finish { own_writes, ..finish(&turn) }).await.expect("finished");
    }
    let seven = TicketId::from("7");
    let written = house.store().own_writes(&connection("acme"), &seven).await.expect("read");
    assert_eq!(written, [("stage".to_owned(), "h2".to_owned())]);
    assert_eq!(house.store().own_writes(&connection("globex"), &seven).await.expect("read"), []);
}

pub async fn erases_texts_only(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, turn) = house.begin().await;
    house.store().intend(&lease, intent("post_reply", "Dear customer")).await.expect("journalled");
    let result = StepResult {
        status: StepStatus::Done,
        result: Some("{\"v\":1,\"id\":\"m9\"}".to_owned()),
        text: None,
        posted: Some("m9".into()),
    };
    house.store().settle(&lease, "post_reply", result).await.expect("journalled");
    house.finish(&lease, &turn).await;
    let history = house.store().event(turn.events[0].id).await.expect("read").expect("there");
    let step = &history.runs[0].steps[0];
    assert_eq!((step.text.as_deref(), step.text_hash.as_deref()), (None, Some("hash")));
    assert_eq!(step.result.as_deref(), Some("{\"v\":1,\"id\":\"m9\"}"));
    assert_eq!(history.runs[0].note.as_deref(), Some("finished"));
}

pub async fn makes_what_waits_due_again(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, _) = house.begin().await;
    house.store().defer(&lease, house.now(), "agent is down", true).await.expect("deferred");
    let (lease, turn) = house.begin().await;
    assert_eq!(lease.attempts, 1);
    let burst = house.append(vec![quiet("1", "b")]).await;
    house.finish(&lease, &turn).await;
    assert_eq!(house.claim(Lane::Conversation, 1).await, []);
    house.advance(3 * SECOND);
    let (lease, turn) = house.begin().await;
    assert_eq!((ids(&turn.events), lease.attempts), (burst.ids, 0));
}

pub async fn remembers_when_tickets_were_updated(mut house: House) {
    let (seven, eight) = (TicketId::from("7"), TicketId::from("8"));
    let updated = async |house: &House, name: &str, ticket: &TicketId| {
        house.store().ticket_updated_at(&connection(name), ticket).await.expect("read")
    };
    assert_eq!(updated(&house, "acme", &seven).await, None);
    for name in ["a", "b"] {
        house.advance(SECOND);
        house.append(vec![change("7", "stage", name)]).await;
        let lease = house.lease_ticket().await;
        let turn = house.open(&lease).await;
        let wanted = Finish { updated_tickets: vec![seven.clone()], ..finish(&turn) };
        house.store().finish(&lease, wanted).await.expect("finished");
        assert_eq!(updated(&house, "acme", &seven).await, Some(house.now()), "the newest counts");
    }
    assert_eq!(updated(&house, "acme", &eight).await, None);
    assert_eq!(updated(&house, "globex", &seven).await, None);
    if house.durable() {
        let at = house.now();
        house.crash().await;
        assert_eq!(updated(&house, "acme", &seven).await, Some(at));
    }
}

pub async fn keeps_a_step_that_failed_for_good(house: House) {
    house.append(vec![message("1", "a")]).await;
    let (lease, _) = house.begin().await;
    house.store().intend(&lease, intent("take", "{}")).await.expect("journalled");
    let result = Some("{\"v\":1}".to_owned());
    let failed = StepResult { status: StepStatus::Failed, result: result.clone(), text: None, posted: None };
    house.store().settle(&lease, "take", failed).await.expect("journalled");
    house.store().defer(&lease, house.now(), "later", true).await.expect("deferred");
    let (lease, turn) = house.begin().await;
    assert_eq!((turn.steps[0].status, &turn.steps[0].result), (StepStatus::Failed, &result));
    house.finish(&lease, &turn).await;
    let history = house.store().event(turn.events[0].id).await.expect("read").expect("there");
    let steps: Vec<_> = history.runs.iter().flat_map(|run| &run.steps).map(|step| step.status).collect();
    assert_eq!(steps, [StepStatus::Failed]);
}
