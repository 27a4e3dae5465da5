//! What the CRM knows of the customer: contact, company, deals and tickets, each with how reading it ended. Asked only on
//! demand, because it costs calls to HubSpot.

use maud::{Markup, html};

use super::Place;
use crate::admin::State;
use crate::admin::console::layout;
use crate::domain::{Company, Contact, CustomerContext, Deal, Direction, Lane, Object, Part, PastTicket};
use crate::handlers::Context;
use crate::hubspot::Error;
use crate::limits::{PAGE_MESSAGES, PAGE_WAIT};

/// Deals or tickets shown.
const LISTED_MAX: usize = 10;

pub(super) async fn section(admin: &State, place: &Place, wanted: bool) -> Option<Markup> {
    let said = match admin.contexts.get(&place.connection) {
        None => html! { p.notice { "HubSpot cannot be asked: the connection is not at work." } },
        Some(_) if !wanted => html! {
            p { a.button.plain href=(format!("{}?crm=1#crm", place.path())) { "Look into the CRM" } }
            p.quiet { "Contact, company, deals and tickets are read in HubSpot for this page." }
        },
        Some(context) => asked(context, place).await,
    };
    Some(
        html! { section #crm aria-labelledby="crm-title" { h2 #crm-title { "What the CRM knows of the customer" } (said) } },
    )
}

async fn asked(context: &Context, place: &Place) -> Markup {
    match tokio::time::timeout(PAGE_WAIT, address(context, place)).await {
        Ok(Ok(Some(email))) => panel(&context.panel.context(&email).await),
        Ok(Ok(None)) => html! { p.notice { "No address of the customer is known, so there is nothing to look for." } },
        Ok(Err(error)) => failed(&error.to_string()),
        Err(_) => failed("HubSpot did not answer in time"),
    }
}

fn failed(why: &str) -> Markup {
    html! { p.notice { "The customer could not be looked up: " (why) ". Load the page again in a moment." } }
}

/// The customer's address: the linked contact's, else the thread's contact's, else the one they wrote from.
async fn address(context: &Context, place: &Place) -> Result<Option<String>, Error> {
    let hubspot = context.hubspot.on_lane(Lane::Ticket).within(PAGE_WAIT);
    let reader = context.reader.on_lane(Lane::Ticket).within(PAGE_WAIT);
    let linked = place.session.as_ref().and_then(|session| session.contact_id.clone());
    let contact = match (linked, &place.object) {
        (Some(contact), _) => Some(contact),
        (None, Object::Thread(thread)) => hubspot.thread(thread).await?.contact_id,
        (None, Object::Ticket(_) | Object::Outside(_) | Object::Note(_)) => None,
    };
    if let Some(contact) = contact
        && let Some(email) = reader.contact(&contact).await?.and_then(|contact| contact.email)
    {
        return Ok(Some(email));
    }
    let Object::Thread(thread) = &place.object else { return Ok(None) };
    let recent = hubspot.recent_messages(thread, None, PAGE_MESSAGES).await?.messages;
    let incoming = recent.iter().rev().filter(|message| message.direction == Some(Direction::Incoming));
    Ok(incoming.flat_map(|message| &message.senders).find_map(crate::domain::Participant::email))
}

fn panel(found: &CustomerContext) -> Markup {
    html! {
        div.known {
            (part("Contact", "HubSpot has no contact with this address.", &found.contact, contact))
            (part("Company", "The contact has no company.", &found.company, company))
            (part("Deals", "The contact has no deals.", &found.deals, |deals| deals_list(deals)))
            (part("Tickets", "The contact has no tickets.", &found.tickets, |tickets| tickets_list(tickets)))
        }
    }
}

/// Each on its own: one that failed hides no other.
fn part<T>(title: &str, absent: &str, part: &Part<T>, show: impl Fn(&T) -> Markup) -> Markup {
    html! {
        div.facts {
            h3 { (title) }
            @match part {
                Part::Known(found) => (show(found)),
                Part::Absent => p.quiet { (absent) },
                Part::Failed(why) => p.failed { "It could not be read: " (why) },
            }
        }
    }
}

fn contact(contact: &Contact) -> Markup {
    let email = contact.email.as_deref();
    facts(&[
        ("Name", contact.name.as_deref()),
        ("E-mail", email),
        ("Phone", contact.phone.as_deref()),
        ("Owner", contact.owner.as_deref()),
    ])
}

fn company(company: &Company) -> Markup {
    facts(&[
        ("Name", company.name.as_deref()),
        ("Domain", company.domain.as_deref()),
        ("Industry", company.industry.as_deref()),
        ("Employees", company.size.as_deref()),
    ])
}

fn facts(rows: &[(&str, Option<&str>)]) -> Markup {
    html! { dl { @for (name, value) in rows { @if let Some(value) = value { dt { (name) } dd { (value) } } } } }
}

fn deals_list(deals: &[Deal]) -> Markup {
    html! {
        ul {
            @for deal in deals.iter().take(LISTED_MAX) {
                li {
                    (deal.name.as_deref().unwrap_or(&deal.id))
                    @if let Some(amount) = &deal.amount { ", " (amount) }
                    span.quiet { ", " (if deal.active { "open" } else { "closed" }) @if let Some(stage) = &deal.stage { ", stage " (stage) } }
                }
            }
        }
        (more(deals.len()))
    }
}

fn tickets_list(tickets: &[PastTicket]) -> Markup {
    html! {
        ul {
            @for ticket in tickets.iter().take(LISTED_MAX) {
                li {
                    (ticket.subject.as_deref().unwrap_or(&ticket.id))
                    @if let Some(at) = ticket.created_at { " " (layout::time(at)) }
                }
            }
        }
        (more(tickets.len()))
    }
}

fn more(all: usize) -> Markup {
    html! { @if all > LISTED_MAX { p.quiet { "and " (all - LISTED_MAX) " more in HubSpot" } } }
}
