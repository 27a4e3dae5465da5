//! What is sent, as `docs/operations.md` documents it: fields are added, never changed; what changes gets a new `version`.
//! Ids, counts, reasons and times; never message text, addresses or property values. Pure.

use serde::{Deserialize, Serialize};

use crate::agents::http::id;
use crate::domain::{ConnectionName, EventId, Reason, Timestamp};
use crate::store::Hold;
use crate::worker::hold;

const VERSION: u32 = 1;

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Events ended as `dead`.
    DeadEvents,
    /// Connections are not worked on.
    ConnectionHeld,
    /// They are again.
    ConnectionReleased,
}

/// The body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alert {
    #[serde(rename = "type")]
    body: &'static str,
    version: u32,
    /// The same for the same news, however often it is sent.
    pub id: String,
    timestamp: String,
    /// What it is about.
    pub kind: Kind,
    /// All of it in a line, for people.
    pub text: String,
    /// How many events, or connections.
    pub count: usize,
    /// There is more of it than was counted: it comes with the next.
    more: bool,
    /// How many by connection and reason; empty of connections.
    reasons: Vec<Reasons>,
    /// The first of the events.
    events: Vec<Listed>,
    /// The connections, where it is about those.
    connections: Vec<Held>,
}

/// Events of one connection that ended for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reasons {
    connection: String,
    reason: Option<&'static str>,
    count: usize,
    sentence: &'static str,
    fix: &'static str,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    id: String,
    connection: String,
    ended_at: String,
    /// In the console; null without `admin.public_url`.
    url: Option<String>,
}

/// One connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    connection: String,
    /// A word, a colon, a sentence; null once it works again.
    cause: Option<String>,
    fix: Option<&'static str>,
    since: String,
    /// When it was seen to work again; null while it does not.
    released_at: Option<String>,
    url: Option<String>,
}

/// Events of one connection and reason: how many.
pub type Count = ((ConnectionName, Option<Reason>), usize);

impl Alert {
    /// Events died. `shown`: the first of them; `last`: the last; `counts` in the order they are to be told.
    #[must_use]
    pub fn dead(
        now: Timestamp,
        counts: &[Count],
        shown: Vec<Listed>,
        (first, last): (EventId, EventId),
        more: bool,
    ) -> Self {
        let count: usize = counts.iter().map(|(_, count)| count).sum();
        let reasons: Vec<Reasons> = counts.iter().map(Reasons::of).collect();
        let words: Vec<String> = reasons
            .iter()
            .map(|row| format!("{} {} ({})", row.count, row.reason.unwrap_or("unknown"), row.connection))
            .collect();
        let events = if count == 1 { "event was" } else { "events were" };
        let text = format!("{count} {events} given up (dead): {}", words.join(", "));
        let id = id::of("alert", ["dead", &first.to_string(), &last.to_string(), &count.to_string()]);
        Self { reasons, events: shown, more, ..Self::bare(id, now, Kind::DeadEvents, &text, count) }
    }

    /// Connections are held.
    #[must_use]
    pub fn held(now: Timestamp, holds: &[&Hold], console: &str) -> Self {
        let connections: Vec<Held> = holds.iter().map(|hold| Held::of(hold, console)).collect();
        let words: Vec<String> = holds.iter().map(|hold| format!("{} ({})", hold.connection, hold.cause)).collect();
        let text = format!("held, its events wait: {}", words.join(", "));
        let parts: Vec<String> = holds.iter().map(|hold| format!("{} {}", hold.connection, hold.since)).collect();
        let id = id::of("alert", std::iter::once("held").chain(parts.iter().map(String::as_str)));
        let count = connections.len();
        Self { connections, ..Self::bare(id, now, Kind::ConnectionHeld, &text, count) }
    }

    /// Connections that were told to be held work again. With when each hold began.
    #[must_use]
    pub fn released(now: Timestamp, freed: &[(ConnectionName, Timestamp)], console: &str) -> Self {
        let connections: Vec<Held> = freed.iter().map(|freed| Held::freed(freed, now, console)).collect();
        let words: Vec<&str> = freed.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!("works again: {}", words.join(", "));
        let parts: Vec<String> = freed.iter().map(|(name, since)| format!("{name} {since}")).collect();
        let id = id::of("alert", std::iter::once("released").chain(parts.iter().map(String::as_str)));
        let count = connections.len();
        Self { connections, ..Self::bare(id, now, Kind::ConnectionReleased, &text, count) }
    }

    fn bare(id: String, now: Timestamp, kind: Kind, text: &str, count: usize) -> Self {
        Self {
            body: "alert",
            version: VERSION,
            id,
            timestamp: now.to_string(),
            kind,
            text: format!("hubspot-bridge: {text}"),
            count,
            more: false,
            reasons: Vec::new(),
            events: Vec::new(),
            connections: Vec::new(),
        }
    }
}

impl Reasons {
    fn of(((connection, reason), count): &Count) -> Self {
        let unknown = ("A version of the bridge that this one does not know ended it.", "See the event.");
        let (sentence, fix) = reason.map_or(unknown, |reason| (reason.sentence(), reason.fix()));
        Self { connection: connection.to_string(), reason: reason.map(Reason::as_str), count: *count, sentence, fix }
    }
}

impl Listed {
    /// `console`: `admin.public_url`, empty when there is none.
    #[must_use]
    pub fn of(id: EventId, connection: &ConnectionName, ended: Timestamp, console: &str) -> Self {
        let url = link(console, &format!("events/{id}"));
        Self { id: id.to_string(), connection: connection.to_string(), ended_at: ended.to_string(), url }
    }
}

impl Held {
    fn of(hold: &Hold, console: &str) -> Self {
        Self {
            connection: hold.connection.to_string(),
            cause: Some(hold.cause.clone()),
            fix: Some(hold::fix(hold::word(&hold.cause))),
            since: hold.since.to_string(),
            released_at: None,
            url: link(console, ""),
        }
    }

    fn freed((connection, since): &(ConnectionName, Timestamp), now: Timestamp, console: &str) -> Self {
        Self {
            connection: connection.to_string(),
            cause: None,
            fix: None,
            since: since.to_string(),
            released_at: Some(now.to_string()),
            url: link(console, ""),
        }
    }
}

fn link(console: &str, path: &str) -> Option<String> {
    (!console.is_empty()).then(|| format!("{console}/{path}"))
}
