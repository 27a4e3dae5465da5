//! Makes the agent that a connection's settings name. Called once per connection by the composition root.

use std::fmt;
use std::sync::Arc;

use super::Agent;
use super::faq::{self, Faq};
use super::opencx::{self, OpenCx};
use crate::clock::Clock;
use crate::config::{AgentKind, AgentSettings, Connection, Secret};
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
    /// No key, or an empty one.
    #[error("connection {connection}: agent kind {kind} needs an API key; set `agent.api_key` or `agent.api_key_file`")]
    NoKey {
        /// Whose.
        connection: ConnectionName,
        /// The agent.
        kind: &'static str,
    },
    /// The key's file cannot be read.
    #[error("connection {connection}: the file of `agent.api_key_file` cannot be read: {cause}")]
    Key {
        /// Whose.
        connection: ConnectionName,
        /// The system's words.
        cause: std::io::Error,
    },
    /// A kind that the settings know and this release does not have.
    #[error("connection {connection}: agent kind {kind} is not available in this release; use `opencx` or `faq`")]
    NotAvailable {
        /// Whose.
        connection: ConnectionName,
        /// The agent.
        kind: &'static str,
    },
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
        let name = connection.name.clone();
        match connection.agent.kind {
            AgentKind::Faq => match Faq::open(&connection.agent.articles) {
                Ok(faq) => Ok(Arc::new(faq)),
                Err(cause) => Err(BuildError::Faq { connection: name, cause }),
            },
            AgentKind::Opencx => self.opencx(name, &connection.agent),
            AgentKind::Openai => Err(BuildError::NotAvailable { connection: name, kind: "openai" }),
            AgentKind::Http => Err(BuildError::NotAvailable { connection: name, kind: "http" }),
        }
    }

    fn opencx(&mut self, connection: ConnectionName, agent: &AgentSettings) -> Result<Arc<dyn Agent>, BuildError> {
        let missing = || BuildError::NoKey { connection: connection.clone(), kind: "opencx" };
        let api_key = agent.api_key.clone().ok_or_else(missing)?;
        match api_key.reveal() {
            Ok(key) if key.is_empty() => return Err(missing()),
            Ok(_) => {}
            Err(cause) => return Err(BuildError::Key { connection, cause }),
        }
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

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("limiters", &self.limiters.len()).finish_non_exhaustive()
    }
}
