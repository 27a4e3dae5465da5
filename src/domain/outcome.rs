//! How an event ends: closed lists, stored and shown under these names.

use std::fmt;

use super::{EventId, Reason, SessionId};

/// Where an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Waiting in its mailbox.
    Pending,
    /// Bound to an open turn.
    Running,
    /// Acted on.
    Done,
    /// Deliberately not acted on.
    Skipped,
    /// Could not be acted on.
    Dead,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Running, Self::Done, Self::Skipped, Self::Dead];

    /// The stable name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Dead => "dead",
        }
    }

    /// The state of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == name)
    }

    /// Done, skipped or dead.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Skipped | Self::Dead)
    }
}

macro_rules! outcomes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// How a finished event ended: one of the words of `done`, or `skipped`, or `dead`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Outcome { $($(#[$doc])* $name,)* }

        impl Outcome {
            /// Every outcome.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable name.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

outcomes! {
    /// Answered in the thread.
    Replied = "replied",
    /// A draft was posted as an internal comment.
    Drafted = "drafted",
    /// The agent had nothing to say.
    NoReplyNeeded = "no_reply_needed",
    /// Given to a human.
    HandedOff = "handed_off",
    /// A rep's words were carried to the session.
    Relayed = "relayed",
    /// A ticket property reached the sessions' custom data.
    PropertySynced = "property_synced",
    /// An assignment was noted.
    OwnershipRecorded = "ownership_recorded",
    /// The thread was opened, closed, deleted or restored.
    StatusRecorded = "status_recorded",
    /// An internal note was mirrored to the session.
    NoteMirrored = "note_mirrored",
    /// Answered together with a later message of the same turn.
    Merged = "merged",
    /// The AI was paused.
    Paused = "paused",
    /// The AI was resumed.
    Resumed = "resumed",
    /// Deliberately not acted on.
    Skipped = "skipped",
    /// Could not be acted on.
    Dead = "dead",
}

impl Outcome {
    /// The outcome of a stored name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|outcome| outcome.as_str() == name)
    }

    /// The state an event with this outcome is in.
    #[must_use]
    pub fn state(self) -> State {
        match self {
            Self::Skipped => State::Skipped,
            Self::Dead => State::Dead,
            Self::Replied
            | Self::Drafted
            | Self::NoReplyNeeded
            | Self::HandedOff
            | Self::Relayed
            | Self::PropertySynced
            | Self::OwnershipRecorded
            | Self::StatusRecorded
            | Self::NoteMirrored
            | Self::Merged
            | Self::Paused
            | Self::Resumed => State::Done,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The end of one event, as a turn reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Which.
    pub event: EventId,
    /// How.
    pub outcome: Outcome,
    /// Why: always on skipped and dead; on `handed_off` and `drafted` when it was not the agent's own wish.
    pub reason: Option<Reason>,
    /// Words that add to the reason; never message text or addresses.
    pub detail: Option<String>,
    /// The session it concerned.
    pub session: Option<SessionId>,
}

impl Ending {
    /// A done event without a reason.
    #[must_use]
    pub fn done(event: EventId, outcome: Outcome) -> Self {
        Self { event, outcome, reason: None, detail: None, session: None }
    }

    /// A skipped event.
    #[must_use]
    pub fn skipped(event: EventId, reason: Reason) -> Self {
        Self { event, outcome: Outcome::Skipped, reason: Some(reason), detail: None, session: None }
    }

    /// A dead event.
    #[must_use]
    pub fn dead(event: EventId, reason: Reason) -> Self {
        Self { event, outcome: Outcome::Dead, reason: Some(reason), detail: None, session: None }
    }

    /// With a reason.
    #[must_use]
    pub fn because(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// With words that add to the reason.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}
