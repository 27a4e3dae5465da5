//! `[alerts]`: who is told of dead events and held connections, besides the log.

use std::path::Path;
use std::time::Duration;

use super::Secret;
use super::quantities::{Fault, is_loopback};
use super::reader::Reader;

const URL_FIX: &str = "write where alerts are posted, e.g. \"https://alerts.example.com/bridge\"";

/// Who is told, and how often.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// Posted to. A secret, since the addresses that chat programs give out for this are.
    pub webhook_url: Option<Secret>,
    /// Signs what is posted, by Standard Webhooks.
    pub webhook_secret: Option<Secret>,
    /// A program and its arguments; empty: none.
    pub command: Vec<String>,
    /// At most one alert of a kind in this time.
    pub every: Duration,
    /// A shorter hold alerts nobody.
    pub hold_after: Duration,
}

impl Alerts {
    pub(super) fn read(s: &mut Reader<'_>) -> Option<Self> {
        let webhook_url = Secret::read(s, "webhook_url");
        match (&webhook_url, revealed(webhook_url.as_ref()).map(|url| shown(&url))) {
            // Its place may be seen, the rest is what chat programs give out as a secret.
            (Some(Some(Secret::Value(_))), Some(Ok(place))) => s.record("webhook_url", place),
            (_, Some(Err((what, fix)))) => s.wrong("webhook_url", what, fix),
            _ => {}
        }
        let webhook_secret = Secret::read(s, "webhook_secret");
        Secret::check_signing(s, "webhook_secret", webhook_secret.as_ref().and_then(Option::as_ref));
        if let (Some(None), Some(Some(_))) = (&webhook_url, &webhook_secret) {
            s.doubtful("webhook_secret", "has no effect without `alerts.webhook_url`", "give both, or neither");
        }
        let command = s.list("command");
        if let Some(program) = command.as_deref().and_then(<[String]>::first)
            && program.contains('/')
            && !Path::new(program).is_file()
        {
            s.wrong("command", "names a program that is not there", "give its path, then its arguments, each a string");
        }
        let every = s.duration("every", Duration::from_secs(1)..=Duration::from_hours(24));
        let hold_after = s.duration("hold_after", Duration::ZERO..=Duration::from_hours(24));
        Some(Self {
            webhook_url: webhook_url?,
            webhook_secret: webhook_secret?,
            command: command?,
            every: every?,
            hold_after: hold_after?,
        })
    }
}

fn revealed(secret: Option<&Option<Secret>>) -> Option<String> {
    secret?.as_ref()?.reveal().ok()
}

/// What may be seen of it: https, or http on this machine, and the host. Its problems do not quote it.
fn shown(text: &str) -> Result<String, Fault> {
    let fault = |what: &str| (what.to_owned(), URL_FIX.to_owned());
    let uri: http::Uri = text.parse().map_err(|_| fault("is not a URL"))?;
    let host = uri.host().unwrap_or_default();
    if host.is_empty() || text.contains(['@', '#']) {
        return Err(fault("is not a plain https URL"));
    }
    let port = uri.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    match uri.scheme_str() {
        Some("https") => Ok(format!("https://{host}{port}/redacted")),
        Some("http") if is_loopback(host) => Ok(format!("http://{host}{port}/redacted")),
        _ => Err(fault("is not https; http is for this machine alone")),
    }
}
