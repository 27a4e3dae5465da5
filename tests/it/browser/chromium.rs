//! A browser of the test's own: chromedriver on a free port, Chromium with an empty profile behind it.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Instant, sleep};

use super::driver::Driver;

/// Far beyond what a page needs on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Nothing but this machine has a name, and the browser does nothing of its own accord.
const FLAGS: [&str; 14] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-features=OptimizationHints,MediaRouter",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// What ends with it: the driver, and by that the browser.
pub struct Browser {
    pub driver: Driver,
    /// axe-core's source.
    pub axe: String,
    _chromedriver: (Child, Lines<BufReader<ChildStdout>>),
    _profile: TempDir,
}

/// A browser; none, said where nobody can overlook it, on a machine that lacks what it needs. On a build machine that is
/// a failure.
pub async fn open(unchecked: &str) -> Option<Browser> {
    let missing = match (axe(), chromedriver().await) {
        (Some(axe), Some((process, lines, port))) => return Some(connect(axe, process, lines, port).await),
        (None, _) => "AXE_CORE does not name axe-core's axe.min.js (`npm pack axe-core`; .ci/run does it)",
        (_, None) => "chromedriver is missing (Debian: chromium-driver)",
    };
    // Not `eprintln!`: the test harness keeps that to itself.
    let _ = writeln!(std::io::stderr(), "NOT CHECKED: {unchecked} ({missing})");
    let required = std::env::var("BROWSER_TESTS").is_ok_and(|is| is == "required");
    assert!(!required, "not checked: {unchecked}: {missing}");
    None
}

fn axe() -> Option<String> {
    std::fs::read_to_string(std::env::var_os("AXE_CORE")?).ok()
}

async fn chromedriver() -> Option<(Child, Lines<BufReader<ChildStdout>>, u16)> {
    let mut command = Command::new("chromedriver");
    command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
    let mut process = command.spawn().ok()?;
    let mut lines = BufReader::new(process.stdout.take()?).lines();
    // "ChromeDriver was started successfully on port 38351."
    while let Some(line) = lines.next_line().await.ok()? {
        let said = line.split_once("successfully on port ").map(|(_, port)| port.trim_end_matches('.'));
        if let Some(port) = said.and_then(|port| port.parse().ok()) {
            return Some((process, lines, port));
        }
    }
    None
}

async fn connect(axe: String, process: Child, lines: Lines<BufReader<ChildStdout>>, port: u16) -> Browser {
    let profile = tempfile::tempdir().unwrap();
    let mut flags: Vec<String> = FLAGS.map(str::to_owned).to_vec();
    flags.push(format!("--user-data-dir={}", profile.path().display()));
    let wanted = json!({
        "browserName": "chrome",
        "goog:chromeOptions": { "args": flags },
        "goog:loggingPrefs": { "performance": "ALL", "browser": "ALL" },
    });
    let driver = Driver::new(port, wanted).await;
    driver.call("/timeouts", json!({ "script": 60_000 })).await;
    Browser { driver, axe, _chromedriver: (process, lines), _profile: profile }
}

impl Browser {
    pub async fn goto(&self, url: &str) {
        self.driver.call("/url", json!({ "url": url })).await;
    }

    /// Waits until an expression is true.
    pub async fn until(&self, expected: &str, expression: &str) {
        let deadline = Instant::now() + PATIENCE;
        while self.driver.script(&format!("return Boolean({expression})")).await != true {
            assert!(Instant::now() < deadline, "never seen: {expected}\n{}", self.text().await);
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Waits until a text is on the page.
    pub async fn shows(&self, text: &str) {
        self.until(text, &format!("document.body.innerText.includes({})", json!(text))).await;
    }

    /// All that the page says.
    pub async fn text(&self) -> String {
        self.driver.script("return location.href + '\\n' + document.body.innerText").await.as_str().unwrap().to_owned()
    }

    /// Writes into the field of this name.
    pub async fn fills(&self, name: &str, text: &str) {
        self.driver.fill(&self.one(&format!("//main//*[@name='{name}']")).await, text).await;
    }

    /// Presses the button, or follows the link, that has these words.
    pub async fn presses(&self, words: &str) {
        let is = format!("[normalize-space()=\"{words}\"]");
        // The page's own before the frame's.
        let found = match self.driver.find(&format!("//main//button{is} | //main//a{is}")).await {
            Some(found) => found,
            None => self.one(&format!("//button{is} | //a{is}")).await,
        };
        self.driver.click(&found).await;
    }

    async fn one(&self, xpath: &str) -> String {
        let found = self.driver.find(xpath).await;
        assert!(found.is_some(), "there is no {xpath} on\n{}", self.text().await);
        found.unwrap()
    }

    /// What was asked of other places than these, and what the browser complained of, except about these addresses. Each
    /// is told once.
    pub async fn complaints(&self, places: &[String], expected: &[String]) -> Vec<String> {
        let mut found = Vec::new();
        for entry in self.driver.log("performance").await {
            let message: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            let message = &message["message"];
            let url = match message["method"].as_str() {
                Some("Network.requestWillBeSent") => message["params"]["request"]["url"].as_str(),
                Some("Network.webSocketCreated") => message["params"]["url"].as_str(),
                _ => None,
            };
            // In the browser itself: its start page, the icons of its form fields.
            let is_inside = |url: &str| url.starts_with("chrome:") || url.starts_with("data:");
            let is_ours = |url: &str| places.iter().any(|place| url.starts_with(place));
            let elsewhere = |url: &&str| !is_inside(url) && !is_ours(url);
            if let Some(url) = url.filter(elsewhere) {
                found.push(format!("asked of another place: {url}"));
            }
        }
        for entry in self.driver.log("browser").await {
            let (level, message) = (entry["level"].as_str().unwrap(), entry["message"].as_str().unwrap());
            let is_expected = |url: &String| message.starts_with(&format!("{url} - Failed to load resource"));
            if matches!(level, "WARNING" | "SEVERE") && !expected.iter().any(is_expected) {
                found.push(format!("{level}: {message}"));
            }
        }
        found
    }

    /// To the end of the walk, where nothing may be left to complain about.
    pub async fn closes(self, mut found: Vec<String>, places: &[String], expected: &[String]) {
        found.extend(self.complaints(places, expected).await);
        assert!(found.is_empty(), "{} findings:\n{}", found.len(), found.join("\n"));
    }
}
