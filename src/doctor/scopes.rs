//! Each scope that this connection's settings need, with what does not work without it.

use super::asking::Unseen;
use super::token::Look;
use super::{Line, Patient};
use crate::hubspot::scopes::{self, Scope};

/// HubSpot's newer pair that stands for `tickets`.
const TICKETS: [&str; 2] = ["crm.objects.tickets.read", "crm.objects.tickets.write"];

/// Lines.
#[must_use]
pub fn lines(patient: &Patient<'_>, token: &Look) -> Vec<Line> {
    let needed = scopes::needed_by(&patient.cx.settings);
    needed.map(|scope| line(patient, scope, token)).collect()
}

fn line(patient: &Patient<'_>, scope: &Scope, token: &Look) -> Line {
    let check = format!("scope {}", scope.name);
    let Ok(info) = token else { return Unseen::Barred("token").line(check) };
    if has(&info.scopes, scope.name) {
        return Line::ok(check, "granted");
    }
    let seen = format!("not granted; it is needed for {}", scope.needed_for);
    let fix = "add it to the app in HubSpot; a project app is then uploaded and installed again, a legacy one commits the change";
    // Without tickets it is wanted for what the CRM knows, no more.
    let spared = scope.name == "tickets" && !patient.cx.settings.ticketing.enabled;
    if scope.required && !spared { Line::failed(check, seen, fix) } else { Line::warning(check, seen, fix) }
}

/// Is the scope, or what stands for it, among those granted?
pub(super) fn has(granted: &[String], scope: &str) -> bool {
    let given = |name: &str| granted.iter().any(|granted| granted == name);
    given(scope) || (scope == "tickets" && TICKETS.into_iter().all(given))
}

/// The same, for who only reads.
pub(super) fn may_read(granted: &[String], scope: &str) -> bool {
    let [read, _] = TICKETS;
    has(granted, scope) || (scope == "tickets" && granted.iter().any(|granted| granted == read))
}
