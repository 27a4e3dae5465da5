//! One seed: a portal, its people, the faults of the day, and a bridge that crashes now and then.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hubspot_bridge::clock::{Clock, ManualClock};
use hubspot_bridge::config::{self, Config};
use hubspot_bridge::domain::Timestamp;
use hubspot_bridge::sandbox::portal::{
    BodyKind, DeliveryFaults, Effect, Fault, Portal, Received, Seed, Signing, Target, Visibility,
};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::agent::{Habits, Planned};
use super::bridge::Bridge;
use super::draw::Draw;
use super::fuse::Fuse;
use super::{check, desk, story};

const URL: &str = "https://bridge.example.com";
const START: Timestamp = Timestamp(1_790_000_000_000);

/// What was played, for the summary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub customer_messages: u64,
    pub replies: u64,
    pub handoffs: u64,
    pub crashes: u64,
    pub events: u64,
    pub calls_failed: u64,
    pub tickets: u64,
    pub ticket_writes: u64,
    pub relays: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Self) {
        self.customer_messages += other.customer_messages;
        self.replies += other.replies;
        self.handoffs += other.handoffs;
        self.crashes += other.crashes;
        self.events += other.events;
        self.calls_failed += other.calls_failed;
        self.tickets += other.tickets;
        self.ticket_writes += other.ticket_writes;
        self.relays += other.relays;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} customer messages, {} replies, {} handoffs with {} new tickets, {} relays, {} ticket updates, \
             {} crashes, {} failed calls, {} events in the ledgers",
            self.customer_messages,
            self.replies,
            self.handoffs,
            self.tickets,
            self.relays,
            self.ticket_writes,
            self.crashes,
            self.calls_failed,
            self.events
        )
    }
}

/// The faults of one seed, so that the checks know what was possible.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    pub visibility_ms: u64,
    pub humans: bool,
    pub keeps_state: bool,
}

pub async fn play(seed: u64) -> Tally {
    let mut draw = Draw::new(seed, 0);
    let clock = ManualClock::starting_at(START);
    let portal = Portal::new(Seed::new(seed), Arc::<ManualClock>::clone(&clock));
    let config = Arc::new(settings(&portal));
    let secret = portal.seed().client_secret;
    let url = format!("{URL}/webhooks/hubspot/acme");
    portal.set_target(Some(Target { url, secret, signing: Signing::Both, retry_scale: 0.01 }));
    let weather = weather(&portal, &mut draw);
    let habits = Habits {
        keeps_state: weather.keeps_state,
        slow_ms: *draw.pick(&[0, 2_000, 20_000]),
        fails_percent: *draw.pick(&[0, 0, 20]),
        hands_off_percent: *draw.pick(&[0, 10, 40]),
        learns_percent: *draw.pick(&[0, 30, 80]),
    };
    let agent = Planned::new(habits, Draw::new(seed, 1));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bridge.db");

    let mut people = JoinSet::new();
    for number in 0..draw.between(1, 3) {
        let one = story::conversation(portal.clone(), Draw::new(seed, 10 + number), number, weather.humans);
        people.spawn(one);
    }
    people.spawn(story::tickets(portal.clone(), Draw::new(seed, 20)));
    let mut crashes = *draw.pick(&[0, 0, 1, 2, 4]);
    let mut tally = Tally { crashes, ..Tally::default() };
    let mut bridge = Bridge::start(&file, &config, &portal, &agent, &clock, fuse(&mut draw, crashes)).await;
    let mut calm_since = None;
    loop {
        tokio::select! {
            biased;
            () = deliver(&portal, &bridge) => {}
            () = bridge.fuse.burnt.notified() => {
                crashes = crashes.saturating_sub(1);
                bridge.crash().await;
                // Downtime: deliveries fail, customers keep typing.
                tokio::time::sleep(Duration::from_millis(draw.below(30_000))).await;
                bridge = Bridge::start(&file, &config, &portal, &agent, &clock, fuse(&mut draw, crashes)).await;
            }
            () = tokio::time::sleep(Duration::from_secs(5)) => {}
        }
        bridge.assert_alive();
        while people.try_join_next().is_some() {}
        if people.is_empty() && calm_since.is_none() {
            portal.clear_faults();
            calm_since = Some(clock.now());
        }
        let Some(since) = calm_since else { continue };
        let quiet_for = clock.now().since(since);
        // Two sweeps find what was lost; then everything must have come to an end.
        let stats = bridge.ledger.stats().await.expect("the ledger answers");
        if quiet_for > Duration::from_mins(10) && portal.outstanding_events() == 0 && stats.open_events == 0 {
            break;
        }
        assert!(quiet_for < Duration::from_hours(6), "events never end: {stats:?}\n{}", check::open(&bridge).await);
    }
    check::all(&portal, &bridge, &file, weather, &mut tally).await;
    desk::all(&portal, &bridge, &agent, &config, &mut tally).await;
    tally
}

/// How many steps to the outside the bridge takes before it crashes; never, when no crash is left.
fn fuse(draw: &mut Draw, crashes: u64) -> Arc<Fuse> {
    let steps = i64::try_from(draw.between(1, 400)).expect("small");
    Fuse::new(if crashes == 0 { -1 } else { steps })
}

/// Carries the due deliveries to the bridge, in process; waits when there are none.
async fn deliver(portal: &Portal, bridge: &Bridge) {
    let mut changes = portal.changes();
    loop {
        let due = portal.due_deliveries(portal.now());
        let none = due.is_empty();
        // All of them are in flight: those that a crash leaves unposted were not answered either.
        let reports: Vec<_> =
            due.iter().map(|attempt| Report { portal, id: attempt.id, received: Received::Failed }).collect();
        for (attempt, mut report) in due.into_iter().zip(reports) {
            let mut request = http::Request::post(attempt.url.clone());
            *request.headers_mut().expect("a fresh request") = attempt.headers.clone();
            let request = request.body(Body::from(attempt.body.clone())).expect("a request");
            let answer = bridge.router.clone().oneshot(request).await.expect("axum is infallible");
            report.answered(answer.status().as_u16());
        }
        if none {
            let wait = portal.next_delivery_at().map_or(Duration::from_secs(1), |at| at.since(portal.now()));
            tokio::select! {
                biased;
                _ = changes.changed() => {}
                () = tokio::time::sleep(wait.max(Duration::from_millis(1))) => {}
            }
        }
    }
}

/// A delivery cut by a crash was not answered.
struct Report<'a> {
    portal: &'a Portal,
    id: u64,
    received: Received,
}

impl Report<'_> {
    fn answered(&mut self, status: u16) {
        self.received = Received::Status(status);
    }
}

impl Drop for Report<'_> {
    fn drop(&mut self) {
        self.portal.delivered(self.id, self.received);
    }
}

fn weather(portal: &Portal, draw: &mut Draw) -> Weather {
    let visibility_ms = *draw.pick(&[0, 0, 1_000, 8_000]);
    portal.set_visibility(Visibility {
        message_ms: visibility_ms,
        listing_ms: visibility_ms,
        vary: true,
        ..Visibility::default()
    });
    let chance = |draw: &mut Draw| *draw.pick(&[0.0, 0.0, 0.1, 0.3]);
    portal.set_delivery_faults(DeliveryFaults {
        duplicate: chance(draw),
        lose: *draw.pick(&[0.0, 0.0, 0.1]),
        delay: chance(draw),
        delay_max_ms: draw.between(1, 90_000),
        reorder: chance(draw),
        batch: usize::try_from(draw.below(4)).expect("small"),
        forget: chance(draw),
    });
    let always = |effect| Fault { route: "/**".into(), method: None, times: None, probability: Some(0.15), effect };
    // Time passes in every call, so that people can come in between.
    portal.add_fault(Fault { probability: Some(0.7), ..always(Effect::Delay { ms: draw.between(5, 800) }) });
    let troubles = [
        Effect::Status { code: 502, body: BodyKind::Html, retry_after: None, acted: false },
        Effect::Status { code: 500, body: BodyKind::Standard, retry_after: None, acted: true },
        Effect::Status { code: 429, body: BodyKind::TenSecondly, retry_after: None, acted: false },
        Effect::Status { code: 423, body: BodyKind::Standard, retry_after: None, acted: false },
        Effect::Refuse,
        Effect::CutBefore,
        Effect::CutAfter,
        Effect::Timeout { acted: true },
    ];
    for _ in 0..draw.below(4) {
        let effect = draw.pick(&troubles).clone();
        portal.add_fault(Fault { probability: Some(0.12), ..always(effect) });
    }
    Weather { visibility_ms, humans: draw.percent(60), keeps_state: draw.percent(40) }
}

fn settings(portal: &Portal) -> Config {
    let seed = portal.seed();
    let one = |key: &str, value: String| (format!("BRIDGE__CONNECTIONS__ACME__{key}"), value);
    let env = BTreeMap::from([
        one("PORTAL_ID", seed.portal_id.to_string()),
        one("ACCESS_TOKEN", seed.token.clone()),
        one("CLIENT_SECRET", seed.client_secret.clone()),
        one("AI_USER_ID", seed.ai.actor().to_string()),
        one("DEFAULT_USER_ID", seed.reps[1].actor().to_string()),
        one("INTERNAL_DOMAINS", "acme.example".into()),
        ("BRIDGE__SERVER__PUBLIC_URL".into(), URL.into()),
        ("BRIDGE__STORE__URL".into(), "sqlite::memory:".into()),
        // Busy conversations are wanted here; the loop limit has its own tests.
        ("BRIDGE__DELIVERY__MAX_REPLIES_PER_THREAD".into(), "1000/10m".into()),
    ]);
    match config::load(None, &env) {
        Ok(mut loaded) => {
            // Tables of names live in a file only.
            for connection in loaded.config.connections.values_mut() {
                connection.ticketing.custom_data.insert("order".to_owned(), "order_number".to_owned());
            }
            loaded.config
        }
        Err(problems) => panic!("the settings of the simulation are wrong: {problems}"),
    }
}
