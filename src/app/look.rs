//! The doctor's quick look before `serve` is ready: token, secrets, scopes, users, and what
//! tickets need. What is wrong is logged and shown with the
//! connection; the bridge starts all the same, since HubSpot may be down and deliveries must be taken.
//!
//! Readiness waits for it at most [`WAIT`]; then it goes on beside the bridge: soon again while
//! something is wrong, once an hour when nothing is, so that what is shown is true.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::admin::Problems;
use crate::config::Config;
use crate::doctor::{Depth, Line, Patient, Status, examine, problems};
use crate::handlers::Context;

/// The longest the start is put off. HubSpot, whose deliveries the listener's backlog holds meanwhile, waits 5 s.
const WAIT: Duration = Duration::from_secs(2);
/// One look.
const DEADLINE: Duration = Duration::from_secs(15);
/// Pauses before it is looked again, doubling.
const AGAIN: Duration = Duration::from_mins(1);
const AGAIN_MAX: Duration = Duration::from_mins(16);
/// When nothing is wrong.
const WELL: Duration = Duration::from_hours(1);

/// Returns when all have looked once, or it takes too long.
pub(super) async fn wait(looks: &[CancellationToken]) {
    let all = async {
        for looked in looks {
            looked.cancelled().await;
        }
    };
    if tokio::time::timeout(WAIT, all).await.is_err() {
        tracing::warn!("the doctor's quick look takes longer; it goes on while the bridge runs");
    }
}

/// At one connection.
pub(super) struct Look {
    pub(super) cx: Context,
    pub(super) config: Arc<Config>,
    pub(super) problems: Problems,
}

impl Look {
    /// Looks as long as the bridge runs; what is mended meanwhile is no longer shown.
    pub(super) async fn run(self, looked: CancellationToken, stop: CancellationToken) {
        let (mut told, mut pause) = (Vec::new(), AGAIN);
        // Also when it is cut.
        let mut first = Some(looked.drop_guard());
        loop {
            let lines = tokio::select! {
                biased;
                () = stop.cancelled() => return,
                lines = tokio::time::timeout(DEADLINE, self.lines()) => lines,
            };
            let ill = if let Ok(lines) = lines {
                self.tell(&lines, &mut told);
                lines.iter().any(|line| line.status != Status::Ok)
            } else {
                let name = &self.cx.settings.name;
                tracing::warn!(connection = %name, "HubSpot did not answer the doctor's quick look in time");
                true
            };
            first.take();
            let rest = if ill { pause } else { WELL };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(rest) => {}
            }
            pause = if ill { AGAIN_MAX.min(pause * 2) } else { AGAIN };
        }
    }

    async fn lines(&self) -> Vec<Line> {
        let cx = &self.cx;
        let config = &self.config;
        let patient = Patient { cx, config, ledger: None, store: None, seen: None, serves: true, now: cx.now() };
        examine(&patient, Depth::Quick, false).await
    }

    /// Logs what is new, and shows what there is.
    fn tell(&self, lines: &[Line], told: &mut Vec<String>) {
        let name = &self.cx.settings.name;
        let mut found = Vec::new();
        for line in problems::findings(lines) {
            let fix = line.fix.as_deref().unwrap_or_default();
            let sentence = problems::sentence(line);
            if !told.contains(&sentence) {
                let (check, seen) = (&line.check, &line.seen);
                match line.status {
                    Status::Failed => {
                        tracing::error!(connection = %name, check, fix, "the doctor: {seen}");
                    }
                    Status::Ok | Status::Warning => {
                        tracing::warn!(connection = %name, check, fix, "the doctor: {seen}");
                    }
                }
            }
            found.push(sentence);
        }
        problems::show(&self.problems, name, lines);
        *told = found;
    }
}
