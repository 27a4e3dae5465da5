//! The sandbox as its command starts it: a customer writes, the bridge answers, a rep takes over; all in the pages.

use std::process::Stdio;

use super::chromium::{self, Browser};
use super::day::origin;
use super::look::Looks;
use crate::process::desk::{PROGRAM, address};

/// A running sandbox, and the port of its pages; the console is two ports on.
async fn sandbox(home: &std::path::Path) -> (tokio::process::Child, u16) {
    loop {
        let port = address().port();
        let mut command = tokio::process::Command::new(PROGRAM);
        command.args(["sandbox", "--agent", "http", "--port", &port.to_string(), "--data"]).arg(home);
        command.env("BRIDGE_CONFIG", "/nowhere").stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let mut lines = tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(process.stdout.take().unwrap()));
        // It greets once everything is ready, or ends because one of the three ports was taken.
        while let Some(line) = lines.next_line().await.unwrap() {
            if line.contains("its console") {
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return (process, port);
            }
        }
    }
}

/// A conversation from the first question to the rep, left open in the inbox.
async fn conversation(browser: &Browser, looks: &mut Looks<'_>) {
    looks.at("chat", "/chat", 200).await;
    browser.fills("text", "How do I reset my password?").await;
    browser.presses("Start chat").await;
    browser.until("an answer of the AI", "document.querySelector('.line.ai')").await;
    looks.here("chat-answered", 200).await;
    browser.fills("text", "Let me talk to a human, please").await;
    browser.presses("Send").await;
    browser.goto(&format!("{}/inbox", looks.origin)).await;
    browser.until("the handoff", "document.querySelector('#threads .tag.rep')").await;
    looks.here("inbox", 200).await;
    browser.driver.script("document.querySelector('#threads a').click()").await;
    browser.until("the conversation", "document.querySelector('.compose textarea')").await;
    browser.fills("text", "Rita here. What can I do for you?").await;
    browser.presses("Reply").await;
    browser.until("the rep's reply", "document.querySelector('.line.rep')").await;
    looks.here("inbox-conversation", 200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sandbox_pages() {
    let Some(browser) = chromium::open("the sandbox's pages in a browser").await else { return };
    let home = tempfile::tempdir().unwrap();
    let (mut process, port) = sandbox(home.path()).await;
    let mut looks = Looks::new(&browser, "sandbox_pages", origin(port));
    looks.at("overview-empty", "/", 200).await;
    looks.at("inbox-empty", "/inbox", 200).await;
    conversation(&browser, &mut looks).await;
    looks.at("email", "/email", 200).await;
    browser.fills("text", "How long does shipping take?").await;
    browser.presses("Send").await;
    browser.until("an answer by mail", "document.querySelector('.line.ai')").await;
    looks.here("email-answered", 200).await;
    for (name, path) in [("overview", "/"), ("events", "/events"), ("agent", "/agent")] {
        looks.at(name, path, 200).await;
    }
    looks.at("no-conversation", "/inbox/1", 404).await;
    // The console beside it asks nobody for a token.
    let console = origin(port + 2);
    browser.goto(&format!("{console}/events")).await;
    browser.shows("replied").await;
    let Looks { found, refused, origin, .. } = looks;
    browser.closes(found, &[origin, console], &refused).await;
    process.kill().await.unwrap();
}
