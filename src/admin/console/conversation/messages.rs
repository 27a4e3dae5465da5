//! The newest messages of a conversation, fetched from HubSpot while somebody looks at the page: shown, never kept, never
//! logged; and only where `admin.show_messages` allows it.

use maud::{Markup, html};

use super::Place;
use crate::admin::State;
use crate::admin::console::layout;
use crate::domain::{ActorId, ActorKind, Direction, Lane, Message, MessageKind, Object, ThreadId, Truncation};
use crate::handlers::Context;
use crate::hubspot::text;
use crate::limits::{PAGE_MESSAGE_CHARS, PAGE_MESSAGES, PAGE_WAIT};

/// The section; none for a conversation that HubSpot has not.
pub(super) async fn section(admin: &State, place: &Place, wanted: bool) -> Option<Markup> {
    let Object::Thread(thread) = &place.object else { return None };
    let said = match admin.contexts.get(&place.connection) {
        _ if !admin.config.admin.show_messages => html! {
            p.notice { "Messages are not shown here: " code { "admin.show_messages" } " is off. HubSpot's inbox shows them." }
        },
        None => html! { p.notice { "HubSpot cannot be asked: the connection is not at work." } },
        Some(_) if !wanted => html! {
            p { a.button.plain href=(format!("{}?messages=1#messages", place.path())) { "Show the messages" } }
            p.quiet { "They are fetched from HubSpot for this page, and not kept." }
        },
        Some(context) => fetched(context, thread).await,
    };
    Some(html! { section #messages aria-labelledby="messages-title" { h2 #messages-title { "Messages" } (said) } })
}

async fn fetched(context: &Context, thread: &ThreadId) -> Markup {
    let hubspot = context.hubspot.on_lane(Lane::Ticket).within(PAGE_WAIT);
    let recent = match tokio::time::timeout(PAGE_WAIT, hubspot.recent_messages(thread, None, PAGE_MESSAGES)).await {
        Ok(Ok(recent)) => recent,
        Ok(Err(error)) => return failed(&error.to_string()),
        Err(_) => return failed("HubSpot did not answer in time"),
    };
    let said: Vec<&Message> = recent.messages.iter().rev().filter(|message| is_said(message)).collect();
    html! {
        @if said.is_empty() { p.notice { "Nothing was said in it." } }
        @else {
            ol.said {
                @for message in &said { (item(message, &context.settings.ai_user_id)) }
            }
        }
        @if !recent.complete { p.quiet { "Older ones are in HubSpot." } }
    }
}

fn is_said(message: &Message) -> bool {
    matches!(message.kind, MessageKind::Message | MessageKind::Comment | MessageKind::WelcomeMessage)
}

fn item(message: &Message, ai: &ActorId) -> Markup {
    let said = Some(message.text.as_str()).filter(|text| !text.trim().is_empty()).or(message.rich_text.as_deref());
    let words = text::plain(said.unwrap_or_default());
    let cut: String = words.chars().take(PAGE_MESSAGE_CHARS).collect();
    let whole = cut.len() == words.len() && message.truncation != Truncation::Truncated;
    html! {
        li.(tone(message)) {
            p.facts-line { strong { (who(message, ai)) } " " (layout::time(message.created_at)) }
            @if let Some(subject) = &message.subject { p.quiet { "Subject: " (subject) } }
            p.words { (cut) }
            @if !whole { p.quiet { "It goes on in HubSpot." } }
            @if !message.attachments.is_empty() {
                p.quiet { "Attached: " (message.attachments.iter().map(|file| file.name.as_deref().unwrap_or("a file")).collect::<Vec<_>>().join(", ")) }
            }
            @if message.status.as_deref() == Some("FAILED") { p.failed { "HubSpot could not deliver it." } }
        }
    }
}

fn tone(message: &Message) -> &'static str {
    match (&message.kind, message.direction) {
        (MessageKind::Comment, _) => "note",
        (_, Some(Direction::Incoming)) => "customer",
        _ => "ours",
    }
}

fn who(message: &Message, ai: &ActorId) -> String {
    let actor = message.created_by.as_ref();
    let role = match actor.map(ActorId::kind) {
        _ if actor == Some(ai) => "The AI",
        Some(ActorKind::Integrator) => "An app",
        Some(ActorKind::System | ActorKind::Bot | ActorKind::Llm) => "HubSpot",
        _ if message.direction == Some(Direction::Incoming) => "The customer",
        Some(ActorKind::Agent) => "A rep",
        Some(ActorKind::Visitor | ActorKind::Email | ActorKind::Unknown) | None => "Somebody",
    };
    let name = message.senders.iter().find_map(|sender| sender.name.as_deref()).filter(|name| !name.is_empty());
    let name = name.map(|name| format!(", {name}")).unwrap_or_default();
    let internal = if message.kind == MessageKind::Comment { " (internal comment)" } else { "" };
    format!("{role}{name}{internal}")
}

/// HubSpot's own words for people; they never hold what was said.
fn failed(why: &str) -> Markup {
    html! { p.notice { "The messages could not be fetched: " (why) ". Load the page again in a moment." } }
}
