//! What a turn decided to do, journalled before it acts, so that a resumed run does the same.

use serde::{Deserialize, Serialize};

use crate::agents::{Answer, Decision};
use crate::domain::{AnsweredThrough, Message, MessageId, Reason, Timestamp};

/// What to do about the customer's messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Version of this stored format.
    pub v: u32,
    /// What.
    pub action: Action,
    /// Words for the customer, or the draft.
    pub text: Option<String>,
    /// The name of the reason that forced it, from the closed list.
    pub forced: Option<String>,
    /// The newest customer message it answers: creation time in ms, and id. The newest page may have added messages
    /// without an event of their own.
    pub through: Option<(i64, String)>,
    /// The ids of all customer messages it answers; none in what an earlier release stored.
    #[serde(default)]
    pub about: Vec<String>,
    /// For the reps: why a human is needed.
    pub why: Option<String>,
    /// For the reps.
    pub summary: Option<String>,
    /// For the reps.
    pub sentiment: Option<String>,
    /// For the reps.
    pub language: Option<String>,
    /// The topic rule that matched, for the reps and for routing.
    #[serde(default)]
    pub topic: Option<String>,
}

/// The kinds of plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Post `text` to the customer.
    Reply,
    /// Post `text` as an internal comment.
    Draft,
    /// Give the conversation to a human; `text` first, if there is one.
    Handoff,
    /// Nothing.
    Nothing,
}

/// What of a plan outlives its turn: the decision, without a word of what is said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gist<'a> {
    v: u32,
    decided: Action,
    /// The name of the reason that forced it.
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<&'a str>,
    /// The topic rule that matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    topic_rule: Option<&'a str>,
}

impl Plan {
    const VERSION: u32 = 1;

    fn new(action: Action) -> Self {
        Self {
            v: Self::VERSION,
            action,
            text: None,
            forced: None,
            through: None,
            about: Vec::new(),
            why: None,
            summary: None,
            sentiment: None,
            language: None,
            topic: None,
        }
    }

    /// What the agent wants.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        let mut plan = match &answer.decision {
            Decision::Reply { text } => Self { text: Some(text.clone()), ..Self::new(Action::Reply) },
            Decision::Draft { text } => Self { text: Some(text.clone()), ..Self::new(Action::Draft) },
            Decision::Handoff { words, reason } => {
                Self { text: words.clone(), why: Some(reason.clone()), ..Self::new(Action::Handoff) }
            }
            Decision::Nothing => Self::new(Action::Nothing),
        };
        plan.summary.clone_from(&answer.summary);
        plan.sentiment.clone_from(&answer.sentiment);
        plan.language.clone_from(&answer.language);
        plan
    }

    /// A handoff that was not the agent's wish.
    #[must_use]
    pub fn forced_handoff(reason: Reason, why: impl Into<String>) -> Self {
        Self { forced: Some(reason.as_str().to_owned()), why: Some(why.into()), ..Self::new(Action::Handoff) }
    }

    /// A remark to the reps that was not the agent's wish.
    #[must_use]
    pub fn forced_draft(reason: Reason, text: impl Into<String>) -> Self {
        Self { forced: Some(reason.as_str().to_owned()), text: Some(text.into()), ..Self::new(Action::Draft) }
    }

    /// For the ledger.
    #[must_use]
    pub fn gist(&self) -> Gist<'_> {
        Gist {
            v: Self::VERSION,
            decided: self.action,
            because: self.forced.as_deref(),
            topic_rule: self.topic.as_deref(),
        }
    }

    /// Notes which messages it answers, oldest first.
    #[must_use]
    pub fn answering(self, open: &[Message]) -> Self {
        let through = open.last().map(|message| (message.created_at.0, message.id.0.clone()));
        Self { through, about: open.iter().map(|message| message.id.0.clone()).collect(), ..self }
    }

    /// Does it answer this message? What HubSpot showed only later was not known when it was made.
    #[must_use]
    pub fn is_about(&self, message: &Message) -> bool {
        if !self.about.is_empty() {
            return self.about.contains(&message.id.0);
        }
        self.answered_through().is_none_or(|through| message.position() <= (through.at, &through.message))
    }

    /// The same as the session keeps it.
    #[must_use]
    pub fn answered_through(&self) -> Option<AnsweredThrough> {
        let (at, id) = self.through.as_ref()?;
        Some(AnsweredThrough { at: Timestamp(*at), message: MessageId(id.clone()) })
    }

    /// The reason that forced it.
    #[must_use]
    pub fn forced_by(&self) -> Option<Reason> {
        self.forced.as_deref().and_then(Reason::from_name)
    }

    /// In assist mode nothing goes to the customer and nothing changes hands: the reps get a draft.
    #[must_use]
    pub fn for_assist(self) -> Self {
        match self.action {
            Action::Draft | Action::Nothing => self,
            Action::Reply => Self { action: Action::Draft, ..self },
            Action::Handoff => {
                let why = self.why.as_deref().unwrap_or("no reason given");
                let advice = format!("The AI suggests that a human answers: {why}");
                let text = self.text.as_deref().map_or(advice.clone(), |words| format!("{words}\n\n{advice}"));
                Self { action: Action::Draft, text: Some(text), ..self }
            }
        }
    }
}
