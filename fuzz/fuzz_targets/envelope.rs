//! No body panics the parser, and what is an array to JSON comes out with every element.
#![no_main]

use http::HeaderMap;
use hubspot_bridge::config::SignatureMode;
use hubspot_bridge::domain::Timestamp;
use hubspot_bridge::intake::dedup::key_in_delivery;
use hubspot_bridge::intake::envelope;
use hubspot_bridge::intake::signature::{self, Received};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let headers = HeaderMap::new();
    let received = Received { method: "POST", public_url: "", path_and_query: "/", headers: &headers, body };
    let verified = signature::verify(SignatureMode::None, received, "", Timestamp(0)).expect("nothing is checked");
    let Ok(elements) = envelope::parse(verified) else { return };
    for element in &elements {
        assert!(!element.raw.is_empty());
        let Some(fields) = &element.fields else { continue };
        let _ = key_in_delivery(fields);
        for scalar in [&fields.object_id, &fields.portal_id, &fields.occurred_at, &fields.property_value] {
            let _ = (scalar.id(), scalar.text(), scalar.integer());
            assert!(!(scalar.is_empty() && scalar.id().is_some()));
        }
    }
});
