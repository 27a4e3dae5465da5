//! Guarantees 1, 2 and 4 for what customers wrote: every message was answered once, or a human has it, or it was left out
//! for a reason that the portal's own record bears out. "Skipped for a wrong reason" is how messages get lost.

use std::collections::BTreeMap;

use hubspot_bridge::domain::{Event, Mode, Outcome, Reason, Timestamp};
use hubspot_bridge::sandbox::portal::Effect;

use super::case::{Case, Told};
use super::record::{Author, Item, Kind, Thread};
use crate::agent::{ANSWER, OUTSIDE};
use crate::plan::{Act, What};
use crate::tally::Tally;

pub fn all(case: &Case<'_>, tally: &mut Tally) {
    tally.count("customer messages", case.record.asked().count());
    said_once(case, tally);
    answered_in_order(case);
    for (thread, item) in case.record.asked() {
        let events: Vec<&Event> = case.announcing(item).collect();
        assert!(
            // A thread in the trash is in no list: a message there whose webhook is lost is found by nobody.
            !events.is_empty()
                || answer(thread, item).is_some()
                || case.was_in_the_trash(thread)
                || died_with_its_thread(case, thread, item),
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

/// HubSpot was away until what was known of the thread expired: a message whose webhook was lost too is part of that, and
/// the events that died name the thread.
fn died_with_its_thread(case: &Case<'_>, thread: &Thread, item: &Item) -> bool {
    let cut_short = [Reason::Expired, Reason::AttemptsExhausted, Reason::Interrupted];
    let died_later = |event: &Event| event.finished_at.is_some_and(|at| at.0 + case.skew >= item.at.0);
    case.about(thread).any(|event| event.reason.is_some_and(|reason| cut_short.contains(&reason)) && died_later(event))
}

/// The reply that answers it.
fn answer<'a>(thread: &'a Thread, item: &Item) -> Option<&'a Item> {
    thread.replies().find(|reply| reply.names(&item.id))
}

/// No message is answered twice; a reply answers messages of its own thread; a turn speaks once.
fn said_once(case: &Case<'_>, tally: &mut Tally) {
    let mut of_turn: BTreeMap<i64, &Item> = BTreeMap::new();
    // What cannot be known is posted again only where the settings say so, or where HubSpot hides it beyond `settle`.
    let once = case.plan.nature.settles() && !case.plan.nature.rules.repost;
    for thread in &case.record.threads {
        let mut answered: BTreeMap<&str, &Item> = BTreeMap::new();
        for reply in thread.replies() {
            tally.count("replies", 1);
            assert!(
                case.settings.mode == Mode::Autopilot,
                "it only assists, and spoke: {reply:?}\n{}",
                case.told(thread)
            );
            assert!(reply.text.starts_with(ANSWER), "a reply nobody planned: {reply:?}\n{}", case.told(thread));
            let asked: Vec<&Item> = thread.by(Author::Customer).filter(|item| reply.names(&item.id)).collect();
            assert!(!asked.is_empty(), "it answers nobody in its thread: {reply:?}\n{}", case.told(thread));
            for item in asked {
                if let Some(before) = answered.insert(&item.id, reply).filter(|_| once) {
                    panic!("{} was answered twice, by {before:?} and by {reply:?}\n{}", item.id, case.told(thread));
                }
                for event in case.announcing(item).filter(|event| concludes(event)) {
                    let Some(turn) = event.turn else { continue };
                    if let Some(other) = of_turn.insert(turn.0, reply).filter(|other| other.id != reply.id && once) {
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
    if !case.plan.nature.settles() {
        return;
    }
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
            (answered || handed() || drafted() || unneeded(case)).then_some(()).ok_or("it was merged into nothing")
        }
        Outcome::HandedOff => handed().then_some(()).ok_or("it says it was handed off, HubSpot does not"),
        Outcome::Drafted => drafted(thread, item).then_some(()).ok_or("it says a draft was made, the thread does not"),
        Outcome::NoReplyNeeded => unneeded(case).then_some(()).ok_or("the agent never has nothing to say"),
        Outcome::Skipped => {
            let reason = event.reason.ok_or("it was skipped without a reason")?;
            tally.count("customer messages left out", 1);
            skipped_truly(case, thread, item, event, reason, tally)
        }
        Outcome::Dead => {
            let reason = event.reason.ok_or("it is dead without a reason")?;
            tally.count("customer messages dead", 1);
            may_die(case, reason).then_some(()).ok_or("it is dead without a cause of the day")
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
            with_a_human(case, thread, item.at, decided),
            "skipped as handed off, but no human had the conversation",
        ),
        Reason::TakenOver => true_when(
            owned_by_somebody_else(case, thread, item.at, decided) || with_a_human(case, thread, item.at, decided),
            "skipped as taken over, but no human took the conversation over",
        ),
        Reason::AlreadyAnswered => already_answered(case, thread, item, tally),
        Reason::SessionPaused => {
            true_when(case.was_told(thread, Told::Pause, decided), "skipped as paused, but nobody paused the AI")
        }
        Reason::TopicIgnored => true_when(
            case.plan.nature.rules.refunds == Some("ignore") && item.text.contains("refund"),
            "no topic rule ignores it",
        ),
        Reason::ThreadArchived | Reason::ThreadDeleted => {
            true_when(case.was_in_the_trash(thread), "the thread was never in the trash")
        }
        Reason::AiMarker => true_when(item.text.contains("AI decided to handoff"), "it carries no marker of an AI"),
        _ => Err("a customer's message is never skipped for this reason"),
    }
}

/// Had a human the conversation at some time, by the thread or by the ticket of a handoff?
fn with_a_human(case: &Case<'_>, thread: &Thread, from: Timestamp, to: Timestamp) -> bool {
    thread.was_with_a_human(from, to, case.unseen + case.skew) || case.has_ticket(thread, to)
}

/// By a human, or by nobody where that silences the AI.
fn owned_by_somebody_else(case: &Case<'_>, thread: &Thread, from: Timestamp, to: Timestamp) -> bool {
    let silences = |owner: Option<&str>| match owner {
        Some(owner) => owner != case.record.ai,
        None => !case.settings.reply_when_unassigned,
    };
    thread.owners(from, to).into_iter().any(silences)
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
    let given = |other: &Item| other.author == Author::Bridge && other.at >= item.at && thread.takes(other);
    if thread.items.iter().any(given) || drafted(thread, item) || unneeded(case) {
        return Ok(());
    }
    // A rep answered it in public: given back later, it is not answered once more.
    if thread.reps().any(|word| word.at >= item.at) {
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
    let commented = thread.handoffs().any(|handoff| handoff.at >= from);
    let owned = || thread.owners(from, to).iter().any(|owner| owner.is_some_and(|owner| owner != case.record.ai));
    commented || owned() || case.has_ticket(thread, to)
}

fn drafted(thread: &Thread, item: &Item) -> bool {
    let draft = |c: &&Item| c.kind == Kind::Comment && c.author == Author::Bridge && c.at >= item.at;
    thread.items.iter().any(|c| draft(&c))
}

/// May the agent have had nothing to say?
fn unneeded(case: &Case<'_>) -> bool {
    case.plan.nature.habits.silent_percent > 0
}

/// Is there a cause in this portal's day for an event to die of this?
pub fn may_die(case: &Case<'_>, reason: Reason) -> bool {
    let rules = &case.plan.nature.rules;
    let status = |wanted: &[u16]| {
        case.befell().any(|what| match what {
            What::Trouble { fault, .. } => {
                matches!(fault.effect, Effect::Status { code, .. } if wanted.contains(&code))
            }
            _ => false,
        })
    };
    let died = || case.befell().any(|what| matches!(what, What::Crash { .. } | What::Dies { .. } | What::Stops { .. }));
    let lasting = || case.befell().any(|what| matches!(what, What::Trouble { fault, .. } if fault.times.is_none()));
    match reason {
        // A clock set forward shortens the wait.
        Reason::MessageNotFound => (case.unseen > 0 && case.unseen + case.skew >= 30_000) || status(&[404]),
        Reason::ObjectNotFound => {
            let deleted = |what: &What| matches!(what, What::Act { act: Act::TicketDeleted, .. });
            // The agent's side tells of a conversation that it does not know itself.
            let unknown = |what: &What| matches!(what, What::Outside { id, .. } if !id.starts_with(OUTSIDE));
            status(&[404]) || case.befell().any(|what| deleted(what) || unknown(what))
        }
        Reason::RejectedByHubspot => status(&[400, 403, 404, 409]),
        Reason::MissingScope => status(&[403]),
        Reason::AgentFailed => {
            let ill = |what: &What| matches!(what, What::Ill { .. });
            rules.on_agent_failure == "silent" && (case.plan.nature.habits.fails_percent > 0 || case.befell().any(ill))
        }
        Reason::Interrupted => rules.at_most_once && (died() || case.stalls),
        Reason::Expired => rules.max_event_age.is_some(),
        Reason::AttemptsExhausted => lasting(),
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
                // Nobody looked whether an unclear comment was made, so its id is not known as ours.
                (Author::Bridge, Kind::Comment) if case.plan.nature.rules.at_most_once => {
                    &[Reason::OwnMessage, Reason::InternalComment]
                }
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
                let gone = matches!(event.reason, Some(Reason::ThreadArchived | Reason::ThreadDeleted))
                    && case.was_in_the_trash(thread);
                let skipped =
                    event.outcome == Some(Outcome::Skipped) && event.reason.is_some_and(|r| reasons.contains(&r));
                let dead = event.outcome == Some(Outcome::Dead) && event.reason.is_some_and(|r| may_die(case, r));
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
