//! The customer's chat.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;

use super::{Site, layout, thread};
use crate::domain::ThreadId;
use crate::sandbox::portal::people::Customer;

#[derive(Deserialize)]
pub struct Begin {
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
    text: String,
}

#[derive(Deserialize)]
pub struct Say {
    text: String,
}

/// Empty form fields mean "not given".
fn given(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// `GET /chat`.
pub async fn start() -> Response {
    let main = html! {
        main.narrow {
            h1 { "Chat with Acme" }
            p.quiet { "You are a visitor of Acme's website. Leave name and address empty to stay anonymous." }
            form.stack method="post" action="/chat" {
                div.pair {
                    label { "Name" input name="name" autocomplete="off" value="Ada Lindgren"; }
                    label { "E-mail" input name="email" type="email" autocomplete="off" value="ada@example.com"; }
                }
                label { "Message" textarea name="text" rows="3" required autofocus placeholder="How do I reset my password?" {} }
                button { "Start chat" }
            }
        }
    };
    layout::page("/chat", "Chat", &main)
}

/// `POST /chat`.
pub async fn begin(State(site): State<Site>, Form(form): Form<Begin>) -> Response {
    let Some(text) = given(&form.text) else { return Redirect::to("/chat").into_response() };
    let customer = Customer { name: given(&form.name), email: given(&form.email) };
    match site.portal.customer_chats(&customer, None, &text) {
        Ok(posted) => Redirect::to(&format!("/chat/{}", posted.thread)).into_response(),
        Err(error) => layout::refusal(StatusCode::BAD_REQUEST, "Not sent", &error.to_string()),
    }
}

/// `GET /chat/{thread}`.
pub async fn page(State(site): State<Site>, Path(id): Path<String>) -> Response {
    let Some(view) = site.portal.thread_view(&ThreadId(id)) else { return layout::no_thread() };
    let main = html! {
        main.narrow.phone {
            header.bar {
                div { h1 { "Chat with Acme" } p.quiet { "as " (view.customer) } }
                a.button.plain href="/chat" { "New chat" }
            }
            section.lines #lines data-live="bottom" aria-live="polite" { (thread::public(&view)) }
            form.compose method="post" action=(format!("/chat/{}", view.id)) data-quiet {
                textarea name="text" rows="1" required autofocus data-enter aria-label="Message" placeholder="Write a message" {}
                button { "Send" }
            }
        }
    };
    layout::page("/chat", "Chat", &main)
}

/// `POST /chat/{thread}`.
pub async fn say(State(site): State<Site>, Path(id): Path<String>, Form(form): Form<Say>) -> Response {
    let thread = ThreadId(id);
    let Some(text) = given(&form.text) else { return Redirect::to(&format!("/chat/{thread}")).into_response() };
    match site.portal.customer_chats(&Customer::default(), Some(&thread), &text) {
        Ok(_) => Redirect::to(&format!("/chat/{thread}")).into_response(),
        Err(_) => layout::no_thread(),
    }
}
