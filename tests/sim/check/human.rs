//! Guarantee 5: nothing is said over a human. Judged by the call log: by what HubSpot answered last before the post.

use hubspot_bridge::domain::Timestamp;
use hubspot_bridge::sandbox::portal::Effect;

use super::case::{Case, Told};
use super::record::{Item, Thread};
use crate::plan::What;

/// With a process that stood still between its last look and the post: three calls of up to 10 s, by which the look is
/// still believed.
const STALLED_MS: i64 = 31_000;

pub fn all(case: &Case<'_>) {
    for (thread, reply) in case.record.replies() {
        let looked = last_look(case, thread, reply);
        at_once(case, thread, reply, looked);
        nobody_else_owned_it(case, thread, reply, looked);
        no_rep_had_written(case, thread, reply, looked);
        not_after_its_own_handoff(case, thread, reply);
    }
}

/// When the thread and then its newest messages were last read before the post.
#[derive(Clone, Copy)]
struct Look {
    thread: Timestamp,
    messages: Timestamp,
}

fn last_look(case: &Case<'_>, thread: &Thread, reply: &Item) -> Look {
    let (path, list) = (format!("/threads/{}", thread.id), format!("/threads/{}/messages", thread.id));
    let lists: Vec<Timestamp> = case.record.answered("GET", &list).map(|call| call.at).collect();
    // The newest page comes first. Should it be the sweep's, the look was later still.
    let after = |at: Timestamp| lists.iter().copied().find(|list| *list >= at && *list <= reply.at);
    let looks = case.record.answered("GET", &path).rev().filter(|call| call.at <= reply.at);
    let mut looks = looks.filter_map(|call| Some(Look { thread: call.at, messages: after(call.at)? }));
    let look = looks.next().unwrap_or_else(|| panic!("posted without a look: {reply:?}\n{}", case.told(thread)));
    let slack = if case.stalls { STALLED_MS } else { 0 };
    Look { thread: Timestamp(look.thread.0 - slack), messages: Timestamp(look.messages.0 - slack) }
}

/// Nothing but the answers themselves takes time from the look to the post: not the agent, not the rate limit.
fn at_once(case: &Case<'_>, thread: &Thread, reply: &Item, looked: Look) {
    if case.stalls {
        return;
    }
    let delays = case.befell().filter_map(|what| match what {
        What::Trouble { fault, .. } | What::Slow { fault, .. } => match fault.effect {
            Effect::Delay { ms } => i64::try_from(ms).ok(),
            _ => None,
        },
        _ => None,
    });
    // A slower answer than that is none.
    let longest = delays.max().unwrap_or_default().min(10_000) + 50;
    let list = format!("/threads/{}/messages", thread.id);
    let pages = case.record.answered("GET", &list).map(|call| call.at);
    let pages = pages.filter(|at| *at >= looked.messages && *at < reply.at);
    let mut before = looked.thread;
    for at in pages.chain([reply.at]) {
        assert!(
            at.0 - before.0 <= longest,
            "posted {} ms after the look of {before}: {reply:?}\n{}",
            reply.at.0 - before.0,
            case.told(thread)
        );
        before = at;
    }
}

fn nobody_else_owned_it(case: &Case<'_>, thread: &Thread, reply: &Item, looked: Look) {
    let to = if case.stalls { reply.at } else { looked.thread };
    let owners = thread.owners(looked.thread, to);
    let allowed = |owner: Option<&str>| match owner {
        Some(owner) => owner == case.record.ai,
        None => case.settings.reply_when_unassigned,
    };
    assert!(
        owners.iter().copied().any(allowed),
        "posted in a thread of {owners:?}, last looked at {}: {reply:?}\n{}",
        looked.thread,
        case.told(thread)
    );
}

/// What HubSpot certainly showed counts: a rep's word from `unseen` before the look, what gives back up to the look itself.
fn no_rep_had_written(case: &Case<'_>, thread: &Thread, reply: &Item, looked: Look) {
    let shown = |item: &&Item| item.at.0 + case.unseen < looked.messages.0;
    let Some(word) = thread.reps().filter(shown).last() else { return };
    let back = thread.items.iter().any(|item| item.at >= word.at && item.at <= reply.at && thread.gives_back(item));
    assert!(
        back || case.was_told(thread, Told::Resume, reply.at),
        "posted over a rep's word of {}, last looked at {}: {reply:?}\n{}",
        word.at,
        looked.messages,
        case.told(thread)
    );
}

/// What the bridge gave to a human is a human's until it is given back.
fn not_after_its_own_handoff(case: &Case<'_>, thread: &Thread, reply: &Item) {
    let Some(handoff) = thread.handoffs().filter(|handoff| handoff.at < reply.at).last() else { return };
    let since = handoff.at.0 - case.skew;
    let back = thread.items.iter().any(|item| item.at.0 >= since && item.at <= reply.at && thread.gives_back(item));
    let back = back || case.was_told(thread, Told::Resume, reply.at);
    assert!(back, "posted after its own handoff of {}: {reply:?}\n{}", handoff.at, case.told(thread));
}
