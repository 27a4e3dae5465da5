//! The state of one run over a conversation: its events, its journal, what is settled so far.

use std::collections::{HashMap, HashSet};

use tokio::sync::OnceCell;

use super::actions::Requests;
use super::relay::Relays;
use super::scene::Scene;
use super::{act, delivery};
use crate::domain::MailboxKey;
use crate::domain::{
    AnsweredThrough, Ending, Event, EventId, Message, MessageId, NewEvent, Object, Outcome, Reason, Session,
    SessionPatch, ThreadId, TicketId,
};
use crate::handlers::journal::Journal;
use crate::handlers::team::Known;
use crate::handlers::{Context, LastResort, Stop};
use crate::store::interrupts::Watch;
use crate::store::{Finish, Lease, SessionChange, SessionKey};

/// One run over a conversation.
pub struct Talk<'a> {
    /// The connection at work.
    pub cx: &'a Context,
    /// The mailbox's lease.
    pub lease: &'a Lease,
    /// The turn's ear.
    pub watch: &'a Watch,
    /// The thread.
    pub thread_id: ThreadId,
    /// The turn's journal.
    pub journal: Journal<'a>,
    /// Bound events, oldest first.
    pub events: Vec<Event>,
    /// Newer messages have joined already.
    pub extended: bool,
    /// Set when no further attempt will follow.
    pub last_resort: Option<LastResort>,
    /// Customer messages to answer, oldest first, with the events that announced them (several, or none for one that
    /// only the newest page showed).
    pub open: Vec<Message>,
    /// Events by announced message.
    pub announced: HashMap<MessageId, Vec<EventId>>,
    /// Endings so far.
    pub endings: Vec<Ending>,
    /// Events of messages that the turn's answer does not know: they wait for the next.
    pub returned: Vec<EventId>,
    /// Changes of the session so far.
    pub patch: SessionPatch,
    /// Events for other mailboxes or for later, stored when the turn ends.
    pub followups: Vec<NewEvent>,
    /// Properties written with a new ticket, and hashes of their values: their echoes are recognised.
    pub own_writes: Vec<(TicketId, String, String)>,
    /// The newest message the journalled plan answers.
    pub answering: Option<AnsweredThrough>,
    /// Who we are and who the team is, read once a run: the last look before a post must not wait for it.
    pub known: OnceCell<Known>,
    /// What reps wrote, on its way to the agent's side.
    pub relays: Relays,
    /// An operator replays something answered: only a draft may follow.
    pub replay: bool,
    /// What people, workflows and delivery checks want of the conversation.
    pub requests: Requests,
    /// HubSpot refuses to show one of the announced messages, which is dead.
    pub unread: bool,
}

impl Talk<'_> {
    /// Ends all events that announced this message.
    pub fn end_message(&mut self, message: &MessageId, make: impl Fn(EventId) -> Ending) {
        let events = self.announced.get(message).cloned().unwrap_or_default();
        self.endings.extend(events.into_iter().map(make));
    }

    /// Ends every open message with the same skip.
    pub fn skip_open(&mut self, reason: Reason) {
        for message in std::mem::take(&mut self.open) {
            self.end_message(&message.id, |event| Ending::skipped(event, reason));
        }
    }

    /// Ends the open messages as one answer: the newest announced one with the outcome, the earlier as merged.
    pub fn conclude(&mut self, outcome: Outcome, reason: Option<Reason>, detail: Option<&str>) {
        let open = std::mem::take(&mut self.open);
        let newest = open.iter().rev().find(|message| self.announced.contains_key(&message.id)).map(|m| m.id.clone());
        for message in &open {
            let outcome = if Some(&message.id) == newest.as_ref() { outcome } else { Outcome::Merged };
            let (reason, detail) = if outcome == Outcome::Merged { (None, None) } else { (reason, detail) };
            self.end_message(&message.id, |event| Ending {
                event,
                outcome,
                reason,
                detail: detail.map(str::to_owned),
                session: None,
            });
        }
        let last = open.last().map(|last| AnsweredThrough { at: last.created_at, message: last.id.clone() });
        self.patch.answered_through = last.max(self.answering.take());
    }

    /// Counts a public reply toward the loop limit, and has its delivery looked at.
    pub fn replied(&mut self) {
        let check = delivery::first_look(self);
        self.followups.extend(check);
        self.patch.reply_at = Some(self.cx.now());
        self.patch.replies_since = Some(self.cx.now().before(self.cx.delivery.max_replies_per_thread.window));
    }

    /// Ends the turn: every bound event that is not ended yet gets `rest`.
    pub fn finish(mut self, scene: Option<&Scene>, rest: Reason) -> Finish {
        let ended: HashSet<EventId> = self.endings.iter().map(|ending| ending.event).collect();
        let left = self.events.iter().filter(|event| !ended.contains(&event.id) && !self.returned.contains(&event.id));
        let left: Vec<Ending> = left.map(|event| Ending::skipped(event.id, rest)).collect();
        self.endings.extend(left);
        let session = scene.and_then(|scene| scene.session.as_ref());
        let mut mark_dirty = Vec::new();
        if let Some(scene) = scene {
            self.stays_answered(session);
            self.link(scene, &mut mark_dirty);
        }
        let key = SessionKey::Thread(self.cx.settings.name.clone(), self.thread_id.clone());
        let version = session.map_or(0, |session| session.version);
        let patch = self.patch;
        let mut sessions = self.relays.changes;
        if !patch.is_empty() {
            sessions.push(SessionChange { key, version, patch, followups: Vec::new() });
        }
        let id = session.map(|session| session.id);
        let endings = self.endings.into_iter().map(|ending| Ending { session: ending.session.or(id), ..ending });
        Finish {
            endings: endings.collect(),
            returned: self.returned,
            sessions,
            mark_dirty,
            followups: self.followups,
            own_writes: self.own_writes,
            ..Finish::default()
        }
    }

    /// However the turn ends: what an earlier run posted, or may have, was an answer.
    fn stays_answered(&mut self, session: Option<&Session>) {
        let Some(through) = act::maybe_answered(self.journal.steps()) else { return };
        self.patch.answered_through = self.patch.answered_through.take().max(Some(through));
        if session.is_none() && self.patch.mode.is_none() {
            self.patch.mode = Some(self.cx.settings.mode);
            self.patch.ai_since = self.patch.ai_since.or(self.events.iter().map(Event::happened_at).min());
        }
    }

    /// Notes ticket and contact of the thread; a newly linked ticket's properties are read once.
    fn link(&mut self, scene: &Scene, mark_dirty: &mut Vec<(MailboxKey, String)>) {
        let session = scene.session.as_ref();
        if session.is_none() && self.patch.is_empty() {
            return; // A conversation the AI has no part in gets no session.
        }
        // The ticket a handoff of this turn made or found goes first; another one is noticed by the next turn.
        if let (Some(ticket), None) = (&scene.thread.ticket_id, &self.patch.ticket_id)
            && session.and_then(|session| session.ticket_id.as_ref()) != Some(ticket)
        {
            self.patch.ticket_id = Some(ticket.clone());
            if self.cx.settings.ticketing.enabled {
                let object = Object::Ticket(ticket.clone());
                let key = MailboxKey { connection: self.cx.settings.name.clone(), object };
                mark_dirty.push((key, "*".to_owned()));
            }
        }
        // What a handoff found out goes first: the thread may name a visitor who is no contact.
        let known = session.and_then(|session| session.contact_id.as_ref()).or(self.patch.contact_id.as_ref());
        if let (Some(contact), None) = (&scene.thread.contact_id, known) {
            self.patch.contact_id = Some(contact.clone());
        }
    }

    /// Binds newer messages to the turn, once in its life.
    pub async fn extend(&mut self) -> Result<Vec<Event>, Stop> {
        // What joined a replay would only be drafted.
        if self.extended || self.replay {
            return Ok(Vec::new());
        }
        self.extended = true;
        let mut events = self.cx.store.extend_turn(self.lease).await?;
        self.returned.extend(events.extract_if(.., |event| super::is_replay(event)).map(|event| event.id));
        self.events.extend(events.iter().cloned());
        Ok(events)
    }
}
