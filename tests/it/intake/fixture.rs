//! What intake tests and the load benchmark share: settings with a connection, and a signed request.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hubspot_bridge::clock::Clock;
use hubspot_bridge::config::{
    AgentKind, AgentSettings, Config, Connection, Crm, Delivery, Guarantee, OnAgentFailure, OnUnknown, Plan,
    ReplyLimit, ReturnToAi, Secret, SignatureMode, Ticketing, admin, hubspot, server, store as store_config, telemetry,
};
use hubspot_bridge::domain::{ActorId, ConnectionName, Mode, PortalId};
use hubspot_bridge::intake::{Intake, Observed};
use hubspot_bridge::store::Store;
use hubspot_bridge::telemetry::Metrics;

pub const SECRET: &str = "bridge-test-client-secret-0001";
pub const PUBLIC_URL: &str = "https://bridge.example.com";
pub const PORTAL: i64 = 23_428_445;

pub fn connection(name: &str, portal: i64) -> Connection {
    Connection {
        name: ConnectionName::from(name),
        portal_id: PortalId(portal),
        access_token: Secret::Value("pat-na1-test".to_owned()),
        client_secret: Secret::Value(SECRET.to_owned()),
        signature: SignatureMode::Auto,
        ai_user_id: ActorId::from("A-1"),
        default_user_id: None,
        mode: Mode::Autopilot,
        inboxes: Vec::new(),
        channels: Vec::new(),
        internal_domains: Vec::new(),
        reply_when_unassigned: true,
        return_to_ai: ReturnToAi::OnClose,
        mirror_notes: false,
        on_agent_failure: OnAgentFailure::Handoff,
        plan: Plan::Auto,
        agent: AgentSettings {
            kind: AgentKind::Faq,
            base_url: String::new(),
            api_key: None,
            timeout: Duration::from_mins(1),
            attempts: 3,
            model: String::new(),
            system_prompt: String::new(),
            articles: "config/faq".into(),
            signing_secret: None,
            webhook_secret: None,
        },
        ticketing: Ticketing {
            enabled: true,
            pipeline: "0".to_owned(),
            stage: "1".to_owned(),
            update_interval: Duration::from_secs(15),
            sync_properties: vec!["*".to_owned()],
            sync_exclude: vec!["content".to_owned(), "subject".to_owned()],
            tag_property: "opencx_tags".to_owned(),
            custom_data: BTreeMap::new(),
        },
        crm: Crm { access_token: None, for_agent: false },
        signatures: Vec::new(),
        topics: Vec::new(),
        routing: Vec::new(),
        handoff_words: Vec::new(),
    }
}

pub fn config(connections: Vec<Connection>) -> Config {
    let local = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    Config {
        in_force: Vec::new(),
        server: server::Server {
            listen: local,
            public_url: PUBLIC_URL.to_owned(),
            body_limit: 1 << 20,
            drain_grace: Duration::from_secs(8),
        },
        admin: admin::Admin {
            listen: local,
            public_url: String::new(),
            token: None,
            metrics_public: false,
            show_messages: false,
        },
        store: store_config::Store {
            location: store_config::Location::Memory,
            retention: Duration::from_hours(30 * 24),
            lock_wait: Duration::from_secs(30),
        },
        delivery: Delivery {
            guarantee: Guarantee::EffectivelyOnce,
            max_attempts: 12,
            max_event_age: Duration::from_hours(72),
            max_turns_in_flight: 64,
            quiet_period: Duration::from_millis(1500),
            quiet_period_max: Duration::from_secs(10),
            email_delay: Duration::from_secs(5),
            settle: Duration::from_secs(30),
            on_unknown: OnUnknown::Handoff,
            sweep_interval: Duration::from_mins(2),
            sweep_grace: Duration::from_secs(30),
            hold_probe: Duration::from_secs(30),
            max_replies_per_thread: ReplyLimit { count: 10, window: Duration::from_mins(10) },
            max_reply_age_chat: Duration::from_mins(15),
            max_reply_age_email: Duration::from_hours(12),
        },
        hubspot: hubspot::Hubspot {
            api_url: "https://api.hubapi.com".to_owned(),
            conversations_path: "/conversations/v3/conversations".to_owned(),
            crm_path: "/crm/v3".to_owned(),
            timeout: Duration::from_secs(10),
        },
        telemetry: telemetry::Telemetry { log_format: telemetry::LogFormat::Auto, log_level: "info".to_owned() },
        connections: connections.into_iter().map(|connection| (connection.name.clone(), connection)).collect(),
    }
}

pub fn intake(config: Config, store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Intake {
    Intake { store, config: Arc::new(config), clock, metrics: Metrics::default(), observed: Observed::default() }
}

/// A v3 signature of a POST to `path_and_query`, whose escapes must be none of the twelve.
pub fn sign_v3(secret: &str, path_and_query: &str, body: &[u8], timestamp: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    for part in [b"POST", PUBLIC_URL.as_bytes(), path_and_query.as_bytes(), body, timestamp.as_bytes()] {
        mac.update(part);
    }
    base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
}
