//! The customer's contact: found by the address, else made. Without one the handoff goes on.

use super::{Case, Desk, Ended, Record};
use crate::config::Guarantee;
use crate::domain::{Contact, ContactId};
use crate::handlers::Stop;
use crate::handlers::journal::step::CONTACT;
use crate::hubspot::{Class, Effect, Error};
use crate::store::StepStatus;

/// Runs the step. A creation whose end is unclear is looked for by the address, and a second one is refused by HubSpot
/// as a conflict: it needs no waiting.
pub async fn step(desk: &mut Desk<'_, '_>, case: &Case<'_>) -> Result<Ended, Stop> {
    if let Some(ended) = desk.ended(CONTACT) {
        return Ok(ended);
    }
    let found = match (&case.customer.email, case.thread.and_then(|thread| thread.contact_id.as_ref())) {
        (Some(email), _) => desk.cx.hubspot.contact_by_email(email).await,
        (None, Some(contact)) => desk.cx.hubspot.contact(contact).await,
        (None, None) => Ok(None),
    };
    match found {
        Ok(Some(Contact { id: Some(id), .. })) => {
            desk.settle(CONTACT, StepStatus::Done, Record::done(id.0, "found")).await
        }
        Ok(_) if case.customer.email.is_some() => make(desk, &case.customer).await,
        Ok(_) => {
            let detail = "no e-mail address of the customer is known, so no contact was looked for or made";
            desk.settle(CONTACT, StepStatus::Skipped, Record::without(detail)).await
        }
        Err(error) => desk.failed(CONTACT, error).await,
    }
}

async fn make(desk: &mut Desk<'_, '_>, customer: &Contact) -> Result<Ended, Stop> {
    let client = desk.cx.hubspot.reserve(1).await?;
    desk.intend(CONTACT, desk.cx.hubspot_timeout).await?;
    match client.create_contact(customer).await {
        Ok(id) => desk.settle(CONTACT, StepStatus::Done, Record::done(id.0, "made")).await,
        Err(error) if error.effect == Effect::Unclear && desk.cx.delivery.guarantee == Guarantee::AtMostOnce => {
            desk.unknown(CONTACT, "a contact").await
        }
        Err(error) => match adopt(desk, customer, &error).await {
            Some(id) => desk.settle(CONTACT, StepStatus::Done, Record::done(id.0, "found")).await,
            None => desk.failed(CONTACT, error).await,
        },
    }
}

/// Somebody else made it meanwhile, or the address is a further one of a contact: HubSpot names it, or shows it.
async fn adopt(desk: &Desk<'_, '_>, customer: &Contact, error: &Error) -> Option<ContactId> {
    let Class::Conflict { existing } = &error.class else { return None };
    if let Some(id) = existing {
        return Some(ContactId(id.clone()));
    }
    let found = desk.cx.hubspot.contact_by_email(customer.email.as_deref()?).await;
    found.ok().flatten().and_then(|contact| contact.id)
}
