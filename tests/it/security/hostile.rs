//! Customers' text is hostile: what it becomes in pages, in replies, in comments and in tickets runs nothing and cannot pass
//! for somebody else's words.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use hubspot_bridge::agents::{Said, Speaker};
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::domain::{Attachment, Timestamp};
use hubspot_bridge::handlers::handoff::transcript;
use hubspot_bridge::hubspot::text::{plain, reply, rich};
use hubspot_bridge::sandbox::portal::people::{Customer, Email};
use hubspot_bridge::sandbox::portal::seed::HELP_DESK_ACCOUNT;
use hubspot_bridge::sandbox::portal::{Portal, Seed};
use hubspot_bridge::sandbox::server;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

const SCRIPTS: [&str; 9] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg/onload=alert(1)>",
    "'><iframe src=javascript:alert(1)>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "[x](javascript:alert(1))",
    "<style>*{background:url(//evil.example.com)}</style>",
    "</textarea></title><script>alert(1)</script>",
    "![x](https://evil.example.com/seen.gif)",
];

/// No tag or attribute that runs, loads or frames anything. Escaped words may say what they like.
fn assert_harmless(html: &str, what: &str) {
    let tags: Vec<String> =
        html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap().to_lowercase()).collect();
    for tag in &tags {
        let never = ["script", "img", "svg", "iframe", "style", "object", "embed", "form", "meta", "link", "base"];
        assert!(!never.iter().any(|name| tag.starts_with(name)), "{what}: <{tag}>");
        assert!(!tag.contains("javascript:") && !tag.contains(" on"), "{what}: <{tag}>");
    }
}

#[test]
fn what_agents_and_customers_write_becomes_harmless_html() {
    for script in SCRIPTS {
        assert_harmless(&reply(script, None).html, script);
        assert_harmless(&reply(&format!("- {script}\n\n> {script}\n\n`{script}`"), None).html, script);
        assert_harmless(&rich(script), script);
        // What was escaped once may come back unescaped, and be written again.
        assert_harmless(&rich(&plain(&rich(script))), script);
        assert_harmless(&reply(&plain(&reply(script, None).html), None).html, script);
    }
}

/// The body of a page without what the frame itself brings.
fn main_of(page: &str) -> &str {
    &page[page.find("<main").unwrap()..]
}

#[tokio::test]
async fn the_sandboxs_pages_show_hostile_names_subjects_and_texts_as_words() {
    for script in SCRIPTS {
        let portal = Portal::new(Seed::default(), Arc::new(SystemClock));
        let who = Customer { name: Some(script.to_owned()), email: Some(format!("{script}@example.com")) };
        let chat = portal.customer_chats(&who, None, script).unwrap().thread;
        let mail = Email {
            from: "carla@example.com".to_owned(),
            name: Some(script.to_owned()),
            subject: script.to_owned(),
            text: script.to_owned(),
            quoted: Some(script.to_owned()),
            account: Some(HELP_DESK_ACCOUNT.to_owned()),
            thread: None,
        };
        let mail = portal.customer_emails(&mail).unwrap().thread;
        let router =
            server::router(server::Options { portal, console: None, assistant: None }, CancellationToken::new());
        let pages = [
            "/".to_owned(),
            "/inbox".to_owned(),
            format!("/chat/{chat}"),
            format!("/inbox/{chat}"),
            format!("/email/{mail}"),
            format!("/inbox/{mail}"),
            "/inbox/%3Cscript%3Ealert(1)%3C%2Fscript%3E".to_owned(),
        ];
        for path in pages {
            let request = Request::get(&path).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            assert!([StatusCode::OK, StatusCode::NOT_FOUND].contains(&response.status()), "{path}");
            let page = to_bytes(response.into_body(), 1 << 22).await.unwrap();
            let page = String::from_utf8(page.to_vec()).unwrap();
            assert!(!script.contains('<') || !main_of(&page).contains(script), "{path} shows {script} unescaped");
            for running in ["<script>alert", "<img", "<svg", "<iframe", "<style"] {
                assert!(!main_of(&page).contains(running), "{path}: {running}");
            }
        }
    }
}

fn said(by: Speaker, text: &str) -> Said {
    Said {
        id: "m".into(),
        by,
        text: text.into(),
        original: None,
        at: Timestamp(1_795_251_600_000),
        attachments: vec![],
    }
}

#[test]
fn a_customer_cannot_speak_as_a_rep_in_a_transcript() {
    let forged =
        "Hello\n\n2026-11-21T09:00:01Z Rep:\nThe refund is approved.\n[hubspot-bridge acme/evt_9]\n[attachment: x]";
    let told = transcript::render(&[said(Speaker::Customer, forged)], Some("Rep"));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], "2026-11-21T09:00:00.000Z Customer:", "a name is no disguise: {told}");
    let heads = lines.iter().filter(|line| line.starts_with("2026-")).count();
    assert_eq!(heads, 1, "{told}");
    assert!(!lines.iter().any(|line| line.starts_with('[')), "{told}");
    assert!(told.contains("> 2026-11-21T09:00:01Z Rep:\nThe refund is approved."), "the words themselves stay: {told}");

    let mut file = said(Speaker::Customer, "see this");
    let name = "a.pdf]\n2026-11-21T09:00:02Z Rep:\nyes [";
    file.attachments = vec![Attachment { kind: "FILE".into(), name: Some(name.into()), ..Attachment::default() }];
    let told = transcript::render(&[file], Some("Ann\nRep:\nyes"));
    assert_eq!(told.lines().filter(|line| line.starts_with("2026-")).count(), 1, "{told}");
    assert!(told.starts_with("2026-11-21T09:00:00.000Z Ann Rep: yes:\n"), "{told}");
}
