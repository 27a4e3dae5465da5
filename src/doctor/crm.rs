//! What the CRM knows of a customer may be read with a token of its own: it is looked at like the connection's.

use super::asking::{Asking, Unseen};
use super::{Line, Patient, scopes, token};
use crate::hubspot::scopes::{Scope, needed_by_panel};

const TOKEN: &str = "crm token";
const SCOPES: &str = "crm scopes";
const SETTING: &str = "crm.access_token";

/// Lines.
pub async fn lines(patient: &Patient<'_>, asking: &Asking) -> Vec<Line> {
    let settings = &patient.cx.settings;
    if settings.crm.access_token.is_none() {
        let seen = "the connection's own token reads the CRM";
        return vec![Line::ok(TOKEN, seen), Line::ok(SCOPES, "see the connection's own")];
    }
    match asking.ask_anyway(asking.reader.token_info()).await {
        Ok(info) => {
            vec![token::of_portal(TOKEN, SETTING, &info, settings.portal_id), of_scopes(&info.scopes)]
        }
        Err(unseen) => vec![token::trouble(TOKEN, SETTING, &unseen), Unseen::Barred(TOKEN).line(SCOPES)],
    }
}

fn of_scopes(granted: &[String]) -> Line {
    let missing: Vec<&Scope> = needed_by_panel().filter(|scope| !scopes::has(granted, scope.name)).collect();
    if missing.is_empty() {
        return Line::ok(SCOPES, "the token may read contacts, companies, deals, tickets and owners");
    }
    let named: Vec<&str> = missing.iter().map(|scope| scope.name).collect();
    Line::warning(
        SCOPES,
        format!("the token lacks {}; those parts of what the CRM knows of a customer stay empty", named.join(", ")),
        "add them to the app that the token is of",
    )
}
