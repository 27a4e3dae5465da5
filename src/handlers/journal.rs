//! The journal of one turn: what was intended, and what became of it. A crash between the two is what probes are for.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Stop;
use crate::clock::Clock;
use crate::domain::MessageId;
use crate::store::interrupts::Watch;
use crate::store::{Lease, Renewal, StepIntent, StepRecord, StepResult, StepStatus, Store};

/// Names of steps; stored format from the first release.
pub mod step {
    /// Make the agent's own session.
    pub const OPEN_AGENT: &str = "open_agent";
    /// A decision that was not the agent's.
    pub const DECIDE: &str = "decide";
    /// Ask the agent.
    pub const ASK_AGENT: &str = "ask_agent";
    /// Post the answer to the customer.
    pub const POST_REPLY: &str = "post_reply";
    /// Post a draft or a remark as an internal comment.
    pub const POST_DRAFT: &str = "post_draft";
    /// Post the handoff comment.
    pub const HANDOFF_COMMENT: &str = "handoff_comment";
    /// Give the thread to a human.
    pub const ASSIGN: &str = "assign";
    /// Find or make the customer's contact.
    pub const CONTACT: &str = "contact";
    /// Find or make the ticket.
    pub const TICKET: &str = "ticket";
    /// Write the transcript as a note where the ticket has no room for it.
    pub const TRANSCRIPT: &str = "transcript";
    /// Update the ticket's properties.
    pub const TICKET_WRITE: &str = "ticket_write";
    /// Give the thread to the AI user.
    pub const TAKE: &str = "take";
    /// Tell the human who has the conversation that a reply was not delivered.
    pub const DELIVERY_REMARK: &str = "delivery_remark";

    /// Carry what a rep wrote to one session.
    #[must_use]
    pub fn relay(id: &str, session: crate::domain::SessionId) -> String {
        format!("relay/{id}/{session}")
    }
}

/// The journal of the turn at hand.
pub struct Journal<'a> {
    store: &'a dyn Store,
    lease: &'a Lease,
    watch: &'a Watch,
    clock: &'a dyn Clock,
    steps: Vec<StepRecord>,
}

impl<'a> Journal<'a> {
    /// Continues the journal of earlier runs.
    pub fn new(
        store: &'a dyn Store,
        lease: &'a Lease,
        watch: &'a Watch,
        clock: &'a dyn Clock,
        steps: Vec<StepRecord>,
    ) -> Self {
        Self { store, lease, watch, clock, steps }
    }

    /// The record of a step.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&StepRecord> {
        self.steps.iter().find(|record| record.name == name)
    }

    /// All steps so far.
    #[must_use]
    pub fn steps(&self) -> &[StepRecord] {
        &self.steps
    }

    /// The status of a step.
    #[must_use]
    pub fn status(&self, name: &str) -> Option<StepStatus> {
        self.get(name).map(|record| record.status)
    }

    /// Steps whose outside effect may have happened without our knowing.
    pub fn open_intents(&self) -> impl Iterator<Item = &StepRecord> {
        self.steps.iter().filter(|record| record.status == StepStatus::Intended)
    }

    /// Records that a step is about to act, and makes sure that the lease outlives the act.
    pub async fn intend<T: Serialize>(
        &mut self,
        name: &str,
        lasts: Duration,
        anchor: Option<MessageId>,
        text_hash: Option<String>,
        data: &T,
    ) -> Result<(), Stop> {
        // The act's deadline must lie inside the lease: renewing also notices a lease that was taken over.
        match self.store.renew(self.lease).await? {
            Renewal::Extended(_) => {}
            // Renewing took the mark, so the turn must be told.
            Renewal::Interrupted(_) => self.watch.ring(),
            Renewal::Lost => return Err(Stop::LeaseLost),
        }
        let act_deadline = self.clock.now().after(lasts);
        let text = Some(encode(data)?);
        let intent = StepIntent {
            name: name.to_owned(),
            act_deadline,
            anchor: anchor.clone(),
            text_hash: text_hash.clone(),
            text: text.clone(),
        };
        self.store.intend(self.lease, intent).await?;
        tracing::debug!(step = name, "step intended");
        let intended_at = self.clock.now();
        self.steps.retain(|record| record.name != name);
        self.steps.push(StepRecord {
            name: name.to_owned(),
            status: StepStatus::Intended,
            act_deadline,
            anchor,
            text_hash,
            text,
            result: None,
            intended_at,
            settled_at: None,
            run: 0,
        });
        Ok(())
    }

    /// Records what became of a step.
    pub async fn settle(&mut self, name: &str, result: StepResult) -> Result<(), Stop> {
        self.store.settle(self.lease, name, result.clone()).await?;
        tracing::debug!(step = name, status = result.status.as_str(), "step settled");
        if let Some(record) = self.steps.iter_mut().find(|record| record.name == name) {
            record.status = result.status;
            record.result = result.result;
            record.text = result.text.or_else(|| record.text.take());
            record.settled_at = Some(self.clock.now());
        }
        Ok(())
    }
}

/// Does a write of this journal have an unclear end, with no word of its handler on it? Deciding acts on nothing, and
/// asking the agent knows by itself what an open question is worth.
#[must_use]
pub fn is_unclear(steps: &[StepRecord]) -> bool {
    let writes = |record: &StepRecord| ![step::DECIDE, step::ASK_AGENT].contains(&record.name.as_str());
    steps.iter().any(|record| record.status == StepStatus::Intended && writes(record))
}

/// A result without text.
#[must_use]
pub fn outcome(status: StepStatus) -> StepResult {
    StepResult { status, result: None, text: None, posted: None }
}

/// Versioned JSON for the journal.
pub fn encode<T: Serialize>(data: &T) -> Result<String, Stop> {
    serde_json::to_string(data)
        .map_err(|error| Stop::Store(crate::store::Error::Unreadable { what: "step", detail: error.to_string() }))
}

/// Reads what [`encode`] wrote; none when a newer release wrote something else.
#[must_use]
pub fn decode<T: DeserializeOwned>(text: Option<&str>) -> Option<T> {
    serde_json::from_str(text?).ok()
}
