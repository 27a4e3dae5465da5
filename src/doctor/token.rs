//! The token as HubSpot sees it: accepted, of which portal, of which app.

use super::asking::{Asking, Unseen};
use super::{Line, Patient};
use crate::domain::PortalId;
use crate::hubspot::{Class, Error, TokenInfo};

/// What HubSpot says of the token.
pub type Look = Result<TokenInfo, Unseen>;

const UNKNOWN: &str = "HubSpot does not take it: it was revoked or rotated, the app was uninstalled, or `hubspot.api_url` is another region's";

/// Asks once, for this group and the scopes.
pub async fn look(asking: &Asking) -> Look {
    asking.ask(asking.hubspot.token_info()).await
}

/// Lines.
#[must_use]
pub fn lines(patient: &Patient<'_>, token: &Look) -> Vec<Line> {
    let info = match token {
        Ok(info) => info,
        Err(unseen) => {
            let rest = ["portal", "app"].map(|check| Unseen::Barred("token").line(check));
            return std::iter::once(trouble("token", "access_token", unseen)).chain(rest).collect();
        }
    };
    vec![
        Line::ok("token", "HubSpot takes it"),
        of_portal("portal", "access_token", info, patient.cx.settings.portal_id),
        match info.app_id {
            Some(app) => Line::ok("app", format!("the token is of app {app}; what it posts is known as our own")),
            None => Line::warning(
                "app",
                "HubSpot does not say which app the token is of; our own posts are known by the app that sends the webhooks",
                "let the app that the token is of send the webhooks too",
            ),
        },
    ]
}

/// Is it the portal of the settings?
pub(super) fn of_portal(check: &'static str, setting: &str, info: &TokenInfo, ours: PortalId) -> Line {
    let theirs = info.portal_id;
    if theirs == ours {
        return Line::ok(check, format!("the token is of portal {ours}, as the settings say"));
    }
    Line::failed(
        check,
        format!("the token is of portal {theirs}, the settings say {ours}"),
        format!("correct `portal_id`, or make `{setting}` a token of portal {ours}"),
    )
}

/// A token that could not be asked about.
pub(super) fn trouble(check: &'static str, setting: &str, unseen: &Unseen) -> Line {
    let error = match unseen {
        Unseen::Failed(error) => error,
        Unseen::Late => {
            let fix = "check the network, a proxy in between and `hubspot.api_url`";
            return Line::failed(check, "HubSpot gave no answer in time", fix);
        }
        Unseen::Barred(_) | Unseen::AsToken(_) => return unseen.line(check),
    };
    match &error.class {
        Class::NotFound | Class::Hold { cause: "unauthorized", .. } => {
            Line::failed(check, UNKNOWN, format!("copy the token from the app's Auth tab into `{setting}`"))
        }
        Class::Hold { cause: "token_unreadable", .. } => Line::warning(
            check,
            "not looked at: there is no token to ask with",
            format!("see the line `secret {setting}`"),
        )
        .following(format!("secret {setting}")),
        // It will pass: a limit, or a move to another region.
        Class::Hold { .. } | Class::Retry { after: Some(_) } => unseen.line(check),
        Class::Retry { after: None } => {
            let fix = "check the network, a proxy in between and `hubspot.api_url`";
            Line::failed(check, said(error), fix)
        }
        Class::Conflict { .. } | Class::Permanent { .. } | Class::Unsupported => {
            Line::failed(check, said(error), format!("check `{setting}` and `hubspot.api_url`"))
        }
    }
}

fn said(error: &Error) -> String {
    format!("HubSpot gave no usable answer: {error}")
}
