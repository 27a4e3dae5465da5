//! CRM records of every kind: made, read, changed, found, deleted, and what is refused.

use hubspot_bridge::sandbox::portal::Visibility;
use hubspot_bridge::sandbox::portal::seed::{KNOWN_COMPANY, KNOWN_CONTACT, KNOWN_CUSTOMER, KNOWN_DEALS, KNOWN_TICKET};
use serde_json::{Value, json};

use super::{Answered, Desk, NOON, THREADS};

const OBJECTS: &str = "/crm/v3/objects";

fn create(desk: &Desk, kind: &str, properties: &Value) -> Answered {
    desk.call("POST", &format!("{OBJECTS}/{kind}"), Some(&json!({ "properties": properties })))
}

fn id(answer: &Answered) -> String {
    answer.body["id"].as_str().unwrap().to_owned()
}

/// The problems HubSpot lists inside its message, as name and code.
fn problems(answer: &Answered) -> Vec<(String, String)> {
    let message = answer.body["message"].as_str().unwrap();
    let list = message.strip_prefix("Property values were not valid: ").unwrap_or("[]");
    let list: Vec<Value> = serde_json::from_str(list).unwrap();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    list.iter().map(|problem| (word(&problem["name"]), word(&problem["error"]))).collect()
}

/// A desk whose app may write companies and deals too.
fn desk() -> Desk {
    let desk = Desk::new();
    for scope in ["crm.objects.companies.write", "crm.objects.deals.write"] {
        desk.portal.set_scope(scope, true);
    }
    desk
}

#[tokio::test(start_paused = true)]
async fn a_record_of_every_kind_is_made_read_and_changed() {
    let rows = [
        ("contacts", json!({"email": "cleo@example.com"}), "firstname", "Cleo", "createdate", "lastmodifieddate"),
        ("companies", json!({"name": "Acme"}), "industry", "RETAIL", "createdate", "hs_lastmodifieddate"),
        (
            "deals",
            json!({"dealname": "Big", "dealstage": "contractsent"}),
            "amount",
            "12",
            "createdate",
            "hs_lastmodifieddate",
        ),
        (
            "tickets",
            json!({"subject": "Help", "hs_pipeline_stage": "1"}),
            "plan",
            "team",
            "createdate",
            "hs_lastmodifieddate",
        ),
        (
            "notes",
            json!({"hs_timestamp": NOON.0.to_string()}),
            "hs_note_body",
            "<p>hi</p>",
            "hs_createdate",
            "hs_lastmodifieddate",
        ),
    ];
    for (kind, properties, name, value, created, modified) in rows {
        let desk = desk();
        let made = create(&desk, kind, &properties);
        assert_eq!(made.status, 201, "{kind}: {}", made.body);
        let path = format!("{OBJECTS}/{kind}/{}", id(&made));
        desk.clock.jump(5_000);
        let changed = desk.call("PATCH", &path, Some(&json!({"properties": {name: value}})));
        assert_eq!((changed.status, &changed.body["properties"][name]), (200, &json!(value)), "{kind}");
        let read = desk.get(&format!("{path}?properties={name},hs_object_source,hs_object_source_id")).body;
        assert_eq!(read["id"], made.body["id"]);
        for (name, value) in [
            (name, value),
            (created, "2026-11-21T12:00:00.000Z"),
            (modified, "2026-11-21T12:00:05.000Z"),
            ("hs_object_source", "INTEGRATION"),
            ("hs_object_source_id", "4242424"),
        ] {
            assert_eq!(read["properties"][name], json!(value), "{kind} {name}");
        }
        let ids = json!({"inputs": [{"id": read["id"]}, {"id": "1"}], "properties": [name]});
        let batch = desk.call("POST", &format!("{OBJECTS}/{kind}/batch/read"), Some(&ids));
        assert_eq!((batch.status, &batch.body["numErrors"]), (207, &json!(1)), "{kind}");
        assert_eq!(batch.body["errors"][0]["context"]["ids"], json!(["1"]));
        assert_eq!(batch.body["results"][0]["properties"][name], json!(value));
        assert_eq!(desk.call("DELETE", &path, None).status, 204);
        for (method, body) in [("GET", None), ("PATCH", Some(json!({"properties": {}}))), ("DELETE", None)] {
            assert_eq!(desk.call(method, &path, body.as_ref()).status, 404, "{kind} {method}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_record_must_have_and_may_not_have() {
    let long = "x".repeat(65_537);
    let refused = |kind: &str, properties: Value| {
        let answer = create(&desk(), kind, &properties);
        assert_eq!((answer.status, &answer.body["category"]), (400, &json!("VALIDATION_ERROR")), "{properties}");
        problems(&answer)
    };
    for (kind, properties) in [
        ("contacts", json!({"phone": "1"})),
        ("companies", json!({"city": "Bonn"})),
        ("deals", json!({"dealname": "x"})),
        ("tickets", json!({"subject": "x"})),
        ("notes", json!({"hs_note_body": "x"})),
    ] {
        assert_eq!(refused(kind, properties), [], "{kind}: something is missing");
    }
    let ticket = |name: &str, value: &str| {
        let mut properties = json!({"subject": "x", "hs_pipeline_stage": "1"});
        properties[name] = json!(value);
        refused("tickets", properties)
    };
    for (name, value, code) in [
        ("missing", "x", "PROPERTY_DOESNT_EXIST"),
        ("hs_object_source", "x", "READ_ONLY_VALUE"),
        ("opencx_tags", "opencx;nope", "INVALID_OPTION"),
        ("hubspot_owner_id", "70000002", "INVALID_OWNER_ID"),
        ("hs_pipeline", "7", "INVALID_OPTION"),
        ("content", long.as_str(), "INVALID_LENGTH"),
    ] {
        assert_eq!(ticket(name, value), [(name.to_owned(), code.to_owned())]);
    }
    let other = json!({"subject": "x", "hs_pipeline": "650123001", "hs_pipeline_stage": "1"});
    let stage = [("hs_pipeline_stage".to_owned(), "INVALID_OPTION".to_owned())];
    assert_eq!(refused("tickets", other), stage, "a stage of another pipeline");
    let when = json!({"hs_timestamp": "yesterday"});
    assert_eq!(refused("notes", when), [("hs_timestamp".to_owned(), "INVALID_DATE".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn each_kind_asks_for_its_own_scope() {
    let desk = Desk::new();
    let contact = format!("{KNOWN_CONTACT}");
    let rows = [
        ("crm.objects.contacts.read", "contacts", None),
        ("crm.objects.contacts.read", "notes", None),
        ("crm.objects.companies.read", "companies", Some("contacts")),
        ("crm.objects.deals.read", "deals", Some("contacts")),
        ("tickets", "tickets", Some("contacts")),
    ];
    for (scope, kind, from) in rows {
        let paths = [
            format!("{OBJECTS}/{kind}/1"),
            from.map_or_else(
                || format!("/crm/v3/properties/{kind}"),
                |from| format!("/crm/v4/objects/{from}/{contact}/associations/{kind}"),
            ),
        ];
        for path in paths {
            assert_ne!(desk.get(&path).status, 403, "{path}");
            desk.portal.set_scope(scope, false);
            let refused = desk.get(&path);
            let named = &refused.body["errors"][0]["context"]["requiredGranularScopes"];
            assert_eq!((refused.status, named), (403, &json!([scope])), "{path}");
            desk.portal.set_scope(scope, true);
        }
    }
    assert_eq!(create(&desk, "companies", &json!({"name": "x"})).status, 403, "reading is not writing");
}

/// The ids a search finds.
fn found(desk: &Desk, kind: &str, filters: &Value) -> Vec<String> {
    // Six searches in a second are too many.
    desk.clock.jump(1_000);
    let body = json!({"filterGroups": [{"filters": filters}], "limit": 20});
    let answer = desk.call("POST", &format!("{OBJECTS}/{kind}/search"), Some(&body));
    assert_eq!(answer.status, 200, "{}", answer.body);
    let results = answer.body["results"].as_array().unwrap();
    results.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn search_filters_by_every_operator() {
    let desk = Desk::new();
    let make = |subject: &str, priority: &str| {
        desk.clock.jump(1_000);
        let values = json!({"subject": subject, "hs_pipeline_stage": "1", "hs_ticket_priority": priority});
        id(&create(&desk, "tickets", &values))
    };
    let (a, b) = (make("Where is my order?", "HIGH"), make("An order-form problem", "LOW"));
    let first = (NOON.0 + 1_000).to_string();
    let filter =
        |name: &str, operator: &str, value: &str| json!({"propertyName": name, "operator": operator, "value": value});
    let all = [a.clone(), b.clone()];
    let rows: Vec<(Value, &[String])> = vec![
        (json!([filter("subject", "EQ", "where is MY order?")]), &all[..1]),
        (json!([filter("subject", "EQ", "Where is my")]), &[]),
        (json!([filter("createdate", "GTE", &first)]), &all),
        (json!([filter("createdate", "GT", &first)]), &all[1..]),
        (json!([filter("createdate", "GTE", &first), filter("createdate", "LTE", &first)]), &all[..1]),
        (json!([filter("createdate", "GTE", "2026-11-21T12:00:02.000Z")]), &all[1..]),
        (json!([filter("subject", "CONTAINS_TOKEN", "order"), filter("createdate", "GTE", &first)]), &all),
        (json!([filter("subject", "CONTAINS_TOKEN", "prob*")]), &all[1..]),
        (json!([filter("subject", "CONTAINS_TOKEN", "orde")]), &[]),
        (json!([{"propertyName": "hs_ticket_priority", "operator": "IN", "values": ["high", "urgent"]}]), &all[..1]),
        (json!([{"propertyName": "hs_ticket_priority", "operator": "IN", "values": ["HIGH"]}]), &[]),
    ];
    for (filters, expected) in rows {
        assert_eq!(found(&desk, "tickets", &filters), expected, "{filters}");
    }
    let email = json!([filter("email", "EQ", KNOWN_CUSTOMER)]);
    assert_eq!(found(&desk, "contacts", &email), [KNOWN_CONTACT.to_string()]);
    assert_eq!(found(&desk, "deals", &json!([filter("amount", "GTE", "20000")])), [KNOWN_DEALS[0].to_string()]);
    let domain = json!([filter("domain", "CONTAINS_TOKEN", "northwind")]);
    assert_eq!(found(&desk, "companies", &domain), [KNOWN_COMPANY.to_string()]);
}

#[tokio::test(start_paused = true)]
async fn a_search_has_bounds() {
    let desk = Desk::new();
    let filter = json!({"propertyName": "subject", "operator": "EQ", "value": "x"});
    let group = |filters: usize| json!({"filters": vec![filter.clone(); filters]});
    let rows = [
        json!({"filterGroups": vec![group(1); 6]}),
        json!({"filterGroups": [group(7)]}),
        json!({"filterGroups": vec![group(4); 5]}),
        json!({"filterGroups": [], "limit": 201}),
        json!({"filterGroups": [], "after": "10000"}),
        json!({"filterGroups": [], "query": "x".repeat(3_001)}),
        json!({"filterGroups": [{"filters": [{"propertyName": "missing", "operator": "EQ", "value": "x"}]}]}),
        json!({"filterGroups": [{"filters": [{"propertyName": "subject", "operator": "LIKE", "value": "x"}]}]}),
        json!({"filterGroups": [{"filters": [{"propertyName": "subject", "operator": "EQ"}]}]}),
    ];
    for body in rows {
        desk.clock.jump(1_000);
        assert_eq!(desk.call("POST", &format!("{OBJECTS}/tickets/search"), Some(&body)).status, 400, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn search_sees_a_record_later_than_a_get_does() {
    let desk = Desk::new();
    desk.portal.set_visibility(Visibility { object_ms: 1_000, search_ms: 10_000, ..Visibility::default() });
    let made = create(&desk, "contacts", &json!({"email": "cleo@example.com"}));
    let by_id = format!("{OBJECTS}/contacts/{}", id(&made));
    let by_email = format!("{OBJECTS}/contacts/cleo%40example.com?idProperty=email");
    let filters = json!([{"propertyName": "email", "operator": "EQ", "value": "cleo@example.com"}]);
    assert_eq!((desk.get(&by_id).status, desk.get(&by_email).status), (404, 404));
    desk.clock.jump(1_000);
    assert_eq!((desk.get(&by_id).status, desk.get(&by_email).status), (200, 200));
    assert!(found(&desk, "contacts", &filters).is_empty());
    desk.clock.jump(8_000);
    assert_eq!(found(&desk, "contacts", &filters).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fresh_portal_knows_one_customer() {
    let desk = Desk::new();
    let contact =
        desk.get(&format!("{OBJECTS}/contacts/{KNOWN_CUSTOMER}?idProperty=email&properties=hubspot_owner_id"));
    assert_eq!(contact.body["id"], json!(KNOWN_CONTACT.to_string()));
    let owner = contact.body["properties"]["hubspot_owner_id"].as_str().unwrap().to_owned();
    assert_eq!(desk.get(&format!("/crm/v3/owners/{owner}")).body["lastName"], "Moreno");
    let linked = |kind: &str| {
        let path = format!("/crm/v4/objects/contacts/{KNOWN_CONTACT}/associations/{kind}");
        let results = desk.get(&path).body["results"].as_array().unwrap().clone();
        results.iter().map(|one| one["toObjectId"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((linked("companies"), linked("tickets")), (vec![KNOWN_COMPANY], vec![KNOWN_TICKET]));
    let deals = linked("deals");
    let inputs: Vec<Value> = deals.iter().map(|id| json!({"id": id.to_string()})).collect();
    let asked = json!({"inputs": inputs, "properties": ["hs_is_closed", "hs_is_closed_won", "closedate"]});
    let deals = desk.call("POST", &format!("{OBJECTS}/deals/batch/read"), Some(&asked)).body["results"].clone();
    let closed: Vec<_> =
        deals.as_array().unwrap().iter().map(|deal| deal["properties"]["hs_is_closed"].clone()).collect();
    assert_eq!(closed, [json!("true"), json!("false")], "one was won, one is under way");
}

#[tokio::test(start_paused = true)]
async fn pipelines_and_their_stages() {
    let desk = Desk::new();
    let pipelines = desk.get("/crm/v3/pipelines/tickets").body["results"].clone();
    let ids: Vec<_> = pipelines.as_array().unwrap().iter().map(|pipeline| pipeline["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["0", "650123001"]);
    for pipeline in pipelines.as_array().unwrap() {
        for stage in pipeline["stages"].as_array().unwrap() {
            let values = json!({"subject": "x", "hs_pipeline": pipeline["id"], "hs_pipeline_stage": stage["id"]});
            assert_eq!(create(&desk, "tickets", &values).status, 201, "{values}");
        }
    }
    let stages = desk.get("/crm/v3/pipelines/deals").body["results"][0]["stages"].clone();
    assert_eq!(stages[2]["metadata"], json!({"isClosed": "true", "probability": "1.0"}));
}

#[tokio::test(start_paused = true)]
async fn a_thread_of_a_deleted_ticket_has_none() {
    let desk = Desk::new();
    let thread = desk.chat("hello").thread;
    let ticket = desk.portal.create_ticket("Help", &desk.rita()).unwrap();
    desk.portal.link_ticket(&thread, &ticket).unwrap();
    desk.portal.delete_ticket(&ticket).unwrap();
    assert!(desk.get(&format!("{THREADS}/{thread}?association=TICKET")).body.get("threadAssociations").is_none());
    assert_eq!(desk.get(&format!("{OBJECTS}/tickets/{ticket}")).status, 404);
}
