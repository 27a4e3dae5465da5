//! Why the AI is silent in a conversation, or that it would answer, in a sentence; and what to do about it. Pure: from what
//! the bridge knows, without asking HubSpot.

use crate::config::Connection;
use crate::domain::{Event, Mode, Outcome, Reason, Session, SessionState, State};
use crate::filters::ownership;
use crate::store::Hold;
use crate::worker::hold;

/// What is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// One sentence or two.
    pub(super) words: String,
    /// What a person may do about it.
    pub(super) todo: Option<String>,
}

impl Standing {
    fn new(words: impl Into<String>, todo: Option<&str>) -> Self {
        Self { words: words.into(), todo: todo.map(str::to_owned) }
    }
}

/// `events` are the conversation's, newest first.
pub(super) fn tell(
    session: Option<&Session>,
    settings: Option<&Connection>,
    hold: Option<&Hold>,
    events: &[Event],
) -> Standing {
    let Some(settings) = settings else {
        let todo = "Put the connection back into the settings, then restart the bridge.";
        return Standing::new("The AI is silent: the connection is no longer in the settings.", Some(todo));
    };
    if let Some(hold) = hold {
        let cause = hold.cause.trim_end_matches('.');
        let words = format!("The AI waits: the whole connection is held since {} ({cause}).", hold.since);
        let fix = hold::fix(hold::word(&hold.cause));
        let todo = format!("For the connection: {fix}. It is tried again by itself at {}.", hold.until);
        return Standing::new(words, Some(&todo));
    }
    match session.map(|session| (session.state, session)) {
        Some((SessionState::HandedOff, session)) => handed_off(session, events),
        Some((SessionState::Paused, _)) => {
            let todo = "Resume the AI here when it may answer again.";
            Standing::new("The AI is silent: it was paused for this conversation.", Some(todo))
        }
        Some((SessionState::Closed, _)) => {
            Standing::new("The conversation is closed; the customer's next message opens it again.", None)
        }
        Some((SessionState::Ai, _)) | None => with_ai(session, settings, events),
    }
}

fn handed_off(session: &Session, events: &[Event]) -> Standing {
    let since = session.handed_off_at.map(|at| format!(" since {at}")).unwrap_or_default();
    // An earlier handoff says nothing of this one.
    let by_us =
        |event: &&Event| event.outcome == Some(Outcome::HandedOff) && event.finished_at >= session.handed_off_at;
    let handoff = events.iter().find(by_us);
    let why = handoff.and_then(|event| event.reason).map(|reason| format!(" {}", reason.sentence()));
    let words = format!("The AI is silent: a human has the conversation{since}.{}", why.unwrap_or_default());
    Standing::new(
        words,
        Some(
            "Assign it to the AI user in HubSpot when the AI may answer again; where nobody owns it, resuming it here is enough.",
        ),
    )
}

fn with_ai(session: Option<&Session>, settings: &Connection, events: &[Event]) -> Standing {
    let mode = ownership::mode_in_force(session, settings);
    // What was so before the AI got it back says nothing of the next message.
    let since = session.and_then(|session| session.ai_since);
    let telling = events.iter().find(|event| tells(event, mode) && since.is_none_or(|at| event.happened_at() >= at));
    if let Some((event, reason)) = telling.and_then(|event| Some((event, event.reason?))) {
        match event.state {
            State::Skipped => {
                let words = format!("The AI left the newest message alone. {}", reason.sentence());
                return Standing::new(words, Some(reason.fix()));
            }
            State::Dead => {
                let words = format!("The AI could not answer the newest message. {}", reason.sentence());
                return Standing::new(words, Some(reason.fix()));
            }
            State::Pending | State::Running | State::Done => {}
        }
    }
    match mode {
        Mode::Assist => {
            let words = "The AI does not write to the customer: it leaves drafts as internal comments, because the mode \
                         in force is assist.";
            Standing::new(words, Some("Nothing to do; `mode = \"autopilot\"` lets it answer by itself."))
        }
        Mode::Autopilot if telling.is_some_and(|event| event.outcome == Some(Outcome::NoReplyNeeded)) => {
            Standing::new("The agent had nothing to say to the newest message; it would answer the next.", None)
        }
        Mode::Autopilot => {
            let nobodys = if settings.reply_when_unassigned { " or nobody's" } else { "" };
            let whose = format!("as long as it is the AI user's{nobodys} in HubSpot");
            Standing::new(format!("The AI would answer the customer's next message, {whose}."), None)
        }
    }
}

/// Does its end say how the AI deals with the customer here?
fn tells(event: &Event, mode: Mode) -> bool {
    let beside_the_point = match event.reason {
        Some(
            Reason::InternalComment
            | Reason::NotAMessage
            | Reason::OwnMessage
            | Reason::AiMarker
            | Reason::SenderIsBot
            | Reason::OutgoingMessage
            | Reason::AlreadyAnswered,
        ) => true,
        // In assist mode reps are expected to write.
        Some(Reason::SenderIsAgent) => mode == Mode::Assist,
        _ => false,
    };
    event.state.is_final() && event.kind.announces_message() && !beside_the_point
}
