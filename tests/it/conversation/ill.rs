//! Connections that are ill: held with a cause that people see, looked at by one mailbox at a time, well again by
//! themselves; and agents that are ill, which hold nobody up but their own conversations.

mod partly;

use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::admin::health::{self, Health};
use hubspot_bridge::clock::Clock as _;
use hubspot_bridge::sandbox::portal::people::{Customer, Posted};
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};
use hubspot_bridge::store::types::Operation;

use tower::ServiceExt as _;

use super::agent::Move;
use super::house::{House, ended, get, shows_held};

fn fault(route: &str, effect: Effect) -> Fault {
    Fault { route: route.into(), method: None, times: None, probability: None, effect }
}

fn on_conversations(effect: Effect) -> Fault {
    fault("/conversations/**", effect)
}

fn status(code: u16, body: BodyKind, retry_after: Option<u64>) -> Effect {
    Effect::Status { code, body, retry_after, acted: false }
}

/// A conversation of its own customer.
fn chat(house: &House, who: usize) -> Posted {
    let customer = Customer { email: Some(format!("c{who}@customer.example")), ..Customer::default() };
    house.portal.customer_chats(&customer, None, &format!("Question {who}")).unwrap()
}

/// `acme` as the admin API shows it.
async fn shown(house: &House) -> serde_json::Value {
    let (code, body) = get(house, "/api/v1/connections").await;
    assert_eq!(code, 200);
    body["items"].as_array().unwrap().iter().find(|item| item["name"] == "acme").unwrap().clone()
}

async fn cause(house: &House) -> Option<String> {
    shown(house).await["hold"]["cause"].as_str().map(|cause| cause.split(':').next().unwrap().to_owned())
}

/// How many calls HubSpot got so far, whatever it answered.
fn calls(house: &House) -> u64 {
    let text = house.life().metrics.render();
    let lines = text.lines().filter(|line| line.starts_with("bridge_hubspot_requests_total{"));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

#[tokio::test(start_paused = true)]
async fn every_illness_holds_its_connection_alone_and_passes_by_itself() {
    let illnesses = [
        (status(401, BodyKind::ExpiredToken, None), "unauthorized"),
        (status(403, BodyKind::MissingScopes, None), "missing_scope"),
        (status(429, BodyKind::Daily, None), "daily_limit"),
        (status(477, BodyKind::Empty, Some(3_600)), "account_migrating"),
        (status(500, BodyKind::Standard, None), "outage"),
        (status(502, BodyKind::Html, None), "outage"),
        (Effect::Refuse, "outage"),
        (Effect::Timeout { acted: false }, "outage"),
    ];
    for (effect, word) in illnesses {
        let mut house = House::new().await;
        house.portal.add_fault(on_conversations(effect.clone()));
        let asked: Vec<Posted> = (0..4).map(|who| chat(&house, who)).collect();
        let other = house.beta.customer_chats(&Customer::default(), None, "Hello").unwrap();
        house.run_for(Duration::from_mins(4)).await;
        assert_eq!(house.outcome(&other.message).await, "replied", "{word}: others go on");
        assert_eq!(cause(&house).await.as_deref(), Some(word), "{effect:?}");
        let shown = shown(&house).await;
        assert_eq!(shown["health"], "held");
        assert!(shown["hold"]["until"].as_str().is_some(), "{shown}");
        assert!(shows_held(&house, "acme", word).await);

        house.portal.clear_faults();
        house.run_for(Duration::from_mins(4)).await;
        assert_eq!(cause(&house).await, None, "{word}: well again");
        assert!(!shows_held(&house, "acme", word).await);
        for posted in &asked {
            assert_eq!(house.outcome(&posted.message).await, "replied", "{word}");
            assert_eq!(house.public_posts(&posted.thread).len(), 1, "{word}");
            let found = house.life().ledger.find(posted.thread.as_str()).await.unwrap();
            assert_eq!(found.mailboxes[0].attempts, 0, "{word}: what a held connection tries is no failed attempt");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lone_conversation_in_an_outage_keeps_its_place_too() {
    let mut house = House::new().await;
    house.portal.add_fault(on_conversations(status(503, BodyKind::Html, None)));
    let asked = house.mail("ann@customer.example", "Hello", "Where is my parcel?");
    house.run_for(Duration::from_hours(6)).await;
    assert_eq!(cause(&house).await.as_deref(), Some("outage"), "the sweep's failure shows that it is not the thread");
    house.portal.clear_faults();
    house.run_for(Duration::from_mins(3)).await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn the_daily_limit_holds_until_the_accounts_midnight() {
    let mut house = House::with(|config| config.delivery.sweep_interval = Duration::ZERO).await;
    house.portal.add_fault(on_conversations(status(429, BodyKind::Daily, None)));
    let asked = house.mail("ann@customer.example", "Hello", "Where is my parcel?");
    house.run_for(Duration::from_mins(5)).await;
    assert_eq!(shown(&house).await["hold"]["until"], "2026-11-22T00:00:00.000Z", "the zone is not known here: UTC");
    let before = calls(&house);
    house.run_for(Duration::from_hours(2)).await;
    assert_eq!(calls(&house), before, "no call is made in vain");
    house.portal.clear_faults();
    house.run_for(Duration::from_hours(10)).await;
    assert_eq!(house.outcome(&asked.message).await, "replied", "at midnight");
}

#[tokio::test(start_paused = true)]
async fn a_daily_limit_that_was_raised_is_noticed_by_the_sweep() {
    let mut house = House::new().await;
    house.portal.add_fault(on_conversations(status(429, BodyKind::Daily, None)));
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_mins(3)).await;
    house.portal.clear_faults();
    house.run_for(Duration::from_mins(3)).await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
    assert_eq!(cause(&house).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_held_connection_is_probed_by_one_mailbox_at_a_time() {
    let mut house = House::with(|config| config.delivery.sweep_interval = Duration::ZERO).await;
    house.portal.add_fault(on_conversations(status(401, BodyKind::ExpiredToken, None)));
    for who in 0..30 {
        chat(&house, who);
    }
    house.run_for(Duration::from_secs(20)).await;
    let before = calls(&house);
    house.run_for(Duration::from_mins(10)).await;
    let probes = calls(&house) - before;
    assert!((15..=21).contains(&probes), "one call every half minute, whatever waits: {probes}");
}

#[tokio::test(start_paused = true)]
async fn the_backlog_of_a_hold_is_drained_oldest_first_within_the_budget() {
    let mut house = House::new().await;
    house.portal.add_fault(on_conversations(status(401, BodyKind::ExpiredToken, None)));
    let mut asked = Vec::new();
    for who in 0..40 {
        asked.push(chat(&house, who));
        house.run_for(Duration::from_secs(3)).await;
    }
    house.portal.clear_faults();
    house.run_for(Duration::from_mins(3)).await;
    let mut finished = Vec::new();
    for (who, posted) in asked.iter().enumerate() {
        let event = house.event(&posted.message).await;
        assert_eq!(ended(&event), "replied", "{who}");
        finished.push(event.finished_at.unwrap());
    }
    // The last one that was tried in vain waits its half minute out; everybody else is in the order of asking.
    let late = finished.windows(2).filter(|pair| pair[0] > pair[1]).count();
    assert!(late <= 1, "who waited longest is served first: {finished:?}");
    assert!(finished.first() < finished.last(), "{finished:?}");
    assert!(!house.life().metrics.render().contains("status=\"429\""), "within the rate budget");
}

#[tokio::test(start_paused = true)]
async fn a_hold_outlives_the_process_and_ends_in_the_next() {
    for (effect, word) in
        [(status(401, BodyKind::ExpiredToken, None), "unauthorized"), (status(500, BodyKind::Standard, None), "outage")]
    {
        let mut house = House::new().await;
        house.portal.add_fault(on_conversations(effect));
        let asked: Vec<Posted> = (0..4).map(|who| chat(&house, who)).collect();
        house.run_for(Duration::from_mins(2)).await;
        let since = shown(&house).await["hold"]["since"].clone();
        house.crash_and_restart().await;
        house.run_for(Duration::from_mins(2)).await;
        assert_eq!(cause(&house).await.as_deref(), Some(word));
        assert_eq!(shown(&house).await["hold"]["since"], since, "it is the same hold");
        house.portal.clear_faults();
        house.run_for(Duration::from_mins(3)).await;
        assert_eq!(cause(&house).await, None);
        for posted in &asked {
            assert_eq!(house.outcome(&posted.message).await, "replied");
            let found = house.life().ledger.find(posted.thread.as_str()).await.unwrap();
            assert_eq!(found.mailboxes[0].attempts, 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_illness_that_ends_while_the_process_is_down_leaves_no_hold() {
    for (effect, word) in
        [(status(401, BodyKind::ExpiredToken, None), "unauthorized"), (status(500, BodyKind::Standard, None), "outage")]
    {
        let mut house = House::new().await;
        house.portal.add_fault(on_conversations(effect));
        let asked: Vec<Posted> = (0..4).map(|who| chat(&house, who)).collect();
        house.run_for(Duration::from_mins(2)).await;
        assert_eq!(cause(&house).await.as_deref(), Some(word));
        house.crash().await;
        house.portal.clear_faults();
        house.start().await;
        house.run_for(Duration::from_mins(1)).await;
        assert_eq!(cause(&house).await, None, "{word}");
        for posted in &asked {
            assert_eq!(house.outcome(&posted.message).await, "replied");
        }
    }
}

/// A hold that this process knows nothing of: its release, or the reading of it, had failed.
#[tokio::test(start_paused = true)]
async fn a_hold_that_was_forgotten_is_found_and_ended() {
    let mut house = House::with(|config| config.delivery.hold_probe = Duration::from_secs(30)).await;
    let until = house.clock.now().after(Duration::from_hours(9));
    house.life().store.hold(&"acme".into(), until, "daily_limit: used up").await.unwrap();
    let asked = chat(&house, 0);
    house.run_for(Duration::from_mins(4)).await;
    assert_eq!(cause(&house).await, None, "the sweep was answered");
    assert_eq!(house.outcome(&asked.message).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn what_waits_too_long_on_a_held_connection_expires_and_newer_events_wait_on() {
    let mut house = House::with(|config| config.delivery.max_event_age = Duration::from_mins(10)).await;
    house.portal.add_fault(on_conversations(status(500, BodyKind::Standard, None)));
    let old: Vec<Posted> = (0..20).map(|who| chat(&house, who)).collect();
    house.run_for(Duration::from_mins(9)).await;
    let new = chat(&house, 99);
    house.run_for(Duration::from_mins(4)).await;
    for posted in &old {
        assert_eq!(house.outcome(&posted.message).await, "dead/expired");
    }
    assert!(["pending", "running"].contains(&house.outcome(&new.message).await.as_str()));
    house.portal.clear_faults();
    house.run_for(Duration::from_mins(3)).await;
    assert_eq!(house.outcome(&new.message).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn what_expired_and_is_replayed_waits_anew() {
    let mut house = House::with(|config| config.delivery.max_event_age = Duration::from_mins(10)).await;
    house.portal.add_fault(on_conversations(status(401, BodyKind::ExpiredToken, None)));
    let asked = house.mail("ann@customer.example", "Hello", "Where is my parcel?");
    house.run_for(Duration::from_mins(12)).await;
    let event = house.event(&asked.message).await;
    assert_eq!(ended(&event), "dead/expired");
    house.life().store.operate(Operation::Replay { event: event.id, force: false }).await.unwrap();
    house.run_for(Duration::from_mins(5)).await;
    assert!(["pending", "running"].contains(&house.outcome(&asked.message).await.as_str()));
    house.portal.clear_faults();
    house.run_for(Duration::from_mins(2)).await;
    assert_eq!(house.outcome(&asked.message).await, "replied");
}

#[tokio::test(start_paused = true)]
async fn readiness_does_not_hang_on_hubspot() {
    let mut house = House::new().await;
    house.portal.add_fault(fault("/**", status(500, BodyKind::Standard, None)));
    (0..4).for_each(|who| drop(chat(&house, who)));
    house.run_for(Duration::from_mins(2)).await;
    assert_eq!(cause(&house).await.as_deref(), Some("outage"));
    let health = Arc::new(Health::new(Arc::clone(&house.life().store)));
    let _worker = health.worker();
    let request = http::Request::get("/readyz").body(axum::body::Body::empty()).unwrap();
    assert_eq!(health::router(health).oneshot(request).await.unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn an_ill_agent_holds_no_connection() {
    let mut house = House::new().await;
    for _ in 0..12 {
        let class = hubspot_bridge::agents::Class::Permanent;
        house.agent.next(Move::Fail(hubspot_bridge::agents::Effect::NotSent, class));
    }
    let asked: Vec<Posted> = (0..12).map(|who| chat(&house, who)).collect();
    house.run_for(Duration::from_mins(1)).await;
    assert_eq!(cause(&house).await, None);
    for posted in &asked {
        assert_eq!(house.outcome(&posted.message).await, "handed_off/agent_failed");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_agents_of_one_connection_leave_room_for_the_others() {
    let mut house = House::with(|config| config.delivery.max_turns_in_flight = 8).await;
    house.agent.thinks_for(50);
    let slow: Vec<Posted> = (0..20).map(|who| chat(&house, who)).collect();
    house.run_for(Duration::from_secs(5)).await;
    assert_eq!(house.agent.asked().len(), 6, "two of eight places are kept for the other connection");
    let other = house.beta.customer_chats(&Customer::default(), None, "Hello").unwrap();
    house.run_for(Duration::from_secs(3)).await;
    assert_eq!(house.agent.asked().len(), 7, "it waits for nobody");
    house.run_for(Duration::from_secs(52)).await;
    assert_eq!(house.outcome(&other.message).await, "replied");
    // Within one connection the next waits for a place, and gets it as soon as there is one.
    house.run_for(Duration::from_mins(3)).await;
    for posted in &slow {
        assert_eq!(house.outcome(&posted.message).await, "replied");
    }
}

#[tokio::test(start_paused = true)]
async fn a_thread_put_in_the_trash_stops_the_agent_in_mid_thought() {
    let mut house = House::new().await;
    house.agent.thinks_for(50);
    let asked = house.chat("Where is my parcel?");
    house.run_for(Duration::from_secs(5)).await;
    house.portal.set_archived(&asked.thread, true).unwrap();
    house.run_for(Duration::from_secs(3)).await;
    assert_eq!(house.agent.cancelled(), 1);
    assert_eq!(house.outcome(&asked.message).await, "skipped/thread_archived");
    house.until_quiet().await;
    assert!(house.public_posts(&asked.thread).is_empty());
}
