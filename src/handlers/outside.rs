//! A conversation that lives outside HubSpot (a widget, WhatsApp, a phone call of the agent's own): its handoff gives it
//! a contact and a ticket with the transcript, so that reps have it. One that began in HubSpot is carried to its thread.

use std::collections::BTreeMap;

use super::handoff::{Case, Desk, Ended, assign, contact, first_event, ticket, transcript};
use super::journal::{Journal, step};
use super::{Context, LastResort, Run, Stop, carry, unreadable};
use crate::agents::{self, Outside};
use crate::domain::{
    Channel, Contact, ContactId, DedupKey, Ending, Event, EventKind, Mode, NewEvent, Object, Outcome, Reason, Schedule,
    Session, SessionPatch, SessionState, ThreadId, TicketId, TurnId,
};
use crate::filters::routing::Facts;
use crate::store::request::{self, ActionKind, TicketWrite};
use crate::store::{Finish, SessionChange, SessionKey, StepStatus};

/// Runs the turn.
pub async fn run(cx: &Context, run: Run<'_>, id: String) -> Result<Finish, Stop> {
    let key = SessionKey::Agent(cx.settings.name.clone(), id.clone());
    let session = cx.store.session(&key).await?;
    if let Some(thread) = session.as_ref().and_then(|session| session.thread_id.clone()) {
        return Ok(carried(&run.turn.events, run.turn.id, &thread));
    }
    let journal = Journal::new(cx.store.as_ref(), run.lease, run.watch, cx.clock.as_ref(), run.turn.steps);
    let mut turn = Elsewhere {
        cx,
        journal,
        turn: run.turn.id,
        attempts: run.lease.attempts,
        last_resort: run.last_resort,
        events: run.turn.events,
        id,
        session,
        patch: SessionPatch::default(),
        finish: Finish::default(),
    };
    let is_wish = |event: &Event| event.kind == EventKind::HandoffRequest;
    let wishes: Vec<Event> = turn.events.iter().filter(|event| is_wish(event)).cloned().collect();
    let last_wish = wishes.iter().map(|event| event.id).max();
    turn.actions(|event| Some(event.id) < last_wish);
    if !wishes.is_empty() {
        turn.hand_off(&wishes).await?;
    }
    // What was asked for after it counts after it.
    turn.actions(|event| Some(event.id) > last_wish);
    Ok(turn.finish(key))
}

/// The bridge knows it as a thread: its mailbox decides.
fn carried(events: &[Event], turn: TurnId, thread: &ThreadId) -> Finish {
    let mut finish = Finish::default();
    for event in events {
        let Some(outcome) = carry::outcome(event) else {
            finish.endings.push(unreadable(event));
            continue;
        };
        if taken(event) {
            let detail = "a human has it on the AI side; in HubSpot the thread itself says who has it";
            finish.endings.push(Ending::done(event.id, Outcome::OwnershipRecorded).detail(detail));
            continue;
        }
        finish.followups.push(carry::copy(event, turn, &Object::Thread(thread.clone())));
        let detail = format!("carried on to thread {thread}, where the conversation is");
        finish.endings.push(Ending::done(event.id, outcome).detail(detail));
    }
    finish
}

/// Did a human take it over on the agent's side, be it through our own relay of a rep's words?
fn taken(event: &Event) -> bool {
    event.kind == EventKind::HandoffRequest
        && request::decode::<request::HandoffRequest>(event.data.as_deref()).is_some_and(|wish| wish.by_human)
}

/// How a handoff ended: what people should know, or why nobody has it.
type Handed = Result<String, (Reason, String)>;

/// One run over such a conversation.
struct Elsewhere<'a> {
    cx: &'a Context,
    journal: Journal<'a>,
    turn: TurnId,
    attempts: u32,
    last_resort: Option<LastResort>,
    events: Vec<Event>,
    /// The agent's own id.
    id: String,
    session: Option<Session>,
    patch: SessionPatch,
    finish: Finish,
}

impl Elsewhere<'_> {
    /// Pause and resume only note the state: the AI itself is elsewhere.
    fn actions(&mut self, which: impl Fn(&Event) -> bool) {
        let actions = self.events.iter().filter(|event| event.kind != EventKind::HandoffRequest);
        for event in actions.filter(|event| which(event)) {
            let ending = match request::action(event) {
                Some(ActionKind::Pause) => {
                    self.patch.state = Some(SessionState::Paused);
                    Ending::done(event.id, Outcome::Paused)
                }
                Some(ActionKind::Resume | ActionKind::Send) => {
                    self.patch.state = Some(SessionState::Ai);
                    self.patch.handed_off_at = Some(None);
                    self.patch.ai_since = Some(self.cx.now());
                    Ending::done(event.id, Outcome::Resumed)
                }
                Some(ActionKind::Close) => {
                    self.patch.state = Some(SessionState::Closed);
                    Ending::done(event.id, Outcome::StatusRecorded)
                }
                None => unreadable(event),
            };
            self.finish.endings.push(ending);
        }
    }

    async fn hand_off(&mut self, wishes: &[Event]) -> Result<(), Stop> {
        let before = self.session.as_ref().filter(|session| session.state == SessionState::HandedOff);
        if before.is_some_and(|session| session.ticket_id.is_some()) && self.journal.get(step::TICKET).is_none() {
            self.end(wishes, &Ok("it was handed off already".to_owned()));
            return Ok(());
        }
        let told = match self.cx.agent.conversation(&self.id).await {
            Ok(Some(told)) => told,
            Ok(None) => {
                let detail = "the agent does not know this conversation".to_owned();
                self.end(wishes, &Err((Reason::ObjectNotFound, detail)));
                return Ok(());
            }
            Err(error) => self.untold(&error)?,
        };
        // The AI began anew there since: the thread's session has another id by now, its mailbox is the same.
        if let Some(thread) = &told.thread_id {
            let carried = carried(wishes, self.turn, thread);
            self.finish.endings.extend(carried.endings);
            self.finish.followups.extend(carried.followups);
            return Ok(());
        }
        let reason = wishes.iter().find_map(|event| {
            request::decode::<request::HandoffRequest>(event.data.as_deref()).and_then(|request| request.reason)
        });
        let ended = self.records(&told, reason).await?;
        // Without a ticket nobody in HubSpot has it: it may be asked for again. Where there are none, the agent's side is
        // all there is.
        if matches!(ended, Ok(_) | Err((Reason::TicketingDisabled, _))) {
            self.patch.state = Some(SessionState::HandedOff);
            self.patch.handed_off_at = Some(Some(self.cx.now()));
        }
        self.patch.custom_data.extend(told.custom_data);
        self.end(wishes, &ended);
        Ok(())
    }

    /// What an agent that does not tell means for the turn: where it never will, a human gets what is known without it.
    fn untold(&self, error: &agents::Error) -> Result<Outside, Stop> {
        let why = error.to_string();
        match error.class {
            agents::Class::Retry { after } if self.last_resort.is_none() => {
                return Err(Stop::Retry { after, why });
            }
            agents::Class::Busy { after } if self.last_resort.is_none() => {
                return Err(Stop::Defer { until: self.cx.now().after(after), why, counts: false });
            }
            agents::Class::Permanent | agents::Class::Retry { .. } | agents::Class::Busy { .. } => {}
        }
        let summary = format!("The AI side could not tell what was said ({why}); read conversation {} there.", self.id);
        let custom_data = self.session.as_ref().map(|session| session.custom_data.clone()).unwrap_or_default();
        Ok(Outside {
            contact: Contact::default(),
            channel: None,
            transcript: Vec::new(),
            summary: Some(summary),
            sentiment: None,
            language: None,
            custom_data,
            thread_id: None,
        })
    }

    /// Contact, ticket with its owner, transcript: the detail, or why there is no ticket.
    async fn records(&mut self, told: &Outside, reason: Option<String>) -> Result<Handed, Stop> {
        let session = self.session.clone();
        let case = case(told, session.as_ref(), reason.as_deref(), &self.id, &self.events);
        let (owner, user) = self.owner(told).await;
        let last = self.last_resort.is_some();
        let mut desk = Desk { cx: self.cx, journal: &mut self.journal, last, attempts: self.attempts };
        let mut remarks = Vec::new();
        let ended = contact::step(&mut desk, &case).await?;
        let contact = ended.id().map(ContactId::from);
        remarks.extend(ended.remark("contact"));
        let ended = self::ticket(&mut desk, &case, contact.as_ref(), owner, told).await?;
        remarks.extend(ended.remark("ticket"));
        self.patch.contact_id = contact;
        let Some(id) = ended.id().map(TicketId::from) else {
            let reason = ended.reason().unwrap_or(Reason::RejectedByHubspot);
            return Ok(Err((reason, remarks.join("; "))));
        };
        if ended.is_new() {
            let transcript = transcript::render(&told.transcript, told.contact.name.as_deref());
            remarks.extend(ticket::transcript_notes(&mut desk, &case, &id, &transcript).await?);
            self.finish.own_writes.extend(ticket::own_writes(&case, &self.cx.settings.ticketing, &id));
        } else {
            self.finish.followups.push(self.write(&id, user));
        }
        remarks.insert(0, format!("ticket {id}"));
        self.patch.ticket_id = Some(id);
        Ok(Ok(remarks.join("; ")))
    }

    /// A ticket that was there before gets its tag and owner from its own mailbox.
    fn write(&self, ticket: &TicketId, owner: Option<String>) -> NewEvent {
        let write = TicketWrite { v: 1, tag: true, owner, ..TicketWrite::default() };
        let connection = self.cx.settings.name.clone();
        let dedup = DedupKey::of(&["handoff", connection.as_str(), &first_event(&self.events).to_string()]);
        let object = Object::Ticket(ticket.clone());
        request::event(connection, object, EventKind::TicketWrite, &write, dedup, Schedule::Now)
    }

    /// The owner id and the user the rules name.
    async fn owner(&self, told: &Outside) -> (Option<String>, Option<String>) {
        let facts = Facts {
            channel: channel(told),
            topic: None,
            language: told.language.as_deref(),
            sentiment: told.sentiment.as_deref(),
            custom_data: &told.custom_data,
            now: self.cx.now(),
        };
        let Some(user) = assign::who(&self.cx.settings, &facts).0 else { return (None, None) };
        let known = self.cx.directory.known(&self.cx.hubspot).await;
        (ticket::owner_of(&known.owners, user), Some(user.0.clone()))
    }

    fn end(&mut self, wishes: &[Event], ended: &Handed) {
        for event in wishes {
            self.finish.endings.push(match ended {
                Ok(detail) => Ending::done(event.id, Outcome::HandedOff).detail(detail.clone()),
                Err((reason @ Reason::TicketingDisabled, detail)) => {
                    Ending::skipped(event.id, *reason).detail(detail.clone())
                }
                Err((reason, detail)) => Ending::dead(event.id, *reason).detail(detail.clone()),
            });
        }
    }

    fn finish(mut self, key: SessionKey) -> Finish {
        if !self.patch.is_empty() {
            let version = self.session.as_ref().map_or(0, |session| session.version);
            if self.session.is_none() {
                self.patch.mode = Some(Mode::Autopilot);
            }
            self.finish.sessions.push(SessionChange { key, version, patch: self.patch, followups: Vec::new() });
        }
        self.finish
    }
}

/// The session's own ticket if HubSpot still has it, else a new one.
async fn ticket(
    desk: &mut Desk<'_, '_>,
    case: &Case<'_>,
    contact: Option<&ContactId>,
    owner: Option<String>,
    told: &Outside,
) -> Result<Ended, Stop> {
    let begun = desk.journal.status(step::TICKET).is_some_and(|status| status != StepStatus::NotSent);
    if !begun
        && desk.cx.settings.ticketing.enabled
        && let Some(ended) = ticket::linked(desk, case, contact).await?
    {
        return Ok(ended);
    }
    let transcript = transcript::render(&told.transcript, told.contact.name.as_deref());
    ticket::make(desk, case, &ticket::Draft { contact, owner, transcript: &transcript }).await
}

fn case<'s>(
    told: &Outside,
    session: Option<&'s Session>,
    reason: Option<&str>,
    id: &str,
    events: &[Event],
) -> Case<'s> {
    let who = told.contact.name.as_deref().unwrap_or("a customer");
    let channel = told.channel.as_deref().unwrap_or("outside HubSpot");
    let mut custom_data: BTreeMap<String, String> =
        session.map(|session| session.custom_data.clone()).unwrap_or_default();
    custom_data.extend(told.custom_data.clone());
    Case {
        customer: told.contact.clone(),
        thread: None,
        session,
        subject: format!("Conversation with {who} ({channel}, {id})"),
        summary: Some(head(told, reason)),
        sentiment: told.sentiment.clone(),
        custom_data,
        event: first_event(events),
    }
}

/// What a comment tells of a thread: here the ticket alone can.
fn head(told: &Outside, reason: Option<&str>) -> String {
    let line = |name: &str, value: Option<&str>| value.map(|value| format!("{name}: {value}"));
    let facts = [
        line("Reason", reason),
        line("Sentiment", told.sentiment.as_deref()),
        line("Language", told.language.as_deref()),
    ];
    let facts: Vec<String> = facts.into_iter().flatten().collect();
    let summary = told.summary.clone().unwrap_or_else(|| "A conversation was handed over by the AI.".to_owned());
    if facts.is_empty() { summary } else { format!("{summary}\n\n{}", facts.join("\n")) }
}

/// The agent's word for a channel as one of HubSpot's.
fn channel(told: &Outside) -> Channel {
    match told.channel.as_deref() {
        Some("web" | "widget" | "web_chat" | "chat") => Channel::Chat,
        Some("messenger" | "facebook") => Channel::Facebook,
        Some(word) => Channel::ALL.into_iter().find(|channel| channel.as_str() == word).unwrap_or(Channel::Other),
        None => Channel::Other,
    }
}
