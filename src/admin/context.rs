//! `GET /context?connection=&email=`: what the CRM knows of a customer, each part with how reading it ended.

use axum::Json;
use axum::extract;
use axum::http::Uri;
use serde_json::{Value, json};

use super::error::ApiError;
use super::params::Params;
use super::{Answer, State};
use crate::domain::{Company, ConnectionName, Contact, Deal, Part, PastTicket};

pub(super) async fn show(extract::State(admin): extract::State<State>, uri: Uri) -> Answer {
    let params = Params::read(&uri, &["connection", "email"])?;
    let name: ConnectionName = required(&params, "connection", "the name of a connection")?;
    let email: String = required(&params, "email", "the customer's e-mail address")?;
    // The address itself is never quoted: answers to mistakes end up in logs.
    if !email.contains('@') {
        return Err(ApiError::bad_request("parameter \"email\" is no e-mail address", "give the whole address"));
    }
    let missing =
        || ApiError::not_found(format!("there is no connection {:?}", name.as_str()), "`GET /connections` lists them");
    let panel = &admin.contexts.get(&name).ok_or_else(missing)?.panel;
    let found = panel.context(&email).await;
    Ok(Json(json!({
        "connection": name.as_str(),
        "email": email.trim().to_lowercase(),
        "contact": part(&found.contact, contact),
        "company": part(&found.company, company),
        "deals": part(&found.deals, |deals| json!({ "items": deals.iter().map(deal).collect::<Vec<_>>() })),
        "tickets": part(&found.tickets, |tickets| json!({ "items": tickets.iter().map(ticket).collect::<Vec<_>>() })),
    })))
}

fn required<T: From<String>>(params: &Params, key: &str, what: &str) -> Result<T, ApiError> {
    let missing = || ApiError::bad_request(format!("parameter {key:?} is missing"), format!("`{key}` is {what}"));
    params.text(key).ok_or_else(missing)
}

/// `{status: "known", …}`, `{status: "absent"}` or `{status: "failed", detail}`.
fn part<T>(part: &Part<T>, view: impl FnOnce(&T) -> Value) -> Value {
    match part {
        Part::Known(known) => {
            let mut shown = view(known);
            if let Some(members) = shown.as_object_mut() {
                members.insert("status".to_owned(), json!("known"));
            }
            shown
        }
        Part::Absent => json!({ "status": "absent" }),
        Part::Failed(why) => json!({ "status": "failed", "detail": why }),
    }
}

fn contact(contact: &Contact) -> Value {
    json!({
        "id": contact.id.as_ref().map(crate::domain::ContactId::as_str),
        "name": contact.name,
        "email": contact.email,
        "phone": contact.phone,
        "owner": contact.owner,
    })
}

fn company(company: &Company) -> Value {
    json!({
        "id": company.id,
        "name": company.name,
        "domain": company.domain,
        "industry": company.industry,
        "size": company.size,
    })
}

fn deal(deal: &Deal) -> Value {
    json!({
        "id": deal.id,
        "name": deal.name,
        "stage": deal.stage,
        "amount": deal.amount,
        "close_date": deal.close_date,
        "active": deal.active,
    })
}

fn ticket(ticket: &PastTicket) -> Value {
    json!({
        "id": ticket.id,
        "subject": ticket.subject,
        "status": ticket.status,
        "created_at": ticket.created_at.map(|at| at.to_string()),
    })
}
