//! What the CRM knows of a customer may be read with a token of its own: it is looked at like the connection's.

use super::asking::{Asking, Unseen};
use super::{Line, Patient, scopes, token};
use crate::domain::{ContactId, Reason};
use crate::hubspot::Class;
use crate::hubspot::scopes::{Scope, needed_by_panel};

const TOKEN: &str = "crm token";
const SCOPES: &str = "crm scopes";
const READS: &str = "crm reads";
/// Any id will do: that there is no such contact is an answer of the CRM.
const ANYBODY: &str = "1";
const SETTING: &str = "crm.access_token";

/// Lines. `taken`: HubSpot takes the connection's own token.
pub async fn lines(patient: &Patient<'_>, asking: &Asking, taken: bool) -> Vec<Line> {
    let settings = &patient.cx.settings;
    if settings.crm.access_token.is_none() {
        let seen = "none of its own is set: the connection's token is used";
        let looked = asking.ask(asking.reader.contact(&ContactId::from(ANYBODY))).await;
        return vec![Line::ok(TOKEN, seen), Line::ok(SCOPES, seen), reads(looked.map(|_| ()), taken)];
    }
    match asking.ask_anyway(asking.reader.token_info()).await {
        Ok(info) => {
            let looked = asking.ask_anyway(asking.reader.contact(&ContactId::from(ANYBODY))).await;
            let of_portal = token::of_portal(TOKEN, SETTING, &info, settings.portal_id);
            vec![of_portal, of_scopes(&info.scopes), reads(looked.map(|_| ()), true)]
        }
        Err(unseen) => {
            let rest = [SCOPES, READS].map(|check| Unseen::Barred(TOKEN).line(check));
            std::iter::once(token::trouble(TOKEN, SETTING, &unseen)).chain(rest).collect()
        }
    }
}

/// One read of the CRM. What a token that is not taken, a limit or the scopes explain is told by their own lines.
fn reads(looked: Result<(), Unseen>, taken: bool) -> Line {
    match looked {
        Ok(()) => Line::ok(READS, "the CRM answers"),
        Err(Unseen::Failed(error)) if taken && is_broken(&error.class) => Line::failed(
            READS,
            format!("the CRM cannot be read, though HubSpot takes the token: {error}"),
            "see HubSpot's status page and `hubspot.api_url`; meanwhile the AI answers without what the CRM knows, and handoffs \
             wait for their tickets",
        ),
        Err(unseen) => unseen.line(READS),
    }
}

fn is_broken(class: &Class) -> bool {
    !matches!(
        class,
        Class::Hold { .. } | Class::Retry { after: Some(_) } | Class::Permanent { reason: Reason::MissingScope }
    )
}

fn of_scopes(granted: &[String]) -> Line {
    let missing: Vec<&Scope> = needed_by_panel().filter(|scope| !scopes::may_read(granted, scope.name)).collect();
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
