//! The pages, used as a browser without scripts would.

use hubspot_bridge::domain::TicketId;
use hubspot_bridge::sandbox::portal::people::Email;
use hubspot_bridge::sandbox::portal::seed::HELP_DESK_ACCOUNT;
use hubspot_bridge::sandbox::portal::{Signing, Target};
use serde_json::json;

use super::server::Running;

async fn form(running: &Running, path: &str, fields: &[(&str, &str)]) -> String {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = running.client.post(format!("{}{path}", running.url)).body(body);
    let response = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert_eq!(response.status(), 303, "{path}");
    response.headers()["location"].to_str().unwrap().to_owned()
}

async fn text(running: &Running, path: &str) -> String {
    let response = running.send("GET", path, None).await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    assert!(response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_customer_and_a_rep_talk_through_the_pages() {
    let running = Running::start().await;
    let chat = form(&running, "/chat", &[("name", "Ada"), ("email", ""), ("text", "Is <b>this</b> safe?")]).await;
    let page = text(&running, &chat).await;
    assert!(page.contains("Is &lt;b&gt;this&lt;/b&gt; safe?"), "text is shown, never run");

    let inbox = chat.replace("/chat/", "/inbox/");
    form(&running, &format!("{inbox}/assign"), &[("to", "A-70000003")]).await;
    form(&running, &format!("{inbox}/say"), &[("kind", "comment"), ("text", "internal words")]).await;
    form(&running, &format!("{inbox}/say?as=A-70000003"), &[("kind", "reply"), ("text", "public words")]).await;
    form(&running, &format!("{inbox}/ticket"), &[("property", "")]).await;
    form(&running, &format!("{inbox}/ticket"), &[("property", "plan"), ("value", "team")]).await;
    form(&running, &format!("{inbox}/status"), &[("status", "closed")]).await;

    let rep = text(&running, &inbox).await;
    for expected in ["internal words", "public words", "Omar Haddad", "closed the conversation", "team"] {
        assert!(rep.contains(expected), "the rep sees {expected:?}");
    }
    let customer = text(&running, &chat).await;
    assert!(customer.contains("public words") && !customer.contains("internal words"));
    assert!(!customer.contains("closed the conversation"));
}

/// A help desk thread and its ticket.
fn help_desk(running: &Running) -> (String, TicketId) {
    let mail = Email {
        from: "ben@example.com".to_owned(),
        name: Some("Ben Okafor".to_owned()),
        subject: "Broken lamp".to_owned(),
        text: "It arrived broken".to_owned(),
        quoted: None,
        account: Some(HELP_DESK_ACCOUNT.to_owned()),
        thread: None,
    };
    let thread = running.portal.customer_emails(&mail).unwrap().thread;
    let ticket = running.portal.thread_view(&thread).unwrap().ticket.unwrap().id;
    (format!("/inbox/{thread}"), TicketId(ticket))
}

#[tokio::test]
async fn a_rep_sees_the_ticket_and_works_on_it() {
    let running = Running::start().await;
    let (inbox, ticket) = help_desk(&running);
    let (ai, rep) = (running.portal.seed().ai.actor(), running.portal.seed().reps[1].clone());
    let changes = [
        ("hs_ticket_priority", "URGENT"),
        ("hs_pipeline_stage", "3"),
        ("opencx_tags", "opencx_handedoff;vip"),
        ("hubspot_owner_id", "81000003"),
        ("order_number", "1042"),
        ("content", "What the AI <i>wrote</i> down"),
    ];
    for (property, value) in changes {
        form(&running, &format!("{inbox}/ticket"), &[("property", property), ("value", value)]).await;
    }
    form(&running, &format!("{inbox}/note?as={}", rep.actor()), &[("text", "She is a <b>VIP</b>")]).await;
    form(&running, &format!("{inbox}/assign"), &[("to", &ai.0)]).await;

    let page = text(&running, &inbox).await;
    for expected in [
        ticket.as_str(),
        "Broken lamp",
        "Waiting on us",
        "URGENT",
        "opencx_handedoff",
        "Omar Haddad",
        "Order number",
        "1042",
        "What the AI &lt;i&gt;wrote&lt;/i&gt; down",
        "She is a &lt;b&gt;VIP&lt;/b&gt;",
        "Contact Ben Okafor",
        "gave the conversation to Acme Assistant",
    ] {
        assert!(page.contains(expected), "the rep sees {expected:?}");
    }
    let customer = text(&running, &inbox.replace("/inbox/", "/email/")).await;
    assert!(!customer.contains("VIP") && !customer.contains("wrote"), "ticket and notes are the team's");
}

#[tokio::test]
async fn only_the_newest_message_to_the_customer_can_bounce() {
    let running = Running::start().await;
    let (inbox, _) = help_desk(&running);
    assert!(!text(&running, &inbox).await.contains("/undelivered"), "nothing was sent yet");
    for words in ["first words", "second words"] {
        form(&running, &format!("{inbox}/say"), &[("kind", "reply"), ("text", words)]).await;
    }
    assert_eq!(text(&running, &inbox).await.matches("/undelivered").count(), 1);
    form(&running, &format!("{inbox}/undelivered"), &[]).await;
    let page = text(&running, &inbox).await;
    assert_eq!((page.matches("Not delivered").count(), page.matches("/undelivered").count()), (1, 0));
    let customer = text(&running, &inbox.replace("/inbox/", "/email/")).await;
    assert!(customer.contains("first words") && !customer.contains("second words"));
}

#[tokio::test]
async fn a_workflow_runs_for_the_conversation_or_its_ticket() {
    let running = Running::start().await;
    let (inbox, ticket) = help_desk(&running);
    let fields: Vec<(&str, &str)> = vec![("object", "ticket"), ("action", "pause-ai")];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
    let request = running.client.post(format!("{}{inbox}/workflow", running.url)).body(body);
    let refused = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert_eq!(refused.status(), 400, "there is no bridge yet");
    assert!(refused.text().await.unwrap().contains("/webhooks/hubspot/"), "it says what is missing");

    let url = "http://127.0.0.1:9/webhooks/hubspot/acme".to_owned();
    let secret = running.portal.seed().client_secret;
    running.portal.set_target(Some(Target { url, secret, signing: Signing::Both, retry_scale: 1.0 }));
    form(&running, &format!("{inbox}/workflow"), &fields).await;
    form(&running, &format!("{inbox}/workflow"), &[("object", "conversation"), ("action", "request-handoff")]).await;
    let enrolled = |name: &str| {
        let state = running.portal.snapshot();
        let mut events =
            state["deliveries"].as_array().unwrap().iter().flat_map(|line| line["events"].as_array().unwrap());
        let found = events.find(|event| event[0] == format!("action {name}"));
        found.map(|event| event[1].to_string())
    };
    let both = || enrolled("pause-ai").zip(enrolled("request-handoff"));
    let mut changes = running.portal.changes();
    while both().is_none() {
        changes.changed().await.unwrap();
    }
    let thread = inbox.replace("/inbox/", "");
    assert_eq!(both(), Some((ticket.0, thread)));
}

#[tokio::test]
async fn an_email_answered_is_quoted_below_the_next() {
    let running = Running::start().await;
    let fields = [
        ("from", "ben@example.com"),
        ("name", "Ben"),
        ("account", "501000003"),
        ("subject", "Order"),
        ("text", "Where?"),
    ];
    let mail = form(&running, "/email", &fields).await;
    let thread = mail.replace("/email/", "");
    let body = json!({"action": "reply", "thread": thread, "text": "On its way"});
    running.send("POST", "/_sandbox/actions", Some(body)).await.unwrap();
    form(&running, &mail, &[("from", "ben@example.com"), ("text", "Thanks")]).await;
    let state = running.portal.snapshot();
    let last = state["threads"][0]["messages"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["text"], &last["subject"]), (&json!("Thanks"), &json!("Re: Order")));
    assert_eq!(last["truncationStatus"], "TRUNCATED_TO_MOST_RECENT_REPLY");
    assert!(state["threads"][0]["threadAssociations"]["associatedTicketId"].is_string(), "the help desk made a ticket");
}

#[tokio::test]
async fn every_page_is_there() {
    let running = Running::start().await;
    for path in ["/", "/chat", "/email", "/inbox", "/agent", "/assets/icon.svg", "/assets/style.css", "/assets/live.js"]
    {
        assert_eq!(running.send("GET", path, None).await.unwrap().status(), 200, "{path}");
    }
    assert_eq!(running.send("GET", "/chat/1", None).await.unwrap().status(), 404);
}

#[tokio::test]
async fn open_pages_hear_of_a_change() {
    let running = Running::start().await;
    let mut stream = running.client.get(format!("{}/live", running.url)).send().await.unwrap();
    running.send("POST", "/_sandbox/actions", Some(json!({"action": "chat", "text": "hi"}))).await.unwrap();
    let mut heard = String::new();
    while !(heard.contains("event: change") && heard.ends_with("\n\n")) {
        heard.push_str(&String::from_utf8_lossy(&stream.chunk().await.unwrap().unwrap()));
    }
    assert!(heard.contains("event: change\ndata: 1\n"), "browsers drop an event without data: {heard:?}");
}
