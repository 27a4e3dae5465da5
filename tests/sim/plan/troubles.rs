//! What goes wrong at HubSpot and at the agent's side: errors of every class, on all routes or on one, always, for a while
//! or for so many calls.

use hubspot_bridge::sandbox::portal::{BodyKind, DeliveryFaults, Effect, Fault};

use super::{Nature, Script, What};
use crate::agent::Illness;

/// Routes by themselves: what a handoff touches, and what a conversation reads and writes.
const ROUTES: [(&str, Option<&str>); 11] = [
    ("/crm/v3/objects/contacts/**", None),
    ("/crm/v3/objects/tickets/**", None),
    ("/crm/v3/objects/notes/**", None),
    ("/crm/v3/owners/**", None),
    ("/crm/v4/objects/**", None),
    ("/conversations/v3/conversations/threads/*/messages", Some("POST")),
    ("/conversations/v3/conversations/threads/*/messages", Some("GET")),
    ("/conversations/v3/conversations/threads/*/messages/*", Some("GET")),
    ("/conversations/v3/conversations/threads/*", Some("PATCH")),
    ("/conversations/v3/conversations/threads/*", Some("GET")),
    ("/conversations/conversations/v3/threads/*/assignee", None),
];

const SUBSCRIPTIONS: [&str; 3] = ["conversation.newMessage", "conversation.propertyChange", "ticket.propertyChange"];

pub fn draw(script: &mut Script<'_>, portal: usize, _: &Nature) {
    webhooks(script, portal);
    for _ in 0..script.draw.below(4) {
        drizzle(script, portal);
    }
    if script.draw.percent(25) {
        on_one_route(script, portal);
    }
    if script.draw.percent(12) {
        outage(script, portal);
    }
    if script.draw.percent(15) {
        let illness = *script.draw.pick(&Illness::ALL);
        let (at, for_ms) = (script.moment(), script.draw.between(5_000, 400_000));
        script.push_for(at, for_ms, What::Ill { portal, illness });
    }
    // Time passes in every call, so that people can come in between.
    let slow = Fault { probability: Some(0.7), ..everywhere(Effect::Delay { ms: script.draw.between(5, 800) }) };
    script.push(0, What::Slow { portal, fault: slow });
}

fn webhooks(script: &mut Script<'_>, portal: usize) {
    let draw = &mut *script.draw;
    let mut chance = || *draw.pick(&[0.0, 0.0, 0.1, 0.3]);
    let (duplicate, delay, reorder, forget) = (chance(), chance(), chance(), chance());
    // In a few seeds HubSpot is hours late with some.
    let delay_max_ms = if draw.percent(4) { draw.between(600_000, 7_200_000) } else { draw.between(1, 90_000) };
    let faults = DeliveryFaults {
        duplicate,
        lose: *draw.pick(&[0.0, 0.0, 0.1]),
        delay,
        delay_max_ms,
        reorder,
        batch: usize::try_from(draw.below(4)).expect("small"),
        forget,
    };
    script.push(0, What::Webhooks { portal, faults });
    if script.draw.percent(8) {
        let kind = script.draw.pick(&SUBSCRIPTIONS);
        let (at, for_ms) = (script.moment(), script.draw.between(1_000, 300_000));
        script.push_for(at, for_ms, What::Unsubscribed { portal, kind });
    }
}

/// Some calls fail: all day, or a few of them from some moment.
fn drizzle(script: &mut Script<'_>, portal: usize) {
    let effect = script.draw.pick(&passing()).clone();
    if script.draw.percent(30) {
        let times = u32::try_from(script.draw.between(1, 8)).expect("small");
        let at = script.draw.below(200_000);
        script.push(at, What::Trouble { portal, fault: Fault { times: Some(times), ..everywhere(effect) } });
    } else {
        script.push(0, What::Trouble { portal, fault: Fault { probability: Some(0.12), ..everywhere(effect) } });
    }
}

/// One route fails for a while, or for a few calls; also with what will not pass by itself.
fn on_one_route(script: &mut Script<'_>, portal: usize) {
    let (route, method) = *script.draw.pick(&ROUTES);
    let mut effects = passing();
    if script.draw.percent(50) {
        effects = refusals();
    }
    if method == Some("POST") {
        effects.extend([Effect::FailsLater { ms: script.draw.below(60_000) }]);
    }
    let effect = script.draw.pick(&effects).clone();
    let fault =
        Fault { route: route.to_owned(), method: method.map(str::to_owned), times: None, probability: None, effect };
    let at = script.moment();
    if script.draw.percent(50) {
        let times = u32::try_from(script.draw.between(1, 4)).expect("small");
        script.push(at, What::Trouble { portal, fault: Fault { times: Some(times), ..fault } });
    } else {
        let for_ms = script.draw.between(1_000, 180_000);
        script.push_for(at, for_ms, What::Trouble { portal, fault });
    }
}

/// Nothing works, for minutes.
fn outage(script: &mut Script<'_>, portal: usize) {
    let effect = script.draw.pick(&outages()).clone();
    let (at, for_ms) = (script.moment(), script.draw.between(60_000, 1_200_000));
    script.push_for(at, for_ms, What::Trouble { portal, fault: everywhere(effect) });
}

fn everywhere(effect: Effect) -> Fault {
    Fault { route: "/**".into(), method: None, times: None, probability: None, effect }
}

fn status(code: u16, body: BodyKind, acted: bool) -> Effect {
    Effect::Status { code, body, retry_after: None, acted }
}

/// Errors that a later attempt gets over.
fn passing() -> Vec<Effect> {
    vec![
        status(502, BodyKind::Html, false),
        status(500, BodyKind::Standard, true),
        status(503, BodyKind::Empty, false),
        status(504, BodyKind::Html, true),
        status(429, BodyKind::TenSecondly, false),
        status(429, BodyKind::Secondly, false),
        Effect::Status { code: 429, body: BodyKind::TenSecondly, retry_after: Some(3), acted: false },
        status(423, BodyKind::Standard, false),
        Effect::Refuse,
        Effect::CutBefore,
        Effect::CutAfter,
        Effect::Timeout { acted: true },
        Effect::Timeout { acted: false },
        Effect::Delay { ms: 6_000 },
        Effect::Delay { ms: 12_000 },
    ]
}

/// Errors that hold the whole connection, and those of a HubSpot that is gone.
fn outages() -> Vec<Effect> {
    vec![
        status(401, BodyKind::ExpiredToken, false),
        status(429, BodyKind::Daily, false),
        status(477, BodyKind::Standard, false),
        status(503, BodyKind::Html, false),
        status(429, BodyKind::TenSecondly, false),
        Effect::Refuse,
        Effect::CutBefore,
        Effect::Timeout { acted: false },
    ]
}

/// Answers that say no for good, though it may be for a moment only.
fn refusals() -> Vec<Effect> {
    vec![
        status(400, BodyKind::Standard, false),
        status(403, BodyKind::MissingScopes, false),
        status(403, BodyKind::UserLost, false),
        status(404, BodyKind::Standard, false),
        status(409, BodyKind::Standard, false),
    ]
}

/// See [`super::Plan::is_refused_something`].
pub fn refuses(fault: &Fault) -> bool {
    matches!(fault.effect, Effect::Status { code: 400 | 403 | 404 | 409, .. })
}
