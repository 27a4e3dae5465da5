//! How one examination calls HubSpot: after the customers in the rate budget, for a bounded time, and not at all once a line
//! said why nothing else can be seen.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Line;
use super::token::Look;
use crate::domain::{Lane, PortalId, Reason};
use crate::handlers::Context;
use crate::hubspot::{Class, Client, Error};

/// What is not answered by then is a line that says so.
const WHOLE: Duration = Duration::from_secs(30);
/// One slow call must not take the time of all others.
const ONE: Duration = Duration::from_secs(8);

/// The way to HubSpot of one examination.
pub struct Asking {
    /// With the connection's token.
    pub hubspot: Client,
    /// With the CRM panel's, where it has one.
    pub reader: Client,
    until: Instant,
    barred: Option<&'static str>,
    /// The token's own line says that HubSpot could not be reached.
    unreached: bool,
}

/// Why something was not seen.
#[derive(Clone, Debug)]
pub enum Unseen {
    /// Not asked: this line says why.
    Barred(&'static str),
    /// No answer in the time of the whole examination.
    Late,
    /// For what the token's own line says: in these words here.
    AsToken(String),
    /// HubSpot's answer, or none.
    Failed(Error),
}

impl Asking {
    /// The time begins now.
    #[must_use]
    pub fn new(cx: &Context) -> Self {
        let polite = |client: &Client| client.on_lane(Lane::Ticket).within(ONE);
        let (hubspot, reader) = (polite(&cx.hubspot), polite(&cx.reader));
        Self { hubspot, reader, until: Instant::now() + WHOLE, barred: None, unreached: false }
    }

    /// With a token that is not taken, or is another portal's, nothing asked later would say anything of this connection.
    #[must_use]
    pub fn after(mut self, token: &Look, portal: PortalId) -> Self {
        self.barred = match token {
            Ok(info) => (info.portal_id != portal).then_some("portal"),
            Err(Unseen::Failed(error)) => is_refused(error).then_some("token"),
            Err(Unseen::Late | Unseen::Barred(_) | Unseen::AsToken(_)) => Some("token"),
        };
        self.unreached = matches!(token, Err(Unseen::Failed(error)) if is_no_answer(error));
        self
    }

    /// Makes one call with the connection's token.
    pub async fn ask<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Unseen> {
        match self.barred {
            Some(line) => Err(Unseen::Barred(line)),
            None => self.ask_anyway(call).await,
        }
    }

    /// Makes one call, whatever the connection's token is.
    pub async fn ask_anyway<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Unseen> {
        let unseen = match timeout_at(self.until, call).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => Unseen::Failed(error),
            Err(_) => Unseen::Late,
        };
        Err(if self.unreached { unseen.follow_token() } else { unseen })
    }

    /// What is left of the examination's time.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

impl Unseen {
    /// A line that could not be looked at.
    #[must_use]
    pub fn line(&self, check: impl Into<String>) -> Line {
        match self {
            Self::Barred(line) => {
                let fix = format!("see the line `{line}`; look again when it is ok");
                let why = match *line {
                    "portal" => "what HubSpot says would be of another portal",
                    _ => "HubSpot did not answer for the token, so nothing else was asked with it",
                };
                Line::warning(check, format!("not looked at: {why}"), fix).following(*line)
            }
            Self::AsToken(seen) => {
                Line::warning(check, seen.clone(), "see the line `token`; look again when it is ok").following("token")
            }
            Self::Late => Line::warning(
                check,
                late(),
                "look again; if it goes on, see HubSpot's status page, and whether the calls that HubSpot allows are used up",
            ),
            Self::Failed(error) if matches!(error.class, Class::Hold { cause: "unauthorized", .. }) => Line::failed(
                check,
                format!("HubSpot refuses the token for this: {error}"),
                "copy the token from the app's Auth tab into the settings again; if that is it already, install the app anew",
            ),
            Self::Failed(error) if self.is_missing_scope() => {
                Line::warning(check, format!("could not be looked at: {error}"), "see the lines `scope …`")
                    .following("scope …")
            }
            Self::Failed(error) => Line::warning(check, format!("could not be looked at: {error}"), "look again"),
        }
    }

    /// What kept the token from being looked at keeps this too; an answer of HubSpot's own does not.
    fn follow_token(self) -> Self {
        match self {
            Self::Late => Self::AsToken(late()),
            Self::Failed(error) if is_no_answer(&error) => Self::AsToken(format!("could not be looked at: {error}")),
            other @ (Self::Barred(_) | Self::AsToken(_) | Self::Failed(_)) => other,
        }
    }

    /// The token lacks a scope, which the scopes' own lines say.
    #[must_use]
    pub fn is_missing_scope(&self) -> bool {
        let Self::Failed(error) = self else { return false };
        matches!(
            error.class,
            Class::Permanent { reason: Reason::MissingScope } | Class::Hold { cause: "missing_scope", .. }
        )
    }
}

fn late() -> String {
    format!("not looked at: HubSpot took more than {} s for all questions", WHOLE.as_secs())
}

/// None came, or one of a server that is down.
fn is_no_answer(error: &Error) -> bool {
    matches!(error.class, Class::Retry { after: None })
}

/// HubSpot does not take the token, or takes nothing for now.
fn is_refused(error: &Error) -> bool {
    matches!(error.class, Class::Hold { .. } | Class::NotFound)
}
