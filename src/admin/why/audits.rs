//! What people asked for, in words: "Ada asked for a replay of `evt_1`."

use std::collections::BTreeSet;

use super::Line;
use crate::store::types::{AuditRecord, Found};
use crate::store::{Error, Ledger};

/// Subjects whose audit is looked up, and lines of each.
const SUBJECTS_MAX: usize = 120;
const LINES_EACH: u32 = 10;

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
    Ok(audits)
}

pub(super) fn line(record: &AuditRecord) -> Line {
    let audit = &record.audit;
    let about = if audit.subject.is_empty() { "something" } else { &audit.subject };
    let what = match audit.action.as_str() {
        "replay" => format!("asked for a replay of {about}"),
        "skip" => format!("asked to skip {about}"),
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
