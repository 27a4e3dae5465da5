//! The sandbox's own HTTP API under `/_sandbox`: faults, the whole state, the webhook target, and people's actions.
//! Used by tests outside the process and by curious people; nothing of it exists in HubSpot.

mod action;

use std::collections::BTreeMap;

use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde_json::{Value, json};

use super::portal::{DeliveryFaults, Fault, Limits, Portal, Signing, Target, Visibility};

/// The routes.
pub fn router(portal: Portal) -> Router {
    Router::new()
        .route("/_sandbox/state", get(state))
        .route("/_sandbox/faults", post(add_faults).delete(clear_faults))
        .route("/_sandbox/target", put(set_target))
        .route("/_sandbox/actions", post(act))
        .with_state(portal)
}

/// Several switches at once; what is absent stays as it is.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Switches {
    faults: Vec<Fault>,
    delivery: Option<DeliveryFaults>,
    visibility: Option<Visibility>,
    short_pages: Option<bool>,
    limits: Option<Limits>,
    scopes: BTreeMap<String, bool>,
    subscriptions: BTreeMap<String, bool>,
}

async fn state(State(portal): State<Portal>) -> Json<Value> {
    Json(portal.snapshot())
}

/// Takes one fault (an object with `route`) or [`Switches`].
async fn add_faults(State(portal): State<Portal>, Json(body): Json<Value>) -> Response {
    let parsed = if body.get("route").is_some() {
        serde_json::from_value(body).map(|fault| Switches { faults: vec![fault], ..Switches::default() })
    } else {
        serde_json::from_value(body)
    };
    let switches: Switches = match parsed {
        Ok(switches) => switches,
        Err(error) => return refuse(&error.to_string()),
    };
    let unknown = |(kind, on): &(&String, &bool)| !portal.set_subscription(kind, **on);
    if let Some((kind, _)) = switches.subscriptions.iter().find(unknown) {
        return refuse(&format!("the app has no subscription {kind}"));
    }
    for fault in switches.faults {
        portal.add_fault(fault);
    }
    for (scope, granted) in &switches.scopes {
        portal.set_scope(scope, *granted);
    }
    switches.delivery.into_iter().for_each(|faults| portal.set_delivery_faults(faults));
    switches.visibility.into_iter().for_each(|visibility| portal.set_visibility(visibility));
    switches.short_pages.into_iter().for_each(|on| portal.set_short_pages(on));
    switches.limits.into_iter().for_each(|limits| portal.set_limits(limits));
    StatusCode::NO_CONTENT.into_response()
}

async fn clear_faults(State(portal): State<Portal>) -> StatusCode {
    portal.clear_faults();
    StatusCode::NO_CONTENT
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewTarget {
    url: String,
    secret: Option<String>,
    #[serde(default)]
    signing: Signing,
    retry_scale: Option<f64>,
}

/// Where webhooks go from now on; the secret is the app's unless another is given (to be wrong on purpose).
async fn set_target(State(portal): State<Portal>, Json(body): Json<Value>) -> Response {
    let target: NewTarget = match serde_json::from_value(body) {
        Ok(target) => target,
        Err(error) => return refuse(&error.to_string()),
    };
    let NewTarget { url, secret, signing, retry_scale } = target;
    let secret = secret.unwrap_or_else(|| portal.seed().client_secret);
    portal.set_target(Some(Target { url, secret, signing, retry_scale: retry_scale.unwrap_or(1.0) }));
    StatusCode::NO_CONTENT.into_response()
}

async fn act(State(portal): State<Portal>, Json(body): Json<Value>) -> Response {
    let action: action::Action = match serde_json::from_value(body) {
        Ok(action) => action,
        Err(error) => return refuse(&error.to_string()),
    };
    match action::run(&portal, action) {
        Ok(done) => Json(done).into_response(),
        Err(error) => refuse(&error.to_string()),
    }
}

fn refuse(message: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": message}))).into_response()
}
