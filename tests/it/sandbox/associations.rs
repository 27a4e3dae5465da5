//! What belongs to what: with a create, by the default link, read in pages.

use hubspot_bridge::sandbox::portal::seed::{KNOWN_COMPANY, KNOWN_CONTACT, KNOWN_DEALS};
use serde_json::{Value, json};

use super::{Desk, THREADS};

fn association(to: &str, type_id: u64) -> Value {
    json!({"to": {"id": to}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]})
}

fn linked(desk: &Desk, from: &str, id: &str, to: &str) -> Vec<(u64, u64)> {
    let answer = desk.get(&format!("/crm/v4/objects/{from}/{id}/associations/{to}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let results = answer.body["results"].as_array().unwrap();
    let pair =
        |one: &Value| (one["toObjectId"].as_u64().unwrap(), one["associationTypes"][0]["typeId"].as_u64().unwrap());
    results.iter().map(pair).collect()
}

fn number(id: &str) -> u64 {
    id.parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_ticket_is_made_with_its_contact_and_thread_and_gets_another_thread() {
    let desk = Desk::new();
    let (first, second) = (desk.chat("hello").thread, desk.email(None, "hello again", None).thread);
    let contact = KNOWN_CONTACT.to_string();
    let body = json!({
        "properties": {"subject": "Help", "hs_pipeline": "0", "hs_pipeline_stage": "1"},
        "associations": [association(&contact, 16), association(&first.0, 32)],
    });
    let ticket = desk.call("POST", "/crm/v3/objects/tickets", Some(&body)).body["id"].as_str().unwrap().to_owned();
    let shown = desk.get(&format!("{THREADS}/{first}?association=TICKET")).body;
    assert_eq!(shown["threadAssociations"]["associatedTicketId"], json!(ticket));
    assert_eq!(linked(&desk, "tickets", &ticket, "contacts"), [(KNOWN_CONTACT, 16)]);
    assert_eq!(linked(&desk, "contact", &contact, "0-5").last(), Some(&(number(&ticket), 15)), "and back");

    let put = format!("/crm/v4/objects/tickets/{ticket}/associations/default/conversations/{second}");
    for _ in 0..2 {
        assert_eq!(desk.call("PUT", &put, None).status, 200, "twice is harmless");
    }
    let list = desk.get(&format!("{THREADS}?associatedTicketId={ticket}&association=TICKET")).body;
    let threads: Vec<_> = list["results"].as_array().unwrap().iter().map(|thread| thread["id"].clone()).collect();
    assert_eq!(threads, [json!(first.0), json!(second.0)]);
    let ids = [(number(&first.0), 32), (number(&second.0), 32)];
    assert_eq!(linked(&desk, "tickets", &ticket, "conversations"), ids);
    let originating = "hs_conversations_originating_thread_id";
    let read = desk.get(&format!("/crm/v3/objects/tickets/{ticket}?properties={originating}")).body;
    assert_eq!(read["properties"][originating], json!(first.0), "stamped once");
}

#[tokio::test(start_paused = true)]
async fn a_note_belongs_to_its_ticket_and_contact() {
    let desk = Desk::new();
    let ticket = desk.portal.create_ticket("Help", &desk.rita()).unwrap().0;
    let body = json!({
        "properties": {"hs_timestamp": "1795262400000", "hs_note_body": "<p>all of it</p>"},
        "associations": [association(&ticket, 228), association(&KNOWN_CONTACT.to_string(), 202)],
    });
    let made = desk.call("POST", "/crm/v3/objects/notes", Some(&body));
    assert_eq!(made.body["properties"]["hs_timestamp"], "2026-11-21T12:00:00.000Z");
    let note = made.body["id"].as_str().unwrap();
    assert_eq!(linked(&desk, "notes", note, "tickets"), [(number(&ticket), 228)]);
    assert_eq!(linked(&desk, "tickets", &ticket, "notes"), [(number(note), 227)]);
    assert_eq!(linked(&desk, "notes", note, "contacts"), [(KNOWN_CONTACT, 202)]);
    assert_eq!(linked(&desk, "contacts", &KNOWN_CONTACT.to_string(), "companies"), [(KNOWN_COMPANY, 279)]);
    assert_eq!(linked(&desk, "deals", &KNOWN_DEALS[0].to_string(), "contacts"), [(KNOWN_CONTACT, 3)]);
}

#[tokio::test(start_paused = true)]
async fn a_create_with_a_bad_association_makes_nothing() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let before = desk.portal.snapshot()["tickets"].as_array().unwrap().len();
    let visitor = desk.get(&format!("{THREADS}/{thread}")).body["associatedContactId"].as_str().unwrap().to_owned();
    assert_eq!(desk.call("DELETE", &format!("/crm/v3/objects/contacts/{visitor}"), None).status, 204);
    for bad in [association(&visitor, 16), association("1", 32), association(&thread.0, 4), json!({"to": {}})] {
        let properties = json!({"subject": "Help", "hs_pipeline_stage": "1"});
        let body = json!({"properties": properties, "associations": [association(&thread.0, 32), bad]});
        assert_eq!(desk.call("POST", "/crm/v3/objects/tickets", Some(&body)).status, 400, "{body}");
    }
    assert_eq!(desk.portal.snapshot()["tickets"].as_array().unwrap().len(), before);
}

#[tokio::test(start_paused = true)]
async fn links_that_cannot_be() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let ticket = desk.portal.create_ticket("Help", &desk.rita()).unwrap();
    let put = |rest: String| desk.call("PUT", &format!("/crm/v4/objects/{rest}"), None);
    let as_thread = put(format!("tickets/{ticket}/associations/default/thread/{thread}"));
    let message = as_thread.body["message"].as_str().unwrap();
    assert_eq!((as_thread.status, message), (400, "Unable to infer object type from: Thread"));
    assert_eq!(put(format!("tickets/{ticket}/associations/default/contacts/1")).status, 404);
    assert_eq!(put(format!("tickets/1/associations/default/conversations/{thread}")).status, 404);
    assert_eq!(put(format!("notes/1/associations/default/conversations/{thread}")).status, 400, "no such type");
    assert_eq!(desk.get("/crm/v4/objects/tickets/1/associations/contacts").status, 404);
}

#[tokio::test(start_paused = true)]
async fn associations_come_in_pages() {
    let desk = Desk::new();
    let contact = KNOWN_CONTACT.to_string();
    for _ in 0..4 {
        let ticket = desk.portal.create_ticket("Help", &desk.rita()).unwrap();
        let put = format!("/crm/v4/objects/contacts/{contact}/associations/default/tickets/{ticket}");
        assert_eq!(desk.call("PUT", &put, None).status, 200);
    }
    let path = format!("/crm/v4/objects/contacts/{contact}/associations/tickets?limit=2");
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    for expected in [2, 2, 1] {
        let page = desk.get(&format!("{path}&after={cursor}")).body;
        let ids: Vec<_> = page["results"].as_array().unwrap().iter().map(|one| one["toObjectId"].as_u64()).collect();
        assert_eq!(ids.len(), expected);
        seen.extend(ids);
        page["paging"]["next"]["after"].as_str().unwrap_or_default().clone_into(&mut cursor);
    }
    assert!(cursor.is_empty() && seen.is_sorted());
}
