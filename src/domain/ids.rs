//! Newtypes for every id that crosses the house, so that a thread id is never passed for a ticket id.
//!
//! HubSpot's ids are opaque text to us: they arrive as numbers or strings, and are compared, never computed with.

use std::fmt;

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id!(
    /// The name of a connection, `[a-z0-9]+(_[a-z0-9]+)*`; checked by the settings.
    ConnectionName
);
text_id!(
    /// A HubSpot conversation thread.
    ThreadId
);
text_id!(
    /// A HubSpot message: 32 hex characters or a dashed UUID; both occur in one thread.
    MessageId
);
text_id!(
    /// A HubSpot ticket.
    TicketId
);
text_id!(
    /// A HubSpot contact, or a visitor that is not a contact yet.
    ContactId
);
text_id!(
    /// A CRM note, as reps write on a help-desk ticket.
    NoteId
);
text_id!(
    /// A HubSpot actor, `A-123`, `V-456`, …: the prefix says what it is (see [`super::ActorKind`]).
    ActorId
);

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.strip_prefix($prefix).unwrap_or(text).parse().map(Self)
            }
        }
    };
}

number_id!(
    /// One row of the ledger, `evt_1` outside.
    EventId, "evt_"
);
number_id!(
    /// One session, `ses_1` outside.
    SessionId, "ses_"
);
number_id!(
    /// One turn, `turn_1` outside.
    TurnId, "turn_"
);
number_id!(
    /// A HubSpot account ("portal", "hub").
    PortalId, ""
);
number_id!(
    /// A HubSpot app; ours is learned by token introspection or from the events' `appId`.
    AppId, ""
);

/// Several events for a log line: `evt_1 evt_2`, written only when the line is.
#[derive(Clone, Copy, Debug)]
pub struct EventIds<'a>(pub &'a [EventId]);

impl fmt::Display for EventIds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, id) in self.0.iter().enumerate() {
            write!(f, "{}{id}", if position == 0 { "" } else { " " })?;
        }
        Ok(())
    }
}
