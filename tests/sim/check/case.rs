//! One portal's day, ready to be judged: the portal's record, the ledger, and what the plan says may have gone wrong.

use std::collections::BTreeSet;

use hubspot_bridge::config::{Connection, Delivery, ReturnToAi};
use hubspot_bridge::domain::{Event, MessageId, Outcome, Session, Timestamp};
use hubspot_bridge::sandbox::portal::Effect;
use hubspot_bridge::store::types::SessionFilter;

use super::record::{Item, Record, Thread};
use crate::bridge::Bridge;
use crate::plan::{Act, Enrolled, Plan, What, Wish};
use crate::play::{START, Site};

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
        let settings = settings.expect("its connection").clone();
        let jumps = plan.parts.iter().map(|part| if let What::Jump { ms } = part.what { ms.abs() } else { 0 });
        Self {
            site,
            plan,
            record: Record::of(site.portal.snapshot(), settings.return_to_ai == ReturnToAi::OnClose),
            events: super::of_site(bridge, site).await,
            sessions,
            settings,
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

    /// The events of a thread.
    pub fn about<'s>(&'s self, thread: &'s Thread) -> impl Iterator<Item = &'s Event> {
        self.events.iter().filter(|event| event.object.as_ref().is_some_and(|object| object.id() == thread.id))
    }

    /// The turns of a thread that may have handed it over: those that say so; those in which it was sent to the AI, which may
    /// answer, and hand off, messages that no event announced; and those that died half-way, cut short or too old.
    pub fn handoff_turns(&self, thread: &Thread) -> BTreeSet<i64> {
        let may = |event: &&Event| matches!(event.outcome, Some(Outcome::HandedOff | Outcome::Resumed | Outcome::Dead));
        self.about(thread).filter(may).filter_map(|event| event.turn.map(|turn| turn.0)).collect()
    }

    /// What befell this portal, its agent and the process.
    pub fn befell(&self) -> impl Iterator<Item = &What> {
        let here = |what: &&What| match what {
            What::Act { portal, .. }
            | What::Trouble { portal, .. }
            | What::Slow { portal, .. }
            | What::Webhooks { portal, .. }
            | What::Unsubscribed { portal, .. }
            | What::Ill { portal, .. }
            | What::Outside { portal, .. }
            | What::Operator { portal, .. } => *portal == self.site.number,
            What::Disk { .. }
            | What::Crash { .. }
            | What::Dies { .. }
            | What::Stops { .. }
            | What::Stall { .. }
            | What::Jump { .. } => true,
        };
        self.plan.parts.iter().map(|part| &part.what).filter(here)
    }

    /// Did somebody ask this of the thread's AI, by a workflow or as an operator, before then?
    pub fn was_told(&self, thread: &Thread, word: Told, before: Timestamp) -> bool {
        let parts =
            self.plan.parts.iter().filter(|part| START.0 + i64::try_from(part.at_ms).expect("small") <= before.0);
        let (here, number) = (self.site.number, thread.number());
        parts.into_iter().any(|part| match &part.what {
            What::Act { portal, conversation, act: Act::Workflow { name, on } } => {
                let meant = *on == Enrolled::Ticket || Some(*conversation) == number;
                *portal == here && meant && word.is_workflow(name)
            }
            What::Operator { portal, conversation, wish } => {
                *portal == here && Some(*conversation) == number && word.is_wish(*wish)
            }
            _ => false,
        })
    }

    /// Was it put in the trash at some time?
    pub fn was_in_the_trash(&self, thread: &Thread) -> bool {
        let number = thread.number();
        thread.gone
            || self.befell().any(|what| {
                let What::Act { conversation, act, .. } = what else { return false };
                Some(*conversation) == number && matches!(act, Act::Trash { on: true } | Act::Spam)
            })
            // HubSpot said both times, among what is live and in the trash, that there is no such thread: it is believed.
            || self.befell().any(|what| {
                let What::Trouble { fault, .. } = what else { return false };
                fault.times.is_none_or(|times| times >= 2) && matches!(fault.effect, Effect::Status { code: 404, .. })
            })
    }

    /// A ticket that the bridge made for the thread by then.
    pub fn has_ticket(&self, thread: &Thread, by: Timestamp) -> bool {
        self.record.list("tickets").iter().any(|ticket| {
            let threads = ticket["associations"]["conversations"].as_array();
            let linked = threads.is_some_and(|threads| threads.iter().any(|id| *id == thread.id.as_str()));
            let made = ticket["properties"]["createdate"].as_str().and_then(Timestamp::parse);
            let ours = ticket["properties"]["content"].as_str().unwrap_or_default().contains("[hubspot-bridge ");
            linked && ours && made.is_some_and(|made| made <= by)
        })
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

/// What people and workflows tell the AI of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    Pause,
    /// It may speak again.
    Resume,
}

impl Told {
    fn is_workflow(self, name: &str) -> bool {
        match self {
            Self::Pause => name == "pause-ai",
            Self::Resume => matches!(name, "resume-ai" | "send-to-ai"),
        }
    }

    fn is_wish(self, wish: Wish) -> bool {
        match self {
            Self::Pause => wish == Wish::Pause,
            Self::Resume => wish == Wish::Resume,
        }
    }
}
