//! At the door: whose an event is, and whether it is HubSpot's at all.

use std::collections::BTreeMap;

use hubspot_bridge::config;
use hubspot_bridge::sandbox::portal::people::Customer;
use hubspot_bridge::sandbox::portal::signature;
use hubspot_bridge::store::types::EventFilter;
use serde_json::json;

use super::{URL, announced, knock};
use crate::conversation::house::House;

const V1: &str = "x-hubspot-signature";
const V3: &str = "x-hubspot-signature-v3";
const TIMESTAMP: &str = "x-hubspot-request-timestamp";
const NEW_MESSAGE: &str = "conversation.newMessage";

/// Elsewhere: the first element of a delivery decides whose all of them are, so a batch of two portals is answered with
/// the wrong token, or dropped. Here: each element goes to its own portal's connection.
#[tokio::test(start_paused = true)]
async fn a_batch_is_not_routed_by_its_first_element() {
    let mut house = House::new().await;
    for portal in [&house.portal, &house.beta] {
        assert!(portal.set_subscription(NEW_MESSAGE, false), "this test delivers");
    }
    let acme = house.chat("Of acme");
    let beta = house.beta.customer_chats(&Customer::default(), None, "Of beta").unwrap();
    let mut stranger = announced(&house.portal, &acme);
    stranger["portalId"] = json!(1);
    stranger["messageId"] = json!("foreign");
    house.post(json!([stranger, announced(&house.beta, &beta), announced(&house.portal, &acme)])).await;
    house.until_quiet().await;

    let foreign = "foreign".into();
    assert_eq!(house.outcome(&foreign).await, "skipped/unknown_portal");
    for (message, connection) in [(&acme.message, "acme"), (&beta.message, "beta")] {
        assert_eq!(house.outcome(message).await, "replied");
        assert_eq!(house.event(message).await.connection.as_str(), connection);
    }
}

/// Elsewhere: without a secret or a header the check is skipped, and nobody is told. Here: no signature is a wrong one,
/// refused with 401 and counted by its cause; and settings that would turn the check off on the internet are an error.
#[tokio::test(start_paused = true)]
async fn a_signature_is_neither_optional_nor_silently_wrong() {
    let house = House::new().await;
    let body = "[]";
    assert_eq!(
        knock(&house, &[(V1, &signature::v1(&house.portal.seed().client_secret, body.as_bytes()))], body).await,
        200
    );
    assert_eq!(knock(&house, &[], body).await, 401);
    assert_eq!(knock(&house, &[(V1, "")], body).await, 401);
    assert_eq!(knock(&house, &[(V1, &signature::v1("another secret", body.as_bytes()))], body).await, 401);
    for (cause, count) in [("signature_missing", "1"), ("signature_malformed", "1"), ("mismatch", "1")] {
        let line = format!("bridge_signature_failures_total{{connection=\"acme\",cause=\"{cause}\"}}");
        assert_eq!(house.metric(&line).as_deref(), Some(count), "{cause}");
    }

    let settings = |key: &str, value: &str| {
        let least = [
            ("PORTAL_ID", "1"),
            ("ACCESS_TOKEN", "pat-na1-x"),
            ("CLIENT_SECRET", "s"),
            ("AI_USER_ID", "A-1"),
            (key, value),
        ];
        let env: BTreeMap<_, _> = least
            .iter()
            .map(|(key, value)| (format!("BRIDGE__CONNECTIONS__ACME__{key}"), (*value).to_owned()))
            .collect();
        config::load(None, &env).map_or_else(|problems| problems.to_string(), |_| String::new())
    };
    assert!(settings("CLIENT_SECRET", "").contains("connections.acme.client_secret"));
    assert!(settings("SIGNATURE", "none").contains("connections.acme.signature"), "it listens on every address");
}

/// Elsewhere: only old timestamps are refused, so a captured delivery is dated ahead and good for ever. Here: five
/// minutes both ways.
#[tokio::test(start_paused = true)]
async fn a_timestamp_from_the_future_is_refused() {
    let house = House::new().await;
    let secret = house.portal.seed().client_secret;
    let body = "[]";
    for (minutes, milliseconds, status) in
        [(5, 0, 200), (5, 1, 401), (60 * 24 * 365, 0, 401), (-5, 0, 200), (-5, -1, 401)]
    {
        let at = hubspot_bridge::domain::Timestamp(house.portal.now().0 + minutes * 60_000 + milliseconds);
        let signed = signature::v3(&secret, "POST", URL, body.as_bytes(), at);
        let headers = [(V3, signed.as_str()), (TIMESTAMP, &at.0.to_string())];
        assert_eq!(knock(&house, &headers, body).await, status, "{minutes} minutes and {milliseconds} ms from now");
    }
}

/// Elsewhere: the body is parsed, written out again and hashed, which refuses every delivery whose spaces, escapes or
/// numbers are written otherwise, or takes one that was never signed. Here: the hash covers the bytes that came.
#[tokio::test(start_paused = true)]
async fn the_hash_is_of_the_bytes_that_came_and_not_of_their_meaning() {
    let house = House::new().await;
    let secret = house.portal.seed().client_secret;
    let portal = house.portal.seed().portal_id;
    let odd = format!(
        "[ {{\"messageId\" : \"caf\\u00e9\",\"objectId\":7e0,\n\"portalId\":{portal}, \"portalIdent\":1.0,\
         \"subscriptionType\":\"conversation.newMessage\" , \"objectId\":7 }} ]"
    );
    let once_more = serde_json::from_str::<serde_json::Value>(&odd).unwrap().to_string();
    assert_ne!(odd, once_more);
    let signed = signature::v1(&secret, odd.as_bytes());
    assert_eq!(knock(&house, &[(V1, &signed)], &once_more).await, 401, "it means the same, but was not signed");
    assert!(house.events(EventFilter::default()).await.is_empty());
    assert_eq!(knock(&house, &[(V1, &signed)], &odd).await, 200);
    assert_eq!(house.events(EventFilter::default()).await.len(), 1);
}
