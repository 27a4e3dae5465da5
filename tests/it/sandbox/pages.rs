//! The pages, used as a browser without scripts would.

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
async fn every_page_is_there_and_the_events_page_says_what_is_missing() {
    let running = Running::start().await;
    for path in ["/", "/chat", "/email", "/inbox", "/assets/icon.svg", "/assets/sandbox.css", "/assets/sandbox.js"] {
        assert_eq!(running.send("GET", path, None).await.unwrap().status(), 200, "{path}");
    }
    assert!(text(&running, "/events").await.contains("No bridge is connected"));
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
