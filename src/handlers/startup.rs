//! Asked of HubSpot once at start: does it have what the settings name? A pipeline that is not there would show only when
//! a customer is handed over. What is wrong is logged and shown with the connection; the bridge runs all the same, since
//! everything else works without it.

use std::sync::Arc;
use std::time::Duration;

use dashmap::DashMap;
use tokio_util::sync::CancellationToken;

use super::Context;
use super::handoff::ticket::HANDED_OFF_TAG;
use crate::domain::ConnectionName;
use crate::hubspot::{Class, Error, Pipeline};

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
            Err(error) if matches!(error.class, Class::Permanent { .. } | Class::Unsupported) => {
                tracing::warn!(connection = %name, error = %error, "pipeline and stage of new tickets could not be checked");
                let problem = format!("pipeline and stage of new tickets could not be checked: {error}");
                findings.entry(name).or_default().push(problem);
                return;
            }
            // An unreachable HubSpot is told by what needs it.
            Err(error) => tracing::debug!(connection = %name, error = %error, "the settings are checked later"),
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

/// What the settings name that HubSpot does not have.
pub async fn problems(cx: &Context) -> Result<Vec<String>, Error> {
    let (ticketing, name) = (&cx.settings.ticketing, &cx.settings.name);
    if !ticketing.enabled {
        return Ok(Vec::new());
    }
    let at = |key: &str| format!("`connections.{name}.ticketing.{key}`");
    let mut problems = place(&cx.hubspot.ticket_pipelines().await?, &ticketing.pipeline, &ticketing.stage, at);
    let known = cx.hubspot.ticket_property_names().await?;
    let tag = &ticketing.tag_property;
    if !tag.is_empty() && !known.contains(tag) {
        let key = at("tag_property");
        problems.push(format!(
            "{key}: HubSpot's tickets have no property {tag:?}, so handed-off tickets are not tagged; make it a \
             multi-select property with the option {HANDED_OFF_TAG:?}"
        ));
    }
    for (session_key, property) in ticketing.custom_data.iter().filter(|(_, property)| !known.contains(property)) {
        let key = at("custom_data");
        problems.push(format!(
            "{key}: HubSpot's tickets have no property {property:?}, so {session_key:?} stays in the session; make the \
             property, or correct its name"
        ));
    }
    Ok(problems)
}

fn place(pipelines: &[Pipeline], pipeline: &str, stage: &str, at: impl Fn(&str) -> String) -> Vec<String> {
    let Some(found) = pipelines.iter().find(|known| known.id == pipeline) else {
        let known: Vec<String> = pipelines.iter().map(|known| format!("{:?} ({})", known.id, known.label)).collect();
        let key = at("pipeline");
        return vec![format!(
            "{key}: HubSpot has no ticket pipeline {pipeline:?}, so handoffs get no ticket; it has {}",
            known.join(", ")
        )];
    };
    if found.stages.iter().any(|(id, _)| id == stage) {
        return Vec::new();
    }
    let known: Vec<String> = found.stages.iter().map(|(id, label)| format!("{id:?} ({label})")).collect();
    let key = at("stage");
    vec![format!(
        "{key}: the pipeline {pipeline:?} ({}) has no stage {stage:?}, so handoffs get no ticket; it has {}",
        found.label,
        known.join(", ")
    )]
}
