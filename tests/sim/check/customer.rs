//! Guarantees 1, 2 and 4 for what customers wrote: every message was answered once, or a human has it, or it was left out
//! for a reason that the portal's own record bears out. "Skipped for a wrong reason" is how messages get lost.

use std::collections::BTreeMap;

use hubspot_bridge::domain::{Event, Outcome, Reason, Timestamp};

use super::case::Case;
use super::record::{Author, Item, Kind, Thread};
use crate::agent::ANSWER;
use crate::plan::{Act, Plan, What, Wish};
use crate::tally::Tally;

pub fn all(case: &Case<'_>, tally: &mut Tally) {
    tally.count("customer messages", case.record.asked().count());
    said_once(case, tally);
    answered_in_order(case);
    for (thread, item) in case.record.asked() {
        let events: Vec<&Event> = case.announcing(item).collect();
        assert!(
            !events.is_empty() || answer(thread, item).is_some(),
            "nobody knows the customer's message {}\n{}",
            item.id,
            case.told(thread)
        );
        for event in events {
            if let Err(why) = ended_truly(case, thread, item, event, tally) {
                panic!("{why}: message {} of {}, {event:?}\n{}", item.id, item.at, case.told(thread));
            }
        }
    }
    others_are_what_they_are(case);
}

/// The reply that answers it.
fn answer<'a>(thread: &'a Thread, item: &Item) -> Option<&'a Item> {
    thread.replies().find(|reply| reply.names(&item.id))
}

/// No message is answered twice; a reply answers messages of its own thread; a turn speaks once.
fn said_once(case: &Case<'_>, tally: &mut Tally) {
    let mut of_turn: BTreeMap<i64, &Item> = BTreeMap::new();
    for thread in &case.record.threads {
        let mut answered: BTreeMap<&str, &Item> = BTreeMap::new();
        for reply in thread.replies() {
            tally.count("replies", 1);
            assert!(reply.text.starts_with(ANSWER), "a reply nobody planned: {reply:?}\n{}", case.told(thread));
            let asked: Vec<&Item> = thread.by(Author::Customer).filter(|item| reply.names(&item.id)).collect();
            assert!(!asked.is_empty(), "it answers nobody in its thread: {reply:?}\n{}", case.told(thread));
            for item in asked {
                if let Some(before) = answered.insert(&item.id, reply) {
                    panic!("{} was answered twice, by {before:?} and by {reply:?}\n{}", item.id, case.told(thread));
                }
                for event in case.announcing(item).filter(|event| concludes(event)) {
                    let Some(turn) = event.turn else { continue };
                    if let Some(other) = of_turn.insert(turn.0, reply).filter(|other| other.id != reply.id) {
                        panic!("turn {} spoke twice: {other:?} and {reply:?}\n{}", turn.0, case.told(thread));
                    }
                }
            }
        }
    }
}

fn concludes(event: &Event) -> bool {
    matches!(event.outcome, Some(Outcome::Replied | Outcome::Merged | Outcome::HandedOff))
}

/// Guarantee 3: within a thread, no reply goes back behind one before it.
fn answered_in_order(case: &Case<'_>) {
    for thread in &case.record.threads {
        let mut through: Option<Timestamp> = None;
        for reply in thread.replies() {
            let asked: Vec<Timestamp> =
                thread.by(Author::Customer).filter(|item| reply.names(&item.id)).map(|item| item.at).collect();
            let (first, last) = (asked.iter().min().copied(), asked.iter().max().copied());
            assert!(through.is_none() || first > through, "out of order: {reply:?}\n{}", case.told(thread));
            through = last;
        }
    }
}

/// Does the portal's record bear out how the event of a customer's message ended?
fn ended_truly(
    case: &Case<'_>,
    thread: &Thread,
    item: &Item,
    event: &Event,
    tally: &mut Tally,
) -> Result<(), &'static str> {
    let outcome = event.outcome.ok_or("it has no end")?;
    let answered = answer(thread, item).is_some();
    let handed = || is_in_human_hands(case, thread, item, event);
    match outcome {
        Outcome::Replied => answered.then_some(()).ok_or("it says it was answered, the thread does not"),
        Outcome::Merged => {
            let drafted = || drafted(thread, item);
            let silent = || quiet(case, event);
            (answered || handed() || drafted() || silent()).then_some(()).ok_or("it was merged into nothing")
        }
        Outcome::HandedOff => handed().then_some(()).ok_or("it says it was handed off, HubSpot does not"),
        // It had nothing to say, and that is what the agent is like.
        Outcome::NoReplyNeeded if case.plan.nature.habits.silent_percent > 0 => Ok(()),
        Outcome::Drafted => drafted(thread, item).then_some(()).ok_or("it says a draft was made, the thread does not"),
        Outcome::Skipped => {
            let reason = event.reason.ok_or("it was skipped without a reason")?;
            tally.count("customer messages left out", 1);
            skipped_truly(case, thread, item, event, reason, tally)
        }
        Outcome::Dead => {
            let reason = event.reason.ok_or("it is dead without a reason")?;
            tally.count("customer messages dead", 1);
            may_die(case.plan, reason).then_some(()).ok_or("it is dead without a cause of the day")
        }
        _ => Err("no end of a customer's message"),
    }
}

fn skipped_truly(
    case: &Case<'_>,
    thread: &Thread,
    item: &Item,
    event: &Event,
    reason: Reason,
    tally: &mut Tally,
) -> Result<(), &'static str> {
    let decided = case.decided(event);
    let true_when = |truth: bool, lie: &'static str| truth.then_some(()).ok_or(lie);
    match reason {
        Reason::NotAiOwned => true_when(
            owned_by_somebody_else(case, thread, item.at, decided),
            "skipped as not the AI's, but nobody else owned the thread",
        ),
        Reason::SessionHandedOff => true_when(
            thread.was_with_a_human(item.at, decided, case.unseen + case.skew),
            "skipped as handed off, but no human had the conversation",
        ),
        Reason::TakenOver => true_when(
            owned_by_somebody_else(case, thread, item.at, decided)
                || thread.was_with_a_human(item.at, decided, case.unseen + case.skew),
            "skipped as taken over, but no human took the conversation over",
        ),
        Reason::AlreadyAnswered => already_answered(case, thread, item, tally),
        Reason::ThreadArchived | Reason::ThreadDeleted => true_when(thread.gone, "the thread is not in the trash"),
        Reason::TopicIgnored => true_when(
            case.plan.nature.rules.refunds == Some("ignore") && item.text.contains("refund"),
            "skipped as ignored, but no rule ignores it",
        ),
        Reason::SessionPaused => true_when(pauses(case.plan), "skipped as paused, but nobody paused"),
        Reason::AiMarker => true_when(item.text.contains("AI decided to handoff"), "it carries no marker of an AI"),
        _ => Err("a customer's message is never skipped for this reason"),
    }
}

/// Does a workflow or an operator pause the AI on this day?
fn pauses(plan: &Plan) -> bool {
    plan.parts.iter().any(|part| match &part.what {
        What::Act { act: Act::Workflow { name, .. }, .. } => *name == "pause-ai",
        What::Operator { wish, .. } => *wish == Wish::Pause,
        _ => false,
    })
}

/// By a human, or by nobody where that silences the AI.
fn owned_by_somebody_else(case: &Case<'_>, thread: &Thread, from: Timestamp, to: Timestamp) -> bool {
    let silences = |owner: &Option<&str>| match owner {
        Some(owner) => *owner != case.record.ai,
        None => !case.settings.reply_when_unassigned,
    };
    thread.owners(from, to).iter().any(silences)
}

/// A reply names it; or a later message was answered when HubSpot did not show this one yet; or a human answered first; or
/// the handoff of a later one covers it.
fn already_answered(case: &Case<'_>, thread: &Thread, item: &Item, tally: &mut Tally) -> Result<(), &'static str> {
    if answer(thread, item).is_some() {
        return Ok(());
    }
    let later: Vec<&Item> =
        thread.by(Author::Customer).filter(|later| later.at >= item.at && later.id != item.id).collect();
    let replies = || later.iter().filter_map(|later| answer(thread, later));
    if thread.handoffs().any(|handoff| handoff.at >= item.at) {
        return Ok(());
    }
    // A later message's turn read this one too, and came to something else than a reply.
    let elsewhere = [Outcome::HandedOff, Outcome::Drafted, Outcome::NoReplyNeeded, Outcome::Resumed];
    let concluded = |later: &&Item| {
        let ended = |event: &Event| event.outcome.is_some_and(|outcome| elsewhere.contains(&outcome));
        case.announcing(later).any(ended)
    };
    if later.iter().any(|later| concluded(later)) {
        return Ok(());
    }
    if replies().any(|reply| thread.reps().any(|word| word.at >= item.at && word.at <= reply.at)) {
        return Ok(());
    }
    // The question may be long before the reply: what counts is when the thread was last looked at for it.
    let looked = |reply: &Item| {
        let path = format!("/threads/{}/messages", thread.id);
        let asked: Option<Timestamp> = case
            .record
            .answered("GET", &path)
            .map(|call| call.at)
            .filter(|at| *at <= reply.at && later.iter().all(|later| !reply.names(&later.id) || *at >= later.at))
            .min();
        asked.unwrap_or(reply.at)
    };
    if replies().any(|reply| item.at.0 + case.unseen >= looked(reply).0) {
        tally.count("customer messages overtaken (HubSpot showed a later one first)", 1);
        return Ok(());
    }
    Err("skipped as answered, but nobody answered it")
}

/// Does a human have it: is there the comment, an assignment or a ticket of the handoff?
fn is_in_human_hands(case: &Case<'_>, thread: &Thread, item: &Item, event: &Event) -> bool {
    let (from, to) = (item.at, case.decided(event));
    let commented = thread.items.iter().any(|c| {
        c.kind == Kind::Comment && c.author == Author::Bridge && c.at >= from && (c.is_handoff() || c.text.len() > 20)
    });
    let owned = || thread.owners(from, to).iter().any(|owner| owner.is_some_and(|owner| owner != case.record.ai));
    let ticket = || {
        case.record.list("tickets").iter().any(|ticket| {
            let threads = ticket["associations"]["conversations"].as_array();
            let linked = threads.is_some_and(|threads| threads.iter().any(|id| *id == thread.id.as_str()));
            linked && ticket["properties"]["content"].as_str().unwrap_or_default().contains("[hubspot-bridge ")
        })
    };
    commented || owned() || ticket()
}

/// Did its turn end with nothing to say?
fn quiet(case: &Case<'_>, event: &Event) -> bool {
    let silent = |other: &Event| other.turn == event.turn && other.outcome == Some(Outcome::NoReplyNeeded);
    case.plan.nature.habits.silent_percent > 0 && case.events.iter().any(silent)
}

fn drafted(thread: &Thread, item: &Item) -> bool {
    let draft = |c: &&Item| c.kind == Kind::Comment && c.author == Author::Bridge && c.at >= item.at;
    thread.items.iter().any(|c| draft(&c))
}

/// Is there a cause in the day's plan for an event to die of this?
pub fn may_die(plan: &Plan, reason: Reason) -> bool {
    let happens = |cause: fn(&What) -> bool| plan.parts.iter().any(|part| cause(&part.what));
    let ends = |what: &What| matches!(what, What::Crash { .. } | What::Dies { .. } | What::Stops { .. });
    let rules = plan.nature.rules;
    match reason {
        Reason::MessageNotFound => plan.nature.visibility_ms >= 30_000 || plan.is_refused_something(),
        // A ticket that was deleted, a conversation that the agent's side does not know.
        Reason::ObjectNotFound => {
            plan.is_refused_something()
                || happens(|what| matches!(what, What::Act { act: Act::TicketDeleted, .. } | What::Outside { .. }))
        }
        Reason::RejectedByHubspot | Reason::MissingScope => plan.is_refused_something(),
        Reason::Interrupted => rules.at_most_once && happens(ends),
        Reason::AgentFailed => rules.on_agent_failure == "silent",
        Reason::Expired => rules.max_event_age.is_some(),
        _ => false,
    }
}

/// Guarantee 6, and no message of a customer among them: what was no customer's is called what it is.
fn others_are_what_they_are(case: &Case<'_>) {
    for thread in &case.record.threads {
        for item in &thread.items {
            let reasons: &[Reason] = match (item.author, &item.kind) {
                (Author::Customer, Kind::Message) => continue,
                (Author::Machine, _) => &[Reason::AutoReply],
                (Author::Bridge, _) => &[Reason::OwnMessage],
                (Author::Bot, _) => &[Reason::SenderIsBot],
                (Author::Rep, Kind::Comment) => &[Reason::InternalComment],
                (Author::Rep, _) => &[Reason::SenderIsAgent, Reason::TicketNotTagged],
                (Author::RepsMailbox, _) => &[Reason::SenderIsInternal, Reason::TicketNotTagged],
                (Author::System | Author::Customer, _) => &[Reason::NotAMessage],
            };
            let answers = thread.replies().filter(|reply| reply.names(&item.id)).count();
            assert_eq!(answers, 0, "{:?} was answered: {item:?}\n{}", item.author, case.told(thread));
            for event in case.announcing(item) {
                let relayed = matches!(event.outcome, Some(Outcome::Relayed)) && item.is_reps_word();
                let mirrored = event.outcome == Some(Outcome::NoteMirrored) && item.kind == Kind::Comment;
                let gone = matches!(event.reason, Some(Reason::ThreadArchived | Reason::ThreadDeleted)) && thread.gone;
                let skipped =
                    event.outcome == Some(Outcome::Skipped) && event.reason.is_some_and(|r| reasons.contains(&r));
                let dead = event.outcome == Some(Outcome::Dead) && event.reason.is_some_and(|r| may_die(case.plan, r));
                assert!(
                    relayed || mirrored || gone || skipped || dead,
                    "{:?} wrote it, but its event says otherwise: {event:?}\n{}",
                    item.author,
                    case.told(thread)
                );
            }
        }
    }
}
