//! How many messages the sweep found, hour by hour: kept in the store, since the metric begins anew with each process.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::{ConnectionName, Timestamp};
use crate::store::{Error, Ledger, Store};

const HOUR_MS: i64 = 3_600_000;
/// A day, and the hour it began in.
const HOURS: i64 = 25;
const VERSION: u32 = 1;
const PREFIX: &str = "swept/";

#[derive(Serialize, Deserialize)]
struct Finds {
    v: u32,
    /// Hours since 1970.
    hours: BTreeMap<i64, u64>,
}

/// Counts what one sweep found. It is written after the events are: a crash in between loses the count, not the events.
pub(super) async fn note(
    store: &dyn Store,
    connection: &ConnectionName,
    now: Timestamp,
    found: u64,
) -> Result<(), Error> {
    let (mut hours, hour) = (read(store, connection).await?, now.0.div_euclid(HOUR_MS));
    let count = hours.entry(hour).or_default();
    *count = count.saturating_add(found);
    hours.retain(|known, _| *known > hour - HOURS);
    let text = serde_json::to_string(&Finds { v: VERSION, hours }).unwrap_or_default();
    store.set_cursor(&name(connection), &text).await
}

/// How many were found in the last 24 hours, the hour they began in included.
pub async fn found(store: &dyn Store, connection: &ConnectionName, now: Timestamp) -> Result<u64, Error> {
    Ok(lately(&read(store, connection).await?, now))
}

/// The same of every connection at once, read beside the writer: for pages.
pub async fn found_by_all(ledger: &dyn Ledger, now: Timestamp) -> Result<Vec<(ConnectionName, u64)>, Error> {
    let found = ledger.positions(PREFIX).await?.into_iter();
    let of = |(name, text): (String, String)| {
        Some((ConnectionName::from(name.strip_prefix(PREFIX)?), lately(&parsed(&text), now)))
    };
    Ok(found.filter_map(of).collect())
}

fn lately(hours: &BTreeMap<i64, u64>, now: Timestamp) -> u64 {
    let since = now.0.div_euclid(HOUR_MS) - HOURS;
    hours.range(since + 1..).map(|(_, count)| count).sum()
}

/// Nothing when there is nothing, or when a newer release wrote it.
async fn read(store: &dyn Store, connection: &ConnectionName) -> Result<BTreeMap<i64, u64>, Error> {
    Ok(parsed(&store.cursor(&name(connection)).await?.unwrap_or_default()))
}

fn parsed(text: &str) -> BTreeMap<i64, u64> {
    let finds = serde_json::from_str::<Finds>(text).ok().filter(|finds| finds.v == VERSION);
    finds.map(|finds| finds.hours).unwrap_or_default()
}

fn name(connection: &ConnectionName) -> String {
    format!("{PREFIX}{connection}")
}
