//! `store`: can it be written, how large and how old is it, how much room is left.

use super::{Line, Patient};
use crate::config::store::Location;
use crate::domain::Timestamp;
use crate::store::types::EventFilter;
use crate::store::{Error, Ledger, sqlite};

const CHECK: &str = "store";

/// The line.
pub async fn lines(patient: &Patient<'_>) -> Vec<Line> {
    vec![line(patient).await]
}

async fn line(patient: &Patient<'_>) -> Line {
    let (Some(store), Some(ledger)) = (patient.store, patient.ledger) else {
        let fix = "start the bridge, or stop whatever has the database open, then ask again";
        return Line::warning(CHECK, "not looked at: the database is not open here", fix);
    };
    if let Err(error) = store.check().await {
        let fix = match error {
            Error::DiskLow { .. } => "free some space on the disk of `store.url`, or move it to a larger one",
            Error::Stopped => "start the bridge anew; its log says what ended the store",
            Error::LeaseLost { .. }
            | Error::VersionConflict
            | Error::NotFound { .. }
            | Error::AlreadyAnswered
            | Error::Refused(_)
            | Error::Overloaded { .. }
            | Error::Unavailable { .. }
            | Error::Unreadable { .. } => {
                "look at the disk and the file that `store.url` names: full, read-only, or not this user's?"
            }
        };
        return Line::failed(CHECK, chain(&error), fix);
    }
    let (bytes, oldest) = match numbers(ledger).await {
        Ok(numbers) => numbers,
        Err(error) => {
            let fix =
                "look at the file that `store.url` names; `hubspot-bridge backup` makes a copy that can be examined";
            return Line::failed(CHECK, format!("it can be written but not read: {}", chain(&error)), fix);
        }
    };
    let age = oldest.map_or_else(|| "no events yet".to_owned(), |at| format!("the oldest event is of {at}"));
    let Location::File(file) = &patient.config.store.location else {
        let fix = "set `store.url` to a file, e.g. \"sqlite:data/bridge.db\"";
        return Line::warning(CHECK, format!("in memory: nothing survives a restart; {age}"), fix);
    };
    let seen = format!("writable, {} MiB, {age}", mib(bytes));
    match sqlite::space_of(file) {
        Some((free, reserve)) => {
            let seen =
                format!("{seen}; {} MiB are free on its disk, of which {} MiB are kept", mib(free), mib(reserve));
            if free / 2 < reserve {
                let fix = "free some space soon: once no more is free than is kept, deliveries are answered 503";
                return Line::warning(CHECK, seen, fix);
            }
            Line::ok(CHECK, seen)
        }
        None => Line::ok(CHECK, seen),
    }
}

/// Bytes, and when the oldest event was received.
async fn numbers(ledger: &dyn Ledger) -> Result<(u64, Option<Timestamp>), Error> {
    Ok((ledger.stats().await?.bytes, oldest(ledger).await?))
}

/// The ledger lists the newest first; the oldest is found by halving the numbers of events, in some twenty looks.
async fn oldest(ledger: &dyn Ledger) -> Result<Option<Timestamp>, Error> {
    let before = async |cursor: Option<i64>| -> Result<_, Error> {
        let page = ledger.events(EventFilter::default(), cursor, 1).await?;
        Ok(page.items.into_iter().next().map(|event| (event.id.0, event.received_at)))
    };
    let Some(mut oldest) = before(None).await? else { return Ok(None) };
    // No event below `none`; `oldest` is one.
    let mut none = 0;
    while none < oldest.0 {
        let middle = none + (oldest.0 - none) / 2;
        match before(Some(middle + 1)).await? {
            Some(found) => oldest = found,
            None => none = middle + 1,
        }
    }
    Ok(Some(oldest.1))
}

fn mib(bytes: u64) -> u64 {
    bytes >> 20
}

/// The error and what is behind it.
fn chain(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(deeper) = cause {
        words = format!("{words}: {deeper}");
        cause = deeper.source();
    }
    words
}
