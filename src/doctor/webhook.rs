//! The way HubSpot's deliveries take: the address to enter in HubSpot, whether it can be called, whether the signatures are
//! right, and the clock they are checked against.

mod address;
mod reach;
mod signatures;

use std::time::Duration;

use super::{Line, Patient};
use crate::domain::lasting;
use crate::limits::SIGNATURE_WINDOW_MS;

/// Without a bridge it says so, and other lines follow from it.
pub const REACHABLE: &str = "webhook reachable";

/// A minute off is told; at five HubSpot's signatures are refused.
const SKEW_TOLD_MS: u64 = 60_000;

/// Lines `webhook url`, `webhook reachable`, `signatures`, `clock`.
pub async fn lines(patient: &Patient<'_>) -> Vec<Line> {
    vec![address::line(patient), reach::line(patient).await, signatures::line(patient), clock(patient)]
}

/// The path HubSpot calls for a connection.
fn path_of(connection: &str) -> String {
    format!("/webhooks/hubspot/{connection}")
}

/// HubSpot dates its answers; the calls of the groups before this one have taught the client.
fn clock(patient: &Patient<'_>) -> Line {
    const CHECK: &str = "clock";
    let fix = "set this machine's clock by a time server (NTP): deliveries signed five minutes off are refused";
    let Some(skew) = patient.cx.hubspot.clock_skew() else {
        let fix = "mend what keeps the bridge from calling HubSpot; the other lines say what it is";
        return Line::warning(CHECK, "not known: HubSpot has dated no answer to the bridge", fix);
    };
    let seen = format!("this machine is {}", apart(skew));
    match skew.unsigned_abs() {
        0..SKEW_TOLD_MS => Line::ok(CHECK, seen),
        SKEW_TOLD_MS..SIGNATURE_WINDOW_MS => Line::warning(CHECK, seen, fix),
        _ => Line::failed(CHECK, format!("{seen}, and every v3 signature is refused"), fix),
    }
}

/// HubSpot's clock less ours, in words.
fn apart(skew_ms: i64) -> String {
    let apart = Duration::from_millis(skew_ms.unsigned_abs() + 500);
    match (apart.as_secs(), skew_ms > 0) {
        (0, _) => "on HubSpot's time".to_owned(),
        (_, true) => format!("{} behind HubSpot's clock", lasting(apart)),
        (_, false) => format!("{} ahead of HubSpot's clock", lasting(apart)),
    }
}
