//! Questions for tests: one customer, one thread.

use hubspot_bridge::agents::{Contact, Question, Said, Speaker};
use hubspot_bridge::domain::{Channel, Timestamp};

/// The time the first message of every question was written.
pub const WRITTEN_AT: Timestamp = Timestamp(1_795_000_000_000);

pub fn said(by: Speaker, text: &str) -> Said {
    Said { id: "m-1".into(), by, text: text.into(), at: WRITTEN_AT, original: None, attachments: vec![] }
}

/// A burst of customer messages.
pub fn burst(texts: &[&str]) -> Question {
    Question {
        connection: "acme".into(),
        thread_id: "501".into(),
        agent_session_id: Some("ses-1".into()),
        messages: texts.iter().map(|text| said(Speaker::Customer, text)).collect(),
        history: vec![],
        contact: Contact {
            id: Some("7".into()),
            name: Some("Anna Berg".into()),
            email: Some("anna@example.com".into()),
            ..Contact::default()
        },
        channel: Channel::Chat,
        ticket_id: None,
        custom_data: [("plan".to_owned(), "gold".to_owned())].into(),
        crm: None,
    }
}

pub fn question(text: &str) -> Question {
    burst(&[text])
}
