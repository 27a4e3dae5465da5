//! `GET /context`: a customer's CRM context through a whole bridge beside the simulated portal.

use std::time::Duration;

use hubspot_bridge::domain::ThreadId;
use hubspot_bridge::sandbox::portal::people::Customer;
use hubspot_bridge::sandbox::portal::seed::KNOWN_CUSTOMER;
use hubspot_bridge::sandbox::portal::{BodyKind, Effect, Fault};
use serde_json::{Value, json};

use crate::conversation::house::{House, get};

const DOCUMENT: &str = include_str!("../../../docs/handoff.md");
const ASSOCIATIONS: &str = "/crm/v4/objects/contacts/*/associations/*";

async fn known(house: &mut House) -> ThreadId {
    let anna = Customer { name: Some("Anna Berg".to_owned()), email: Some("anna@elsewhere.example".to_owned()) };
    let asked = house.portal.customer_chats(&anna, None, "Hello").unwrap();
    house.run_for(Duration::from_secs(1)).await;
    asked.thread
}

#[tokio::test(start_paused = true)]
async fn each_part_says_how_it_ended() {
    let mut house = House::new().await;
    known(&mut house).await;
    house.portal.add_fault(Fault::times(
        20,
        "GET",
        ASSOCIATIONS,
        Effect::Status { code: 403, body: BodyKind::default(), retry_after: None, acted: false },
    ));
    let (status, shown) = get(&house, "/api/v1/context?connection=acme&email=Anna@elsewhere.example").await;
    assert_eq!(status, 200);
    assert_eq!((&shown["connection"], &shown["email"]), (&json!("acme"), &json!("anna@elsewhere.example")));
    let contact = &shown["contact"];
    assert_eq!((&contact["status"], &contact["name"]), (&json!("known"), &json!("Anna Berg")), "{shown}");
    assert!(contact["id"].is_string(), "{shown}");
    for part in ["company", "deals", "tickets"] {
        assert_eq!(shown[part]["status"], "failed", "{part}: {shown}");
        assert!(!shown[part]["detail"].as_str().unwrap().contains("anna"), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_answer_of_the_page_is_about_the_customer_a_fresh_sandbox_knows() {
    let house = House::new().await;
    assert!(DOCUMENT.contains(&format!("/api/v1/context?connection=acme&email={KNOWN_CUSTOMER}`")));
    let (_, shown) = get(&house, &format!("/api/v1/context?connection=acme&email={KNOWN_CUSTOMER}")).await;
    let example = DOCUMENT.split_once("\n```json context\n").unwrap().1.split_once("\n```").unwrap().0;
    assert_eq!(shown, serde_json::from_str::<Value>(example).unwrap(), "{shown:#}");
}

#[tokio::test(start_paused = true)]
async fn a_stranger_is_absent() {
    let house = House::new().await;
    let (status, shown) = get(&house, "/api/v1/context?connection=acme&email=nobody@elsewhere.example").await;
    let absent = json!({ "status": "absent" });
    assert_eq!(status, 200);
    for part in ["contact", "company", "deals", "tickets"] {
        assert_eq!(shown[part], absent, "{part}: {shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_wrongly_is_refused_without_quoting_the_address() {
    let house = House::new().await;
    let cases = [
        ("?email=anna@elsewhere.example", 400),
        ("?connection=acme", 400),
        ("?connection=acme&email=", 400),
        ("?connection=acme&email=anna-elsewhere", 400),
        ("?connection=acme&email=anna@elsewhere.example&email=anna@b.example", 400),
        ("?connection=gamma&email=anna@elsewhere.example", 404),
    ];
    for (query, expected) in cases {
        let (status, shown): (u16, Value) = get(&house, &format!("/api/v1/context{query}")).await;
        assert_eq!(status, expected, "{query}: {shown}");
        assert!(shown["error"]["fix"].is_string() && !shown.to_string().contains("anna"), "{query}: {shown}");
    }
}
