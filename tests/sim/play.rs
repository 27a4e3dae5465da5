//! Plays one plan: portals, their people, the faults of the day, and a bridge that crashes now and then.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hubspot_bridge::clock::{Clock, ManualClock};
use hubspot_bridge::config::Config;
use hubspot_bridge::domain::{PortalId, Timestamp};
use hubspot_bridge::sandbox::portal::{Limits, Portal, Received, Seed, Signing, Target};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tower::ServiceExt;

use super::agent::Planned;
use super::bridge::{Bridge, Parts};
use super::draw::Draw;
use super::fuse::Disk;
use super::listen::Heard;
use super::outside::Sender;
use super::people::{self, Cast};
use super::plan::{Plan, What, Wish};
use super::tally::Tally;
use super::{check, operator, settings};

pub const URL: &str = "https://bridge.example.com";
pub const START: Timestamp = Timestamp(1_790_000_000_000);
/// After the last trouble: two sweeps have found what was lost.
const CALM: Duration = Duration::from_mins(10);
/// What a bridge that was asked to stop gets for the turns in flight.
const GRACE: Duration = Duration::from_secs(8);
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
    casts: Vec<Cast>,
    config: Arc<Config>,
    /// The bridge's own clock; the portals' is never set.
    ours: Arc<ManualClock>,
    world: Arc<ManualClock>,
    disk: Arc<Disk>,
    outside: Sender,
    /// None while it is down.
    bridge: Option<Bridge>,
    file: PathBuf,
    /// Carries webhooks to this life of the bridge.
    carrying: Carrying,
    /// How long the bridge is down after the crash it is heading for.
    down: Duration,
    /// How often it crashes again then, and after how many steps.
    again: (u32, u64),
    tally: Tally,
}

pub async fn play(plan: &Plan) -> Tally {
    let (world, ours) = (ManualClock::starting_at(START), ManualClock::starting_at(START));
    let sites = sites(plan, &world);
    let listening = Heard::listen(plan.seed);
    let folder = folder();
    let mut day = Play {
        plan: plan.clone(),
        casts: sites.iter().map(|site| Cast::new(site.portal.clone())).collect(),
        config: Arc::new(settings::of(&sites, &plan.nature.rules)),
        sites,
        ours,
        world,
        disk: Arc::default(),
        outside: Sender::default(),
        bridge: None,
        file: folder.path().join("bridge.db"),
        carrying: Box::pin(std::future::pending()),
        down: Duration::ZERO,
        again: (0, 0),
        tally: Tally::default(),
    };
    day.start().await;
    let mut society = JoinSet::new();
    for (cast, site) in day.casts.iter().zip(&day.sites) {
        society.spawn(people::respond(site.portal.clone(), Arc::clone(&cast.responders)));
    }
    day.day().await;
    day.evening().await;
    for site in &day.sites {
        let bridge = day.bridge.as_ref().expect("it is up");
        check::all(site, bridge, &day.plan, &mut day.tally).await;
        day.tally.thrown(site.portal.struck());
        day.tally.thrown(site.agent.failures());
    }
    check::nothing_left_behind(&day.file);
    if let Some((heard, _)) = &listening {
        day.tally.count("log lines read", check::nothing_private_was_logged(&heard.bytes(), &day.sites));
    }
    day.tally
}

/// For the database: in memory where that is, because what reaches the disk is not what is played here (`tests/it/process`
/// plays it), and flushing takes half of the time.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    folder.or_else(|_| tempfile::tempdir()).expect("a folder")
}

/// The parts of a day, each with its end where it has one, in the order of time.
fn moments(plan: &Plan) -> Vec<(u64, bool, What)> {
    let begin = plan.parts.iter().map(|part| (part.at_ms, true, part.what.clone()));
    let end = |ms: u64, what: &What| (ms, false, what.clone());
    let ends = plan.parts.iter().filter_map(|part| part.for_ms.map(|ms| end(part.at_ms + ms, &part.what)));
    let mut all: Vec<_> = begin.chain(ends).collect();
    all.sort_by_key(|(at, ..)| *at);
    all
}

impl Play {
    /// People and troubles, to the last part of the plan.
    async fn day(&mut self) {
        let began = Instant::now();
        let mut people = JoinSet::new();
        people.spawn(people::play(self.casts.clone(), self.plan.parts.clone()));
        for (at_ms, begins, what) in moments(&self.plan) {
            let at = began + Duration::from_millis(at_ms);
            self.live(async move { tokio::time::sleep_until(at).await }).await;
            if begins {
                self.tally.count(format!("planned: {}", what.words()), 1);
                self.begins(what).await;
            } else {
                self.ends(&what);
            }
            self.alive();
        }
        let acted = async move { people.join_all().await };
        self.live(async { drop(acted.await) }).await;
    }

    async fn begins(&mut self, what: What) {
        match what {
            What::Act { .. } => {}
            What::Trouble { portal, fault } => {
                // The first match strikes: what only takes time comes last.
                let portal = &self.sites[portal];
                let Some(slow) = self.plan.slow(portal.number) else { return portal.portal.add_fault(fault) };
                portal.portal.end_fault(slow);
                portal.portal.add_fault(fault);
                portal.portal.add_fault(slow.clone());
            }
            What::Slow { portal, fault } => self.sites[portal].portal.add_fault(fault),
            What::Webhooks { portal, faults } => self.sites[portal].portal.set_delivery_faults(faults),
            What::Unsubscribed { portal, kind } => assert!(self.sites[portal].portal.set_subscription(kind, false)),
            What::Ill { portal, illness } => self.sites[portal].agent.set_ill(Some(illness)),
            What::Outside { portal, id, event, again } => {
                self.outside.tells(self.sites[portal].name, &id, event, self.world.now().0, again);
            }
            What::Operator { portal, conversation, wish } => self.operates(portal, conversation, wish).await,
            What::Disk { broken } => self.disk.set(Some(broken)),
            What::Crash { after_steps, down_ms, again } => {
                self.down = Duration::from_millis(down_ms);
                self.again = (again, after_steps);
                self.bridge().fuse.crash_after(after_steps);
            }
            What::Dies { down_ms } => {
                self.down = Duration::from_millis(down_ms);
                self.crash().await;
            }
            What::Stops { down_ms } => self.stops(Duration::from_millis(down_ms)).await,
            What::Stall { after_steps, for_ms } => {
                self.bridge().fuse.stall_after(after_steps, Duration::from_millis(for_ms));
            }
            What::Jump { ms } => self.ours.jump(ms),
        }
    }

    /// What does not last has no end.
    fn ends(&self, what: &What) {
        match what {
            What::Trouble { portal, fault } => self.sites[*portal].portal.end_fault(fault),
            What::Unsubscribed { portal, kind } => assert!(self.sites[*portal].portal.set_subscription(kind, true)),
            What::Ill { portal, .. } => self.sites[*portal].agent.set_ill(None),
            What::Disk { .. } => self.disk.set(None),
            _ => {}
        }
    }

    async fn operates(&mut self, portal: usize, conversation: usize, wish: Wish) {
        let thread = self.casts[portal].threads.lock().expect("no panic in here").get(&conversation).cloned();
        let Some(thread) = thread else { return };
        let (admin, ledger) = (self.bridge().admin.clone(), Arc::clone(&self.bridge().ledger));
        self.live(operator::wants(admin, ledger, thread, wish)).await;
    }

    /// It is asked to stop: deliveries are still taken until the turns in flight have ended.
    async fn stops(&mut self, down: Duration) {
        self.bridge().drain();
        let until = Instant::now() + GRACE;
        while self.bridge().is_draining() && Instant::now() < until {
            self.live(tokio::time::sleep(Duration::from_millis(50))).await;
            if self.bridge.as_mut().is_some_and(Bridge::is_drained) {
                break;
            }
        }
        // A crash in the meantime has begun a new life.
        if self.bridge().is_draining() {
            self.tally.count("stops", 1);
            self.ends_life(down).await;
        }
    }

    fn alive(&mut self) {
        self.bridge.as_mut().expect("it is up").assert_alive();
    }

    /// No more troubles, until everything has ended.
    async fn evening(&mut self) {
        self.sites.iter().for_each(|site| site.portal.clear_faults());
        let since = self.world.now();
        loop {
            self.live(tokio::time::sleep(Duration::from_secs(5))).await;
            self.alive();
            let quiet_for = self.world.now().since(since);
            let stats = self.bridge().ledger.stats().await.expect("the ledger answers");
            let outstanding: usize = self.sites.iter().map(|site| site.portal.outstanding_events()).sum();
            let outstanding = outstanding + self.outside.outstanding();
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

    async fn crash(&mut self) {
        self.tally.count("crashes", 1);
        self.ends_life(self.down).await;
        if let (again @ 1.., after_steps) = self.again {
            self.again.0 = again - 1;
            self.bridge().fuse.crash_after(after_steps);
        }
    }

    /// Downtime: deliveries fail, customers keep typing. Then a new life begins.
    async fn ends_life(&mut self, down: Duration) {
        self.carrying = Box::pin(std::future::pending());
        if let Some(bridge) = self.bridge.take() {
            bridge.crash().await;
        }
        tokio::time::sleep(down).await;
        self.start().await;
    }

    async fn start(&mut self) {
        let (file, config, sites, clock, disk) = (&self.file, &self.config, &self.sites, &self.ours, &self.disk);
        let bridge = Bridge::start(Parts { file, config, sites, clock, disk }).await;
        self.carrying = deliver(&self.sites, &self.outside, &bridge);
        self.bridge = Some(bridge);
    }
}

/// Carries the due deliveries to the bridge, in process; waits when there are none. Never ends.
fn deliver(sites: &[Site], outside: &Sender, bridge: &Bridge) -> Carrying {
    let router = &bridge.router;
    let hubspot = sites.iter().map(|site| -> Carrying { Box::pin(carry(site.portal.clone(), router.clone())) });
    let outside: Carrying = Box::pin(outside.clone().carry(router.clone()));
    let all: Vec<_> = hubspot.chain([outside]).collect();
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
        if let Some(burst) = plan.nature.burst {
            portal.set_limits(Limits { burst, ..Limits::default() });
        }
        let agent = Planned::new(plan.nature.habits, Draw::new(plan.seed, u64::from(number) + 1));
        Site { number: usize::try_from(number).expect("small"), name, portal, agent }
    };
    [(0, "acme"), (1, "beta"), (2, "gamma")].into_iter().take(plan.nature.portals).map(site).collect()
}
