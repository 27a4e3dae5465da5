//! The way back: what reps write in the thread reaches the agent's side. A public reply goes to the thread's own session
//! and to every other session of its ticket that a human has; a comment, when notes are mirrored, to the thread's own.
//! Whatever becomes of it, a reply stays what it is: a human's word that silences the AI.

use super::scene::Scene;
use super::session;
use super::talk::Talk;
use crate::agents::RelayKind;
use crate::domain::{
    Ending, EventId, Message, Mode, Outcome, Reason, Session, SessionId, SessionPatch, SessionState, TicketId,
    Truncation,
};
use crate::filters::ownership;
use crate::handlers::Stop;
use crate::handlers::handoff::ticket::HANDED_OFF_TAG;
use crate::handlers::relay::{Carried, Carrier, Words, author, is_known_to_agent, is_with_a_human};
use crate::hubspot::{Class, text};
use crate::store::{SessionChange, SessionKey};

/// What reps wrote in this turn, on its way to the agent's side.
#[derive(Debug, Default)]
pub struct Relays {
    heard: Vec<Heard>,
    carrier: Carrier,
    tagged: Option<bool>,
    /// Sessions outside HubSpot that a rep took over by writing.
    pub changes: Vec<SessionChange>,
}

#[derive(Debug)]
struct Heard {
    event: EventId,
    message: Message,
    kind: RelayKind,
    /// How the event ends when no session takes it.
    otherwise: Reason,
}

impl Relays {
    /// A rep's public message; `otherwise` is how its event ends when no session takes it.
    pub fn reply(&mut self, event: EventId, message: Message, otherwise: Reason) {
        self.heard.push(Heard { event, message, kind: RelayKind::Reply, otherwise });
    }

    /// A rep's internal comment.
    pub fn comment(&mut self, event: EventId, message: Message) {
        self.heard.push(Heard { event, message, kind: RelayKind::Note, otherwise: Reason::InternalComment });
    }

    /// Why another run must follow, if one must.
    pub fn later(&mut self) -> Option<Stop> {
        self.carrier.later()
    }
}

/// Carries the replies heard so far, which end but for those that another run must try again.
pub async fn replies(talk: &mut Talk<'_>, scene: &Scene) -> Result<(), Stop> {
    let (replies, rest) = std::mem::take(&mut talk.relays.heard).into_iter().partition(|h| h.kind == RelayKind::Reply);
    talk.relays.heard = rest;
    all_of(talk, scene, replies).await
}

/// The same for all that is left: comments too, for which no customer waits.
pub async fn rest(talk: &mut Talk<'_>, scene: &Scene) -> Result<(), Stop> {
    let heard = std::mem::take(&mut talk.relays.heard);
    all_of(talk, scene, heard).await
}

async fn all_of(talk: &mut Talk<'_>, scene: &Scene, all: Vec<Heard>) -> Result<(), Stop> {
    for heard in all {
        if heard.kind == RelayKind::Reply {
            session::taken_over(talk, scene, &heard.message);
        }
        let ending = carry(talk, scene, &heard).await?;
        talk.endings.extend(ending);
    }
    Ok(())
}

/// How carrying one message to all its sessions stands.
#[derive(Default)]
struct Tally {
    taken: Vec<SessionId>,
    failed: Vec<String>,
    untagged: bool,
    later: bool,
}

async fn carry(talk: &mut Talk<'_>, scene: &Scene, heard: &Heard) -> Result<Option<Ending>, Stop> {
    let wanted = match heard.kind {
        RelayKind::Reply => true,
        RelayKind::Note => talk.cx.settings.mirror_notes,
    };
    let mut tally = Tally::default();
    if wanted && !talk.replay && talk.cx.agent.takes(heard.kind) {
        let sessions = match heard.kind {
            RelayKind::Reply => takers(talk, scene, &heard.message, &mut tally).await?,
            RelayKind::Note => own(talk, scene).into_iter().collect(),
        };
        if !sessions.is_empty() {
            carry_to(talk, scene, heard, &sessions, &mut tally).await?;
        }
    }
    Ok((!tally.later).then(|| tally.ending(talk, scene, heard)))
}

async fn carry_to(
    talk: &mut Talk<'_>,
    scene: &Scene,
    heard: &Heard,
    sessions: &[Session],
    tally: &mut Tally,
) -> Result<(), Stop> {
    let Some(words) = words(talk, scene, heard).await? else {
        tally.later = true;
        return Ok(());
    };
    if words.are_empty() {
        tally.failed.push("it has no text".to_owned());
        return Ok(());
    }
    let last = talk.last_resort.is_some();
    for session in sessions {
        let to = (&words, session);
        match talk.relays.carrier.carry(talk.cx, &mut talk.journal, last, to).await? {
            Carried::Taken => {
                tally.taken.push(session.id);
                if heard.kind == RelayKind::Reply {
                    take_over_outside(talk, session, &heard.message);
                }
            }
            Carried::Failed(why) => tally.failed.push(format!("session {} did not get it: {why}", session.id)),
            Carried::Later => tally.later = true,
        }
    }
    Ok(())
}

impl Tally {
    fn ending(self, talk: &Talk<'_>, scene: &Scene, heard: &Heard) -> Ending {
        let (outcome, word) = match heard.kind {
            RelayKind::Reply => (Outcome::Relayed, "relayed"),
            RelayKind::Note => (Outcome::NoteMirrored, "mirrored"),
        };
        let Some(first) = self.taken.first().copied() else {
            let reason =
                if self.untagged && self.failed.is_empty() { Reason::TicketNotTagged } else { heard.otherwise };
            let ending = Ending::skipped(heard.event, reason);
            return if self.failed.is_empty() { ending } else { ending.detail(self.failed.join("; ")) };
        };
        let to: Vec<String> = self.taken.iter().map(|id| format!("session {id}")).collect();
        let mut remarks = vec![format!("{word} to {}", to.join(", "))];
        remarks.extend(self.failed);
        let own = own(talk, scene).map(|session| session.id).filter(|own| self.taken.contains(own));
        Ending { session: own.or(Some(first)), ..Ending::done(heard.event, outcome).detail(remarks.join("; ")) }
    }
}

/// The thread's own session as this turn leaves it, if the agent has been told of the conversation.
fn own(talk: &Talk<'_>, scene: &Scene) -> Option<Session> {
    let mut session = scene.session.clone()?;
    talk.patch.apply(&mut session);
    is_known_to_agent(talk.cx, &session).then_some(session)
}

/// The sessions that get a rep's reply: those a human has. A conversation that lives outside HubSpot is had by whoever
/// writes on its ticket, provided that the ticket says so.
async fn takers(
    talk: &mut Talk<'_>,
    scene: &Scene,
    message: &Message,
    tally: &mut Tally,
) -> Result<Vec<Session>, Stop> {
    let was_with_a_human =
        scene.session.as_ref().is_some_and(|session| is_with_a_human(session) || was_last_word(message, session));
    let own = own(talk, scene).filter(|own| was_with_a_human || is_with_a_human(own));
    let linked = scene.session.as_ref().and_then(|session| session.ticket_id.clone());
    let ticket = scene.thread.ticket_id.clone().or(linked);
    let mut takers: Vec<Session> = own.into_iter().collect();
    let Some(ticket) = ticket else { return Ok(takers) };
    let mut others = talk.cx.store.sessions_of_ticket(&talk.cx.settings.name, &ticket).await?;
    others.retain(|other| {
        let elsewhere = other.thread_id.as_ref() != Some(&talk.thread_id);
        let outside = other.thread_id.is_none() && may_be_taken(talk, other);
        elsewhere && is_known_to_agent(talk.cx, other) && (is_with_a_human(other) || outside)
    });
    others.sort_by_key(|other| other.id);
    for other in others {
        if other.thread_id.is_some() {
            takers.push(other);
            continue;
        }
        match is_tagged(talk, &ticket).await? {
            Some(true) => takers.push(other),
            Some(false) => tally.untagged = true,
            None => tally.later = true,
        }
    }
    Ok(takers)
}

/// A rep who closes a thread, or assigns it to the AI, with a last word gives it back before the bridge hears that word:
/// events of messages wait for the end of a burst, others do not. It was a human's word all the same.
fn was_last_word(message: &Message, session: &Session) -> bool {
    let given_back = session.ai_since.is_some_and(|since| message.created_at <= since);
    given_back && message.created_at >= session.created_at
}

/// Does a rep who writes take this conversation from the AI?
fn may_be_taken(talk: &Talk<'_>, session: &Session) -> bool {
    matches!(session.state, SessionState::Ai | SessionState::Closed)
        && ownership::mode_in_force(Some(session), &talk.cx.settings) == Mode::Autopilot
}

fn take_over_outside(talk: &mut Talk<'_>, session: &Session, message: &Message) {
    let key = SessionKey::Id(session.id);
    let known = talk.relays.changes.iter().any(|change| change.key == key);
    if known || session.thread_id.is_some() || is_with_a_human(session) {
        return;
    }
    let patch = SessionPatch {
        state: Some(SessionState::HandedOff),
        handed_off_at: Some(Some(message.created_at)),
        ..SessionPatch::default()
    };
    talk.relays.changes.push(SessionChange { key, version: session.version, patch, followups: Vec::new() });
}

/// Does the ticket carry the handoff tag? Read once a run; none: HubSpot must be asked again.
async fn is_tagged(talk: &mut Talk<'_>, ticket: &TicketId) -> Result<Option<bool>, Stop> {
    let property = &talk.cx.settings.ticketing.tag_property;
    if talk.relays.tagged.is_none() && !property.is_empty() {
        let tagged = match talk.cx.hubspot.ticket(ticket, std::slice::from_ref(property)).await {
            Ok(values) => values.get(property).and_then(Option::as_deref).is_some_and(has_tag),
            Err(error)
                if matches!(error.class, Class::Retry { .. } | Class::Hold { .. }) && talk.last_resort.is_none() =>
            {
                talk.relays.carrier.postpone(error.into());
                return Ok(None);
            }
            // No such ticket, no such scope: nothing says that it was handed off.
            Err(error) => {
                tracing::warn!(error = %error, "the ticket's tags could not be read");
                false
            }
        };
        talk.relays.tagged = Some(tagged);
    }
    Ok(Some(talk.relays.tagged.unwrap_or_default()))
}

/// HubSpot joins the values of a multi-select by semicolons.
fn has_tag(values: &str) -> bool {
    values.split(';').any(|value| value.trim() == HANDED_OFF_TAG)
}

/// The message's new words, without what a mail quotes; none: HubSpot must be asked again.
async fn words(talk: &mut Talk<'_>, scene: &Scene, heard: &Heard) -> Result<Option<Words>, Stop> {
    let message = &heard.message;
    let mut said = text::plain(&message.text);
    if message.truncation == Truncation::Truncated {
        match talk.cx.hubspot.original_content(&talk.thread_id, &message.id).await {
            Ok(whole) => said = text::plain(&whole.text),
            Err(error)
                if matches!(error.class, Class::Retry { .. } | Class::Hold { .. }) && talk.last_resort.is_none() =>
            {
                talk.relays.carrier.postpone(error.into());
                return Ok(None);
            }
            // The part we have is better than nothing.
            Err(error) => tracing::debug!(error = %error, "the whole of a cut message could not be read"),
        }
    }
    let known = talk.known.get_or_init(|| talk.cx.directory.known(&talk.cx.hubspot)).await;
    Ok(Some(Words {
        kind: heard.kind,
        thread_id: Some(talk.thread_id.clone()),
        ticket_id: scene.thread.ticket_id.clone(),
        id: message.id.0.clone(),
        author: author(message, known),
        text: said,
        attachments: message.attachments.clone(),
        at: message.created_at,
    }))
}
