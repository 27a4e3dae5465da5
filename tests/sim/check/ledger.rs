//! Guarantee 2 and the numbers: each event in one final state with a word of the closed lists, and every count agrees with
//! what is counted.

use std::collections::BTreeMap;

use hubspot_bridge::domain::{Event, EventKind, Outcome, Reason, State};
use hubspot_bridge::telemetry::metrics::Finished;

use super::case::Case;
use super::customer::may_die;
use super::record::Author;
use crate::bridge::Bridge;
use crate::plan::What;
use crate::tally::Tally;

pub fn all(case: &Case<'_>, tally: &mut Tally) {
    tally.count("events in the ledgers", case.events.len());
    let failed = case.record.calls.iter().filter(|call| call.status.is_none_or(|status| status >= 400)).count();
    tally.count("failed calls", failed);
    for event in &case.events {
        ended(case, event);
    }
    one_event_for_a_message(case);
    seen_as_often_as_delivered(case);
    sessions_know_whom_they_answered(case);
}

fn ended(case: &Case<'_>, event: &Event) {
    assert!(event.state.is_final(), "not ended: {event:?}");
    let outcome = event.outcome.expect("an outcome");
    assert_eq!(outcome.state(), event.state, "{event:?}");
    assert!(event.finished_at.is_some(), "no time of its end: {event:?}");
    assert!(event.seen >= 1, "never seen: {event:?}");
    match event.state {
        State::Skipped => assert!(event.reason.is_some_and(is_a_skip), "skipped for no reason of the list: {event:?}"),
        State::Dead => {
            let reason = event.reason.expect("a reason");
            assert!(may_die(case, reason), "dead without a cause of the day: {event:?}");
        }
        State::Done => {
            let gave = matches!(outcome, Outcome::HandedOff | Outcome::Drafted);
            let why = event.reason.is_none() || (gave && event.reason.is_some_and(is_a_why));
            assert!(why, "done, with a reason that does not belong there: {event:?}");
        }
        State::Pending | State::Running => panic!("not ended: {event:?}"),
    }
}

/// Why something was handed off or drafted.
fn is_a_why(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Stale
            | Reason::AgentFailed
            | Reason::TopicEscalated
            | Reason::OutcomeUnknown
            | Reason::ChannelCannotSend
            | Reason::DeliveryFailed
            | Reason::ReplyLimit
            | Reason::RejectedByHubspot
            | Reason::MissingScope
    )
}

fn is_a_skip(reason: Reason) -> bool {
    let dead = [
        Reason::PayloadUnreadable,
        Reason::MessageNotFound,
        Reason::ObjectNotFound,
        Reason::AttemptsExhausted,
        Reason::Expired,
        Reason::Interrupted,
    ];
    !is_a_why(reason) && !dead.contains(&reason)
}

/// What comes twice raises `seen`.
fn one_event_for_a_message(case: &Case<'_>) {
    let mut known: BTreeMap<&str, &Event> = BTreeMap::new();
    for event in case.events.iter().filter(|event| event.kind.announces_message()) {
        let Some(id) = &event.message_id else { continue };
        if let Some(other) = known.insert(id.as_str(), event) {
            panic!("two events for one message: {other:?} and {event:?}");
        }
    }
}

/// Guarantee 1, and the counting of what came in: each message event that HubSpot heard a 200 for is in the ledger as often
/// as it was delivered, and no event was seen more often than HubSpot posted it.
fn seen_as_often_as_delivered(case: &Case<'_>) {
    let log = case.record.list("deliveries");
    if log.len() >= 2_000 {
        return; // HubSpot's log is full, its beginning lost.
    }
    let (mut posted, mut taken): (Counts, Counts) = Default::default();
    for line in log {
        let heard = line["received"]["status"] == 200;
        for event in line["events"].as_array().into_iter().flatten() {
            let kind = match event[0].as_str().unwrap_or_default() {
                // Kept as what they are to the bridge: a change of the thread's status.
                "conversation.deletion" | "conversation.privacyDeletion" => EventKind::ThreadProperty.as_str(),
                kind => kind,
            };
            let key = (kind.to_owned(), event[1].to_string());
            *taken.entry(key.clone()).or_default() += u64::from(heard);
            *posted.entry(key).or_default() += 1;
        }
    }
    let (mut webhooks, mut messages): (Counts, Counts) = Default::default();
    for event in &case.events {
        let Some(object) = &event.object else { continue };
        let key = (event.kind.as_str().to_owned(), object.id().to_owned());
        let (seen, from_hubspot) = (u64::from(event.seen), event.hubspot_event_id.is_some());
        *webhooks.entry(key).or_default() += if from_hubspot { seen } else { 0 };
        if event.kind.announces_message() {
            // The webhook that comes after a sweep has found its message raises that event's count.
            let key = (EventKind::NewMessage.as_str().to_owned(), object.id().to_owned());
            *messages.entry(key).or_default() += seen;
        }
    }
    for (what, times) in webhooks {
        let delivered = posted.get(&what).copied().unwrap_or_default();
        assert!(times <= delivered, "{what:?} was seen {times} times and delivered {delivered} times");
    }
    for (what, times) in taken.into_iter().filter(|((kind, _), _)| kind == EventKind::NewMessage.as_str()) {
        let seen = messages.get(&what).copied().unwrap_or_default();
        assert!(seen >= times, "{what:?}: HubSpot heard 200 for {times}, the ledger has seen {seen}");
    }
}

/// By subscription and object.
type Counts = BTreeMap<(String, String), u64>;

/// What a session says it answered is a customer's message of its thread, as HubSpot has it.
fn sessions_know_whom_they_answered(case: &Case<'_>) {
    for session in &case.sessions {
        let (Some(thread), Some(through)) = (&session.thread_id, &session.answered_through) else { continue };
        let thread = case.record.thread(thread.as_str()).expect("its thread");
        let there =
            thread.by(Author::Customer).any(|item| item.id == through.message.as_str() && item.at == through.at);
        assert!(there, "it answered no customer: {session:?}\n{}", case.told(thread));
    }
}

/// What `/metrics` counts is what the ledger holds; the ledger's own counts too.
pub async fn counts_agree(case: &Case<'_>, bridge: &Bridge) {
    let name = |reason: Option<Reason>| reason.map_or("", Reason::as_str);
    let mut ended: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for event in &case.events {
        *ended.entry((event.outcome.expect("an outcome").as_str(), name(event.reason))).or_default() += 1;
    }
    let stats = bridge.ledger.stats().await.expect("the ledger answers");
    let counted = stats.finished.into_iter().filter(|(name, ..)| name.as_str() == case.site.name);
    let counted = counted.map(|(_, outcome, reason, times)| ((outcome.as_str(), name(reason)), times));
    assert_eq!(counted.collect::<BTreeMap<_, _>>(), ended, "the ledger's own counts");
    // Metrics begin anew with each life, and a turn that stood still beyond its lease may have ended without hearing so.
    let one_life = !case.befell().any(|what| {
        matches!(
            what,
            What::Crash { .. } | What::Stall { .. } | What::Dies { .. } | What::Stops { .. } | What::Disk { .. }
        )
    });
    for ((outcome, reason), times) in ended.into_iter().filter(|_| one_life) {
        let labels =
            Finished { connection: case.site.name.to_owned(), outcome: outcome.to_owned(), reason: reason.to_owned() };
        let metric = bridge.metrics.events_finished.get_or_create(&labels).get();
        assert_eq!(metric, times, "bridge_events_finished_total of {labels:?}");
    }
}
