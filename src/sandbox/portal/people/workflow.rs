//! A workflow that reaches one of the bridge's actions: HubSpot posts to `/actions/hubspot/{connection}/{action}`.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{ActionError, number};
use crate::domain::ThreadId;
use crate::sandbox::portal::Portal;
use crate::sandbox::portal::kind::Kind;
use crate::sandbox::portal::outbox::Signing;
use crate::sandbox::portal::state::State;

/// What a workflow is enrolled with.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Enrolled {
    /// A ticket.
    Ticket {
        /// HubSpot's id.
        id: String,
    },
    /// A contact.
    Contact {
        /// HubSpot's id.
        id: String,
    },
    /// A conversation.
    Conversation {
        /// The thread's id.
        id: String,
    },
}

/// One action of a workflow about to run.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct WorkflowRun {
    /// `pause-ai`, `resume-ai`, `send-to-ai`, `request-handoff`.
    pub name: String,
    /// What the workflow runs for.
    pub object: Enrolled,
    /// `inputFields`, as the workflow's author filled them in.
    #[serde(default)]
    pub inputs: Map<String, Value>,
    /// Which signature headers; as the webhooks', with v2 in the place of v1, when absent.
    #[serde(default)]
    pub signing: Option<Signing>,
}

impl Portal {
    /// A workflow runs an action. It leaves with the deliveries and is tried again as HubSpot does: not after a 4xx
    /// other than 429. Gives the `callbackId`, which stays the same in every attempt.
    pub fn workflow_runs(&self, run: &WorkflowRun) -> Result<String, ActionError> {
        self.act(|state, now| {
            let (id, kind, properties) = enrolled(state, &run.object)?;
            let callback = format!("ap-{}-{}-0", state.seed.portal_id.0, state.chance.uuid());
            let body = json!({
                "callbackId": callback,
                "origin": {
                    "portalId": state.seed.portal_id.0,
                    "actionDefinitionId": definition(&run.name),
                    "actionDefinitionVersion": 1,
                },
                "context": {"source": "WORKFLOWS", "workflowId": 192_814_114},
                "object": {"objectId": id, "objectType": kind, "properties": properties},
                "fields": run.inputs,
                "inputFields": run.inputs,
            });
            if state.outbox.act(now, &run.name, id, &body, run.signing) {
                Ok(callback)
            } else {
                Err(ActionError::Target)
            }
        })
    }
}

/// HubSpot gives each definition a number.
fn definition(name: &str) -> u64 {
    let known = ["pause-ai", "resume-ai", "send-to-ai", "request-handoff"];
    (10_646_377..).zip(known).find(|(_, known)| *known == name).map_or(10_646_999, |(id, _)| id)
}

/// Id, `objectType`, and the properties the action's definition asks for: here all that are set.
fn enrolled(state: &State, object: &Enrolled) -> Result<(u64, String, Value), ActionError> {
    let (kind, id) = match object {
        Enrolled::Conversation { id } => {
            let id = number(state, &ThreadId::from(id.as_str()))?;
            return Ok((id, "CONVERSATION".to_owned(), json!({})));
        }
        Enrolled::Ticket { id } => (Kind::Ticket, id),
        Enrolled::Contact { id } => (Kind::Contact, id),
    };
    let record = id.parse().ok().and_then(|id| state.crm.record(kind, id));
    let record = record.ok_or_else(|| ActionError::Record(kind.singular(), id.clone()))?;
    Ok((record.id, kind.singular().to_uppercase(), json!(record.properties)))
}
