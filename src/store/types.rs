//! What goes into and comes out of the store's transactions.

use std::time::Duration;

pub use super::audit::{Audit, AuditRecord};
pub use super::numbers::{Lags, Stats};
use crate::domain::{
    ConnectionName, Ending, Event, EventId, Lane, MailboxKey, MessageId, NewEvent, Object, Outcome, Reason, Session,
    SessionId, SessionPatch, ThreadId, TicketId, Timestamp, TurnId,
};

/// The events of one delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// In the order of the delivery.
    pub events: Vec<NewEvent>,
    /// Ticket properties whose event was dropped as a duplicate within the delivery, though they changed.
    pub dirty: Vec<(MailboxKey, String)>,
}

/// What became of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Appended {
    /// Ids of the events in the batch's order; of the first event for a duplicate.
    pub ids: Vec<EventId>,
    /// For each event of the batch: was it new?
    pub fresh: Vec<bool>,
}

impl Appended {
    /// How many were new.
    #[must_use]
    pub fn fresh_count(&self) -> usize {
        self.fresh.iter().filter(|fresh| **fresh).count()
    }
}

/// A wish for leases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which priority.
    pub lane: Lane,
    /// At most so many.
    pub n: usize,
    /// How long a lease lasts without renewal.
    pub ttl: Duration,
    /// These connections share the places in use and wanted, those that are held left out. Up to half of the places is
    /// kept evenly for those that have fewer, so that slow turns of one leave room for the others. None or one: who comes
    /// first has them.
    pub sharers: Vec<ConnectionName>,
}

/// The right to work on one mailbox. Every write names it; a stale token is refused as [`super::Error::LeaseLost`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The store's row.
    pub mailbox: i64,
    /// Whose mailbox.
    pub key: MailboxKey,
    /// Rises with every lease of this mailbox.
    pub token: i64,
    /// Its time to live, for renewal.
    pub ttl: Duration,
    /// When it ends unless renewed.
    pub until: Timestamp,
    /// Failed attempts at the mailbox's present work so far.
    pub attempts: u32,
    /// When its oldest work became due.
    pub due_at: Timestamp,
}

/// The answer to a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// Ours until the new time.
    Extended(Timestamp),
    /// Ours until the new time, and something arrived that the turn must look at.
    Interrupted(Timestamp),
    /// Somebody else's.
    Lost,
}

/// One run over the due events of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Ours.
    pub id: TurnId,
    /// When it was first opened.
    pub opened_at: Timestamp,
    /// 1 for the first run; runs of a turn that was dissolved and opened again go on counting.
    pub run: u32,
    /// The run before this one never ended: the process died or lost its lease.
    pub crashed: bool,
    /// The bound events, oldest first.
    pub events: Vec<Event>,
    /// Ticket properties marked as changed without an event of their own; `*` is all of them.
    pub dirty: Vec<String>,
    /// What earlier runs journalled, oldest first.
    pub steps: Vec<StepRecord>,
    /// Newer messages have joined already.
    pub extended: bool,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepStatus {
    /// Intended; whether it acted is not known.
    Intended,
    /// Acted, with its result.
    Done,
    /// Certainly not acted; may be tried again.
    NotSent,
    /// Given up or deliberately left out; the result says why.
    Skipped,
    /// Tried and failed for good, without ending the turn; the result says why.
    Failed,
}

impl StepStatus {
    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Done => "done",
            Self::NotSent => "not_sent",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
        }
    }

    /// The status of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Intended, Self::Done, Self::NotSent, Self::Skipped, Self::Failed]
            .into_iter()
            .find(|status| status.as_str() == name)
    }
}

/// The journal's entry before an outside effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepIntent {
    /// Stable name within the turn, `post_reply`.
    pub name: String,
    /// When the act has certainly ended, one way or the other.
    pub act_deadline: Timestamp,
    /// The thread's newest message before the act.
    pub anchor: Option<MessageId>,
    /// SHA-256 of the normalised text, hex: how a probe recognises it.
    pub text_hash: Option<String>,
    /// Versioned JSON; erased when the turn ends, so it may hold the text to post.
    pub text: Option<String>,
}

/// The journal's entry after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepResult {
    /// How it went.
    pub status: StepStatus,
    /// Versioned JSON that outlives the turn: ids, codes; never text.
    pub result: Option<String>,
    /// Versioned JSON that is erased when the turn ends: an agent's answer.
    pub text: Option<String>,
    /// The message HubSpot made of it, remembered as ours.
    pub posted: Option<MessageId>,
}

/// A journalled step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRecord {
    /// Stable name.
    pub name: String,
    /// Where it stands.
    pub status: StepStatus,
    /// See [`StepIntent`].
    pub act_deadline: Timestamp,
    /// See [`StepIntent`].
    pub anchor: Option<MessageId>,
    /// See [`StepIntent`].
    pub text_hash: Option<String>,
    /// The text of the intent, or of the result once there is one; none after the turn.
    pub text: Option<String>,
    /// See [`StepResult`].
    pub result: Option<String>,
    /// When it was first intended.
    pub intended_at: Timestamp,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
    /// The run that wrote it last.
    pub run: u32,
}

/// The end of a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finish {
    /// One for each bound event that is not returned.
    pub endings: Vec<Ending>,
    /// Bound events that the turn was not about after all: they wait again, at once due, for the next.
    pub returned: Vec<EventId>,
    /// Versioned changes of sessions; a conflict fails the whole finish.
    pub sessions: Vec<SessionChange>,
    /// Events for other mailboxes (or this one), stored in the same transaction.
    pub followups: Vec<NewEvent>,
    /// Properties of tickets to read again, `*` for all, stored in the same transaction.
    pub mark_dirty: Vec<(MailboxKey, String)>,
    /// Properties the bridge wrote: ticket, property, hash of the value. Their echoes are recognised.
    pub own_writes: Vec<(TicketId, String, String)>,
    /// Tickets that were updated by this turn: the next update waits for `ticketing.update_interval`.
    pub updated_tickets: Vec<TicketId>,
}

/// How to find one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionKey {
    /// Ours.
    Id(SessionId),
    /// By HubSpot thread.
    Thread(ConnectionName, ThreadId),
    /// By the agent's own id.
    Agent(ConnectionName, String),
}

/// A versioned change of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionChange {
    /// Which; when `version` is 0 it is created, for a thread or for an agent's id that lives outside HubSpot.
    pub key: SessionKey,
    /// The version read; 0 when there was none.
    pub version: i64,
    /// What changes.
    pub patch: SessionPatch,
    /// Events that follow from it, stored in the same transaction.
    pub followups: Vec<NewEvent>,
}

/// A connection that is ill. Until then it is not worked on; afterwards one mailbox at a time, until it is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Which.
    pub connection: ConnectionName,
    /// Tried again then, at the latest.
    pub until: Timestamp,
    /// When it began.
    pub since: Timestamp,
    /// Why, as `word: sentence`, without secrets.
    pub cause: String,
}

impl Hold {
    /// Does a hold for this cause stop work of this lane? What ails conversations alone says nothing of tickets.
    #[must_use]
    pub fn stops(cause: &str, lane: Lane) -> bool {
        let word = cause.split(':').next().unwrap_or_default();
        lane == Lane::Conversation || !["outage", "missing_scope"].contains(&word)
    }
}

/// An operator's word about one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Back into its mailbox, for a fresh start. Refused as [`super::Error::AlreadyAnswered`] when its message was
    /// answered, or may have been, unless forced.
    Replay {
        /// Which.
        event: EventId,
        /// Even so: the answer is a draft then. Of what was not answered, a plain replay.
        force: bool,
    },
    /// Ends a waiting event as `skipped_by_operator`.
    Skip {
        /// Which.
        event: EventId,
    },
}

/// A filter over the ledger's events; all given conditions hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// By connection.
    pub connection: Option<ConnectionName>,
    /// By state name.
    pub state: Option<crate::domain::State>,
    /// By outcome.
    pub outcome: Option<Outcome>,
    /// By reason.
    pub reason: Option<Reason>,
    /// Of one thread or ticket.
    pub object: Option<Object>,
    /// Announcing one message.
    pub message: Option<MessageId>,
    /// Received at or after.
    pub since: Option<Timestamp>,
}

/// A filter over sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// By connection.
    pub connection: Option<ConnectionName>,
    /// By thread.
    pub thread: Option<ThreadId>,
    /// By ticket.
    pub ticket: Option<TicketId>,
    /// By contact.
    pub contact: Option<crate::domain::ContactId>,
    /// By state.
    pub state: Option<crate::domain::SessionState>,
}

/// One page of a list, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Give it as `cursor` for the next page; none at the end.
    pub next: Option<i64>,
}

/// One run of a turn, for the timeline of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// Whose run.
    pub turn: TurnId,
    /// 1, 2, …; from 1 again after a replay.
    pub run: u32,
    /// When it started.
    pub started_at: Timestamp,
    /// When it ended; none while it runs or if it crashed.
    pub ended_at: Option<Timestamp>,
    /// How it ended: `finished`, `crashed`, or the words of its deferral.
    pub note: Option<String>,
    /// The steps this run wrote last.
    pub steps: Vec<StepRecord>,
}

/// An event with its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventHistory {
    /// The row.
    pub event: Event,
    /// Oldest first.
    pub runs: Vec<RunRecord>,
    /// How it ended before each replay, oldest first; of what ended before schema 3 nothing was kept.
    pub past_ends: Vec<PastEnd>,
}

/// How an event ended before it was replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastEnd {
    /// When it ended.
    pub finished_at: Timestamp,
    /// How.
    pub outcome: Outcome,
    /// Why.
    pub reason: Option<Reason>,
    /// What the turn added; never what was said.
    pub detail: Option<String>,
    /// When it was put back.
    pub replayed_at: Timestamp,
}

/// What an id names; several things may share a number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Events with this id, or about this message.
    pub events: Vec<EventHistory>,
    /// Sessions with this id, thread, ticket, contact or agent id.
    pub sessions: Vec<Session>,
    /// Mailboxes of this thread or ticket: key, how many events wait, when due, attempts, why deferred.
    pub mailboxes: Vec<MailboxStatus>,
}

/// A mailbox for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxStatus {
    /// Whose.
    pub key: MailboxKey,
    /// Events waiting or bound.
    pub waiting: u64,
    /// When it is worked on next.
    pub due_at: Option<Timestamp>,
    /// Failed attempts at the present work.
    pub attempts: u32,
    /// The words of the last deferral.
    pub why: Option<String>,
    /// A turn is running now.
    pub leased: bool,
}
