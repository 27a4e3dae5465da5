//! `GET /connections`: each with the addresses others call, whether it is held and why, and what is wrong with it.

use axum::Json;
use axum::extract;
use axum::http::Uri;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use super::params::Params;
use super::views::{HoldView, Page, words};
use super::{Answer, State, views};
use crate::config::{AgentKind, Config, Connection};
use crate::domain::ConnectionName;
use crate::store::Hold;

/// One portal joined to one agent, as it is at work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Connection)]
pub(super) struct ConnectionView {
    /// Its name in the settings, and in its addresses.
    #[schema(examples("acme"))]
    name: String,
    /// HubSpot's id of the account.
    #[schema(examples("12345678"))]
    portal_id: String,
    /// What HubSpot's webhooks must call; null without `server.public_url`.
    #[schema(format = "uri")]
    webhook_url: Option<String>,
    /// What OpenCX's webhooks must call; null where none are taken.
    #[schema(format = "uri")]
    opencx_webhook_url: Option<String>,
    /// What workflow actions must call, followed by a slash and the action.
    #[schema(format = "uri")]
    actions_url: Option<String>,
    #[schema(value_type = words::Mode)]
    mode: &'static str,
    #[schema(value_type = words::Agent)]
    agent: &'static str,
    /// `held` while it is not worked on.
    health: Health,
    /// Why not; null when it is not held.
    hold: Option<HoldView>,
    /// What is wrong with its settings as HubSpot sees them, in sentences.
    problems: Vec<String>,
}

/// Whether a connection is worked on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = ConnectionHealth)]
enum Health {
    Ok,
    Held,
}

/// Every connection, and what ails it
#[utoipa::path(get, path = "/connections", tag = "connections", operation_id = "list_connections",
    responses((status = 200, description = "All of them; there is never a next page.", body = Page<ConnectionView>)))]
pub(super) async fn list(extract::State(admin): extract::State<State>, uri: Uri) -> Answer<Page<ConnectionView>> {
    Params::read(&uri, &[])?;
    let holds = admin.ledger.held().await?;
    let public_url = &admin.config.server.public_url;
    let item = |connection: &Connection| {
        let hold = holds.iter().find(|hold| hold.connection == connection.name);
        let problems = admin.problems.get(&connection.name).map(|found| found.clone()).unwrap_or_default();
        view(connection, public_url, hold, &problems)
    };
    Ok(Json(views::whole(admin.config.connections.values().map(item).collect())))
}

/// Where others call the bridge about one connection.
pub(super) struct Doors {
    /// HubSpot, with events.
    pub(super) webhooks: String,
    /// HubSpot's workflows; the action's name follows.
    pub(super) actions: String,
    /// OpenCX, where its webhooks are taken.
    pub(super) opencx: Option<String>,
}

impl Doors {
    /// None without a `server.public_url`.
    pub(super) fn of(connection: &Connection, public_url: &str) -> Option<Self> {
        let url = |door: &str| format!("{public_url}/{door}/{}", connection.name);
        let takes_opencx = connection.agent.kind == AgentKind::Opencx && connection.agent.webhook_secret.is_some();
        (!public_url.is_empty()).then(|| Self {
            webhooks: url("webhooks/hubspot"),
            actions: url("actions/hubspot"),
            opencx: takes_opencx.then(|| url("webhooks/opencx")),
        })
    }
}

/// Nobody named it in the settings.
pub(super) fn unknown(config: &Config, name: &str) -> ApiError {
    let known: Vec<&str> = config.connections.keys().map(ConnectionName::as_str).collect();
    ApiError::not_found(format!("there is no connection {name:?}"), format!("known: {}", known.join(", ")))
}

fn view(connection: &Connection, public_url: &str, hold: Option<&Hold>, problems: &[String]) -> ConnectionView {
    let (mut webhook_url, mut opencx_webhook_url, mut actions_url) = (None, None, None);
    if let Some(doors) = Doors::of(connection, public_url) {
        (webhook_url, opencx_webhook_url, actions_url) = (Some(doors.webhooks), doors.opencx, Some(doors.actions));
    }
    ConnectionView {
        name: connection.name.to_string(),
        portal_id: connection.portal_id.to_string(),
        webhook_url,
        opencx_webhook_url,
        actions_url,
        mode: connection.mode.as_str(),
        agent: connection.agent.kind.as_str(),
        health: if hold.is_some() { Health::Held } else { Health::Ok },
        hold: hold.map(views::hold),
        problems: problems.to_vec(),
    }
}
