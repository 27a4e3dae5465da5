//! `/conversations/{connection}/{id}/{deed}`: pause, resume and hand off, asked once more, then requested.

use axum::Extension;
use axum::extract::{self, Path, Request};
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};

use super::Deed;
use crate::admin::actions::{self, Asked};
use crate::admin::console::Page;
use crate::admin::console::conversation::Place;
use crate::admin::console::form::Form;
use crate::admin::error::ApiError;
use crate::admin::operator::Operator;
use crate::admin::{State, console};
use crate::domain::{Session, SessionState};
use crate::limits::HANDOFF_REASON_CHARS;

/// What can be asked of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Pause,
    Resume,
    HandOff,
}

impl Wish {
    const ALL: [Self; 3] = [Self::Pause, Self::Resume, Self::HandOff];

    /// In paths.
    fn as_str(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::HandOff => "handoff",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Pause => "Pause the AI",
            Self::Resume => "Resume the AI",
            Self::HandOff => "Hand off to a human",
        }
    }

    /// Would it change anything?
    fn fits(self, session: &Session) -> bool {
        match self {
            Self::Pause => session.state == SessionState::Ai,
            Self::Resume => matches!(session.state, SessionState::Paused | SessionState::HandedOff),
            Self::HandOff => session.state != SessionState::HandedOff,
        }
    }

    fn words(self) -> Markup {
        match self {
            Self::Pause => html! {
                p { "The AI stops answering in this conversation until somebody resumes it. An answer it is working on is withdrawn, unless it was posted." }
                p.quiet { "The customer is told nothing, and nobody is assigned: the conversation waits for whoever looks after it." }
            },
            Self::Resume => html! {
                p { "The AI may answer in this conversation again, from the customer's next message on." }
                p.quiet { "What was written meanwhile is not answered late. Whoever HubSpot says owns the conversation still counts: one that is a rep's stays theirs." }
            },
            Self::HandOff => html! {
                p { "The AI falls silent, and the conversation is given to a human in HubSpot as the connection's routing says, with an internal comment; where ticketing is on, with a ticket." }
                p.quiet { "The customer is told so where the connection has words for it." }
            },
        }
    }

    fn fields(self) -> Markup {
        html! {
            @if self == Self::HandOff {
                label {
                    "A remark for the reps (optional)"
                    textarea name="reason" rows="3" maxlength=(HANDOFF_REASON_CHARS) {}
                }
            }
        }
    }
}

/// The buttons of a conversation; without a session there is nothing to pause or to hand off.
pub(in crate::admin::console) fn buttons(place: &Place) -> Markup {
    let session = place.session.as_ref();
    let fitting = Wish::ALL.into_iter().filter(|wish| session.is_some_and(|session| wish.fits(session)));
    html! {
        @if session.is_some() {
            p.deeds {
                @for wish in fitting { a.button.plain href=(format!("{}/{}", place.path(), wish.as_str())) { (wish.label()) " …" } }
            }
        }
    }
}

pub(in crate::admin::console) async fn ask(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path((connection, id, deed)): Path<(String, String, String)>,
) -> Page {
    let (wish, place) = (named(&deed)?, Place::find(&admin, &connection, &id).await?);
    let session = known(&place)?;
    let words = html! {
        p.facts-line {
            (console::conversation::pill(Some(session))) " Conversation " code { (place.object.id()) } " (" (session.id) "), connection " (place.connection)
        }
        (wish.words())
    };
    let (back, to) = (place.path(), format!("{}/{}", place.path(), wish.as_str()));
    let title = format!("{}?", wish.label());
    let deed = Deed { title: &title, words, to: &to, fields: wish.fields(), button: wish.label(), back: &back };
    Ok(super::confirm(&who, "/conversations", &deed))
}

pub(in crate::admin::console) async fn perform(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path((connection, id, deed)): Path<(String, String, String)>,
    request: Request,
) -> Page {
    let wish = named(&deed)?;
    let form = Form::read(request).await?;
    let place = Place::find(&admin, &connection, &id).await?;
    let session = known(&place)?.clone();
    let asked = match wish {
        Wish::Pause => actions::pause(&admin, &who, session).await?,
        Wish::Resume => actions::resume(&admin, &who, session).await?,
        Wish::HandOff => actions::hand_off(&admin, &who, session, Some(form.get("reason").to_owned())).await?,
    };
    let done = match asked {
        Asked::AsItIs(_) => "already",
        Asked::Requested(..) => wish.as_str(),
    };
    Ok(Redirect::to(&format!("{}?done={done}", place.path())).into_response())
}

fn named(deed: &str) -> Result<Wish, ApiError> {
    let missing = || {
        let all = Wish::ALL.map(Wish::as_str).join(", ");
        ApiError::not_found("that cannot be done to a conversation", format!("what can be done: {all}"))
    };
    Wish::ALL.into_iter().find(|wish| wish.as_str() == deed).ok_or_else(missing)
}

fn known(place: &Place) -> Result<&Session, ApiError> {
    let fix = "wait until its first message was worked on, or assign it to a rep in HubSpot";
    place.session.as_ref().ok_or_else(|| ApiError::conflict("the conversation has no session yet", fix))
}
