//! Where a thing stands, what happens next and when, and what a person may want to do.

use crate::domain::{ConnectionName, Event, EventKind, Outcome, Reason, Session, SessionState, Timestamp};
use crate::store::Hold;
use crate::store::types::{Found, MailboxStatus};
use crate::worker::hold;

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// When; none: now, or as soon as a worker is free.
    pub at: Option<Timestamp>,
    /// What, in one sentence.
    pub what: String,
}

/// "Where it stands" in a few sentences.
pub(super) fn now(found: &Found, holds: &[Hold], now: Timestamp) -> String {
    let mut words = Vec::new();
    let waits = found.mailboxes.iter().filter_map(|mailbox| waiting(found, holds, mailbox, now));
    let waits: Vec<String> = waits.collect();
    if waits.is_empty() {
        let open = found.events.iter().any(|history| !history.event.state.is_final());
        let settled = "Nothing waits: everything known about this has ended.";
        words.push(if open { "It waits for a free worker." } else { settled }.to_owned());
    }
    words.extend(waits);
    words.extend(found.sessions.iter().map(standing));
    let pending = "Custom data of the session changed; it travels with what the agent is sent next.";
    if found.sessions.iter().any(|session| session.custom_data_pending) {
        words.push(pending.to_owned());
    }
    words.join(" ")
}

/// The first thing that happens by itself.
pub(super) fn next(found: &Found, holds: &[Hold], now: Timestamp) -> Option<Next> {
    if let Some(mailbox) = found.mailboxes.iter().find(|mailbox| mailbox.leased) {
        return Some(Next { at: None, what: format!("A turn of {} is running.", mailbox.key) });
    }
    let works = |mailbox: &MailboxStatus| {
        let due = mailbox.due_at?;
        let hold = stopping(holds, mailbox);
        let at = hold.map_or(due, |hold| hold.until.max(due));
        let what = match hold {
            Some(hold) => {
                let name = &hold.connection;
                format!("The held connection `{name}` is tried again; when it is well, {} is worked on.", mailbox.key)
            }
            None => format!("{} is worked on: {}.", mailbox.key, purpose(found, mailbox)),
        };
        Some(Next { at: (at > now).then_some(at), what })
    };
    let open = found.events.iter().any(|history| !history.event.state.is_final());
    let first = found.mailboxes.iter().filter_map(works).min_by_key(|next| next.at);
    first.or_else(|| open.then(|| Next { at: None, what: "A free worker takes it.".to_owned() }))
}

/// The hold that keeps a mailbox from being worked on.
fn stopping<'a>(holds: &'a [Hold], mailbox: &MailboxStatus) -> Option<&'a Hold> {
    let lane = mailbox.key.object.lane();
    holds.iter().find(|hold| hold.connection == mailbox.key.connection && Hold::stops(&hold.cause, lane))
}

fn is_open(found: &Found) -> bool {
    found.mailboxes.iter().any(|mailbox| mailbox.due_at.is_some())
        || found.events.iter().any(|history| !history.event.state.is_final())
}

/// The most useful thing to do: what helps a connection that this waits for, else what the newest end asks for.
pub(super) fn todo(found: &Found, holds: &[Hold]) -> Option<String> {
    if let Some(hold) = concerned(found, holds).next().filter(|_| is_open(found)) {
        return Some(format!("For the held connection `{}`: {}.", hold.connection, hold::fix(hold::word(&hold.cause))));
    }
    let mut ended: Vec<&Event> =
        found.events.iter().map(|history| &history.event).filter(|event| event.state.is_final()).collect();
    ended.sort_by_key(|event| (event.finished_at, event.id));
    // The newest that came to something decides: what was left alone on purpose, or merely noted, does not.
    let newest = ended.into_iter().rev().find(|event| event.outcome.is_some_and(decides))?;
    let asks = matches!(newest.outcome, Some(Outcome::Dead | Outcome::HandedOff | Outcome::Drafted));
    let fix = newest.reason.filter(|_| asks).map(Reason::fix)?;
    (!fix.starts_with("Nothing to do")).then(|| fix.to_owned())
}

fn decides(outcome: Outcome) -> bool {
    use Outcome as O;
    matches!(outcome, O::Dead | O::HandedOff | O::Drafted | O::Replied | O::NoReplyNeeded)
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

/// What the connections are held for, if anything waits for them.
pub(super) fn held(found: &Found, holds: &[Hold]) -> Option<String> {
    let words = concerned(found, holds).filter(|_| is_open(found)).map(|hold| {
        let cause = hold.cause.trim_end_matches('.');
        let Hold { connection, since, until, .. } = hold;
        format!("The connection `{connection}` is held since {since} ({cause}) and is tried again at {until}.")
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn waiting(found: &Found, holds: &[Hold], mailbox: &MailboxStatus, now: Timestamp) -> Option<String> {
    if mailbox.leased {
        return Some(format!("A turn of {} is running now.", mailbox.key));
    }
    let due = mailbox.due_at?;
    let events = match mailbox.waiting {
        0 => "Changed properties wait".to_owned(),
        1 => "1 event waits".to_owned(),
        many => format!("{many} events wait"),
    };
    let why = mailbox.why.as_ref().map(|why| format!(" ({})", why.trim_end_matches('.')));
    let quiet = || (due > now).then(|| format!(" ({})", purpose(found, mailbox)));
    let why = why.or_else(quiet).unwrap_or_default();
    let when = match stopping(holds, mailbox) {
        Some(hold) if due <= hold.until => format!("and {} on when the hold ends", goes(mailbox)),
        _ if due > now => format!("and will be worked on at {due}"),
        _ => "and will be taken by the next free worker".to_owned(),
    };
    Some(format!("{events} in {}{}{why} {when}.", mailbox.key, tries(found, mailbox)))
}

fn goes(mailbox: &MailboxStatus) -> &'static str {
    if mailbox.waiting == 1 { "goes" } else { "go" }
}

/// An event counts every attempt; what counts towards giving up is its mailbox's, and not every put-off does.
fn tries(found: &Found, mailbox: &MailboxStatus) -> String {
    let all = open_events(found, mailbox).map(|event| event.attempts).max().unwrap_or(0);
    match (mailbox.attempts, all) {
        (0, _) => String::new(),
        (failed, all) if all > failed => format!(" after {all} attempts, of which {failed} count as failed"),
        (1, _) => " after a failed attempt".to_owned(),
        (failed, _) => format!(" after {failed} failed attempts"),
    }
}

/// What waits in the mailbox, or is bound to its turn.
fn open_events<'a>(found: &'a Found, mailbox: &'a MailboxStatus) -> impl Iterator<Item = &'a Event> {
    found.events.iter().map(|history| &history.event).filter(|event| {
        !event.state.is_final()
            && event.connection == mailbox.key.connection
            && event.object.as_ref() == Some(&mailbox.key.object)
    })
}

/// What its mailbox waits for, when nothing went wrong.
fn purpose(found: &Found, mailbox: &MailboxStatus) -> &'static str {
    let kinds: Vec<EventKind> = open_events(found, mailbox).map(|event| event.kind).collect();
    let only = |wanted: EventKind| !kinds.is_empty() && kinds.iter().all(|kind| *kind == wanted);
    if mailbox.attempts > 0 {
        "another attempt"
    } else if only(EventKind::DeliveryCheck) {
        "a look whether the reply was delivered"
    } else if only(EventKind::TicketWrite) {
        "the ticket is updated"
    } else if kinds.iter().any(|kind| kind.announces_message()) {
        "the customer may be writing on, `delivery.quiet_period`; then the AI's turn begins"
    } else {
        "its turn begins"
    }
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
