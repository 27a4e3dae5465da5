//! A bulk edit of tickets and a conversation share the places for turns and HubSpot's rate limit. On paused time, where
//! waiting is seen to the tenth of a second: the customer does not wait at all.

use std::time::Duration;

use hubspot_bridge::clock::Clock as _;
use hubspot_bridge::config::Plan;
use hubspot_bridge::domain::{SessionPatch, TicketId};
use hubspot_bridge::sandbox::portal::{Effect, Fault, Limits};
use hubspot_bridge::store::{SessionChange, SessionKey};
use serde_json::{Value, json};

use super::house::{House, acme};

/// Tickets in the edit; their turns take several times the places there are.
const TICKETS: usize = 200;

/// How the house is made scarce of one thing.
type Scarcity = fn(&mut hubspot_bridge::config::Config);

impl House {
    /// Sessions that are linked to tickets, so that each change of one is read and carried over.
    async fn linked_tickets(&mut self) -> Vec<TicketId> {
        let thread = self.chat("Hello").thread;
        self.until_quiet().await;
        let known = self.session(&thread).await.expect("the conversation has a session");
        let mut tickets = Vec::new();
        for n in 0..TICKETS {
            let ticket = TicketId(format!("{}", 900_000 + n));
            let key = SessionKey::Thread(known.connection.clone(), format!("{}", 800_000 + n).into());
            let patch = SessionPatch { ticket_id: Some(ticket.clone()), ..SessionPatch::default() };
            self.life()
                .store
                .patch_session(SessionChange { key, version: 0, patch, followups: Vec::new() })
                .await
                .unwrap();
            tickets.push(ticket);
        }
        tickets
    }

    /// One workflow changes one property of all these tickets.
    async fn edit(&self, tickets: &[TicketId]) {
        for (delivery, part) in tickets.chunks(100).enumerate() {
            let events = part.iter().enumerate().map(|(n, ticket)| {
                let id: u64 = ticket.as_str().parse().unwrap();
                json!({"eventId": 1_000 * delivery + n, "portalId": self.portal.seed().portal_id.0,
                    "occurredAt": 1_795_262_400_000_u64, "subscriptionType": "ticket.propertyChange", "objectId": id,
                    "propertyName": "hs_ticket_priority", "propertyValue": "HIGH", "changeSource": "WORKFLOWS"})
            });
            self.post(Value::Array(events.collect())).await;
        }
    }

    /// How long a customer waits for an answer.
    async fn waits(&mut self, words: &str) -> Duration {
        let thread = self.chat(words).thread;
        let asked = self.clock.now();
        self.run_until("the answer", |house| !house.public_posts(&thread).is_empty()).await;
        self.clock.now().since(asked)
    }

    fn ticket_reads(&self) -> usize {
        let state = self.portal.snapshot();
        let calls = state["calls"].as_array().unwrap().iter();
        calls.filter(|call| call["path"].as_str().unwrap().starts_with("/crm/v3/objects/tickets/")).count()
    }
}

/// The waits without and in the middle of the edit, and how many tickets had been read by then.
async fn compare(scarce: Scarcity, slow: bool) -> (Duration, Duration, usize) {
    let mut house = House::with(scarce).await;
    let tickets = house.linked_tickets().await;
    let limits = Limits { burst: 100, ..Limits::default() };
    house.portal.set_limits(limits);
    if slow {
        house.portal.add_fault(Fault::times(
            u32::try_from(TICKETS).unwrap(),
            "GET",
            "/crm/v3/objects/tickets/*",
            Effect::Delay { ms: 9_000 },
        ));
    }
    let calm = house.waits("Where is my order?").await;
    house.run_for(Duration::from_secs(20)).await;
    house.edit(&tickets).await;
    house.run_for(Duration::from_secs(1)).await;
    let busy = house.waits("And where is mine?").await;
    (calm, busy, house.ticket_reads())
}

#[tokio::test(start_paused = true)]
async fn a_bulk_edit_takes_no_conversation_its_place() {
    // Eight places, of which tickets may take two; each ticket takes nine seconds to read.
    let (calm, busy, read) = compare(|config| config.delivery.max_turns_in_flight = 8, true).await;
    assert_eq!(busy, calm);
    assert!((1..=4).contains(&read), "{read} of {TICKETS} tickets were read: the edit was in full swing");
}

#[tokio::test(start_paused = true)]
async fn a_bulk_edit_uses_up_no_conversations_calls() {
    // A hundred calls in ten seconds: the edit alone would use them up twice.
    let (calm, busy, read) = compare(|config| acme(config).plan = Plan::Starter, false).await;
    assert_eq!(busy, calm);
    assert!((50..=75).contains(&read), "{read} of {TICKETS} tickets were read: their share of the window was used up");
}
