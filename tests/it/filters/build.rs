//! Short ways to say "a customer's chat message" and the like.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use hubspot_bridge::config::{
    AgentKind, AgentSettings, Connection, Crm, OnAgentFailure, Plan, ReturnToAi, Secret, SignatureMode, Ticketing,
};
use hubspot_bridge::domain::{
    ActorId, Direction, Message, MessageKind, Mode, Participant, PortalId, Session, SessionId, SessionState, Thread,
    Timestamp, Truncation,
};

pub const AI: &str = "A-100";
pub const REP: &str = "A-200";
pub const OUR_APP: i64 = 77;

pub fn at(ms: i64) -> Timestamp {
    Timestamp(1_700_000_000_000 + ms)
}

pub fn from(actor: &str) -> Participant {
    Participant { actor: Some(ActorId::from(actor)), ..Participant::default() }
}

pub fn mailed_from(address: &str) -> Participant {
    Participant {
        identifier_type: Some("HS_EMAIL_ADDRESS".into()),
        identifier: Some(address.into()),
        field: Some("FROM".into()),
        ..Participant::default()
    }
}

/// A visitor's chat message.
pub fn chat(text: &str) -> Message {
    Message {
        id: "m-1".into(),
        thread_id: "7001".into(),
        kind: MessageKind::Message,
        created_at: at(0),
        created_by: Some("V-1".into()),
        client_type: Some("HUBSPOT".into()),
        app_id: None,
        senders: vec![from("V-1")],
        recipients: vec![],
        text: text.into(),
        rich_text: None,
        subject: None,
        direction: Some(Direction::Incoming),
        channel_id: Some("1000".into()),
        channel_account_id: Some("31".into()),
        truncation: Truncation::NotTruncated,
        status: Some("RECEIVED".into()),
        attachments: vec![],
        archived: false,
    }
}

/// A customer's e-mail.
pub fn mail(address: &str, subject: &str) -> Message {
    Message {
        senders: vec![mailed_from(address)],
        created_by: None,
        subject: Some(subject.into()),
        channel_id: Some("1002".into()),
        ..chat("hello")
    }
}

pub fn item(kind: MessageKind, ms: i64) -> Message {
    Message { id: format!("i-{ms}").as_str().into(), kind, created_at: at(ms), senders: vec![], ..chat("") }
}

pub fn thread(owner: Option<&str>) -> Thread {
    Thread {
        id: "7001".into(),
        closed: false,
        closed_at: None,
        inbox_id: Some("11".into()),
        channel_id: Some("1000".into()),
        assigned_to: owner.map(ActorId::from),
        contact_id: None,
        ticket_id: None,
        archived: false,
        spam: false,
        latest_received_at: None,
    }
}

pub fn session(state: SessionState) -> Session {
    Session {
        agent_session_over: false,
        id: SessionId(1),
        connection: "acme".into(),
        thread_id: Some("7001".into()),
        ticket_id: None,
        contact_id: None,
        state,
        mode: Mode::Autopilot,
        agent_session_id: None,
        custom_data: BTreeMap::new(),
        custom_data_pending: false,
        answered_through: None,
        handed_off_at: (state == SessionState::HandedOff).then(|| at(0)),
        ai_since: None,
        replies: vec![],
        version: 1,
        created_at: at(-1000),
        updated_at: at(0),
    }
}

pub fn settings() -> Connection {
    Connection {
        name: "acme".into(),
        portal_id: PortalId(1),
        access_token: Secret::Value("pat-test".into()),
        client_secret: Secret::Value("secret".into()),
        signature: SignatureMode::Auto,
        ai_user_id: AI.into(),
        default_user_id: Some(REP.into()),
        mode: Mode::Autopilot,
        inboxes: vec![],
        channels: vec![],
        internal_domains: vec!["acme.example".into()],
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
            articles: PathBuf::from("config/faq"),
            signing_secret: None,
            webhook_secret: None,
        },
        ticketing: Ticketing {
            enabled: true,
            pipeline: "0".into(),
            stage: "1".into(),
            update_interval: Duration::from_secs(15),
            sync_properties: vec!["*".into()],
            sync_exclude: vec!["content".into()],
            tag_property: "opencx_tags".into(),
            custom_data: BTreeMap::new(),
        },
        crm: Crm { access_token: None, for_agent: false },
        signatures: Vec::new(),
        topics: Vec::new(),
        routing: Vec::new(),
        handoff_words: Vec::new(),
    }
}
