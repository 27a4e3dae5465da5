//! Processes: a worker that died, and a signal that must arrive.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hubspot_bridge::admin::health::{Health, router};
use hubspot_bridge::app;
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::lifecycle::Lifecycle;
use hubspot_bridge::store::{Interrupts, Store};
use hubspot_bridge::telemetry::Metrics;
use hubspot_bridge::worker::dispatch::Shared;
use reqwest::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::intake::fixture;
use crate::intake::recording::Recording;
use crate::process::desk::{Desk, PROGRAM};
use crate::process::namespace;

/// Elsewhere: the consumer died at three in the morning, the web server still answers `/health` with 200, and deliveries
/// pile up for days. Here: the worker's end fails readiness, stops intake, and ends the process with an error.
#[tokio::test(start_paused = true)]
async fn a_dead_worker_is_seen_and_ends_the_process() {
    // A store that ends under the worker's hands.
    let store: Arc<dyn Store> = Arc::new(Recording::default());
    let health = Arc::new(Health::new(Arc::clone(&store)));
    let (life, closing) = (Lifecycle::default(), CancellationToken::new());
    let shared = Shared {
        store,
        interrupts: Interrupts::default(),
        connections: BTreeMap::new(),
        delivery: Arc::new(fixture::config(Vec::new()).delivery),
        clock: Arc::new(SystemClock),
        metrics: Metrics::default(),
        ill: hubspot_bridge::worker::hold::Memory::default(),
    };
    app::work(&life, &health, Arc::new(shared), closing.clone());
    assert!(health.checks().await[1].ok, "it begins alive");

    let ends = async {
        closing.cancelled().await;
        life.draining().cancelled().await;
    };
    tokio::time::timeout(Duration::from_mins(1), ends).await.expect("the listeners close and the process ends");
    assert_eq!(life.failed(), Some("the worker"), "the process ends, and not as if all were well");
    let workers = &health.checks().await[1];
    assert_eq!((workers.name, workers.ok, workers.detail.as_str()), ("workers", false, "1 of 1 ended"));
    let ready = http::Request::get("/readyz").body(Body::empty()).unwrap();
    assert_eq!(router(health).oneshot(ready).await.unwrap().status(), 503);
    assert!(app::Error::TaskEnded("the worker").to_string().contains("the worker has ended unexpectedly"));
}

/// The bridge as the first process of a container: what it has no handler for never reaches it.
async fn first_process(desk: &Desk) -> Option<Child> {
    if !namespace::allowed("-rpf", "SIGTERM to the first process of a container").await {
        return None;
    }
    let log = std::fs::File::create(&desk.bridge.log).unwrap();
    let mut command = Command::new("unshare");
    command.args(["-rpf", "--kill-child", PROGRAM, "serve", "--config"]).arg(&desk.bridge.settings);
    Some(command.stderr(log).kill_on_drop(true).spawn().unwrap())
}

/// The only child of `unshare`, as this machine knows it.
async fn pid_of(desk: &Desk, unshare: &Child) -> Pid {
    let parent = unshare.id().unwrap();
    let children = || std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    desk.until("a process in the container", async || !children().trim().is_empty()).await;
    Pid::from_raw(children().trim().parse().unwrap()).unwrap()
}

/// Elsewhere: `CMD npm start` or a shell script is the first process, SIGTERM ends there or is ignored as the kernel does
/// for a first process without a handler, and ten seconds later the turn is cut with SIGKILL. Here: the image's entry is
/// the binary itself, and it handles SIGTERM from its first moment on.
#[tokio::test]
async fn sigterm_reaches_the_binary() {
    let dockerfile = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Dockerfile")).unwrap();
    let line = |name: &str| dockerfile.lines().rev().find_map(|line| line.trim().strip_prefix(name)).unwrap().trim();
    let exec = |name: &str| serde_json::from_str::<Vec<String>>(line(name)).expect("exec form, so without a shell");
    assert_eq!(exec("ENTRYPOINT "), ["/usr/local/bin/hubspot-bridge"]);
    assert_eq!(exec("\nCMD ".trim_start()), ["serve"]);
    assert_eq!(line("STOPSIGNAL "), "SIGTERM");
    assert!(line("FROM ").contains("distroless"), "no shell to get between");

    let mut desk = Desk::closed().await;
    let Some(mut running) = first_process(&desk).await else { return };
    desk.until("ready", async || desk.bridge.readiness().await == Some(StatusCode::OK)).await;
    kill_process(pid_of(&desk, &running).await, Signal::TERM).unwrap();
    assert_eq!(running.wait().await.unwrap().code(), Some(0), "{}", desk.log());
    assert!(desk.log().contains("drained"), "{}", desk.log());

    // Another one has the database, so it would wait for ten minutes before it is ready.
    desk.bridge.start().await.unwrap();
    desk.rewrite(|text| text.replace("lock_wait = \"300ms\"", "lock_wait = \"10m\""));
    let mut waiting = first_process(&desk).await.unwrap();
    let pid = pid_of(&desk, &waiting).await;
    desk.until("its end, though it was not ready yet", async || {
        // Before its very first handler a first process hears nothing, so it is told again.
        let _ = kill_process(pid, Signal::TERM);
        std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).is_err()
    })
    .await;
    assert_eq!(waiting.wait().await.unwrap().code(), Some(0), "{}", desk.log());
}
