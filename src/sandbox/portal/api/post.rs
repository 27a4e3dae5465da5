//! Posting to a thread: a MESSAGE to the customer, or an internal COMMENT, with HubSpot's validation of each.

use http::StatusCode;
use serde_json::{Value, json};

use super::super::answer::{Answer, Refusal};
use super::super::call::Call;
use super::super::change::{By, NewItem};
use super::super::model::{Client, ItemKind, Party, Said};
use super::super::wire;
use super::Result;
use super::threads::{app, find};
use crate::domain::Direction;

type Checked<T> = std::result::Result<T, Refusal>;

const WHATSAPP: &str = "1007";

/// `POST /threads/{id}/messages`.
pub fn post(call: &mut Call<'_>, thread: &str) -> Result {
    let thread = find(call, thread)?.id;
    let body = call.json()?;
    let (by, new) = match body.get("type").and_then(Value::as_str) {
        Some("MESSAGE") => message(call, &body)?,
        Some("COMMENT") => comment(call, &body)?,
        Some(_) | None => return Err(Refusal::invalid("`type` must be MESSAGE or COMMENT.")),
    };
    let now = call.now;
    let id = call.state.add(now, thread, &by, new).unwrap_or_default();
    if let Some(after) = call.fails_later {
        call.state.fail_later(now, thread, &id, after, "The message could not be delivered.");
    }
    let items = call.state.conversations.threads.get(&thread).map(|thread| thread.items.iter());
    let posted = items.and_then(|mut items| items.find(|item| item.id == id));
    Ok(Answer::created(posted.map_or_else(|| json!({}), |item| wire::item(item, thread, now))))
}

/// A comment is the app's, whoever is named as its sender.
fn comment(call: &Call<'_>, body: &Value) -> Checked<(By, NewItem)> {
    let text = required(body, "text")?;
    let by = app(call);
    let sender = Party { actor: Some(by.actor.clone()), ..Party::default() };
    let kind = ItemKind::Comment { text, rich_text: optional(body, "richText") };
    Ok((by, NewItem { senders: vec![sender], recipients: Vec::new(), kind }))
}

fn message(call: &Call<'_>, body: &Value) -> Checked<(By, NewItem)> {
    let text = required(body, "text")?;
    let sender = required(body, "senderActorId")?;
    let channel_id = required(body, "channelId")?;
    let channel_account_id = required(body, "channelAccountId")?;
    let recipients = recipients(body)?;
    let agent = agent(call, &sender)?;
    if channel_id == WHATSAPP {
        return Err(Refusal::invalid("Sending messages through WhatsApp is not supported by this API."));
    }
    let account = call.state.seed.account(&channel_account_id).filter(|account| account.channel_id == channel_id);
    let Some(account) = account else {
        let message = format!("Channel account {channel_account_id} was not found on channel {channel_id}.");
        return Err(
            Refusal::invalid(message).with("subCategory", json!("ConversationsApiError.INVALID_CHANNEL_ACCOUNT"))
        );
    };
    let email = channel_id == "1002";
    if email && !recipients.iter().any(|party| party.identifier.is_some()) {
        return Err(Refusal::invalid("At least one recipient with a delivery identifier is required."));
    }
    let (kind, value) = account.identifier;
    let from = Party {
        actor: Some(sender.clone()),
        name: Some(agent),
        identifier: email.then(|| (kind.to_owned(), value.to_owned())),
        field: Some("FROM".to_owned()),
    };
    let said = Said {
        text,
        rich_text: optional(body, "richText"),
        subject: optional(body, "subject").filter(|_| email),
        original: None,
        files: Vec::new(),
        direction: Direction::Outgoing,
        channel_id,
        channel_account_id,
        fails: None,
    };
    let by = By { actor: sender, client: Client::Integration(call.state.seed.app_id.0) };
    Ok((by, NewItem { senders: vec![from], recipients, kind: ItemKind::Message(Box::new(said)) }))
}

/// Only an agent of the account may send.
fn agent(call: &Call<'_>, actor: &str) -> Checked<String> {
    let error = |sub: &str, message: String| {
        let error = json!({"message": message, "subCategory": format!("ConversationsApiError.{sub}")});
        Refusal::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", "Multiple errors validating request.")
            .with("errors", json!([error]))
    };
    let kind = match actor.split_once('-').map_or("", |(prefix, _)| prefix) {
        "A" => {
            let agent = call.state.seed.agent(actor);
            let unknown = || error("INVALID_ARGUMENT_TYPE", format!("No agent with actorId {actor} in this account"));
            return agent.map(super::super::seed::Agent::name).ok_or_else(unknown);
        }
        "V" => "VISITOR",
        "E" => "EMAIL",
        "I" => "INTEGRATOR",
        "S" => "SYSTEM",
        "B" => "BOT",
        "L" => "LLM",
        _ => return Err(error("INVALID_ARGUMENT_TYPE", "Invalid actorId type".to_owned())),
    };
    Err(error("UNSUPPORTED_ACTOR_TYPE", format!("Actor type {kind} is not supported for sending")))
}

/// Both the singular and the plural identifier are taken, as in practice.
fn recipients(body: &Value) -> Checked<Vec<Party>> {
    let list = body.get("recipients").and_then(Value::as_array).filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| missing("recipients"))?;
    let mut parties = Vec::new();
    for recipient in list {
        let actor = optional(recipient, "actorId");
        if actor.as_deref().is_some_and(|actor| actor.starts_with("A-")) {
            let error = json!({"message": "Actor type AGENT is not supported for receiving",
                               "subCategory": "ConversationsApiError.UNSUPPORTED_ACTOR_TYPE"});
            return Err(Refusal::invalid("Multiple errors validating request.").with("errors", json!([error])));
        }
        let plural = recipient.get("deliveryIdentifiers").and_then(Value::as_array).and_then(|list| list.first());
        let identifier = recipient.get("deliveryIdentifier").filter(|one| one.is_object()).or(plural);
        let identifier = identifier.and_then(|one| Some((optional(one, "type")?, optional(one, "value")?)));
        let field = optional(recipient, "recipientField").or_else(|| Some("TO".to_owned()));
        parties.push(Party { actor, name: optional(recipient, "name"), identifier, field });
    }
    Ok(parties)
}

fn optional(body: &Value, name: &str) -> Option<String> {
    body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn required(body: &Value, name: &str) -> Checked<String> {
    optional(body, name).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Refusal {
    let error = json!({"message": format!("Some required fields were not set: [{name}]"), "in": name});
    Refusal::invalid(format!("Invalid input JSON: some required fields were not set: [{name}]"))
        .with("errors", json!([error]))
}
