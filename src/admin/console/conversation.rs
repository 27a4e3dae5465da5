//! `/conversations/{connection}/{id}`: one conversation: who has it, why the AI speaks or not, what is known of it, and what
//! happened. The id is HubSpot's of the thread, or the agent's own of a conversation that lives outside HubSpot.
//!
//! What must be asked of HubSpot is asked only on demand (`?crm=1`, `?messages=1`), and shown, never kept.

mod crm;
mod messages;
mod standing;

use axum::Extension;
use axum::extract::{self, Path};
use axum::http::Uri;
use axum::response::Response;
use maud::{Markup, html};

use super::form::Form;
use super::{Page, Shared, actions, event, events, layout, parts};
use crate::admin::State;
use crate::admin::error::ApiError;
use crate::admin::operator::Operator;
use crate::admin::portal::Portal;
use crate::admin::why::{self, Story};
use crate::domain::{ConnectionName, Event, Mode, Object, Session, SessionState, Timestamp};
use crate::filters::ownership;
use crate::store::types::{AuditRecord, EventFilter, Page as List};
use crate::store::{Hold, SessionKey};
use crate::web;

/// Events and lines of the audit that are shown.
const SHOWN: u32 = 50;

/// A conversation, with its session if it has one yet.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) connection: ConnectionName,
    /// A thread, or an outside conversation.
    pub(super) object: Object,
    pub(super) session: Option<Session>,
}

impl Place {
    /// The conversation that a path names; 404 when nothing of it is known.
    pub(super) async fn find(admin: &State, connection: &str, id: &str) -> Result<Self, ApiError> {
        let connection = ConnectionName::from(connection);
        if let Some(session) = admin.ledger.session_by(&SessionKey::Thread(connection.clone(), id.into())).await? {
            return Ok(Self { connection, object: Object::Thread(id.into()), session: Some(session) });
        }
        if let Some(session) = admin.ledger.session_by(&SessionKey::Agent(connection.clone(), id.to_owned())).await? {
            let thread = session.thread_id.clone().map(Object::Thread);
            let object = thread.unwrap_or_else(|| Object::Outside(id.to_owned()));
            return Ok(Self { connection, object, session: Some(session) });
        }
        for object in [Object::Thread(id.into()), Object::Outside(id.to_owned())] {
            if !newest(admin, &connection, &object, 1).await?.items.is_empty() {
                return Ok(Self { connection, object, session: None });
            }
        }
        let message = format!("the connection {:?} knows no conversation {id:?}", connection.as_str());
        let fix = "check the id; what is older than `store.retention` is gone, and what never arrived was never here";
        Err(ApiError::not_found(message, fix))
    }

    /// Its page.
    pub(super) fn path(&self) -> String {
        path(&self.connection, self.object.id())
    }
}

pub(super) fn path(connection: &ConnectionName, id: &str) -> String {
    format!("/conversations/{}/{}", web::escape(connection.as_str()), web::escape(id))
}

/// Who has it.
pub(super) fn pill(session: Option<&Session>) -> Markup {
    let (tone, words) = match session.map(|session| session.state) {
        Some(SessionState::Ai) => ("good", "The AI has it"),
        Some(SessionState::HandedOff) => ("busy", "A human has it"),
        Some(SessionState::Paused) => ("calm", "The AI is paused"),
        Some(SessionState::Closed) => ("calm", "Closed"),
        None => ("calm", "No session yet"),
    };
    html! { span.pill.(tone) { (words) } }
}

/// Everything the page shows of what the bridge itself knows.
struct Shown {
    place: Place,
    story: Story,
    hold: Option<Hold>,
    events: List<Event>,
    audits: Vec<AuditRecord>,
    portal: Option<Portal>,
    /// The customer is known to be a contact, not a visitor of the chat.
    is_contact: bool,
}

pub(super) async fn page(
    extract::State(admin): extract::State<State>,
    Extension(who): Extension<Operator>,
    Extension(shared): Extension<Shared>,
    Path((connection, id)): Path<(String, String)>,
    uri: Uri,
) -> Page {
    let place = Place::find(&admin, &connection, &id).await?;
    let given = Form::of(&uri);
    let (with_crm, with_messages) = (given.get("crm") == "1", given.get("messages") == "1");
    let (shown, crm, messages) = tokio::join!(
        read(&admin, &shared, place.clone()),
        crm::section(&admin, &place, with_crm),
        messages::section(&admin, &place, with_messages),
    );
    let asked = [crm, messages];
    // A page that asked HubSpot is not asked for again with every change.
    let live = !with_crm && !with_messages;
    Ok(show(&admin, &who, &shown?, &actions::notice(&uri), &asked, live))
}

async fn newest(
    admin: &State,
    connection: &ConnectionName,
    object: &Object,
    limit: u32,
) -> Result<List<Event>, ApiError> {
    let (connection, object) = (Some(connection.clone()), Some(object.clone()));
    let filter = EventFilter { connection, object, ..EventFilter::default() };
    Ok(admin.ledger.events(filter, None, limit).await?)
}

async fn read(admin: &State, shared: &Shared, place: Place) -> Result<Shown, ApiError> {
    let mut known = why::gathered(admin.ledger.as_ref(), place.object.id()).await?;
    let found = &mut known.found;
    // Other portals, and tickets, may have the same number.
    found.events.retain(|history| history.event.connection == place.connection);
    found.events.retain(|history| history.event.object.as_ref() == Some(&place.object));
    found.sessions.retain(|session| place.session.as_ref().is_some_and(|its| its.id == session.id));
    found.mailboxes.retain(|mailbox| mailbox.key.connection == place.connection && mailbox.key.object == place.object);
    let holds = admin.ledger.held().await?;
    let story = why::tell(&known, &holds, admin.clock.now());
    let hold = holds.into_iter().find(|hold| hold.connection == place.connection);
    let events = newest(admin, &place.connection, &place.object, SHOWN).await?;
    let audits = match &place.session {
        Some(session) => admin.ledger.audits(Some(session.id.to_string()), None, SHOWN).await?.items,
        None => Vec::new(),
    };
    let portal = shared.portals.of(admin, &place.connection).await;
    let contact = place.session.as_ref().and_then(|session| session.contact_id.as_ref());
    let is_contact = contact.is_some_and(|contact| why::is_contact(&known, contact.as_str()));
    Ok(Shown { place, story, hold, events, audits, portal, is_contact })
}

fn show(
    admin: &State,
    who: &Operator,
    shown: &Shown,
    notice: &Markup,
    asked: &[Option<Markup>; 2],
    live: bool,
) -> Response {
    let place = &shown.place;
    let id = place.object.id();
    let main = html! {
        main.wide {
            p.back { a href="/conversations" { "Conversations" } }
            h1 { "Conversation " span.id { (id) } }
            (notice)
            section #conversation data-live=[live.then_some("change")] aria-label="The conversation" {
                (standing(admin, shown))
                (actions::conversation::buttons(place))
                (facts(admin, place))
                (links(shown))
                (happened(shown))
                (event::audits(&shown.audits))
            }
            @for section in asked.iter().flatten() { (section) }
        }
    };
    layout::page(who, "/conversations", &format!("Conversation {id}"), &main)
}

fn standing(admin: &State, shown: &Shown) -> Markup {
    let Shown { place, story, hold, .. } = shown;
    let settings = admin.config.connections.get(&place.connection);
    let said = standing::tell(place.session.as_ref(), settings, hold.as_ref(), &shown.events.items);
    // What is held is said above, and what to do about it.
    let todo = story.todo.as_deref().filter(|todo| story.held.is_none() && said.todo.as_deref() != Some(todo));
    html! {
        div.now {
            p.facts-line { (pill(place.session.as_ref())) }
            p { strong { (parts::prose(&said.words)) } }
            @if let Some(todo) = &said.todo { p { "What to do: " (parts::prose(todo)) } }
            p.quiet { (parts::prose(&story.now)) }
            @if let Some(todo) = todo { p.quiet { "Also: " (parts::prose(todo)) } }
        }
    }
}

fn facts(admin: &State, place: &Place) -> Markup {
    let session = place.session.as_ref();
    let settings = admin.config.connections.get(&place.connection);
    let own = session.map(|session| session.mode);
    let mode = settings.map(|settings| ownership::mode_in_force(session, settings)).or(own);
    html! {
        h2 { "What is known" }
        div.facts {
            dl {
                dt { "Connection" } dd { (place.connection) }
                @if let Some(mode) = mode { dt { "Mode in force" } dd { (mode_words(mode)) } }
                @if let Some(session) = session {
                    dt { "Session" } dd { a href=(parts::why(&session.id.to_string())) { (session.id) } ", since " (layout::time(session.created_at)) }
                    dt { "Answered up to" }
                    dd {
                        @match &session.answered_through {
                            Some(through) => { (layout::time(through.at)) ", message " a href=(parts::why(through.message.as_str())) { code { (through.message) } } },
                            None => "nothing was answered yet",
                        }
                    }
                    @if let Some((label, at)) = since(session) { dt { (label) } dd { (layout::time(at)) } }
                    @if let Some(id) = &session.agent_session_id { dt { "Agent's own id" } dd { code { (id) } } }
                    dt { "Last change" } dd { (layout::time(session.updated_at)) }
                }
            }
        }
        @if let Some(session) = session { (custom_data(session)) }
    }
}

/// Who has it, since when; of whom had it before the story tells.
fn since(session: &Session) -> Option<(&'static str, Timestamp)> {
    match session.state {
        SessionState::HandedOff => Some(("With a human since", session.handed_off_at?)),
        SessionState::Ai => Some(("With the AI since", session.ai_since?)),
        SessionState::Paused | SessionState::Closed => None,
    }
}

fn mode_words(mode: Mode) -> &'static str {
    match mode {
        Mode::Autopilot => "autopilot: the AI answers the customer",
        Mode::Assist => "assist: the AI leaves drafts for the reps",
    }
}

fn custom_data(session: &Session) -> Markup {
    let table = html! {
        table {
            caption.unseen { "Custom data" }
            thead { tr { th scope="col" { "Key" } th scope="col" { "Value" } } }
            tbody { @for (key, value) in &session.custom_data { tr { th scope="row" { code { (key) } } td { (value) } } } }
        }
    };
    html! {
        h2 { "Custom data" }
        @if session.custom_data.is_empty() { p.notice { "There is none: neither the ticket nor anybody else set any." } }
        @else { (parts::scroll("custom-data", "Table of custom data", &table)) }
    }
}

fn links(shown: &Shown) -> Markup {
    let Shown { place, portal, .. } = shown;
    let (connection, id) = (place.connection.as_str(), place.object.id());
    let session = place.session.as_ref();
    let ticket = session.and_then(|session| session.ticket_id.as_ref());
    let contact = session.and_then(|session| session.contact_id.as_ref());
    let of_thread = matches!(place.object, Object::Thread(_));
    let inbox = portal.as_ref().and_then(|portal| portal.object(&place.object));
    let ticket_page = portal.as_ref().zip(ticket).and_then(|(portal, ticket)| portal.ticket(ticket.as_str()));
    let contact_page = portal
        .as_ref()
        .filter(|_| shown.is_contact)
        .zip(contact)
        .and_then(|(portal, contact)| portal.contact(contact.as_str()));
    html! {
        h2 { "Where to look" }
        ul.links {
            @if let Some((label, link)) = inbox { li { a href=(link) rel="external" { (label) } } }
            @if let Some(ticket) = ticket {
                li { "Ticket " code { (ticket) } ": " a href=(parts::link("/events", &[("connection", connection), ("ticket", ticket.as_str())])) { "its events" } @if let Some(link) = ticket_page { ", " a href=(link) rel="external" { "in HubSpot" } } }
            }
            @if let Some(contact) = contact {
                li { "Contact " code { (contact) } ": " a href=(parts::link("/conversations", &[("connection", connection), ("contact", contact.as_str())])) { "all their conversations" } @if let Some(link) = contact_page { ", " a href=(link) rel="external" { "in HubSpot" } } }
            }
            li { a href=(parts::why(id)) { "The whole story of " (id) } }
            @if of_thread { li { a href=(parts::link("/why", &[("id", id), ("live", "1")])) { "Check it in HubSpot now" } } }
        }
    }
}

fn happened(shown: &Shown) -> Markup {
    let Shown { place, events, .. } = shown;
    let all = match &place.object {
        Object::Thread(id) => {
            Some(parts::link("/events", &[("connection", place.connection.as_str()), ("thread", id.as_str())]))
        }
        Object::Ticket(_) | Object::Note(_) | Object::Outside(_) => None,
    };
    html! {
        h2 { "Its events" }
        @if events.items.is_empty() { p.notice { "There are none any more: they are older than " code { "store.retention" } "." } }
        @else { (events::table(&events.items)) }
        @if let Some(all) = all.filter(|_| events.next.is_some()) { p.more { a href=(all) { "All its events" } } }
    }
}
