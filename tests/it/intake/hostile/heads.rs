//! Heads of requests that are too long, lie about what follows, or are none.

use tokio::io::AsyncWriteExt as _;

use super::super::listener::head;
use super::{Door, answers, status};

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
    let lines = "x-more: 1\r\n".repeat(150);
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
