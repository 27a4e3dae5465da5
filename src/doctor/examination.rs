//! One run of the checklist as it is handed out, and the rule that a connection is looked at by one at a time.

use std::sync::Arc;

use dashmap::DashMap;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{Depth, Line, Patient, Status, examine};
use crate::domain::{ConnectionName, Timestamp};

/// What the doctor found on one connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Examination {
    /// Which.
    pub connection: String,
    /// When, RFC 3339 UTC.
    pub checked_at: String,
    /// The worst of the lines.
    pub worst: Status,
    /// The checklist, always in the same order.
    pub lines: Vec<Line>,
}

impl Examination {
    /// Of these lines.
    #[must_use]
    pub fn of(connection: &ConnectionName, at: Timestamp, lines: Vec<Line>) -> Self {
        let worst = lines.iter().map(|line| line.status).max().unwrap_or(Status::Ok);
        Self { connection: connection.to_string(), checked_at: at.to_string(), worst, lines }
    }

    /// Runs the whole checklist.
    pub async fn run(patient: &Patient<'_>, fix: bool) -> Self {
        Self::of(&patient.cx.settings.name, patient.now, examine(patient, Depth::Full, fix).await)
    }
}

/// The last run of one connection: when it began, whether it was to fix, what it found.
type Last = Option<(Instant, bool, Examination)>;

/// At most one examination of a connection at a time; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Examinations(Arc<DashMap<ConnectionName, Arc<Mutex<Last>>>>);

impl Examinations {
    /// Runs `examination`, or shares what a run found that began after this was asked and did as much.
    pub async fn one(
        &self,
        connection: &ConnectionName,
        fix: bool,
        examination: impl Future<Output = Examination>,
    ) -> Examination {
        let asked = Instant::now();
        let turn = Arc::clone(&self.0.entry(connection.clone()).or_default());
        let mut last = turn.lock().await;
        if let Some((began, fixed, found)) = last.as_ref()
            && *began > asked
            && (*fixed || !fix)
        {
            return found.clone();
        }
        let began = Instant::now();
        let found = examination.await;
        *last = Some((began, fix, found.clone()));
        found
    }
}
