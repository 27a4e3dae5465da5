//! `app-template DIR`.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Parser;
use hubspot_bridge::cli::{self, Cli, Exit, Programs, Terminal};

use crate::config::desk::{Desk, LEAST};

async fn run(words: &[&str], folder: &Path) -> (Exit, String) {
    let dir = folder.to_str().unwrap();
    let cli = Cli::try_parse_from(["hubspot-bridge", "app-template", dir].iter().chain(words)).unwrap();
    let programs = Programs {
        serve: |_| Box::pin(async { Ok(()) }),
        sandbox: |_| Box::pin(async { Exit::Fine }),
        doctor: |_, _| Box::pin(async { Ok(Vec::new()) }),
        backup: |_, _| Ok(()),
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut input: &[u8] = b"";
    let mut terminal = Terminal { out: &mut out, err: &mut err, input: &mut input, is_read: false, is_asked: false };
    let exit = cli::run(cli, &BTreeMap::new(), programs, &mut terminal).await;
    (exit, String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap())
}

fn written(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("src/app/webhooks/webhooks-hsmeta.json")).unwrap()
}

#[tokio::test]
async fn without_settings_it_is_an_example_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("made");
    let (exit, said) = run(&[], &project).await;
    assert_eq!(exit, Exit::Fine, "{said}");
    assert!(said.contains("Replace https://bridge.example.com") && said.contains("hs project upload"), "{said}");
    assert!(said.contains("conversations.write") && said.contains("replies"), "{said}");
    assert!(written(&project).contains("https://bridge.example.com/webhooks/hubspot/acme"));
}

#[tokio::test]
async fn what_is_there_is_not_written_over_unasked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hsproject.json"), "mine").unwrap();
    let (exit, said) = run(&[], folder.path()).await;
    assert_eq!(exit, Exit::Failed);
    assert!(said.contains("hsproject.json") && said.contains("--force"), "{said}");
    assert_eq!(std::fs::read_to_string(folder.path().join("hsproject.json")).unwrap(), "mine");
    assert!(!folder.path().join("src").exists(), "nothing at all is written");
    assert_eq!(run(&["--force"], folder.path()).await.0, Exit::Fine);
    assert_ne!(std::fs::read_to_string(folder.path().join("hsproject.json")).unwrap(), "mine");
}

#[tokio::test]
async fn an_address_hubspot_cannot_call_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::new("[server]\npublic_url = \"http://127.0.0.1:8080\"\n");
    let config = desk.file();
    let (exit, said) = run(&["--config", config.to_str().unwrap()], &folder.path().join("made")).await;
    assert_eq!(exit, Exit::Fine, "{said}");
    assert!(said.contains("http://127.0.0.1:8080 is no https address"), "{said}");
}

#[tokio::test]
async fn the_settings_may_still_lack_what_only_the_app_can_give() {
    let folder = tempfile::tempdir().unwrap();
    let settings = "[server]\npublic_url = \"https://x.example.com/\"\n[connections.shop]\n\
                    access_token_file = \"not/there/yet\"\n[connections.shop.ticketing]\nsync_properties = [\"tier\"]\n";
    let desk = Desk::new(settings);
    let file = desk.file();
    let (exit, said) = run(&["--config", file.to_str().unwrap()], folder.path()).await;
    assert_eq!(exit, Exit::Fine, "{said}");
    assert!(!said.contains("Replace") && said.contains("connections.shop.client_secret_file"), "{said}");
    let webhooks = written(folder.path());
    assert!(webhooks.contains("https://x.example.com/webhooks/hubspot/shop") && webhooks.contains("\"tier\""));
    assert!(!webhooks.contains("hs_pipeline"), "{webhooks}");
}

#[tokio::test]
async fn other_mistakes_in_the_settings_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::new(&format!("{LEAST}[delivery]\nnonsense = 1\n"));
    let (exit, said) = run(&["--config", desk.file().to_str().unwrap()], folder.path()).await;
    assert_eq!(exit, Exit::CouldNotRun, "{said}");
    assert!(said.contains("delivery.nonsense"), "{said}");
}

#[tokio::test]
async fn of_several_connections_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let desk = Desk::new("[connections.one]\n[connections.two]\n");
    let file = desk.file();
    let config = ["--config", file.to_str().unwrap()];
    let (exit, said) = run(&config, folder.path()).await;
    assert_eq!(exit, Exit::Failed);
    assert!(said.contains("one, two") && said.contains("--connection"), "{said}");
    let (_, said) = run(&[&config[..], &["--connection", "three"]].concat(), folder.path()).await;
    assert!(said.contains("\"three\""), "{said}");
    let (exit, said) = run(&[&config[..], &["--connection", "two"]].concat(), folder.path()).await;
    assert_eq!(exit, Exit::Fine, "{said}");
    assert!(written(folder.path()).contains("/webhooks/hubspot/two"));
}
