//! What keeps a bridge from starting, in words for the person who starts it.

use super::desk::{Desk, address, printed, run, settings};
use hubspot_bridge::sandbox::command::Addresses;
use std::path::Path;

fn elsewhere(desk: &Desk) -> Addresses {
    Addresses { public: address(), admin: address(), ..desk.bridge.at.clone() }
}

/// `serve` with settings that cannot work.
async fn fails(desk: &Desk, at: &Addresses, database: &Path) -> (Option<i32>, String) {
    let file = desk.home.path().join("second.toml");
    std::fs::write(&file, settings(&desk.portal.seed(), at, database)).unwrap();
    let output = tokio::task::spawn_blocking(move || run(&file, &["serve"])).await.unwrap();
    (output.status.code(), printed(&output))
}

#[tokio::test]
async fn a_second_process_waits_for_the_database_and_then_says_who_has_it() {
    let desk = Desk::open().await;
    let (code, said) = fails(&desk, &elsewhere(&desk), &desk.home.path().join("bridge.db")).await;
    assert_eq!(code, Some(1), "{said}");
    let holder = format!("process {}", desk.bridge.pid().unwrap());
    assert!(said.contains(&holder) && said.contains("bridge.db") && said.contains("300ms"), "{said}");
    assert_eq!(desk.bridge.readiness().await.unwrap(), 200, "and the first goes on");
}

#[tokio::test]
async fn a_database_that_cannot_be_made_is_named() {
    let desk = Desk::closed().await;
    std::fs::write(desk.home.path().join("file"), "").unwrap();
    for database in [Path::new("/proc/nowhere/bridge.db"), &desk.home.path().join("file/bridge.db")] {
        let (code, said) = fails(&desk, &elsewhere(&desk), database).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains(database.to_str().unwrap()), "{said}");
    }
}

#[tokio::test]
async fn a_file_of_another_kind_is_left_alone() {
    let desk = Desk::closed().await;
    let letter = desk.home.path().join("letter.txt");
    std::fs::write(&letter, "Dear diary, this is no database at all, however long it may become.".repeat(20)).unwrap();
    let before = std::fs::read(&letter).unwrap();
    let (code, said) = fails(&desk, &elsewhere(&desk), &letter).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("letter.txt"), "{said}");
    assert_eq!(std::fs::read(&letter).unwrap(), before);
}

#[tokio::test]
async fn a_taken_port_is_named_with_its_setting() {
    let desk = Desk::closed().await;
    let taken = Addresses { public: desk.bridge.at.portal, ..elsewhere(&desk) };
    let (code, said) = fails(&desk, &taken, &desk.home.path().join("bridge.db")).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("server.listen") && said.contains(&taken.public.to_string()), "{said}");
}
