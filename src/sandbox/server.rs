//! The portal on a port: HubSpot's API, the sandbox's own, and the pages. Acts out the delays and cuts the portal asks for.

use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::agent::Assistant;
use super::portal::{Ending, Portal};
use super::{control, pages};
use crate::web;

/// The largest body taken.
const BODY_MAX_BYTES: usize = 4 * 1024 * 1024;
/// A call that is never answered is held this long.
const HANG: Duration = Duration::from_mins(2);

/// What the server serves.
#[derive(Clone, Debug)]
pub struct Options {
    /// The portal.
    pub portal: Portal,
    /// Where the console of the bridge beside it is.
    pub console: Option<String>,
    /// The agent that bridge asks, when it runs here too.
    pub assistant: Option<Assistant>,
}

/// Serves until `stop`; open live pages end with it.
pub async fn serve(listener: TcpListener, options: Options, stop: CancellationToken) -> io::Result<()> {
    let router = router(options, stop.clone());
    axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await
}

/// Everything on one router: what is neither a page nor `/_sandbox` is HubSpot's API.
pub fn router(options: Options, stop: CancellationToken) -> Router {
    let Options { portal, console, assistant } = options;
    let api = Api { portal: portal.clone(), stop: stop.clone() };
    control::router(portal.clone())
        .merge(pages::router(pages::Site { portal, console, assistant, stop }))
        .fallback_service(Router::new().fallback(handle).with_state(api))
        .layer(from_fn(own_pages_only))
        .layer(from_fn(web::sealed))
}

/// The sandbox asks nobody for a password, so nobody but this machine's programs and its own pages may use it.
async fn own_pages_only(request: Request, next: Next) -> Response {
    let (method, headers) = (request.method(), request.headers());
    if web::names_loopback(headers) && !web::is_foreign(method, headers, "") {
        return next.run(request).await;
    }
    let why = "the sandbox answers this machine's programs and its own pages only; call it by 127.0.0.1 or localhost\n";
    (StatusCode::FORBIDDEN, why).into_response()
}

#[derive(Clone)]
struct Api {
    portal: Portal,
    stop: CancellationToken,
}

async fn handle(State(api): State<Api>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_MAX_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let handled = api.portal.handle(&Request::from_parts(parts, body));
    if !handled.delay.is_zero() {
        tokio::time::sleep(handled.delay).await;
    }
    match handled.ending {
        Ending::Answer(response) => response.map(Body::from),
        Ending::Refused | Ending::Cut => cut(),
        Ending::Hang => {
            tokio::select! {
                () = tokio::time::sleep(HANG) => {}
                () = api.stop.cancelled() => {}
            }
            cut()
        }
    }
}

/// A body that fails before its first byte makes hyper drop the connection.
fn cut() -> Response {
    let broken = io::Error::new(io::ErrorKind::ConnectionReset, "cut by a fault of the sandbox");
    let body = Body::from_stream(futures_util::stream::once(async { Err::<Bytes, _>(broken) }));
    Response::new(body)
}
