//! The doctor: the troubleshooting checklist, run by machine. Each line says ok, warning or failed, what was seen and how
//! to mend it.
//!
//! One file per group of lines; a group reads what it needs from the [`Patient`], never changes anything but with `fix`, and
//! never fails: what could not be looked at is a line that says so. Called by `hubspot-bridge doctor`, by
//! `POST /connections/{name}/doctor` and the console, and its quick part before `serve`.

pub mod agent;
mod asking;
pub mod channels;
pub mod crm;
pub mod examination;
pub mod fold;
pub mod problems;
pub mod queue;
pub mod scopes;
pub mod secrets;
pub mod store;
pub mod subscriptions;
pub mod ticketing;
pub mod token;
pub mod users;
pub mod webhook;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use examination::{Examination, Examinations};

use self::asking::Asking;
pub use self::asking::Unseen;
use crate::config::Config;
use crate::domain::Timestamp;
use crate::handlers::Context;
use crate::intake::observed::Seen;
use crate::store::{Ledger, Store};

/// How a line came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// As it should be, or nothing to look at.
    Ok,
    /// Works, but somebody should look.
    Warning,
    /// Something the bridge is for does not work.
    Failed,
}

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Line {
    /// Stable name, `token`, `scope conversations.write`.
    pub check: String,
    /// How it came out.
    pub status: Status,
    /// What was seen, in words; never a secret, an address or what was said.
    pub seen: String,
    /// What to do about it; none when it is ok.
    pub fix: Option<String>,
    /// The check that says why this one could not be looked at; it is no finding of its own then.
    pub follows: Option<String>,
}

impl Status {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

impl Line {
    /// As it should be.
    #[must_use]
    pub fn ok(check: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { check: check.into(), status: Status::Ok, seen: seen.into(), fix: None, follows: None }
    }

    /// Works, but somebody should look.
    #[must_use]
    pub fn warning(check: impl Into<String>, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check: check.into(), status: Status::Warning, seen: seen.into(), fix: Some(fix.into()), follows: None }
    }

    /// Does not work.
    #[must_use]
    pub fn failed(check: impl Into<String>, seen: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check: check.into(), status: Status::Failed, seen: seen.into(), fix: Some(fix.into()), follows: None }
    }

    /// Another line says why this one could not be looked at.
    #[must_use]
    pub fn following(self, check: impl Into<String>) -> Self {
        Self { follows: Some(check.into()), ..self }
    }
}

/// What is looked at: one connection, and the bridge it is part of.
pub struct Patient<'a> {
    /// The connection at work (or put together for this look alone).
    pub cx: &'a Context,
    /// All settings.
    pub config: &'a Config,
    /// What people are shown; none when no store could be opened.
    pub ledger: Option<&'a dyn Ledger>,
    /// The same store, for its own check and its positions.
    pub store: Option<&'a dyn Store>,
    /// What deliveries were like; none when no bridge runs that could have seen any.
    pub seen: Option<Seen>,
    /// A bridge runs that HubSpot could deliver to: the one that looks.
    pub serves: bool,
    /// Now.
    pub now: Timestamp,
}

impl Patient<'_> {
    /// A line about deliveries that nobody noted: without a bridge that is why.
    fn unheard(&self, check: impl Into<String>) -> Line {
        let fix = "start the bridge and let HubSpot deliver, then ask again";
        let line = Line::warning(check, "not known: no bridge has noted its deliveries yet", fix);
        if self.serves { line } else { line.following(webhook::REACHABLE) }
    }
}

/// How much is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What can be said in a few calls, before `serve` starts: token, secrets, scopes, users, and what tickets need.
    Quick,
    /// Everything.
    Full,
}

/// Runs the checklist of one connection, in a stable order. `fix`: makes what is missing and can be made (the tag
/// property).
pub async fn examine(patient: &Patient<'_>, depth: Depth, fix: bool) -> Vec<Line> {
    let mut lines = secrets::lines(patient);
    let asking = Asking::new(patient.cx);
    // One call tells of the token itself, its portal and its scopes.
    let token = token::look(&asking).await;
    let asking = asking.after(&token, patient.cx.settings.portal_id);
    lines.extend(token::lines(patient, &token));
    lines.extend(scopes::lines(patient, &token));
    lines.extend(users::lines(patient, &asking).await);
    if depth == Depth::Full {
        lines.extend(channels::lines(patient, &asking).await);
    }
    lines.extend(ticketing::lines(patient, &asking, fix).await);
    if depth == Depth::Full {
        lines.extend(crm::lines(patient, &asking, token.is_ok()).await);
        lines.extend(agent::lines(patient, &asking).await);
        lines.extend(webhook::lines(patient).await);
        lines.extend(subscriptions::lines(patient).await);
        lines.extend(store::lines(patient).await);
        lines.extend(queue::lines(patient).await);
    }
    lines
}
