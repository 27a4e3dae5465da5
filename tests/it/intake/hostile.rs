//! What a stranger may do to the two listeners, on real sockets: each is answered or cut, and none of it keeps others
//! from being served. Time is paused where a bound of time is waited for.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hubspot_bridge::admin;
use hubspot_bridge::admin::health::{self, Health};
use hubspot_bridge::clock::Clock;
use hubspot_bridge::config::store::Location;
use hubspot_bridge::domain::{EventKind, NewEvent};
use hubspot_bridge::intake;
use hubspot_bridge::limits;
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{Interrupts, Store};
use hubspot_bridge::telemetry::Metrics;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::fixture::{self, PORTAL};
use super::listener::{Server, bounds, delivery, head, rest};
use super::recording::Recording;
use super::{NOW, StoppedClock};

/// One of the two listeners with the product's bounds, and what a stranger may ask of it.
struct Door {
    name: &'static str,
    server: Server,
    /// What came through; nothing on the admin side.
    stored: Arc<Recording>,
    /// A GET that is answered 200.
    fine: &'static str,
    /// A request with a body, up to its length.
    posting: &'static str,
    body_limit: usize,
}

impl Door {
    async fn public() -> Self {
        let stored = Arc::new(Recording::default());
        let store: Arc<dyn Store> = Arc::<Recording>::clone(&stored);
        let config = fixture::config(vec![fixture::connection("acme", PORTAL)]);
        let body_limit = config.server.body_limit;
        let health = health::router(Arc::new(Health::new(Arc::clone(&store))));
        let router = intake::router(fixture::intake(config, store, Arc::new(StoppedClock(NOW)))).merge(health);
        Self {
            name: "public",
            server: Server::start(router, bounds()).await,
            stored,
            fine: "GET /livez HTTP/1.1\r\nhost: 127.0.0.1\r\n",
            posting: "POST /webhooks/hubspot/acme HTTP/1.1\r\nhost: 127.0.0.1\r\n",
            body_limit,
        }
    }

    async fn admin() -> Self {
        Self {
            name: "admin",
            server: Server::start(admin_routes().await, bounds()).await,
            stored: Arc::default(),
            fine: "GET /api/v1/stats HTTP/1.1\r\nhost: 127.0.0.1\r\n",
            posting: "PATCH /api/v1/sessions/1 HTTP/1.1\r\nhost: 127.0.0.1\r\n",
            body_limit: limits::ADMIN_BODY,
        }
    }

    async fn both() -> [Self; 2] {
        [Self::public().await, Self::admin().await]
    }

    /// Says it and reads until the other side closes.
    async fn answer(&self, said: impl AsRef<[u8]>) -> String {
        let mut stream = self.server.connect().await;
        // Cut off in the middle of it, it reads what was said before.
        let _ = stream.write_all(said.as_ref()).await;
        rest(&mut stream).await
    }

    /// A request with these further lines of its head, and this body.
    async fn post(&self, lines: &str, body: impl AsRef<[u8]>) -> String {
        let head = format!("{}connection: close\r\n{lines}\r\n", self.posting);
        self.answer([head.as_bytes(), body.as_ref()].concat()).await
    }

    /// Is it open to somebody who asks something decent?
    async fn assert_open(&self) {
        let answer = self.answer(format!("{}connection: close\r\n\r\n", self.fine)).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{}: {answer}", self.name);
    }

    /// As many connections as there are places, that say nothing.
    async fn crowd(&self) -> Vec<TcpStream> {
        let mut crowd = Vec::new();
        for _ in 0..limits::CONNECTIONS {
            crowd.push(self.server.connect().await);
        }
        crowd
    }
}

async fn admin_routes() -> Router {
    let clock: Arc<dyn Clock> = Arc::new(StoppedClock(NOW));
    let options = Options {
        location: Location::Memory,
        lock_wait: Duration::ZERO,
        clock: Arc::clone(&clock),
        interrupts: Interrupts::default(),
        mode: Mode::Inline,
    };
    let store = Arc::new(SqliteStore::open(options).await.unwrap());
    admin::router(admin::State {
        store: Arc::<SqliteStore>::clone(&store),
        ledger: store,
        config: Arc::new(fixture::config(vec![fixture::connection("acme", PORTAL)])),
        metrics: Metrics::default(),
        panels: Arc::default(),
        clock,
        problems: admin::Problems::default(),
    })
}

/// The status of the first answer; none when it was cut without one.
fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

fn answers(text: &str) -> usize {
    text.matches("HTTP/1.1 ").count()
}

#[tokio::test(start_paused = true)]
async fn a_head_byte_by_byte_is_closed_in_time() {
    for door in Door::both().await {
        let mut stream = door.server.connect().await;
        let began = tokio::time::Instant::now();
        for byte in door.fine.bytes().chain("x-slow: ".bytes()).chain(std::iter::repeat(b'x')) {
            if stream.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        let took = began.elapsed();
        assert!(took <= limits::HEADER_READ + Duration::from_secs(3), "{}: {took:?}", door.name);
        door.assert_open().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_byte_by_byte_is_given_up_in_time() {
    for (door, expected) in Door::both().await.into_iter().zip([408, 400]) {
        let stream = door.server.connect().await;
        let (mut reading, mut writing) = stream.into_split();
        writing.write_all(format!("{}content-length: 1000\r\n\r\n", door.posting).as_bytes()).await.unwrap();
        let began = tokio::time::Instant::now();
        let dripping = tokio::spawn(async move {
            while writing.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let mut answer = [0; 12];
        reading.read_exact(&mut answer).await.unwrap();
        let took = began.elapsed();
        dripping.abort();
        assert_eq!(status(&String::from_utf8_lossy(&answer)), Some(expected), "{}", door.name);
        assert!(took <= limits::BODY_READ + Duration::from_secs(1), "{}: {took:?}", door.name);
    }
}

#[tokio::test]
async fn three_hundred_connections_are_all_served_though_there_are_fewer_places() {
    for door in Door::both().await {
        let mut streams = Vec::new();
        for _ in 0..300 {
            let mut stream = door.server.connect().await;
            stream.write_all(format!("{}\r\n", door.fine).as_bytes()).await.unwrap();
            streams.push(stream);
        }
        // In their order: those that wait for a place get that of one that is done.
        for mut stream in streams {
            assert!(head(&mut stream).await.starts_with("HTTP/1.1 200"), "{}", door.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_crowd_at_one_door_leaves_the_other_open_and_is_shown_out() {
    let [public, admin] = Door::both().await;
    for (crowded, other) in [(&public, &admin), (&admin, &public)] {
        let crowd = crowded.crowd().await;
        other.assert_open().await;
        // Silent ones lose their places after a while, so whoever waits is served without anybody's help.
        let began = tokio::time::Instant::now();
        crowded.assert_open().await;
        let waited = began.elapsed();
        assert!(waited <= limits::HEADER_READ + Duration::from_secs(1), "{}: {waited:?}", crowded.name);
        drop(crowd);
    }
}

#[tokio::test]
async fn giant_heads_are_refused_finished_or_not() {
    let line = format!("x-giant: {}\r\n", "x".repeat(20_000));
    let endless = "x".repeat(1 << 20);
    for door in Door::both().await {
        let answer = door.answer(format!("{}{line}\r\n", door.fine)).await;
        assert_eq!(status(&answer), Some(431), "{}: {answer}", door.name);
        let unfinished = door.answer(format!("{}x-endless: {endless}", door.fine)).await;
        assert!(matches!(status(&unfinished), Some(431) | None), "{}: {unfinished}", door.name);
        let target = door.answer(format!("GET /{} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n", "x".repeat(70_000))).await;
        assert!(matches!(status(&target), Some(414 | 431) | None), "{}: {target}", door.name);
        door.assert_open().await;
    }
}

#[tokio::test]
async fn too_many_header_lines_are_refused() {
    let lines: String = (0..150).map(|n| format!("x-{n}: 1\r\n")).collect();
    for door in Door::both().await {
        let answer = door.answer(format!("{}{lines}\r\n", door.fine)).await;
        assert_eq!(status(&answer), Some(431), "{}: {answer}", door.name);
        door.assert_open().await;
    }
}

#[tokio::test]
async fn requests_in_one_packet_are_answered_each_and_in_order() {
    for door in Door::both().await {
        let nowhere = "GET /nowhere HTTP/1.1\r\nhost: 127.0.0.1\r\n";
        let last = format!("{}connection: close\r\n\r\n", door.fine);
        let answer = door.answer(format!("{}\r\n{nowhere}\r\n{last}", door.fine)).await;
        let seen: Vec<_> = answer.split("HTTP/1.1 ").skip(1).map(|text| text.get(..3)).collect();
        assert_eq!(seen, [Some("200"), Some("404"), Some("200")], "{}", door.name);
    }
}

#[tokio::test]
async fn other_protocols_are_turned_away() {
    let strange: [&[u8]; 6] = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03 a ClientHello\r\n\r\n",
        b"GET / HTTP/9.9\r\nhost: 127.0.0.1\r\n\r\n",
        b"GET /\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"SSH-2.0-OpenSSH_10.0\r\n\r\n",
    ];
    for door in Door::both().await {
        for said in strange {
            let answer = door.answer(said).await;
            let shown = String::from_utf8_lossy(said);
            assert!(matches!(status(&answer), Some(400 | 505) | None), "{}: {shown:?} got {answer}", door.name);
        }
        door.assert_open().await;
    }
}

#[tokio::test]
async fn lengths_that_cannot_be_are_refused_unread() {
    for door in Door::both().await {
        for (lines, expected) in [
            ("content-length: 99999999999999999999999999\r\n", 400),
            ("content-length: -1\r\n", 400),
            ("content-length: +5\r\n", 400),
            ("content-length: 0x10\r\n", 400),
            ("content-length: 5\r\ncontent-length: 6\r\n", 400),
            ("transfer-encoding: chunked, identity\r\n", 400),
            ("content-length: 9223372036854775807\r\n", 413),
        ] {
            let mut stream = door.server.connect().await;
            stream.write_all(format!("{}{lines}\r\n", door.posting).as_bytes()).await.unwrap();
            // Only the head was sent: the answer does not wait for the body.
            let answer = head(&mut stream).await;
            assert_eq!(status(&answer), Some(expected), "{}: {lines} got {answer}", door.name);
        }
        let old = door.posting.replace("HTTP/1.1", "HTTP/1.0");
        let answer = door.answer(format!("{old}transfer-encoding: chunked\r\n\r\n0\r\n\r\n")).await;
        assert_eq!(status(&answer), Some(400), "{}: HTTP/1.0 knows no chunks", door.name);
        door.assert_open().await;
    }
}

#[tokio::test]
async fn a_request_with_two_lengths_smuggles_nothing_behind_it() {
    for door in Door::both().await {
        let smuggled = format!("{}\r\n", door.fine);
        for lines in [
            "content-length: 5\r\ntransfer-encoding: chunked\r\n",
            "transfer-encoding: chunked\r\ncontent-length: 5\r\n",
        ] {
            // What follows the last chunk would be a request of its own on a connection that stayed open.
            let answer = door.answer(format!("{}{lines}\r\n0\r\n\r\n{smuggled}", door.posting)).await;
            assert_eq!(answers(&answer), 1, "{}: {answer}", door.name);
            assert!(matches!(status(&answer), Some(400..=499)), "{}: {answer}", door.name);
        }
    }
    let door = Door::public().await;
    assert!(door.stored.batches.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_chunked_body_is_stopped_at_the_limit() {
    for door in Door::both().await {
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        let chunks = chunk.repeat(door.body_limit / 0x10000 + 1);
        let answer = door.post("transfer-encoding: chunked\r\n", format!("{chunks}0\r\n\r\n")).await;
        assert_eq!(status(&answer), Some(413), "{}: {answer}", door.name);
        // A chunk that announces more than there can be.
        let answer = door.post("transfer-encoding: chunked\r\n", "ffffffffffffffffff\r\n").await;
        assert!(matches!(status(&answer), Some(400 | 413) | None), "{}: {answer}", door.name);
        door.assert_open().await;
    }
}

/// `[]`, compressed by gzip.
const GZIP: &[u8] = b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\x8b\x8e\x05\0\x29\xbb\x4c\x0d\x02\0\0\0";

#[tokio::test]
async fn a_compressed_body_is_never_inflated_and_the_answer_says_what_to_send() {
    for (door, expected) in Door::both().await.into_iter().zip([401, 400]) {
        let lines = format!("content-encoding: gzip\r\ncontent-length: {}\r\n", GZIP.len());
        let answer = door.post(&lines, GZIP).await;
        assert_eq!(status(&answer), Some(expected), "{}: {answer}", door.name);
    }
    // Signed over the compressed bytes, as they are on the wire.
    let door = Door::public().await;
    let timestamp = NOW.0.to_string();
    let signature = fixture::sign_v3(fixture::SECRET, "/webhooks/hubspot/acme", GZIP, &timestamp);
    let lines = format!(
        "content-encoding: gzip\r\ncontent-length: {}\r\nx-hubspot-signature-v3: {signature}\r\n\
         x-hubspot-request-timestamp: {timestamp}\r\n",
        GZIP.len()
    );
    let answer = door.post(&lines, GZIP).await;
    assert_eq!(status(&answer), Some(400), "{answer}");
    assert!(answer.contains("not_an_array") && answer.contains("uncompressed"), "{answer}");
}

/// What the public door made of one signed delivery on a socket: the status, and what was stored.
async fn deliver(body: &str) -> (Option<u16>, Vec<NewEvent>) {
    let door = Door::public().await;
    let mut stream = door.server.connect().await;
    stream.write_all(delivery(body).as_bytes()).await.unwrap();
    let answer = head(&mut stream).await;
    let stored = std::mem::take(&mut *door.stored.batches.lock().unwrap());
    (status(&answer), stored.into_iter().flat_map(|batch| batch.events).collect())
}

const MESSAGE: &str = r#"{"eventId":1,"portalId":23428445,"occurredAt":1702439388898,"subscriptionType":"conversation.newMessage","objectId":6065362089,"messageId":"9b38dc6d","messageType":"MESSAGE"}"#;

#[tokio::test]
async fn monstrous_json_in_one_element_leaves_its_neighbour_alone() {
    let levels = "[".repeat(100_000) + &"]".repeat(100_000);
    let objects = r#"{"a":"#.repeat(100_000) + "1" + &"}".repeat(100_000);
    let digits = "9".repeat(100_000);
    let name = "x".repeat(500_000);
    for (what, element) in [
        ("arrays in arrays", levels.clone()),
        (
            "objects in objects",
            format!(r#"{{"subscriptionType":"conversation.newMessage","x":1,"objectId":{objects}}}"#),
        ),
        ("a number of 100,000 digits", MESSAGE.replace("6065362089", &digits)),
        ("a number beyond all floats", MESSAGE.replace("6065362089", "1e999999999")),
        ("a giant id", MESSAGE.replace("9b38dc6d", &name)),
        ("a field twice", MESSAGE.replace(r#""eventId":1"#, r#""objectId":1"#)),
    ] {
        let (status, stored) = deliver(&format!("[{element},{MESSAGE}]")).await;
        assert_eq!(status, Some(200), "{what}");
        let kinds: Vec<_> = stored.iter().map(|event| (event.kind, event.ended.is_some())).collect();
        assert_eq!(kinds, [(EventKind::Unreadable, true), (EventKind::NewMessage, false)], "{what}");
        let longest = stored.iter().filter_map(|event| event.detail.as_ref().map(String::len)).max();
        assert!(longest.is_none_or(|bytes| bytes < 200), "{what}: nothing of it is kept");
    }
    for (what, ignored) in [("deep", levels), ("long", digits), ("wide", format!(r#""{name}""#))] {
        let element = MESSAGE.replace(r#""eventId":1"#, &format!(r#""eventId":1,"unknown":{ignored}"#));
        let (status, stored) = deliver(&format!("[{element}]")).await;
        let kinds: Vec<_> = stored.iter().map(|event| event.kind).collect();
        assert_eq!((status, kinds), (Some(200), vec![EventKind::NewMessage]), "{what}: a field nobody reads");
    }
}

#[tokio::test]
async fn monstrous_json_for_the_admin_door_is_refused() {
    let door = Door::admin().await;
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for (what, body) in [
        ("arrays in arrays", deep.clone()),
        ("in a field", format!(r#"{{"custom_data":{{"a":{deep}}}}}"#)),
        ("digits", format!(r#"{{"custom_data":{}}}"#, "9".repeat(100_000))),
        ("a field twice", r#"{"custom_data":{},"custom_data":1}"#.to_owned()),
    ] {
        let answer = door.post(&format!("content-length: {}\r\n", body.len()), &body).await;
        assert_eq!(status(&answer), Some(400), "{what}: {answer}");
    }
    door.assert_open().await;
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_no_answer_loses_its_place() {
    for door in Door::both().await {
        let mut stream = door.server.connect().await;
        let request = format!("{}\r\n", door.fine).repeat(1_000);
        let began = tokio::time::Instant::now();
        // Until no buffer between the two holds any more, and then until it is cut.
        while stream.write_all(request.as_bytes()).await.is_ok() {}
        let took = began.elapsed();
        assert!(took <= limits::ANSWER_TAKEN + Duration::from_secs(1), "{}: {took:?}", door.name);
        door.assert_open().await;
    }
}
