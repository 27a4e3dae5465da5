//! `GET /connections`: each with the addresses others call, whether it is held and why, and what is wrong with it.

use axum::Json;
use axum::extract;
use axum::http::Uri;
use serde_json::{Value, json};

use super::params::Params;
use super::{Answer, State, views};
use crate::config::{AgentKind, Connection};
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

fn view(connection: &Connection, public_url: &str, hold: Option<&Hold>, problems: &[String]) -> Value {
    let url = |door: &str| (!public_url.is_empty()).then(|| format!("{public_url}/{door}/{}", connection.name));
    let takes_opencx = connection.agent.kind == AgentKind::Opencx && connection.agent.webhook_secret.is_some();
    json!({
        "name": connection.name.as_str(),
        "portal_id": connection.portal_id.to_string(),
        "webhook_url": url("webhooks/hubspot"),
        "opencx_webhook_url": if takes_opencx { url("webhooks/opencx") } else { None },
        "actions_url": url("actions/hubspot"),
        "mode": connection.mode.as_str(),
        "agent": connection.agent.kind.as_str(),
        "health": if hold.is_some() { "held" } else { "ok" },
        "hold": hold.map(views::hold),
        "problems": problems,
    })
}
