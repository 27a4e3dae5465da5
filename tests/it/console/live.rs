//! `/live`: what open pages are told, and how many may listen.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Request, StatusCode};
use futures_util::StreamExt;
use tower::ServiceExt;

use super::browser::{ask, get};
use crate::admin::house::House;

async fn open(house: &House) -> (StatusCode, BodyDataStream) {
    let request = Request::get("/live").header("host", "127.0.0.1:8081").header("accept", "text/event-stream");
    let response = house.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    (response.status(), response.into_body().into_data_stream())
}

async fn told(stream: &mut BodyDataStream) -> Option<String> {
    let chunk = stream.next().await?;
    Some(String::from_utf8(chunk.unwrap().to_vec()).unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_change_is_told_once_and_no_change_is_not() {
    let house = House::new("").await;
    let (status, mut stream) = open(&house).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(told(&mut stream).await.unwrap(), "retry: 3000\n\n");
    let quiet = tokio::time::timeout(Duration::from_secs(10), told(&mut stream)).await;
    assert!(quiet.is_err(), "{quiet:?}");
    house.message("t1", "m1").await;
    house.message("t1", "m2").await;
    let change = tokio::time::timeout(Duration::from_secs(4), told(&mut stream)).await;
    assert_eq!(change.unwrap().unwrap(), "event: change\ndata: 1\n\n");
    let quiet = tokio::time::timeout(Duration::from_secs(10), told(&mut stream)).await;
    assert!(quiet.is_err(), "{quiet:?}");
}

#[tokio::test(start_paused = true)]
async fn streams_are_bounded_and_a_closed_page_makes_room() {
    let house = House::new("").await;
    let mut streams = Vec::new();
    for _ in 0..64 {
        let (status, stream) = open(&house).await;
        assert_eq!(status, StatusCode::OK);
        streams.push(stream);
    }
    let refused = ask(&house.router, "GET", "/live", &[("accept", "text/event-stream")], "").await;
    assert_eq!((refused.status, refused.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "10"));
    assert_eq!(get(&house.router, "/events").await.status, StatusCode::OK, "pages work without it");
    streams.pop();
    assert_eq!(open(&house).await.0, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn closing_ends_every_stream() {
    let house = House::new("").await;
    let (_, mut stream) = open(&house).await;
    told(&mut stream).await.unwrap();
    house.closing.cancel();
    assert_eq!(told(&mut stream).await, None);
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_told_nothing() {
    let house = House::new("[admin]\ntoken = \"t\"\n").await;
    assert_eq!(open(&house).await.0, StatusCode::UNAUTHORIZED);
}
