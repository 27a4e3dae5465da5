//! Whatever arrives: no panic, and no element changes what becomes of its neighbours.

use http::HeaderMap;
use hubspot_bridge::config::{Config, SignatureMode};
use hubspot_bridge::domain::{ConnectionName, NewEvent, Timestamp};
use hubspot_bridge::intake::delivery::{Delivery, assemble};
use hubspot_bridge::intake::envelope;
use hubspot_bridge::intake::judge::Judge;
use hubspot_bridge::intake::signature::{self, Received};
use proptest::collection::vec;
use proptest::prelude::*;

use super::fixture::{self, PORTAL};

fn config() -> Config {
    fixture::config(vec![fixture::connection("acme", PORTAL)])
}

/// Parses and judges a body as the routes do after the signature; none when it is no delivery.
fn take(config: &Config, body: &[u8]) -> Option<Delivery> {
    let headers = HeaderMap::new();
    let received = Received { method: "POST", public_url: "", path_and_query: "", headers: &headers, body };
    let verified = signature::verify(SignatureMode::None, received, "", Timestamp(0)).unwrap();
    let elements = envelope::parse(verified).ok()?;
    let path = config.connections.get(&ConnectionName::from("acme")).unwrap();
    Some(assemble(&elements, &Judge { path, peers: &[], delivery: &config.delivery }))
}

fn events(config: &Config, elements: &[String]) -> Vec<NewEvent> {
    take(config, format!("[{}]", elements.join(",")).as_bytes()).unwrap().batch.events
}

/// A scalar as HubSpot, its documentation or a fuzzer may write it; few of each, so that they meet.
fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u8..3).prop_map(|number| number.to_string()),
        (0_u8..3).prop_map(|number| format!("\"{number}\"")),
        prop_oneof![Just("null"), Just("true"), Just("-1.5e3"), Just("1e999"), Just("[]"), Just("{\"a\":[{}]}")]
            .prop_map(str::to_owned),
        prop_oneof![Just(r#""""#), Just(r#""\ud800""#), Just(r#""\u0041""#), Just(r#""COMMENT""#)]
            .prop_map(str::to_owned),
    ]
}

fn element() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        Just("conversation.newMessage"),
        Just("conversation.propertyChange"),
        Just("ticket.propertyChange"),
        Just("contact.creation"),
    ];
    let field = prop_oneof![
        Just("objectId"),
        Just("messageId"),
        Just("eventId"),
        Just("messageType"),
        Just("propertyName"),
        Just("propertyValue"),
        Just("occurredAt"),
        Just("portalId"),
        Just("later"),
    ];
    let fields = vec((field, scalar()), 0..6);
    let object = (kind, fields).prop_map(|(kind, fields)| {
        let own = [("subscriptionType", format!("\"{kind}\"")), ("objectId", "1".to_owned())];
        let fields: Vec<_> = own.into_iter().chain(fields).map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    });
    prop_oneof![8 => object, 1 => scalar()]
}

fn well_formed(thread: usize) -> String {
    format!(
        r#"{{"subscriptionType":"conversation.newMessage","portalId":{PORTAL},"objectId":{},"messageId":"m{thread}"}}"#,
        1000 + thread
    )
}

proptest! {
    #[test]
    fn no_body_panics(body in vec(any::<u8>(), 0..300)) {
        let _ = take(&config(), &body);
    }

    #[test]
    fn no_json_like_body_panics(text in r#"[\[\]{}",:0-9a-z\\ .-]{0,200}"#) {
        let _ = take(&config(), format!("[{text}]").as_bytes());
    }

    #[test]
    fn no_header_panics(values in vec(vec(0x20_u8..0x7f, 0..60), 4), body in vec(any::<u8>(), 0..40)) {
        let mut headers = HeaderMap::new();
        let names = [signature::V3, signature::TIMESTAMP, signature::V1, signature::VERSION];
        for (name, value) in names.into_iter().zip(&values) {
            if let (false, Ok(value)) = (value.is_empty(), http::HeaderValue::from_bytes(value)) {
                headers.insert(name, value);
            }
        }
        let received =
            Received { method: "POST", public_url: "https://x", path_and_query: "/%3", headers: &headers, body: &body };
        let accepted = signature::verify(SignatureMode::Auto, received, "secret", Timestamp(0)).is_ok();
        prop_assert!(!accepted, "nobody guesses a signature");
    }

    #[test]
    fn an_element_never_changes_its_neighbours(
        strangers in vec(element(), 0..6),
        places in vec(any::<prop::sample::Index>(), 6),
    ) {
        let config = config();
        let good: Vec<String> = (0..4).map(well_formed).collect();
        let alone = events(&config, &good);
        let mut mixed = good.clone();
        for (stranger, place) in strangers.into_iter().zip(places) {
            mixed.insert(place.index(mixed.len() + 1), stranger);
        }
        let among: Vec<NewEvent> = events(&config, &mixed).into_iter().filter(|event| alone.contains(event)).collect();
        prop_assert_eq!(among, alone);
    }

    #[test]
    fn every_element_is_accounted_for_once(elements in vec(element(), 0..12)) {
        let delivery = take(&config(), format!("[{}]", elements.join(",")).as_bytes()).unwrap();
        let received: u64 = delivery.received.iter().map(|(.., count)| count).sum();
        let others: u64 =
            delivery.received.iter().filter(|(_, kind, _)| *kind == "other").map(|(.., count)| count).sum();
        let seen: u64 = delivery.batch.events.iter().map(|event| u64::from(event.seen)).sum();
        prop_assert_eq!(received, u64::try_from(elements.len()).unwrap());
        prop_assert_eq!(seen + others, received);
    }

    #[test]
    fn a_delivery_twice_is_the_same_events(elements in vec(element(), 0..8)) {
        let config = config();
        let once = events(&config, &elements);
        let twice = events(&config, &[elements.clone(), elements].concat());
        let keys = |events: &[NewEvent]| events.iter().map(|event| event.dedup).collect::<Vec<_>>();
        prop_assert_eq!(keys(&once), keys(&twice));
        for (one, two) in once.iter().zip(&twice) {
            prop_assert_eq!(one.seen * 2, two.seen);
        }
    }

    #[test]
    fn message_keys_differ_when_portal_or_message_does(a in any::<(i64, String)>(), b in any::<(i64, String)>()) {
        let key = |(portal, id): &(i64, String)| {
            hubspot_bridge::domain::DedupKey::of_message(hubspot_bridge::domain::PortalId(*portal), &id.as_str().into())
        };
        prop_assert_eq!(a == b, key(&a) == key(&b));
    }
}
