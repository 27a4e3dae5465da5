//! Those who get alerts: an address that JSON is posted to, or a program that gets it on its standard input.

use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::agents::exchange::retry_after;
use crate::agents::http::{ID, SIGNATURE, TIMESTAMP, signature};
use crate::config::Secret;
use crate::domain::Timestamp;
use crate::hubspot::transport::{Transport, TransportError};

/// One exchange.
const POST: Duration = Duration::from_secs(10);
/// One run.
const RUN: Duration = Duration::from_secs(30);

/// Who gets alerts.
#[derive(Clone)]
pub enum Receiver {
    /// An address.
    Webhook {
        /// Where to post.
        url: Secret,
        /// Signs it, if there is one.
        secret: Option<Secret>,
        /// The way there.
        transport: Arc<dyn Transport>,
    },
    /// A program and its arguments, run without a shell.
    Command(Vec<String>),
}

/// An alert that was not taken, or perhaps was. No word of the receiver, and no address.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// A secret's file is gone.
    #[error("`alerts.{0}` cannot be read; check `alerts.{0}_file`")]
    Secret(&'static str, #[source] std::io::Error),
    /// An address or a secret that cannot be used.
    #[error("no request can be made of `alerts.webhook_url` and `alerts.webhook_secret`; check both")]
    Request,
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Another answer than 2xx.
    #[error("it answered {0}; check `alerts.webhook_url` and `alerts.webhook_secret`")]
    Status(http::StatusCode, Option<Duration>),
    /// No process.
    #[error("the program of `alerts.command` cannot be run")]
    Start(#[source] std::io::Error),
    /// It says that it failed.
    #[error("the program of `alerts.command` failed ({0}); run it by hand to see why")]
    Exit(ExitStatus),
    /// It was ended.
    #[error("the program of `alerts.command` did not end within {0:?} and was killed")]
    Slow(Duration),
}

impl Refused {
    /// When it wants to be asked again, at the earliest.
    #[must_use]
    pub fn wish(&self) -> Option<Duration> {
        if let Self::Status(_, wish) = self { *wish } else { None }
    }
}

impl Receiver {
    /// The stable name: of its place in the store, and a label of metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Command(_) => "command",
        }
    }

    /// Hands over one alert, once. Dropped, it stops; whether the alert was taken is not known then.
    ///
    /// # Errors
    /// When it was not taken: another answer than 2xx, another exit code than 0.
    pub async fn deliver(&self, id: &str, now: Timestamp, body: Vec<u8>) -> Result<(), Refused> {
        match self {
            Self::Webhook { url, secret, transport } => {
                let url = url.reveal().map_err(|error| Refused::Secret("webhook_url", error))?;
                let request = signed(&url, secret.as_ref(), id, now, body)?;
                let answer = transport.send(request, POST).await?;
                if answer.status().is_success() {
                    return Ok(());
                }
                Err(Refused::Status(answer.status(), retry_after(answer.headers(), now)))
            }
            Self::Command(words) => run(words, &body).await,
        }
    }
}

fn signed(
    url: &str,
    secret: Option<&Secret>,
    id: &str,
    now: Timestamp,
    body: Vec<u8>,
) -> Result<Request<Bytes>, Refused> {
    let seconds = now.0.div_euclid(1_000);
    let mut request = Request::post(url).header(header::CONTENT_TYPE, "application/json");
    request = request.header(ID, id).header(TIMESTAMP, seconds);
    if let Some(secret) = secret {
        let text = secret.reveal().map_err(|error| Refused::Secret("webhook_secret", error))?;
        let signature = signature::key(&text).and_then(|key| signature::sign(&key, id, seconds, &body));
        request = request.header(SIGNATURE, signature.ok_or(Refused::Request)?);
    }
    request.body(Bytes::from(body)).map_err(|_| Refused::Request)
}

async fn run(words: &[String], body: &[u8]) -> Result<(), Refused> {
    let missing = || Refused::Start(std::io::ErrorKind::NotFound.into());
    let (program, arguments) = words.split_first().ok_or_else(missing)?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    // Tokens may be among the bridge's own variables.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BRIDGE_")) {
        command.env_remove(name);
    }
    let mut child = command.spawn().map_err(Refused::Start)?;
    let input = child.stdin.take();
    let told = async {
        if let Some(mut input) = input {
            // A program that does not read it all may have reasons: its exit code says how it went.
            let _ = input.write_all(body).await;
        }
    };
    let ((), ended) =
        tokio::time::timeout(RUN, async { tokio::join!(told, child.wait()) }).await.map_err(|_| Refused::Slow(RUN))?;
    let status = ended.map_err(Refused::Start)?;
    if status.success() { Ok(()) } else { Err(Refused::Exit(status)) }
}
