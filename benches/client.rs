//! The load: a minimal HTTP/1 client over kept-alive sockets, because a general one would cost more than the server.

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hubspot_bridge::clock::{Clock as _, SystemClock};
use rustix::thread::{CpuSet, sched_setaffinity};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::fixture::{PORTAL, SECRET, sign_v3};

/// Lets this process, and the children it starts from here on, run on every CPU.
pub fn unpin() -> io::Result<()> {
    let mut set = CpuSet::new();
    (0..CpuSet::MAX_CPU).for_each(|cpu| set.set(cpu));
    Ok(sched_setaffinity(None, &set)?)
}

/// The webhook's path, as it is signed.
const PATH: &str = "/webhooks/hubspot/acme";

/// Binds this process to one CPU, or to the last there is.
pub fn pin_to_cpu(cpu: usize) -> io::Result<()> {
    let last = std::thread::available_parallelism()?.get() - 1;
    let mut set = CpuSet::new();
    set.set(cpu.min(last));
    Ok(sched_setaffinity(None, &set)?)
}

/// Makes signed deliveries of events that never repeat.
#[derive(Default)]
pub struct Deliveries {
    made: usize,
}

impl Deliveries {
    /// Whole requests, signed now: send them within five minutes.
    pub fn make(&mut self, events: usize, count: usize) -> Arc<Vec<Vec<u8>>> {
        let timestamp = SystemClock.now().0.to_string();
        Arc::new((0..count).map(|_| self.request(events, &timestamp)).collect())
    }

    fn request(&mut self, events: usize, timestamp: &str) -> Vec<u8> {
        let elements: Vec<String> = (0..events).map(|_| self.event(timestamp)).collect();
        let body = format!("[{}]", elements.join(","));
        let signature = sign_v3(SECRET, PATH, body.as_bytes(), timestamp);
        let request = format!(
            "POST {PATH} HTTP/1.1\r\nhost: bridge.example.com\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nx-hubspot-signature-v3: {signature}\r\nx-hubspot-request-timestamp: {timestamp}\r\n\r\n{body}",
            body.len()
        );
        request.into_bytes()
    }

    /// About 350 bytes; three messages a thread.
    fn event(&mut self, timestamp: &str) -> String {
        self.made += 1;
        let (event, thread) = (self.made, 6_065_362_089 + self.made / 3);
        format!(
            r#"{{"eventId":{event},"subscriptionId":2371671,"portalId":{PORTAL},"appId":2438486,"occurredAt":{timestamp},"subscriptionType":"conversation.newMessage","attemptNumber":0,"objectId":{thread},"messageId":"{event:032x}","messageType":"MESSAGE","changeFlag":"NEW_MESSAGE","changeSource":"CRM_UI","sourceId":"userId:882761034"}}"#
        )
    }
}

/// The value that so many percent of the sorted ones keep.
pub fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let at = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).copied().unwrap_or_default()
}

/// What one round measured.
pub struct Run {
    took: Duration,
    latencies: Vec<Duration>,
}

impl Run {
    /// Answered deliveries per second.
    pub fn per_second(&self) -> f64 {
        f64::from(u32::try_from(self.latencies.len()).unwrap_or(u32::MAX)) / self.took.as_secs_f64()
    }

    /// The latency that so many percent of the deliveries kept.
    pub fn percentile(&self, percent: usize) -> Duration {
        percentile(&self.latencies, percent)
    }
}

/// Sends every request once over so many connections. Anything but 200 is an error.
pub async fn run(address: SocketAddr, requests: &Arc<Vec<Vec<u8>>>, connections: usize) -> Result<Run, Box<dyn Error>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut open = JoinSet::new();
    let began = Instant::now();
    for _ in 0..connections {
        open.spawn(send_all(address, Arc::clone(requests), Arc::clone(&next)));
    }
    let mut latencies = Vec::with_capacity(requests.len());
    while let Some(ended) = open.join_next().await {
        latencies.extend(ended??);
    }
    let took = began.elapsed();
    latencies.sort_unstable();
    Ok(Run { took, latencies })
}

async fn send_all(
    address: SocketAddr,
    requests: Arc<Vec<Vec<u8>>>,
    next: Arc<AtomicUsize>,
) -> io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut latencies = Vec::new();
    let mut answer = Vec::with_capacity(1024);
    while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        let began = Instant::now();
        stream.write_all(request).await?;
        answer.clear();
        // An acknowledgement has no body: its head is all of it.
        while !answer.ends_with(b"\r\n\r\n") {
            if stream.read_buf(&mut answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        if !answer.starts_with(b"HTTP/1.1 200") {
            return Err(io::Error::other(String::from_utf8_lossy(&answer).into_owned()));
        }
        latencies.push(began.elapsed());
    }
    Ok(latencies)
}

/// So many connections send a body of this size, all but its last byte, and then that one: every body is held in full at
/// the same time. Nothing is signed, so each is refused.
pub async fn hold_bodies(address: SocketAddr, connections: usize, size: usize) -> io::Result<()> {
    let body = Arc::new(vec![b' '; size - 1]);
    let all_sent = Arc::new(Barrier::new(connections));
    let mut open = JoinSet::new();
    for _ in 0..connections {
        let (body, all_sent) = (Arc::clone(&body), Arc::clone(&all_sent));
        open.spawn(async move {
            let mut stream = TcpStream::connect(address).await?;
            let head =
                format!("POST {PATH} HTTP/1.1\r\nhost: b\r\nconnection: close\r\ncontent-length: {size}\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&body).await?;
            all_sent.wait().await;
            stream.write_all(b" ").await?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await?;
            if answer.starts_with("HTTP/1.1 401") { Ok(()) } else { Err(io::Error::other(answer)) }
        });
    }
    while let Some(ended) = open.join_next().await {
        ended??;
    }
    Ok(())
}
