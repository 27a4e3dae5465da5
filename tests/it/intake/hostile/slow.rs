//! Peers that take their time, and crowds.

use std::time::Duration;

use hubspot_bridge::limits;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::super::listener::head;
use super::{Door, status};

/// Long enough for an answer, were one on its way; a slow machine only makes the proof weaker.
const AWHILE: Duration = Duration::from_millis(200);

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
        let mut dripping = JoinSet::new();
        dripping.spawn(async move {
            while writing.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let mut answer = [0; 12];
        reading.read_exact(&mut answer).await.unwrap();
        let took = began.elapsed();
        dripping.abort_all();
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
        let mut waiting = streams.split_off(limits::CONNECTIONS);
        for stream in &mut streams {
            assert!(head(stream).await.starts_with("HTTP/1.1 200"), "{}", door.name);
        }
        // Those that were answered keep their places as long as they stay, and there is no further one.
        let first = waiting.first_mut().unwrap();
        assert!(timeout(AWHILE, head(first)).await.is_err(), "{}: beyond its places", door.name);
        // In their order: those that wait for a place get that of one that leaves.
        drop(streams);
        for mut stream in waiting {
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
