//! The three doors: `POST /webhooks/hubspot/{connection}`, `/webhooks/opencx/{connection}` and
//! `/actions/hubspot/{connection}/{action}`. Each answers 404, 413, 401, 400 in this order, else 200 once all is on disk.
//!
//! Merge the router, do not nest it: signatures cover the path as it was received.

use std::borrow::Cow;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use http::request::Parts;
use tokio::time::Instant;

use super::actions::{Accepted, Wanted};
use super::answer::Refused;
use super::delivery::{self, Delivery};
use super::envelope::{self, Element};
use super::judge::Judge;
use super::observed::{Head, Observed, TYPES_MAX, kind_heard};
use super::signature::{self, Received, Refusal};
use super::{actions, body, opencx, secrets, sender};
use crate::clock::Clock;
use crate::config::{AgentKind, Config, Connection, Secret};
use crate::domain::{ConnectionName, PortalId};
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Signature as SignatureLabels;

/// What the intake needs.
#[derive(Clone)]
pub struct Intake {
    /// Where events go.
    pub store: Arc<dyn Store>,
    /// The settings.
    pub config: Arc<Config>,
    /// For the signatures' window.
    pub clock: Arc<dyn Clock>,
    /// Counts what comes in.
    pub metrics: Metrics,
    /// What deliveries were like, for the doctor.
    pub observed: Observed,
}

/// The intake's routes.
pub fn router(intake: Intake) -> Router {
    Router::new()
        .route("/webhooks/hubspot/{connection}", post(deliver))
        .route("/webhooks/opencx/{connection}", post(hear))
        .route("/actions/hubspot/{connection}/{action}", post(act))
        .fallback(stray)
        .with_state(Arc::new(intake))
}

type Named<T> = Result<Path<T>, PathRejection>;

async fn deliver(State(intake): State<Arc<Intake>>, name: Named<String>, request: Request) -> Response {
    let began = Instant::now();
    let Some(path) = intake.connection(name.ok().map(|Path(name)| name)) else { return unknown() };
    let taken = intake.take_delivery(path, request, began).await;
    answer(path, taken.map(|()| StatusCode::OK))
}

async fn hear(State(intake): State<Arc<Intake>>, name: Named<String>, request: Request) -> Response {
    let began = Instant::now();
    let Some(path) = intake.connection(name.ok().map(|Path(name)| name)) else { return unknown() };
    let taken = intake.take_webhook(path, request, began).await;
    answer(path, taken.map(|()| StatusCode::OK))
}

async fn act(State(intake): State<Arc<Intake>>, names: Named<(String, String)>, request: Request) -> Response {
    let began = Instant::now();
    let (name, action) = names.map(|Path(names)| names).unwrap_or_default();
    let Some(path) = intake.connection(Some(name)) else { return unknown() };
    let taken = intake.take_action(path, &action, request, began).await;
    answer(path, taken)
}

/// Nothing is at this address. When it is nearly that of a connection, somebody may have entered it in HubSpot: the doctor
/// tells.
async fn stray(State(intake): State<Arc<Intake>>, request: Request) -> StatusCode {
    let (head, _) = request.into_parts();
    let after = head.uri.path().rsplit_once("/webhooks/hubspot/").map(|(_, name)| name.trim_end_matches('/'));
    if let Some(connection) = intake.connection(after.map(str::to_owned)) {
        let call = Head::of(&head).call(intake.clock.now());
        intake.observed.note(&connection.name, |seen| seen.astray = Some(call));
    }
    StatusCode::NOT_FOUND
}

fn unknown() -> Response {
    tracing::debug!("request refused: unknown connection");
    Refused::UnknownConnection.into_response()
}

fn answer(path: &Connection, taken: Result<impl IntoResponse, Refused>) -> Response {
    match taken {
        Ok(taken) => taken.into_response(),
        Err(refused) => {
            refused.log(path);
            refused.into_response()
        }
    }
}

impl Intake {
    fn connection(&self, name: Option<String>) -> Option<&Connection> {
        self.config.connections.get(&ConnectionName(name?))
    }

    async fn take_delivery(&self, path: &Connection, request: Request, began: Instant) -> Result<(), Refused> {
        let (head, body) = request.into_parts();
        let body = body::read(body, self.config.server.body_limit).await?;
        let secret = client_secret(path).await?;
        let verified = signature::verify(path.signature, self.received(&head, &body), &secret, self.clock.now())
            .map_err(|refusal| self.refuse(path, &head, refusal))?;
        let elements = envelope::parse(verified)?;
        let portals = elements.iter().filter_map(portal_of).collect();
        let peers = self.peers(path, portals).await?;
        self.observe(path, &peers, &head, &elements);
        let judge = Judge { path, peers: &peers, delivery: &self.config.delivery };
        let Delivery { batch, received } = delivery::assemble(&elements, &judge);
        self.keep(path, batch, received, began).await?;
        Ok(())
    }

    async fn take_webhook(&self, path: &Connection, request: Request, began: Instant) -> Result<(), Refused> {
        if path.agent.kind != AgentKind::Opencx {
            return Err(Refused::NotOpencx);
        }
        let secret = path.agent.webhook_secret.as_ref().ok_or(Refused::NoWebhookSecret)?;
        let (head, body) = request.into_parts();
        let body = body::read(body, self.config.server.body_limit).await?;
        let secret = reveal(path, secret, "agent.webhook_secret").await?;
        let now = self.clock.now();
        let sent = sender::verify(&head.headers, &body, &secret, now).map_err(|refusal| {
            self.count_refusal(path, refusal);
            Refused::Sender { cause: refusal.cause }
        })?;
        let Delivery { batch, received } = opencx::read(&sent, path, now)?;
        self.keep(path, batch, received, began).await?;
        Ok(())
    }

    async fn take_action(
        &self,
        path: &Connection,
        action: &str,
        request: Request,
        began: Instant,
    ) -> Result<Accepted, Refused> {
        let wanted = Wanted::from_name(action).ok_or(Refused::UnknownAction)?;
        let (head, body) = request.into_parts();
        let body = body::read(body, self.config.server.body_limit).await?;
        let secret = client_secret(path).await?;
        let now = self.clock.now();
        let verified = signature::verify_action(path.signature, self.received(&head, &body), &secret, now)
            .map_err(|refusal| self.refuse(path, &head, refusal))?;
        let call = actions::parse(verified)?;
        let portal = call.portal(path)?;
        let peers = self.peers(path, vec![portal]).await?;
        let event = call.event(wanted, path, &peers, now)?;
        let ended = event.ended;
        let received = vec![(event.connection.clone(), event.kind.as_str(), 1)];
        let ids =
            self.keep(path, crate::store::Batch { events: vec![event], dirty: Vec::new() }, received, began).await?;
        ids.first().map(|id| Accepted::new(*id, ended)).ok_or(Refused::StoreUnavailable)
    }

    fn received<'a>(&'a self, head: &'a Parts, body: &'a [u8]) -> Received<'a> {
        Received {
            method: head.method.as_str(),
            public_url: &self.config.server.public_url,
            path_and_query: head.uri.path_and_query().map_or("/", |path| path.as_str()),
            headers: &head.headers,
            body,
        }
    }

    /// Notes a delivery, once for each connection it has events of.
    fn observe(&self, path: &Connection, peers: &[&Connection], head: &Parts, elements: &[Element<'_>]) {
        let (head, now) = (Head::of(head), self.clock.now());
        for connection in std::iter::once(path).chain(peers.iter().copied()) {
            let mut kinds: Vec<Cow<'_, str>> = Vec::new();
            let own = |element: &&Element<'_>| portal_of(element).unwrap_or(path.portal_id) == connection.portal_id;
            for kind in elements.iter().filter(own).filter_map(|element| kind_heard(element.fields.as_ref()?)) {
                // There are few, however many events.
                if kinds.len() < TYPES_MAX && !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
            self.observed.note(&connection.name, |seen| seen.delivered(&head, kinds.iter().map(Cow::as_ref), now));
        }
    }

    fn refuse(&self, path: &Connection, head: &Parts, refusal: Refusal) -> Refused {
        self.count_refusal(path, refusal);
        let now = self.clock.now();
        self.observed.note(&path.name, |seen| seen.refused(&Head::of(head), refusal.cause, now));
        Refused::Signature { cause: refusal.cause }
    }

    fn count_refusal(&self, path: &Connection, refusal: Refusal) {
        let labels = SignatureLabels { connection: path.name.0.clone(), cause: refusal.cause.to_owned() };
        self.metrics.signature_failures.get_or_create(&labels).inc();
    }

    /// The other connections on these portals that have the same secret.
    async fn peers(&self, path: &Connection, portals: Vec<PortalId>) -> Result<Vec<&Connection>, Refused> {
        let mut peers = Vec::new();
        let foreign = |other: &&Connection| other.portal_id != path.portal_id && portals.contains(&other.portal_id);
        for other in self.config.connections.values().filter(foreign) {
            if client_secret(other).await? == client_secret(path).await? {
                peers.push(other);
            }
        }
        Ok(peers)
    }
}

fn portal_of(element: &Element<'_>) -> Option<PortalId> {
    element.fields.as_ref()?.portal_id.integer().map(PortalId)
}

async fn client_secret(connection: &Connection) -> Result<Cow<'_, str>, Refused> {
    reveal(connection, &connection.client_secret, "client_secret").await
}

async fn reveal<'a>(
    connection: &Connection,
    secret: &'a Secret,
    setting: &'static str,
) -> Result<Cow<'a, str>, Refused> {
    secrets::reveal(secret).await.map_err(|error| {
        tracing::error!(connection = %connection.name, setting, %error, "secret unreadable");
        Refused::Secret { setting }
    })
}
