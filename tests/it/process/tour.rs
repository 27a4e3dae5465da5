//! The command a newcomer types first.

use std::process::Output;

use super::desk::{PROGRAM, printed};

async fn sandbox(arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(PROGRAM);
    // A setting of this shell is none of the sandbox's.
    command.arg("sandbox").args(arguments).env("BRIDGE_CONFIG", "/nowhere").kill_on_drop(true).output().await.unwrap()
}

#[tokio::test]
async fn every_step_of_the_tour_is_seen() {
    let toured = sandbox(&["--tour"]).await;
    let text = printed(&toured);
    assert_eq!(toured.status.code(), Some(0), "{text}");
    assert_eq!(text.lines().last(), Some("tour: 17 of 17 steps seen"), "{text}");
}

#[tokio::test]
async fn a_sandbox_that_cannot_run_says_why() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (arguments, expected) in [(["--port", &port], "--port"), (["--data", "/proc/nowhere"], "--data")] {
        let refused = sandbox(&arguments).await;
        assert_eq!(refused.status.code(), Some(2), "{}", printed(&refused));
        assert!(printed(&refused).contains(expected), "{}", printed(&refused));
    }
}
