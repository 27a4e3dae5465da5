//! Plays one plan: portals, their people, the faults of the day, and a bridge that crashes now and then.

use std::collections::BTreeMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hubspot_bridge::clock::{Clock, ManualClock};
use hubspot_bridge::config::{self, Config};
use hubspot_bridge::domain::{PortalId, Timestamp};
use hubspot_bridge::sandbox::portal::{Portal, Received, Seed, Signing, Target};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;

use super::agent::Planned;
use super::bridge::{Bridge, Parts};
use super::draw::Draw;
use super::plan::{Plan, What};
use super::tally::Tally;
use super::{check, people};

const URL: &str = "https://bridge.example.com";
const START: Timestamp = Timestamp(1_790_000_000_000);
/// After the last trouble: two sweeps have found what was lost.
const CALM: Duration = Duration::from_mins(10);
/// Then everything must have come to an end.
const PATIENCE: Duration = Duration::from_hours(6);

/// One portal, its connection and its agent.
pub struct Site {
    /// Its place in the plan.
    pub number: usize,
    pub name: &'static str,
    pub portal: Portal,
    pub agent: Planned,
}

type Carrying = Pin<Box<dyn Future<Output = ()>>>;

/// One day under way.
struct Play {
    plan: Plan,
    sites: Vec<Site>,
    config: Arc<Config>,
    /// The bridge's own clock; the portals' is never set.
    ours: Arc<ManualClock>,
    world: Arc<ManualClock>,
    /// None while it is down.
    bridge: Option<Bridge>,
    file: std::path::PathBuf,
    /// Carries webhooks to this life of the bridge.
    carrying: Carrying,
    /// How long the bridge is down after the crash it is heading for.
    down: Duration,
    tally: Tally,
}

pub async fn play(plan: &Plan) -> Tally {
    let (world, ours) = (ManualClock::starting_at(START), ManualClock::starting_at(START));
    let sites = sites(plan, &world);
    let config = Arc::new(settings(&sites));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bridge.db");
    let bridge = start(&file, &config, &sites, &ours).await;
    let (carrying, down, bridge) = (deliver(&sites, &bridge), Duration::ZERO, Some(bridge));
    let mut play =
        Play { plan: plan.clone(), sites, config, ours, world, bridge, file, carrying, down, tally: Tally::default() };
    play.day().await;
    play.evening().await;
    for site in &play.sites {
        let bridge = play.bridge.as_ref().expect("it is up");
        check::all(site, bridge, &play.plan, &mut play.tally).await;
    }
    check::nothing_left_behind(&play.file);
    play.tally
}

async fn start(file: &Path, config: &Arc<Config>, sites: &[Site], clock: &Arc<ManualClock>) -> Bridge {
    Bridge::start(Parts { file, config, sites, clock }).await
}

impl Play {
    /// People and troubles, to the last part of the plan.
    async fn day(&mut self) {
        let began = Instant::now();
        let portals = self.sites.iter().map(|site| site.portal.clone()).collect();
        let mut people = JoinSet::new();
        people.spawn(people::play(portals, self.plan.parts.clone()));
        for part in self.plan.parts.clone() {
            let at = began + Duration::from_millis(part.at_ms);
            self.live(async move { tokio::time::sleep_until(at).await }).await;
            self.happens(part.what);
            self.bridge.as_mut().expect("it is up").assert_alive();
        }
        let acted = async move { people.join_all().await };
        self.live(async { drop(acted.await) }).await;
    }

    fn happens(&mut self, what: What) {
        match what {
            What::Act { .. } => {}
            What::Trouble { portal, fault } => self.sites[portal].portal.add_fault(fault),
            What::Webhooks { portal, faults } => self.sites[portal].portal.set_delivery_faults(faults),
            What::Crash { after_steps, down_ms } => {
                self.down = Duration::from_millis(down_ms);
                self.bridge().fuse.crash_after(after_steps);
            }
            What::Stall { after_steps, for_ms } => {
                self.tally.count("stalls", 1);
                self.bridge().fuse.stall_after(after_steps, Duration::from_millis(for_ms));
            }
            What::Jump { ms } => {
                self.tally.count("clock jumps", 1);
                self.ours.jump(ms);
            }
        }
    }

    /// No more troubles, until everything has ended.
    async fn evening(&mut self) {
        self.sites.iter().for_each(|site| site.portal.clear_faults());
        let since = self.world.now();
        loop {
            self.live(tokio::time::sleep(Duration::from_secs(5))).await;
            self.bridge.as_mut().expect("it is up").assert_alive();
            let quiet_for = self.world.now().since(since);
            let stats = self.bridge().ledger.stats().await.expect("the ledger answers");
            let outstanding: usize = self.sites.iter().map(|site| site.portal.outstanding_events()).sum();
            if quiet_for > CALM && outstanding == 0 && stats.open_events == 0 {
                return;
            }
            assert!(quiet_for < PATIENCE, "events never end: {stats:?}\n{}", check::open(self.bridge()).await);
        }
    }

    /// Carries webhooks and revives the bridge until `done`.
    async fn live(&mut self, done: impl Future<Output = ()>) {
        let mut done = std::pin::pin!(done);
        loop {
            let fuse = Arc::clone(&self.bridge().fuse);
            let crashed = tokio::select! {
                biased;
                () = &mut self.carrying => false,
                () = fuse.burnt.notified() => true,
                () = &mut done => return,
            };
            if crashed {
                self.crash().await;
            }
        }
    }

    fn bridge(&self) -> &Bridge {
        self.bridge.as_ref().expect("it is up")
    }

    /// Downtime: deliveries fail, customers keep typing.
    async fn crash(&mut self) {
        self.tally.count("crashes", 1);
        self.carrying = Box::pin(std::future::pending());
        if let Some(bridge) = self.bridge.take() {
            bridge.crash().await;
        }
        tokio::time::sleep(self.down).await;
        let bridge = start(&self.file, &self.config, &self.sites, &self.ours).await;
        self.carrying = deliver(&self.sites, &bridge);
        self.bridge = Some(bridge);
    }
}

/// Carries the due deliveries to the bridge, in process; waits when there are none. Never ends.
fn deliver(sites: &[Site], bridge: &Bridge) -> Carrying {
    let router = &bridge.router;
    let all: Vec<_> = sites.iter().map(|site| Box::pin(carry(site.portal.clone(), router.clone()))).collect();
    Box::pin(async { drop(futures_util::future::join_all(all).await) })
}

async fn carry(portal: Portal, router: Router) {
    let mut changes = portal.changes();
    loop {
        let due = portal.due_deliveries(portal.now());
        let none = due.is_empty();
        // All of them are in flight: those that a crash leaves unposted were not answered either.
        let reports: Vec<_> =
            due.iter().map(|attempt| Report { portal: &portal, id: attempt.id, received: Received::Failed }).collect();
        for (attempt, mut report) in due.into_iter().zip(reports) {
            let mut request = http::Request::post(attempt.url.clone());
            *request.headers_mut().expect("a fresh request") = attempt.headers.clone();
            let request = request.body(Body::from(attempt.body.clone())).expect("a request");
            let answer = router.clone().oneshot(request).await.expect("axum is infallible");
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

fn sites(plan: &Plan, clock: &Arc<ManualClock>) -> Vec<Site> {
    let site = |(number, name): (u32, &'static str)| {
        let mut seed = Seed::new(plan.seed + u64::from(number) * 1_000_003);
        seed.portal_id = PortalId(seed.portal_id.0 + i64::from(number));
        if !plan.nature.one_app {
            seed.client_secret = format!("{}-{name}", seed.client_secret);
        }
        let portal = Portal::new(seed, Arc::<ManualClock>::clone(clock));
        let path = if plan.nature.one_app { "acme" } else { name };
        let url = format!("{URL}/webhooks/hubspot/{path}");
        let secret = portal.seed().client_secret;
        portal.set_target(Some(Target { url, secret, signing: Signing::Both, retry_scale: 0.01 }));
        portal.set_visibility(plan.visibility());
        let agent = Planned::new(plan.nature.habits, Draw::new(plan.seed, u64::from(number) + 1));
        Site { number: usize::try_from(number).expect("small"), name, portal, agent }
    };
    [(0, "acme"), (1, "beta")].into_iter().take(plan.nature.portals).map(site).collect()
}

fn settings(sites: &[Site]) -> Config {
    let mut env = BTreeMap::from([
        ("BRIDGE__SERVER__PUBLIC_URL".into(), URL.into()),
        ("BRIDGE__STORE__URL".into(), "sqlite::memory:".into()),
        // Busy conversations are wanted here; the loop limit has its own tests.
        ("BRIDGE__DELIVERY__MAX_REPLIES_PER_THREAD".into(), "1000/10m".into()),
    ]);
    for site in sites {
        let seed = site.portal.seed();
        let one = |key: &str, value: String| {
            (format!("BRIDGE__CONNECTIONS__{}__{key}", site.name.to_ascii_uppercase()), value)
        };
        env.extend([
            one("PORTAL_ID", seed.portal_id.to_string()),
            one("ACCESS_TOKEN", seed.token.clone()),
            one("CLIENT_SECRET", seed.client_secret.clone()),
            one("AI_USER_ID", seed.ai.actor().to_string()),
            one("DEFAULT_USER_ID", seed.reps[1].actor().to_string()),
            one("INTERNAL_DOMAINS", "acme.example".into()),
        ]);
    }
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
