//! `signatures`: what was refused lately, and the likely cause of each.

use std::time::Duration;

use super::address::differences;
use super::apart;
use crate::config::SignatureMode;
use crate::doctor::{Line, Patient, Status};
use crate::intake::observed::Refused;
use crate::limits::SIGNATURE_WINDOW_MS;

const CHECK: &str = "signatures";
const LATELY: Duration = Duration::from_hours(24);

/// The line.
pub(super) fn line(patient: &Patient<'_>) -> Line {
    if patient.cx.settings.signature == SignatureMode::None {
        return Line::ok(CHECK, "not checked: the connection's `signature` is \"none\"");
    }
    let Some(seen) = &patient.seen else { return patient.unheard(CHECK) };
    let lately: Vec<&Refused> =
        seen.refusals.iter().filter(|refused| patient.now.since(refused.call.at) < LATELY).collect();
    let taken = seen.delivery.as_ref().map(|call| call.at);
    let (lately, actions): (Vec<&Refused>, Vec<&Refused>) =
        lately.into_iter().partition(|refused| refused.is_webhook());
    let Some(last) = lately.last() else {
        let last = taken.map_or_else(|| "none came yet".to_owned(), |at| format!("the last right one came at {at}"));
        let none = format!("no delivery was refused in the last 24 hours; {last}");
        return match of_actions(&actions) {
            Some((seen, fix)) => Line::warning(CHECK, format!("{none}; {seen}"), fix),
            None => Line::ok(CHECK, none),
        };
    };
    let mut causes: Vec<&str> = Vec::new();
    for refused in lately.iter().rev() {
        if !causes.contains(&refused.cause.as_str()) {
            causes.push(&refused.cause);
        }
    }
    let (mut status, mut strangers) = (Status::Warning, false);
    let mut pairs: Vec<(String, String)> = Vec::new();
    for cause in causes {
        let of: Vec<&Refused> = lately.iter().copied().filter(|refused| refused.cause == cause).collect();
        let Some(newest) = of.last() else { continue };
        let told = tell(patient, newest);
        // Anybody can send what is refused: with a right one in the last day it says nothing of HubSpot's own.
        if told.ours && taken.is_none_or(|taken| patient.now.since(taken) >= LATELY) {
            status = Status::Failed;
        }
        strangers |= !told.ours;
        let words = format!("{} ({}{}, last at {})", told.words, of.len(), more(of.len()), newest.call.at);
        pairs.push((words, told.fix));
    }
    let after = match taken {
        Some(taken) if taken > last.call.at => format!("; since then one was right, at {taken}"),
        Some(taken) => format!("; the last right one came at {taken}"),
        None => "; none was right yet".to_owned(),
    };
    // Of the webhooks alone.
    if let Some((words, _)) = pairs.last_mut() {
        words.push_str(&after);
    }
    pairs.extend(of_actions(&actions));
    let (seen, mut fix) = numbered(&pairs);
    if strangers {
        fix = format!("{fix}; what a stranger sends asks for nothing, as long as HubSpot's own deliveries are taken");
    }
    let seen = format!("refused in the last 24 hours: {seen}");
    Line { check: CHECK.to_owned(), status, seen, fix: Some(fix), follows: None }
}

/// The causes and what to do about each, in the same order; of several each is numbered, and what several have in common
/// is said once.
fn numbered(pairs: &[(String, String)]) -> (String, String) {
    if let [(words, fix)] = pairs {
        return (words.clone(), fix.clone());
    }
    let causes: Vec<String> = pairs.iter().zip(1..).map(|((words, _), number)| format!("({number}) {words}")).collect();
    let mut fixes: Vec<(String, &str)> = Vec::new();
    for ((_, fix), number) in pairs.iter().zip(1..) {
        match fixes.iter_mut().find(|(_, known)| known == fix) {
            Some((numbers, _)) => *numbers = format!("{numbers}, {number}"),
            None => fixes.push((number.to_string(), fix)),
        }
    }
    let fixes: Vec<String> = fixes.iter().map(|(numbers, fix)| format!("({numbers}) {fix}")).collect();
    (causes.join(", "), fixes.join("; "))
}

/// Workflow actions are signed otherwise, and their trouble is no webhook's.
fn of_actions(refused: &[&Refused]) -> Option<(String, String)> {
    let last = refused.last()?;
    let seen = format!(
        "workflow actions were refused ({}{}, last at {}: {})",
        refused.len(),
        more(refused.len()),
        last.call.at,
        last.cause
    );
    let fix = "if HubSpot shows the workflow's action as failed, look whether the action is of this app, and make it anew; if \
               not, somebody else calls, and nothing is to be done";
    Some((seen, fix.to_owned()))
}

/// Only so many are kept.
fn more(count: usize) -> &'static str {
    if count + 1 >= crate::intake::observed::REFUSALS_MAX { " or more" } else { "" }
}

struct Told {
    words: String,
    fix: String,
    /// The settings or the clock are to blame; otherwise whoever calls.
    ours: bool,
}

fn tell(patient: &Patient<'_>, refused: &Refused) -> Told {
    let name = &patient.cx.settings.name;
    let ours = |words: String, fix: String| Told { words, fix, ours: true };
    match refused.cause.as_str() {
        "mismatch" => mismatch(patient, refused),
        "timestamp_out_of_window" => out_of_window(patient),
        "public_url_missing" => ours(
            "`server.public_url` is not set, which the signature covers".to_owned(),
            "set `server.public_url` to the address HubSpot calls".to_owned(),
        ),
        "v3_required" => ours(
            "only a signature of version 1 came, and version 3 is demanded".to_owned(),
            format!("set `connections.{name}.signature` to \"auto\""),
        ),
        "v2_required" => ours(
            "a workflow action came with a signature of version 1".to_owned(),
            "make the workflow action anew in HubSpot: actions are signed with version 2 or 3".to_owned(),
        ),
        "secret_unusable" => ours(
            "the client secret cannot be used as a key".to_owned(),
            format!("set `connections.{name}.client_secret` to the app's client secret"),
        ),
        other => Told {
            words: format!(
                "headers are missing or malformed ({other}): somebody else than HubSpot calls, or a proxy drops them"
            ),
            fix: "let the proxy pass on `X-HubSpot-*` headers as they are".to_owned(),
            ours: false,
        },
    }
}

/// The clock is to blame only where HubSpot's own answers say so: anybody can send an old timestamp.
fn out_of_window(patient: &Patient<'_>) -> Told {
    match patient.cx.hubspot.clock_skew() {
        Some(skew) if skew.unsigned_abs() >= SIGNATURE_WINDOW_MS => Told {
            words: format!("the timestamp is more than five minutes off: this machine is {}", apart(skew)),
            fix: "set this machine's clock by a time server (NTP)".to_owned(),
            ours: true,
        },
        _ => Told {
            words: "the timestamp is more than five minutes off, though this machine's clock is not: replayed, or a stranger"
                .to_owned(),
            fix: "see the line `clock`".to_owned(),
            ours: false,
        },
    }
}

/// Another secret or another address. Version 1 says which: it covers the secret and the body alone.
fn mismatch(patient: &Patient<'_>, refused: &Refused) -> Told {
    let name = &patient.cx.settings.name;
    let secret = format!(
        "set `connections.{name}.client_secret` to the client secret of the app that calls (its Auth tab): it is another \
         app's, the access token, or was rotated"
    );
    let differs = differences(patient, &refused.call);
    if !refused.call.v3 {
        let words = "the client secret is another than the app's, or a proxy changes the body".to_owned();
        return Told { words, fix: secret, ours: true };
    }
    if differs.is_empty() {
        let words =
            "the client secret is another than the app's, or `server.public_url` is not what HubSpot calls".to_owned();
        let url = &patient.config.server.public_url;
        let fix = format!("{secret}; else compare {url:?} with the target URL in HubSpot, letter by letter");
        return Told { words, fix, ours: true };
    }
    let words = format!(
        "HubSpot calls another address than `server.public_url`, which the signature covers: {}",
        differs.join(", ")
    );
    let fix = format!("set `server.public_url` to the address entered in HubSpot; if it is that already, {secret}");
    Told { words, fix, ours: true }
}
