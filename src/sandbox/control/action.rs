//! People's actions as JSON, for `/_sandbox/actions`.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::domain::{ActorId, ThreadId, TicketId};
use crate::sandbox::portal::Portal;
use crate::sandbox::portal::people::{ActionError, Customer, Email, Posted, WorkflowRun};
use crate::sandbox::portal::seed::Agent;

/// People's actions, as the pages do them. `by` and `rep` are `A-<userId>`; the first rep when absent.
#[derive(Debug, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case", rename_all_fields = "snake_case")]
pub enum Action {
    Chat {
        #[serde(default)]
        customer: Customer,
        thread: Option<String>,
        text: String,
    },
    Email {
        #[serde(flatten)]
        email: Email,
    },
    Assign {
        thread: String,
        to: Option<String>,
        by: Option<String>,
    },
    Reply {
        thread: String,
        rep: Option<String>,
        text: String,
    },
    MailboxReply {
        thread: String,
        rep: Option<String>,
        text: String,
    },
    Comment {
        thread: String,
        rep: Option<String>,
        text: String,
    },
    Bot {
        thread: String,
        text: String,
    },
    Welcome {
        thread: String,
        text: String,
    },
    Close {
        thread: String,
        by: Option<String>,
    },
    Reopen {
        thread: String,
        by: Option<String>,
    },
    Archive {
        thread: String,
    },
    Restore {
        thread: String,
    },
    Spam {
        thread: String,
    },
    CreateTicket {
        subject: String,
        by: Option<String>,
    },
    LinkTicket {
        thread: String,
        ticket: String,
    },
    ChangeTicket {
        ticket: String,
        property: String,
        value: String,
        by: Option<String>,
    },
    DeleteTicket {
        ticket: String,
    },
    /// A note (HTML) on a ticket.
    Note {
        ticket: String,
        rep: Option<String>,
        body: String,
    },
    /// A rep writes to an address from a ticket: another thread of it.
    Write {
        ticket: String,
        rep: Option<String>,
        to: String,
        subject: String,
        text: String,
    },
    /// The newest message to the customer turns FAILED, at once or after `after_ms`.
    FailReply {
        thread: String,
        #[serde(default = "undeliverable")]
        message: String,
        #[serde(default)]
        after_ms: u64,
    },
    /// A workflow runs one of the bridge's actions.
    Workflow {
        #[serde(flatten)]
        run: WorkflowRun,
    },
}

fn undeliverable() -> String {
    "The recipient's mailbox does not exist.".to_owned()
}

/// Does it; what is made is answered with its ids.
pub fn run(portal: &Portal, action: Action) -> Result<Value, ActionError> {
    let first = portal.seed().reps.first().map(Agent::actor);
    let user = |given: Option<String>| given.map(ActorId).or_else(|| first.clone()).unwrap_or(ActorId(String::new()));
    let nothing = |()| json!({});
    let said = |posted: Posted| json!({"thread": posted.thread.0, "message": posted.message.0});
    match action {
        Action::Chat { customer, thread, text } => {
            portal.customer_chats(&customer, thread.map(ThreadId).as_ref(), &text).map(said)
        }
        Action::Email { email } => portal.customer_emails(&email).map(said),
        Action::Assign { thread, to, by } => {
            portal.assign(&ThreadId(thread), to.map(ActorId).as_ref(), &user(by)).map(nothing)
        }
        Action::Reply { thread, rep, text } => portal.rep_replies(&ThreadId(thread), &user(rep), &text).map(said),
        Action::MailboxReply { thread, rep, text } => {
            portal.rep_replies_from_mailbox(&ThreadId(thread), &user(rep), &text).map(said)
        }
        Action::Comment { thread, rep, text } => portal.rep_comments(&ThreadId(thread), &user(rep), &text).map(said),
        Action::Bot { thread, text } => portal.bot_says(&ThreadId(thread), &text).map(said),
        Action::Welcome { thread, text } => portal.welcome(&ThreadId(thread), &text).map(said),
        Action::Close { thread, by } => portal.set_closed(&ThreadId(thread), true, &user(by)).map(nothing),
        Action::Reopen { thread, by } => portal.set_closed(&ThreadId(thread), false, &user(by)).map(nothing),
        Action::Archive { thread } => portal.set_archived(&ThreadId(thread), true).map(nothing),
        Action::Restore { thread } => portal.set_archived(&ThreadId(thread), false).map(nothing),
        Action::Spam { thread } => portal.mark_spam(&ThreadId(thread)).map(nothing),
        Action::CreateTicket { subject, by } => {
            portal.create_ticket(&subject, &user(by)).map(|ticket| json!({"ticket": ticket.0}))
        }
        Action::LinkTicket { thread, ticket } => portal.link_ticket(&ThreadId(thread), &TicketId(ticket)).map(nothing),
        Action::ChangeTicket { ticket, property, value, by } => {
            portal.change_ticket(&TicketId(ticket), &property, &value, &user(by)).map(nothing)
        }
        Action::DeleteTicket { ticket } => portal.delete_ticket(&TicketId(ticket)).map(nothing),
        Action::Note { ticket, rep, body } => {
            portal.rep_notes_ticket(&TicketId(ticket), &user(rep), &body).map(|note| json!({"note": note.0}))
        }
        Action::Write { ticket, rep, to, subject, text } => {
            portal.rep_writes_from_ticket(&TicketId(ticket), &user(rep), &to, (&subject, &text)).map(said)
        }
        Action::FailReply { thread, message, after_ms } => portal
            .last_reply_fails(&ThreadId(thread), &message, Duration::from_millis(after_ms))
            .map(|failed| json!({"message": failed.0})),
        Action::Workflow { run } => portal.workflow_runs(&run).map(|callback| json!({"callbackId": callback})),
    }
}
