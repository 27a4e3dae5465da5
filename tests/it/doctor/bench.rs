//! One connection to the sandbox's portal, healthy but for what a test breaks, and how its report then differs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use hubspot_bridge::agents::Builder;
use hubspot_bridge::clock::{Clock, ManualClock};
use hubspot_bridge::config::{self, Config, Connection, store::Location};
use hubspot_bridge::doctor::{self, Depth, Line, Patient, Status};
use hubspot_bridge::domain::{Channel, ConnectionName, Timestamp};
use hubspot_bridge::handlers::Context;
use hubspot_bridge::handlers::context::Common;
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use hubspot_bridge::sandbox::portal::{InProcess, Portal, Seed, seed};
use hubspot_bridge::store::sqlite::{Mode, Options, SqliteStore};
use hubspot_bridge::store::{Interrupts, Store};
use hubspot_bridge::telemetry::Metrics;

/// 2026-11-21T12:00:00Z.
const NOON: Timestamp = Timestamp(1_795_262_400_000);

/// The lines that say how HubSpot, the settings and the agent are, in order.
pub const CHECKLIST: [&str; 32] = [
    "secret access_token",
    "secret client_secret",
    "secret crm.access_token",
    "secret agent",
    "token",
    "portal",
    "app",
    "scope conversations.read",
    "scope conversations.write",
    "scope tickets",
    "scope crm.objects.contacts.read",
    "scope crm.objects.contacts.write",
    "scope crm.objects.owners.read",
    "scope crm.objects.companies.read",
    "scope crm.objects.deals.read",
    "ai user",
    "default user",
    "users differ",
    "routing users",
    "inboxes",
    "channels of inbox 118801",
    "channels of inbox 118802",
    "channels without replies",
    "ticketing",
    "pipeline",
    "stage",
    "tag property",
    "custom data",
    "crm token",
    "crm scopes",
    "crm reads",
    "agent",
];

/// Those that say nothing when HubSpot answers nothing.
pub const ASKED: [&str; 22] = [
    "portal",
    "app",
    "scope conversations.read",
    "scope conversations.write",
    "scope tickets",
    "scope crm.objects.contacts.read",
    "scope crm.objects.contacts.write",
    "scope crm.objects.owners.read",
    "scope crm.objects.companies.read",
    "scope crm.objects.deals.read",
    "ai user",
    "default user",
    "inboxes",
    "channels of inbox 118801",
    "channels of inbox 118802",
    "channels without replies",
    "pipeline",
    "stage",
    "tag property",
    "custom data",
    "routing users",
    "crm reads",
];

/// What is examined, still to be changed.
pub struct Bench {
    pub seed: Seed,
    pub config: Config,
    /// What is done to the portal once it is there.
    pub trouble: fn(&Portal),
    /// HubSpot does not say which app the token is of.
    pub nameless: bool,
    /// The agent's articles, gone once it has begun.
    pub forgets: bool,
    pub folder: tempfile::TempDir,
}

impl Bench {
    pub fn healthy() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.md"), "# Delivery\n\nTwo days.\n").unwrap();
        let seed = Seed::new(1);
        let config = settings(&seed, folder.path());
        Self { seed, config, trouble: |_| {}, nameless: false, forgets: false, folder }
    }

    pub fn acme(&mut self) -> &mut Connection {
        self.config.connections.get_mut(&ConnectionName::from("acme")).unwrap()
    }

    pub async fn examine(self) -> Vec<Line> {
        let clock = ManualClock::starting_at(NOON);
        let portal = Portal::new(self.seed.clone(), Arc::<ManualClock>::clone(&clock));
        self.examine_at(&portal, false).await
    }

    /// The same portal may be examined twice.
    pub async fn examine_at(self, portal: &Portal, fix: bool) -> Vec<Line> {
        (self.trouble)(portal);
        let clock: Arc<dyn Clock> = ManualClock::starting_at(NOON);
        let options = Options {
            location: Location::Memory,
            lock_wait: Duration::ZERO,
            clock: Arc::clone(&clock),
            interrupts: Interrupts::default(),
            mode: Mode::Inline,
        };
        let sqlite = Arc::new(SqliteStore::open(options).await.unwrap());
        let store: Arc<dyn Store> = Arc::<SqliteStore>::clone(&sqlite);
        let metrics = Metrics::default();
        let common = Common { config: &self.config, store: &store, clock: &clock, metrics: &metrics };
        let transport: Arc<dyn Transport> =
            Arc::new(Road { portal: InProcess(portal.clone()), nameless: self.nameless });
        let settings = &self.config.connections[&ConnectionName::from("acme")];
        let agent = Builder::new(Arc::clone(&transport), Arc::clone(&clock)).build(settings).unwrap();
        let cx = Context::new(common, settings, transport, agent);
        if self.forgets {
            std::fs::remove_file(self.folder.path().join("a.md")).unwrap();
        }
        let patient = Patient {
            cx: &cx,
            config: &self.config,
            ledger: Some(&*sqlite),
            store: Some(&*store),
            seen: None,
            serves: true,
            now: NOON,
        };
        doctor::examine(&patient, Depth::Full, fix).await
    }
}

/// How a report differs from the healthy one: the lines with another status, and those that are not there any more.
pub async fn differs(breakage: impl FnOnce(&mut Bench)) -> BTreeMap<String, Option<Status>> {
    let mut bench = Bench::healthy();
    breakage(&mut bench);
    let (healthy, broken) = (statuses(&Bench::healthy().examine().await), statuses(&bench.examine().await));
    let other = broken.iter().filter(|(check, status)| healthy.get(*check) != Some(*status));
    let gone = healthy.keys().filter(|check| !broken.contains_key(*check));
    other.map(|(check, status)| (check.clone(), Some(*status))).chain(gone.map(|check| (check.clone(), None))).collect()
}

/// The report differs in exactly these lines.
pub async fn expect(breakage: impl FnOnce(&mut Bench), lines: &[(&str, Status)]) {
    let wanted: BTreeMap<String, Option<Status>> =
        lines.iter().map(|(check, status)| ((*check).to_owned(), Some(*status))).collect();
    assert_eq!(differs(breakage).await, wanted);
}

/// One line of the report, in words.
pub async fn words(breakage: impl FnOnce(&mut Bench), check: &str) -> String {
    let mut bench = Bench::healthy();
    breakage(&mut bench);
    let line = bench.examine().await.into_iter().find(|line| line.check == check).unwrap();
    format!("{}; {}", line.seen, line.fix.unwrap_or_default())
}

pub fn statuses(lines: &[Line]) -> BTreeMap<String, Status> {
    let statuses: BTreeMap<String, Status> = lines.iter().map(|line| (line.check.clone(), line.status)).collect();
    assert_eq!(statuses.len(), lines.len(), "a name stands twice: {lines:#?}");
    statuses
}

fn settings(seed: &Seed, articles: &std::path::Path) -> Config {
    let mut env = BTreeMap::from([("BRIDGE__STORE__URL".to_owned(), "sqlite::memory:".to_owned())]);
    let mut set = |key: &str, value: String| env.insert(format!("BRIDGE__CONNECTIONS__ACME__{key}"), value);
    set("PORTAL_ID", seed.portal_id.to_string());
    set("ACCESS_TOKEN", seed.token.clone());
    set("CLIENT_SECRET", seed.client_secret.clone());
    set("AI_USER_ID", seed.ai.actor().to_string());
    set("DEFAULT_USER_ID", seed.reps[1].actor().to_string());
    set("AGENT__ARTICLES", articles.display().to_string());
    set("SIGNATURE", "none".to_owned());
    env.insert("BRIDGE__SERVER__LISTEN".to_owned(), "127.0.0.1:8080".to_owned());
    let loaded = config::load(None, &env);
    let mut config = loaded.unwrap_or_else(|problems| panic!("the settings of the tests are wrong: {problems}")).config;
    let acme = config.connections.get_mut(&ConnectionName::from("acme")).unwrap();
    acme.inboxes = vec![seed::INBOX.to_owned(), seed::HELP_DESK.to_owned()];
    acme.channels = vec![Channel::Chat, Channel::Email];
    acme.ticketing.custom_data = [("order".to_owned(), "order_number".to_owned())].into();
    config
}

/// The way to the portal.
struct Road {
    portal: InProcess,
    nameless: bool,
}

#[async_trait]
impl Transport for Road {
    async fn send(&self, request: Request<Bytes>, timeout: Duration) -> Result<Response<Bytes>, TransportError> {
        let of_token = request.uri().path().ends_with("/access-token-info");
        let mut answer = self.portal.send(request, timeout).await?;
        if of_token && self.nameless {
            let mut body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            body.as_object_mut().unwrap().remove("appId");
            *answer.body_mut() = Bytes::from(body.to_string());
        }
        Ok(answer)
    }
}
