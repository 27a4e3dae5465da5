//! Requests and what HubSpot answers: status, category and the shape that matters.

use serde_json::{Value, json};

use super::{Desk, THREADS};

#[tokio::test(start_paused = true)]
async fn a_thread_has_hubspots_shape_and_its_ticket_only_when_asked() {
    let desk = Desk::new();
    let said = desk.chat("hello");
    let thread = &said.thread;
    let plain = desk.get(&format!("{THREADS}/{thread}"));
    assert_eq!(plain.status, 200);
    for (field, expected) in [
        ("id", json!(thread.0)),
        ("status", json!("OPEN")),
        ("originalChannelId", json!("1000")),
        ("inboxId", json!("118801")),
        ("archived", json!(false)),
        ("spam", json!(false)),
        ("latestMessageReceivedTimestamp", json!("2026-11-21T12:00:00Z")),
    ] {
        assert_eq!(plain.body[field], expected, "{field}");
    }
    assert!(plain.body.get("assignedTo").is_none(), "absent, not null, when nobody owns it");
    assert!(plain.body.get("latestMessageSentTimestamp").is_none());

    let with_ticket = format!("{THREADS}/{thread}?association=TICKET");
    assert!(desk.get(&with_ticket).body.get("threadAssociations").is_none(), "absent without a ticket");
    let ticket = desk.portal.create_ticket("Help", &desk.rita()).unwrap();
    desk.portal.link_ticket(thread, &ticket).unwrap();
    assert_eq!(desk.get(&with_ticket).body["threadAssociations"]["associatedTicketId"], json!(ticket.0));
    assert!(desk.get(&format!("{THREADS}/{thread}")).body.get("threadAssociations").is_none());
}

#[tokio::test(start_paused = true)]
async fn items_of_a_thread_mix_with_assignments_and_status_changes() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    desk.portal.assign(&thread, Some(&desk.ai()), &desk.rita()).unwrap();
    desk.portal.rep_comments(&thread, &desk.rita(), "careful").unwrap();
    desk.portal.set_closed(&thread, true, &desk.rita()).unwrap();
    let list = desk.get(&format!("{THREADS}/{thread}/messages?sort=createdAt"));
    let items = list.body["results"].as_array().unwrap();
    let types: Vec<_> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["MESSAGE", "ASSIGNMENT", "COMMENT", "THREAD_STATUS_CHANGE"]);
    assert!(
        items.iter().all(|item| item["conversationsThreadId"] == json!(thread.0)),
        "a string, unlike the webhook's"
    );
    assert_eq!(items[0]["direction"], "INCOMING");
    assert_eq!(items[0]["senders"][0]["deliveryIdentifier"]["type"], "CHANNEL_SPECIFIC_OPAQUE_ID");
    assert_eq!(items[1]["assignedTo"], json!(desk.ai().0));
    assert!(items[2].get("direction").is_none() && items[2].get("channelId").is_none());
    assert_eq!(items[3]["newStatus"], "CLOSED");
}

#[tokio::test(start_paused = true)]
async fn a_reply_with_its_quotes_is_cut_and_the_original_kept() {
    let desk = Desk::new();
    let first = desk.email(None, "Where is my order?", None);
    let second = desk.email(Some(&first.thread), "Still nothing", Some("> On Monday we wrote"));
    let path = format!("{THREADS}/{}/messages/{}", second.thread, second.message);
    let message = desk.get(&path).body;
    assert_eq!(message["truncationStatus"], "TRUNCATED_TO_MOST_RECENT_REPLY");
    assert_eq!(message["text"], "Still nothing");
    let original = desk.get(&format!("{path}/original-content")).body;
    assert_eq!(original["text"], "Still nothing\n\n> On Monday we wrote");
}

/// Method, path, body; status and category expected.
type Row = (&'static str, String, Option<Value>, u16, Option<&'static str>);

#[tokio::test(start_paused = true)]
async fn requests_are_refused_as_hubspot_refuses_them() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let doubled = format!("/conversations/conversations/v3/threads/{thread}/assignee");
    let by_time = format!("{THREADS}?sort=latestMessageTimestamp");
    let rows: Vec<Row> = vec![
        ("GET", format!("{THREADS}/1"), None, 404, Some("OBJECT_NOT_FOUND")),
        ("GET", format!("{THREADS}/{thread}/messages/nope"), None, 404, Some("OBJECT_NOT_FOUND")),
        ("GET", format!("{THREADS}/{thread}/comments"), None, 404, None),
        ("POST", format!("{THREADS}/{thread}/assignee"), Some(json!({"actorId": "A-1"})), 405, None),
        ("PUT", doubled.clone(), Some(json!({"actorId": "rita@acme.example"})), 400, Some("VALIDATION_ERROR")),
        ("GET", by_time.clone(), None, 400, Some("VALIDATION_ERROR")),
        ("GET", format!("{by_time}&latestMessageTimestampAfter=yesterday"), None, 400, Some("VALIDATION_ERROR")),
        ("GET", format!("{by_time}&latestMessageTimestampAfter=2026-11-21T00:00:00Z"), None, 200, None),
        ("GET", format!("{THREADS}?sort=-id"), None, 400, Some("VALIDATION_ERROR")),
        ("GET", format!("{THREADS}?associatedContactId=5"), None, 400, Some("VALIDATION_ERROR")),
        (
            "GET",
            format!("{THREADS}?associatedContactId=5&threadStatus=OPEN&inboxId=1"),
            None,
            400,
            Some("VALIDATION_ERROR"),
        ),
        ("GET", format!("{THREADS}?associatedContactId=5&threadStatus=OPEN&sort=-id"), None, 200, None),
        ("GET", format!("{THREADS}?limit=0"), None, 400, Some("VALIDATION_ERROR")),
        ("GET", format!("{THREADS}?after=garbage"), None, 400, Some("VALIDATION_ERROR")),
        ("GET", "/crm/v3/objects/widgets/1".to_owned(), None, 400, None),
        ("GET", "/crm/v3/objects/tickets/1".to_owned(), None, 404, Some("OBJECT_NOT_FOUND")),
        (
            "GET",
            "/crm/v3/objects/contacts/nobody%40example.com?idProperty=email".to_owned(),
            None,
            404,
            Some("OBJECT_NOT_FOUND"),
        ),
        (
            "POST",
            "/crm/v3/objects/tickets".to_owned(),
            Some(json!({"properties": {"subject": "x"}})),
            400,
            Some("VALIDATION_ERROR"),
        ),
        ("PUT", format!("/crm/v4/objects/thread/{thread}/associations/default/ticket/1"), None, 400, None),
        ("GET", "/nowhere".to_owned(), None, 404, None),
    ];
    for (method, path, body, status, category) in rows {
        let answer = desk.call(method, &path, body.as_ref());
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        assert_eq!(answer.body.get("category").and_then(Value::as_str), category, "{method} {path}");
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_and_scopes_are_checked() {
    let desk = Desk::new();
    let path = format!("{THREADS}?limit=1");
    let wrong = desk.call_as("Bearer pat-na1-wrong", "GET", &path, None);
    assert_eq!((wrong.status, wrong.body["category"].as_str()), (401, Some("INVALID_AUTHENTICATION")));
    desk.portal.set_scope("conversations.read", false);
    let scopeless = desk.get(&path);
    assert_eq!((scopeless.status, scopeless.body["category"].as_str()), (403, Some("MISSING_SCOPES")));
    let required = &scopeless.body["errors"][0]["context"]["requiredGranularScopes"];
    assert_eq!(required, &json!(["conversations.read"]));
}

#[tokio::test(start_paused = true)]
async fn introspection_says_who_the_token_is() {
    let desk = Desk::new();
    let token = desk.portal.seed().token;
    let path = "/oauth/v2/private-apps/get/access-token-info";
    let info = desk.call_as("", "POST", path, Some(&json!({"tokenKey": token})));
    assert_eq!(info.body["hubId"], json!(12_345_678));
    assert_eq!(info.body["appId"], json!(4_242_424));
    assert!(info.body["scopes"].as_array().unwrap().contains(&json!("conversations.write")));
    assert_eq!(desk.call_as("", "POST", path, Some(&json!({"tokenKey": "x"}))).status, 404);
    assert_eq!(desk.get("/account-info/v3/details").body["portalId"], json!(12_345_678));
}

#[tokio::test(start_paused = true)]
async fn owners_and_actors_name_the_same_person_by_different_ids() {
    let desk = Desk::new();
    let owners = desk.get("/crm/v3/owners?email=rita%40acme.example").body;
    let owner = &owners["results"][0];
    let by_user = desk.get(&format!("/crm/v3/owners/{}?idProperty=userId", owner["userId"])).body;
    assert_eq!(by_user["id"], owner["id"]);
    assert_ne!(owner["id"].as_str().unwrap(), owner["userId"].to_string());
    let actor = desk.get(&format!("/conversations/v3/conversations/actors/A-{}", owner["userId"])).body;
    assert_eq!(actor["email"], "rita@acme.example");
    let batch = json!({"inputs": [desk.ai().0, "A-9"]});
    let actors = desk.call("POST", "/conversations/v3/conversations/actors/batch/read", Some(&batch));
    assert_eq!((actors.status, actors.body["numErrors"].as_u64()), (207, Some(1)));
    assert_eq!(actors.body["results"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn contacts_conflict_by_address_and_name_the_one_there_is() {
    let desk = Desk::new();
    let body = json!({"properties": {"email": "cleo@example.com", "firstname": "Cleo"}});
    let created = desk.call("POST", "/crm/v3/objects/contacts", Some(&body));
    assert_eq!(created.status, 201);
    let again = desk.call("POST", "/crm/v3/objects/contacts", Some(&body));
    assert_eq!((again.status, again.body["category"].as_str()), (409, Some("CONFLICT")));
    let existing = format!("Contact already exists. Existing ID: {}", created.body["id"].as_str().unwrap());
    assert_eq!(again.body["message"], json!(existing));
    let found = desk.get("/crm/v3/objects/contacts/cleo%40example.com?idProperty=email&properties=firstname");
    assert_eq!(found.body["properties"]["firstname"], "Cleo");
}

#[tokio::test(start_paused = true)]
async fn ticket_writes_are_validated_and_one_bad_property_refuses_all() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let create = json!({
        "properties": {"subject": "Help", "hs_pipeline": "0", "hs_pipeline_stage": "1", "opencx_tags": "opencx;vip"},
        "associations": [{"to": {"id": thread.0}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 32}]}],
    });
    let created = desk.call("POST", "/crm/v3/objects/tickets", Some(&create));
    assert_eq!(created.status, 201, "{}", created.body);
    let path = format!("/crm/v3/objects/tickets/{}", created.body["id"].as_str().unwrap());
    let list = desk.get(&format!("{THREADS}?associatedTicketId={}", created.body["id"].as_str().unwrap()));
    assert_eq!(list.body["results"][0]["id"], json!(thread.0));

    let bad = json!({"properties": {"plan": "team", "missing": "x", "opencx_tags": "nope", "createdate": "1"}});
    let refused = desk.call("PATCH", &path, Some(&bad));
    let message = refused.body["message"].as_str().unwrap();
    let problems: Value =
        serde_json::from_str(message.strip_prefix("Property values were not valid: ").unwrap()).unwrap();
    let codes: Vec<_> = problems.as_array().unwrap().iter().map(|p| p["error"].as_str().unwrap()).collect();
    assert_eq!(refused.status, 400);
    assert_eq!(codes, ["READ_ONLY_VALUE", "PROPERTY_DOESNT_EXIST", "INVALID_OPTION"]);
    assert_eq!(desk.get(&format!("{path}?properties=plan")).body["properties"]["plan"], Value::Null);

    let good = json!({"properties": {"plan": "team"}});
    assert_eq!(desk.call("PATCH", &path, Some(&good)).body["properties"]["plan"], "team");
}

#[tokio::test(start_paused = true)]
async fn an_archived_thread_is_found_only_in_the_trash() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let path = format!("{THREADS}/{thread}");
    assert_eq!(desk.call("DELETE", &path, None).status, 204);
    assert_eq!(desk.get(&path).status, 404);
    let trash = format!("{path}?archived=true");
    assert_eq!(desk.get(&trash).body["archived"], json!(true));
    assert_eq!(desk.call("PATCH", &trash, Some(&json!({"status": "CLOSED"}))).status, 400);
    assert_eq!(desk.call("PATCH", &trash, Some(&json!({"archived": false}))).status, 200);
    assert_eq!(desk.get(&path).status, 200);
}

#[tokio::test(start_paused = true)]
async fn an_assignee_is_put_and_deleted_on_the_doubled_path() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let path = format!("/conversations/conversations/v3/threads/{thread}/assignee");
    let put = desk.call("PUT", &path, Some(&json!({"actorId": desk.ai().0})));
    assert_eq!((put.status, &put.body["assignedTo"]), (200, &json!(desk.ai().0)));
    assert_eq!(desk.call("DELETE", &path, None).status, 204);
    assert!(desk.get(&format!("{THREADS}/{thread}")).body.get("assignedTo").is_none());
}

#[tokio::test(start_paused = true)]
async fn the_fixed_lists_are_there() {
    let desk = Desk::new();
    let base = "/conversations/v3/conversations";
    for (path, total) in
        [("inboxes", 2), ("channels", 9), ("channel-accounts", 4), ("channel-accounts?channelId=1002", 2)]
    {
        assert_eq!(desk.get(&format!("{base}/{path}")).body["total"], json!(total), "{path}");
    }
    let stages = desk.get("/crm/v3/pipelines/tickets").body["results"][0]["stages"].clone();
    assert_eq!(stages[3]["metadata"]["ticketState"], "CLOSED");
    let properties = desk.get("/crm/v3/properties/tickets").body;
    assert!(properties["results"].as_array().unwrap().iter().any(|p| p["name"] == "opencx_tags"));
}
