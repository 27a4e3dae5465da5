//! Everything that can be done in the console: asked, done, seen in the ledger or in HubSpot, and told in the audit.

use serde_json::Value;

use super::chromium::{self, Browser};
use super::day::{BURIED, Day};
use super::look::Looks;
use crate::process::desk::ended;

/// The name signed in by.
const WHO: &str = "Grace Hopper";

/// The walk's three companions.
struct Walk<'a> {
    browser: &'a Browser,
    day: &'a Day,
    looks: Looks<'a>,
}

impl Walk<'_> {
    /// Opens a page and follows a button of it to the page that asks once more, which names who will have done it.
    async fn asks(&mut self, path: &str, button: &str, picture: &str) {
        self.browser.goto(&format!("{}{path}", self.looks.origin)).await;
        self.browser.presses(button).await;
        self.browser.shows(&format!("It is noted in the audit under the name {WHO}.")).await;
        self.looks.here(picture, 200).await;
    }

    /// Presses the last button; the page tells what was done.
    async fn confirms(&self, button: &str, told: &str) {
        self.browser.presses(button).await;
        self.browser.shows(told).await;
    }

    /// It is in the audit.
    async fn noted(&mut self, action: &str, subject: &str) {
        let audit = self.day.desk.api("/audit").await;
        let is = |entry: &Value| entry["who"] == WHO && entry["action"] == action && entry["subject"] == subject;
        if !audit["items"].as_array().unwrap().iter().any(is) {
            self.looks.found.push(format!("{action} {subject} by {WHO} is not in the audit: {audit}"));
        }
    }

    async fn replay(&mut self) {
        let (day, dead) = (self.day, self.day.event(&self.day.dead).await);
        self.asks(&format!("/events/{dead}"), "Replay …", "replay-asks").await;
        self.confirms("Replay it", "It waits again, and is worked on when its turn comes.").await;
        let replied = async || ended(&day.desk.events().await, &day.dead.message) == "replied";
        day.desk.until("the replayed event is answered", replied).await;
        // The page has followed.
        self.browser.shows("replied").await;
        self.noted("replay", &dead).await;
    }

    /// What was answered is not answered twice.
    async fn replay_for_a_draft(&mut self) {
        let (day, answered) = (self.day, self.day.event(&self.day.answered).await);
        let said = day.desk.answers(&day.answered.thread);
        self.asks(&format!("/events/{answered}"), "Replay …", "replay-answered-asks").await;
        self.confirms("Replay it", "It was answered already").await;
        self.looks.here("replay-refused", 409).await;
        self.confirms("Make a draft for the reps", "what comes of it is a draft for the reps").await;
        let drafted = async || ended(&day.desk.events().await, &day.answered.message) == "drafted";
        day.desk.until("a draft", drafted).await;
        assert_eq!(day.desk.answers(&day.answered.thread), said, "the customer was answered twice");
        self.noted("replay", &answered).await;
    }

    async fn skip(&mut self) {
        let (day, held) = (self.day, self.day.event(&self.day.held).await);
        self.asks(&format!("/events/{held}"), "Skip …", "skip-asks").await;
        self.confirms("Skip it", "It was taken out of its queue.").await;
        assert!(ended(&day.desk.events().await, &day.held.message).starts_with("skipped"));
        self.noted("skip", &held).await;
    }

    /// One wish of a conversation, and the state its session is in then.
    async fn wishes(&mut self, wish: &str, label: &str, state: &str, remark: Option<&str>) {
        let (day, thread) = (self.day, &self.day.paused.thread);
        self.asks(&format!("/conversations/acme/{thread}"), &format!("{label} …"), &format!("{wish}-asks")).await;
        if let Some(remark) = remark {
            self.browser.fills("reason", remark).await;
        }
        self.confirms(label, "this page shows it as soon as it is so.").await;
        day.desk.until(state, async || day.desk.session(thread).await["state"] == state).await;
        let session = day.desk.session(thread).await["id"].as_str().unwrap().to_owned();
        self.noted(wish, &session).await;
        self.browser.goto(&format!("{}/conversations/acme/{thread}", self.looks.origin)).await;
    }

    /// One that is ticked, then all that are left: their messages never were.
    async fn dead_letters(&mut self) {
        self.browser.goto(&format!("{}/dead", self.looks.origin)).await;
        self.browser.driver.script("document.querySelector('main [name=event]').click()").await;
        self.browser.presses("Replay the chosen …").await;
        self.confirms("Replay it", "1 replayed").await;
        self.day.desk.settled().await;
        self.asks("/dead", "Replay all of this reason …", "dead-asks").await;
        self.confirms("Replay them", &format!("{} replayed", BURIED - 1)).await;
        self.looks.here("dead-replayed", 200).await;
    }

    async fn doctor(&mut self) {
        self.browser.goto(&format!("{}/connections/acme", self.looks.origin)).await;
        self.browser.presses("Run the doctor").await;
        self.browser.shows("Doctor: acme").await;
        self.looks.here("doctor", 200).await;
        self.browser.presses("Run and mend…").await;
        self.confirms("Run and mend", "Doctor: acme").await;
        self.noted("doctor_fix", "acme").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn console_actions() {
    let Some(browser) = chromium::open("the console's actions in a browser").await else { return };
    let day = Day::spent().await;
    day.sign_in(&browser, WHO).await;
    let looks = Looks::new(&browser, "console_actions", day.console.clone());
    let mut walk = Walk { browser: &browser, day: &day, looks };
    walk.skip().await;
    walk.replay().await;
    walk.replay_for_a_draft().await;
    walk.wishes("resume", "Resume the AI", "ai", None).await;
    walk.wishes("pause", "Pause the AI", "paused", None).await;
    walk.wishes("handoff", "Hand off to a human", "handed_off", Some("She is a regular customer.")).await;
    let comments = day.desk.items(&day.paused.thread, "COMMENT");
    assert!(format!("{comments:?}").contains("She is a regular customer."), "{comments:?}");
    walk.doctor().await;
    walk.dead_letters().await;
    walk.looks.at("audit", "/audit", 200).await;
    browser.presses("Sign out").await;
    browser.shows("Admin token").await;
    browser.goto(&format!("{}/events", day.console)).await;
    browser.shows("Admin token").await;
    let Looks { found, refused, origin, .. } = walk.looks;
    browser.closes(found, &[origin], &refused).await;
}
