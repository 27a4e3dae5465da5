//! The real binary tells whoever is called at night, and not by way of HubSpot.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};
use serde_json::{Value, json};

use super::desk::{DEBUG, Desk, MESSAGE, PROGRAM, ended};
use super::secrets::unlogged;
use crate::alerts::desk::{Pager, SECRET};

fn status(code: u16) -> Effect {
    Effect::Status { code, body: BodyKind::Standard, retry_after: None, acted: false }
}

/// A bridge that alerts the pager, and runs a program that writes the same to a file, and to another what variables it has.
async fn desk(pager: &Pager) -> Desk {
    let mut desk = Desk::closed().await;
    let home = desk.home.path().display();
    let program = format!("cat >> {home}/alerts.jsonl; env > {home}/variables");
    desk.rewrite(|text| {
        let alerts = format!(
            "[alerts]\nwebhook_url = \"{}\"\nwebhook_secret = \"{SECRET}\"\ncommand = [\"sh\", \"-c\", \"{program}\"]\n\
             every = \"1s\"\nhold_after = \"0s\"\n",
            pager.url
        );
        let console = "public_url = \"https://console.example.com\"\ntoken = \"admin";
        let text = text.replace("token = \"admin", console).replace("[delivery]", "[delivery]\nhold_probe = \"1s\"");
        text + &alerts + DEBUG
    });
    // With a variable of its own, as a container's has.
    let started = desk.home.path().join("started");
    let script = format!("#!/bin/sh\nBRIDGE__ADMIN__METRICS_PUBLIC=true exec {PROGRAM} \"$@\"\n");
    std::fs::write(&started, script).unwrap();
    std::fs::set_permissions(&started, Permissions::from_mode(0o700)).unwrap();
    desk.bridge.program = started;
    desk.bridge.start().await.unwrap();
    desk
}

/// How often what was told was noted: once at the beginning, once after each alert.
fn noted(log: &str, place: &str) -> usize {
    log.lines().filter(|line| line.contains("is noted") && line.contains(place)).count()
}

#[tokio::test]
async fn a_dead_event_is_told_once_whatever_starts_anew() {
    let pager = Pager::answering(200).await;
    let mut desk = desk(&pager).await;
    desk.portal.add_fault(Fault::times(10_000, "GET", MESSAGE, status(404)));
    let asked = desk.asks("Where is my quokkacanary?");
    let events = desk.settled().await;
    assert_eq!(ended(&events, &asked.message), "dead/message_not_found");
    desk.until("an alert", async || !pager.heard().is_empty()).await;
    let alert = &pager.heard()[0];
    let id = events.iter().find(|event| event["message_id"] == asked.message.0.as_str()).unwrap()["id"].clone();
    assert_eq!((&alert["kind"], &alert["count"]), (&json!("dead_events"), &json!(1)));
    assert_eq!((&alert["reasons"][0]["reason"], &alert["events"][0]["id"]), (&json!("message_not_found"), &id));
    assert_eq!(alert["events"][0]["url"], format!("https://console.example.com/events/{}", id.as_str().unwrap()));
    let file = desk.home.path().join("alerts.jsonl");
    let written = || std::fs::read_to_string(&file).unwrap_or_default();
    desk.until("the command's alert", async || written().contains(id.as_str().unwrap())).await;

    desk.until("its end", async || noted(&desk.log(), "alerts/command") == 2).await;
    let variables = std::fs::read_to_string(desk.home.path().join("variables")).unwrap();
    assert!(variables.contains("PATH=") && !variables.contains("BRIDGE_"), "{variables}");
    desk.until("the note of it", async || noted(&desk.log(), "alerts/webhook") == 2).await;
    desk.bridge.kill().await;
    desk.bridge.start().await.unwrap();
    let asked = desk.asks("And where is my wombatcanary?");
    assert_eq!(ended(&desk.settled().await, &asked.message), "dead/message_not_found");
    desk.until("the next alert", async || pager.heard().len() > 1).await;
    let heard = pager.heard();
    assert_eq!((heard.len(), &heard[1]["count"]), (2, &json!(1)), "the first is not told again: {heard:?}");
    let told: Value = heard.into();
    assert!(!told.to_string().contains("canary?"), "no words of customers: {told}");
    unlogged(&desk, &["quokkacanary", "wombatcanary", SECRET, &pager.url]);
}

#[tokio::test]
async fn a_held_connection_is_told_and_its_release_too() {
    let pager = Pager::answering(200).await;
    let desk = desk(&pager).await;
    desk.portal.add_fault(Fault { method: None, ..Fault::times(10_000, "GET", "/**", status(401)) });
    desk.asks("How long does shipping take?");
    desk.until("the hold", async || pager.kinds() == ["connection_held"]).await;
    let held = pager.heard()[0]["connections"][0].clone();
    assert_eq!(held["connection"], "acme");
    assert!(held["cause"].as_str().unwrap().starts_with("unauthorized"), "{held}");
    desk.portal.clear_faults();
    desk.until("its end", async || pager.kinds() == ["connection_held", "connection_released"]).await;
}
