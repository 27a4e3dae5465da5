//! Automatic mail: out-of-office notes, bounces, lists. HubSpot does not show mail headers, so the sender's name and
//! the subject have to tell.

use crate::domain::{Channel, Message, Participant};

const SENDERS: [&str; 12] = [
    "mailer-daemon",
    "postmaster",
    "no-reply",
    "noreply",
    "do-not-reply",
    "donotreply",
    "no_reply",
    "auto-reply",
    "autoreply",
    "bounce",
    "bounces",
    "notifications",
];

const SUBJECT_STARTS: [&str; 22] = [
    "automatic reply",
    "auto reply",
    "auto-reply",
    "autoreply",
    "auto:",
    "autosvar",
    "out of office",
    "out of the office",
    "away from the office",
    "undeliverable",
    "undelivered mail",
    "delivery status notification",
    "delivery failure",
    "mail delivery failed",
    "returned mail",
    "abwesenheit",
    "automatische antwort",
    "réponse automatique",
    "respuesta automática",
    "risposta automatica",
    "automatisch antwoord",
    "resposta automática",
];

/// Is this mail written by a machine? Only e-mail is judged: chats have no auto-responders.
#[must_use]
pub fn is_automatic(message: &Message) -> bool {
    if message.channel() != Some(Channel::Email) {
        return false;
    }
    let from_machine = message.senders.iter().filter_map(Participant::email).any(|address| {
        let local = address.split('@').next().unwrap_or_default();
        // `bounce+id=...` and `no-reply-123` are machines too; `noreplyfan` is a person.
        SENDERS.iter().any(|name| {
            local.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', '-', '.', '_', '=']))
        })
    });
    let subject = message.subject.as_deref().unwrap_or_default().trim().to_lowercase();
    from_machine || SUBJECT_STARTS.iter().any(|start| subject.starts_with(start))
}
