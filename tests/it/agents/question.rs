//! Questions for tests: one customer, one thread.

use hubspot_bridge::agents::{Contact, Question, Relay, RelayKind, Said, Speaker};
use hubspot_bridge::domain::{Channel, Company, CustomerContext, Deal, Part, PastTicket, SessionId, Timestamp};

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

/// What the CRM knows of her; the tickets could not be read.
pub fn crm() -> CustomerContext {
    let text = |text: &str| Some(text.to_owned());
    CustomerContext {
        contact: Part::Known(Contact {
            id: Some("301".into()),
            name: text("Anna Berg"),
            email: text("anna@example.com"),
            phone: None,
            owner: text("Tom Rep"),
        }),
        company: Part::Known(Company { id: "77".into(), name: text("Berg Lamps"), size: text("12"), ..<_>::default() }),
        deals: Part::Known(vec![
            Deal { id: "5".into(), name: text("Renewal"), amount: text("900"), active: true, ..<_>::default() },
            Deal { id: "4".into(), name: text("First order"), stage: text("closedwon"), ..<_>::default() },
        ]),
        tickets: Part::Failed("HubSpot answered 403: the token lacks `tickets`".into()),
    }
}

/// An earlier ticket.
pub fn past_ticket(subject: &str) -> PastTicket {
    PastTicket { id: "9".into(), subject: Some(subject.into()), status: Some("4".into()), created_at: Some(WRITTEN_AT) }
}

/// What a rep wrote in the thread, in the agent's session `ses-1`.
pub fn written_by_rep(kind: RelayKind, text: &str) -> Relay {
    Relay {
        kind,
        connection: "acme".into(),
        session: SessionId(12),
        agent_session_id: Some("ses-1".into()),
        thread_id: Some("501".into()),
        ticket_id: None,
        id: "m-20".into(),
        author: Some("Tom Rep".into()),
        text: text.into(),
        attachments: vec![],
        at: WRITTEN_AT,
    }
}
