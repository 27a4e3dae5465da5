//! What the session learns from a look at the conversation: taken over, given back, closed, paused, resumed.

use std::collections::BTreeSet;

use super::scene::Scene;
use super::talk::Talk;
use super::{actions, ask};
use crate::domain::{Message, Mode, Reason, SessionState, Timestamp};
use crate::filters::ownership;
use crate::handlers::Stop;
use crate::store::request::{self, ActionKind, TicketWrite};

/// Why an answer under way must be withdrawn, if it must.
pub async fn withdraws(talk: &Talk<'_>, scene: &Scene) -> Result<Option<Reason>, Stop> {
    if talk.requests.handing_over {
        // The AI's silence is no reason not to tell a human; that one has it already is.
        return Ok(actions::human_has(talk, scene).then_some(Reason::TakenOver));
    }
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
    Ok(waiting.iter().filter_map(request::action).next_back() == Some(ActionKind::Pause))
}

/// The AI may speak again; what reps wrote until `since` does not silence it.
pub fn resume(talk: &mut Talk<'_>, scene: &Scene, since: Timestamp) {
    talk.patch.state = Some(SessionState::Ai);
    talk.patch.ai_since = Some(since);
    talk.patch.handed_off_at = Some(None);
    // Handed over, a human has it for good on the agent's side: the AI begins anew there.
    let handed_off = scene.session.as_ref().is_some_and(|session| session.handed_off_at.is_some());
    if handed_off && talk.cx.agent.keeps_state() {
        talk.patch.agent_session_over = Some(true);
    }
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
                resume(talk, scene, at);
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

/// A rep's message takes the conversation over, even if the newest page does not show it yet.
pub fn taken_over(talk: &mut Talk<'_>, scene: &Scene, message: &Message) {
    let Some(session) = &scene.session else { return };
    let with_the_ai = matches!(session.state, SessionState::Ai | SessionState::Closed);
    let since = session.ai_since.is_none_or(|since| message.created_at > since);
    let given_back = |conversation: &ownership::Conversation<'_>| {
        ownership::given_back_at(conversation, message.created_at).is_some()
    };
    let counts = talk.patch.state.is_none() && with_the_ai && since && scene.mode == Mode::Autopilot;
    if counts && !scene.decide(talk.cx, given_back) {
        talk.patch.state = Some(SessionState::HandedOff);
        talk.patch.handed_off_at = Some(Some(message.created_at));
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
    let opened = ask::opened(talk);
    if opened.is_some() {
        talk.patch.agent_session_over = Some(false);
    }
    talk.patch.agent_session_id = talk.patch.agent_session_id.take().or(opened);
}

/// Keeps the session data that came with the agent's answer, as far as it is news.
pub fn learn(talk: &mut Talk<'_>, scene: &Scene) {
    let has = scene.session.as_ref().map(|session| &session.custom_data);
    let mut told = ask::told_data(talk);
    told.retain(|key, value| has.and_then(|data| data.get(key)) != Some(value));
    talk.patch.custom_data.extend(told);
}

/// The ticket gets what the session learned in this turn, at its own pace; one that was linked only now gets all that
/// is mapped.
pub fn write_through(talk: &mut Talk<'_>, scene: &Scene) {
    let settings = &talk.cx.settings;
    let session = scene.session.as_ref();
    let known = session.and_then(|session| session.ticket_id.clone());
    let ticket = talk.patch.ticket_id.clone().or_else(|| scene.thread.ticket_id.clone()).or_else(|| known.clone());
    let mapped = |key: &&String| settings.ticketing.custom_data.contains_key(*key);
    let linked = scene.thread.ticket_id.is_some() && known != scene.thread.ticket_id;
    let before = session.into_iter().filter(|_| linked).flat_map(|session| session.custom_data.keys());
    let keys: BTreeSet<&String> = talk.patch.custom_data.keys().chain(before).filter(mapped).collect();
    let keys: Vec<String> = keys.into_iter().cloned().collect();
    let (Some(ticket), true, false) = (ticket, settings.ticketing.enabled, keys.is_empty()) else { return };
    let thread = Some(talk.thread_id.0.clone());
    let write =
        TicketWrite { v: 1, session: session.map(|session| session.id.0), thread, keys, ..TicketWrite::default() };
    let event = request::ticket_write(settings.name.clone(), ticket, &write);
    talk.followups.push(event);
}
