//! Is the agent there, and does it take our key? Asks it no question.

use std::time::Duration;

use super::asking::Asking;
use super::{Line, Patient};
use crate::agents::{Class, Effect};

const CHECK: &str = "agent";
/// A look is cheap everywhere: who needs longer than this is slow.
const PATIENCE: Duration = Duration::from_secs(10);
/// However slow HubSpot was before.
const PATIENCE_MIN: Duration = Duration::from_secs(3);

/// Lines.
pub async fn lines(patient: &Patient<'_>, asking: &Asking) -> Vec<Line> {
    let agent = &patient.cx.settings.agent;
    let kind = agent.kind.as_str();
    let limit = asking.left().clamp(PATIENCE_MIN, PATIENCE);
    let error = match patient.cx.agent.look(limit).await {
        Ok(seen) => return vec![Line::ok(CHECK, format!("{kind}: {seen}"))],
        Err(error) => error,
    };
    let seen = format!("{kind}: {}", error.detail);
    vec![match (error.class, error.effect) {
        (Class::Busy { .. }, _) => {
            Line::warning(CHECK, seen, "it answers, but its limit is used up; look again in a minute")
        }
        (Class::Permanent, _) => Line::failed(CHECK, seen, "correct what is named under `agent`, then look again"),
        (Class::Retry { .. }, Effect::NotSent) => {
            Line::failed(CHECK, seen, "check `agent.base_url`, and that this machine may reach it")
        }
        (Class::Retry { .. }, Effect::Unclear) => {
            Line::failed(CHECK, seen, "it is reached but does not answer well; see its own logs or status page")
        }
    }]
}
