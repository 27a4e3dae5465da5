//! Who may use the admin listener.

use axum::http::StatusCode;

use super::house::House;

const API: &str = "/api/v1/stats";

#[tokio::test]
async fn with_a_token_every_route_wants_it() {
    let house = House::new("[admin]\ntoken = \"canary-token\"\n").await;
    for path in [API, "/metrics", "/", "/nothing"] {
        for header in ["", "Bearer wrong", "Bearer canary-toke", "Basic canary-token", "canary-token"] {
            let (status, body) = house.ask("GET", path, &[("authorization", header)]).await;
            assert_eq!(
                (status, &body["error"]["code"]),
                (StatusCode::UNAUTHORIZED, &"unauthorized".into()),
                "{path} {header}"
            );
            assert!(!body.to_string().contains("canary"));
        }
    }
    let right = [("authorization", "Bearer canary-token"), ("host", "bridge.internal")];
    assert_eq!(house.ask("GET", API, &right).await.0, StatusCode::OK);
    assert_eq!(house.ask("GET", "/metrics", &right).await.0, StatusCode::OK);
}

#[tokio::test]
async fn public_metrics_free_nothing_else() {
    let house = House::new("[admin]\ntoken = \"t\"\nmetrics_public = true\n").await;
    assert_eq!(house.get("/metrics").await.0, StatusCode::OK);
    assert_eq!(house.get(API).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_rotated_token_counts_at_once_and_a_lost_one_locks_everybody_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "first\n").unwrap();
    let house = House::new(&format!("[admin]\ntoken_file = {file:?}\n")).await;
    let status = async |token: &str| house.ask("GET", API, &[("authorization", &format!("Bearer {token}"))]).await.0;
    assert_eq!(status("first").await, StatusCode::OK);
    std::fs::write(&file, "second\n").unwrap();
    assert_eq!((status("first").await, status("second").await), (StatusCode::UNAUTHORIZED, StatusCode::OK));
    std::fs::write(&file, "").unwrap();
    assert_eq!(status("").await, StatusCode::SERVICE_UNAVAILABLE);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(status("second").await, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn without_a_token_web_pages_of_others_are_kept_out() {
    let house = House::new("").await;
    for (headers, allowed) in [
        (vec![("host", "127.0.0.1:8081")], true),
        (vec![("host", "[::1]:8081")], true),
        (vec![("host", "localhost:8081"), ("origin", "http://localhost:8081")], true),
        (vec![("host", "evil.example.com")], false),
        (vec![("host", "127.0.0.1.evil.example.com:8081")], false),
        (vec![("host", "localhost:8081"), ("origin", "https://evil.example.com")], false),
        (vec![("host", "localhost:8081"), ("origin", "null")], false),
    ] {
        let (status, _) = house.ask("GET", API, &headers).await;
        let expected = if allowed { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(status, expected, "{headers:?}");
    }
}
