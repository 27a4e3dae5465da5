//! An agent that fails by plan. Its replies name the messages they answer, so that the portal's own record shows what
//! was answered, and how often.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use hubspot_bridge::agents::{
    Agent, Answer, Class, Contact, Decision, Effect, Error, Outside, Question, Recall, Relay, RelayKind,
};
use hubspot_bridge::domain::{ThreadId, Timestamp};

use super::draw::Draw;

/// Begins every reply; the ids of the answered messages follow.
pub const ANSWER: &str = "answer to";
/// Begins the agent's ids of conversations that live outside HubSpot.
pub const OUTSIDE: &str = "outside-";

#[derive(Clone, Copy, Debug)]
pub struct Habits {
    pub keeps_state: bool,
    pub slow_ms: u64,
    pub fails_percent: u64,
    pub hands_off_percent: u64,
    /// How often an answer brings a new value of the session key `order`.
    pub learns_percent: u64,
    pub drafts_percent: u64,
    /// How often it has nothing to say.
    pub silent_percent: u64,
    /// How often a handoff comes without words.
    pub wordless_percent: u64,
}

/// How the agent fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Illness {
    /// It certainly heard nothing.
    Refuses,
    /// It may have heard, and nobody knows.
    Unclear,
    /// Its own rate limit.
    Busy,
    /// Until somebody changes something.
    Permanent,
    /// It never answers.
    Hangs,
}

impl Illness {
    pub const ALL: [Self; 5] = [Self::Refuses, Self::Unclear, Self::Busy, Self::Permanent, Self::Hangs];

    fn error(self, operation: &'static str) -> Error {
        let (effect, class) = match self {
            Self::Refuses => (Effect::NotSent, Class::Retry { after: None }),
            Self::Unclear | Self::Hangs => (Effect::Unclear, Class::Retry { after: None }),
            Self::Busy => (Effect::NotSent, Class::Busy { after: Duration::from_secs(7) }),
            Self::Permanent => (Effect::NotSent, Class::Permanent),
        };
        Error { operation, detail: format!("planned: {self:?}"), effect, class }
    }
}

/// What the agent's own record holds: it outlives the bridge's crashes.
#[derive(Debug, Default)]
struct Memory {
    heard: HashMap<String, Option<Answer>>,
    /// Threads, by the agent's own id of the conversation.
    sessions: BTreeMap<String, ThreadId>,
    orders: u64,
    /// What reps wrote, by session and message: how often it was heard.
    relayed: BTreeMap<(String, String), u64>,
    ill: Option<Illness>,
    failures: BTreeMap<String, u64>,
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
        self.memory().relayed.clone()
    }

    /// How often it failed, by how.
    pub fn failures(&self) -> BTreeMap<String, u64> {
        self.memory().failures.clone()
    }

    pub fn set_ill(&self, illness: Option<Illness>) {
        self.memory().ill = illness;
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().expect("no panic in here")
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Draw) -> T) -> T {
        draw(&mut self.draw.lock().expect("no panic in here"))
    }

    /// How this call fails, if it does.
    fn failing(&self, percent: u64) -> Option<Illness> {
        let illness = self.draw(|draw| draw.percent(percent).then(|| *draw.pick(&Illness::ALL)));
        let mut memory = self.memory();
        let illness = memory.ill.or(illness)?;
        *memory.failures.entry(format!("agent: {illness:?}")).or_default() += 1;
        Some(illness)
    }

    fn key(question: &Question) -> String {
        question.messages.iter().map(|said| said.id.to_string()).collect::<Vec<_>>().join(" ")
    }

    fn answer(&self, key: &str) -> Answer {
        let habits = self.habits;
        let text = format!("{ANSWER} {key}");
        let (dice, hands_off, wordless, learns) = self.draw(|draw| {
            (
                draw.below(100),
                draw.percent(habits.hands_off_percent),
                draw.percent(habits.wordless_percent),
                draw.percent(habits.learns_percent),
            )
        });
        let decision = if hands_off {
            Decision::Handoff { words: (!wordless).then_some(text), reason: "the customer wants a person".into() }
        } else if dice < habits.drafts_percent {
            Decision::Draft { text }
        } else if dice < habits.drafts_percent + habits.silent_percent {
            Decision::Nothing
        } else {
            Decision::Reply { text }
        };
        let mut answer = Answer::new(decision);
        if learns {
            let mut memory = self.memory();
            memory.orders += 1;
            answer.custom_data.insert("order".to_owned(), format!("order {}", memory.orders));
        }
        answer
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
        let mut memory = self.memory();
        let id = format!("s{}", memory.sessions.len() + 1);
        memory.sessions.insert(id.clone(), question.thread_id.clone());
        Ok(Some(id))
    }

    async fn look(&self, _: Duration) -> Result<String, Error> {
        Ok("answers".to_owned())
    }

    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let think = self.draw(|draw| draw.below(self.habits.slow_ms + 1));
        let failing = self.failing(self.habits.fails_percent);
        let key = Self::key(question);
        let answer = self.answer(&key);
        if let Some(illness @ (Illness::Refuses | Illness::Busy | Illness::Permanent)) = failing {
            return Err(illness.error("ask"));
        }
        self.memory().heard.insert(key.clone(), None);
        if failing == Some(Illness::Hangs) {
            tokio::time::sleep(Duration::from_hours(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(think)).await;
        self.memory().heard.insert(key, Some(answer.clone()));
        failing.map_or(Ok(answer), |illness| Err(illness.error("ask")))
    }

    async fn recall(&self, question: &Question, _: Timestamp) -> Result<Recall, Error> {
        if let Some(illness) = self.failing(self.habits.fails_percent / 4) {
            return Err(illness.error("recall"));
        }
        Ok(match self.memory().heard.get(&Self::key(question)) {
            None => Recall::NotSent,
            Some(Some(answer)) => Recall::Answered(answer.clone()),
            Some(None) => Recall::Unanswered,
        })
    }

    fn takes(&self, _: RelayKind) -> bool {
        true
    }

    async fn relay(&self, relay: &Relay) -> Result<(), Error> {
        let pause = self.draw(|draw| draw.below(self.habits.slow_ms / 4 + 1));
        let failing = self.failing(self.habits.fails_percent);
        if let Some(illness @ (Illness::Refuses | Illness::Busy | Illness::Permanent)) = failing {
            return Err(illness.error("relay"));
        }
        if failing == Some(Illness::Hangs) {
            tokio::time::sleep(Duration::from_hours(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let key = (relay.session.to_string(), relay.id.clone());
        *self.memory().relayed.entry(key).or_default() += 1;
        failing.map_or(Ok(()), |illness| Err(illness.error("relay")))
    }

    async fn was_relayed(&self, relay: &Relay, _: Timestamp) -> Result<bool, Error> {
        if let Some(illness) = self.failing(self.habits.fails_percent / 4) {
            return Err(illness.error("was_relayed"));
        }
        let key = (relay.session.to_string(), relay.id.clone());
        Ok(self.memory().relayed.contains_key(&key))
    }

    /// It knows the conversations it began for threads, and all that are called so.
    async fn conversation(&self, agent_session_id: &str) -> Result<Option<Outside>, Error> {
        if let Some(illness) = self.failing(self.habits.fails_percent) {
            return Err(illness.error("conversation"));
        }
        let thread_id = self.memory().sessions.get(agent_session_id).cloned();
        if thread_id.is_none() && !agent_session_id.starts_with(OUTSIDE) {
            return Ok(None);
        }
        let email = Some(format!("{agent_session_id}@elsewhere.example"));
        Ok(Some(Outside {
            contact: Contact { email, ..Contact::default() },
            channel: Some("whatsapp".to_owned()),
            transcript: Vec::new(),
            summary: Some("somebody asked something".to_owned()),
            sentiment: None,
            language: None,
            custom_data: BTreeMap::from([("order".to_owned(), format!("order of {agent_session_id}"))]),
            thread_id,
        }))
    }
}
