//! The bridge as a process of its own, of the same executable, so that it can really be killed and started again.

use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use reqwest::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::Error;
use super::settings::Addresses;

/// A debug build on a busy machine starts in a second or two.
const START: Duration = Duration::from_secs(20);
const LOOK_AGAIN: Duration = Duration::from_millis(25);
/// Longer than the bridge's own grace time.
const STOP: Duration = Duration::from_secs(15);

/// What to start.
#[derive(Debug)]
pub struct Bridge {
    /// The executable.
    pub program: PathBuf,
    /// `--config`.
    pub settings: PathBuf,
    /// Where its log lines go.
    pub log: PathBuf,
    /// Where it listens.
    pub at: Addresses,
    /// For readiness.
    pub client: reqwest::Client,
    /// The process, while it runs.
    pub child: Option<Child>,
}

impl Bridge {
    /// Starts the process and waits until it is ready.
    pub async fn start(&mut self) -> Result<(), Error> {
        self.child = Some(self.spawn()?);
        let deadline = Instant::now() + START;
        loop {
            if self.readiness().await == Some(StatusCode::OK) {
                return Ok(());
            }
            if let Some(status) = self.exited() {
                return Err(Error::Ended { status, said: self.last_words() });
            }
            if Instant::now() > deadline {
                return Err(Error::NotReady { waited: START, said: self.last_words() });
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    fn spawn(&self) -> Result<Child, Error> {
        let failed = |source| Error::Start { program: self.program.clone(), source };
        let log = OpenOptions::new().create(true).append(true).open(&self.log);
        let log = log.map_err(|source| Error::Folder { path: self.log.clone(), source })?;
        let mut command = Command::new(&self.program);
        command.arg("serve").arg("--config").arg(&self.settings);
        // The sandbox's settings are its own, whatever this shell is set up for.
        let foreign = std::env::vars_os().map(|(name, _)| name);
        for name in foreign.filter(|name| name.to_string_lossy().starts_with("BRIDGE_")) {
            command.env_remove(name);
        }
        let out = log.try_clone().map_err(failed)?;
        // A group of its own: Ctrl-C is for us, and we tell the bridge.
        command.stdin(Stdio::null()).stdout(out).stderr(log).process_group(0).kill_on_drop(true);
        command.spawn().map_err(failed)
    }

    /// The process id, while it runs.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }

    /// What `/readyz` answers; none when nothing answers.
    pub async fn readiness(&self) -> Option<StatusCode> {
        let asked = self.client.get(format!("http://{}/readyz", self.at.public)).timeout(Duration::from_secs(2)).send();
        asked.await.ok().map(|answer| answer.status())
    }

    /// Returns when the process has ended.
    pub async fn ended(&mut self) -> Option<ExitStatus> {
        let status = self.child.as_mut()?.wait().await.ok();
        self.child = None;
        status
    }

    /// SIGKILL: no chance to say goodbye.
    pub async fn kill(&mut self) {
        if let Some(child) = &mut self.child {
            // Already gone is as good.
            let _ = child.kill().await;
        }
        self.child = None;
    }

    /// SIGTERM: asks it to drain.
    pub fn terminate(&self) {
        let pid = self.pid().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // Already gone is as good.
            let _ = kill_process(pid, Signal::TERM);
        }
    }

    /// Drains it, and kills it when it takes too long.
    pub async fn stop(&mut self) {
        self.terminate();
        if timeout(STOP, self.ended()).await.is_err() {
            self.kill().await;
        }
    }

    fn exited(&mut self) -> Option<ExitStatus> {
        let status = self.child.as_mut()?.try_wait().ok().flatten()?;
        self.child = None;
        Some(status)
    }

    /// The log's last lines.
    fn last_words(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = text.lines().rev().take(3).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}
