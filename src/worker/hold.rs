//! Connections that are ill: held with a cause that people see, looked at now and then, released when they are well.
//!
//! A hold lives in the store, so that it outlives the process. What is said of it is said twice: when it begins and when
//! it ends.

use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use tokio::time::Instant;

use super::dispatch::Shared;
use super::turn::error_chain;
use crate::domain::{ConnectionName, Lane, Timestamp};
use crate::handlers::Context;
use crate::hubspot::pulse::Api;
use crate::telemetry::metrics;

/// The cause of a hold for repeated 5xx, timeouts and connections that cannot be made.
pub const OUTAGE: &str = "outage";

/// A held connection, as this process knows it.
#[derive(Clone, Debug)]
pub struct Held {
    /// One word, also a metric label.
    cause: String,
    /// When it was last found ill.
    renewed_at: Instant,
}

/// Takes over what an earlier process held.
pub(super) async fn recall(shared: &Shared) {
    match shared.store.holds().await {
        Ok(holds) => {
            for hold in holds.into_iter().filter(|hold| shared.connections.contains_key(&hold.connection)) {
                let cause = hold.cause.split(':').next().unwrap_or_default().to_owned();
                tracing::warn!(connection = %hold.connection, cause, since = %hold.since, "the connection is still held");
                gauge(shared, &hold.connection, &cause).set(1);
                shared.held.insert(hold.connection, Held { cause, renewed_at: Instant::now() });
            }
        }
        Err(error) => tracing::error!(error = %error_chain(&error), "the holds could not be read"),
    }
}

/// Holds a connection, for so long or until the next probe.
pub(super) async fn begin(
    shared: &Shared,
    connection: &ConnectionName,
    cause: &str,
    for_: Option<Duration>,
    why: &str,
) -> Timestamp {
    let until = shared.clock.now().after(for_.unwrap_or(shared.delivery.hold_probe));
    let held = Held { cause: cause.to_owned(), renewed_at: Instant::now() };
    let before = shared.held.insert(connection.clone(), held).map(|before| before.cause);
    if before.as_deref() != Some(cause) {
        tracing::warn!(connection = %connection, cause, why, until = %until, "the connection is held");
        if let Some(before) = before {
            gauge(shared, connection, &before).set(0);
        }
    }
    gauge(shared, connection, cause).set(1);
    if let Err(error) = shared.store.hold(connection, until, &format!("{cause}: {why}")).await {
        tracing::error!(error = %error_chain(&error), "a hold could not be stored");
    }
    until
}

/// Releases every held connection that answered since, whoever asked: the sweep does while no turn may.
pub(super) async fn release_recovered(shared: &Shared) {
    let held: Vec<ConnectionName> = shared.held.iter().map(|entry| entry.key().clone()).collect();
    for name in held {
        if let Some(cx) = shared.connections.get(&name) {
            release_if_well(shared, cx, Lane::Conversation).await;
        }
    }
}

/// Releases a connection that did what was asked since it was last found ill. `lane`: whose calls show it.
pub(super) async fn release_if_well(shared: &Shared, cx: &Context, lane: Lane) {
    let name = &cx.settings.name;
    let Some(held) = shared.held.get(name).map(|held| held.clone()) else { return };
    let well_at = |api| cx.hubspot.pulse(api).well_at();
    let mut seen = well_at(Api::Conversations);
    // A token and a daily limit are the whole account's; what else holds a connection says nothing of tickets.
    if lane == Lane::Ticket && ![OUTAGE, "missing_scope"].contains(&held.cause.as_str()) {
        seen = seen.max(well_at(Api::Crm));
    }
    if seen.is_none_or(|at| at <= held.renewed_at) {
        return;
    }
    shared.held.remove(name);
    gauge(shared, name, &held.cause).set(0);
    tracing::info!(connection = %name, cause = held.cause, "the connection works again");
    if let Err(error) = shared.store.hold(name, shared.clock.now(), &held.cause).await {
        tracing::error!(error = %error_chain(&error), "a hold could not be released");
    }
}

/// Was the failure of a run HubSpot's, and not its object's? `held`: while it is, the least sign of trouble is enough.
pub(super) fn is_outage(shared: &Shared, cx: &Context, api: Api) -> bool {
    let pulse = cx.hubspot.pulse(api);
    let held = shared.held.get(&cx.settings.name).is_some_and(|held| held.cause == OUTAGE);
    pulse.is_out(Instant::now()) || (held && api == Api::Conversations && pulse.is_troubled())
}

fn gauge(shared: &Shared, connection: &ConnectionName, cause: &str) -> Gauge {
    let labels = metrics::Held { connection: connection.0.clone(), cause: cause.to_owned() };
    shared.metrics.connection_held.get_or_create(&labels).clone()
}
