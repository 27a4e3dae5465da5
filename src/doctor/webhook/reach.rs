//! `webhook reachable`: the bridge calls its own public address. From inside a network that may not be possible, so that a
//! failure proves little and is said so.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode, header};
use serde_json::Value;

use super::REACHABLE as CHECK;
use crate::doctor::{Line, Patient};

/// A delivery so long ago still says how it is: a certificate that ran out since is found.
const JUST_NOW: Duration = Duration::from_mins(10);
const PATIENCE: Duration = Duration::from_secs(3);

/// The line.
pub(super) async fn line(patient: &Patient<'_>) -> Line {
    if !patient.serves {
        let fix = "start the bridge (`hubspot-bridge serve`) or name the running one by --admin-url, then ask again";
        return Line::warning(CHECK, "not known: no bridge answers that HubSpot could deliver to", fix);
    }
    let public = &patient.config.server.public_url;
    if public.is_empty() {
        return Line::warning(CHECK, "not looked at: `server.public_url` is not set", "set `server.public_url`");
    }
    let url = format!("{public}/livez");
    let Ok(request) = Request::get(&url).body(Bytes::new()) else {
        return Line::warning(CHECK, format!("{url} is not a web address"), "correct `server.public_url`");
    };
    let delivery = patient.seen.as_ref().and_then(|seen| seen.delivery.as_ref());
    // HubSpot itself has shown it.
    if let Some(call) = delivery.filter(|call| patient.now.since(call.at) < JUST_NOW) {
        return Line::ok(CHECK, format!("a delivery with the right signature came at {}", call.at));
    }
    let mut line = tried(patient, request, &url, delivery.is_some()).await;
    let last = delivery.map(|call| format!("HubSpot last reached it at {}", call.at));
    line.seen = format!("{}; {}", line.seen, last.as_deref().unwrap_or("HubSpot calls from outside"));
    line
}

/// The address as it answers when it is called from here. `reached`: a delivery came once.
async fn tried(patient: &Patient<'_>, request: Request<Bytes>, url: &str, reached: bool) -> Line {
    // Where none ever came, what stands at the address is why.
    let stranger = if !reached && patient.seen.is_some() { Line::failed } else { Line::warning };
    let inside = "it may be a matter of this network alone: call the address from elsewhere, and see whether its certificate is valid";
    match patient.cx.hubspot.transport().send(request, PATIENCE).await {
        Err(error) => Line::warning(CHECK, format!("{url} cannot be called from here: {error}"), inside),
        Ok(answer) if answer.status().is_redirection() => {
            let to = location(answer.headers());
            let fix = "set `server.public_url`, and the target URL in HubSpot, to the address it leads to: a delivery that is \
                       redirected was signed for another address";
            stranger(CHECK, format!("{url} redirects to {to}"), fix)
        }
        Ok(answer) if answer.status() == StatusCode::OK && is_livez(answer.body()) => {
            Line::ok(CHECK, format!("{url} answers when it is called from here"))
        }
        Ok(answer) if answer.status() == StatusCode::OK => {
            let fix = "let the proxy pass on /webhooks/, /actions/ and /livez to the bridge's `server.listen`";
            stranger(CHECK, format!("{url} is answered, but by something else than a bridge"), fix)
        }
        Ok(answer) => {
            let seen = format!("{url} is answered with {} by whatever is before the bridge", answer.status().as_u16());
            let fix = "let the proxy pass on /webhooks/ and /actions/ to the bridge's `server.listen`; if only /livez is kept \
                       private, this proves nothing";
            Line::warning(CHECK, seen, fix)
        }
    }
}

fn is_livez(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|body| body.get("status") == Some(&Value::from("ok")))
}

/// Where it leads, without what may be private in it.
fn location(headers: &HeaderMap) -> String {
    let to = headers.get(header::LOCATION).and_then(|to| to.to_str().ok()).unwrap_or_default();
    let to = to.split(['?', '#']).next().unwrap_or_default();
    if to.is_empty() { "nowhere".to_owned() } else { to.chars().take(200).collect() }
}
