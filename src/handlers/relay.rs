//! Carrying what a rep wrote to the agent's side, once for each message and session: the intent, the call, its result.
//! After a crash or an unclear end the agent's own record is asked before anything is sent again. The conversation's
//! turn calls it for replies and comments, the note's for help-desk notes.
//!
//! A failing agent holds a mailbox up for a few runs only: then the step is failed, which is said in the event's detail.

use std::future::Future;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::journal::{self, Journal, outcome, step};
use super::team::Known;
use super::{Context, Stop};
use crate::agents::{Class, Effect, Error, Relay, RelayKind};
use crate::config::Guarantee;
use crate::domain::{
    ActorId, ActorKind, Attachment, Message, Participant, Session, SessionState, ThreadId, TicketId, Timestamp,
};
use crate::limits;
use crate::store::{StepRecord, StepResult, StepStatus};

/// What a rep wrote, before it is addressed to a session.
#[derive(Clone, Debug)]
pub struct Words {
    /// A reply or a note.
    pub kind: RelayKind,
    /// The thread it was written in.
    pub thread_id: Option<ThreadId>,
    /// The ticket linked.
    pub ticket_id: Option<TicketId>,
    /// HubSpot's id of the message or note.
    pub id: String,
    /// The rep's name.
    pub author: Option<String>,
    /// Plain text.
    pub text: String,
    /// Named with their URLs.
    pub attachments: Vec<Attachment>,
    /// When.
    pub at: Timestamp,
}

impl Words {
    /// Is there nothing to carry?
    #[must_use]
    pub fn are_empty(&self) -> bool {
        self.text.is_empty() && self.attachments.is_empty()
    }

    fn to(&self, session: &Session) -> Relay {
        let words = self.clone();
        Relay {
            kind: words.kind,
            connection: session.connection.clone(),
            session: session.id,
            agent_session_id: session.agent_session_id.clone(),
            thread_id: words.thread_id,
            ticket_id: words.ticket_id.or_else(|| session.ticket_id.clone()),
            id: words.id,
            author: words.author,
            text: words.text,
            attachments: words.attachments,
            at: words.at,
        }
    }
}

/// Has a human got this conversation? A pause on top of a handoff silences nobody but the AI.
#[must_use]
pub fn is_with_a_human(session: &Session) -> bool {
    match session.state {
        SessionState::HandedOff => true,
        SessionState::Paused => session.handed_off_at.is_some(),
        SessionState::Ai | SessionState::Closed => false,
    }
}

/// Does the agent know this conversation? One that keeps no state knows it by our session.
#[must_use]
pub fn is_known_to_agent(cx: &Context, session: &Session) -> bool {
    session.agent_session_id.is_some() || !cx.agent.keeps_state()
}

/// The name of who wrote a message: its sender's own, or that of the owner with the sender's user or address.
#[must_use]
pub fn author(message: &Message, known: &Known) -> Option<String> {
    let named = message.senders.iter().find_map(|sender| sender.name.clone());
    let actors = message.senders.iter().filter_map(|sender| sender.actor.as_ref()).chain(&message.created_by);
    let users: Vec<&str> = actors.filter_map(user_of).collect();
    let addresses: Vec<String> = message.senders.iter().filter_map(Participant::email).collect();
    named.or_else(|| {
        let owner = known.owners.iter().find(|owner| {
            let user = owner.user_id.as_deref().is_some_and(|user| users.contains(&user));
            user || owner.email.as_ref().is_some_and(|email| addresses.contains(&email.to_lowercase()))
        });
        owner.and_then(|owner| owner.name.clone())
    })
}

fn user_of(actor: &ActorId) -> Option<&str> {
    (actor.kind() == ActorKind::Agent).then(|| actor.0.trim_start_matches("A-"))
}

/// How carrying one message to one session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// The agent's side has it.
    Taken,
    /// Given up; why, in words for people.
    Failed(String),
    /// Another run tries again: see [`Carrier::later`].
    Later,
}

/// The attempts of one run.
#[derive(Debug, Default)]
pub struct Carrier {
    spent: Duration,
    busy: bool,
    later: Option<Stop>,
}

/// The journal's record of the attempts so far.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Tries {
    v: u32,
    failed: u32,
    detail: Option<String>,
}

impl Tries {
    fn of(record: &StepRecord) -> Self {
        let kept = |text: &Option<String>| journal::decode(text.as_deref());
        kept(&record.result).or_else(|| kept(&record.text)).unwrap_or_default()
    }
}

/// How one attempt ended.
enum Ended {
    Taken,
    /// An earlier attempt may still arrive.
    Open(Timestamp),
    Error(Error),
}

impl Carrier {
    /// Why and when the run must be followed by another; none: everything is settled.
    pub fn later(&mut self) -> Option<Stop> {
        self.later.take()
    }

    /// Something must be tried again; what counts as a failed attempt goes before what only waits.
    pub fn postpone(&mut self, stop: Stop) {
        if self.later.is_none() || matches!(stop, Stop::Retry { .. }) {
            self.later = Some(stop);
        }
    }

    /// Carries words to one session. Makes at most one attempt; `last`: no further one will follow.
    pub async fn carry(
        &mut self,
        cx: &Context,
        journal: &mut Journal<'_>,
        last: bool,
        (words, session): (&Words, &Session),
    ) -> Result<Carried, Stop> {
        let name = step::relay(&words.id, session.id);
        let record = journal.get(&name).cloned();
        let tries = record.as_ref().map(Tries::of).unwrap_or_default();
        let open = record.as_ref().is_some_and(|record| record.status == StepStatus::Intended);
        match record.as_ref().map(|record| record.status) {
            Some(StepStatus::Done) => return Ok(Carried::Taken),
            Some(StepStatus::Skipped | StepStatus::Failed) => {
                return Ok(Carried::Failed(tries.detail.unwrap_or_default()));
            }
            Some(StepStatus::Intended | StepStatus::NotSent) | None => {}
        }
        if self.busy {
            return Ok(Carried::Later);
        }
        let began = Instant::now();
        let ended = if self.spent < limits::RELAY_RUN {
            attempt(cx, journal, &name, &words.to(session), record.filter(|_| open), &tries).await?
        } else {
            let effect = if open { Effect::Unclear } else { Effect::NotSent };
            Ended::Error(failure("relay", "it is too slow: other messages took all the time", effect))
        };
        self.spent += began.elapsed();
        match ended {
            Ended::Taken => {
                journal.settle(&name, outcome(StepStatus::Done)).await?;
                Ok(Carried::Taken)
            }
            Ended::Open(until) => {
                let why = "looking whether the agent got an earlier attempt".to_owned();
                self.postpone(Stop::Defer { until, why, counts: false });
                Ok(Carried::Later)
            }
            Ended::Error(error) => self.failed(cx, journal, &name, (tries, last), error).await,
        }
    }

    async fn failed(
        &mut self,
        cx: &Context,
        journal: &mut Journal<'_>,
        name: &str,
        (before, last): (Tries, bool),
        error: Error,
    ) -> Result<Carried, Stop> {
        let failed = match error.class {
            Class::Busy { .. } => before.failed,
            Class::Retry { .. } => before.failed + 1,
            Class::Permanent => limits::RELAY_RUNS,
        };
        let unclear = error.effect == Effect::Unclear;
        let once = cx.delivery.guarantee == Guarantee::AtMostOnce;
        let given_up = last || failed >= limits::RELAY_RUNS || (unclear && once);
        let status = match (given_up, unclear) {
            (true, _) => StepStatus::Failed,
            (false, true) => StepStatus::Intended,
            (false, false) => StepStatus::NotSent,
        };
        let doubt = if given_up && unclear { "; whether it arrived is not known" } else { "" };
        let detail = format!("{error}{doubt}");
        let result = Some(journal::encode(&Tries { v: 1, failed, detail: Some(detail.clone()) })?);
        journal.settle(name, StepResult { status, result, text: None, posted: None }).await?;
        if given_up {
            return Ok(Carried::Failed(detail));
        }
        match error.class {
            Class::Busy { after } => {
                self.busy = true;
                self.postpone(Stop::Defer { until: cx.now().after(after), why: detail, counts: false });
            }
            Class::Retry { after } => self.postpone(Stop::Retry { after, why: detail }),
            Class::Permanent => {}
        }
        Ok(Carried::Later)
    }
}

/// One attempt; `open` is the record of one whose end is unclear.
async fn attempt(
    cx: &Context,
    journal: &mut Journal<'_>,
    name: &str,
    relay: &Relay,
    open: Option<StepRecord>,
    tries: &Tries,
) -> Result<Ended, Stop> {
    let limit = cx.settings.agent.timeout.min(limits::RELAY_CALL);
    if let Some(open) = open {
        match within(limit, "was_relayed", cx.agent.was_relayed(relay, open.intended_at)).await {
            Ok(true) => return Ok(Ended::Taken),
            Ok(false) if cx.now() < believed_at(cx, &open) => return Ok(Ended::Open(believed_at(cx, &open))),
            Ok(false) => {}
            // A failed look makes nothing clearer.
            Err(error) => return Ok(Ended::Error(Error { effect: Effect::Unclear, ..error })),
        }
    }
    // The count goes into the intent too: it must outlive a crash in the middle of the call.
    journal.intend(name, limit, None, None, tries).await?;
    Ok(match within(limit, "relay", cx.agent.relay(relay)).await {
        Ok(()) => Ended::Taken,
        Err(error) => Ended::Error(error),
    })
}

/// When it is believed that the agent's side does not have it: one with a memory may still be writing it down, one
/// without drops what it gets twice.
fn believed_at(cx: &Context, open: &StepRecord) -> Timestamp {
    if cx.agent.keeps_state() { open.act_deadline.after(cx.delivery.settle) } else { open.act_deadline }
}

async fn within<T>(
    limit: Duration,
    operation: &'static str,
    call: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let ended = tokio::time::timeout(limit, call).await;
    ended.unwrap_or_else(|_| Err(failure(operation, &format!("no answer within {limit:?}"), Effect::Unclear)))
}

fn failure(operation: &'static str, detail: &str, effect: Effect) -> Error {
    Error { operation, detail: detail.to_owned(), effect, class: Class::Retry { after: None } }
}
