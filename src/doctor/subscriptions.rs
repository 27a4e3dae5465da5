//! One line for each subscription the bridge uses: heard of lately, never, or no longer.

use std::time::Duration;

use super::{Line, Patient};
use crate::config::Connection;
use crate::domain::Timestamp;
use crate::intake::observed::Seen;
use crate::worker::sweep;

/// Others came since so long ago, and this one not for [`STOPPED`].
const ALIVE: Duration = Duration::from_hours(24);
const STOPPED: Duration = Duration::from_hours(7 * 24);

/// How much is lost without it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Nothing is answered.
    Vital,
    /// Something is noticed late or not at all.
    Useful,
    /// What it tells happens so rarely that silence says nothing.
    Rare,
}

struct Subscription {
    /// As it is called in HubSpot, with what tells it apart.
    name: &'static str,
    /// The names deliveries are remembered by.
    heard: &'static [&'static str],
    weight: Weight,
    /// What does not work without it.
    breaks: &'static str,
}

const CONVERSATIONS: [Subscription; 6] = [
    Subscription {
        name: "conversation.newMessage",
        heard: &["conversation.newMessage", "conversation.messageCreated"],
        weight: Weight::Vital,
        breaks: "customers' messages are found by the sweep only, minutes late",
    },
    Subscription {
        name: "conversation.propertyChange assignedTo",
        heard: &["conversation.propertyChange assignedTo"],
        weight: Weight::Useful,
        breaks: "an assignment does not stop a running answer, and is not taken as giving the conversation back",
    },
    Subscription {
        name: "conversation.propertyChange status",
        heard: &["conversation.propertyChange status"],
        weight: Weight::Useful,
        breaks: "the closing of a conversation is not noticed",
    },
    Subscription {
        name: "conversation.propertyChange isArchived",
        heard: &["conversation.propertyChange isArchived"],
        weight: Weight::Rare,
        breaks: "a conversation taken out of the trash is not noticed",
    },
    Subscription {
        name: "conversation.deletion",
        heard: &["conversation.deletion"],
        weight: Weight::Rare,
        breaks: "a deleted conversation is noticed at its next message only",
    },
    Subscription {
        name: "conversation.privacyDeletion",
        heard: &["conversation.privacyDeletion"],
        weight: Weight::Rare,
        breaks: "a conversation deleted for good is noticed at its next message only",
    },
];

const TICKETS: Subscription = Subscription {
    name: "ticket.propertyChange",
    heard: &["ticket.propertyChange"],
    weight: Weight::Useful,
    breaks: "changes of tickets do not reach the agent",
};

const NOTES: Subscription = Subscription {
    name: "object.creation 0-46",
    heard: &["object.creation 0-46"],
    weight: Weight::Useful,
    breaks: "reps' notes are not mirrored",
};

/// Lines `subscription NAME`.
pub async fn lines(patient: &Patient<'_>) -> Vec<Line> {
    let settings: &Connection = &patient.cx.settings;
    let tickets = settings.ticketing.enabled.then_some(&TICKETS);
    let notes = settings.mirror_notes.then_some(&NOTES);
    let used = CONVERSATIONS.iter().chain(tickets).chain(notes);
    let found = match patient.store {
        // A store that cannot be read is told by its own lines.
        Some(store) => sweep::found(store, &settings.name, patient.now).await.unwrap_or_default(),
        None => 0,
    };
    used.map(|subscription| match &patient.seen {
        Some(seen) => line(subscription, seen, found, patient.now),
        None => patient.unheard(check(subscription)),
    })
    .collect()
}

fn check(subscription: &Subscription) -> String {
    format!("subscription {}", subscription.name)
}

/// `found`: customers' messages of the last day that only the sweep noticed.
fn line(subscription: &Subscription, seen: &Seen, found: u64, now: Timestamp) -> Line {
    let check = check(subscription);
    let newest = |names: &[&str]| names.iter().filter_map(|name| seen.types.get(*name)).max().copied();
    let any = seen.types.values().max().copied();
    let breaks = subscription.breaks;
    let vital = subscription.weight == Weight::Vital;
    if vital && found > 0 && any.is_none_or(|any| now.since(any) > ALIVE) {
        let since = any.map_or_else(|| "ever".to_owned(), |any| format!("since {any}"));
        let words = format!(
            "HubSpot has conversations, but no webhook came {since}: the sweep alone found {found} messages in the last day"
        );
        let fix = "look whether the app is still installed, whether its webhooks are switched on, at their target URL (see the \
                   line `webhook url`), and whether edits of its subscriptions were committed";
        return Line::failed(check, words, fix);
    }
    let (words, fix) = match newest(subscription.heard) {
        None if subscription.weight == Weight::Rare => return Line::ok(check, "never heard of, which is rare anyway"),
        None if vital && any.is_none() && seen.delivery.is_none() => {
            let words = "nothing was heard of HubSpot yet, and the sweep found nothing that should have been";
            return Line::warning(
                check,
                words,
                fix(&format!("write to the inbox; if nothing comes, {}", subscribe(subscription.name))),
            );
        }
        None => (format!("never heard of: without it {breaks}"), fix(&subscribe(subscription.name))),
        Some(last) if is_over(last, any, now) && subscription.weight != Weight::Rare => {
            let words = format!("last heard of at {last}, though others came in the last day: without it {breaks}");
            let name = subscription.name;
            (
                words,
                fix(&format!(
                    "look whether the app is still subscribed to {name}, and that the subscription is active"
                )),
            )
        }
        Some(last) => return Line::ok(check, format!("last heard of at {last}")),
    };
    if vital { Line::failed(check, words, fix) } else { Line::warning(check, words, fix) }
}

/// Silent for a week while others speak.
fn is_over(last: Timestamp, any: Option<Timestamp>, now: Timestamp) -> bool {
    now.since(last) > STOPPED && any.is_some_and(|any| now.since(any) <= ALIVE)
}

fn subscribe(name: &str) -> String {
    format!("subscribe the app to {name} and switch it on")
}

fn fix(what: &str) -> String {
    format!(
        "{what}. Changes of subscriptions must be committed in HubSpot (\"Commit changes\", or `hs project upload`) and take up to \
         five minutes; if they need a new scope, install the app anew. Then make it happen once and look again"
    )
}
