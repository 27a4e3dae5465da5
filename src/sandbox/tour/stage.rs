//! Where the steps play: the portal, the bridge, and ways to look until something is so.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::ledger::Ledger;
use crate::domain::{ActorId, ThreadId};
use crate::sandbox::agent::Assistant;
use crate::sandbox::command::Bridge;
use crate::sandbox::portal::people::{ActionError, Customer, Posted};
use crate::sandbox::portal::seed::Agent;
use crate::sandbox::portal::{Effect, Fault, Line, Portal, Speaker};

/// The longest a step waits for one thing: longer than any wait of the tour's settings, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(15);
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// One message by its id, as the bridge reads each that was announced.
pub const MESSAGE: &str = "/conversations/v3/conversations/threads/*/messages/*";
/// A thread's messages: read with GET, written to with POST.
pub const MESSAGES: &str = "/conversations/v3/conversations/threads/*/messages";

/// What was not seen.
#[derive(Debug)]
pub struct Missed {
    /// In words.
    pub expected: String,
    /// What was there instead, when time was up.
    pub seen: String,
}

impl Missed {
    /// A step that could not even act.
    pub fn new(expected: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { expected: expected.into(), seen: seen.into() }
    }
}

impl From<ActionError> for Missed {
    fn from(error: ActionError) -> Self {
        Self::new("the simulated HubSpot to do as people ask", error.to_string())
    }
}

/// The portal and the bridge.
#[derive(Debug)]
pub struct Stage<'a> {
    /// HubSpot.
    pub portal: Portal,
    /// The bridge's process.
    pub bridge: &'a mut Bridge,
    /// The agent it asks, when that is not the built-in one.
    pub assistant: Option<Assistant>,
}

impl<'a> Stage<'a> {
    /// A stage over a fresh portal.
    pub fn new(portal: &Portal, bridge: &'a mut Bridge, assistant: Option<Assistant>) -> Self {
        Self { portal: portal.clone(), bridge, assistant }
    }

    /// A customer with a name and an address begins a chat.
    pub fn asks(&self, name: &str, text: &str) -> Result<Posted, Missed> {
        let email = format!("{}@example.com", name.split(' ').next().unwrap_or(name).to_lowercase());
        let customer = Customer { name: Some(name.to_owned()), email: Some(email) };
        Ok(self.portal.customer_chats(&customer, None, text)?)
    }

    /// The customer of a thread writes again.
    pub fn asks_again(&self, thread: &ThreadId, text: &str) -> Result<Posted, Missed> {
        Ok(self.portal.customer_chats(&Customer::default(), Some(thread), text)?)
    }

    /// The rep who gets conversations that are handed off.
    pub fn rep(&self) -> ActorId {
        self.portal.seed().reps.first().map_or_else(|| ActorId(String::new()), Agent::actor)
    }

    /// Her name.
    pub fn rep_name(&self) -> String {
        self.portal.seed().reps.first().map(|rep| rep.first.clone()).unwrap_or_default()
    }

    /// HubSpot answers such calls this late, until the step is over.
    pub fn slow_down(&self, method: &str, route: &str, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        // All of the step's calls: a planned look at an earlier answer must not take the delay away.
        self.portal.add_fault(Fault { times: None, ..Fault::times(1, method, route, Effect::Delay { ms }) });
    }

    /// Looks at the bridge's records until `look` finds what it wants; `Err` is what it sees instead.
    pub async fn until<T>(
        &self,
        expected: &str,
        look: impl Fn(&Ledger) -> Result<T, String> + Send,
    ) -> Result<T, Missed> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let seen = match Ledger::read(self.bridge).await {
                Some(ledger) => look(&ledger),
                None => Err("the bridge's admin API does not answer".to_owned()),
            };
            match seen {
                Ok(found) => return Ok(found),
                Err(seen) if Instant::now() > deadline => return Err(Missed::new(expected, seen)),
                Err(_) => sleep(LOOK_AGAIN).await,
            }
        }
    }

    /// Waits for a call of the bridge that the portal's log did not have before.
    pub async fn called(&self, method: &str, path: &str, before: usize) -> Result<(), Missed> {
        let deadline = Instant::now() + PATIENCE;
        while self.calls(method, path) <= before {
            if Instant::now() > deadline {
                return Err(Missed::new(format!("the bridge to call {method} {path}"), "it did not"));
            }
            sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// How often the bridge made a call that begins so.
    pub fn calls(&self, method: &str, path: &str) -> usize {
        let state = self.portal.snapshot();
        let calls = state.get("calls").and_then(serde_json::Value::as_array).into_iter().flatten();
        let text = |call: &serde_json::Value, key: &str| {
            call.get(key).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
        };
        calls.filter(|call| text(call, "method") == method && text(call, "path").starts_with(path)).count()
    }

    /// Waits until every event is delivered and has ended, so that one step's tail is not the next one's business; but
    /// not for what is only planned for later.
    /// Starts the bridge again if it died.
    pub async fn settle_down(&mut self) -> Result<(), Missed> {
        if self.bridge.readiness().await.is_none() {
            self.bridge.kill().await;
            self.bridge.start().await.map_err(|error| Missed::new("a running bridge", error.to_string()))?;
        }
        let portal = self.portal.clone();
        self.until("every event to be delivered and to end", |ledger| {
            match (portal.outstanding_events(), ledger.open(portal.now())) {
                (0, 0) => Ok(()),
                (waiting, open) => Err(format!("{waiting} wait for delivery, {open} have not ended")),
            }
        })
        .await
    }

    /// What the AI has told the customer in a thread.
    pub fn answers(&self, thread: &ThreadId) -> Vec<String> {
        lines(&self.portal, thread, Speaker::Ai)
    }

    /// The internal comments of a thread.
    pub fn notes(&self, thread: &ThreadId) -> Vec<String> {
        lines(&self.portal, thread, Speaker::Note)
    }

    /// The one answer of a thread, once everything has ended: none and two are both wrong.
    pub async fn one_answer(&mut self, thread: &ThreadId) -> Result<String, Missed> {
        self.settle_down().await?;
        self.answer_at(thread, 1)
    }

    /// The newest answer when there are exactly `count` of them.
    pub fn answer_at(&self, thread: &ThreadId, count: usize) -> Result<String, Missed> {
        let answers = self.answers(thread);
        match answers.last() {
            Some(answer) if answers.len() == count => Ok(answer.clone()),
            _ => Err(Missed::new(format!("{count} of the AI's answers in the thread"), answers.len().to_string())),
        }
    }
}

fn lines(portal: &Portal, thread: &ThreadId, speaker: Speaker) -> Vec<String> {
    let view = portal.thread_view(thread);
    let lines = view.iter().flat_map(|view| &view.lines).filter(|line| line.speaker == speaker);
    lines.map(|line: &Line| line.text.clone()).collect()
}

/// The beginning of what somebody said, in quotes, on one line.
pub fn quoted(text: &str) -> String {
    const SHOWN: usize = 72;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(SHOWN).collect();
    if short == line { format!("\u{201c}{line}\u{201d}") } else { format!("\u{201c}{}…\u{201d}", short.trim_end()) }
}
