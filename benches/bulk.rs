//! A bulk edit of two hundred thousand tickets, and a customer who writes in the middle of it.

use std::sync::Arc;
use std::time::Duration;

use hubspot_bridge::clock::{Clock as _, SystemClock};
use hubspot_bridge::sandbox::portal::signature;
use tokio::time::Instant;

use crate::bridge::{Bridge, Settings};
use crate::client::{self, percentile};
use crate::turns::Stage;
use crate::{Done, HUBSPOT_IN_FLIGHT};

const TICKETS: usize = 200_000;
/// HubSpot's most a delivery.
const DELIVERY: usize = 100;
/// Conversations one after another, in each of the three situations.
const CONVERSATIONS: usize = 50;

pub async fn run() -> Done {
    let mut stage = Stage::build().await?;
    let settings = stage.settings();
    let folder = tempfile::tempdir()?;
    let bridge = Bridge::start(folder.path(), &settings).await?;
    stage.aim_at(&bridge);
    println!("\nfrom the customer's message to the answer, {CONVERSATIONS} conversations one by one, quiet period 0");
    println!("{:>34} {:>8} {:>8} {:>8}", "", "p50 ms", "p99 ms", "max ms");
    let (_, calm) = stage.one_by_one(CONVERSATIONS).await?;
    print("before", &calm);

    let requests = Arc::new(deliveries(&settings));
    let began = Instant::now();
    let edit = async {
        let run = client::run(bridge.address, &requests, HUBSPOT_IN_FLIGHT).await;
        (run, began.elapsed())
    };
    let (edit, during) = tokio::join!(edit, stage.one_by_one(CONVERSATIONS));
    let (run, took) = edit;
    let run = run?;
    print("while the edit comes in", &during?.1);
    let (_, after) = stage.one_by_one(CONVERSATIONS).await?;
    print("while its tickets are worked on", &after);
    println!(
        "{TICKETS} changes of as many tickets, taken in {:.1} s, slowest 200 {:.0} ms",
        took.as_secs_f64(),
        millis(run.percentile(100))
    );
    println!("still open when the last customer was answered: {}", open(&bridge).await?);
    println!("{:>8.1} MiB resident at its highest", bridge.memory("VmHWM")?);
    Ok(())
}

/// What is not worked on yet, as the bridge says.
async fn open(bridge: &Bridge) -> Result<String, Box<dyn std::error::Error>> {
    let stats = Bridge::get(bridge.admin, "/api/v1/stats").await?;
    let (_, rest) = stats.split_once("\"open_events\":").ok_or("no such number")?;
    Ok(rest.chars().take_while(char::is_ascii_digit).collect())
}

/// Whole requests, signed as HubSpot's older webhooks are.
fn deliveries(settings: &Settings) -> Vec<Vec<u8>> {
    (0..TICKETS).step_by(DELIVERY).map(|first| request(settings, first)).collect()
}

fn request(settings: &Settings, first: usize) -> Vec<u8> {
    let (portal, now) = (settings.portal_id, SystemClock.now().0);
    let change = |ticket: usize| {
        format!(
            r#"{{"eventId":{ticket},"subscriptionId":2371672,"portalId":{portal},"appId":2438486,"occurredAt":{now},"subscriptionType":"ticket.propertyChange","attemptNumber":0,"objectId":{},"propertyName":"hs_pipeline_stage","propertyValue":"4","changeSource":"BATCH_UPDATE","sourceId":"userId:882761034"}}"#,
            7_000_000_000 + ticket
        )
    };
    let changes: Vec<String> = (first..first + DELIVERY).map(change).collect();
    let body = format!("[{}]", changes.join(","));
    let signed = signature::v1(&settings.client_secret, body.as_bytes());
    let length = body.len();
    let head = format!(
        "POST /webhooks/hubspot/acme HTTP/1.1\r\nhost: bridge\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nx-hubspot-signature: {signed}\r\nx-hubspot-signature-version: v1\r\n\r\n"
    );
    [head, body].concat().into_bytes()
}

fn print(what: &str, sorted: &[Duration]) {
    let at = |percent| millis(percentile(sorted, percent));
    println!("{what:>34} {:>8.1} {:>8.1} {:>8.1}", at(50), at(99), at(100));
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
