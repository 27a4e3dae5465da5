//! One session, and what an operator asked of it.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{time, words};
use crate::domain::{ContactId, Session, ThreadId, TicketId};

/// The AI side's record of one conversation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub(in crate::admin) struct SessionView {
    #[schema(examples("ses_3"))]
    id: String,
    /// The connection's name.
    #[schema(examples("acme"))]
    connection: String,
    #[schema(value_type = words::SessionState)]
    state: &'static str,
    /// The session's own; the settings may be more cautious.
    #[schema(value_type = words::Mode)]
    mode: &'static str,
    /// HubSpot's thread; null for conversations that live outside HubSpot.
    thread_id: Option<String>,
    /// The ticket linked.
    ticket_id: Option<String>,
    /// The contact linked.
    contact_id: Option<String>,
    /// The agent's own id of the conversation.
    agent_session_id: Option<String>,
    /// Flat data shared with the agent; ticket properties land here.
    custom_data: BTreeMap<String, String>,
    /// The agent has not been told of the newest custom data yet.
    custom_data_pending: bool,
    /// The newest customer message answered: everything at or before it is settled.
    answered_through: Option<AnsweredThrough>,
    /// Before this, reps' messages do not count as a takeover.
    #[schema(format = DateTime)]
    ai_since: Option<String>,
    /// When it was handed off or taken over.
    #[schema(format = DateTime)]
    handed_off_at: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
    /// Counts its changes.
    version: i64,
}

/// A message, by its time and id.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin) struct AnsweredThrough {
    /// When the customer wrote it.
    #[schema(format = DateTime)]
    at: String,
    /// HubSpot's id of it.
    message_id: String,
}

/// What an action answers: the session as it is when there was nothing to do, else with what was asked of it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(in crate::admin) enum Acted {
    AsItIs(SessionView),
    Requested(Requested),
}

/// The session, and what was asked of it: with 202, the change takes its turn in the conversation's mailbox.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::admin) struct Requested {
    #[serde(flatten)]
    pub(in crate::admin) session: SessionView,
    /// `pause`, `resume` or `handoff`.
    #[schema(examples("pause"))]
    pub(in crate::admin) requested: String,
}

pub(in crate::admin) fn session(session: &Session) -> SessionView {
    SessionView {
        id: session.id.to_string(),
        connection: session.connection.to_string(),
        state: session.state.as_str(),
        mode: session.mode.as_str(),
        thread_id: session.thread_id.as_ref().map(ThreadId::as_str).map(str::to_owned),
        ticket_id: session.ticket_id.as_ref().map(TicketId::as_str).map(str::to_owned),
        contact_id: session.contact_id.as_ref().map(ContactId::as_str).map(str::to_owned),
        agent_session_id: session.agent_session_id.clone(),
        custom_data: session.custom_data.clone(),
        custom_data_pending: session.custom_data_pending,
        answered_through: session
            .answered_through
            .as_ref()
            .map(|through| AnsweredThrough { at: time(through.at), message_id: through.message.to_string() }),
        ai_since: session.ai_since.map(time),
        handed_off_at: session.handed_off_at.map(time),
        created_at: time(session.created_at),
        updated_at: time(session.updated_at),
        version: session.version,
    }
}
