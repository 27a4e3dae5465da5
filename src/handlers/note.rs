//! A note a rep wrote on a ticket, mirrored to the sessions linked to it.

use std::collections::BTreeMap;

use super::conversation::pause_after;
use super::journal::Journal;
use super::relay::{Carried, Carrier, Words, is_known_to_agent};
use super::{Context, Run, Stop};
use crate::agents::RelayKind;
use crate::domain::{Ending, Event, EventKind, Lane, NoteId, Outcome, Reason, Session, SessionId, TicketId};
use crate::hubspot::{Kind, Note, text};
use crate::store::Finish;

/// Runs the turn.
pub async fn run(cx: &Context, mut run: Run<'_>, id: NoteId) -> Result<Finish, Stop> {
    let steps = std::mem::take(&mut run.turn.steps);
    let mut journal = Journal::new(cx.store.as_ref(), run.lease, run.watch, cx.clock.as_ref(), steps);
    let (notes, others): (Vec<&Event>, Vec<&Event>) =
        run.turn.events.iter().partition(|event| event.kind == EventKind::NoteCreated);
    let end =
        |event: &Event| super::unknown_kind(event).unwrap_or_else(|| Ending::skipped(event.id, Reason::NotAMessage));
    let mut endings: Vec<Ending> = others.into_iter().map(end).collect();
    if let Some(first) = notes.first() {
        let ending = mirror(cx, &run, &mut journal, &id, first).await?;
        endings.extend(notes.iter().map(|event| Ending { event: event.id, ..ending.clone() }));
    }
    Ok(Finish { endings, ..Finish::default() })
}

async fn mirror(
    cx: &Context,
    run: &Run<'_>,
    journal: &mut Journal<'_>,
    id: &NoteId,
    event: &Event,
) -> Result<Ending, Stop> {
    if !cx.settings.mirror_notes || !cx.agent.takes(RelayKind::Note) {
        return Ok(Ending::skipped(event.id, Reason::InternalComment));
    }
    let Some(note) = read(cx, run, id, event).await? else {
        return Ok(Ending::dead(event.id, Reason::ObjectNotFound));
    };
    let known = cx.directory.known(&cx.hubspot).await;
    let ours = run.turn.events.iter().filter_map(|event| event.app_id).chain(known.app);
    if note.app_id.is_some_and(|app| ours.into_iter().any(|own| own == app)) {
        return Ok(Ending::skipped(event.id, Reason::OwnMessage));
    }
    let client = cx.hubspot.on_lane(Lane::Ticket);
    let tickets = client.associated(Kind::Note, id.as_str(), Kind::Ticket).await?;
    if tickets.is_empty() {
        // HubSpot may show the note before what it belongs to.
        wait(cx, run, event, "HubSpot does not show the note's ticket yet")?;
    }
    let (ticket, sessions) = linked(cx, tickets).await?;
    if sessions.is_empty() {
        return Ok(Ending::skipped(event.id, Reason::NoLinkedSession));
    }
    let owner = known.owners.into_iter().find(|owner| note.owner_id.as_ref() == Some(&owner.id));
    let words = Words {
        kind: RelayKind::Note,
        thread_id: None,
        ticket_id: ticket,
        id: note.id.0.clone(),
        author: owner.and_then(|owner| owner.name),
        text: text::plain(&note.body),
        attachments: Vec::new(),
        at: note.at.unwrap_or_else(|| event.happened_at()),
    };
    if words.are_empty() {
        return Ok(Ending::skipped(event.id, Reason::InternalComment).detail("the note has no text"));
    }
    let mut carrier = Carrier::default();
    let (mut taken, mut failed): (Vec<SessionId>, Vec<String>) = (Vec::new(), Vec::new());
    for session in &sessions {
        match carrier.carry(cx, journal, run.last_resort.is_some(), (&words, session)).await? {
            Carried::Taken => taken.push(session.id),
            Carried::Failed(why) => failed.push(format!("session {} did not get it: {why}", session.id)),
            Carried::Later => {}
        }
    }
    if let Some(stop) = carrier.later() {
        return Err(stop);
    }
    let Some(first) = taken.first().copied() else {
        return Ok(Ending::skipped(event.id, Reason::InternalComment).detail(failed.join("; ")));
    };
    let to: Vec<String> = taken.iter().map(|id| format!("session {id}")).collect();
    let mut remarks = vec![format!("mirrored to {}", to.join(", "))];
    remarks.extend(failed);
    let ending = Ending::done(event.id, Outcome::NoteMirrored).detail(remarks.join("; "));
    Ok(Ending { session: Some(first), ..ending })
}

/// Reads the note. HubSpot may not show one it just announced: that is waited for, a little.
async fn read(cx: &Context, run: &Run<'_>, id: &NoteId, event: &Event) -> Result<Option<Note>, Stop> {
    let note = cx.hubspot.on_lane(Lane::Ticket).note(id).await?;
    if note.is_none() {
        wait(cx, run, event, "HubSpot does not show the note yet")?;
    }
    Ok(note)
}

/// Comes back a little later, until HubSpot must show it.
fn wait(cx: &Context, run: &Run<'_>, event: &Event, why: &str) -> Result<(), Stop> {
    let waited = cx.now().since(event.received_at);
    if waited >= cx.delivery.settle || run.last_resort.is_some() {
        return Ok(());
    }
    Err(Stop::Defer { until: cx.now().after(pause_after(waited)), why: why.to_owned(), counts: false })
}

/// The sessions of the note's tickets that the agent has been told of, each once, with the ticket that led to them.
async fn linked(cx: &Context, tickets: Vec<String>) -> Result<(Option<TicketId>, Vec<Session>), Stop> {
    let mut sessions = BTreeMap::new();
    let mut found = None;
    for ticket in tickets.into_iter().map(TicketId) {
        for session in cx.store.sessions_of_ticket(&cx.settings.name, &ticket).await? {
            if is_known_to_agent(cx, &session) {
                found = found.or_else(|| Some(ticket.clone()));
                sessions.insert(session.id, session);
            }
        }
    }
    Ok((found, sessions.into_values().collect()))
}
