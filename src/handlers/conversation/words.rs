//! The words the bridge itself writes into a thread: comments for the reps, and the form of a reply.

use std::collections::HashSet;

use super::plan::Plan;
use super::scene::Scene;
use crate::config::Connection;
use crate::domain::{ActorKind, Channel, Message, Participant, Reason};
use crate::filters::{place, signature};
use crate::hubspot::{OutgoingMessage, text};

/// A draft for the reps.
#[must_use]
pub fn draft_comment(plan: &Plan) -> String {
    let head = match (plan.forced_by(), &plan.topic) {
        (None, _) => "Draft by the AI, not sent to the customer:".to_owned(),
        (Some(Reason::TopicEscalated), Some(rule)) => {
            format!("Draft by the AI, not sent to the customer (topic rule \"{rule}\"):")
        }
        (Some(reason), _) => reason.sentence().to_owned(),
    };
    format!("{head}\n\n{}", plan.text.as_deref().unwrap_or_default())
}

/// The reply as HubSpot wants it: channel, account and recipients from the customer's latest message; an e-mail with its
/// subject and the signature of the mailbox it goes out by.
#[must_use]
pub fn reply(settings: &Connection, scene: &Scene, latest: &Message, words: &str) -> Option<OutgoingMessage> {
    let channel_id = latest.channel_id.clone().or_else(|| scene.thread.channel_id.clone())?;
    let channel_account_id = latest.channel_account_id.clone()?;
    let mail = place::channel_of(&scene.thread, latest) == Channel::Email;
    let sending = scene.accounts.get(&channel_account_id).filter(|_| mail);
    let signature = sending.and_then(|address| signature::choose(&settings.signatures, address));
    let reply = text::reply(words, signature.map(|signature| signature.html.as_str()));
    Some(OutgoingMessage {
        text: reply.text,
        rich_text: Some(reply.html),
        subject: if mail { latest.subject.as_deref().map(reply_subject) } else { None },
        sender: settings.ai_user_id.clone(),
        channel_id,
        channel_account_id,
        recipients: recipients(latest, mail, &scene.team.addresses),
    })
}

/// Who wrote gets it. In a mail the others it went to get it too, but not ourselves: neither the mailbox that received it nor
/// a colleague, who reads it in HubSpot (which refuses users as recipients).
fn recipients(latest: &Message, mail: bool, team: &HashSet<String>) -> Vec<Participant> {
    let to = latest.senders.iter().filter(|sender| sender.identifier.is_some() || sender.actor.is_some());
    let mut recipients: Vec<Participant> =
        to.map(|sender| Participant { field: Some("TO".to_owned()), ..sender.clone() }).collect();
    let written_to: Vec<String> = recipients.iter().filter_map(Participant::email).collect();
    let ours = |copy: &Participant| {
        copy.actor.as_ref().is_some_and(|actor| actor.kind() == ActorKind::Agent)
            || copy.email().is_some_and(|address| team.contains(&address))
    };
    let twice = |copy: &Participant| copy.email().is_some_and(|address| written_to.contains(&address));
    let visible = |r: &&Participant| mail && matches!(r.field.as_deref(), Some("TO" | "CC"));
    let copies = latest.recipients.iter().filter(visible);
    recipients.extend(copies.filter(|copy| !ours(copy) && !twice(copy)).cloned());
    recipients
}

fn reply_subject(subject: &str) -> String {
    if subject.trim_start().to_lowercase().starts_with("re:") { subject.to_owned() } else { format!("Re: {subject}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ActorId, MessageId, MessageKind, ThreadId, Timestamp, Truncation};

    fn party(field: &str, address: &str) -> Participant {
        Participant {
            identifier_type: Some("HS_EMAIL_ADDRESS".to_owned()),
            identifier: Some(address.to_owned()),
            field: Some(field.to_owned()),
            ..Participant::default()
        }
    }

    fn mail(recipients: Vec<Participant>) -> Message {
        Message {
            id: MessageId::from("m1"),
            thread_id: ThreadId::from("1"),
            kind: MessageKind::Message,
            created_at: Timestamp(0),
            created_by: None,
            client_type: None,
            app_id: None,
            senders: vec![party("FROM", "carla@elsewhere.example")],
            recipients,
            text: String::new(),
            rich_text: None,
            subject: None,
            direction: None,
            channel_id: None,
            channel_account_id: None,
            truncation: Truncation::NotTruncated,
            status: None,
            attachments: Vec::new(),
            archived: false,
        }
    }

    #[test]
    fn others_in_copy_stay_there_and_we_do_not_write_to_ourselves() {
        let colleague = Participant { actor: Some(ActorId("A-7".to_owned())), ..party("CC", "rita@acme.example") };
        let message = mail(vec![
            party("TO", "hello@acme.example"),
            party("CC", "Hello@ACME.example"),
            party("CC", "Carla@Elsewhere.example"),
            party("TO", "fred@elsewhere.example"),
            party("CC", "dan@elsewhere.example"),
            party("BCC", "eve@elsewhere.example"),
            colleague,
        ]);
        let team = HashSet::from(["hello@acme.example".to_owned()]);
        let shown = |mail| {
            let recipients = recipients(&message, mail, &team);
            let line =
                |p: &Participant| format!("{} {}", p.field.as_deref().unwrap(), p.identifier.as_deref().unwrap());
            recipients.iter().map(line).collect::<Vec<_>>()
        };
        assert_eq!(
            shown(true),
            ["TO carla@elsewhere.example", "TO fred@elsewhere.example", "CC dan@elsewhere.example"]
        );
        assert_eq!(shown(false), ["TO carla@elsewhere.example"]);
    }

    #[test]
    fn a_subject_is_a_reply_once() {
        assert_eq!(reply_subject("My order"), "Re: My order");
        assert_eq!(reply_subject("RE: My order"), "RE: My order");
    }
}
