//! No URL that came with data is ever requested: redirects are not followed by any client, HubSpot's page links are not,
//! attachments are passed on as names and links. So no answer and no customer can send the bridge to a private address.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hubspot_bridge::agents::{Agent, http, openai, opencx};
use hubspot_bridge::clock::{Clock, SystemClock};
use hubspot_bridge::config::hubspot::Hubspot;
use hubspot_bridge::config::{Plan, Secret};
use hubspot_bridge::domain::{Attachment, ConnectionName, ThreadId};
use hubspot_bridge::hubspot::http::Http as Network;
use hubspot_bridge::hubspot::transport::Transport;
use hubspot_bridge::hubspot::{self, Client};
use hubspot_bridge::telemetry::metrics::Metrics;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::agents::question::question;

/// Far beyond what any of these needs, so that a slow machine changes nothing.
const AMPLE: Duration = Duration::from_secs(30);

/// A peer on loopback and what it was asked for, as `METHOD /path?query`.
pub struct Peer {
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Peer {
    /// Answers everything with what the function makes.
    pub async fn new(answer: impl Fn(&str) -> Response + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&asked);
        let handler = async move |request: Request| {
            let target = request.uri().path_and_query().unwrap().as_str().to_owned();
            seen.lock().unwrap().push(format!("{} {target}", request.method()));
            answer(&target)
        };
        let serving = axum::serve(listener, Router::new().fallback(handler));
        #[expect(clippy::disallowed_methods, reason = "ends with the peer")]
        let task = tokio::spawn(async move { serving.await.unwrap() });
        Self { url, asked, task }
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn network() -> Arc<dyn Transport> {
    Arc::new(Network::new().unwrap())
}

/// HubSpot's client, over real sockets.
pub fn portal(url: &str) -> Client {
    let hubspot = Hubspot {
        api_url: url.to_owned(),
        conversations_path: "/conversations/v3/conversations".into(),
        crm_path: "/crm/v3".into(),
        timeout: AMPLE,
    };
    let access_token = Secret::Value("pat-canary".into());
    let settings =
        hubspot::Settings { connection: ConnectionName::from("acme"), access_token, hubspot, plan: Plan::Auto };
    Client::new(settings, network(), Arc::new(SystemClock), Metrics::default())
}

/// Each agent that calls out, over real sockets.
pub fn agents(url: &str) -> [(&'static str, Arc<dyn Agent>); 3] {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let own = http::Settings {
        base_url: format!("{url}/turns"),
        signing_secret: Secret::Value("canary-signing-secret-of-32-bytes".into()),
        timeout: AMPLE,
    };
    let opencx =
        opencx::Settings { base_url: url.to_owned(), api_key: Secret::Value("canary-key".into()), timeout: AMPLE };
    let openai = openai::Settings {
        base_url: format!("{url}/v1"),
        api_key: Secret::Value("canary-key".into()),
        model: "small-1".into(),
        system_prompt: String::new(),
        timeout: AMPLE,
    };
    [
        ("http", Arc::new(http::Http::new(own, network(), Arc::clone(&clock)))),
        ("opencx", Arc::new(opencx::OpenCx::new(opencx, network(), Arc::clone(&clock)))),
        ("openai", Arc::new(openai::OpenAi::new(openai, network(), clock))),
    ]
}

#[tokio::test]
async fn no_client_follows_a_redirect() {
    let private = Peer::new(|_| StatusCode::OK.into_response()).await;
    for status in [301, 302, 303, 307, 308] {
        for target in [format!("{}/latest/meta-data/", private.url), "http://169.254.169.254/latest/".to_owned()] {
            let status = StatusCode::from_u16(status).unwrap();
            let peer = Peer::new(move |_| (status, [("location", target.clone())]).into_response()).await;
            assert!(portal(&peer.url).thread(&ThreadId::from("7")).await.is_err());
            assert_eq!(peer.asked().len(), 1, "HubSpot, {status}");
            for (name, agent) in agents(&peer.url) {
                let before = peer.asked().len();
                assert!(agent.ask(&question("Hi")).await.is_err(), "{name}, {status}");
                assert_eq!(peer.asked().len(), before + 1, "{name}, {status}: asked once and nowhere else");
            }
        }
    }
    assert_eq!(private.asked(), [""; 0], "nobody went where the answers pointed");
}

#[tokio::test]
async fn the_links_of_hubspots_pages_are_not_followed() {
    let private = Peer::new(|_| StatusCode::OK.into_response()).await;
    let link = format!("{}/secrets", private.url);
    let page = json!({"results": [], "paging": {"next": {"after": "../../oauth?x=1", "link": link}}});
    let last = json!({"results": []});
    let peer =
        Peer::new(move |target| axum::Json(if target.contains("after=") { &last } else { &page }).into_response());
    let peer = peer.await;
    portal(&peer.url).recent_messages(&ThreadId::from("7"), None, 50).await.unwrap();
    assert_eq!(private.asked(), [""; 0]);
    let asked = peer.asked();
    assert!(asked.iter().all(|line| line.starts_with("GET /conversations/v3/conversations/threads/7/messages?")));
    assert!(asked.last().unwrap().contains("after=%2E%2E%2F%2E%2E%2Foauth%3Fx%3D1"), "{asked:?}");
}

#[tokio::test]
async fn attachments_are_named_to_agents_and_never_fetched() {
    let private = Peer::new(|_| StatusCode::OK.into_response()).await;
    let peer = Peer::new(|_| axum::Json(Value::Null).into_response()).await;
    let mut asked = question("What is in it?");
    asked.messages[0].attachments = vec![Attachment {
        kind: "FILE".into(),
        name: Some("invoice.pdf".into()),
        url: Some(format!("{}/invoice.pdf", private.url)),
    }];
    for (name, agent) in agents(&peer.url) {
        // What the peer's answer means is not the point.
        let _ = agent.ask(&asked).await;
        assert_eq!(private.asked(), [""; 0], "{name}");
    }
    assert!(peer.asked().len() >= 3, "each was asked: {:?}", peer.asked());
}
