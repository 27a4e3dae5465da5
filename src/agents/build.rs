//! Makes the agent that a connection's settings name. Called once per connection by the composition root.

use std::fmt;
use std::sync::Arc;

use super::Agent;
use super::faq::{self, Faq};
use super::http::{self, Http};
use super::openai::{self, OpenAi};
use super::opencx::{self, OpenCx};
use crate::clock::Clock;
use crate::config::{AgentKind, Connection, Secret};
use crate::domain::ConnectionName;
use crate::hubspot::transport::Transport;

/// Why a connection's agent cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The articles cannot be used.
    #[error("connection {connection}: {cause}")]
    Faq {
        /// Whose.
        connection: ConnectionName,
        /// What is wrong with them.
        cause: faq::OpenError,
    },
    /// A setting without which the agent cannot be called.
    #[error("connection {connection}: agent kind {kind} needs `agent.{setting}`; set it{}", or_file(setting))]
    Missing {
        /// Whose.
        connection: ConnectionName,
        /// The agent.
        kind: &'static str,
        /// Which.
        setting: &'static str,
    },
    /// A secret's file cannot be read.
    #[error("connection {connection}: the file of `agent.{setting}_file` cannot be read: {cause}")]
    Secret {
        /// Whose.
        connection: ConnectionName,
        /// Which.
        setting: &'static str,
        /// The system's words.
        cause: std::io::Error,
    },
}

fn or_file(setting: &str) -> String {
    let secret = matches!(setting, "api_key" | "signing_secret");
    if secret { format!(" or `agent.{setting}_file`") } else { String::new() }
}

/// Makes agents. Connections that use the same key of the same OpenCX share its request limit.
pub struct Builder {
    transport: Arc<dyn Transport>,
    clock: Arc<dyn Clock>,
    limiters: Vec<(String, Secret, Arc<opencx::Limiter>)>,
}

impl Builder {
    /// Agents made by it call out through `transport`.
    #[must_use]
    pub fn new(transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        Self { transport, clock, limiters: Vec::new() }
    }

    /// The agent of one connection.
    ///
    /// # Errors
    /// When its settings cannot be acted on; the error names the connection and the fix.
    pub fn build(&mut self, connection: &Connection) -> Result<Arc<dyn Agent>, BuildError> {
        match connection.agent.kind {
            AgentKind::Faq => match Faq::open(&connection.agent.articles) {
                Ok(faq) => Ok(Arc::new(faq)),
                Err(cause) => Err(BuildError::Faq { connection: connection.name.clone(), cause }),
            },
            AgentKind::Opencx => self.opencx(connection),
            AgentKind::Openai => self.openai(connection),
            AgentKind::Http => self.http(connection),
        }
    }

    fn openai(&self, connection: &Connection) -> Result<Arc<dyn Agent>, BuildError> {
        let agent = &connection.agent;
        let settings = openai::Settings {
            base_url: text(connection, "base_url", &agent.base_url)?,
            api_key: secret(connection, "api_key", agent.api_key.as_ref())?,
            model: text(connection, "model", &agent.model)?,
            system_prompt: agent.system_prompt.clone(),
            timeout: agent.timeout,
        };
        Ok(Arc::new(OpenAi::new(settings, Arc::clone(&self.transport), Arc::clone(&self.clock))))
    }

    fn http(&self, connection: &Connection) -> Result<Arc<dyn Agent>, BuildError> {
        let agent = &connection.agent;
        let settings = http::Settings {
            base_url: text(connection, "base_url", &agent.base_url)?,
            signing_secret: secret(connection, "signing_secret", agent.signing_secret.as_ref())?,
            timeout: agent.timeout,
        };
        Ok(Arc::new(Http::new(settings, Arc::clone(&self.transport), Arc::clone(&self.clock))))
    }

    fn opencx(&mut self, connection: &Connection) -> Result<Arc<dyn Agent>, BuildError> {
        let agent = &connection.agent;
        let api_key = secret(connection, "api_key", agent.api_key.as_ref())?;
        let limiter = self.limiter(&agent.base_url, &api_key);
        let settings = opencx::Settings { base_url: agent.base_url.clone(), api_key, timeout: agent.timeout };
        let agent = OpenCx::new(settings, Arc::clone(&self.transport), Arc::clone(&self.clock));
        Ok(Arc::new(agent.sharing(limiter)))
    }

    fn limiter(&mut self, base_url: &str, api_key: &Secret) -> Arc<opencx::Limiter> {
        let known = self.limiters.iter().find(|(url, key, _)| url == base_url && key == api_key);
        if let Some((_, _, limiter)) = known {
            return Arc::clone(limiter);
        }
        let limiter: Arc<opencx::Limiter> = Arc::default();
        self.limiters.push((base_url.to_owned(), api_key.clone(), Arc::clone(&limiter)));
        limiter
    }
}

fn text(connection: &Connection, setting: &'static str, given: &str) -> Result<String, BuildError> {
    if given.is_empty() { Err(missing(connection, setting)) } else { Ok(given.to_owned()) }
}

fn secret(connection: &Connection, setting: &'static str, given: Option<&Secret>) -> Result<Secret, BuildError> {
    let secret = given.ok_or_else(|| missing(connection, setting))?;
    match secret.reveal() {
        Ok(text) if text.is_empty() => Err(missing(connection, setting)),
        Ok(_) => Ok(secret.clone()),
        Err(cause) => Err(BuildError::Secret { connection: connection.name.clone(), setting, cause }),
    }
}

fn missing(connection: &Connection, setting: &'static str) -> BuildError {
    BuildError::Missing { connection: connection.name.clone(), kind: connection.agent.kind.as_str(), setting }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("limiters", &self.limiters.len()).finish_non_exhaustive()
    }
}
