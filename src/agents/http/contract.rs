//! The contract of an agent of this kind as OpenAPI: what is posted to it and what it may answer. The bodies are the wire
//! types themselves; the words are those of `docs/agents.md`.

#![expect(dead_code, reason = "the document is made of them; `verdict` reads answers, more leniently")]

use std::collections::BTreeMap;

use serde::Deserialize;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::relay::Relayed;
use super::turn::Turn;

#[derive(utoipa::OpenApi)]
#[openapi(paths(turn, relay))]
struct Contract;

/// The two calls, as paths named after their `type`, with every schema they need.
#[must_use]
pub fn document() -> OpenApi {
    <Contract as utoipa::OpenApi>::openapi()
}

/// The headers of every call, by Standard Webhooks.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
struct Signed {
    /// The body's `id`: the same when the same is posted again.
    #[param(rename = "webhook-id")]
    id: String,
    /// Seconds since 1970. Refuse what is older than five minutes.
    #[param(rename = "webhook-timestamp")]
    timestamp: String,
    /// `v1,` and the base64 of HMAC-SHA256, under `agent.signing_secret`, over id, full stop, timestamp, full stop and the raw
    /// body. The key is what follows `whsec_` in the secret, decoded from base64.
    #[param(rename = "webhook-signature")]
    signature: String,
}

/// A question
///
/// What the customer wrote and nobody answered yet. It may be posted again under the same id; answer it as before.
#[utoipa::path(post, path = "conversation.turn", tag = "http agent", operation_id = "conversation_turn", security(()),
    params(Signed), request_body = Turn<'static>,
    responses(
        (status = "2XX", description = "What to do.", body = AgentAnswer),
        (status = 408, description = "Asked again."),
        (status = 429, description = "Asked again, after `Retry-After` if it is there."),
        (status = "3XX", description = "Final: the agent failed."),
        (status = "4XX", description = "Final: the agent failed."),
        (status = "5XX", description = "Asked again, up to `agent.attempts` times."),
    ))]
fn turn() {}

/// What a rep wrote
///
/// A public reply, or with `mirror_notes` an internal note, which must never reach the customer. A repeat has the same id and
/// is the agent's to drop.
#[utoipa::path(post, path = "conversation.relay", tag = "http agent", operation_id = "conversation_relay", security(()),
    params(Signed), request_body = Relayed<'static>,
    responses(
        (status = "2XX", description = "Taken; the body is not read."),
        (status = 408, description = "Told again."),
        (status = 429, description = "Told again, after `Retry-After` if it is there."),
        (status = "3XX", description = "Final: not told."),
        (status = "4XX", description = "Final: not told."),
        (status = "5XX", description = "Told again."),
    ))]
fn relay() {}

/// What to do about a question.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "action", rename_all = "lowercase")]
enum AgentAnswer {
    /// Post the text to the customer.
    Reply(Says),
    /// Show the text to the reps.
    Draft(Says),
    /// Give the conversation to a human.
    Handoff(HandsOff),
    /// There is nothing to say.
    Nothing(Remarks),
}

/// Words, and remarks.
#[derive(Deserialize, ToSchema)]
#[schema(as = AgentSays)]
struct Says {
    /// Markdown.
    #[schema(min_length = 1)]
    text: String,
    #[serde(flatten)]
    remarks: Remarks,
}

/// A human is wanted.
#[derive(Deserialize, ToSchema)]
#[schema(as = AgentHandsOff)]
struct HandsOff {
    /// Said to the customer first. Markdown.
    text: Option<String>,
    /// For the reps.
    reason: Option<String>,
    #[serde(flatten)]
    remarks: Remarks,
}

/// What may go with any action.
#[derive(Deserialize, ToSchema)]
#[schema(as = AgentRemarks)]
struct Remarks {
    /// What was found out, for the reps.
    summary: Option<String>,
    /// The customer's mood: `angry`, `neutral`, `happy`.
    #[schema(examples("neutral"))]
    sentiment: Option<String>,
    /// The customer's language, a BCP 47 tag.
    #[schema(examples("en"))]
    language: Option<String>,
    /// Kept with the session, told with the next turns, written to the ticket where the settings map it. At most 50 names of
    /// at most 100 characters; values of at most 1,000 characters are kept as text, null changes nothing.
    custom_data: Option<BTreeMap<String, FlatOrNull>>,
}

/// A value of custom data: anything but a list or an object. It is kept as text.
pub struct FlatValue(String);

/// The same, or null, which changes nothing.
#[derive(Deserialize)]
struct FlatOrNull(String);

impl PartialSchema for FlatValue {
    fn schema() -> RefOr<Schema> {
        any_of([Type::String, Type::Number, Type::Boolean])
    }
}

impl ToSchema for FlatValue {}

impl PartialSchema for FlatOrNull {
    fn schema() -> RefOr<Schema> {
        any_of([Type::String, Type::Number, Type::Boolean, Type::Null])
    }
}

impl ToSchema for FlatOrNull {}

fn any_of(types: impl IntoIterator<Item = Type>) -> RefOr<Schema> {
    let types = SchemaType::Array(types.into_iter().collect());
    let what = "A value of custom data: neither a list nor an object. It is kept as text.";
    Schema::Object(ObjectBuilder::new().schema_type(types).description(Some(what)).build()).into()
}
