//! `POST /webhooks/hubspot/{connection}`: 404, 413, 401, 400 in this order, else 200 once every event is on disk.
//!
//! Merge the router, do not nest it: v3 signs the path as it was received.

use std::error::Error as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use tokio::time::Instant;

use super::answer::Refused;
use super::delivery::{self, Delivery};
use super::envelope::{self, Element};
use super::judge::Judge;
use super::signature::{self, Received, Verified};
use super::{body, secrets};
use crate::clock::Clock;
use crate::config::{Config, Connection};
use crate::domain::{ConnectionName, EventIds, PortalId, Reason, State as EventState};
use crate::store::{Batch, Store};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::{Finished as FinishedLabels, Received as ReceivedLabels, Signature as SignatureLabels};

/// What the intake needs.
#[derive(Clone)]
pub struct Intake {
    /// Where events go.
    pub store: Arc<dyn Store>,
    /// The settings.
    pub config: Arc<Config>,
    /// For the signature's window.
    pub clock: Arc<dyn Clock>,
    /// Counts what comes in.
    pub metrics: Metrics,
}

/// The intake's routes.
pub fn router(intake: Intake) -> Router {
    Router::new().route("/webhooks/hubspot/{connection}", post(deliver)).with_state(Arc::new(intake))
}

async fn deliver(
    State(intake): State<Arc<Intake>>,
    name: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let began = Instant::now();
    let name = name.map(|Path(name)| ConnectionName(name)).ok();
    let Some(path) = name.and_then(|name| intake.config.connections.get(&name)) else {
        tracing::debug!("delivery refused: unknown connection");
        return Refused::UnknownConnection.into_response();
    };
    match intake.take(path, request, began).await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(refused) => {
            log(path, refused);
            refused.into_response()
        }
    }
}

impl Intake {
    async fn take(&self, path: &Connection, request: Request, began: Instant) -> Result<(), Refused> {
        let (head, body) = request.into_parts();
        let body = body::read(body, self.config.server.body_limit).await?;
        let received = Received {
            method: head.method.as_str(),
            public_url: &self.config.server.public_url,
            path_and_query: head.uri.path_and_query().map_or("/", |path| path.as_str()),
            headers: &head.headers,
            body: &body,
        };
        let verified = self.verify(path, received).await?;
        let elements = envelope::parse(verified)?;
        let peers = self.peers(path, &elements).await?;
        let judge = Judge { path, peers: &peers, delivery: &self.config.delivery };
        let Delivery { batch, received } = delivery::assemble(&elements, &judge);
        let stored = self.store(path, batch).await;
        self.metrics.ack_seconds.observe(began.elapsed().as_secs_f64());
        stored?;
        self.count(received);
        Ok(())
    }

    async fn verify<'a>(&self, path: &Connection, received: Received<'a>) -> Result<Verified<'a>, Refused> {
        let secret = reveal(path).await?;
        signature::verify(path.signature, received, &secret, self.clock.now()).map_err(|refusal| {
            let labels = SignatureLabels { connection: path.name.0.clone(), cause: refusal.cause.to_owned() };
            self.metrics.signature_failures.get_or_create(&labels).inc();
            Refused::Signature { cause: refusal.cause }
        })
    }

    /// The other connections that this delivery's portals name and that have the same secret.
    async fn peers(&self, path: &Connection, elements: &[Element<'_>]) -> Result<Vec<&Connection>, Refused> {
        let foreign: Vec<PortalId> = elements
            .iter()
            .filter_map(|element| element.fields.as_ref()?.portal_id.integer().map(PortalId))
            .filter(|portal| *portal != path.portal_id)
            .collect();
        let mut peers = Vec::new();
        for other in self.config.connections.values().filter(|other| foreign.contains(&other.portal_id)) {
            if reveal(other).await? == reveal(path).await? {
                peers.push(other);
            }
        }
        Ok(peers)
    }

    async fn store(&self, path: &Connection, batch: Batch) -> Result<(), Refused> {
        if batch.events.is_empty() {
            return Ok(());
        }
        let events = batch.events.len();
        let ended: Vec<_> = batch.events.iter().map(|event| (event.connection.clone(), event.ended)).collect();
        let appended = self.store.append(batch).await.map_err(|error| {
            tracing::error!(connection = %path.name, %error, cause = error.source(), "delivery not stored");
            Refused::from(&error)
        })?;
        for ((connection, ended), fresh) in ended.into_iter().zip(&appended.fresh) {
            if let (Some((state, reason)), true) = (ended, fresh) {
                self.count_ended(connection, state, reason);
            }
        }
        tracing::debug!(
            connection = %path.name,
            events,
            fresh = appended.fresh_count(),
            event.ids = %EventIds(&appended.ids),
            "delivery stored"
        );
        Ok(())
    }

    /// The envelope alone settled it: no turn will count it.
    fn count_ended(&self, connection: ConnectionName, state: EventState, reason: Reason) {
        let labels = FinishedLabels {
            connection: connection.0,
            outcome: state.as_str().to_owned(),
            reason: reason.as_str().to_owned(),
        };
        self.metrics.events_finished.get_or_create(&labels).inc();
    }

    fn count(&self, received: Vec<(ConnectionName, &'static str, u64)>) {
        let seconds = self.clock.now().0.div_euclid(1000);
        for (connection, kind, count) in received {
            let labels = ReceivedLabels { connection: connection.0, r#type: kind.to_owned() };
            self.metrics.events_received.get_or_create(&labels).inc_by(count);
            self.metrics.last_event_timestamp.get_or_create(&labels).set(seconds);
        }
    }
}

/// What the sender did. Our own failures were logged where they happened.
fn log(path: &Connection, refused: Refused) {
    let (code, fix) = refused.code_and_fix();
    match refused {
        Refused::Signature { cause } => tracing::warn!(connection = %path.name, code, cause, fix, "delivery refused"),
        Refused::Secret | Refused::Overloaded | Refused::StoreUnavailable => {}
        Refused::UnknownConnection
        | Refused::BodyTooLarge { .. }
        | Refused::BodyTooSlow
        | Refused::BodyCut
        | Refused::Envelope(_) => tracing::warn!(connection = %path.name, code, fix, "delivery refused: {refused}"),
    }
}

async fn reveal(connection: &Connection) -> Result<std::borrow::Cow<'_, str>, Refused> {
    secrets::reveal(&connection.client_secret).await.map_err(|error| {
        tracing::error!(connection = %connection.name, %error, "client secret unreadable");
        Refused::Secret
    })
}
