//! Guarantees 3, 6 and 8: loops are cut, and nobody waits for another's illness.

use hubspot_bridge::domain::EventKind;

use super::case::Case;
use super::record::Author;
use crate::plan::What;

/// An event of a portal that is well ends within this, whatever ails the other: a late webhook is not counted, the longest
/// burst, an agent's slowest answers and a handoff's thirty slow calls are.
const BOUND_MS: i64 = 180_000;

pub fn all(case: &Case<'_>) {
    loops_are_cut(case);
    if is_well(case) {
        ended_soon(case);
    }
}

/// Never more replies in a thread than the limit, within its window.
fn loops_are_cut(case: &Case<'_>) {
    let limit = case.delivery.max_replies_per_thread;
    // By the bridge's clock a window may be shorter than by HubSpot's.
    let window = i64::try_from(limit.window.as_millis()).expect("small") - case.skew;
    for thread in &case.record.threads {
        let replies: Vec<_> = thread.by(Author::Bridge).collect();
        for (first, last) in replies.iter().zip(replies.iter().skip(limit.count)) {
            let apart = last.at.0 - first.at.0;
            assert!(apart >= window, "more than {} replies within {apart} ms\n{}", limit.count, case.told(thread));
        }
    }
}

/// Nothing but slow calls befell this portal, its agent and the process.
fn is_well(case: &Case<'_>) -> bool {
    let ails = |what: &What| match what {
        What::Act { .. }
        | What::Webhooks { .. }
        | What::Slow { .. }
        | What::Unsubscribed { .. }
        | What::Operator { .. }
        | What::Outside { .. } => false,
        What::Trouble { .. }
        | What::Ill { .. }
        | What::Disk { .. }
        | What::Crash { .. }
        | What::Dies { .. }
        | What::Stops { .. }
        | What::Stall { .. }
        | What::Jump { .. } => true,
    };
    let nature = &case.plan.nature;
    let free = nature.habits.fails_percent == 0 && nature.burst.is_none() && nature.rules.turns_in_flight.is_none();
    free && !case.befell().any(ails)
}

fn ended_soon(case: &Case<'_>) {
    for event in case.events.iter().filter(|event| event.kind == EventKind::NewMessage) {
        let took = event.finished_at.expect("it ended").0 - event.received_at.0;
        assert!(took < BOUND_MS, "{took} ms in a portal that is well: {event:?}");
    }
}
