//! The tickets' part of the checklist, asked once at start: a pipeline that is not there would show only when a customer is
//! handed over. What is wrong is logged and shown with the connection; the bridge runs all the same, since everything else
//! works without it.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use tokio_util::sync::CancellationToken;

use super::asking::{Asking, Unseen};
use super::{Line, Status, ticketing};
use crate::domain::ConnectionName;
use crate::handlers::Context;
use crate::hubspot::Class;

/// What is wrong with each connection's settings, in words; nothing for those that are fine or not asked yet. The doctor's
/// quick look writes into it too.
pub type Findings = Arc<DashMap<ConnectionName, Vec<String>>>;

/// How long before HubSpot is asked again when it gave no answer.
const AGAIN: Duration = Duration::from_mins(1);

/// Checks one connection, as soon as HubSpot answers.
pub async fn run(cx: Context, findings: Findings, stop: CancellationToken) {
    let name = cx.settings.name.clone();
    loop {
        match problems(&cx).await {
            Ok(problems) => {
                for problem in &problems {
                    tracing::error!(connection = %name, "{problem}");
                }
                findings.entry(name).or_default().extend(problems);
                return;
            }
            Err(Unseen::Failed(error)) if matches!(error.class, Class::Permanent { .. } | Class::Unsupported) => {
                tracing::warn!(connection = %name, error = %error, "pipeline and stage of new tickets could not be checked");
                let problem = format!("pipeline and stage of new tickets could not be checked: {error}");
                findings.entry(name).or_default().push(problem);
                return;
            }
            // An unreachable HubSpot is told by what needs it.
            Err(unseen) => tracing::debug!(connection = %name, ?unseen, "the settings are checked later"),
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

/// What the settings name that HubSpot does not have, in sentences.
///
/// # Errors
/// When HubSpot does not say; nothing is known then.
pub async fn problems(cx: &Context) -> Result<Vec<String>, Unseen> {
    if !cx.settings.ticketing.enabled {
        return Ok(Vec::new());
    }
    let (of_place, of_properties) = ticketing::look(&Asking::new(cx), &cx.settings, false).await;
    let (of_place, of_properties) = (of_place?, of_properties?);
    let wrong = of_place.into_iter().chain(of_properties).filter(|line| line.status != Status::Ok);
    Ok(wrong.map(sentence).collect())
}

fn sentence(line: Line) -> String {
    match line.fix {
        Some(fix) => format!("{}; {fix}", line.seen),
        None => line.seen,
    }
}
