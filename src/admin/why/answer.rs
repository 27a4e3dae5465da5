//! `GET /why/{id}`: the story as JSON, with the live checks when they are wanted.

use axum::Json;
use axum::extract::{self, Path};
use axum::http::Uri;
use serde::Serialize;

use super::email::Looked;
use super::links::Link;
use super::live::Live;
use super::subject::Subject;
use super::{Known, Story, email, gather, links, live, tell};
use crate::admin::State;
use crate::admin::error::ApiError;
use crate::admin::openapi::query;
use crate::admin::params::Params;

/// What happened to one thing, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Story)]
pub(in crate::admin) struct Answer {
    /// As it was asked for.
    pub id: String,
    /// What the id turned out to be; none when only HubSpot could have known.
    pub subject: Option<Subject>,
    /// Where it stands, in a few sentences.
    pub now: String,
    /// What happens next by itself.
    pub next: Option<NextStep>,
    /// What a person may want to do.
    pub todo: Option<String>,
    /// Places to look on.
    pub links: Vec<Link>,
    /// What happened, newest first, at most 200. The last ones say what is left out, and how to list it.
    pub lines: Vec<StoryLine>,
    /// The conversation as HubSpot shows it at this moment; only with `live=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Live>,
}

impl Answer {
    /// Is the customer known to be a contact? A visitor of the chat has an id that leads nowhere.
    pub(in crate::admin) fn leads_to_contact(&self) -> bool {
        self.links.iter().any(|link| link.what == links::IN_HUBSPOT)
    }
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(in crate::admin) struct StoryLine {
    /// When, RFC 3339.
    pub at: String,
    /// In words; never message text.
    pub text: String,
}

/// What happens next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub(in crate::admin) struct NextStep {
    /// When, RFC 3339; none: now, or as soon as a worker is free.
    pub at: Option<String>,
    /// What, in one sentence.
    pub what: String,
}

/// What happened to something and why, in words
///
/// Of a thread, message, ticket, session, contact, contact's e-mail, note, conversation outside HubSpot, or event.
#[utoipa::path(get, path = "/why/{id}", tag = "events", operation_id = "why",
    params(("id" = String, Path, description = "HubSpot's id, the bridge's own, or a contact's e-mail."), query::Why),
    responses((status = 200, description = "The story, newest first.", body = Answer)))]
pub(in crate::admin) async fn explain(
    extract::State(admin): extract::State<State>,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<Json<Answer>, ApiError> {
    let params = Params::read(&uri, &["live"])?;
    let live = params.parsed("live", "true or false", |text| text.parse::<bool>().ok())?.unwrap_or(false);
    answer(&admin, &id, live).await.map(Json)
}

/// The story of an id; `live`: with a look at the conversation in HubSpot. 404 when nothing is known.
pub(in crate::admin) async fn answer(admin: &State, id: &str, live: bool) -> Result<Answer, ApiError> {
    let known = known(admin, id).await?;
    let story = tell(&known, &admin.ledger.held().await?, admin.clock.now());
    let subject = (!known.is_empty()).then(|| Subject::of(id, &known));
    let live = match &subject {
        Some(subject) if live => Some(live::look(admin, subject, &known).await),
        Some(_) | None => None,
    };
    let links = subject.as_ref().map(|subject| links::of(admin, subject, &known, live.as_ref())).unwrap_or_default();
    Ok(shown(id, story, subject, links, live))
}

async fn known(admin: &State, id: &str) -> Result<Known, ApiError> {
    let known = gather::gather(admin.ledger.as_ref(), id).await?;
    if !known.is_empty() {
        return Ok(known);
    }
    let fix = "check the id; what is older than `store.retention` is gone, and what never arrived was never here";
    if !id.contains('@') {
        return Err(ApiError::not_found(format!("nothing known has the id {id:?}"), fix));
    }
    match email::gather(admin, id).await? {
        Looked::Known(known) => Ok(known),
        // The address itself is never quoted: answers to mistakes end up in logs.
        Looked::Nothing(how_far) => Err(ApiError::not_found(how_far, "check the address, or ask by thread or ticket")),
    }
}

fn shown(id: &str, story: Story, subject: Option<Subject>, links: Vec<Link>, live: Option<Live>) -> Answer {
    let told = |told: super::Line| StoryLine { at: told.at.to_string(), text: told.text };
    let next = |next: super::Next| NextStep { at: next.at.map(|at| at.to_string()), what: next.what };
    Answer {
        id: id.to_owned(),
        subject,
        now: story.held.into_iter().chain([story.now]).collect::<Vec<_>>().join(" "),
        next: story.next.map(next),
        todo: story.todo,
        links,
        lines: story.lines.into_iter().map(told).collect(),
        live,
    }
}
