//! `/events/{id}/replay` and `/events/{id}/skip`: asked once more, then done.

use axum::Extension;
use axum::extract::{self, Path, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use maud::{Markup, html};

use super::Deed;
use crate::admin::State;
use crate::admin::console::form::Form;
use crate::admin::console::{Page, layout, parts};
use crate::admin::operator::Operator;
use crate::admin::{events, replay};
use crate::domain::{Event, EventId};

pub(in crate::admin::console) async fn ask_replay(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(id): Path<String>,
) -> Page {
    let event = events::find(&admin, events::named(&id)?).await?.event;
    let words = html! {
        (about(&event))
        p {
            "It is worked on once more: what it is about is read in HubSpot again, and the AI answers if it may by then. What \
             is too old for an answer goes to a person."
        }
        p.quiet { "What was answered is not answered twice: then the replay is refused, and nothing is changed." }
    };
    let (here, to) = paths(event.id, "replay");
    let title = format!("Replay {}?", event.id);
    let deed = Deed { title: &title, words, to: &to, fields: html! {}, button: "Replay it", back: &here };
    Ok(super::confirm(&who, "/events", &deed))
}

pub(in crate::admin::console) async fn replay(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(id): Path<String>,
    request: Request,
) -> Page {
    let id = events::named(&id)?;
    let force = Form::read(request).await?.get("force") == "draft";
    match replay::replay(&admin, &who, id, force).await {
        Ok(_) => Ok(back(id, if force { "draft" } else { "replay" }).into_response()),
        Err(error) if error.code() == "already_answered" => Ok((StatusCode::CONFLICT, draft(&who, id)).into_response()),
        Err(error) => Err(error),
    }
}

/// The customer was answered, or may have been: what is left is a draft for the reps.
fn draft(who: &Operator, id: EventId) -> axum::response::Response {
    let (here, to) = paths(id, "replay");
    let main = html! {
        main.narrow.confirm {
            h1 { "It was answered already" }
            p {
                "The message of " a href=(here) { (id) } " was answered, or may have been: nothing was replayed, because the \
                 customer is not answered twice."
            }
            p {
                "The AI can be asked again all the same. What it says is left in the conversation as a draft, an internal \
                 comment that only the reps see."
            }
            form.stack method="post" action=(to) {
                input type="hidden" name="force" value="draft";
                p.quiet { "It is noted in the audit under the name " strong { (who.0) } "." }
                div.deeds { button { "Make a draft for the reps" } a.button.plain href=(here) { "Leave it as it is" } }
            }
        }
    };
    layout::page(who, "/events", "Answered already", &main)
}

pub(in crate::admin::console) async fn ask_skip(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(id): Path<String>,
) -> Page {
    let event = events::find(&admin, events::named(&id)?).await?.event;
    let words = html! {
        (about(&event))
        p { "It is taken out of its queue and ends as skipped: the AI does not answer it, and nobody is told of it." }
        p.quiet { "Later events of the same conversation are worked on as usual. A skipped event can be replayed." }
    };
    let (here, to) = paths(event.id, "skip");
    let title = format!("Skip {}?", event.id);
    let deed = Deed { title: &title, words, to: &to, fields: html! {}, button: "Skip it", back: &here };
    Ok(super::confirm(&who, "/events", &deed))
}

pub(in crate::admin::console) async fn skip(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Path(id): Path<String>,
) -> Page {
    let id = events::named(&id)?;
    replay::skip(&admin, &who, id).await?;
    Ok(back(id, "skip").into_response())
}

fn about(event: &Event) -> Markup {
    html! {
        p.facts-line { (parts::pill(event)) " " (parts::kind(event)) ", " (parts::object(event)) ", connection " (event.connection) }
    }
}

/// The event's page, and the one of what is done to it.
fn paths(id: EventId, deed: &str) -> (String, String) {
    (format!("/events/{id}"), format!("/events/{id}/{deed}"))
}

fn back(id: EventId, done: &str) -> Redirect {
    Redirect::to(&format!("/events/{id}?done={done}"))
}
