//! Carries out what people do in a plan: customers who keep typing, reps who take over and give back, bots, tickets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hubspot_bridge::domain::{ActorId, ThreadId, TicketId};
use hubspot_bridge::filters::message::AI_RESPONSE_MARKER;
use hubspot_bridge::sandbox::portal::people::{Customer, Email, Enrolled as Object, Posted, WorkflowRun};
use hubspot_bridge::sandbox::portal::seed::{HELP_DESK_ACCOUNT, WHATSAPP_ACCOUNT};
use hubspot_bridge::sandbox::portal::{Portal, Speaker};
use serde_json::{Map, json};
use tokio::time::Instant;

use super::plan::{Act, Enrolled, Owner, Part, What};

/// The threads of a portal's conversations, by their number in the plan.
pub type Threads = Arc<Mutex<BTreeMap<usize, ThreadId>>>;

/// Plays every act of the plan at its time, with the people of these portals.
pub async fn play(mut casts: Vec<Cast>, parts: Vec<Part>) {
    let began = Instant::now();
    for part in parts {
        if let What::Act { portal, conversation, act } = &part.what {
            tokio::time::sleep_until(began + Duration::from_millis(part.at_ms)).await;
            casts[*portal].plays(*conversation, act);
        }
    }
}

/// Mailboxes that answer every mail of ours by themselves. Never ends.
pub async fn respond(portal: Portal, responders: Responders) {
    let mut changes = portal.changes();
    let mut answered: BTreeMap<ThreadId, usize> = BTreeMap::new();
    while changes.changed().await.is_ok() {
        let all = responders.lock().expect("no panic in here").clone();
        for (thread, responder) in all {
            let lines = portal.thread_view(&thread).map(|view| view.lines).unwrap_or_default();
            let mails = lines.iter().filter(|line| line.speaker == Speaker::Ai).count();
            let done = answered.entry(thread.clone()).or_default();
            if *done < mails {
                *done = mails;
                tokio::time::sleep(Duration::from_millis(responder.after_ms)).await;
                let subject = if responder.honest { "Automatic reply: A question" } else { "Re: A question" };
                let text = "I am at the sea until Monday.";
                drop(portal.customer_emails(&mail(&responder.address, subject, text, None, Some(&thread))));
            }
        }
    }
}

pub type Responders = Arc<Mutex<BTreeMap<ThreadId, Responder>>>;

#[derive(Clone, Debug)]
pub struct Responder {
    address: String,
    /// The subject says what it is.
    honest: bool,
    after_ms: u64,
}

/// The people of one portal.
#[derive(Clone)]
pub struct Cast {
    portal: Portal,
    pub threads: Threads,
    pub responders: Responders,
    /// Who writes by e-mail, by conversation.
    mailboxes: BTreeMap<usize, String>,
    ticket: Option<TicketId>,
    rep: ActorId,
}

impl Cast {
    pub fn new(portal: Portal) -> Self {
        let rep = portal.seed().reps[0].actor();
        let (threads, responders) = (Threads::default(), Responders::default());
        Self { portal, threads, responders, mailboxes: BTreeMap::new(), ticket: None, rep }
    }

    /// What cannot be done (no such conversation yet) is not done: a shrunk plan may lack its beginning.
    fn plays(&mut self, number: usize, act: &Act) {
        match act {
            Act::Chat => {
                let begun = self.portal.customer_chats(&Customer::default(), None, &format!("first question {number}"));
                self.begun(number, &begun.expect("a chat begins"));
            }
            Act::Email { quoted, desk } => self.begins_mail(number, desk.then_some(HELP_DESK_ACCOUNT), *quoted),
            Act::Whatsapp => self.begins_mail(number, Some(WHATSAPP_ACCOUNT), false),
            Act::Responder { honest, after_ms } => {
                self.begins_mail(number, None, false);
                let address = self.mailboxes[&number].clone();
                let responder = Responder { address, honest: *honest, after_ms: *after_ms };
                let thread = self.thread(number).expect("it was just begun");
                self.responders.lock().expect("no panic in here").insert(thread, responder);
            }
            Act::Link | Act::TicketChanges { .. } | Act::TicketDeleted | Act::WritesFromTicket | Act::Note => {
                self.ticket(number, act);
            }
            Act::Workflow { name, on } => self.workflow(number, name, *on),
            Act::Says(text) => self.says(number, text, false),
            Act::Quotes(text) => self.says(number, text, true),
            _ => {
                if let Some(thread) = self.thread(number) {
                    self.in_thread(&thread, act);
                }
            }
        }
    }

    fn thread(&self, number: usize) -> Option<ThreadId> {
        self.threads.lock().expect("no panic in here").get(&number).cloned()
    }

    fn begun(&self, number: usize, posted: &Posted) {
        self.threads.lock().expect("no panic in here").insert(number, posted.thread.clone());
    }

    /// Reps and bots in a thread.
    fn in_thread(&self, thread: &ThreadId, act: &Act) {
        let (portal, rep) = (&self.portal, &self.rep);
        let ai = portal.seed().ai.actor();
        match act {
            Act::Bot => drop(portal.bot_says(thread, "I am a bot")),
            Act::Welcome => drop(portal.welcome(thread, "Welcome!")),
            Act::Comment => drop(portal.rep_comments(thread, rep, "a note for the team")),
            Act::Assign(Owner::Ai) => drop(portal.assign(thread, Some(&ai), rep)),
            Act::Assign(Owner::Rep) => drop(portal.assign(thread, Some(rep), rep)),
            Act::Assign(Owner::Nobody) => drop(portal.assign(thread, None, rep)),
            Act::RepReplies => drop(portal.rep_replies(thread, rep, "a human answers")),
            Act::RepMails => drop(portal.rep_replies_from_mailbox(thread, rep, "a human answers by mail")),
            Act::Close => drop(portal.set_closed(thread, true, rep)),
            Act::Reopen => drop(portal.set_closed(thread, false, rep)),
            Act::Trash { on } => drop(portal.set_archived(thread, *on)),
            Act::Spam => drop(portal.mark_spam(thread)),
            Act::Bounces => drop(portal.last_reply_fails(thread, "mailbox full", Duration::ZERO)),
            _ => {}
        }
    }

    fn begins_mail(&mut self, number: usize, account: Option<&str>, quoted: bool) {
        let address = format!("customer{number}@elsewhere.example");
        let quoted = quoted.then_some("> quoted before");
        let mut email = mail(&address, "A question", &format!("first question {number}"), quoted, None);
        email.account = account.map(str::to_owned);
        let begun = self.portal.customer_emails(&email);
        self.mailboxes.insert(number, address);
        self.begun(number, &begun.expect("a thread begins"));
    }

    fn says(&self, number: usize, text: &str, quotes: bool) {
        let Some(thread) = self.thread(number) else { return };
        if let Some(address) = self.mailboxes.get(&number) {
            let ours = format!("> answer to your question {AI_RESPONSE_MARKER}");
            let below = quotes.then_some(ours.as_str());
            drop(self.portal.customer_emails(&mail(address, "Re: A question", text, below, Some(&thread))));
        } else {
            let text = if quotes { format!("> answer to your question\n{text}") } else { text.to_owned() };
            drop(self.portal.customer_chats(&Customer::default(), Some(&thread), &text));
        }
    }

    /// The hand-made ticket; one that was deleted is made anew.
    fn ticket(&mut self, number: usize, act: &Act) {
        let (portal, rep) = (self.portal.clone(), self.rep.clone());
        let ticket = self.ticket.get_or_insert_with(|| portal.create_ticket("A case", &rep).expect("a ticket")).clone();
        match act {
            Act::Link => {
                if let Some(thread) = self.thread(number) {
                    drop(portal.link_ticket(&thread, &ticket));
                }
            }
            Act::TicketChanges { value } => drop(portal.change_ticket(&ticket, "hs_ticket_priority", value, &rep)),
            Act::TicketDeleted => {
                drop(portal.delete_ticket(&ticket));
                self.ticket = None;
            }
            Act::WritesFromTicket => {
                let words = ("About your case", "a human writes first");
                drop(portal.rep_writes_from_ticket(&ticket, &rep, "customer@elsewhere.example", words));
            }
            Act::Note => drop(portal.rep_notes_ticket(&ticket, &rep, "<p>a note on the ticket</p>")),
            _ => {}
        }
    }

    fn workflow(&self, number: usize, name: &str, on: Enrolled) {
        let Some(thread) = self.thread(number) else { return };
        let contact = self.portal.thread_view(&thread).and_then(|view| view.contact);
        let conversation = Object::Conversation { id: thread.0.clone() };
        let (object, inputs) = match (on, &self.ticket, contact) {
            (Enrolled::Ticket, Some(ticket), _) => (Object::Ticket { id: ticket.0.clone() }, Map::new()),
            (Enrolled::Contact, _, Some((id, _))) => {
                (Object::Contact { id }, Map::from_iter([("thread_id".to_owned(), json!(thread.0))]))
            }
            _ => (conversation, Map::new()),
        };
        drop(self.portal.workflow_runs(&WorkflowRun { name: name.to_owned(), object, inputs, signing: None }));
    }
}

fn mail(from: &str, subject: &str, text: &str, quoted: Option<&str>, thread: Option<&ThreadId>) -> Email {
    Email {
        from: from.to_owned(),
        name: None,
        subject: subject.to_owned(),
        text: text.to_owned(),
        quoted: quoted.map(str::to_owned),
        account: None,
        thread: thread.map(|thread| thread.0.clone()),
    }
}
