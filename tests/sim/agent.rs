//! An agent that fails by plan. Its replies name the messages they answer, so that the portal's own record shows what
//! was answered, and how often.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hubspot_bridge::agents::{Agent, Answer, Class, Decision, Effect, Error, Question, Recall, Relay, RelayKind};
use hubspot_bridge::domain::Timestamp;

use super::draw::Draw;

/// Begins every reply; the ids of the answered messages follow.
pub const ANSWER: &str = "answer to";

#[derive(Clone, Copy, Debug)]
pub struct Habits {
    pub keeps_state: bool,
    pub slow_ms: u64,
    pub fails_percent: u64,
    pub hands_off_percent: u64,
    /// How often an answer brings a new value of the session key `order`.
    pub learns_percent: u64,
}

/// What the agent's own record holds: it outlives the bridge's crashes.
#[derive(Debug, Default)]
struct Memory {
    heard: HashMap<String, Option<Answer>>,
    sessions: u64,
    orders: u64,
    /// What reps wrote, by session and message: how often it was heard.
    relayed: BTreeMap<(String, String), u64>,
}

#[derive(Clone)]
pub struct Planned {
    habits: Habits,
    draw: Arc<Mutex<Draw>>,
    memory: Arc<Mutex<Memory>>,
}

impl Planned {
    pub fn new(habits: Habits, draw: Draw) -> Self {
        Self { habits, draw: Arc::new(Mutex::new(draw)), memory: Arc::default() }
    }

    /// What reps wrote, by session and message, and how often it arrived.
    pub fn relayed(&self) -> BTreeMap<(String, String), u64> {
        self.memory.lock().expect("no panic in here").relayed.clone()
    }

    fn failing(operation: &'static str, effect: Effect) -> Error {
        Error { operation, detail: "planned".into(), effect, class: Class::Retry { after: None } }
    }

    fn key(question: &Question) -> String {
        question.messages.iter().map(|said| said.id.to_string()).collect::<Vec<_>>().join(" ")
    }
}

#[async_trait]
impl Agent for Planned {
    fn keeps_state(&self) -> bool {
        self.habits.keeps_state
    }

    async fn open(&self, question: &Question) -> Result<Option<String>, Error> {
        if !self.habits.keeps_state || question.agent_session_id.is_some() {
            return Ok(None);
        }
        let mut memory = self.memory.lock().expect("no panic in here");
        memory.sessions += 1;
        Ok(Some(format!("s{}", memory.sessions)))
    }

    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let (think, dice, hand_off, fail_late, learns) = {
            let mut draw = self.draw.lock().expect("no panic in here");
            (
                draw.below(self.habits.slow_ms + 1),
                draw.below(100),
                draw.percent(self.habits.hands_off_percent),
                draw.percent(50),
                draw.percent(self.habits.learns_percent),
            )
        };
        let fails = dice < self.habits.fails_percent;
        let key = Self::key(question);
        let text = format!("{ANSWER} {key}");
        let decision = if hand_off {
            Decision::Handoff { words: Some(text), reason: "the customer wants a person".into() }
        } else {
            Decision::Reply { text }
        };
        let mut answer = Answer::new(decision);
        if learns {
            let mut memory = self.memory.lock().expect("no panic in here");
            memory.orders += 1;
            answer.custom_data.insert("order".to_owned(), format!("order {}", memory.orders));
        }
        if fails && !fail_late {
            return Err(Self::failing("ask", Effect::NotSent));
        }
        self.memory.lock().expect("no panic in here").heard.insert(key.clone(), None);
        tokio::time::sleep(Duration::from_millis(think)).await;
        self.memory.lock().expect("no panic in here").heard.insert(key, Some(answer.clone()));
        if fails {
            return Err(Self::failing("ask", Effect::Unclear));
        }
        Ok(answer)
    }

    async fn recall(&self, question: &Question, _: Timestamp) -> Result<Recall, Error> {
        let memory = self.memory.lock().expect("no panic in here");
        Ok(match memory.heard.get(&Self::key(question)) {
            None => Recall::NotSent,
            Some(Some(answer)) => Recall::Answered(answer.clone()),
            Some(None) => Recall::Unanswered,
        })
    }

    fn takes(&self, kind: RelayKind) -> bool {
        kind == RelayKind::Reply
    }

    async fn relay(&self, relay: &Relay) -> Result<(), Error> {
        let (pause, dice) = {
            let mut draw = self.draw.lock().expect("no panic in here");
            (draw.below(self.habits.slow_ms / 4 + 1), draw.below(100))
        };
        if dice < self.habits.fails_percent / 2 {
            return Err(Self::failing("relay", Effect::NotSent));
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let key = (relay.session.to_string(), relay.id.clone());
        *self.memory.lock().expect("no panic in here").relayed.entry(key).or_default() += 1;
        if dice < self.habits.fails_percent {
            return Err(Self::failing("relay", Effect::Unclear));
        }
        Ok(())
    }

    async fn was_relayed(&self, relay: &Relay, _: Timestamp) -> Result<bool, Error> {
        let key = (relay.session.to_string(), relay.id.clone());
        Ok(self.memory.lock().expect("no panic in here").relayed.contains_key(&key))
    }
}
