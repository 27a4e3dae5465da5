//! `GET /api/v1/context` of the customer every portal knows: a missing scope costs one part, a wrong token of the panel's
//! own costs the panel, and neither costs a customer's answer.

use hubspot_bridge::sandbox::portal::seed::{KNOWN_COMPANY, KNOWN_CONTACT, KNOWN_CUSTOMER, KNOWN_TICKET};
use serde_json::{Value, json};

use super::desk::{Desk, ended};
use super::secrets::unlogged;

async fn context(desk: &Desk) -> Value {
    desk.api(&format!("/context?connection=acme&email={KNOWN_CUSTOMER}")).await
}

async fn still_answers(desk: &Desk) {
    let asked = desk.asks("How long does shipping take?");
    assert_eq!(ended(&desk.settled().await, &asked.message), "replied");
}

#[tokio::test]
async fn a_missing_scope_costs_its_own_part() {
    let desk = Desk::with(|text| {
        let token = "pat-na1-00000000-5a4d-b0c5-0000-000000000000";
        format!("{text}\n[connections.acme.crm]\naccess_token = \"{token}\"\n")
    })
    .await;
    desk.portal.set_scope("crm.objects.deals.read", false);
    let shown = context(&desk).await;
    assert_eq!(
        (&shown["contact"]["status"], &shown["contact"]["id"]),
        (&json!("known"), &json!(KNOWN_CONTACT.to_string()))
    );
    assert_eq!(
        (&shown["company"]["status"], &shown["company"]["id"]),
        (&json!("known"), &json!(KNOWN_COMPANY.to_string()))
    );
    assert_eq!(shown["deals"]["status"], "failed", "{shown}");
    assert!(shown["deals"]["detail"].as_str().unwrap().contains("crm.objects.deals.read"), "{shown}");
    let tickets: Vec<&Value> = shown["tickets"]["items"].as_array().unwrap().iter().map(|item| &item["id"]).collect();
    assert_eq!(tickets, [&json!(KNOWN_TICKET.to_string())]);

    still_answers(&desk).await;
    unlogged(&desk, &[KNOWN_CUSTOMER, "Northwind", "Weiss"]);
}

#[tokio::test]
async fn a_token_of_the_panels_own_that_is_wrong_costs_only_the_panel() {
    let desk = Desk::with(|text| text + "\n[connections.acme.crm]\naccess_token = \"pat-narwhalcanary\"\n").await;
    let shown = context(&desk).await;
    for part in ["contact", "company", "deals", "tickets"] {
        assert_eq!(shown[part]["status"], "failed", "{part}: {shown}");
    }
    still_answers(&desk).await;
    unlogged(&desk, &[KNOWN_CUSTOMER, "narwhalcanary"]);
}
