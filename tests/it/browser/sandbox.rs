//! The sandbox as its command starts it: a customer writes, the bridge answers, a rep takes over; all in the pages.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::chromium::{self, Browser};
use super::look::Looks;
use crate::process::desk::PROGRAM;

/// A running sandbox, where its pages are, and where its console is.
async fn sandbox() -> (tokio::process::Child, String, String) {
    let mut command = tokio::process::Command::new(PROGRAM);
    command.args(["sandbox", "--agent", "http"]).env("BRIDGE_CONFIG", "/nowhere");
    let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    // It greets once everything is ready.
    let mut places = Vec::new();
    while places.len() < 2 {
        let line = lines.next_line().await.unwrap().unwrap();
        let greets = line.contains("HubSpot, simulated") || line.contains("its console");
        places.extend(line.split_whitespace().find(|word| greets && word.starts_with("http://")).map(str::to_owned));
    }
    // A sandbox that is not listened to ends.
    #[expect(clippy::disallowed_methods, reason = "it ends with the program whose lines it reads")]
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let (console, pages) = (places.remove(1), places.remove(0));
    (process, pages, console)
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
    let (mut process, pages, console) = sandbox().await;
    let mut looks = Looks::new(&browser, "sandbox_pages", pages);
    looks.at("overview-empty", "/", 200).await;
    looks.at("inbox-empty", "/inbox", 200).await;
    conversation(&browser, &mut looks).await;
    looks.at("email", "/email", 200).await;
    browser.fills("text", "How long does shipping take?").await;
    browser.presses("Send").await;
    browser.until("an answer by mail", "document.querySelector('.line.ai')").await;
    looks.here("email-answered", 200).await;
    for (name, path) in [("overview", "/"), ("agent", "/agent")] {
        looks.at(name, path, 200).await;
    }
    looks.at("no-conversation", "/inbox/1", 404).await;
    // The console beside it asks nobody for a token.
    browser.goto(&format!("{console}/events")).await;
    browser.shows("replied").await;
    let Looks { found, refused, origin, .. } = looks;
    browser.closes(found, &[origin, console], &refused).await;
    process.kill().await.unwrap();
}
