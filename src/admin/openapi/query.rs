//! The parameters of lists and the bodies of actions, as the document shows them. Read by [`super::super::params`] and
//! [`super::super::body`], which refuse in words; a test holds that both know the same names.

#![expect(dead_code, reason = "described here, read elsewhere")]

use std::collections::BTreeMap;

use utoipa::{IntoParams, ToSchema};

use crate::admin::views::words;
use crate::agents::http::contract::FlatValue;

/// Which events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::admin) struct Events {
    /// Of this connection.
    connection: Option<String>,
    /// In this state.
    #[param(inline)]
    state: Option<words::State>,
    /// That ended so.
    #[param(inline)]
    outcome: Option<words::Outcome>,
    /// For this reason.
    #[param(inline)]
    reason: Option<words::Reason>,
    /// Of this thread, by HubSpot's id; not together with `ticket`.
    thread: Option<String>,
    /// Of this ticket, by HubSpot's id.
    ticket: Option<String>,
    /// That announce this message, by HubSpot's id.
    message: Option<String>,
    /// Stored at this time or later.
    #[param(format = DateTime)]
    since: Option<String>,
    /// At most this many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Which sessions.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::admin) struct Sessions {
    /// Of this connection.
    connection: Option<String>,
    /// Of this thread, by HubSpot's id.
    thread: Option<String>,
    /// With this ticket linked, by HubSpot's id.
    ticket: Option<String>,
    /// With this contact linked, by HubSpot's id.
    contact: Option<String>,
    /// In this state.
    #[param(inline)]
    state: Option<words::SessionState>,
    /// At most this many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// Whose context.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::admin) struct Context {
    /// The connection's name.
    connection: String,
    /// The customer's e-mail address.
    email: String,
}

/// Which lines of the audit.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::admin) struct Audit {
    /// About this id, or this connection.
    subject: Option<String>,
    /// At most this many.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// How far to look.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(in crate::admin) struct Why {
    /// With a look at the conversation in HubSpot now.
    live: Option<bool>,
}

/// Whether to mend.
#[derive(ToSchema)]
#[schema(as = DoctorRequest)]
pub(in crate::admin) struct Doctor {
    /// Makes what is missing in HubSpot and can be made: the property of tickets that carries the handoff's tag.
    fix: Option<bool>,
}

/// How to replay.
#[derive(ToSchema)]
#[schema(as = ReplayRequest)]
pub(in crate::admin) struct Replay {
    /// What was answered gets a draft comment for the reps.
    force: Option<bool>,
}

/// Which events to replay; at least one condition.
#[derive(ToSchema)]
#[schema(as = BulkReplayRequest)]
pub(in crate::admin) struct ReplayMany {
    /// Of this connection.
    connection: Option<String>,
    /// In this state; `pending` and `running` ones cannot be replayed.
    state: Option<words::State>,
    /// That ended so.
    outcome: Option<words::Outcome>,
    /// For this reason.
    reason: Option<words::Reason>,
    /// Of this thread, by HubSpot's id; not together with `ticket`.
    thread: Option<String>,
    /// Of this ticket, by HubSpot's id.
    ticket: Option<String>,
    /// That announce this message, by HubSpot's id.
    message: Option<String>,
    /// Stored at this time or later.
    #[schema(format = DateTime)]
    since: Option<String>,
    /// At most this many at once.
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// The `next` of the call before.
    cursor: Option<String>,
    /// What was answered gets a draft comment for the reps.
    force: Option<bool>,
}

/// What to set.
#[derive(ToSchema)]
pub(in crate::admin) struct CustomData {
    /// Values are texts, numbers or booleans and are kept as text; keys left out keep their values, none can be removed.
    custom_data: BTreeMap<String, FlatValue>,
}

/// Why a human is wanted.
#[derive(ToSchema)]
#[schema(as = HandoffRequest)]
pub(in crate::admin) struct Handoff {
    /// A remark for the reps, of at most 500 characters.
    #[schema(max_length = 500, nullable)]
    reason: Option<String>,
}
