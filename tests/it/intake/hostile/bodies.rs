//! Bodies that are too large, compressed, or JSON that nobody should read.

use hubspot_bridge::domain::{EventKind, NewEvent};
use tokio::io::AsyncWriteExt as _;

use super::super::listener::{delivery, head};
use super::super::{NOW, fixture};
use super::{Door, status};

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
