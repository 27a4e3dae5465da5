//! `why`: what people are told.

use hubspot_bridge::admin::why::{Known, Story};
use hubspot_bridge::domain::{
    ConnectionName, Event, EventId, EventKind, MailboxKey, MessageId, Mode, Object, Outcome, Reason, Session,
    SessionId, SessionState, State, ThreadId, Timestamp, TurnId,
};
use hubspot_bridge::store::types::{EventHistory, Found, MailboxStatus, RunRecord};
use hubspot_bridge::store::{Hold, StepRecord, StepStatus};

use super::house::START;

pub(super) fn tell(found: &Found, holds: &[Hold], now: Timestamp) -> Story {
    let known = Known { found: found.clone(), ..Known::default() };
    hubspot_bridge::admin::why::tell(&known, holds, now)
}

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp(START.0 + seconds * 1_000)
}

pub(super) fn event(id: i64) -> Event {
    Event {
        id: EventId(id),
        connection: ConnectionName::from("acme"),
        object: Some(Object::Thread(ThreadId::from("t1"))),
        kind: EventKind::NewMessage,
        message_id: Some(MessageId::from("m1")),
        message_type: Some("MESSAGE".to_owned()),
        property: None,
        value: None,
        hubspot_event_id: None,
        app_id: None,
        source: None,
        occurred_at: None,
        data: None,
        seen: 1,
        received_at: at(0),
        due_at: None,
        state: State::Pending,
        outcome: None,
        reason: None,
        detail: None,
        attempts: 0,
        finished_at: None,
        turn: None,
        session: None,
    }
}

pub(super) fn ended(outcome: Outcome, reason: Option<Reason>) -> Event {
    Event { state: outcome.state(), outcome: Some(outcome), reason, finished_at: Some(at(9)), ..event(1) }
}

pub(super) fn alone(event: Event) -> Found {
    Found { events: vec![EventHistory { event, runs: Vec::new(), past_ends: Vec::new() }], ..Found::default() }
}

pub(super) fn session(state: SessionState) -> Session {
    Session {
        agent_session_over: false,
        id: SessionId(1),
        connection: ConnectionName::from("acme"),
        thread_id: Some(ThreadId::from("t1")),
        ticket_id: None,
        contact_id: None,
        state,
        mode: Mode::Autopilot,
        agent_session_id: None,
        custom_data: [("priority".to_owned(), "canary".to_owned())].into(),
        custom_data_pending: false,
        answered_through: None,
        handed_off_at: None,
        ai_since: None,
        replies: Vec::new(),
        version: 1,
        created_at: at(1),
        updated_at: at(1),
    }
}

pub(super) fn mailbox() -> MailboxStatus {
    let key = MailboxKey { connection: ConnectionName::from("acme"), object: Object::Thread(ThreadId::from("t1")) };
    MailboxStatus { key, waiting: 2, due_at: Some(at(60)), attempts: 0, why: None, leased: false }
}

pub(super) fn texts(story: &Story) -> Vec<&str> {
    story.lines.iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn a_story_is_told_from_its_end() {
    let step = |name: &str, status, result: Option<&str>, seconds| StepRecord {
        name: name.to_owned(),
        status,
        act_deadline: at(70),
        anchor: None,
        text_hash: Some("canary".to_owned()),
        text: Some("canary".to_owned()),
        result: result.map(str::to_owned),
        intended_at: at(seconds),
        settled_at: (status != StepStatus::Intended).then(|| at(seconds + 1)),
        run: 1,
    };
    let first = RunRecord {
        turn: TurnId(3),
        run: 1,
        started_at: at(2),
        ended_at: Some(at(5)),
        note: Some("HubSpot answered 503".to_owned()),
        steps: vec![step("ask_agent", StepStatus::Done, None, 3), step("post_reply", StepStatus::NotSent, None, 4)],
    };
    let second = RunRecord {
        turn: TurnId(3),
        run: 2,
        started_at: at(7),
        ended_at: Some(at(9)),
        note: Some("finished".to_owned()),
        steps: vec![step("post_reply", StepStatus::Done, Some("{\"v\":1,\"message_id\":\"p1\"}"), 7)],
    };
    let answered = Event { seen: 2, turn: Some(TurnId(3)), ..ended(Outcome::Replied, None) };
    // A second event of the same turn brings the same runs.
    let merged = Event { id: EventId(2), outcome: Some(Outcome::Merged), ..answered.clone() };
    let runs = vec![first, second];
    let found = Found {
        events: [merged, answered]
            .map(|event| EventHistory { event, runs: runs.clone(), past_ends: Vec::new() })
            .into(),
        ..Found::default()
    };
    let story = tell(&found, &[], at(100));
    assert_eq!(
        texts(&story),
        [
            "Answered in the conversation (evt_1).",
            "Answered together with a later message (evt_2).",
            "Posting the reply to the customer: done (message id: p1).",
            "The bridge took it up again (turn_3), run 2.",
            "Put off (turn_3): HubSpot answered 503.",
            "Posting the reply to the customer: certainly not sent, may be tried again.",
            "Asking the agent: done.",
            "The bridge took it up (turn_3).",
            "HubSpot announced a message (message m1, evt_1). It was delivered 2 times.",
            "HubSpot announced a message (message m1, evt_2). It was delivered 2 times.",
        ]
    );
    assert_eq!(story.now, "Nothing waits: everything known about this has ended.");
    assert_eq!(story.todo, None);
    assert!(!format!("{story:?}").contains("canary"));
}

#[test]
fn every_step_has_words() {
    for (name, words) in [
        ("contact", "Finding or making the customer's contact: done (contact: 55)."),
        ("ticket", "Finding or making the ticket: done (contact: 55)."),
        ("transcript", "Writing the transcript as a note of the ticket: done (contact: 55)."),
        ("ticket_write", "Updating the ticket: done (contact: 55)."),
        ("take", "Giving the conversation to the AI user: done (contact: 55)."),
        ("relay/m1/ses_2", "Carrying what a rep wrote (m1) to ses_2: done (contact: 55)."),
        ("relay/m1", "Step `relay/m1`: done (contact: 55)."),
        ("of_a_newer_release", "Step `of_a_newer_release`: done (contact: 55)."),
    ] {
        let step = StepRecord {
            name: name.to_owned(),
            status: StepStatus::Done,
            act_deadline: at(70),
            anchor: None,
            text_hash: None,
            text: Some("canary".to_owned()),
            result: Some(r#"{"v":1,"contact":"55"}"#.to_owned()),
            intended_at: at(3),
            settled_at: Some(at(4)),
            run: 1,
        };
        let run =
            RunRecord { turn: TurnId(3), run: 1, started_at: at(2), ended_at: None, note: None, steps: vec![step] };
        let found = Found {
            events: vec![EventHistory { event: event(1), runs: vec![run], past_ends: Vec::new() }],
            ..Found::default()
        };
        assert_eq!(texts(&tell(&found, &[], at(10)))[0], words);
    }
}

#[test]
fn every_kind_of_event_has_words_of_its_own() {
    let change = |property: &str, value: &str| Event {
        kind: EventKind::ThreadProperty,
        property: Some(property.to_owned()),
        value: Some(value.to_owned()),
        message_id: None,
        ..event(1)
    };
    let kind = |kind| Event { kind, message_id: None, ..event(1) };
    for (event, words) in [
        (change("assignedTo", "55"), "The conversation was assigned to A-55 (evt_1)."),
        (change("assignedTo", ""), "The conversation was left unassigned (evt_1)."),
        (change("status", "CLOSED"), "The conversation became CLOSED (evt_1)."),
        (change("status", "canary@x.example"), "The conversation became open or closed (evt_1)."),
        (
            change("assignedTo", "E-canary@x.example"),
            "The conversation was assigned to somebody whose id is not shown (evt_1).",
        ),
        (
            Event { property: Some("priority".to_owned()), ..kind(EventKind::TicketProperty) },
            "The ticket property `priority` changed (evt_1).",
        ),
        (
            Event { data: Some("{\"v\":1,\"action\":\"pause\"}".to_owned()), ..kind(EventKind::Action) },
            "Somebody asked to pause the AI (evt_1).",
        ),
        (
            Event { message_type: Some("COMMENT".to_owned()), ..event(1) },
            "HubSpot announced an internal comment (message m1, evt_1).",
        ),
        (
            Event { kind: EventKind::Swept, ..event(1) },
            "The sweep found a message that no webhook had announced (message m1, evt_1).",
        ),
        (kind(EventKind::Unreadable), "HubSpot delivered something that could not be read (evt_1)."),
    ] {
        assert_eq!(texts(&tell(&alone(event), &[], at(10))), [words]);
    }
}

#[test]
fn what_somebody_asked_for_is_told_with_who_it_was() {
    let kind = |kind| Event { kind, message_id: None, ..event(1) };
    let from = |source: &str, data: &str, of: EventKind| Event {
        source: Some(source.to_owned()),
        data: Some(data.to_owned()),
        ..kind(of)
    };
    for (event, words) in [
        (from("opencx", "", EventKind::Unreadable), "OpenCX delivered something that could not be read (evt_1)."),
        (
            from("workflow", r#"{"v":1,"action":"resume"}"#, EventKind::Action),
            "A HubSpot workflow asked to resume the AI (evt_1).",
        ),
        (
            from("admin", r#"{"v":1,"action":"send"}"#, EventKind::Action),
            "An operator asked to give the conversation to the AI (evt_1).",
        ),
        (
            from("opencx", r#"{"v":1,"action":"close"}"#, EventKind::Action),
            "OpenCX said that the conversation is closed (evt_1).",
        ),
        (from("admin", r#"{"v":2,"action":"sing"}"#, EventKind::Action), "An operator asked to change the AI (evt_1)."),
        (
            from("workflow", r#"{"v":1,"reason":"canary of a customer."}"#, EventKind::HandoffRequest),
            "A HubSpot workflow asked for a human, with a remark for the reps (evt_1).",
        ),
        (from("opencx", r#"{"v":1,"reason":null}"#, EventKind::HandoffRequest), "OpenCX asked for a human (evt_1)."),
        (kind(EventKind::HandoffRequest), "Somebody asked for a human (evt_1)."),
        (
            from("admin", r#"{"v":1,"session":1,"keys":["plan","seats"]}"#, EventKind::TicketWrite),
            "A write to the ticket was queued: `plan`, `seats` (evt_1).",
        ),
        (
            from("", r#"{"v":1,"session":null,"tag":true,"owner":"A-7"}"#, EventKind::TicketWrite),
            "A write to the ticket was queued: the handoff tag, the owner A-7 (evt_1).",
        ),
        (kind(EventKind::TicketWrite), "A write to the ticket was queued: session data (evt_1)."),
        (
            from("", r#"{"v":1,"message":"p1","look":2}"#, EventKind::DeliveryCheck),
            "Look 2 whether our message p1 was delivered was planned (evt_1).",
        ),
        (
            Event { object: Some(Object::Note("n9".into())), ..kind(EventKind::NoteCreated) },
            "HubSpot announced the internal note n9 (evt_1).",
        ),
    ] {
        assert_eq!(texts(&tell(&alone(event), &[], at(10))), [words]);
    }
}

#[test]
fn every_reason_is_told_with_its_sentence() {
    for reason in Reason::ALL {
        let story = tell(
            &alone(Event { detail: Some("code X".to_owned()), ..ended(Outcome::Dead, Some(*reason)) }),
            &[],
            at(10),
        );
        let (sentence, fix) = (reason.sentence(), reason.fix());
        let expected = format!("Given up (evt_1, {reason}). {sentence} {fix} Detail: code X.");
        assert_eq!(texts(&story)[0], expected);
    }
}

#[test]
fn what_was_left_alone_on_purpose_says_what_to_do_only_if_that_was_not_wanted() {
    for (reason, words) in [
        (Reason::NotAiOwned, "AI user. If that was not wanted: Assign it to the AI user"),
        (Reason::SenderIsAgent, "for humans. If that was not wanted: assign the conversation"),
        (Reason::OwnMessage, "it itself. Nothing to do."),
        (Reason::SkippedByOperator, "operator skipped it. Replay it if that was a mistake."),
        (Reason::NoLinkedSession, "to this ticket yet. Nothing to do: when"),
    ] {
        let story = tell(&alone(ended(Outcome::Skipped, Some(reason))), &[], at(10));
        assert!(texts(&story)[0].contains(words), "{:?}", texts(&story));
    }
}

#[test]
fn when_nobody_could_be_asked_nothing_is_said_to_be_settled() {
    let remark = "HubSpot could not be asked who has this address (`acme`): it answered 503.";
    let known = Known { remarks: vec![remark.to_owned()], ..Known::default() };
    let story = hubspot_bridge::admin::why::tell(&known, &[], at(10));
    assert_eq!((story.now.as_str(), story.next.is_none()), (remark, true));
    assert!(story.todo.unwrap().starts_with("Ask again in a moment"));
}

#[test]
fn what_to_do_is_the_fix_of_the_newest_end_that_was_no_answer() {
    let dead = Event { finished_at: Some(at(5)), ..ended(Outcome::Dead, Some(Reason::MessageNotFound)) };
    let later = |outcome, reason| Found {
        events: [dead.clone(), Event { id: EventId(2), ..ended(outcome, reason) }]
            .map(|event| EventHistory { event, runs: Vec::new(), past_ends: Vec::new() })
            .into(),
        ..Found::default()
    };
    let fix = |reason: Reason| Some(reason.fix().to_owned());
    for (found, todo) in [
        (alone(dead.clone()), fix(Reason::MessageNotFound)),
        (later(Outcome::Skipped, Some(Reason::OwnMessage)), fix(Reason::MessageNotFound)),
        (later(Outcome::Skipped, Some(Reason::SenderIsAgent)), fix(Reason::MessageNotFound)),
        (later(Outcome::HandedOff, Some(Reason::AgentFailed)), fix(Reason::AgentFailed)),
        (later(Outcome::Drafted, Some(Reason::Stale)), fix(Reason::Stale)),
        (later(Outcome::HandedOff, None), None),
        (later(Outcome::Replied, None), None),
        (alone(ended(Outcome::Skipped, Some(Reason::OwnMessage))), None),
        (alone(ended(Outcome::Skipped, Some(Reason::NotAiOwned))), None),
        (alone(event(1)), None),
    ] {
        assert_eq!(tell(&found, &[], at(10)).todo, todo);
    }
}

#[test]
fn what_happens_next_is_said_with_its_time() {
    let with = |mailbox: MailboxStatus| Found { mailboxes: vec![mailbox], ..alone(event(1)) };
    for (found, now) in [
        (
            with(mailbox()),
            "2 events wait in acme/thread/t1 (the customer may be writing on, `delivery.quiet_period`; then the AI's turn begins) and will be worked on at 2026-11-21T09:01:00.000Z.",
        ),
        (
            with(MailboxStatus { waiting: 1, attempts: 3, why: Some("HubSpot answered 503".to_owned()), ..mailbox() }),
            "1 event waits in acme/thread/t1 after 3 failed attempts (HubSpot answered 503) and will be worked on at 2026-11-21T09:01:00.000Z.",
        ),
        (
            with(MailboxStatus { due_at: Some(at(5)), ..mailbox() }),
            "2 events wait in acme/thread/t1 and will be taken by the next free worker.",
        ),
        (with(MailboxStatus { leased: true, ..mailbox() }), "A turn of acme/thread/t1 is running now."),
        (with(MailboxStatus { due_at: None, waiting: 0, ..mailbox() }), "It waits for a free worker."),
    ] {
        assert_eq!(tell(&found, &[], at(10)).now, now);
    }
}

#[test]
fn a_hold_of_the_connection_comes_first_and_others_do_not_matter() {
    let hold = |name: &str| Hold {
        connection: ConnectionName::from(name),
        until: at(30),
        since: at(1),
        cause: "unauthorized: HubSpot answered 401".to_owned(),
    };
    let found = Found { mailboxes: vec![mailbox()], ..alone(event(1)) };
    let story = tell(&found, &[hold("beta"), hold("acme")], at(10));
    let words = "The connection `acme` is held since 2026-11-21T09:00:01.000Z (unauthorized: HubSpot answered 401) and is tried again at 2026-11-21T09:00:30.000Z.";
    assert_eq!(story.held.as_deref(), Some(words));
    assert!(!story.now.contains("beta") && !story.now.contains("held"), "{}", story.now);
    let todo =
        "For the held connection `acme`: check the access token, and that the app is still installed in this account.";
    assert_eq!(story.todo.as_deref(), Some(todo));
    let over = tell(&alone(ended(Outcome::Replied, None)), &[hold("acme")], at(10));
    assert_eq!((over.todo, over.held), (None, None), "nothing of it waits for the connection");
}

#[test]
fn a_session_says_who_has_it_and_that_custom_data_waits() {
    let handed_off =
        Session { handed_off_at: Some(at(3)), custom_data_pending: true, ..session(SessionState::HandedOff) };
    let story = tell(&Found { sessions: vec![handed_off], ..Found::default() }, &[], at(10));
    assert_eq!(
        texts(&story),
        ["Since then a human has the conversation (ses_1).", "The AI's session for the conversation began (ses_1)."]
    );
    assert!(story.now.contains("A human has the conversation (ses_1)."), "{}", story.now);
    assert!(story.now.contains("it travels with what the agent is sent next."));
    assert!(!format!("{story:?}").contains("canary"));
}
