//! The sandbox's signer against HubSpot's published test vectors.

use hubspot_bridge::domain::Timestamp;
use hubspot_bridge::sandbox::portal::signature::{v1, v2, v3};

const SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const URL: &str = "https://www.example.com/webhook_uri";
const QUOTED: &[u8] = b"{'example_field':'example_value'}";

#[test]
fn v1_and_v2_match_the_sdks_vectors() {
    let array = br#"[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]"#;
    assert_eq!(v1(SECRET, array), "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de");
    assert_eq!(v1(SECRET, QUOTED), "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750");
    assert_eq!(v2(SECRET, "GET", URL, b""), "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e");
    let posted = v2(SECRET, "POST", URL, br#"{"example_field":"example_value"}"#);
    assert_eq!(posted, "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900");
    let quoted = v2(SECRET, "POST", URL, QUOTED);
    assert_eq!(quoted, "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383");
}

#[test]
fn v3_matches_the_sdks_vectors() {
    for (at, expected) in [
        (1_693_657_560_000, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="),
        (1_700_000_300_000, "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="),
    ] {
        assert_eq!(v3(SECRET, "POST", URL, QUOTED, Timestamp(at)), expected);
    }
}

#[test]
fn v3_decodes_twelve_escapes_of_the_uri_and_no_others() {
    let secret = "autopilot-test-client-secret-0001";
    let at = Timestamp(1_790_000_004_000);
    let uri = "https://example.com/api/hubspot/webhooks?src=hs%3Aapp%2Fv3&x=%28a%29";
    assert_eq!(v3(secret, "POST", uri, b"[]", at), "G8ddQlikFQ0ScZOZn+MHQ0E3WCV7vOJTzKlvrkvbvuk=");
    let lower = "https://example.com/api/hubspot/webhooks?src=hs%3aapp%2fv3&x=%28a%29";
    assert_eq!(v3(secret, "POST", lower, b"[]", at), v3(secret, "POST", uri, b"[]", at));
    let twice = |uri| v3(secret, "POST", uri, b"[]", at);
    assert_ne!(twice("https://example.com/?a=%253A"), twice("https://example.com/?a=%3A"), "one pass only");

    let secret = "bridge-test-client-secret-0001";
    let body = br#"[{"eventId":3269195544,"subscriptionId":2371671,"portalId":23428445,"appId":2438486,"occurredAt":1702439388898,"subscriptionType":"conversation.newMessage","attemptNumber":0,"objectId":6065362089,"messageId":"9b38dc6d5b5744a788931a9cf3a7b225","messageType":"MESSAGE","changeFlag":"NEW_MESSAGE"}]"#;
    let at = Timestamp(1_702_439_389_500);
    let url = "https://bridge.example.com/hubspot/webhook";
    assert_eq!(v1(secret, body), "44ee53bd168ddf3ddc3dafdbd2e24725308347410161570b39062aaeae22e94e");
    assert_eq!(v3(secret, "POST", url, body, at), "Jni94vHmRd77XnFPl8az1ywvrQ6suZCZzyeCnWBgj9I=");
    let query = format!("{url}?org=a%3Ab%40c&t=x%20y");
    assert_eq!(v3(secret, "POST", &query, body, at), "R7k0M43vYPVzy0RMlOjV8aNvV72xlTlJLlqNX0CV9EY=");
}
