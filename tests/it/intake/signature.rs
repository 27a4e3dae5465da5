//! HubSpot's published vectors, third-party ones and our own, and every way to be refused.

use http::{HeaderMap, HeaderValue};
use hubspot_bridge::config::SignatureMode::{self, Auto, None as Unsigned, V3};
use hubspot_bridge::domain::Timestamp;
use hubspot_bridge::intake::signature::{self, Received, Refusal};

const SDK_SECRET: &str = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy";
const SDK_URL: &str = "https://www.example.com";
const SDK_PATH: &str = "/webhook_uri";
const CREATION: &str = r#"[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM","changeFlag":"NEW","appId":54321}]"#;
const CAPTURED: &str = r#"[{"eventId":3269195544,"subscriptionId":2371671,"portalId":23428445,"appId":2438486,"occurredAt":1702439388898,"subscriptionType":"conversation.newMessage","attemptNumber":0,"objectId":6065362089,"messageId":"9b38dc6d5b5744a788931a9cf3a7b225","messageType":"MESSAGE","changeFlag":"NEW_MESSAGE"}]"#;
const OWN_SECRET: &str = super::fixture::SECRET;
const OWN_TS: &str = "1702439389500";
const OWN_V1: &str = "44ee53bd168ddf3ddc3dafdbd2e24725308347410161570b39062aaeae22e94e";
const OWN_V2: &str = "e29497e4cc56448700ed801faaac1313d69f839938ca54dfaff5f64b7844a9d7";
const OWN_V3: &str = "Jni94vHmRd77XnFPl8az1ywvrQ6suZCZzyeCnWBgj9I=";

struct Case<'a> {
    mode: SignatureMode,
    secret: &'a str,
    method: &'a str,
    url: &'a str,
    path: &'a str,
    body: &'a str,
    headers: &'a [(&'static str, &'a str)],
    now: i64,
}

impl Case<'_> {
    fn check(&self) -> Result<(), Refusal> {
        let mut headers = HeaderMap::new();
        for (name, value) in self.headers {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        let received = Received {
            method: self.method,
            public_url: self.url,
            path_and_query: self.path,
            headers: &headers,
            body: self.body.as_bytes(),
        };
        let verified = signature::verify(self.mode, received, self.secret, Timestamp(self.now))?;
        assert_eq!(verified.body(), self.body.as_bytes());
        Ok(())
    }

    fn cause(&self) -> &'static str {
        self.check().map_or_else(|refusal| refusal.cause, |()| "accepted")
    }
}

fn sdk<'a>(method: &'a str, body: &'a str, headers: &'a [(&'static str, &'a str)], now: i64) -> Case<'a> {
    Case { mode: Auto, secret: SDK_SECRET, method, url: SDK_URL, path: SDK_PATH, body, headers, now }
}

fn own<'a>(headers: &'a [(&'static str, &'a str)]) -> Case<'a> {
    Case {
        mode: Auto,
        secret: OWN_SECRET,
        method: "POST",
        url: "https://bridge.example.com",
        path: "/hubspot/webhook",
        body: CAPTURED,
        headers,
        now: 1_702_439_389_500,
    }
}

#[test]
fn hubspots_own_vectors_are_accepted() {
    let single_quotes = "{'example_field':'example_value'}";
    let cases = [
        sdk(
            "POST",
            CREATION,
            &[(signature::V1, "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de")],
            0,
        ),
        sdk(
            "GET",
            "",
            &[
                (signature::V1, "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"),
                (signature::VERSION, "v2"),
            ],
            0,
        ),
        sdk(
            "POST",
            r#"{"example_field":"example_value"}"#,
            &[
                (signature::V1, "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"),
                (signature::VERSION, "v2"),
            ],
            0,
        ),
        sdk(
            "POST",
            single_quotes,
            &[
                (signature::V1, "69fc6631a867edd4f9e9e627fc5c1148e3fbdd8b21837b6d2b8901c1fa57f750"),
                (signature::VERSION, "v1"),
            ],
            0,
        ),
        sdk(
            "POST",
            single_quotes,
            &[
                (signature::V1, "4fe4e3a7d3cf09db53be39d0a58130e2aaba074ec123a9e355b876a689a1c383"),
                (signature::VERSION, "v2"),
            ],
            0,
        ),
        sdk(
            "POST",
            single_quotes,
            &[(signature::V3, "K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="), (signature::TIMESTAMP, "1693657560000")],
            1_693_657_560_000,
        ),
        sdk(
            "POST",
            single_quotes,
            &[(signature::V3, "RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="), (signature::TIMESTAMP, "1700000300000")],
            1_700_000_300_000,
        ),
    ];
    for (at, case) in cases.iter().enumerate() {
        assert_eq!(case.cause(), "accepted", "vector {at}");
        let other_secret =
            Case { secret: "another", headers: case.headers, ..sdk(case.method, case.body, &[], case.now) };
        assert_eq!(other_secret.cause(), "mismatch", "vector {at} with another secret");
    }
}

#[test]
fn escapes_in_the_url_are_signed_decoded() {
    let query = "/api/hubspot/webhooks?src=hs%3Aapp%2Fv3&x=%28a%29";
    let third_party = |signature: &'static str| {
        let headers = [(signature::V3, signature), (signature::TIMESTAMP, "1790000004000")];
        Case {
            mode: V3,
            secret: "autopilot-test-client-secret-0001",
            method: "POST",
            url: "https://example.com",
            path: query,
            body: "[]",
            headers: &headers,
            now: 1_790_000_004_000,
        }
        .cause()
    };
    assert_eq!(third_party("G8ddQlikFQ0ScZOZn+MHQ0E3WCV7vOJTzKlvrkvbvuk="), "accepted");
    assert_eq!(third_party("KKwrtu49d26FrUsDQdYcfAcwFssKn+cmyppOAUwOO/Q="), "mismatch");

    let with_query = |signature: &'static str| {
        let headers = [(signature::V3, signature), (signature::TIMESTAMP, OWN_TS)];
        Case { path: "/hubspot/webhook?org=a%3Ab%40c&t=x%20y", ..own(&headers) }.cause()
    };
    assert_eq!(with_query("R7k0M43vYPVzy0RMlOjV8aNvV72xlTlJLlqNX0CV9EY="), "accepted");
    assert_eq!(with_query("Y+Q3OFqI8+dbtM1I6y2L/fC9vjgGM38VNyqG+rU65Rs="), "mismatch");
}

/// What was sent, its headers, and what the modes auto, v3 and none make of it.
type Row<'a> = (&'a str, &'a [(&'static str, &'a str)], &'a str, &'a str, &'a str);

#[test]
fn which_headers_decide() {
    let v1 = (signature::V1, OWN_V1);
    let v2 = (signature::V1, OWN_V2);
    let v3 = (signature::V3, OWN_V3);
    let ts = (signature::TIMESTAMP, OWN_TS);
    let wrong = (signature::V3, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let table: &[Row<'_>] = &[
        ("nothing", &[], "signature_missing", "signature_missing", "accepted"),
        ("v1", &[v1], "accepted", "v3_required", "accepted"),
        ("v1 named", &[v1, (signature::VERSION, "v1")], "accepted", "v3_required", "accepted"),
        ("v1 said to be v2", &[v1, (signature::VERSION, "v2")], "mismatch", "v3_required", "accepted"),
        ("v2", &[v2, (signature::VERSION, "v2")], "accepted", "v3_required", "accepted"),
        ("v2 unnamed", &[v2], "mismatch", "v3_required", "accepted"),
        ("v9", &[v1, (signature::VERSION, "v9")], "version_unknown", "v3_required", "accepted"),
        ("v3", &[v3, ts], "accepted", "accepted", "accepted"),
        ("v3 and a wrong v1", &[v3, ts, (signature::V1, OWN_V2)], "accepted", "accepted", "accepted"),
        ("wrong v3 and a right v1", &[wrong, ts, v1], "mismatch", "mismatch", "accepted"),
        ("v3 without time and a right v1", &[v3, v1], "timestamp_missing", "timestamp_missing", "accepted"),
        ("time without v3 and a right v1", &[ts, v1], "signature_missing", "signature_missing", "accepted"),
        ("v3 twice", &[v3, v3, ts], "header_repeated", "header_repeated", "accepted"),
        ("v3 empty", &[(signature::V3, ""), ts], "signature_malformed", "signature_malformed", "accepted"),
        ("v3 not base64", &[(signature::V3, "%%%"), ts], "signature_malformed", "signature_malformed", "accepted"),
        ("v3 too short", &[(signature::V3, "Jni94g=="), ts], "signature_malformed", "signature_malformed", "accepted"),
        ("v1 not hex", &[(signature::V1, "zz")], "signature_malformed", "v3_required", "accepted"),
    ];
    for (what, headers, auto, strict, unsigned) in table {
        assert_eq!(own(headers).cause(), *auto, "{what}, auto");
        assert_eq!(Case { mode: V3, ..own(headers) }.cause(), *strict, "{what}, v3");
        assert_eq!(Case { mode: Unsigned, ..own(headers) }.cause(), *unsigned, "{what}, none");
    }
}

#[test]
fn every_signed_part_counts() {
    let headers = [(signature::V3, OWN_V3), (signature::TIMESTAMP, OWN_TS)];
    assert_eq!(own(&headers).cause(), "accepted");
    assert_eq!(Case { method: "PUT", ..own(&headers) }.cause(), "mismatch");
    assert_eq!(Case { url: "http://bridge.example.com", ..own(&headers) }.cause(), "mismatch");
    assert_eq!(Case { path: "/hubspot/webhook/", ..own(&headers) }.cause(), "mismatch");
    assert_eq!(Case { body: "[]", ..own(&headers) }.cause(), "mismatch");
    assert_eq!(Case { url: "", ..own(&headers) }.cause(), "public_url_missing");
    let later = [(signature::V3, OWN_V3), (signature::TIMESTAMP, "1702439389501")];
    assert_eq!(own(&later).cause(), "mismatch");
    let v2 = [(signature::V1, OWN_V2), (signature::VERSION, "v2")];
    assert_eq!(Case { path: "/hubspot%2Fwebhook", ..own(&v2) }.cause(), "mismatch", "v2 signs the URI unchanged");
}

#[test]
fn the_timestamp_is_digits_within_five_minutes_both_ways() {
    let at = |offset: i64| {
        let headers = [(signature::V3, OWN_V3), (signature::TIMESTAMP, OWN_TS)];
        Case { now: 1_702_439_389_500 + offset, ..own(&headers) }.cause()
    };
    for (offset, cause) in [
        (300_000, "accepted"),
        (300_001, "timestamp_out_of_window"),
        (-300_000, "accepted"),
        (-300_001, "timestamp_out_of_window"),
        (i64::MIN / 2, "timestamp_out_of_window"),
    ] {
        assert_eq!(at(offset), cause, "{offset} ms");
    }
    for text in
        ["", "+1702439389500", "-1702439389500", "1702439389500.0", " 1702439389500", "17e11", "99999999999999999999"]
    {
        let headers = [(signature::V3, OWN_V3), (signature::TIMESTAMP, text)];
        assert_eq!(own(&headers).cause(), "timestamp_invalid", "{text:?}");
    }
}
