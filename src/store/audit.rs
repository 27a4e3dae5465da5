//! What people asked the bridge to do.

use crate::domain::Timestamp;

/// What somebody asked the bridge to do, before it is done. A refused replay, skip or change of custom data is a line of its own, after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// The name the person or program gave; nobody checks it.
    pub who: String,
    /// `replay`, `skip`, `pause`, `resume`, `handoff`, `custom_data`, `doctor_fix`, `sign_in`; with `_refused` behind it, what
    /// was not done.
    pub action: String,
    /// The id it was about (`evt_1`, `ses_1`, a connection's name); empty: nothing in particular.
    pub subject: String,
    /// Words that add to it; never message text, values of custom data or addresses.
    pub detail: Option<String>,
}

/// One line of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Rises.
    pub id: i64,
    /// When it was asked.
    pub at: Timestamp,
    /// What.
    pub audit: Audit,
}
