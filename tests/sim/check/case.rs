//! One portal's day, ready to be judged: the portal's record, the ledger, and what the plan says may have gone wrong.

use std::collections::BTreeSet;

use hubspot_bridge::config::Connection;
use hubspot_bridge::config::Delivery;
use hubspot_bridge::domain::{Event, MessageId, Outcome, Session, Timestamp};
use hubspot_bridge::store::types::SessionFilter;

use super::record::{Item, Record, Thread};
use crate::bridge::Bridge;
use crate::plan::{Plan, What};
use crate::play::Site;

pub struct Case<'a> {
    pub site: &'a Site,
    pub plan: &'a Plan,
    pub record: Record,
    pub events: Vec<Event>,
    pub sessions: Vec<Session>,
    pub settings: Connection,
    pub delivery: Delivery,
    /// How far the bridge's clock may be from HubSpot's, in milliseconds.
    pub skew: i64,
    /// How long HubSpot may not have shown what was new, in milliseconds.
    pub unseen: i64,
    pub stalls: bool,
}

impl<'a> Case<'a> {
    pub async fn of(site: &'a Site, bridge: &Bridge, plan: &'a Plan) -> Self {
        let sessions = bridge.ledger.sessions(SessionFilter::default(), None, 200).await.expect("the ledger answers");
        let mut sessions = sessions.items;
        sessions.retain(|session| session.connection.as_str() == site.name);
        let settings = bridge.config.connections.values().find(|connection| connection.name.as_str() == site.name);
        let jumps = plan.parts.iter().map(|part| if let What::Jump { ms } = part.what { ms.abs() } else { 0 });
        Self {
            site,
            plan,
            record: Record::of(site.portal.snapshot()),
            events: super::of_site(bridge, site).await,
            sessions,
            settings: settings.expect("its connection").clone(),
            delivery: bridge.config.delivery.clone(),
            skew: jumps.sum(),
            unseen: i64::try_from(plan.nature.visibility_ms).expect("small"),
            stalls: plan.parts.iter().any(|part| matches!(part.what, What::Stall { .. })),
        }
    }

    /// The events that announced this item.
    pub fn announcing(&self, item: &Item) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| event.message_id.as_ref().is_some_and(|id| id.as_str() == item.id))
    }

    /// The events of a thread that ended so.
    pub fn ended<'s>(&'s self, thread: &'s Thread, outcome: Outcome) -> impl Iterator<Item = &'s Event> {
        let of_it = |event: &&Event| event.object.as_ref().is_some_and(|object| object.id() == thread.id);
        self.events.iter().filter(of_it).filter(move |event| event.outcome == Some(outcome))
    }

    /// The turns of a thread that may have handed it over: a conversation that was sent to the AI is answered, or handed
    /// over, without an event for its messages.
    pub fn handoff_turns(&self, thread: &Thread) -> BTreeSet<i64> {
        let handed = self.ended(thread, Outcome::HandedOff).chain(self.ended(thread, Outcome::Resumed));
        handed.filter_map(|event| event.turn.map(|turn| turn.0)).collect()
    }

    /// Did a workflow or an operator give the thread back to the AI in this time?
    pub fn resumed(&self, thread: &Thread, from: Timestamp, to: Timestamp) -> bool {
        let at = |event: &Event| event.occurred_at.unwrap_or(event.received_at).0;
        let within = |event: &Event| at(event) >= from.0 - self.skew && at(event) <= to.0 + self.skew;
        self.ended(thread, Outcome::Resumed).any(within)
    }

    /// When the event had certainly ended, by HubSpot's clock.
    pub fn decided(&self, event: &Event) -> Timestamp {
        Timestamp(event.finished_at.expect("it ended").0 + self.skew)
    }

    /// Everything about a thread, for a failure's message.
    pub fn told(&self, thread: &Thread) -> String {
        let about = |event: &&Event| {
            let of_it = event.object.as_ref().is_some_and(|object| object.id() == thread.id);
            let id = event.message_id.as_ref().map(MessageId::as_str);
            of_it || thread.items.iter().any(|item| Some(item.id.as_str()) == id)
        };
        let line = |event: &Event| {
            format!(
                "event {} {:?} of {:?}, turn {:?}: {:?} {:?} {:?}, {} to {:?}, seen {}",
                event.id,
                event.kind,
                event.message_id.as_ref().map(MessageId::as_str),
                event.turn.map(|turn| turn.0),
                event.outcome,
                event.reason,
                event.detail,
                event.received_at,
                event.finished_at.map(|at| at.to_string()),
                event.seen
            )
        };
        let events: Vec<String> = self.events.iter().filter(about).map(line).collect();
        format!("{}\n{}", thread.told(), events.join("\n"))
    }
}
