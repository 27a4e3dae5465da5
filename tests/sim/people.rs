//! Carries out what people do in a plan: customers who keep typing, reps who take over and give back, bots, tickets.

use std::collections::BTreeMap;
use std::time::Duration;

use hubspot_bridge::domain::{ThreadId, TicketId};
use hubspot_bridge::sandbox::portal::Portal;
use hubspot_bridge::sandbox::portal::people::{Customer, Email, Posted};
use tokio::time::Instant;

use super::plan::{Act, Owner, Part, What};

/// Plays every act of the plan at its time, on these portals.
pub async fn play(portals: Vec<Portal>, parts: Vec<Part>) {
    let began = Instant::now();
    let mut casts: Vec<Cast> = portals.into_iter().map(Cast::new).collect();
    for part in parts {
        if let What::Act { portal, conversation, act } = &part.what {
            tokio::time::sleep_until(began + Duration::from_millis(part.at_ms)).await;
            casts[*portal].plays(*conversation, act);
        }
    }
}

/// The people of one portal.
struct Cast {
    portal: Portal,
    threads: BTreeMap<usize, ThreadId>,
    ticket: Option<TicketId>,
}

impl Cast {
    fn new(portal: Portal) -> Self {
        Self { portal, threads: BTreeMap::new(), ticket: None }
    }

    /// What cannot be done (no such conversation yet) is not done: a shrunk plan may lack its beginning.
    fn plays(&mut self, number: usize, act: &Act) {
        let (ai, rep) = (self.portal.seed().ai.actor(), self.portal.seed().reps[0].actor());
        match act {
            Act::Chat => {
                let begun = self.portal.customer_chats(&Customer::default(), None, &format!("first question {number}"));
                self.begun(number, begun.expect("a chat begins"));
            }
            Act::Email { quoted } => self.email(number, *quoted),
            Act::Link | Act::TicketChanges { .. } => self.ticket(number, act),
            Act::Says(_) | Act::Bot | Act::Comment | Act::Assign(_) | Act::RepReplies | Act::RepMails | Act::Close => {
                let (Some(thread), portal) = (self.threads.get(&number), &self.portal) else { return };
                match act {
                    Act::Says(text) => drop(portal.customer_chats(&Customer::default(), Some(thread), text)),
                    Act::Bot => drop(portal.bot_says(thread, "I am a bot")),
                    Act::Comment => drop(portal.rep_comments(thread, &rep, "a note for the team")),
                    Act::Assign(Owner::Ai) => drop(portal.assign(thread, Some(&ai), &rep)),
                    Act::Assign(Owner::Rep) => drop(portal.assign(thread, Some(&rep), &rep)),
                    Act::Assign(Owner::Nobody) => drop(portal.assign(thread, None, &rep)),
                    Act::RepReplies => drop(portal.rep_replies(thread, &rep, "a human answers")),
                    Act::RepMails => drop(portal.rep_replies_from_mailbox(thread, &rep, "a human answers by mail")),
                    Act::Close => drop(portal.set_closed(thread, true, &rep)),
                    Act::Chat | Act::Email { .. } | Act::Link | Act::TicketChanges { .. } => {}
                }
            }
        }
    }

    fn begun(&mut self, number: usize, posted: Posted) {
        self.threads.insert(number, posted.thread);
    }

    fn email(&mut self, number: usize, quoted: bool) {
        let begun = self.portal.customer_emails(&Email {
            from: format!("customer{number}@elsewhere.example"),
            name: None,
            subject: "A question".into(),
            text: format!("first question {number}"),
            quoted: quoted.then(|| "> quoted before".into()),
            account: None,
            thread: None,
        });
        self.begun(number, begun.expect("a thread begins"));
    }

    fn ticket(&mut self, number: usize, act: &Act) {
        let rep = self.portal.seed().reps[0].actor();
        let portal = self.portal.clone();
        let ticket = self.ticket.get_or_insert_with(|| portal.create_ticket("A case", &rep).expect("a ticket"));
        match act {
            Act::Link => {
                if let Some(thread) = self.threads.get(&number) {
                    drop(portal.link_ticket(thread, ticket));
                }
            }
            Act::TicketChanges { value } => drop(portal.change_ticket(ticket, "hs_ticket_priority", value, &rep)),
            _ => {}
        }
    }
}
