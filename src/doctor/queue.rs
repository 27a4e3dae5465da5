//! How the work goes: what waits, what died, what is held, and what the sweep had to find.

use std::time::Duration;

use super::{Line, Patient};
use crate::domain::{Outcome, State, Timestamp, lasting};
use crate::store::types::{EventFilter, Hold, Stats};
use crate::store::{Error, Ledger, Store};
use crate::worker::sweep;

/// So late is worth a look; so late is trouble.
const LATE: Duration = Duration::from_mins(1);
const TOO_LATE: Duration = Duration::from_mins(15);

/// A restart or a slow webhook lets the sweep find one or two; more are lost ones.
const FINDS: u64 = 5;

/// As many waiting events are counted, and no more.
const COUNTED: u32 = 200;

/// The sweep got nowhere for so many of its intervals.
const SWEEPS_MISSED: u32 = 10;

/// Lines `queue`, `dead events`, `hold`, `sweep`.
pub async fn lines(patient: &Patient<'_>) -> Vec<Line> {
    let (Some(store), Some(ledger)) = (patient.store, patient.ledger) else {
        let unknown = |check| {
            let fix = "start the bridge, or stop whatever has the database open, then ask again";
            Line::warning(check, "not looked at: the database is not open here", fix).following("store")
        };
        return ["queue", "dead events", "hold", "sweep"].map(unknown).into();
    };
    let ours =
        store.holds().await.map(|holds| holds.into_iter().find(|hold| hold.connection == patient.cx.settings.name));
    let waiting = match &ours {
        Ok(Some(_)) => waiting(patient, ledger).await.ok(),
        Ok(None) | Err(_) => None,
    };
    let (queue, dead) = match ledger.stats().await {
        Ok(stats) => (queue(&stats, waiting.as_deref(), patient.now), dead(patient, &stats)),
        Err(error) => (unread("queue", &error), unread("dead events", &error)),
    };
    let hold = ours.map_or_else(|error| unread("hold", &error), |ours| hold(ours.as_ref()));
    vec![queue, dead, hold, swept(patient, store).await]
}

fn unread(check: &str, error: &Error) -> Line {
    Line::failed(check, format!("cannot be read: {error}"), "look at the file that `store.url` names")
}

/// What a held connection's customers wait for, in words: it counts as late nowhere.
async fn waiting(patient: &Patient<'_>, ledger: &dyn Ledger) -> Result<String, Error> {
    let connection = Some(patient.cx.settings.name.clone());
    let pending = EventFilter { connection, state: Some(State::Pending), ..EventFilter::default() };
    let page = ledger.events(pending, None, COUNTED).await?;
    let wait = match page.items.len() {
        1 => "1 event waits".to_owned(),
        count if page.next.is_some() => format!("{count} events or more wait"),
        count => format!("{count} events wait"),
    };
    Ok(format!("{wait} for the held connection (see `hold`)"))
}

/// Of all connections: they share the worker.
fn queue(stats: &Stats, waiting: Option<&str>, now: Timestamp) -> Line {
    const CHECK: &str = "queue";
    let open = format!("{} events are open, of all connections", stats.open_events);
    let open = waiting.map_or_else(|| open.clone(), |waiting| format!("{waiting}; {open}"));
    let Some(due) = stats.oldest_due else {
        let late = if waiting.is_some() { "nothing else is late" } else { "nothing is late" };
        return Line::ok(CHECK, format!("{late}; {open}"));
    };
    let late = now.since(due);
    let seen = format!("the oldest work is due for {}, since {due}; {open}", lasting(late));
    let fix = "look at the agent's and HubSpot's lines, then at `delivery.max_turns_in_flight` and the log; `hubspot-bridge \
               events list --state pending` shows what waits, `why` says for what";
    match late {
        _ if late > TOO_LATE => Line::failed(CHECK, seen, fix),
        _ if late > LATE => Line::warning(CHECK, seen, fix),
        _ => Line::ok(CHECK, seen),
    }
}

fn dead(patient: &Patient<'_>, stats: &Stats) -> Line {
    const CHECK: &str = "dead events";
    let name = &patient.cx.settings.name;
    let died =
        stats.finished.iter().filter(|(connection, outcome, ..)| connection == name && *outcome == Outcome::Dead);
    let mut seen = Vec::new();
    let mut fixes: Vec<&str> = Vec::new();
    for (.., reason, count) in died {
        seen.push(format!("{count} {}", reason.map_or("without a reason", crate::domain::Reason::as_str)));
        if let Some(fix) = reason.map(crate::domain::Reason::fix).filter(|fix| !fixes.contains(fix)) {
            fixes.push(fix);
        }
    }
    if seen.is_empty() {
        return Line::ok(CHECK, "none in the last 24 hours");
    }
    let fix = format!(
        "{} Then replay them; `hubspot-bridge events list --connection {name} --state dead` shows them.",
        fixes.join(" ")
    );
    Line::warning(CHECK, format!("in the last 24 hours: {}", seen.join(", ")), fix)
}

fn hold(ours: Option<&Hold>) -> Line {
    const CHECK: &str = "hold";
    let Some(hold) = ours else { return Line::ok(CHECK, "the connection is not held") };
    let seen = format!("held since {}: {}; tried again at {} at the latest", hold.since, hold.cause, hold.until);
    let fix = "mend what the cause says: its events wait, for `delivery.max_event_age` at most, and go on by themselves afterwards";
    Line::failed(CHECK, seen, fix)
}

async fn swept(patient: &Patient<'_>, store: &dyn Store) -> Line {
    const CHECK: &str = "sweep";
    let (name, every) = (&patient.cx.settings.name, patient.config.delivery.sweep_interval);
    if every.is_zero() {
        let fix = "set `delivery.sweep_interval` to \"2m\": nothing else repairs a webhook that HubSpot never delivers";
        return Line::warning(CHECK, "turned off", fix);
    }
    let read =
        async { Ok::<_, Error>((sweep::position(store, name).await?, sweep::found(store, name, patient.now).await?)) };
    let (position, found) = match read.await {
        Ok(read) => read,
        Err(error) => return unread(CHECK, &error),
    };
    let Some(position) = position else { return Line::ok(CHECK, "has not run yet") };
    let behind = every.saturating_mul(SWEEPS_MISSED).saturating_add(patient.config.delivery.sweep_grace);
    if patient.now.since(position) > behind {
        let seen = format!("has looked at nothing since {position}");
        let fix = "look at the lines of the token and the scopes: the sweep lists conversations; the log says what HubSpot \
                   answers. A bridge that was stopped catches up by itself";
        return Line::warning(CHECK, seen, fix);
    }
    let seen = format!("found {found} messages in the last 24 hours that no webhook announced");
    if found < FINDS {
        return Line::ok(CHECK, seen);
    }
    let fix = "webhooks are being lost: look at the lines of the webhook, the signatures and the subscriptions, and at the \
               app's webhook log in HubSpot";
    Line::warning(CHECK, seen, fix)
}
