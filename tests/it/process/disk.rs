//! A disk that is full, and one that may only be read: a small file system of the process's own.

use std::path::{Path, PathBuf};

use reqwest::StatusCode;
use tokio::process::{Child, Command};

use super::desk::{Desk, PROGRAM, ended, settings};
use super::namespace;

/// Starts the bridge with a tmpfs on `disk` that only it sees; none where this machine forbids that.
async fn start_on(desk: &Desk, mount: &Path, options: &str, settings: &Path) -> Option<Child> {
    if !namespace::allowed("-rm", &format!("the bridge on a disk with {options}")).await {
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

fn on_disk(desk: &Desk, quiet_period: &str) -> (PathBuf, PathBuf) {
    let mount = desk.home.path().join("disk");
    std::fs::create_dir(&mount).unwrap();
    let file = desk.home.path().join("disk.toml");
    let text = settings(&desk.portal.seed(), &desk.bridge.at, &mount.join("bridge.db"));
    let text = text.replace("quiet_period = \"50ms\"", &format!("quiet_period = \"{quiet_period}\""));
    std::fs::write(&file, text).unwrap();
    (mount, file)
}

#[tokio::test]
async fn a_full_disk_is_said_and_passes() {
    let mut desk = Desk::closed().await;
    let (mount, file) = on_disk(&desk, "50ms");
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
async fn what_was_taken_is_ended_on_a_disk_too_full_for_more() {
    let mut desk = Desk::closed().await;
    // Time to fill the disk between the message and its turn.
    let (mount, file) = on_disk(&desk, "2s");
    let Some(child) = start_on(&desk, &mount, "size=16m", &file).await else { return };
    let inside = PathBuf::from(format!("/proc/{}/root{}", child.id().unwrap(), mount.display()));
    desk.bridge.child = Some(child);
    desk.until("ready", async || desk.bridge.readiness().await == Some(StatusCode::OK)).await;

    let taken = desk.asks("How long does shipping take?");
    desk.until("the message is stored", async || !desk.events().await.is_empty()).await;
    // Of 16 MiB an eighth is kept for what is being worked on: this leaves less, and is not full.
    let filler = inside.join("filler");
    let used = |folder: &Path| -> u64 {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
    };
    let left: u64 = (16 << 20) - used(&inside) - (3 << 19);
    std::fs::write(&filler, vec![7; usize::try_from(left).unwrap()]).unwrap();
    let refused = desk.asks("And to Norway?");
    desk.until("a delivery answered 503", async || {
        let state = desk.portal.snapshot();
        state["deliveries"].as_array().unwrap().iter().any(|line| line["received"]["status"] == 503)
    })
    .await;
    desk.until("the answer to what was taken", async || !desk.answers(&taken.thread).is_empty()).await;
    desk.until("its end in the ledger", async || ended(&desk.events().await, &taken.message) == "replied").await;
    let url = format!("http://{}/readyz", desk.bridge.at.public);
    let ready = desk.bridge.client.get(url).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let said = ready.text().await.unwrap();
    assert!(said.contains("1 MiB are left") && said.contains("below 2 MiB"), "{said}");
    assert_eq!(desk.answers(&refused.thread).len(), 0);

    std::fs::remove_file(&filler).unwrap();
    desk.until("ready again", async || desk.bridge.readiness().await == Some(StatusCode::OK)).await;
    desk.settled().await;
    assert_eq!(desk.answers(&refused.thread).len(), 1, "HubSpot delivered it again");
    assert_eq!(desk.answers(&taken.thread).len(), 1);
}

#[tokio::test]
async fn a_read_only_disk_is_named() {
    let mut desk = Desk::closed().await;
    let (mount, file) = on_disk(&desk, "50ms");
    let Some(mut child) = start_on(&desk, &mount, "ro", &file).await else { return };
    let status = child.wait().await.unwrap();
    let said = desk.log();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains(mount.to_str().unwrap()) && said.contains("write"), "{said}");
    desk.bridge.child = None;
}
