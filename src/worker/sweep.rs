//! The sweep: HubSpot is asked for customer messages that no webhook announced. The only repair for lost events.

mod finds;

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio_util::sync::CancellationToken;

use crate::domain::{
    ConnectionName, DedupKey, EventKind, MailboxKey, Message, MessageKind, NewEvent, Object, Schedule, Thread,
    Timestamp,
};
use crate::filters::message::{self, Team, Us, Verdict};
use crate::handlers::{Context, Stop};
use crate::limits;
use crate::store::{self, Batch, Store};
use crate::telemetry::metrics;

pub use finds::{found, found_by_all};

/// Sweeps one connection every `delivery.sweep_interval`, and at once at start: the downtime is swept too.
pub async fn run(cx: Context, stop: CancellationToken) {
    let every = cx.delivery.sweep_interval;
    if every.is_zero() {
        return;
    }
    // There from the start, so that the first finding shows as an increase.
    found_by(&cx).inc_by(0);
    let mut fails = false;
    loop {
        let swept = once(&cx).await;
        let failed_before = std::mem::replace(&mut fails, swept.is_err());
        match swept {
            Ok(0) => {}
            Ok(found) => tracing::warn!(
                connection = %cx.settings.name,
                found,
                "the sweep found customer messages that no webhook announced; check the app's webhook URL and subscriptions"
            ),
            // Once, not every two minutes for as long as the connection is ill.
            Err(error) if failed_before => {
                tracing::debug!(connection = %cx.settings.name, error = %error, "the sweep failed again");
            }
            Err(error) => tracing::warn!(connection = %cx.settings.name, error = %error, "the sweep failed"),
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(every) => {}
        }
    }
}

/// One sweep; how many messages it found.
pub async fn once(cx: &Context) -> Result<usize, Stop> {
    let name = position_name(&cx.settings.name);
    let began = cx.now();
    let Some(since) = position(cx.store.as_ref(), &cx.settings.name).await? else {
        // The first start: what was said before the bridge came is not its business.
        cx.store.set_cursor(&name, &theirs(cx, began).0.to_string()).await?;
        return Ok(0);
    };
    let mut until = since;
    // What is seen twice is known and costs nothing.
    let from = since.before(Duration::from_secs(10));
    let mut found = 0;
    let mut after: Option<String> = None;
    for _ in 0..limits::SWEEP_PAGES {
        let page = cx.hubspot.on_lane(crate::domain::Lane::Ticket).threads_since(from, after.as_deref()).await?;
        // Now that HubSpot has answered, its clock is known.
        until = theirs(cx, began).before(cx.delivery.sweep_grace);
        for thread in &page.threads {
            if thread.latest_received_at.is_none_or(|at| at > from) {
                found += match sweep_thread(cx, thread, from, until).await {
                    // One thread that cannot be read must not hide the others.
                    Err(Stop::Refused { detail, .. }) => {
                        tracing::warn!(thread.id = %thread.id, detail, "the sweep leaves out a thread");
                        0
                    }
                    swept => swept?,
                };
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    if until > since {
        cx.store.set_cursor(&name, &until.0.to_string()).await?;
    }
    if found > 0 {
        let found = u64::try_from(found).unwrap_or(u64::MAX);
        found_by(cx).inc_by(found);
        finds::note(cx.store.as_ref(), &cx.settings.name, began, found).await?;
    }
    Ok(found)
}

/// How far it has looked, by HubSpot's clock; none before its first run.
pub async fn position(store: &dyn Store, connection: &ConnectionName) -> Result<Option<Timestamp>, store::Error> {
    let text = store.cursor(&position_name(connection)).await?;
    Ok(text.and_then(|text| text.parse().ok()).map(Timestamp))
}

fn position_name(connection: &ConnectionName) -> String {
    format!("sweep/{connection}")
}

/// The same moment by HubSpot's clock, which stamps the messages: with ours, set ahead, the position would pass them.
fn theirs(cx: &Context, ours: Timestamp) -> Timestamp {
    Timestamp(ours.0.saturating_add(cx.hubspot.clock_skew().unwrap_or_default()))
}

fn found_by(cx: &Context) -> Counter {
    let labels = metrics::Connection { connection: cx.settings.name.0.clone() };
    cx.metrics.sweep_found.get_or_create(&labels).clone()
}

async fn sweep_thread(cx: &Context, thread: &Thread, from: Timestamp, until: Timestamp) -> Result<usize, Stop> {
    let recent = cx.hubspot.recent_messages(&thread.id, Some(from), limits::PROBE_MESSAGES).await?.messages;
    let known = cx.directory.known(&cx.hubspot).await;
    // Looked at before what was posted: a turn that ends in between has recorded its post by then.
    let object = Object::Thread(thread.id.clone());
    let under_way = cx.store.has_open_turn(&MailboxKey { connection: cx.settings.name.clone(), object }).await?;
    let ids: Vec<_> = recent.iter().map(|item| item.id.clone()).collect();
    let us = Us {
        ai_user: Some(cx.settings.ai_user_id.clone()),
        apps: known.app.into_iter().collect(),
        posted: cx.store.posted(&cx.settings.name, &ids).await?.into_iter().collect(),
        ..Us::default()
    };
    let team = Team { domains: cx.settings.internal_domains.clone(), addresses: known.addresses };
    let asked: Vec<&Message> = recent
        .iter()
        .filter(|item| item.created_at > from && item.created_at <= until)
        .filter(|item| message::judge(item, &us, &team) == Verdict::Customer)
        // Answered by us in a life that this database does not know: it was restored from a copy. While a turn is under
        // way the post may be its own, and only its record missing.
        .filter(|item| {
            under_way || !recent.iter().any(|later| is_forgotten(later, &us) && later.created_at > item.created_at)
        })
        .collect();
    let keys: Vec<DedupKey> = asked.iter().map(|item| DedupKey::of_message(cx.settings.portal_id, &item.id)).collect();
    let known = cx.store.known(&keys).await?;
    let missing = asked.into_iter().zip(keys).zip(known).filter(|(_, known)| !known);
    let events: Vec<NewEvent> = missing.map(|((item, key), _)| event(cx, item, key)).collect();
    let count = events.len();
    if count > 0 {
        // As a delivery: while the disk is nearly full nothing new is taken. The position stays, so it is looked at again.
        cx.store.append(Batch { events, dirty: Vec::new() }).await?;
    }
    Ok(count)
}

fn is_forgotten(item: &Message, us: &Us) -> bool {
    item.kind == MessageKind::Message && message::is_ours(item, us) && !us.posted.contains(&item.id)
}

fn event(cx: &Context, message: &Message, dedup: DedupKey) -> NewEvent {
    NewEvent {
        connection: cx.settings.name.clone(),
        object: Some(Object::Thread(message.thread_id.clone())),
        kind: EventKind::Swept,
        message_id: Some(message.id.clone()),
        message_type: Some("MESSAGE".to_owned()),
        property: None,
        value: None,
        hubspot_event_id: None,
        app_id: None,
        source: None,
        occurred_at: Some(message.created_at),
        data: None,
        detail: None,
        dedup,
        seen: 1,
        schedule: Schedule::Now,
        interrupt: true,
        ended: None,
    }
}
