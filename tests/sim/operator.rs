//! Operators at the admin API: what they want of a session.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hubspot_bridge::domain::ThreadId;
use hubspot_bridge::store::Ledger;
use hubspot_bridge::store::types::SessionFilter;
use serde_json::json;
use tower::ServiceExt;

use super::plan::Wish;

/// When the bridge dies meanwhile, nobody answers.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks for it, if the thread has a session. What the bridge may refuse (the wish does not fit the session's state, the
/// disk fails) is refused; anything else is a mistake.
pub async fn wants(admin: Router, ledger: Arc<dyn Ledger>, thread: ThreadId, wish: Wish) {
    let filter = SessionFilter { thread: Some(thread), ..SessionFilter::default() };
    let found = ledger.sessions(filter, None, 1).await.expect("the ledger answers");
    let Some(session) = found.items.first() else { return };
    let path = format!("/api/v1/sessions/{}", session.id);
    let (method, path, body) = match wish {
        Wish::Pause => ("POST", format!("{path}/pause"), String::new()),
        Wish::Resume => ("POST", format!("{path}/resume"), String::new()),
        Wish::HandOff => ("POST", format!("{path}/handoff"), String::new()),
        Wish::Order(number) => {
            ("PATCH", path, json!({"custom_data": {"order": format!("by an operator {number}")}}).to_string())
        }
    };
    let request = http::Request::builder().method(method).uri(path).header("host", "127.0.0.1:8081");
    let request = request.header("content-type", "application/json").body(Body::from(body)).expect("a request");
    let Ok(answer) = tokio::time::timeout(PATIENCE, admin.oneshot(request)).await else { return };
    let status = answer.expect("axum is infallible").status().as_u16();
    assert!(matches!(status, 200 | 202 | 409 | 503), "{wish:?} is answered {status}");
}
