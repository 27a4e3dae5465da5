//! What people asked for, in words: "Ada asked for a replay of `evt_1`."

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Line;
use crate::domain::{Event, EventId, EventKind, Session, Timestamp};
use crate::store::request::{self, ActionKind};
use crate::store::types::{AuditRecord, EventHistory, Found};
use crate::store::{Error, Ledger};

/// Subjects whose audit is looked up, and lines of each.
const SUBJECTS_MAX: usize = 120;
const LINES_EACH: u32 = 10;
/// A wish is done at once after it was noted.
const AT_ONCE: Duration = Duration::from_secs(10);

/// The audit of the events and sessions found.
pub(super) async fn of(ledger: &dyn Ledger, found: &Found) -> Result<Vec<AuditRecord>, Error> {
    let sessions = found.sessions.iter().map(|session| session.id.to_string());
    let events = found.events.iter().map(|history| history.event.id.to_string());
    let subjects: BTreeSet<String> = sessions.chain(events).take(SUBJECTS_MAX).collect();
    // Most bridges were never asked for anything: one look instead of a hundred.
    if ledger.audits(None, None, 1).await?.items.is_empty() {
        return Ok(Vec::new());
    }
    let mut audits = Vec::new();
    for subject in subjects {
        audits.extend(ledger.audits(Some(subject), None, LINES_EACH).await?.items);
    }
    // As they came, so that what was noted in one millisecond keeps its order.
    audits.sort_by_key(|record| record.id);
    Ok(audits)
}

/// A request to a session raises an event, which tells the same: by event, who asked for it.
pub(super) fn told_by_events<'a>(audits: &'a [AuditRecord], found: &Found) -> BTreeMap<EventId, &'a AuditRecord> {
    let mut told: BTreeMap<EventId, &AuditRecord> = BTreeMap::new();
    for record in audits {
        let session = found.sessions.iter().find(|session| session.id.to_string() == record.audit.subject);
        let Some(session) = session else { continue };
        let events = found.events.iter().map(|history| &history.event);
        let raised = events.filter(|event| raises(&record.audit.action, event) && is_of(session, event));
        let raised = raised.filter(|event| is_soon(record.at, event.received_at) && !told.contains_key(&event.id));
        if let Some(event) = raised.min_by_key(|event| event.id) {
            told.insert(event.id, record);
        }
    }
    told
}

fn raises(action: &str, event: &Event) -> bool {
    let of_kind = match action {
        "pause" => request::action(event) == Some(ActionKind::Pause),
        "resume" => request::action(event) == Some(ActionKind::Resume),
        "handoff" => event.kind == EventKind::HandoffRequest,
        _ => false,
    };
    of_kind && event.source.as_deref() == Some("admin")
}

fn is_of(session: &Session, event: &Event) -> bool {
    let id = event.object.as_ref().map(crate::domain::Object::id);
    let thread = session.thread_id.as_ref().map(crate::domain::ThreadId::as_str);
    session.connection == event.connection
        && id.is_some()
        && [thread, session.agent_session_id.as_deref()].contains(&id)
}

fn is_soon(asked: Timestamp, done: Timestamp) -> bool {
    asked <= done && done <= asked.after(AT_ONCE)
}

/// When the event was replayed because somebody asked for that by its id.
pub(super) fn replays(audits: &[AuditRecord], history: &EventHistory) -> Vec<Timestamp> {
    let id = history.event.id.to_string();
    let asked = |at: &Timestamp| {
        let is_wish = |audit: &AuditRecord| audit.audit.action == "replay" && audit.audit.subject == id;
        audits.iter().any(|audit| is_wish(audit) && is_soon(audit.at, *at))
    };
    history.past_ends.iter().map(|end| end.replayed_at).filter(asked).collect()
}

pub(super) fn line(record: &AuditRecord) -> Line {
    let audit = &record.audit;
    let about = if audit.subject.is_empty() { "something" } else { &audit.subject };
    let what = match audit.action.as_str() {
        "replay" => format!("asked for a replay of {about}"),
        "replay_refused" => format!("was refused the replay of {about}"),
        "custom_data_refused" => format!("was refused the change of custom data of {about}"),
        "skip" => format!("asked to skip {about}"),
        "skip_refused" => format!("was refused the skipping of {about}"),
        "pause" => format!("asked to pause the AI in {about}"),
        "resume" => format!("asked to resume the AI in {about}"),
        "handoff" => format!("asked for a human in {about}"),
        "custom_data" => format!("changed the custom data of {about}"),
        "doctor_fix" => format!("let the doctor mend {about}"),
        "sign_in" => "signed in to the console".to_owned(),
        other => format!("asked for `{other}` of {about}"),
    };
    let detail = audit.detail.as_ref().map(|detail| format!(" ({})", detail.trim_end_matches('.')));
    Line::new(record.at, format!("{} {what}{}.", audit.who, detail.unwrap_or_default()))
}
