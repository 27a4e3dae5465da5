//! Every page of the console, signed in to by the keyboard alone.

use super::chromium;
use super::day::Day;
use super::driver::{ENTER, TAB};
use super::look::Looks;
use crate::process::desk::TOKEN;

/// Pages that need no id, with the status they are answered with. The navigation's are all among them.
const PLACES: &[(&str, &str, u16)] = &[
    ("overview", "/", 200),
    ("events", "/events", 200),
    ("events-dead", "/events?state=dead&connection=acme", 200),
    ("events-none", "/events?thread=1", 200),
    ("events-wrong", "/events?since=soon&state=gone", 400),
    ("conversations", "/conversations", 200),
    ("no-conversation", "/conversations/acme/1", 404),
    ("dead", "/dead", 200),
    ("dead-reason", "/dead?reason=message_not_found", 200),
    ("connections", "/connections", 200),
    ("connection", "/connections/acme", 200),
    ("connection-held", "/connections/globex", 200),
    ("doctor-asks", "/connections/acme/doctor", 200),
    ("no-connection", "/connections/nobody", 404),
    ("audit", "/audit", 200),
    ("settings", "/settings", 200),
    ("why", "/why", 200),
    ("why-unknown", "/why?id=4711", 404),
    ("nowhere", "/nowhere", 404),
    ("no-event", "/events/evt_999999", 404),
];

/// What a keyboard has: no field is pointed at.
async fn sign_in_by_keyboard(browser: &chromium::Browser, looks: &mut Looks<'_>) {
    browser.goto(&format!("{}/events", looks.origin)).await;
    looks.here("sign-in", 200).await;
    browser.goto(&format!("{}/events", looks.origin)).await;
    // The cursor is in the first field.
    browser.driver.types(&format!("not the token{ENTER}")).await;
    browser.shows("That is not the token in force.").await;
    looks.here("sign-in-refused", 401).await;
    browser.goto(&format!("{}/events", looks.origin)).await;
    browser.driver.types(&format!("{TOKEN}{TAB}")).await;
    browser.driver.types(&format!("Grace{TAB}")).await;
    browser.driver.types(ENTER).await;
    browser.shows("Sign out").await;
    // The first stop of the keyboard jumps over the navigation.
    browser.goto(&format!("{}/why", looks.origin)).await;
    browser.driver.types(TAB).await;
    browser.until("the skip link", "document.activeElement.matches('.skip')").await;
    browser.driver.types(ENTER).await;
    browser.driver.types(TAB).await;
    browser.until("the focus in the content", "document.activeElement.closest('#content')").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn console_pages() {
    let Some(browser) = chromium::open("the console's pages in a browser").await else { return };
    let day = Day::spent().await;
    let mut looks = Looks::new(&browser, "console_pages", day.console.clone());
    sign_in_by_keyboard(&browser, &mut looks).await;
    for (name, path, status) in PLACES {
        looks.at(name, path, *status).await;
    }
    let links = "return [...document.querySelectorAll('.top nav a')].map((link) => link.getAttribute('href'))";
    for link in browser.driver.script(links).await.as_array().unwrap() {
        if !PLACES.iter().any(|(_, path, _)| link == path) {
            looks.found.push(format!("nobody looks at {link}, which the navigation leads to"));
        }
    }
    details(&day, &mut looks).await;
    let Looks { found, refused, origin, .. } = looks;
    browser.closes(found, &[origin], &refused).await;
}

/// The pages of one thing, of each kind of fate.
async fn details(day: &Day, looks: &mut Looks<'_>) {
    for (name, of, connection) in [
        ("answered", &day.answered, "acme"),
        ("handed", &day.handed, "acme"),
        ("paused", &day.paused, "acme"),
        ("dead", &day.dead, "acme"),
        ("held", &day.held, "globex"),
    ] {
        looks.at(&format!("event-{name}"), &format!("/events/{}", day.event(of).await), 200).await;
        looks.at(&format!("why-{name}"), &format!("/why?id={}", of.thread), 200).await;
        looks.at(&format!("conversation-{name}"), &format!("/conversations/{connection}/{}", of.thread), 200).await;
    }
    let (thread, id) = (&day.handed.thread, &day.answered.thread);
    looks.at("conversation-messages", &format!("/conversations/acme/{thread}?messages=1"), 200).await;
    looks.at("conversation-crm", &format!("/conversations/acme/{id}?crm=1"), 200).await;
    looks.at("why-live", &format!("/why?id={thread}&live=1"), 200).await;
    let older = day.desk.api("/events?limit=50").await["next"].as_str().unwrap().to_owned();
    looks.at("events-older", &format!("/events?cursor={older}"), 200).await;
}
