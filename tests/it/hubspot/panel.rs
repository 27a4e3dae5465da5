//! What the CRM knows of a customer: each part for itself, in time, and not read twice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use hubspot_bridge::clock::{Clock, ManualClock};
use hubspot_bridge::config::hubspot::Hubspot;
use hubspot_bridge::config::{Plan, Secret};
use hubspot_bridge::domain::{ConnectionName, CustomerContext, Part, Timestamp};
use hubspot_bridge::hubspot::panel::{DEADLINE, Panel};
use hubspot_bridge::hubspot::transport::{Transport, TransportError};
use hubspot_bridge::hubspot::{Client, Settings};
use hubspot_bridge::telemetry::metrics::Metrics;
use serde_json::{Value, json};

use super::fake::{Answer, NOON, answer, ok};

const ANNA: &str = "anna@example.com";
const CONTACT: &str = "/crm/v3/objects/contacts/";
const OWNERS: &str = "/crm/v3/owners";
const COMPANIES: &str = "/crm/v4/objects/contacts/301/associations/companies";
const DEALS: &str = "/crm/v4/objects/contacts/301/associations/deals";
const TICKETS: &str = "/crm/v4/objects/contacts/301/associations/tickets";
const PARTS: [&str; 3] = [COMPANIES, DEALS, TICKETS];

/// A CRM that answers by path, whatever the order of the calls.
#[derive(Default)]
struct Crm {
    answers: Mutex<BTreeMap<&'static str, Answer>>,
    slow: Mutex<Vec<&'static str>>,
    asked: Mutex<Vec<String>>,
    bodies: Mutex<Vec<Value>>,
}

#[async_trait]
impl Transport for Crm {
    async fn send(&self, request: http::Request<Bytes>, timeout: Duration) -> Answer {
        let path = request.uri().path().to_owned();
        self.asked.lock().unwrap().push(path.clone());
        self.bodies.lock().unwrap().extend(serde_json::from_slice::<Value>(request.body()));
        if self.slow.lock().unwrap().iter().any(|slow| path.starts_with(slow)) {
            tokio::time::sleep(timeout.max(Duration::from_mins(1))).await;
            return Err(TransportError::Timeout(timeout));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        let found =
            self.answers.lock().unwrap().iter().find(|(known, _)| path.starts_with(**known)).map(|(_, a)| a.clone());
        found.unwrap_or_else(|| answer(404, &[], r#"{"category": "OBJECT_NOT_FOUND"}"#))
    }
}

impl Crm {
    fn set(&self, path: &'static str, answer: Answer) {
        self.answers.lock().unwrap().insert(path, answer);
    }

    fn calls(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| asked.starts_with(path)).count()
    }
}

fn to(ids: &[u64]) -> Value {
    json!({ "results": ids.iter().map(|id| json!({ "toObjectId": id, "associationTypes": [] })).collect::<Vec<_>>() })
}

/// Anna of Berg Ltd, with three deals and two tickets.
fn world() -> (Arc<Crm>, Panel) {
    let crm = Arc::new(Crm::default());
    crm.set(
        CONTACT,
        ok(&json!({ "id": "301", "properties": {
            "email": "Anna@Example.com", "firstname": "Anna", "lastname": "Berg", "phone": "+4930", "hubspot_owner_id": "81",
        }})),
    );
    crm.set(
        OWNERS,
        ok(&json!({ "results": [{ "id": "81", "userId": 7, "firstName": "Rita", "lastName": "Moreno" }] })),
    );
    crm.set(COMPANIES, ok(&to(&[9, 8])));
    crm.set(
        "/crm/v3/objects/companies/batch/read",
        ok(&json!({ "results": [{ "id": "9", "properties": {
            "name": "Berg Ltd", "domain": "berg.example", "industry": "RETAIL", "numberofemployees": "12",
        }}]})),
    );
    crm.set(DEALS, ok(&to(&[51, 52, 53])));
    let deal = |id: &str, name: &str, stage: &str, closes: &str, closed: Value| {
        json!({ "id": id, "properties": {
            "dealname": name, "dealstage": stage, "amount": "100", "closedate": closes, "hs_is_closed": closed,
        }})
    };
    crm.set(
        "/crm/v3/objects/deals/batch/read",
        ok(&json!({ "results": [
            deal("51", "won long ago", "closedwon", "2026-01-01T00:00:00Z", Value::Null),
            deal("52", "lost elsewhere", "988", "2026-06-01T00:00:00Z", json!("true")),
            deal("53", "open", "appointmentscheduled", "2025-01-01T00:00:00Z", json!("false")),
        ]})),
    );
    crm.set(TICKETS, ok(&to(&[9, 10])));
    let ticket = |id: &str, subject: &str, at: &str| json!({ "id": id, "properties": { "subject": subject, "hs_pipeline_stage": "4", "createdate": at } });
    crm.set(
        "/crm/v3/objects/tickets/batch/read",
        ok(&json!({ "results": [
            ticket("9", "first", "2026-02-01T00:00:00Z"), ticket("10", "second", "2026-03-01T00:00:00Z"),
        ]})),
    );
    let client = client(&crm);
    (crm, Panel::new(&client))
}

fn client(crm: &Arc<Crm>) -> Client {
    let hubspot = Hubspot {
        api_url: "https://api.example.com".into(),
        conversations_path: "/conversations/v3/conversations".into(),
        crm_path: "/crm/v3".into(),
        timeout: Duration::from_secs(10),
    };
    let access_token = Secret::Value("pat-na1-test".into());
    let settings = Settings { connection: ConnectionName::from("acme"), access_token, hubspot, plan: Plan::Pro };
    let clock: Arc<dyn Clock> = ManualClock::starting_at(Timestamp::parse(NOON).unwrap());
    let transport: Arc<dyn Transport> = Arc::<Crm>::clone(crm);
    Client::new(settings, transport, clock, Metrics::default())
}

/// How each part ended: contact, company, deals, tickets.
fn ends(context: &CustomerContext) -> [&'static str; 4] {
    fn end<T>(part: &Part<T>) -> &'static str {
        match part {
            Part::Known(_) => "known",
            Part::Absent => "absent",
            Part::Failed(_) => "failed",
        }
    }
    [end(&context.contact), end(&context.company), end(&context.deals), end(&context.tickets)]
}

fn refusal() -> Answer {
    answer(403, &[], r#"{"category": "MISSING_SCOPES", "context": {"requiredScopes": ["crm.objects.deals.read"]}}"#)
}

#[tokio::test(start_paused = true)]
async fn all_four_parts_are_read() {
    let (crm, panel) = world();
    let context = panel.context(" Anna@Example.com ").await;

    let contact = context.contact.known().unwrap();
    assert_eq!((contact.name.as_deref(), contact.email.as_deref()), (Some("Anna Berg"), Some(ANNA)));
    assert_eq!((contact.phone.as_deref(), contact.owner.as_deref()), (Some("+4930"), Some("Rita Moreno")));
    let company = context.company.known().unwrap();
    assert_eq!((company.name.as_deref(), company.domain.as_deref()), (Some("Berg Ltd"), Some("berg.example")));
    assert_eq!((company.industry.as_deref(), company.size.as_deref()), (Some("RETAIL"), Some("12")));
    let deals: Vec<_> =
        context.deals.known().unwrap().iter().map(|deal| (deal.name.as_deref().unwrap(), deal.active)).collect();
    assert_eq!(deals, [("open", true), ("lost elsewhere", false), ("won long ago", false)]);
    let tickets = context.tickets.known().unwrap();
    assert_eq!(
        tickets.iter().map(|ticket| ticket.subject.as_deref().unwrap()).collect::<Vec<_>>(),
        ["second", "first"]
    );
    assert_eq!(tickets[0].status.as_deref(), Some("4"));
    // A batch of one call for each kind, however many records.
    assert_eq!(crm.asked.lock().unwrap().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_part_that_fails_hides_no_other() {
    let cut = || Err(TransportError::Cut("reset".to_owned()));
    let failures = [refusal(), answer(500, &[], ""), answer(200, &[], "no JSON"), cut()];
    for failure in failures {
        for (at, part) in PARTS.into_iter().enumerate() {
            let (crm, panel) = world();
            crm.set(part, failure.clone());
            let mut expected = ["known"; 4];
            expected[at + 1] = "failed";
            assert_eq!(ends(&panel.context(ANNA).await), expected, "{part}: {failure:?}");
        }
    }
    let (crm, panel) = world();
    crm.set(DEALS, refusal());
    let Part::Failed(why) = panel.context(ANNA).await.deals else { panic!("deals were refused") };
    assert!(why.contains("crm.objects.deals.read"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_part_that_is_late_says_so_and_the_others_are_there() {
    let (crm, panel) = world();
    crm.slow.lock().unwrap().push(TICKETS);
    let began = tokio::time::Instant::now();
    let context = panel.context(ANNA).await;
    assert!(began.elapsed() <= DEADLINE + Duration::from_millis(10), "{:?}", began.elapsed());
    assert_eq!(ends(&context), ["known", "known", "known", "failed"]);

    let (crm, panel) = world();
    crm.slow.lock().unwrap().push(CONTACT);
    assert_eq!(ends(&panel.context(ANNA).await), ["failed"; 4]);
}

/// HubSpot's limit is the whole app's: until it ends no part is read, and the panel does not wait for it.
#[tokio::test(start_paused = true)]
async fn the_rate_limit_costs_what_was_not_read_yet_and_no_more_time() {
    let (crm, panel) = world();
    crm.set(DEALS, answer(429, &[], "{}"));
    let began = tokio::time::Instant::now();
    let context = panel.context(ANNA).await;
    assert!(began.elapsed() <= DEADLINE + Duration::from_millis(10), "{:?}", began.elapsed());
    assert_eq!(ends(&context)[0], "known");
    assert_eq!(ends(&context)[2], "failed");
}

#[tokio::test(start_paused = true)]
async fn nobody_and_nothing_are_no_failures() {
    let (crm, panel) = world();
    for part in PARTS {
        crm.set(part, ok(&to(&[])));
    }
    assert_eq!(ends(&panel.context(ANNA).await), ["known", "absent", "absent", "absent"]);
    let (crm, panel) = world();
    crm.set(CONTACT, answer(404, &[], r#"{"category": "OBJECT_NOT_FOUND"}"#));
    assert_eq!(ends(&panel.context(ANNA).await), ["absent"; 4]);
    assert_eq!(crm.asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_owner_who_cannot_be_named_is_an_id() {
    let (crm, panel) = world();
    crm.set(OWNERS, refusal());
    let context = panel.context(ANNA).await;
    assert_eq!(ends(&context), ["known"; 4]);
    assert_eq!(context.contact.known().unwrap().owner.as_deref(), Some("81"));
}

#[tokio::test(start_paused = true)]
async fn of_very_many_the_newest_hundred_are_read() {
    let (crm, panel) = world();
    crm.set(TICKETS, ok(&to(&(1..=150).collect::<Vec<_>>())));
    let _ = panel.context(ANNA).await;
    let bodies = crm.bodies.lock().unwrap();
    let inputs = bodies.iter().find_map(|body| body["inputs"].as_array().filter(|inputs| inputs.len() > 3)).unwrap();
    assert_eq!((inputs.len(), &inputs[0]["id"], &inputs[99]["id"]), (100, &json!("150"), &json!("51")));
}

#[tokio::test(start_paused = true)]
async fn what_was_read_is_kept_a_minute_and_what_failed_a_moment() {
    let (crm, panel) = world();
    let first = panel.context(ANNA).await;
    tokio::time::advance(Duration::from_secs(50)).await;
    assert_eq!(panel.context("ANNA@example.com").await, first);
    assert_eq!(crm.calls(CONTACT), 1);
    tokio::time::advance(Duration::from_secs(20)).await;
    let _ = panel.context(ANNA).await;
    assert_eq!((crm.calls(CONTACT), crm.calls(OWNERS)), (2, 1), "owners are kept longer");

    let (crm, panel) = world();
    crm.set(DEALS, refusal());
    let _ = panel.context(ANNA).await;
    crm.set(DEALS, ok(&to(&[])));
    tokio::time::advance(Duration::from_secs(15)).await;
    assert_eq!(ends(&panel.context(ANNA).await), ["known", "known", "absent", "known"]);
}

#[tokio::test(start_paused = true)]
async fn who_asks_at_once_shares_one_read_even_if_the_first_gives_up() {
    let (crm, panel) = world();
    let asked = std::iter::repeat_with(|| panel.context(ANNA)).take(20);
    let all = futures_of(asked.collect()).await;
    assert!(all.iter().all(|context| *context == all[0]));
    assert_eq!(crm.calls(CONTACT), 1);

    let (crm, panel) = world();
    // Its first call has been answered then.
    let impatient = tokio::time::timeout(Duration::from_millis(60), panel.context(ANNA)).await;
    assert!(impatient.is_err());
    assert_eq!(ends(&panel.context(ANNA).await), ["known"; 4]);
    assert_eq!(crm.calls(CONTACT), 2);
}

/// Polls all of them at once.
async fn futures_of<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done = Vec::new();
    std::future::poll_fn(|cx| {
        waiting.retain_mut(|future| match future.as_mut().poll(cx) {
            std::task::Poll::Ready(output) => {
                done.push(output);
                false
            }
            std::task::Poll::Pending => true,
        });
        if waiting.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done
}

#[tokio::test(start_paused = true)]
async fn so_many_addresses_are_kept_and_no_more() {
    let (crm, panel) = world();
    crm.set(CONTACT, answer(404, &[], r#"{"category": "OBJECT_NOT_FOUND"}"#));
    for n in 0..300 {
        let _ = panel.context(&format!("customer{n}@example.com")).await;
        // Room in the rate budget comes back.
        tokio::time::advance(Duration::from_millis(30)).await;
    }
    for (n, calls) in [(299, 300), (50, 300), (0, 301)] {
        let _ = panel.context(&format!("customer{n}@example.com")).await;
        assert_eq!(crm.calls(CONTACT), calls, "customer {n}");
    }
}
