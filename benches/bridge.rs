//! The real bridge: `hubspot-bridge serve` as a child, with a database of its own in a file.

use std::error::Error;
use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

const PROGRAM: &str = env!("CARGO_BIN_EXE_hubspot-bridge");
const ARTICLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/faq");
/// How often a starting bridge is asked whether it is ready.
const LOOK: Duration = Duration::from_micros(500);
const START_MAX: Duration = Duration::from_secs(30);

/// What differs from one measurement to the next.
pub struct Settings {
    /// What deliveries are signed for; the bridge's own address when none.
    pub public_url: Option<&'static str>,
    pub portal_id: i64,
    pub access_token: String,
    pub client_secret: String,
    pub ai_user_id: String,
    /// Where HubSpot is.
    pub api_url: String,
    pub quiet_period: &'static str,
}

/// A running bridge; killed when dropped.
pub struct Bridge {
    child: Child,
    /// The public listener.
    pub address: SocketAddr,
    /// The admin listener.
    pub admin: SocketAddr,
    /// From the start of the process to its first 200 of `/readyz`.
    pub ready_after: Duration,
}

impl Bridge {
    /// Starts `serve` on what is in the folder: a new database, or the one of the start before.
    pub async fn start(folder: &Path, settings: &Settings) -> Result<Self, Box<dyn Error>> {
        let (address, admin) = (free_port()?, free_port()?);
        let file = folder.join("bridge.toml");
        fs::write(&file, settings.file(folder, address, admin))?;
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--config"]).arg(file).stdout(Stdio::null()).stderr(Stdio::inherit());
        let began = Instant::now();
        let mut bridge = Self { child: command.spawn()?, address, admin, ready_after: Duration::ZERO };
        while !is_ready(address).await {
            if let Some(status) = bridge.child.try_wait()? {
                return Err(format!("the bridge ended with {status}").into());
            }
            if began.elapsed() > START_MAX {
                return Err("the bridge did not become ready".into());
            }
            sleep(LOOK).await;
        }
        bridge.ready_after = began.elapsed();
        Ok(bridge)
    }

    /// What a page says. Anything but 200 is an error.
    pub async fn get(address: SocketAddr, page: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {page} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        if answer.starts_with("HTTP/1.1 200") { Ok(answer) } else { Err(std::io::Error::other(answer)) }
    }

    /// One line of `/proc/PID/status`, in MiB: `VmRSS` now, `VmHWM` at its highest.
    pub fn memory(&self, line: &str) -> Result<f64, Box<dyn Error>> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let value = status.lines().find_map(|known| known.strip_prefix(line)?.strip_prefix(':'));
        let kib: u32 = value.and_then(|value| value.split_whitespace().next()).ok_or("no such line")?.parse()?;
        Ok(f64::from(kib) / 1024.0)
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Settings {
    fn file(&self, folder: &Path, listen: SocketAddr, admin: SocketAddr) -> String {
        let Self { public_url, portal_id, access_token, client_secret, ai_user_id, api_url, quiet_period } = self;
        let public_url = public_url.map_or_else(|| format!("http://{listen}"), str::to_owned);
        format!(
            r#"
            [server]
            listen = "{listen}"
            public_url = "{public_url}"
            [admin]
            listen = "{admin}"
            [store]
            url = "sqlite:{}"
            [delivery]
            quiet_period = "{quiet_period}"
            quiet_period_max = "5m"
            sweep_interval = "0s"
            [hubspot]
            api_url = "{api_url}"
            [telemetry]
            log_level = "error"
            [connections.acme]
            portal_id = {portal_id}
            access_token = "{access_token}"
            client_secret = "{client_secret}"
            ai_user_id = "{ai_user_id}"
            [connections.acme.agent]
            kind = "faq"
            articles = "{ARTICLES}"
            "#,
            folder.join("bridge.db").display()
        )
    }
}

async fn is_ready(address: SocketAddr) -> bool {
    Bridge::get(address, "/readyz").await.is_ok()
}

/// Free a moment ago: good enough for a benchmark.
fn free_port() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}
