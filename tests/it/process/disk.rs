//! A disk that is full, and one that may only be read: a small file system of the process's own.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use reqwest::StatusCode;
use tokio::process::{Child, Command};

use super::desk::{Desk, PROGRAM, settings};

/// Starts the bridge with a tmpfs on `disk` that only it sees; none where this machine forbids that.
async fn start_on(desk: &Desk, mount: &Path, options: &str, settings: &Path) -> Option<Child> {
    let allowed = Command::new("unshare").args(["-rm", "true"]).stderr(Stdio::null()).status().await;
    if !allowed.is_ok_and(|status| status.success()) {
        return None;
    }
    let log = std::fs::File::create(&desk.bridge.log).unwrap();
    let script = r#"mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@""#;
    let child = Command::new("unshare")
        .args(["-rm", "sh", "-c", script, "sh", options])
        .arg(mount)
        .args([PROGRAM, "serve", "--config"])
        .arg(settings)
        .stderr(log)
        .kill_on_drop(true)
        .spawn();
    Some(child.unwrap())
}

fn on_disk(desk: &Desk) -> (PathBuf, PathBuf) {
    let mount = desk.home.path().join("disk");
    std::fs::create_dir(&mount).unwrap();
    let file = desk.home.path().join("disk.toml");
    std::fs::write(&file, settings(&desk.portal.seed(), &desk.bridge.at, &mount.join("bridge.db"))).unwrap();
    (mount, file)
}

#[tokio::test]
async fn a_full_disk_is_said_and_passes() {
    let mut desk = Desk::closed().await;
    let (mount, file) = on_disk(&desk);
    let Some(child) = start_on(&desk, &mount, "size=4m", &file).await else { return };
    // The process's own view of its disk.
    let inside = PathBuf::from(format!("/proc/{}/root{}", child.id().unwrap(), mount.display()));
    desk.bridge.child = Some(child);
    desk.until("ready", async || desk.bridge.readiness().await == Some(StatusCode::OK)).await;

    let filler = inside.join("filler");
    let full = std::fs::write(&filler, vec![7; 8 << 20]).unwrap_err();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    let asked = desk.asks("How long does shipping take?");
    desk.until("a delivery answered 503", async || {
        let state = desk.portal.snapshot();
        state["deliveries"].as_array().unwrap().iter().any(|line| line["received"]["status"] == 503)
    })
    .await;
    desk.until("not ready", async || desk.bridge.readiness().await == Some(StatusCode::SERVICE_UNAVAILABLE)).await;
    assert_eq!(desk.answers(&asked.thread).len(), 0);

    std::fs::remove_file(&filler).unwrap();
    desk.until("ready again", async || desk.bridge.readiness().await == Some(StatusCode::OK)).await;
    desk.settled().await;
    assert_eq!(desk.answers(&asked.thread).len(), 1, "HubSpot delivered it again");
}

#[tokio::test]
async fn a_read_only_disk_is_named() {
    let mut desk = Desk::closed().await;
    let (mount, file) = on_disk(&desk);
    let Some(mut child) = start_on(&desk, &mount, "ro", &file).await else { return };
    let status = child.wait().await.unwrap();
    let said = desk.log();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains(mount.to_str().unwrap()) && said.contains("write"), "{said}");
    desk.bridge.child = None;
}
