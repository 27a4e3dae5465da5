//! What people do in the CRM: tickets made, joined, changed and deleted, and notes written on them.

use std::collections::BTreeMap;

use super::{ActionError, number, source};
use crate::domain::{ActorId, NoteId, ThreadId, TicketId};
use crate::sandbox::portal::Portal;
use crate::sandbox::portal::kind::{End, Kind};
use crate::sandbox::portal::model::Property;
use crate::sandbox::portal::state::State;

impl Portal {
    /// A user makes a ticket in the first stage.
    pub fn create_ticket(&self, subject: &str, by: &ActorId) -> Result<TicketId, ActionError> {
        self.act(|state, now| {
            let source = source(state, by)?;
            let values = [("subject", subject), ("hs_pipeline", "0"), ("hs_pipeline_stage", "1")];
            let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
            Ok(TicketId(state.create_record(now, Kind::Ticket, values, &source).to_string()))
        })
    }

    /// A user joins a ticket to a thread. A ticket may own several threads; a thread belongs to one ticket.
    pub fn link_ticket(&self, thread: &ThreadId, ticket: &TicketId) -> Result<(), ActionError> {
        self.act(|state, _| {
            let number = number(state, thread)?;
            let ticket = known_ticket(state, ticket)?;
            state.link_ticket(number, ticket);
            Ok(())
        })
    }

    /// A user changes one property of a ticket; empty clears it.
    pub fn change_ticket(&self, ticket: &TicketId, name: &str, value: &str, by: &ActorId) -> Result<(), ActionError> {
        self.act(|state, now| {
            let source = source(state, by)?;
            let open = |property: &Property| property.name == name && !property.read_only;
            if !state.crm.table(Kind::Ticket).properties.iter().any(open) {
                return Err(ActionError::Property(name.to_owned()));
            }
            let ticket = known_ticket(state, ticket)?;
            let changes = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            state.change_record(now, Kind::Ticket, ticket, changes, &source);
            Ok(())
        })
    }

    /// A user deletes a ticket; its threads stay, without one. The app is not subscribed to deletions.
    pub fn delete_ticket(&self, ticket: &TicketId) -> Result<(), ActionError> {
        self.act(|state, _| {
            let ticket = known_ticket(state, ticket)?;
            state.delete_record(Kind::Ticket, ticket);
            Ok(())
        })
    }

    /// A rep writes a note (HTML) on a ticket, as help desk does. It is no comment of a thread.
    pub fn rep_notes_ticket(&self, ticket: &TicketId, rep: &ActorId, body: &str) -> Result<NoteId, ActionError> {
        self.act(|state, now| {
            let source = source(state, rep)?;
            let ticket = known_ticket(state, ticket)?;
            let owner = state.seed.agent(&rep.0).map_or(0, |agent| agent.owner_id);
            let values = [
                ("hs_note_body", body.to_owned()),
                ("hs_timestamp", now.to_string()),
                ("hubspot_owner_id", owner.to_string()),
            ];
            let values = values.map(|(name, value)| (name.to_owned(), value)).into();
            let note = state.create_record(now, Kind::Note, values, &source);
            state.crm.link(End::Record(Kind::Note), note, End::Record(Kind::Ticket), ticket);
            Ok(NoteId(note.to_string()))
        })
    }
}

/// The number of a ticket that is there.
pub(super) fn known_ticket(state: &State, ticket: &TicketId) -> Result<u64, ActionError> {
    let id = ticket.0.parse().ok().filter(|id| state.crm.record(Kind::Ticket, *id).is_some());
    id.ok_or_else(|| ActionError::Ticket(ticket.clone()))
}
