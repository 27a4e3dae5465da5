//! Replaying what died, by the program itself: one event to its answer, and a thousand with an interruption.

use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use hubspot_bridge::clock::SystemClock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::domain::{self, DedupKey, EventKind, MessageId, NewEvent, Object, Reason, Schedule, ThreadId};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{Batch, Interrupts, Store, request};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::desk::{Desk, MESSAGE, PROGRAM, TOKEN, ended, printed};

fn status(code: u16, body: BodyKind) -> Effect {
    Effect::Status { code, body, retry_after: None, acted: false }
}

#[tokio::test]
async fn what_died_is_replayed_to_its_answer() {
    let desk = Desk::open().await;
    desk.portal.add_fault(Fault::times(10_000, "GET", MESSAGE, status(404, BodyKind::Standard)));
    let asked = desk.asks("How long does shipping take?");
    let events = desk.settled().await;
    assert_eq!(ended(&events, &asked.message), "dead/message_not_found");
    let event = events.iter().find(|event| event["message_id"] == asked.message.0.as_str()).unwrap();
    let id = event["id"].as_str().unwrap();
    desk.portal.clear_faults();
    let replayed = desk.run(&["events", "replay", id]).await;
    assert_eq!(replayed.status.code(), Some(0), "{}", printed(&replayed));
    assert_eq!(ended(&desk.settled().await, &asked.message), "replied");
    let refused = desk.run(&["events", "replay", id]).await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(printed(&refused).contains("--force"), "{}", printed(&refused));
    let forced = desk.run(&["events", "replay", id, "--force"]).await;
    assert_eq!(forced.status.code(), Some(0), "{}", printed(&forced));
    assert_eq!(ended(&desk.settled().await, &asked.message), "drafted");
    assert_eq!((desk.answers(&asked.thread).len(), desk.items(&asked.thread, "COMMENT").len()), (1, 1));
    let audit = desk.api("/audit").await;
    assert_eq!((&audit["items"][0]["subject"], &audit["items"][0]["detail"]), (&json!(id), &json!("force")));
}

/// Stores so many dead events, each of its own thread.
pub async fn bury(desk: &Desk, count: usize) {
    let options = Options {
        location: Location::File(desk.database()),
        lock_wait: Duration::from_secs(5),
        clock: Arc::new(SystemClock),
        interrupts: Interrupts::default(),
        mode: Mode::Inline,
    };
    let store = SqliteStore::open(options).await.unwrap();
    let event = |n: usize| NewEvent {
        message_id: Some(MessageId(format!("m{n}"))),
        ended: Some((domain::State::Dead, Reason::MessageNotFound)),
        ..request::event(
            "acme".into(),
            Object::Thread(ThreadId(format!("9{n}"))),
            EventKind::NewMessage,
            &Value::Null,
            DedupKey::of(&["buried", &n.to_string()]),
            Schedule::Now,
        )
    };
    store.append(Batch { events: (0..count).map(event).collect(), dirty: Vec::new() }).await.unwrap();
}

/// Between command and bridge: interrupts the command while its second page is on the way.
#[derive(Clone)]
struct Between {
    admin: SocketAddr,
    client: reqwest::Client,
    command: Arc<AtomicU32>,
    pages: Arc<AtomicUsize>,
}

async fn carry(State(between): State<Between>, uri: Uri, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    if between.pages.fetch_add(1, Ordering::SeqCst) == 1 {
        let id = between.command.load(Ordering::SeqCst).to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    }
    let url = format!("http://{}{uri}", between.admin);
    let sent = between.client.post(url).bearer_auth(TOKEN).header("x-operator", &headers["x-operator"]).body(body);
    let answer = sent.send().await.unwrap();
    (StatusCode::from_u16(answer.status().as_u16()).unwrap(), answer.text().await.unwrap())
}

/// Starts the command at the proxy and waits for its end.
async fn command(between: &Between, at: SocketAddr, more: &[&str]) -> Output {
    let url = format!("http://{at}");
    let mut command = Command::new(PROGRAM);
    command.args(["events", "replay", "--state", "dead", "--reason", "message_not_found", "--yes"]).args(more);
    command.args(["--admin-url", &url]).env("BRIDGE_ADMIN_TOKEN", TOKEN).env("USER", "ada");
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    between.command.store(child.id(), Ordering::SeqCst);
    tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_long_replay_is_interrupted_and_gone_on_with() {
    // A thousand events of an earlier life; none of them is worked on while this is tried.
    let mut desk = Desk::open().await;
    desk.bridge.stop().await;
    bury(&desk, 1_000).await;
    let expired = status(401, BodyKind::ExpiredToken);
    desk.portal.add_fault(Fault { method: None, ..Fault::times(1_000_000, "GET", "/**", expired) });
    desk.bridge.start().await.unwrap();

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let between = Between {
        admin: desk.bridge.at.admin,
        client: desk.bridge.client.clone(),
        command: Arc::default(),
        pages: Arc::default(),
    };
    let router = Router::new().fallback(carry).with_state(between.clone());
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, router).await });

    let first = command(&between, at, &[]).await;
    assert_eq!(first.status.code(), Some(1), "{}", printed(&first));
    let done = String::from_utf8_lossy(&first.stdout).into_owned();
    let done: usize = done.strip_suffix(" replayed, 0 refused\n").unwrap().parse().unwrap();
    // The page on the way was waited for; a busy machine may hear of the interruption a page later.
    assert!((400..1_000).contains(&done), "{done}");
    let said = String::from_utf8_lossy(&first.stderr).into_owned();
    let cursor = said.rsplit_once("--cursor ").unwrap().1.split(' ').next().unwrap().to_owned();

    let second = command(&between, at, &["--cursor", &cursor, "--json"]).await;
    assert_eq!(second.status.code(), Some(0), "{}", printed(&second));
    let pages: Vec<Value> =
        String::from_utf8_lossy(&second.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let counts: Vec<usize> = pages.iter().map(|page| page["replayed"].as_array().unwrap().len()).collect();
    assert_eq!(done + counts.iter().sum::<usize>(), 1_000, "none left out, none twice");
    assert!(String::from_utf8_lossy(&second.stderr).contains("replayed, 0 refused"), "{}", printed(&second));
    let audit = desk.api("/audit").await;
    let items = audit["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["who"]), (5, &json!("ada")));
    serving.abort_all();
}
