//! Where a thing stands, what happens next, and what a person may want to do.

use crate::domain::{ConnectionName, Event, Outcome, Reason, Session, SessionState, Timestamp};
use crate::store::Hold;
use crate::store::types::{Found, MailboxStatus};

/// "Where it stands" in a few sentences.
pub(super) fn now(found: &Found, holds: &[Hold], now: Timestamp) -> String {
    let mut words: Vec<String> = concerned(found, holds).map(held).collect();
    words.extend(found.mailboxes.iter().filter_map(|mailbox| waiting(mailbox, now)));
    if words.is_empty() {
        let open = found.events.iter().any(|history| !history.event.state.is_final());
        let settled = "Nothing waits: everything known about this has ended.";
        words.push(if open { "It waits for a free worker." } else { settled }.to_owned());
    }
    words.extend(found.sessions.iter().map(standing));
    let pending = "Custom data of the session changed and waits for the agent's next send: OpenCX has no call that sets \
                   custom data alone, it travels with the next send.";
    if found.sessions.iter().any(|session| session.custom_data_pending) {
        words.push(pending.to_owned());
    }
    words.join(" ")
}

/// The most useful thing to do: mend what holds the connection, else what the newest unanswered end asks for.
pub(super) fn todo(found: &Found, holds: &[Hold]) -> Option<String> {
    if let Some(hold) = concerned(found, holds).next() {
        return Some(format!("Mend what holds the connection `{}`; it is tried again by itself.", hold.connection));
    }
    let mut ended: Vec<&Event> =
        found.events.iter().map(|history| &history.event).filter(|event| event.state.is_final()).collect();
    ended.sort_by_key(|event| (event.finished_at, event.id));
    let unanswered = ended.into_iter().rev().take_while(|event| event.outcome != Some(Outcome::Replied));
    let fixes: Vec<&str> =
        unanswered.filter_map(|event| event.reason).map(Reason::fix).filter(|fix| *fix != "Nothing to do.").collect();
    let urgent = fixes.iter().find(|fix| !fix.starts_with("Nothing to do"));
    urgent.or(fixes.first()).map(|fix| (*fix).to_owned())
}

/// Holds of connections that the story is about.
fn concerned<'a>(found: &'a Found, holds: &'a [Hold]) -> impl Iterator<Item = &'a Hold> {
    let is_about = |name: &ConnectionName| {
        found.events.iter().any(|history| history.event.connection == *name)
            || found.sessions.iter().any(|session| session.connection == *name)
            || found.mailboxes.iter().any(|mailbox| mailbox.key.connection == *name)
    };
    holds.iter().filter(move |hold| is_about(&hold.connection))
}

fn held(hold: &Hold) -> String {
    let cause = hold.cause.trim_end_matches('.');
    format!(
        "The connection `{}` is held since {} ({cause}) and is tried again at {}.",
        hold.connection, hold.since, hold.until
    )
}

fn waiting(mailbox: &MailboxStatus, now: Timestamp) -> Option<String> {
    if mailbox.leased {
        return Some(format!("A turn of {} is running now.", mailbox.key));
    }
    let due = mailbox.due_at?;
    let events = match mailbox.waiting {
        0 => "Changed properties wait".to_owned(),
        1 => "1 event waits".to_owned(),
        many => format!("{many} events wait"),
    };
    let tries = match mailbox.attempts {
        0 => String::new(),
        1 => " after a failed attempt".to_owned(),
        many => format!(" after {many} failed attempts"),
    };
    let why = mailbox.why.as_ref().map(|why| format!(" ({})", why.trim_end_matches('.'))).unwrap_or_default();
    let when = if due > now {
        format!("and will be worked on at {due}")
    } else {
        "and will be taken by the next free worker".to_owned()
    };
    Some(format!("{events} in {}{tries}{why} {when}.", mailbox.key))
}

fn standing(session: &Session) -> String {
    let who = match session.state {
        SessionState::Ai => "The AI has the conversation",
        SessionState::HandedOff => "A human has the conversation",
        SessionState::Paused => "The AI is paused for the conversation",
        SessionState::Closed => "The conversation is closed",
    };
    format!("{who} ({}).", session.id)
}
