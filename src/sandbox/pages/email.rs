//! The customer's mailbox: write to Acme, read the answers, answer them.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde::Deserialize;

use super::{Site, layout, thread};
use crate::domain::ThreadId;
use crate::sandbox::portal::people::Email;
use crate::sandbox::portal::seed::{EMAIL_ACCOUNT, HELP_DESK_ACCOUNT};
use crate::sandbox::portal::{Speaker, ThreadView};

#[derive(Deserialize)]
pub struct Send {
    from: String,
    #[serde(default)]
    name: String,
    account: String,
    subject: String,
    text: String,
}

#[derive(Deserialize)]
pub struct Answer {
    from: String,
    text: String,
}

/// `GET /email`.
pub async fn start(State(site): State<Site>) -> Response {
    let views = site.portal.thread_views();
    let mails: Vec<&ThreadView> = views.iter().filter(|view| view.channel_id == "1002").collect();
    let main = html! {
        main.narrow {
            h1 { "Write to Acme" }
            form.stack method="post" action="/email" {
                div.pair {
                    label { "Your name" input name="name" autocomplete="off" value="Ben Okafor"; }
                    label { "Your address" input name="from" type="email" required autocomplete="off" value="ben@example.com"; }
                }
                label { "To"
                    select name="account" {
                        option value=(EMAIL_ACCOUNT) { "hello@acme.example (inbox)" }
                        option value=(HELP_DESK_ACCOUNT) { "support@acme.example (help desk, makes a ticket)" }
                    }
                }
                label { "Subject" input name="subject" required value="A question about my order"; }
                label { "Message" textarea name="text" rows="6" required autofocus {} }
                button { "Send" }
            }
            section #mails data-live="change" {
                @if !mails.is_empty() { h2 { "Sent before" } }
                ul.list {
                    @for view in mails {
                        li { a href=(format!("/email/{}", view.id)) {
                            strong { (view.subject.as_deref().unwrap_or("No subject")) }
                            span.quiet { (view.customer) " · " (layout::time(view.latest)) }
                        } }
                    }
                }
            }
        }
    };
    layout::page("/email", "E-mail", &main)
}

/// `POST /email`.
pub async fn send(State(site): State<Site>, Form(form): Form<Send>) -> Response {
    let Send { from, name, account, subject, text } = form;
    let name = Some(name).filter(|name| !name.trim().is_empty());
    let mail = Email { from, name, subject, text, quoted: None, account: Some(account), thread: None };
    deliver(&site, &mail)
}

/// `GET /email/{thread}`.
pub async fn page(State(site): State<Site>, Path(id): Path<String>) -> Response {
    let Some(view) = site.portal.thread_view(&ThreadId(id)) else { return layout::no_thread() };
    let main = html! {
        main.narrow {
            header.bar {
                div {
                    h1 { (view.subject.as_deref().unwrap_or("No subject")) }
                    p.quiet { (view.customer) "'s mailbox" }
                }
                a.button.plain href="/email" { "New e-mail" }
            }
            section.lines.mail #lines data-live="bottom" aria-live="polite" { (thread::public(&view)) }
            form.stack method="post" action=(format!("/email/{}", view.id)) data-quiet {
                input type="hidden" name="from" value=(view.address.as_deref().unwrap_or("customer@example.com"));
                label { "Answer" textarea name="text" rows="4" required {} }
                button { "Send" }
            }
        }
    };
    layout::page("/email", "E-mail", &main)
}

/// `POST /email/{thread}`: as mail programs do, what was said before is quoted below.
pub async fn answer(State(site): State<Site>, Path(id): Path<String>, Form(form): Form<Answer>) -> Response {
    let Some(view) = site.portal.thread_view(&ThreadId(id.clone())) else { return layout::no_thread() };
    let ours = view.lines.iter().rev().find(|line| matches!(line.speaker, Speaker::Ai | Speaker::Rep));
    let quoted = ours.map(|line| format!("{} wrote:\n> {}", line.name, line.text.replace('\n', "\n> ")));
    let subject = view.subject.unwrap_or_default();
    let subject = if subject.starts_with("Re: ") { subject } else { format!("Re: {subject}") };
    let name = Some(view.customer).filter(|name| !name.contains('@'));
    deliver(&site, &Email { from: form.from, name, subject, text: form.text, quoted, account: None, thread: Some(id) })
}

fn deliver(site: &Site, mail: &Email) -> Response {
    match site.portal.customer_emails(mail) {
        Ok(posted) => Redirect::to(&format!("/email/{}", posted.thread)).into_response(),
        Err(error) => layout::refusal(StatusCode::BAD_REQUEST, "Not sent", &error.to_string()),
    }
}
