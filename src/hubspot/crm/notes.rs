//! Notes: what reps write on a help-desk ticket, and where a transcript goes that is too long for the ticket itself.

use http::Method;
use serde_json::json;

use super::{Properties, given};
use crate::domain::{AppId, NoteId, TicketId, Timestamp};
use crate::hubspot::call::{Call, encoded};
use crate::hubspot::client::Client;
use crate::hubspot::error::{Class, Error};
use crate::hubspot::types::Note;
use crate::hubspot::wire::others::WireRecord;

const PROPERTIES: &str = "hs_note_body,hs_timestamp,hubspot_owner_id,hs_object_source,hs_object_source_id";
/// HubSpot's own kind of association.
const NOTE_TO_TICKET: u32 = 228;

impl Client {
    /// One note; none when HubSpot does not know it.
    pub async fn note(&self, id: &NoteId) -> Result<Option<Note>, Error> {
        let path = self.shared.paths.crm("objects", &format!("/notes/{}", encoded(id.as_str())));
        let call = Call::get("GET /objects/notes/{noteId}", path).query("properties", PROPERTIES);
        match self.fetch::<WireRecord>(call).await {
            Ok(record) => Ok(Some(note(id, record))),
            Err(error) if error.class == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a note on a ticket. HubSpot knows no idempotency key: after an unclear end look before writing another.
    pub async fn create_note(&self, ticket: &TicketId, body: &str, at: Timestamp) -> Result<NoteId, Error> {
        let route = "POST /objects/notes";
        let body = json!({
            "properties": { "hs_timestamp": at.0.to_string(), "hs_note_body": body },
            "associations": [{
                "to": { "id": ticket.as_str() },
                "types": [{ "associationCategory": "HUBSPOT_DEFINED", "associationTypeId": NOTE_TO_TICKET }],
            }],
        });
        let call = Call::act(route, Method::POST, self.shared.paths.crm("objects", "/notes")).json(&body);
        let made: WireRecord = self.fetch(call).await?;
        made.id.text().map(NoteId).ok_or_else(|| Error::unreadable(route, true, "the new note has no id"))
    }
}

fn note(id: &NoteId, record: WireRecord) -> Note {
    let mut properties: Properties = record.properties;
    let by_app = given(&mut properties, "hs_object_source").as_deref() == Some("INTEGRATION");
    let source = given(&mut properties, "hs_object_source_id").and_then(|id| id.parse().ok()).map(AppId);
    let written = given(&mut properties, "hs_timestamp").and_then(|at| Timestamp::parse(&at));
    Note {
        id: record.id.text().map_or_else(|| id.clone(), NoteId),
        body: given(&mut properties, "hs_note_body").unwrap_or_default(),
        at: written.or(record.created_at.map(|stamp| stamp.0)),
        owner_id: given(&mut properties, "hubspot_owner_id"),
        app_id: source.filter(|_| by_app),
    }
}
