//! An agent that does what the test says: its own queue of moves, a pace, a memory to be asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use hubspot_bridge::agents::{
    Agent, Answer, Class, Decision, Effect, Error, Outside, Question, Recall, Relay, RelayKind,
};
use hubspot_bridge::domain::Timestamp;

/// What the agent does next.
#[derive(Clone, Debug)]
pub enum Move {
    Say(Answer),
    Fail(Effect, Class),
    Panic,
}

/// How a call that carries a rep's words goes.
#[derive(Clone, Debug)]
pub enum Carry {
    /// Taken, though the caller hears this error.
    TakeAndFail(Effect, Class),
    /// Not taken.
    Fail(Effect, Class),
    /// Taken, and the answer takes so long.
    TakeSlowly(Duration),
    /// Not taken, and the answer takes so long.
    Hang(Duration),
}

#[derive(Debug, Default)]
struct State {
    takes: Vec<RelayKind>,
    carries: VecDeque<Carry>,
    relayed: Vec<Relay>,
    relay_calls: usize,
    looked: usize,
    memory: bool,
    delay: Duration,
    moves: VecDeque<Move>,
    recalls: VecDeque<Recall>,
    asked: Vec<Question>,
    recalled: usize,
    opened: usize,
    cancelled: usize,
    elsewhere: BTreeMap<String, Outside>,
    silent: bool,
}

/// Clones share the state, which outlives the bridge's crashes.
#[derive(Clone, Default)]
pub struct Scripted(Arc<Mutex<State>>);

impl Scripted {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// From now on it remembers what it was told.
    pub fn remembers(&self) {
        self.state().memory = true;
    }

    /// It thinks so long, each time.
    pub fn thinks_for(&self, seconds: u64) {
        self.state().delay = Duration::from_secs(seconds);
    }

    pub fn next(&self, next: Move) {
        self.state().moves.push_back(next);
    }

    pub fn says(&self, decision: Decision) {
        self.next(Move::Say(Answer::new(decision)));
    }

    pub fn fails(&self, times: usize) {
        for _ in 0..times {
            self.next(Move::Fail(Effect::NotSent, Class::Retry { after: None }));
        }
    }

    pub fn hands_off(&self, words: Option<&str>) {
        self.next(Move::Say(Answer {
            decision: Decision::Handoff { words: words.map(str::to_owned), reason: "wants a person".to_owned() },
            sentiment: Some("angry".to_owned()),
            language: Some("de".to_owned()),
            summary: Some("The parcel is late.".to_owned()),
            custom_data: std::collections::BTreeMap::new(),
        }));
    }

    /// What its record says when it is next looked into.
    pub fn recalls(&self, recall: Recall) {
        self.state().recalls.push_back(recall);
    }

    /// It has a conversation that HubSpot knows nothing of.
    pub fn has_elsewhere(&self, id: &str, outside: Outside) {
        self.state().elsewhere.insert(id.to_owned(), outside);
    }

    /// It tells nothing of its conversations for now.
    pub fn is_silent(&self, silent: bool) {
        self.state().silent = silent;
    }

    /// From now on it takes what reps write, of this kind.
    pub fn takes(&self, kind: RelayKind) {
        self.state().takes.push(kind);
    }

    /// How the next call that carries a rep's words goes; without a word they are taken.
    pub fn carries(&self, carry: Carry) {
        self.state().carries.push_back(carry);
    }

    /// What it took, in order; twice when it was sent twice.
    pub fn relayed(&self) -> Vec<Relay> {
        self.state().relayed.clone()
    }

    /// Session and text of what it took.
    pub fn relayed_texts(&self) -> Vec<(i64, String)> {
        self.state().relayed.iter().map(|relay| (relay.session.0, relay.text.clone())).collect()
    }

    /// Calls of `relay`, and looks into its record.
    pub fn relay_calls(&self) -> (usize, usize) {
        let state = self.state();
        (state.relay_calls, state.looked)
    }

    /// The questions so far, as the texts of their messages.
    pub fn asked(&self) -> Vec<Vec<String>> {
        let texts = |question: &Question| question.messages.iter().map(|said| said.text.clone()).collect();
        self.state().asked.iter().map(texts).collect()
    }

    pub fn last_question(&self) -> Question {
        self.state().asked.last().expect("the agent was asked").clone()
    }

    pub fn recalled(&self) -> usize {
        self.state().recalled
    }

    /// Sessions of its own that it was asked to make.
    pub fn opened(&self) -> usize {
        self.state().opened
    }

    /// Calls dropped before they ended.
    pub fn cancelled(&self) -> usize {
        self.state().cancelled
    }
}

/// Counts the call as cancelled unless it comes to its end.
struct Call(Option<Scripted>);

impl Drop for Call {
    fn drop(&mut self) {
        if let Some(agent) = &self.0 {
            agent.state().cancelled += 1;
        }
    }
}

#[async_trait]
impl Agent for Scripted {
    fn keeps_state(&self) -> bool {
        self.state().memory
    }

    async fn open(&self, question: &Question) -> Result<Option<String>, Error> {
        let mut state = self.state();
        if !state.memory || question.agent_session_id.is_some() {
            return Ok(None);
        }
        state.opened += 1;
        Ok(Some(format!("agent-session-{}", state.opened)))
    }

    async fn ask(&self, question: &Question) -> Result<Answer, Error> {
        let (delay, next) = {
            let mut state = self.state();
            state.asked.push(question.clone());
            (state.delay, state.moves.pop_front())
        };
        let mut call = Call(Some(self.clone()));
        // In two steps, as a peer's head and body: it must be polled on to come to its end.
        tokio::time::sleep(delay / 2).await;
        tokio::time::sleep(delay / 2).await;
        call.0 = None;
        let texts: Vec<&str> = question.messages.iter().map(|said| said.text.as_str()).collect();
        match next {
            None => Ok(Answer::new(Decision::Reply { text: format!("answer to: {}", texts.join(" + ")) })),
            Some(Move::Say(answer)) => Ok(answer),
            Some(Move::Fail(effect, class)) => {
                Err(Error { operation: "ask", detail: "answered 500".to_owned(), effect, class })
            }
            Some(Move::Panic) => panic!("the agent panics, as the test wants"),
        }
    }

    fn takes(&self, kind: RelayKind) -> bool {
        self.state().takes.contains(&kind)
    }

    async fn relay(&self, relay: &Relay) -> Result<(), Error> {
        let (carry, error) = {
            let mut state = self.state();
            state.relay_calls += 1;
            let carry = state.carries.pop_front();
            if matches!(carry, None | Some(Carry::TakeAndFail(..) | Carry::TakeSlowly(_))) {
                state.relayed.push(relay.clone());
            }
            let error = |effect, class| Error { operation: "relay", detail: "answered 500".to_owned(), effect, class };
            (carry, error)
        };
        match carry {
            None => Ok(()),
            Some(Carry::TakeAndFail(effect, class) | Carry::Fail(effect, class)) => Err(error(effect, class)),
            Some(Carry::TakeSlowly(time) | Carry::Hang(time)) => {
                tokio::time::sleep(time).await;
                Ok(())
            }
        }
    }

    async fn was_relayed(&self, relay: &Relay, _: Timestamp) -> Result<bool, Error> {
        let mut state = self.state();
        state.looked += 1;
        let same = |taken: &Relay| taken.id == relay.id && taken.session == relay.session;
        Ok(state.relayed.iter().any(same))
    }

    async fn recall(&self, _: &Question, _: Timestamp) -> Result<Recall, Error> {
        let mut state = self.state();
        state.recalled += 1;
        Ok(state.recalls.pop_front().unwrap_or(Recall::NotSent))
    }

    async fn look(&self, _: Duration) -> Result<String, Error> {
        Ok("answers".to_owned())
    }

    async fn conversation(&self, id: &str) -> Result<Option<Outside>, Error> {
        let state = self.state();
        if state.silent {
            let class = Class::Retry { after: None };
            let detail = "answered 503".to_owned();
            return Err(Error { operation: "conversation", detail, effect: Effect::NotSent, class });
        }
        Ok(state.elsewhere.get(id).cloned())
    }
}
