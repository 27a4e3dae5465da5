//! A bad day: HubSpot and the agent refuse, break and answer nonsense, and quote all they were sent in what they say.
//! Nothing of it reaches the logs, the admin API, the commands' output or, once the turns have ended, the database.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hubspot_bridge::sandbox::deliver;
use hubspot_bridge::sandbox::portal::people::Customer;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::desk::{Desk, TOKEN, mail, printed};
use super::secrets::{forgotten, unlogged};

const SIGNING: &str = "whsec_bmFyd2hhbC1jYW5hcnktb2YtdGhpcy10ZWFtLTAxMjM=";
const API_KEY: &str = "narwhal-canary-key-of-nobody";
const WORD: &str = "quokkacanary";
const NAME: &str = "Wombatcanary";
const ADDRESS: &str = "axolotlcanary@example.com";
const VALUE: &str = "dingocanary-of-a-ticket";
const PRIVATE: [&str; 6] = [SIGNING, API_KEY, WORD, NAME, ADDRESS, VALUE];

/// Stands before the portal, or is the agent: refuses with its statuses in turn, quoting what it was asked; then passes on.
#[derive(Default)]
struct Echo {
    statuses: Mutex<VecDeque<u16>>,
    /// Empty: answers "nothing to say" itself.
    behind: String,
    /// The refusals it made.
    made: Mutex<Vec<u16>>,
}

struct Served {
    echo: Arc<Echo>,
    url: String,
    _serving: JoinSet<()>,
}

impl Served {
    async fn new(behind: String, statuses: &[u16]) -> Self {
        let echo =
            Arc::new(Echo { behind, statuses: Mutex::new(statuses.iter().copied().collect()), ..Echo::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&echo));
        let mut serving = JoinSet::new();
        serving.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { echo, url, _serving: serving }
    }
}

async fn answer(State(echo): State<Arc<Echo>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 22).await.unwrap();
    let writes = parts.method != "GET" && !parts.uri.path().contains("introspect");
    let status = if writes { echo.statuses.lock().unwrap().pop_front() } else { None };
    if let Some(status) = status {
        echo.made.lock().unwrap().push(status);
        let quoted = format!("{} {} {:?} {}", parts.method, parts.uri, parts.headers, String::from_utf8_lossy(&body));
        return refusal(status, &quoted);
    }
    if echo.behind.is_empty() {
        return Json(json!({"action": "nothing"})).into_response();
    }
    let url = format!("{}{}", echo.behind, parts.uri.path_and_query().unwrap());
    let asked = deliver::client().unwrap().request(parts.method, url).headers(parts.headers).body(body).send();
    let answered = asked.await.unwrap();
    let mut response = Response::new(Body::empty());
    *response.status_mut() = answered.status();
    for name in ["content-type", "retry-after", "date"] {
        let value = answered.headers().get(name).cloned();
        value.map(|value| response.headers_mut().insert(name, value));
    }
    *response.body_mut() = Body::from(answered.bytes().await.unwrap());
    response
}

/// A body in HubSpot's form whose every part is a quotation; 200 is an answer of the wrong shape, 599 is no HTTP at all.
fn refusal(status: u16, quoted: &str) -> Response {
    let context = json!({"requiredScopes": [quoted], "id": [quoted], "propertyName": [quoted]});
    let error = json!({"message": quoted, "code": quoted, "in": quoted, "subCategory": quoted, "context": context});
    let category = if status == 403 { "MISSING_SCOPES" } else { "VALIDATION_ERROR" };
    let body = json!({"status": "error", "message": quoted, "category": category, "subCategory": quoted,
        "correlationId": quoted, "policyName": quoted, "errors": [error], "context": context,
        "error": {"type": quoted, "code": quoted, "message": quoted}, "action": quoted, "id": {"x": quoted}});
    let headers = [("retry-after", "1"), ("x-words", "quokkacanary")];
    (StatusCode::from_u16(status).unwrap(), headers, Json(body)).into_response()
}

async fn bad_day(format: &str) -> (Desk, Served, Served) {
    let agent = Served::new(String::new(), &[500, 200, 400, 429, 302, 422, 401]).await;
    let mut desk = Desk::closed().await;
    let portal = format!("http://{}", desk.bridge.at.portal);
    let hubspot = Served::new(portal.clone(), &[403, 500, 400, 429, 409, 200, 423, 404]).await;
    desk.rewrite(|text| {
        let agent = format!(
            "[connections.acme.agent]\nkind = \"http\"\nbase_url = \"{}\"\nsigning_secret = \"{SIGNING}\"\n\
             api_key = \"{API_KEY}\"\nattempts = 2\ntimeout = \"3s\"",
            agent.url
        );
        let text = text
            .replace("[connections.acme.agent]", &agent)
            .replace(&format!("api_url = \"{portal}\""), &format!("api_url = \"{}\"", hubspot.url));
        text + &format!("\n[telemetry]\nlog_level = \"trace\"\nlog_format = \"{format}\"\n")
    });
    desk.bridge.start().await.unwrap();
    let who = Customer { name: Some(NAME.to_owned()), email: Some(ADDRESS.to_owned()) };
    desk.portal.customer_chats(&who, None, &format!("Where is my {WORD}?")).unwrap();
    let letter = mail(ADDRESS, &format!("About a {WORD}"), &format!("It is late, {WORD}"));
    let letter = desk.portal.customer_emails(&letter).unwrap();
    desk.settled().await;
    let seed = desk.portal.seed();
    let rep = seed.reps[0].actor();
    desk.portal.rep_replies(&letter.thread, &rep, &format!("We look for the {WORD}")).unwrap();
    let ticket = desk.portal.create_ticket(&format!("A {WORD}"), &rep).unwrap();
    desk.portal.change_ticket(&ticket, "plan", VALUE, &rep).unwrap();
    // Not from HubSpot: refused, and nothing of it kept.
    let forged = desk.bridge.client.post(format!("http://{}/webhooks/hubspot/acme?x={WORD}", desk.bridge.at.public));
    let forged = forged.header("x-hubspot-signature", WORD).body(format!("[{{\"objectId\":\"{WORD}\"}}]"));
    assert_eq!(forged.send().await.unwrap().status(), 401);
    desk.settled().await;
    (desk, agent, hubspot)
}

/// What operators can read without asking for a person's data.
async fn shown(desk: &Desk) -> String {
    let mut shown = String::new();
    for path in ["/events?limit=200", "/connections", "/stats", "/sessions?cursor=quokka", "/nothing", "/why/none"] {
        shown += &desk.api(path).await.to_string();
    }
    for event in desk.events().await {
        let id = event["id"].as_str().unwrap();
        shown += &desk.api(&format!("/events/{id}")).await.to_string();
        shown += &desk.api(&format!("/why/{id}")).await.to_string();
    }
    for session in desk.api("/sessions?limit=200").await["items"].as_array().unwrap() {
        let mut session = session.clone();
        // Custom data is what people keep there on purpose.
        session["custom_data"] = Value::Null;
        shown += &session.to_string();
    }
    let metrics = desk.bridge.client.get(format!("http://{}/metrics", desk.bridge.at.admin)).bearer_auth(TOKEN);
    shown += &metrics.send().await.unwrap().text().await.unwrap();
    for arguments in [&["config", "print"][..], &["config", "check"], &["events", "list"], &["sessions", "list"]] {
        shown += &printed(&desk.run(arguments).await);
    }
    shown
}

async fn nothing_leaks(format: &str) {
    let (desk, agent, hubspot) = bad_day(format).await;
    assert!(agent.echo.made.lock().unwrap().len() >= 3, "the agent failed");
    let made = hubspot.echo.made.lock().unwrap().clone();
    assert!(made.len() >= 6, "HubSpot refused: {made:?}");
    unlogged(&desk, &PRIVATE);
    let seed = desk.portal.seed();
    let shown = shown(&desk).await.to_lowercase();
    assert!(shown.contains("handed_off") && shown.contains("[redacted]"), "{shown}");
    for word in PRIVATE.into_iter().chain([TOKEN, &seed.token, &seed.client_secret]) {
        let at = shown.find(&word.to_lowercase()).map(|at| shown[at.saturating_sub(300)..at + word.len()].to_owned());
        assert_eq!(at, None, "{word} is shown");
    }
    // The signing key and the key of nobody are in the settings' file, which is the operator's.
    forgotten(&desk, &PRIVATE).await;
}

#[tokio::test]
async fn a_bad_day_tells_nobody_anything_in_text() {
    nothing_leaks("text").await;
}

#[tokio::test]
async fn a_bad_day_tells_nobody_anything_in_json() {
    nothing_leaks("json").await;
}

#[tokio::test]
async fn a_start_that_fails_does_not_say_what_the_secrets_are() {
    let desk = Desk::closed().await;
    for (key, value) in [
        ("access_token", "\"quokkacanary with a space\""),
        ("access_token", "[\"quokkacanary\"]"),
        ("client_secret_file", "\"/nowhere/at/all\"\nclient_secret_x = \"quokkacanary\""),
        ("portal_id", "\"quokkacanary\""),
        ("default_user_id", "\"pat-na1-quokkacanary\""),
        ("mode", "\"pat-na1-quokkacanary"),
    ] {
        let text = std::fs::read_to_string(&desk.bridge.settings).unwrap();
        let without: Vec<&str> = text.lines().filter(|line| !line.starts_with(key)).collect();
        let without = without.join("\n");
        let with = without.replace("[connections.acme]\n", &format!("[connections.acme]\n{key} = {value}\n"));
        let file = desk.home.path().join("wrong.toml");
        std::fs::write(&file, with).unwrap();
        for command in [&["serve"][..], &["config", "check"], &["config", "print"]] {
            let output = super::desk::run(&file, command);
            let said = printed(&output);
            assert_ne!(output.status.code(), Some(0), "{key} = {value}: {said}");
            assert!(!said.contains(WORD), "{key} = {value}: {said}");
            assert!(!said.contains(TOKEN) && !said.contains(&desk.portal.seed().token), "{said}");
        }
    }
}
