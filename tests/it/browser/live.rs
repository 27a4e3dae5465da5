//! The console while things happen: rows appear by themselves, a lost bridge is said and comes back, and without scripts
//! everything is there.

use serde_json::json;

use super::chromium;
use super::day::Day;

#[tokio::test(flavor = "multi_thread")]
async fn console_live() {
    let Some(browser) = chromium::open("the console's live pages in a browser").await else { return };
    let mut day = Day::spent().await;
    day.sign_in(&browser, "Grace").await;
    let events = format!("{}/events", day.console);
    browser.goto(&events).await;
    browser.until("a live page", "document.getElementById('live-state').dataset.state === 'live'").await;
    browser.driver.script("window.unbroken = true").await;

    let asked = day.desk.asks("How long does shipping take?");
    let row = |message: &str| format!("document.querySelector('#events').innerText.includes({})", json!(message));
    browser.until("the new event", &row(asked.message.as_str())).await;
    assert_eq!(browser.driver.script("return window.unbroken").await, true, "the page was loaded anew");
    let found = browser.complaints(std::slice::from_ref(&day.console), &[]).await;

    day.desk.bridge.kill().await;
    browser.until("that it is paused", "document.getElementById('live-state').dataset.state === 'paused'").await;
    browser.shows("Paused").await;
    day.desk.bridge.start().await.unwrap();
    browser.until("that it is live again", "document.getElementById('live-state').dataset.state === 'live'").await;
    let asked = day.desk.asks("How do I reset my password?");
    day.desk.until("its answer", async || !day.desk.answers(&asked.thread).is_empty()).await;
    browser.until("the event after the break", &row(asked.message.as_str())).await;
    assert_eq!(browser.driver.script("return window.unbroken").await, true, "the page was loaded anew");
    // The browser notes the break for what it asked of the bridge then.
    let broken = [format!("{}/live", day.console), events];

    browser.driver.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    for path in ["/", "/events", "/conversations", "/dead", "/connections", "/audit", "/settings", "/why"] {
        browser.goto(&format!("{}{path}", day.console)).await;
        browser.shows("Grace").await;
    }
    browser.fills("id", asked.thread.as_str()).await;
    browser.presses("Find").await;
    browser.shows(&format!("Why: {}", asked.thread)).await;
    let session = day.desk.session(&asked.thread).await;
    assert_eq!(session["state"], "ai");
    browser.goto(&format!("{}/conversations/acme/{}", day.console, asked.thread)).await;
    browser.presses("Pause the AI …").await;
    browser.presses("Pause the AI").await;
    browser.shows("The AI was asked to fall silent").await;
    day.desk.until("the pause", async || day.desk.session(&asked.thread).await["state"] == "paused").await;
    browser.presses("Sign out").await;
    browser.shows("Admin token").await;
    browser.closes(found, &[day.console], &broken).await;
}
