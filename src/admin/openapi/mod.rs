//! The OpenAPI document, made of the handlers' own attributes, the views' types and the `http` agent's wire types. Served at
//! `GET /openapi.json`, printed by `hubspot-bridge openapi`, committed as `docs/openapi.json`.
//!
//! A route gets into it by being added with `routes!` in `super::api`; what every route may refuse is added here.

pub(super) mod query;

use axum::Json;
use axum::http::Uri;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{ArrayItems, Object, Schema};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, ResponseBuilder};

use super::params::Params;
use super::{Answer, api, health};
use crate::agents::http::contract;

/// What the routes do not say themselves.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "hubspot-bridge",
        description = "The admin API of hubspot-bridge, on the admin listener (`admin.listen`), and the contract of an \
                       agent of kind `http`, which the bridge calls (`webhooks`).\n\nTimes are RFC 3339 in UTC, ids are \
                       strings. Lists are `{items, next}`, newest first; errors are `{error: {code, message, fix}}`. \
                       Without `admin.token` only this machine's own calls are answered. A program that acts for a \
                       user names them in the header `X-Operator`, which the audit shows.",
    ),
    tags(
        (name = "events", description = "The ledger: every event and how it ended."),
        (name = "sessions", description = "The conversations as the AI's side knows them."),
        (name = "connections", description = "Portals and agents, and what the CRM knows."),
        (name = "bridge", description = "The bridge itself."),
        (name = "health", description = "For the container. On the public listener (`server.listen`), without a token."),
        (name = "http agent", description = "What a team's own agent is posted. See `docs/agents.md`."),
    ),
)]
struct Head;

/// The scheme's name.
const BEARER: &str = "bearer";

/// What is sent to us or to the bridge's agent may leave fields out; what the bridge says has them all.
const MAY_LACK: [&str; 8] = [
    "HandoffRequest",
    "DoctorRequest",
    "ReplayRequest",
    "BulkReplayRequest",
    "Story",
    "AgentSays",
    "AgentHandsOff",
    "AgentRemarks",
];

/// The OpenAPI document, as JSON in lines.
///
/// # Errors
/// None that happens: the document is made of texts and lists.
pub fn text() -> serde_json::Result<String> {
    serde_json::to_string_pretty(&document()).map(|text| text + "\n")
}

/// This document
#[utoipa::path(get, path = "/openapi.json", tag = "bridge", operation_id = "openapi",
    responses((status = 200, description = "OpenAPI 3.1.", body = Object)))]
pub(super) async fn show(uri: Uri) -> Answer<OpenApi> {
    Params::read(&uri, &[])?;
    Ok(Json(document()))
}

fn document() -> OpenApi {
    let mut document = <Head as utoipa::OpenApi>::openapi();
    let mut admin = api().into_openapi();
    for (path, item) in &mut admin.paths.paths {
        add_refusals(path, item);
    }
    document.merge(admin);
    document.merge(health::routes().into_openapi());
    let mut agent = contract::document();
    document.webhooks = Some(std::mem::take(&mut agent.paths));
    document.merge(agent);
    document.security = Some(vec![utoipa::openapi::SecurityRequirement::new::<_, _, &str>(BEARER, [])]);
    // The package's licence and authors are not the API's.
    document.info.license = None;
    document.info.contact = None;
    if let Some(components) = &mut document.components {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let bearer = bearer.description(Some("The value of `admin.token`.")).build();
        components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
        let refusals = Refusal::ALL.iter().map(|refusal| (refusal.name.to_owned(), RefOr::T(refusal.response())));
        components.responses.extend(refusals);
        let said = components.schemas.iter_mut().filter(|(name, _)| !MAY_LACK.contains(&name.as_str()));
        said.for_each(|(_, schema)| require_all(schema));
    }
    document
}

/// An answer that many routes may give.
struct Refusal {
    status: &'static str,
    name: &'static str,
    description: &'static str,
    /// Of these routes, by path and whether they take a body.
    of: fn(&str, bool) -> bool,
}

impl Refusal {
    const ALL: [Self; 6] = [
        Self {
            status: "400",
            name: "BadRequest",
            description: "A parameter or the body is not as described; unknown ones are refused too.",
            of: |path, _| path != "/metrics",
        },
        Self {
            status: "401",
            name: "Unauthorized",
            description: "The bearer token is missing or wrong.",
            of: |_, _| true,
        },
        Self {
            status: "403",
            name: "Forbidden",
            description: "Asked by a page of another site; or, without a token, not by this machine.",
            of: |_, _| true,
        },
        Self {
            status: "404",
            name: "NotFound",
            description: "There is no such thing.",
            of: |path, _| path.contains('{') || path.ends_with("/context"),
        },
        Self {
            status: "413",
            name: "BodyTooLarge",
            description: "The body broke off, or is too large.",
            of: |_, takes_body| takes_body,
        },
        Self {
            status: "503",
            name: "Unavailable",
            description: "The store or the token cannot be read now.",
            of: |_, _| true,
        },
    ];

    fn response(&self) -> Response {
        let content = Content::new(Some(Ref::from_schema_name("Error")));
        ResponseBuilder::new().description(self.description).content("application/json", content).build()
    }
}

fn add_refusals(path: &str, item: &mut PathItem) {
    let acts = [&mut item.post, &mut item.patch, &mut item.put, &mut item.delete].into_iter().flatten();
    acts.for_each(|operation| refuse(path, operation, true));
    item.get.iter_mut().for_each(|operation| refuse(path, operation, false));
}

fn refuse(path: &str, operation: &mut Operation, takes_body: bool) {
    for refusal in Refusal::ALL.iter().filter(|refusal| (refusal.of)(path, takes_body)) {
        // A route that says it in words of its own is right.
        let answers = operation.responses.responses.entry(refusal.status.to_owned());
        answers.or_insert_with(|| RefOr::Ref(Ref::from_response_name(refusal.name)));
    }
}

/// A field that is not known is null, never left out.
fn require_all(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => require_properties(object),
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(require_all),
        RefOr::T(Schema::OneOf(one)) => one.items.iter_mut().for_each(require_all),
        RefOr::T(Schema::Array(list)) => {
            if let ArrayItems::RefOrSchema(items) = &mut list.items {
                require_all(items);
            }
        }
        RefOr::T(_) | RefOr::Ref(_) => {}
    }
}

fn require_properties(object: &mut Object) {
    object.required = object.properties.keys().cloned().collect();
    object.properties.values_mut().for_each(require_all);
}
