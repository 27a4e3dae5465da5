//! Connections that are ill: held with a cause that people see, looked at now and then, released when they are well.
//!
//! A hold lives in the store, so that it outlives the process; what is remembered here follows it. What is said of it is said
//! twice: when it begins and when it ends.

use std::time::Duration;

use dashmap::DashMap;
use tokio::time::Instant;

use super::dispatch::Shared;
use super::turn::error_chain;
use crate::domain::{ConnectionName, Lane, Timestamp};
use crate::handlers::Context;
use crate::hubspot::pulse::{Api, Pulse};
use crate::store::Hold;

/// The cause of a hold for repeated 5xx, timeouts and connections that cannot be made.
pub const OUTAGE: &str = "outage";

/// A held connection, as this process knows it.
#[derive(Clone, Debug)]
pub struct Held {
    /// One word.
    cause: String,
    since: Timestamp,
    /// When it was last found ill.
    renewed_at: Instant,
}

/// What is remembered of connections and mailboxes that fail.
#[derive(Debug, Default)]
pub struct Memory {
    /// Connections found ill.
    held: DashMap<ConnectionName, Held>,
    /// When mailboxes whose turn is not finished failed last.
    failed: DashMap<i64, Instant>,
}

impl Memory {
    /// When the mailbox failed before.
    pub(super) fn failed(&self, mailbox: i64) -> Option<Instant> {
        self.failed.get(&mailbox).map(|at| *at)
    }

    /// Remembers how its run ended.
    pub(super) fn ended(&self, mailbox: i64, well: bool) {
        if well {
            self.failed.remove(&mailbox);
        } else {
            self.failed.insert(mailbox, Instant::now());
        }
    }
}

/// What HubSpot's refusal of a whole connection says, seen beside its other answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ill {
    /// Nothing is answered any more.
    Connection,
    /// Reads are answered, nothing else.
    Acts,
    /// The object of that call alone.
    Object,
}

/// Compares memory with the store, and releases every held connection that answered since, whoever asked: the sweep does
/// while no turn may. What an earlier process held is found here, as is what could not be released before.
pub(super) async fn look(shared: &Shared) {
    let holds = match shared.store.holds().await {
        Ok(holds) => holds,
        Err(error) => {
            tracing::error!(error = %error_chain(&error), "the holds could not be read; they are read again soon");
            return;
        }
    };
    shared.ill.held.retain(|name, _| holds.iter().any(|hold| hold.connection == *name));
    for hold in holds {
        let Some(cx) = shared.connections.get(&hold.connection) else { continue };
        if !shared.ill.held.contains_key(&hold.connection) {
            let cause = word(&hold.cause).to_owned();
            let (since, until) = (hold.since, hold.until);
            tracing::warn!(connection = %hold.connection, cause, since = %since, until = %until, "the connection is still held");
            shared.ill.held.insert(hold.connection, Held { cause, since, renewed_at: Instant::now() });
        }
        release_if_well(shared, cx, Lane::Conversation).await;
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
    let (now, probe) = (shared.clock.now(), shared.delivery.hold_probe);
    let until = now.after(for_.unwrap_or(probe));
    if let Err(error) = shared.store.hold(connection, until, &format!("{cause}: {why}")).await {
        tracing::error!(connection = %connection, cause, error = %error_chain(&error), "a hold could not be stored");
        return until;
    }
    let before = shared.ill.held.get(connection).map(|held| held.clone()).filter(|held| held.cause == cause);
    if before.is_none() {
        tracing::warn!(
            connection = %connection, cause, why, until = %until, fix = fix(cause),
            "the connection is held: its events keep their place, and HubSpot is asked again every {} s", probe.as_secs()
        );
    }
    let since = before.map_or(now, |held| held.since);
    shared.ill.held.insert(connection.clone(), Held { cause: cause.to_owned(), since, renewed_at: Instant::now() });
    until
}

/// Releases a connection that did what was asked since it was last found ill. `lane`: whose calls show it.
pub(super) async fn release_if_well(shared: &Shared, cx: &Context, lane: Lane) {
    let name = &cx.settings.name;
    let Some(held) = shared.ill.held.get(name).map(|held| held.clone()) else { return };
    let mut seen = cx.hubspot.pulse(Api::Conversations).well_at();
    if lane == Lane::Ticket && Hold::stops(&held.cause, lane) {
        seen = seen.max(cx.hubspot.pulse(Api::Crm).well_at());
    }
    if seen.is_none_or(|at| at <= held.renewed_at) {
        return;
    }
    if let Err(error) = shared.store.release(name).await {
        tracing::error!(connection = %name, error = %error_chain(&error), "a hold could not be ended; that is tried again");
        return;
    }
    // It may have been renewed meanwhile.
    if shared.ill.held.remove_if(name, |_, now| now.renewed_at == held.renewed_at).is_some() {
        let seconds = shared.clock.now().since(held.since).as_secs();
        tracing::warn!(connection = %name, cause = held.cause, since = %held.since, seconds, "the connection works again");
    }
}

/// Was the failure of a run HubSpot's, and not its object's? While it is held, the least sign of trouble is enough.
pub(super) fn is_outage(shared: &Shared, cx: &Context) -> bool {
    let (pulse, now) = (cx.hubspot.pulse(Api::Conversations), Instant::now());
    let held = shared.ill.held.get(&cx.settings.name).is_some_and(|held| held.cause == OUTAGE);
    pulse.is_out(now) || (held && pulse.is_troubled(now))
}

/// Is a part of HubSpot in trouble that a run of this lane waits for, though it holds nobody else up? `before`: when
/// its mailbox failed before.
pub(super) fn is_waited_for(cx: &Context, lane: Lane, before: Option<Instant>) -> bool {
    let now = Instant::now();
    // A ticket that waits in vain delays nobody but itself: a doubt is in its favour.
    let silent = |pulse: Pulse| pulse.is_troubled(now) && pulse.is_silent(now, before);
    cx.hubspot.pulse(Api::ConversationActs).is_out(now)
        || (lane == Lane::Ticket && [Api::Crm, Api::CrmActs].into_iter().any(|api| silent(cx.hubspot.pulse(api))))
}

/// Who is ill, when a call was answered as if the whole connection were? `before`: when its mailbox failed before.
pub(super) fn who_is_ill(cx: &Context, cause: &str, before: Option<Instant>) -> Ill {
    // The others are the account's own, or ours.
    if !["unauthorized", "missing_scope"].contains(&cause) {
        return Ill::Connection;
    }
    let now = Instant::now();
    let silent = |api| cx.hubspot.pulse(api).is_silent(now, before);
    if silent(Api::Conversations) || (silent(Api::Crm) && !cx.hubspot.pulse(Api::Conversations).is_well(now)) {
        Ill::Connection
    } else if silent(Api::ConversationActs) || silent(Api::CrmActs) {
        Ill::Acts
    } else {
        Ill::Object
    }
}

/// The word of a hold's cause, `word: sentence`.
#[must_use]
pub fn word(cause: &str) -> &str {
    cause.split(':').next().unwrap_or_default()
}

/// What to do about a hold of this word.
#[must_use]
pub fn fix(cause: &str) -> &'static str {
    match cause {
        "unauthorized" => "check the access token, and that the app is still installed in this account",
        "token_unreadable" => "check `access_token` or `access_token_file`",
        "missing_scope" => "grant the app `conversations.read` and install it anew",
        "daily_limit" => "nothing, or raise the account's limit: it starts anew at the account's midnight",
        "account_migrating" => "nothing: HubSpot moves the account and says when it is done",
        _ => "nothing, if HubSpot's status page tells of it; otherwise check this machine's way to HubSpot",
    }
}
