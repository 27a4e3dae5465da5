//! Signals, drain, and what happens when a task ends: the whole lifecycle policy in one place.

use std::future::Future;
use std::io;
use std::sync::{Arc, OnceLock};

use tokio::signal::unix::{self, Signal, SignalKind};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the end of a task means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The service is worthless without it: its unexpected end stops the process with an error.
    Vital,
    /// It may end when it likes; only a panic stops the process.
    Errand,
}

/// The tasks of the process and the two ways to stop them.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    soft: CancellationToken,
    hard: CancellationToken,
    tasks: TaskTracker,
    failed: Arc<OnceLock<&'static str>>,
}

impl Lifecycle {
    /// Cancelled when the process drains: no new work, what runs may end.
    #[must_use]
    pub fn draining(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Starts a task.
    pub fn spawn<F>(&self, kind: Kind, name: &'static str, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let life = self.clone();
        #[expect(clippy::disallowed_methods, reason = "the one place that spawns, so that every end is seen")]
        self.tasks.spawn(async move {
            let inner = tokio::spawn(task);
            let stop = inner.abort_handle();
            tokio::select! {
                biased;
                ended = inner => life.ended(kind, name, ended.is_err()),
                () = life.hard.cancelled() => stop.abort(),
            }
        });
    }

    fn ended(&self, kind: Kind, name: &'static str, panicked: bool) {
        if panicked || (kind == Kind::Vital && !self.soft.is_cancelled()) {
            tracing::error!(task = name, panicked, "a task that must not end has ended; stopping");
            // Only the first failure is told.
            let _ = self.failed.set(name);
            self.drain();
        }
    }

    /// Begins the drain.
    pub fn drain(&self) {
        self.soft.cancel();
    }

    /// Cuts what still runs.
    pub fn cut(&self) {
        self.hard.cancel();
    }

    /// The task whose end stopped the process, if one did.
    #[must_use]
    pub fn failed(&self) -> Option<&'static str> {
        self.failed.get().copied()
    }

    /// Returns when all tasks have ended after [`Self::drain`].
    pub async fn ended_all(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// SIGTERM and SIGINT, from [`Self::listen`] on. The first process of a container hears only the signals it has handlers
/// for, so `serve` listens before it does anything else, and for as long as it runs.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Installs the handlers.
    ///
    /// # Errors
    /// When the system refuses them.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: unix::signal(SignalKind::terminate())?,
            interrupt: unix::signal(SignalKind::interrupt())?,
        })
    }

    /// Returns at the next signal; at once when one came since the last.
    pub async fn next(&mut self) {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Returns at SIGTERM or SIGINT.
///
/// # Errors
/// When the handlers cannot be installed.
pub async fn signal() -> io::Result<()> {
    Signals::listen()?.next().await;
    Ok(())
}
