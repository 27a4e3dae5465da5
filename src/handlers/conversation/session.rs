//! What the session learns from a look at the conversation: taken over, given back, closed, paused, resumed.

use serde::Deserialize;

use super::scene::Scene;
use super::talk::Talk;
use crate::domain::{Ending, Event, EventKind, Mode, Outcome, Reason, SessionState, Timestamp};
use crate::filters::ownership;
use crate::handlers::Stop;

/// Parameters of an `action` event.
#[derive(Debug, Deserialize)]
struct Action {
    action: String,
}

/// Performs operators' and workflows' actions among the events.
pub fn actions(talk: &mut Talk<'_>, scene: &Scene) {
    let now = talk.cx.now();
    let events: Vec<_> = talk.events.iter().filter(|event| event.kind == EventKind::Action).cloned().collect();
    for event in events {
        let ending = match action_of(&event).as_deref() {
            Some("pause") => {
                talk.patch.state = Some(SessionState::Paused);
                Ending::done(event.id, Outcome::Paused)
            }
            Some("resume") => {
                resume(talk, scene.session.as_ref().map_or(now, |_| now));
                Ending::done(event.id, Outcome::Resumed)
            }
            _ => Ending::dead(event.id, Reason::PayloadUnreadable).detail("unknown action"),
        };
        talk.endings.push(ending);
    }
}

fn action_of(event: &Event) -> Option<String> {
    serde_json::from_str::<Action>(event.data.as_deref()?).ok().map(|action| action.action)
}

/// Did somebody pause the AI since this turn began? The pause itself takes the next turn; this one falls silent.
pub async fn pause_waits(talk: &Talk<'_>) -> Result<bool, Stop> {
    let waiting = talk.cx.store.waiting(talk.lease).await?;
    let actions = waiting.iter().filter(|event| event.kind == EventKind::Action);
    Ok(actions.filter_map(action_of).next_back().as_deref() == Some("pause"))
}

fn resume(talk: &mut Talk<'_>, since: Timestamp) {
    talk.patch.state = Some(SessionState::Ai);
    talk.patch.ai_since = Some(since);
    talk.patch.handed_off_at = Some(None);
}

/// Follows the conversation: the thread was just read, so it is believed.
pub fn follow(talk: &mut Talk<'_>, scene: &Scene) {
    let Some(session) = &scene.session else { return };
    if talk.patch.state.is_some() {
        return; // An operator's word in this very turn goes first.
    }
    match session.state {
        SessionState::HandedOff => {
            if let Some(at) = scene.decide(talk.cx, ownership::resumed_at) {
                resume(talk, at);
            }
        }
        SessionState::Ai | SessionState::Closed if scene.mode == Mode::Autopilot => {
            let somebody_else =
                scene.thread.assigned_to.as_ref().is_some_and(|owner| *owner != talk.cx.settings.ai_user_id);
            let wrote = scene.decide(talk.cx, ownership::human_since);
            if somebody_else || wrote.is_some() {
                talk.patch.state = Some(SessionState::HandedOff);
                let at = wrote.or_else(|| assigned_at(scene)).unwrap_or_else(|| talk.cx.now());
                talk.patch.handed_off_at = Some(Some(at));
            } else if scene.thread.closed && session.state == SessionState::Ai && talk.open.is_empty() {
                talk.patch.state = Some(SessionState::Closed);
            }
        }
        SessionState::Ai | SessionState::Closed | SessionState::Paused => {}
    }
}

/// When the thread's present owner got it, by HubSpot's clock.
fn assigned_at(scene: &Scene) -> Option<Timestamp> {
    use crate::domain::MessageKind;
    let assignments = scene.recent.iter().filter(|item| matches!(item.kind, MessageKind::Assignment { .. }));
    assignments.map(|item| item.created_at).max()
}

/// The AI takes up the open messages: the session begins, or begins again.
pub fn begin(talk: &mut Talk<'_>, scene: &Scene) {
    let first = talk.open.first().map(|message| message.created_at);
    match &scene.session {
        None => {
            talk.patch.state = talk.patch.state.or(Some(SessionState::Ai));
            talk.patch.mode = Some(talk.cx.settings.mode);
            talk.patch.ai_since = first;
        }
        Some(session) if session.state == SessionState::Closed => {
            talk.patch.state = talk.patch.state.or(Some(SessionState::Ai));
            talk.patch.ai_since = talk.patch.ai_since.or(first);
        }
        Some(_) => {}
    }
    talk.patch.custom_data_pending = Some(false);
}
