//! Ways to end the process in the middle of its work, and moments to do it at. Drawn from a seed.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::{Instant, sleep, timeout};

use super::load::Load;
use super::power;

/// How often a moment is looked for.
const LOOK_AGAIN: Duration = Duration::from_millis(1);
/// A moment that does not come, because everything is done, is now.
const LONGEST: Duration = Duration::from_secs(1);

/// When.
#[derive(Clone, Copy, Debug)]
pub enum Moment {
    /// After so long.
    After(Duration),
    /// After so many calls to HubSpot.
    Calls(usize),
    /// After so many deliveries were tried.
    Deliveries(usize),
    /// After so many times that the agent was asked or told something.
    Told(usize),
    /// After the database's log was seen written so often: a commit or more each time.
    Commits(usize),
}

impl Moment {
    pub fn draw(draw: &mut fastrand::Rng) -> Self {
        match draw.usize(0..5) {
            0 => Self::After(Duration::from_millis(draw.u64(0..700))),
            1 => Self::Calls(draw.usize(0..80)),
            2 => Self::Deliveries(draw.usize(0..12)),
            3 => Self::Told(draw.usize(0..8)),
            _ => Self::Commits(draw.usize(0..60)),
        }
    }

    pub async fn wait(self, load: &Load) {
        if let Self::After(time) = self {
            return sleep(time).await;
        }
        let seen = |so_far: usize| match self {
            Self::After(_) => usize::MAX,
            Self::Calls(_) => load.desk.portal.snapshot()["calls"].as_array().unwrap().len(),
            Self::Deliveries(_) => load.desk.portal.snapshot()["deliveries"].as_array().unwrap().len(),
            Self::Told(_) => load.told(),
            Self::Commits(_) => so_far,
        };
        let (mut commits, mut log) = (0, written(&load.desk.database()));
        let (began, first) = (Instant::now(), seen(0));
        let (Self::Calls(wanted) | Self::Deliveries(wanted) | Self::Told(wanted) | Self::Commits(wanted)) = self else {
            return;
        };
        while seen(commits) - first < wanted && began.elapsed() < LONGEST {
            sleep(LOOK_AGAIN).await;
            let now = written(&load.desk.database());
            commits += usize::from(now != log);
            log = now;
        }
    }
}

/// The log's length and when it was last written.
fn written(database: &Path) -> Option<(u64, SystemTime)> {
    let log = std::fs::metadata(beside(database, "-wal")).ok()?;
    Some((log.len(), log.modified().ok()?))
}

/// `bridge.db` → `bridge.db-wal`.
pub fn beside(database: &Path, end: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// How.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// SIGKILL.
    Kill,
    /// SIGKILL, and again while it starts.
    KillTwice,
    /// The power fails: what is left is what the disk has.
    PowerCut,
    /// SIGTERM: it drains, and says so with its exit code.
    Terminate,
}

impl Blow {
    /// Ends the process and starts it again on what is left. Returns how often it was ended.
    pub async fn strike(self, load: &mut Load, draw: &mut fastrand::Rng) -> usize {
        let bridge = &mut load.desk.bridge;
        let mut ended = 1;
        match self {
            Self::Kill => bridge.kill().await,
            Self::KillTwice => {
                bridge.kill().await;
                let after = Duration::from_millis(draw.u64(0..400));
                // Ready before that: then it is killed right after its start.
                let _ = timeout(after, bridge.start()).await;
                bridge.kill().await;
                ended = 2;
            }
            Self::PowerCut => power::cut(&mut load.desk, draw).await,
            Self::Terminate => {
                bridge.terminate();
                let status = bridge.ended().await.unwrap();
                assert_eq!(status.code(), Some(0), "{}", load.desk.log());
            }
        }
        load.desk.bridge.start().await.unwrap();
        ended
    }
}

/// Holds every thread of a process still, so that one instant can be looked at.
pub async fn freeze(pid: u32) {
    let process = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    kill_process(process, Signal::STOP).unwrap();
    let threads = PathBuf::from(format!("/proc/{pid}/task"));
    // `1234 (store) T …`
    let stopped = |stat: String| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'));
    loop {
        let stats = std::fs::read_dir(&threads).unwrap().map(|thread| thread.unwrap().path().join("stat"));
        if stats.into_iter().all(|stat| std::fs::read_to_string(stat).is_ok_and(stopped)) {
            return;
        }
        sleep(LOOK_AGAIN).await;
    }
}
