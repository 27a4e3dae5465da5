//! By e-mail address. The bridge stores none: each connection's HubSpot is asked for the contact, and the ledger for the
//! contact's conversations. The address goes to HubSpot and nowhere else.

use std::time::Duration;

use futures_util::future::join_all;

use super::{Known, gather};
use crate::admin::State;
use crate::domain::{ContactId, Lane, ThreadId};
use crate::handlers::Context;
use crate::hubspot;
use crate::store::Error;
use crate::store::types::SessionFilter;

/// A page waits no longer for a slow HubSpot.
const PATIENCE: Duration = Duration::from_secs(3);
/// Conversations of one contact that HubSpot is asked for.
const THREADS_MAX: usize = 10;

/// What a look by address found.
pub(super) enum Looked {
    /// Conversations, or words on who could not be asked.
    Known(Known),
    /// Nothing; the sentence says how far the look came.
    Nothing(String),
}

/// Everything known about the customer with this address.
pub(super) async fn gather(admin: &State, email: &str) -> Result<Looked, Error> {
    let asked = join_all(admin.contexts.values().map(|cx| contact(cx, email))).await;
    let mut known = Known::default();
    let (mut unreachable, mut strangers) = (Vec::new(), Vec::new());
    for (cx, answer) in admin.contexts.values().zip(asked) {
        let name = &cx.settings.name;
        match answer {
            Ok(None) => {}
            Ok(Some(contact)) => {
                let more = conversations(admin, cx, &contact, &mut unreachable).await?;
                if more.is_empty() {
                    strangers.push(format!("contact {contact} of `{name}`"));
                    continue;
                }
                known.remarks.push(format!("The address is that of HubSpot's contact {contact} (`{name}`)."));
                known.found.events.extend(more.found.events);
                known.found.sessions.extend(more.found.sessions);
                known.found.mailboxes.extend(more.found.mailboxes);
                known.audits.extend(more.audits);
                known.left.extend(more.left);
            }
            Err(error) => unreachable.push(format!(
                "HubSpot could not be asked who has this address (`{name}`): {}.",
                error.to_string().trim_end_matches('.')
            )),
        }
    }
    known.remarks.extend(unreachable);
    if !known.is_empty() || !known.remarks.is_empty() {
        return Ok(Looked::Known(known));
    }
    Ok(Looked::Nothing(match strangers.as_slice() {
        [] => "no connection's HubSpot has a contact with this e-mail address".to_owned(),
        some => format!("the address is that of {}, of whom the bridge knows no conversation", some.join(" and of ")),
    }))
}

async fn contact(cx: &Context, email: &str) -> Result<Option<ContactId>, hubspot::Error> {
    let found = cx.reader.on_lane(Lane::Ticket).within(PATIENCE).contact_by_email(email.trim()).await?;
    Ok(found.and_then(|contact| contact.id))
}

/// By the sessions that know the contact, else by the threads that HubSpot says are the contact's.
async fn conversations(
    admin: &State,
    cx: &Context,
    contact: &ContactId,
    unreachable: &mut Vec<String>,
) -> Result<Known, Error> {
    let (ledger, name) = (admin.ledger.as_ref(), &cx.settings.name);
    let filter =
        SessionFilter { connection: Some(name.clone()), contact: Some(contact.clone()), ..SessionFilter::default() };
    let sessions = ledger.sessions(filter, None, 3).await?.items;
    if !sessions.is_empty() {
        return gather::of_sessions(ledger, sessions).await;
    }
    match cx.hubspot.on_lane(Lane::Ticket).within(PATIENCE).threads_of_contact(contact, THREADS_MAX).await {
        Ok(threads) => {
            let threads: Vec<ThreadId> = threads.into_iter().map(|thread| thread.id).collect();
            gather::of_threads(ledger, name, &threads).await
        }
        Err(error) => {
            let why = error.to_string();
            unreachable.push(format!(
                "HubSpot could not be asked for the conversations of contact {contact} (`{name}`): {}.",
                why.trim_end_matches('.')
            ));
            Ok(Known::default())
        }
    }
}
