//! The commands that look at a running bridge, and the copy of its database.

use serde_json::Value;

use super::desk::{Desk, TOKEN, printed, run};

#[tokio::test]
async fn the_commands_tell_what_became_of_a_message() {
    let desk = Desk::open().await;
    let asked = desk.asks("How long does shipping take?");
    let events = desk.settled().await;
    let event = events.iter().find(|event| event["message_id"] == asked.message.0.as_str()).unwrap();
    let id = event["id"].as_str().unwrap();
    let session = event["session_id"].as_str();
    let thread = asked.thread.0.as_str();

    let healthy = desk.run(&["healthcheck"]).await;
    assert_eq!((healthy.status.code(), printed(&healthy).contains("ready")), (Some(0), true));
    let alive = desk.run(&["healthcheck", "--live"]).await;
    assert_eq!(alive.status.code(), Some(0));

    let rows: [(&[&str], &[&str]); 5] = [
        (&["events", "list", "--thread", thread], &[id, "replied"]),
        (&["events", "show", id], &[id, "post_reply", "replied"]),
        (&["sessions", "list", "--thread", thread], &["ses_", thread]),
        (&["why", thread], &["Now:", id]),
        (&["why", asked.message.0.as_str()], &["Now:", id]),
    ];
    for (arguments, expected) in rows {
        let output = desk.run(arguments).await;
        let text = printed(&output);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {text}");
        for word in expected {
            assert!(text.contains(word), "{arguments:?} does not say {word}: {text}");
        }
        assert!(!text.contains("shipping"), "message text: {text}");
    }
    if let Some(session) = session {
        let shown = desk.run(&["sessions", "show", session]).await;
        assert!(printed(&shown).contains(thread), "{}", printed(&shown));
    }
    let json = desk.run(&["events", "list", "--json"]).await;
    let parsed: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(parsed["items"].is_array());

    let unknown = desk.run(&["events", "show", "evt_999999"]).await;
    assert_eq!(unknown.status.code(), Some(1), "{}", printed(&unknown));
    let nothing = desk.run(&["why", "no-such-thing"]).await;
    assert_eq!(nothing.status.code(), Some(1), "{}", printed(&nothing));
}

#[tokio::test]
async fn without_a_bridge_the_commands_say_so() {
    let desk = Desk::closed().await;
    let health = desk.run(&["healthcheck"]).await;
    assert_eq!(health.status.code(), Some(1), "{}", printed(&health));
    let events = desk.run(&["events", "list"]).await;
    assert_eq!(events.status.code(), Some(2));
    assert!(printed(&events).contains(&desk.bridge.at.admin.to_string()), "{}", printed(&events));
}

#[tokio::test]
async fn settings_are_checked_and_printed_without_their_secrets() {
    let desk = Desk::closed().await;
    let checked = desk.run(&["config", "check"]).await;
    assert_eq!(checked.status.code(), Some(0), "{}", printed(&checked));
    let shown = desk.run(&["config", "print"]).await;
    let text = printed(&shown);
    assert_eq!(shown.status.code(), Some(0));
    assert!(text.contains("quiet_period = \"50ms\"") && text.contains("max_attempts"), "{text}");
    let seed = desk.portal.seed();
    for secret in [TOKEN, &seed.token, &seed.client_secret] {
        assert!(!text.contains(secret), "a secret is printed");
    }
    let wrong = desk.home.path().join("wrong.toml");
    std::fs::write(&wrong, "[server]\nlisten = \"nowhere\"\n[delivery]\nsettel = \"1s\"\nmax_attempts = 0\n").unwrap();
    for (arguments, code) in [(["config", "check"].as_slice(), 1), (&["serve"], 2)] {
        let refused = run(&wrong, arguments);
        let text = printed(&refused);
        assert_eq!(refused.status.code(), Some(code), "{arguments:?}: {text}");
        for path in ["server.listen", "delivery.settel", "delivery.max_attempts"] {
            assert!(text.contains(path), "{arguments:?} does not name {path}: {text}");
        }
    }
}

#[tokio::test]
async fn a_copy_is_whole_and_never_overwrites() {
    let mut desk = Desk::open().await;
    let asked = desk.asks("How long does shipping take?");
    let before = desk.settled().await;
    let copy = desk.home.path().join("copy.db");
    let file = copy.to_str().unwrap();
    let done = desk.run(&["backup", file]).await;
    assert_eq!(done.status.code(), Some(0), "{}", printed(&done));

    let again = desk.run(&["backup", file]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(printed(&again).contains("exists already"), "{}", printed(&again));
    let nowhere = desk.run(&["backup", "/proc/nowhere/copy.db"]).await;
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(printed(&nowhere).contains("/proc/nowhere/copy.db"), "{}", printed(&nowhere));

    // Put in the original's place, the copy serves.
    desk.bridge.stop().await;
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(desk.home.path().join(format!("bridge.db{end}")));
    }
    std::fs::rename(&copy, desk.home.path().join("bridge.db")).unwrap();
    desk.bridge.start().await.unwrap();
    let after = desk.settled().await;
    assert_eq!(after.len(), before.len());
    assert_eq!(desk.answers(&asked.thread).len(), 1);
}

#[tokio::test]
async fn a_copy_of_nothing_is_refused() {
    let desk = Desk::closed().await;
    let copy = desk.home.path().join("copy.db");
    let refused = desk.run(&["backup", copy.to_str().unwrap()]).await;
    assert_eq!(refused.status.code(), Some(1), "{}", printed(&refused));
    assert!(printed(&refused).contains("bridge.db"), "{}", printed(&refused));
    assert!(!copy.exists(), "no half copy is left");
}
