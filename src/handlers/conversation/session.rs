//! What the session learns from a look at the conversation: taken over, given back, closed, paused, resumed.

use super::ask;
use super::scene::Scene;
use super::talk::Talk;
use crate::domain::{Ending, Event, EventKind, Mode, Outcome, Reason, SessionState, Timestamp};
use crate::filters::ownership;
use crate::handlers::Stop;
use crate::store::request::{self, ActionKind};

/// Performs operators' and workflows' actions among the events.
pub fn actions(talk: &mut Talk<'_>) {
    let now = talk.cx.now();
    let events: Vec<_> = talk.events.iter().filter(|event| event.kind == EventKind::Action).cloned().collect();
    for event in events {
        let ending = match action_of(&event) {
            Some(ActionKind::Pause) => {
                talk.patch.state = Some(SessionState::Paused);
                Ending::done(event.id, Outcome::Paused)
            }
            Some(ActionKind::Resume | ActionKind::Send) => {
                resume(talk, now);
                Ending::done(event.id, Outcome::Resumed)
            }
            Some(ActionKind::Close) => {
                talk.patch.state = Some(SessionState::Closed);
                Ending::done(event.id, Outcome::StatusRecorded)
            }
            None => Ending::dead(event.id, Reason::PayloadUnreadable).detail("unknown action"),
        };
        talk.endings.push(ending);
    }
}

fn action_of(event: &Event) -> Option<ActionKind> {
    request::decode::<request::Action>(event.data.as_deref()).map(|action| action.action)
}

/// Why an answer under way must be withdrawn, if it must.
pub async fn withdraws(talk: &Talk<'_>, scene: &Scene) -> Result<Option<Reason>, Stop> {
    if let Some(reason) = scene.decide(talk.cx, ownership::silences) {
        return Ok(Some(withdrawal(reason)));
    }
    Ok(pause_waits(talk).await?.then_some(Reason::SessionPaused))
}

/// Whatever silences an answer under way, a human came in between; a pause is named as such.
pub fn withdrawal(reason: Reason) -> Reason {
    if reason == Reason::SessionPaused { reason } else { Reason::TakenOver }
}

/// Did somebody pause the AI since this turn began? The pause itself takes the next turn; this one falls silent.
async fn pause_waits(talk: &Talk<'_>) -> Result<bool, Stop> {
    let waiting = talk.cx.store.waiting(talk.lease).await?;
    let actions = waiting.iter().filter(|event| event.kind == EventKind::Action);
    Ok(actions.filter_map(action_of).next_back() == Some(ActionKind::Pause))
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
    // Kept by the journal when a run ended between the answer and the end of the turn.
    talk.patch.agent_session_id = talk.patch.agent_session_id.take().or_else(|| ask::opened(talk));
}
