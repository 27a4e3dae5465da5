//! The real transport over loopback sockets, in real time: what never left, what may have arrived.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use bytes::Bytes;
use hubspot_bridge::hubspot::http::{BODY_MAX, Http};
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Far beyond what any of these needs, so that a slow machine changes nothing.
const AMPLE: Duration = Duration::from_secs(30);

async fn send(method: &str, url: &str, timeout: Duration) -> Result<http::Response<Bytes>, TransportError> {
    let request = http::Request::builder().method(method).uri(url).header("x-test", "1").body(Bytes::from("sent"));
    let transport: Arc<dyn Transport> = Arc::new(Http::new().unwrap());
    transport.send(request.unwrap(), timeout).await
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

/// Serves the routes while the future runs.
async fn served<T>(router: Router, test: impl AsyncFnOnce(String) -> T) -> T {
    let (listener, url) = listen().await;
    tokio::select! {
        ended = axum::serve(listener, router).into_future() => panic!("the server ended: {ended:?}"),
        result = test(url) => result,
    }
}

#[tokio::test]
async fn a_whole_exchange() {
    let echo = |headers: HeaderMap, body: String| async move {
        let agent = headers["user-agent"].to_str().unwrap().to_owned();
        (axum::http::StatusCode::CREATED, [("x-answer", "yes")], format!("{body} by {agent} {:?}", headers["x-test"]))
    };
    served(Router::new().route("/echo", post(echo)), async |url| {
        let answer = send("POST", &format!("{url}/echo?a=b"), AMPLE).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["x-answer"].as_bytes()), (201, &b"yes"[..]));
        let body = String::from_utf8(answer.into_body().to_vec()).unwrap();
        assert!(body.starts_with("sent by hubspot-bridge/"), "{body}");
    })
    .await;
}

#[tokio::test]
async fn refused_never_left() {
    let (listener, url) = listen().await;
    drop(listener);
    let error = send("POST", &url, AMPLE).await.unwrap_err();
    assert!(matches!(error, TransportError::Connect(_)), "{error:?}");
    assert!(!error.to_string().contains(&url), "the address may carry a key: {error}");
}

#[tokio::test]
async fn an_unknown_host_and_a_tls_failure_never_left() {
    let unknown = send("POST", "http://no-such-host.invalid/", AMPLE).await.unwrap_err();
    assert!(matches!(unknown, TransportError::Connect(_)), "{unknown:?}");
    served(Router::new(), async |url| {
        let error = send("POST", &url.replace("http:", "https:"), AMPLE).await.unwrap_err();
        assert!(matches!(error, TransportError::Connect(_)), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn cut_after_the_request_was_read_is_unclear() {
    let (listener, url) = listen().await;
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        let mut read = Vec::new();
        while !read.ends_with(b"sent") {
            let count = socket.read(&mut buffer).await.unwrap();
            read.extend_from_slice(&buffer[..count]);
        }
    };
    let ((), answer) = tokio::join!(server, send("POST", &url, AMPLE));
    let error = answer.unwrap_err();
    assert!(matches!(error, TransportError::Cut(_)), "{error:?}");
}

#[tokio::test]
async fn cut_in_the_middle_of_the_answer_is_unclear() {
    let (listener, url) = listen().await;
    let server = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        let _ = socket.read(&mut buffer).await.unwrap();
        socket.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"id\":").await.unwrap();
    };
    let ((), answer) = tokio::join!(server, send("POST", &url, AMPLE));
    assert!(matches!(answer.unwrap_err(), TransportError::Cut(_)));
}

#[tokio::test]
async fn no_answer_in_time_is_unclear() {
    let never = || async { std::future::pending::<()>().await };
    let stalls = || async {
        let chunks = futures_util::stream::unfold(true, |first| async move {
            if !first {
                std::future::pending::<()>().await;
            }
            Some((Ok::<_, std::io::Error>(Bytes::from("{")), false))
        });
        Body::from_stream(chunks).into_response()
    };
    let router = Router::new().route("/never", post(never)).route("/stalls", post(stalls));
    served(router, async |url| {
        let limit = Duration::from_millis(300);
        for path in ["/never", "/stalls"] {
            let error = send("POST", &format!("{url}{path}"), limit).await.unwrap_err();
            assert_eq!(error, TransportError::Timeout(limit), "{path}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_answer_without_bounds_is_not_read() {
    let flood = || async { vec![b'x'; BODY_MAX + 1] };
    let full = || async { vec![b'x'; BODY_MAX] };
    served(Router::new().route("/flood", get(flood)).route("/full", get(full)), async |url| {
        let error = send("GET", &format!("{url}/flood"), AMPLE).await.unwrap_err();
        assert!(matches!(&error, TransportError::Cut(why) if why.contains("larger")), "{error:?}");
        let full = send("GET", &format!("{url}/full"), AMPLE).await.unwrap();
        assert_eq!(full.body().len(), BODY_MAX);
    })
    .await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let router = Router::new().route("/old", post(async || Redirect::temporary("/new")));
    served(router, async |url| {
        assert_eq!(send("POST", &format!("{url}/old"), AMPLE).await.unwrap().status().as_u16(), 307);
    })
    .await;
}
