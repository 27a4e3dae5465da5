//! `GET /connections`: each with its webhook's address, and whether it is held and why.

use axum::Json;
use axum::extract;
use axum::http::Uri;
use serde_json::{Value, json};

use super::params::Params;
use super::{Answer, State, views};
use crate::config::Connection;
use crate::store::Hold;

pub(super) async fn list(extract::State(admin): extract::State<State>, uri: Uri) -> Answer {
    Params::read(&uri, &[])?;
    let holds = admin.store.holds().await?;
    let public_url = &admin.config.server.public_url;
    let item = |connection: &Connection| {
        let hold = holds.iter().find(|hold| hold.connection == connection.name);
        view(connection, public_url, hold)
    };
    let items: Vec<Value> = admin.config.connections.values().map(item).collect();
    Ok(Json(json!({ "items": items, "next": null })))
}

fn view(connection: &Connection, public_url: &str, hold: Option<&Hold>) -> Value {
    let webhook_url = (!public_url.is_empty()).then(|| format!("{public_url}/webhooks/hubspot/{}", connection.name));
    json!({
        "name": connection.name.as_str(),
        "portal_id": connection.portal_id.to_string(),
        "webhook_url": webhook_url,
        "mode": connection.mode.as_str(),
        "agent": connection.agent.kind.as_str(),
        "health": if hold.is_some() { "held" } else { "ok" },
        "hold": hold.map(views::hold),
    })
}
