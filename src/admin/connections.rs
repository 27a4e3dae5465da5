//! `GET /connections`: each with the addresses others call, whether it is held and why, and what is wrong with it.

use axum::Json;
use axum::extract;
use axum::http::Uri;
use serde_json::{Value, json};

use super::error::ApiError;
use super::params::Params;
use super::{Answer, State, views};
use crate::config::{AgentKind, Config, Connection};
use crate::domain::ConnectionName;
use crate::store::Hold;

pub(super) async fn list(extract::State(admin): extract::State<State>, uri: Uri) -> Answer {
    Params::read(&uri, &[])?;
    let holds = admin.store.holds().await?;
    let public_url = &admin.config.server.public_url;
    let item = |connection: &Connection| {
        let hold = holds.iter().find(|hold| hold.connection == connection.name);
        let problems = admin.problems.get(&connection.name).map(|found| found.clone()).unwrap_or_default();
        view(connection, public_url, hold, &problems)
    };
    let items: Vec<Value> = admin.config.connections.values().map(item).collect();
    Ok(Json(json!({ "items": items, "next": null })))
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

fn view(connection: &Connection, public_url: &str, hold: Option<&Hold>, problems: &[String]) -> Value {
    let doors = Doors::of(connection, public_url);
    let doors = doors.as_ref();
    json!({
        "name": connection.name.as_str(),
        "portal_id": connection.portal_id.to_string(),
        "webhook_url": doors.map(|doors| &doors.webhooks),
        "opencx_webhook_url": doors.and_then(|doors| doors.opencx.as_ref()),
        "actions_url": doors.map(|doors| &doors.actions),
        "mode": connection.mode.as_str(),
        "agent": connection.agent.kind.as_str(),
        "health": if hold.is_some() { "held" } else { "ok" },
        "hold": hold.map(views::hold),
        "problems": problems,
    })
}
