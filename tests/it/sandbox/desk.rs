//! What reps and workflows do around a conversation: notes, other threads of a ticket, replies that fail, actions that run.

use std::time::Duration;

use hubspot_bridge::domain::{ThreadId, TicketId};
use hubspot_bridge::sandbox::portal::people::{ActionError, Enrolled, WorkflowRun};
use hubspot_bridge::sandbox::portal::seed::KNOWN_CONTACT;
use hubspot_bridge::sandbox::portal::{Received, Signing, Target, signature};
use serde_json::{Value, json};

use super::{Desk, THREADS, reply};

/// Everything due, taken.
fn quiet(desk: &Desk) {
    for attempt in desk.due() {
        desk.portal.delivered(attempt.id, Received::Status(200));
    }
}

fn note(ticket: &TicketId) -> Value {
    json!({
        "properties": {"hs_timestamp": "1795262400000", "hs_note_body": "<p>the rest</p>"},
        "associations": [{"to": {"id": ticket.0}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 228}]}],
    })
}

#[tokio::test(start_paused = true)]
async fn a_note_is_announced_by_its_type_and_says_who_made_it() {
    let desk = Desk::new().with_target();
    let ticket = desk.portal.create_ticket("Help", &desk.rita()).unwrap();
    quiet(&desk);
    let reps = desk.portal.rep_notes_ticket(&ticket, &desk.rita(), "<p>call <b>back</b></p>").unwrap();
    let apps = desk.call("POST", "/crm/v3/objects/notes", Some(&note(&ticket))).body["id"].as_str().unwrap().to_owned();
    let events = desk.events();
    let rows = [
        (reps.0, "CRM_UI", "userId:70000002", "CRM_UI", "userId:70000002", json!("81000002")),
        (apps, "INTEGRATION", "4242424", "INTEGRATION", "4242424", Value::Null),
    ];
    let created: Vec<&Value> = events.iter().filter(|e| e["subscriptionType"] == "object.creation").collect();
    assert_eq!((created.len(), events.len()), (2, 2), "of its properties nothing is told");
    for (event, (id, source, source_id, made_by, made_by_id, owner)) in created.into_iter().zip(rows) {
        assert_eq!((&event["objectId"], &event["objectTypeId"]), (&json!(id.parse::<u64>().unwrap()), &json!("0-46")));
        assert_eq!((&event["changeSource"], &event["sourceId"]), (&json!(source), &json!(source_id)));
        assert_eq!(event["changeFlag"], "NEW");
        let names = "hs_note_body,hs_timestamp,hubspot_owner_id,hs_object_source,hs_object_source_id";
        let read = desk.get(&format!("/crm/v3/objects/notes/{id}?properties={names}")).body["properties"].clone();
        assert_eq!((&read["hs_object_source"], &read["hs_object_source_id"]), (&json!(made_by), &json!(made_by_id)));
        assert_eq!((&read["hubspot_owner_id"], &read["hs_timestamp"]), (&owner, &json!("2026-11-21T12:00:00.000Z")));
    }
    let notes = desk.portal.snapshot()["notes"].clone();
    assert_eq!(notes[0]["properties"]["hs_note_body"], "<p>call <b>back</b></p>");
    assert_eq!(notes[0]["associations"], json!({"tickets": [ticket.0]}));

    assert!(desk.portal.set_subscription("object.creation", false));
    desk.portal.rep_notes_ticket(&ticket, &desk.rita(), "x").unwrap();
    assert!(desk.events().is_empty());
    let nowhere = desk.portal.rep_notes_ticket(&TicketId::from("1"), &desk.rita(), "x");
    assert_eq!(nowhere, Err(ActionError::Ticket(TicketId::from("1"))));
}

#[tokio::test(start_paused = true)]
async fn what_a_create_sets_is_told_as_changes_of_the_app() {
    let desk = Desk::new().with_target();
    let body = json!({"properties": {"subject": "Help", "hs_pipeline_stage": "1", "plan": "team"}});
    desk.call("POST", "/crm/v3/objects/tickets", Some(&body));
    let events = desk.events();
    assert_eq!(events[0]["subscriptionType"], "ticket.creation");
    let plan = events.iter().find(|event| event["propertyName"] == "plan").unwrap();
    for (name, value) in [
        ("subscriptionType", "ticket.propertyChange"),
        ("propertyValue", "team"),
        ("changeSource", "INTEGRATION"),
        ("sourceId", "4242424"),
    ] {
        assert_eq!(plan[name], value, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rep_writes_from_a_ticket_in_another_of_its_threads() {
    let desk = Desk::new().with_target();
    let first = desk.chat("hello").thread;
    let ticket = desk.portal.create_ticket("Help", &desk.rita()).unwrap();
    desk.portal.link_ticket(&first, &ticket).unwrap();
    quiet(&desk);
    let words = ("Your order", "It is on its way");
    let written = desk.portal.rep_writes_from_ticket(&ticket, &desk.rita(), "ada@example.com", words).unwrap();
    assert_ne!(written.thread, first);
    let thread = desk.get(&format!("{THREADS}/{}?association=TICKET", written.thread)).body;
    assert_eq!(thread["threadAssociations"]["associatedTicketId"], json!(ticket.0));
    let message = desk.get(&format!("{THREADS}/{}/messages/{}", written.thread, written.message)).body;
    assert_eq!((&message["direction"], &message["subject"]), (&json!("OUTGOING"), &json!("Your order")));
    assert_eq!(message["senders"][0]["actorId"], json!(desk.rita().0));
    assert_eq!(message["recipients"][0]["deliveryIdentifier"]["value"], "ada@example.com");
    let kinds: Vec<_> = desk.events().iter().map(|event| event["subscriptionType"].clone()).collect();
    assert_eq!(kinds, ["conversation.creation", "conversation.newMessage"]);
}

#[tokio::test(start_paused = true)]
async fn an_accepted_reply_fails_when_people_say_so() {
    let desk = Desk::new().with_target();
    let thread = desk.chat("hello").thread;
    let why = "Mailbox full";
    let nothing = desk.portal.last_reply_fails(&thread, why, Duration::ZERO);
    assert_eq!(nothing, Err(ActionError::NoReply(thread.clone())));
    let path = format!("{THREADS}/{thread}/messages");
    let first = desk.call("POST", &path, Some(&reply(&desk, "one"))).body["id"].as_str().unwrap().to_owned();
    let second = desk.call("POST", &path, Some(&reply(&desk, "two"))).body["id"].as_str().unwrap().to_owned();
    quiet(&desk);
    let status = |id: &str| desk.get(&format!("{path}/{id}")).body["status"]["statusType"].clone();
    let failed = desk.portal.last_reply_fails(&thread, why, Duration::from_mins(1)).unwrap();
    assert_eq!((&failed.0, status(&second)), (&second, json!("SENT")), "not yet");
    desk.clock.jump(60_000);
    assert_eq!((status(&first), status(&second)), (json!("SENT"), json!("FAILED")));
    let details = desk.get(&format!("{path}/{second}")).body["status"]["failureDetails"].clone();
    assert_eq!(details["errorMessage"], why);
    desk.call("POST", &path, Some(&reply(&desk, "three")));
    let at_once = desk.portal.last_reply_fails(&thread, why, Duration::ZERO).unwrap();
    assert_eq!(status(&at_once.0), "FAILED");
    assert!(
        desk.events().iter().all(|event| event["subscriptionType"] == "conversation.newMessage"),
        "no event tells it"
    );
}

fn run(name: &str, object: Enrolled, signing: Option<Signing>) -> WorkflowRun {
    let inputs = json!({"reason": "Urgent"}).as_object().unwrap().clone();
    WorkflowRun { name: name.to_owned(), object, inputs, signing }
}

#[tokio::test(start_paused = true)]
async fn a_workflow_posts_its_action_beside_the_webhooks() {
    let desk = Desk::new().with_target();
    let ticket = desk.portal.create_ticket("Help", &desk.rita()).unwrap();
    let thread = desk.chat("hello").thread;
    quiet(&desk);
    let contact = KNOWN_CONTACT.to_string();
    let rows = [
        (Enrolled::Ticket { id: ticket.0.clone() }, "TICKET", ticket.0.as_str(), "subject"),
        (Enrolled::Contact { id: contact.clone() }, "CONTACT", contact.as_str(), "email"),
        (Enrolled::Conversation { id: thread.0.clone() }, "CONVERSATION", thread.0.as_str(), ""),
    ];
    for (object, kind, id, property) in rows {
        let callback = desk.portal.workflow_runs(&run("pause-ai", object, None)).unwrap();
        let attempt = desk.due().remove(0);
        assert_eq!(attempt.url, "https://bridge.example.com/actions/hubspot/acme/pause-ai");
        let body: Value = serde_json::from_slice(&attempt.body).unwrap();
        assert_eq!(body["callbackId"], json!(callback));
        assert_eq!(
            (&body["origin"]["portalId"], &body["context"]["source"]),
            (&json!(12_345_678), &json!("WORKFLOWS"))
        );
        assert!(body["origin"]["actionDefinitionId"].is_u64());
        assert_eq!(
            (&body["object"]["objectType"], &body["object"]["objectId"]),
            (&json!(kind), &json!(id.parse::<u64>().unwrap()))
        );
        assert_eq!(body["inputFields"], json!({"reason": "Urgent"}));
        assert_eq!(body["object"]["properties"].get(property).is_some(), !property.is_empty());
        desk.portal.delivered(attempt.id, Received::Status(200));
    }
    assert_eq!(desk.portal.outstanding_events(), 0);
    let last = desk.portal.snapshot()["deliveries"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["events"][0][0], "action pause-ai");
}

#[tokio::test(start_paused = true)]
async fn an_action_is_signed_with_v2_v3_or_both() {
    let desk = Desk::new().with_target();
    let object = Enrolled::Contact { id: KNOWN_CONTACT.to_string() };
    for (signing, v2, v3) in [
        (None, true, true),
        (Some(Signing::V2), true, false),
        (Some(Signing::V3), false, true),
        (Some(Signing::Both), true, true),
    ] {
        desk.portal.workflow_runs(&run("resume-ai", object.clone(), signing)).unwrap();
        let attempt = desk.due().remove(0);
        let header = |name: &str| attempt.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
        let secret = desk.portal.seed().client_secret;
        let older = signature::v2(&secret, "POST", &attempt.url, &attempt.body);
        assert_eq!(header("x-hubspot-signature"), v2.then_some(older), "{signing:?}");
        assert_eq!(header("x-hubspot-signature-version"), v2.then(|| "v2".to_owned()), "{signing:?}");
        let newer = signature::v3(&secret, "POST", &attempt.url, &attempt.body, desk.portal.now());
        assert_eq!(header("x-hubspot-signature-v3"), v3.then_some(newer), "{signing:?}");
        desk.portal.delivered(attempt.id, Received::Status(200));
    }
}

#[tokio::test(start_paused = true)]
async fn an_action_is_tried_again_after_trouble_with_the_same_callback_and_not_after_a_refusal() {
    let desk = Desk::new().with_target();
    let object = Enrolled::Contact { id: KNOWN_CONTACT.to_string() };
    for (received, again) in [
        (Received::Status(200), false),
        (Received::Status(401), false),
        (Received::Status(404), false),
        (Received::Status(429), true),
        (Received::Status(503), true),
        (Received::Timeout, true),
        (Received::Failed, true),
    ] {
        desk.portal.workflow_runs(&run("send-to-ai", object.clone(), None)).unwrap();
        let first = desk.due().remove(0);
        desk.portal.delivered(first.id, received);
        assert_eq!(desk.portal.outstanding_events(), usize::from(again), "{received:?}");
        desk.clock.jump(600_000);
        for attempt in desk.due() {
            assert_eq!((attempt.body.clone(), attempt.number), (first.body.clone(), 1));
            desk.portal.delivered(attempt.id, Received::Status(200));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_workflow_cannot_do() {
    let desk = Desk::new();
    let contact = Enrolled::Contact { id: KNOWN_CONTACT.to_string() };
    assert_eq!(
        desk.portal.workflow_runs(&run("pause-ai", contact.clone(), None)),
        Err(ActionError::Target),
        "no target"
    );
    let secret = desk.portal.seed().client_secret;
    let url = "https://bridge.example.com/hook".to_owned();
    desk.portal.set_target(Some(Target { url, secret, signing: Signing::Both, retry_scale: 1.0 }));
    assert_eq!(desk.portal.workflow_runs(&run("pause-ai", contact, None)), Err(ActionError::Target), "no place for it");
    let gone = Enrolled::Ticket { id: "1".to_owned() };
    let missing = ActionError::Record("ticket", "1".to_owned());
    assert_eq!(desk.portal.workflow_runs(&run("pause-ai", gone, None)), Err(missing));
    let nowhere = Enrolled::Conversation { id: "1".to_owned() };
    let missing = ActionError::Thread(ThreadId::from("1"));
    assert_eq!(desk.portal.workflow_runs(&run("pause-ai", nowhere, None)), Err(missing));
}
