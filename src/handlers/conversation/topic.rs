//! What the open messages are about, and what the topic rules make of that: ignored, escalated, drafted, or answered.

use super::plan::{Action, Plan};
use super::scene::Scene;
use super::talk::Talk;
use crate::config::{Topic, TopicAction};
use crate::domain::{Ending, Reason};
use crate::filters::topics::Said;
use crate::filters::{language, place, topics};
use crate::hubspot::text;

/// What the open messages are about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    rule: Option<&'a Topic>,
    language: Option<&'static str>,
}

/// Looks at the open messages. An operator who replays a message wants to see the AI's draft, whatever the rules say.
pub fn of<'a>(talk: &Talk<'a>, scene: &Scene) -> Subject<'a> {
    let texts: Vec<String> = talk.open.iter().map(|message| text::plain(&message.text)).collect();
    // A short message is in the language of the burst it belongs to.
    let spoken = language::detect(&texts.join("\n"));
    let said = |(message, text)| Said {
        text,
        channel: place::channel_of(&scene.thread, message),
        language: language::detect(text).or(spoken),
    };
    let burst: Vec<Said<'_>> = talk.open.iter().zip(texts.iter().map(String::as_str)).map(said).collect();
    let rules: &'a [Topic] = &talk.cx.settings.topics;
    let rule = if talk.replay { None } else { topics::decide(rules, &burst) };
    Subject { rule, language: spoken }
}

impl Subject<'_> {
    fn calls_for(&self, action: TopicAction) -> Option<&Topic> {
        self.rule.filter(|rule| rule.action == action)
    }

    /// Does a rule tell the AI to leave all of it alone?
    pub fn is_ignored(&self) -> bool {
        self.calls_for(TopicAction::Ignore).is_some()
    }

    /// Ends the open messages without a trace in the session: what was ignored is not answered, and later messages are.
    pub fn ignore(&self, talk: &mut Talk<'_>) {
        let detail = self.rule.map(named).unwrap_or_default();
        for message in std::mem::take(&mut talk.open) {
            let ignored = |event| Ending::skipped(event, Reason::TopicIgnored).detail(detail.clone());
            talk.end_message(&message.id, ignored);
        }
    }

    /// The handoff that a rule demands without the agent being asked.
    pub fn escalation(&self) -> Option<Plan> {
        let rule = self.calls_for(TopicAction::Escalate)?;
        let why = format!("the {} sends this to a human", named(rule));
        Some(self.known_by(Plan::forced_handoff(Reason::TopicEscalated, why)))
    }

    /// The agent's wish under the rule: a reply may have to be a draft.
    pub fn shapes(&self, plan: Plan) -> Plan {
        let plan = self.known_by(plan);
        if plan.action == Action::Reply && self.calls_for(TopicAction::Draft).is_some() {
            let forced = Some(Reason::TopicEscalated.as_str().to_owned());
            return Plan { action: Action::Draft, forced, ..plan };
        }
        plan
    }

    /// Notes topic and language on a plan, for the reps and for routing; the agent's word on the language goes first.
    pub fn known_by(&self, plan: Plan) -> Plan {
        let language = plan.language.clone().or_else(|| self.language.map(str::to_owned));
        Plan { topic: self.rule.map(|rule| rule.name.clone()), language, ..plan }
    }
}

/// Endings that a rule brought about name it.
pub fn name_rule(endings: &mut [Ending], plan: &Plan) {
    let Some(rule) = &plan.topic else { return };
    for ending in endings.iter_mut().filter(|ending| ending.reason == Some(Reason::TopicEscalated)) {
        let more = ending.detail.take().map(|detail| format!("; {detail}")).unwrap_or_default();
        ending.detail = Some(format!("topic rule `{rule}`{more}"));
    }
}

fn named(rule: &Topic) -> String {
    format!("topic rule `{}`", rule.name)
}
