//! Giving a conversation to humans in HubSpot: the customer's contact, a ticket with the transcript, the owner.
//!
//! Each is a journalled step that ends as done, skipped or failed, with a reason; none is repeated after a crash, and the
//! failure of one does not forget the rest. [`super::conversation`] hands over threads, [`super::outside`] conversations
//! that live elsewhere.

pub mod assign;
pub mod contact;
pub mod ticket;
pub mod transcript;

use serde::{Deserialize, Serialize};

use super::journal::{self, Journal};
use super::{Context, Stop};
use crate::config::Guarantee;
use crate::domain::{Contact, Event, EventId, Reason, Session, Thread, ThreadId};
use crate::hubspot::{Class, Error};
use crate::store::{StepResult, StepStatus};

/// So many failed attempts at a contact or a ticket before the handoff goes on without it: the customer waits.
pub const PATIENCE: u32 = 3;

/// What is handed over.
#[derive(Debug)]
pub struct Case<'a> {
    /// Who asks, as far as the conversation itself says.
    pub customer: Contact,
    /// The thread; none for a conversation that lives outside HubSpot.
    pub thread: Option<&'a Thread>,
    /// What the bridge remembers.
    pub session: Option<&'a Session>,
    /// The ticket's subject.
    pub subject: String,
    /// For the reps.
    pub summary: Option<String>,
    /// The agent's word, `angry`.
    pub sentiment: Option<String>,
    /// Session data, mapped keys of which go in with the ticket.
    pub custom_data: std::collections::BTreeMap<String, String>,
    /// The first event of the turn: what marks our own ticket.
    pub event: EventId,
}

/// How the reference of each thing made in HubSpot begins.
pub const REFERENCE: &str = "[hubspot-bridge ";

impl Case<'_> {
    /// The thread's id.
    #[must_use]
    pub fn thread_id(&self) -> Option<&ThreadId> {
        self.thread.map(|thread| &thread.id)
    }

    /// Marks what this handoff makes in HubSpot, so that it is found again after an unclear end.
    #[must_use]
    pub fn reference(&self, cx: &Context) -> String {
        format!("{REFERENCE}{}/{}]", cx.settings.name, self.event)
    }
}

/// Where steps are worked at.
pub struct Desk<'d, 'a> {
    /// The connection at work.
    pub cx: &'a Context,
    /// The turn's journal.
    pub journal: &'d mut Journal<'a>,
    /// No further attempt will follow.
    pub last: bool,
    /// Failed attempts at the turn so far.
    pub attempts: u32,
}

/// A step's result as the journal keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    v: u32,
    /// The contact, ticket or note.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub id: Option<String>,
    /// `made`, `found`, `reused`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub how: Option<String>,
    /// The name of the reason, when the step was skipped or failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// For people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// The ticket says that the transcript is in notes.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub notes: bool,
}

impl Record {
    /// The step has its object.
    #[must_use]
    pub fn done(id: impl Into<String>, how: &str) -> Self {
        Self { v: 1, id: Some(id.into()), how: Some(how.to_owned()), ..Self::default() }
    }

    /// The step was left out or failed.
    #[must_use]
    pub fn without(detail: impl Into<String>) -> Self {
        Self { v: 1, detail: Some(detail.into()), ..Self::default() }
    }

    /// With what people should know beside it.
    #[must_use]
    pub fn remark(self, detail: Option<String>) -> Self {
        Self { detail, ..self }
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Done, skipped or failed.
    pub status: StepStatus,
    /// The rest.
    pub record: Record,
}

impl Ended {
    /// The object's id, when there is one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.record.id.as_deref().filter(|_| self.status == StepStatus::Done)
    }

    /// Did this handoff make it?
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.id().is_some() && self.record.how.as_deref() != Some("reused")
    }

    /// What people should know: `ticket: …`.
    #[must_use]
    pub fn remark(&self, what: &str) -> Option<String> {
        self.record.detail.as_ref().map(|detail| format!("{what}: {detail}"))
    }

    /// Why it failed, from the closed list.
    #[must_use]
    pub fn reason(&self) -> Option<Reason> {
        self.record.reason.as_deref().and_then(Reason::from_name)
    }
}

impl Desk<'_, '_> {
    /// How an earlier run ended a step; none when it is still to be done, or its end is unclear.
    #[must_use]
    pub fn ended(&self, step: &str) -> Option<Ended> {
        let record = self.journal.get(step)?;
        let status = record.status;
        let ended = matches!(status, StepStatus::Done | StepStatus::Skipped | StepStatus::Failed);
        let read = || journal::decode(record.result.as_deref()).unwrap_or_default();
        ended.then(|| Ended { status, record: read() })
    }

    /// Records how a step ended.
    pub async fn settle(&mut self, step: &str, status: StepStatus, record: Record) -> Result<Ended, Stop> {
        if self.journal.get(step).is_none() {
            self.intend(step, std::time::Duration::ZERO).await?;
        }
        let result = Some(journal::encode(&record)?);
        self.journal.settle(step, StepResult { status, result, text: None, posted: None }).await?;
        Ok(Ended { status, record })
    }

    /// Records that a step is about to act.
    pub async fn intend(&mut self, step: &str, lasts: std::time::Duration) -> Result<(), Stop> {
        self.journal.intend(step, lasts, None, None, &serde_json::json!({"v": 1})).await
    }

    /// An error of a read that is worth waiting for.
    #[must_use]
    pub fn worth_waiting(&self, error: &Error) -> bool {
        let passing = matches!(error.class, Class::Retry { .. } | Class::Hold { .. });
        passing && !self.last && self.attempts < PATIENCE
    }

    /// After an error without effect: what will not pass, or has not passed for long, fails the step; everything else
    /// stops the run, to be tried again.
    pub async fn failed(&mut self, step: &str, error: Error) -> Result<Ended, Stop> {
        let lasting = match &error.class {
            Class::Permanent { .. } | Class::Unsupported | Class::Conflict { .. } | Class::NotFound => true,
            Class::Retry { .. } => self.last || self.attempts >= PATIENCE,
            // The whole connection waits: so does this.
            Class::Hold { .. } => self.last,
        };
        if !lasting {
            if self.journal.status(step) == Some(StepStatus::Intended) {
                self.journal.settle(step, journal::outcome(StepStatus::NotSent)).await?;
            }
            return Err(error.into());
        }
        let reason = match &error.class {
            Class::Permanent { reason } => *reason,
            Class::NotFound => Reason::ObjectNotFound,
            Class::Retry { .. } | Class::Hold { .. } => Reason::AttemptsExhausted,
            Class::Conflict { .. } | Class::Unsupported => Reason::RejectedByHubspot,
        };
        let record = Record { reason: Some(reason.as_str().to_owned()), ..Record::without(error.to_string()) };
        self.settle(step, StepStatus::Failed, record).await
    }

    /// After an error that leaves it open whether the step acted: the intent stays, and the next run looks.
    pub async fn unclear(&mut self, step: &str, what: &str, error: Error) -> Result<Ended, Stop> {
        // Without another attempt there is no later look.
        if self.last || self.cx.delivery.guarantee == Guarantee::AtMostOnce {
            return self.unknown(step, what).await;
        }
        let until = self.cx.now().after(self.cx.delivery.settle);
        Err(Stop::Defer { until, why: format!("{error}; looking whether {what} was made"), counts: true })
    }

    /// That nothing is there is only believed once HubSpot must show what it accepted.
    pub fn wait_until_shown(&self, step: &str) -> Result<(), Stop> {
        let certain_at = self.journal.get(step).map(|record| record.act_deadline.after(self.cx.delivery.settle));
        match certain_at.filter(|at| self.cx.now() < *at) {
            Some(until) => {
                let why = "looking whether an earlier attempt took effect".to_owned();
                Err(Stop::Defer { until, why, counts: false })
            }
            None => Ok(()),
        }
    }

    /// Whether the step acted is not known, and will not be found out.
    pub async fn unknown(&mut self, step: &str, what: &str) -> Result<Ended, Stop> {
        let detail = format!("whether {what} was made could not be found out, so no second one is made");
        let reason = Some(Reason::OutcomeUnknown.as_str().to_owned());
        self.settle(step, StepStatus::Failed, Record { reason, ..Record::without(detail) }).await
    }
}

/// The first event of a turn: the same in every run of it.
#[must_use]
pub fn first_event(events: &[Event]) -> EventId {
    events.iter().map(|event| event.id).min().unwrap_or(EventId(0))
}
