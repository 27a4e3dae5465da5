//! Who gets a handed-off conversation, what the customer is told, which signature goes under a mail, which language it is.

use std::collections::BTreeMap;

use hubspot_bridge::config::{HandoffWords, Hours, Route, Signature, Weekday};
use hubspot_bridge::domain::{Channel, Timestamp};
use hubspot_bridge::filters::language::{detect, same};
use hubspot_bridge::filters::routing::{Facts, route, words};
use hubspot_bridge::filters::signature::choose;
use jiff::civil::time;
use jiff::tz::TimeZone;
use proptest::prelude::*;

/// A Friday.
const NOON: &str = "2026-11-20T12:00:00Z";
const NIGHT: &str = "2026-11-20T23:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn office() -> Hours {
    let (from, to) = (time(9, 0, 0, 0), time(17, 0, 0, 0));
    Hours { text: String::new(), days: vec![Weekday::Friday], from, to, zone: TimeZone::UTC }
}

fn to(name: &str) -> Route {
    Route {
        name: name.to_owned(),
        topics: vec![],
        channels: vec![],
        languages: vec![],
        sentiments: vec![],
        custom_data: BTreeMap::new(),
        hours: None,
        assign_to: "A-1".into(),
    }
}

fn data(key: &str, value: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(key.to_owned(), value.to_owned())])
}

#[test]
fn each_condition_of_a_route_must_hold() {
    let custom_data = data("tier", "gold");
    let facts = Facts {
        channel: Channel::Email,
        topic: Some("refunds"),
        language: Some("de-CH"),
        sentiment: Some("Angry "),
        custom_data: &custom_data,
        now: at(NOON),
    };
    let mut whole = to("whole");
    whole.topics = vec!["shipping".into(), "refunds".into()];
    whole.channels = vec![Channel::Chat, Channel::Email];
    whole.languages = vec!["fr".into(), "de".into()];
    whole.sentiments = vec!["angry".into()];
    whole.custom_data = custom_data.clone();
    whole.hours = Some(office());
    let holds = |facts: Facts<'_>| route(std::slice::from_ref(&whole), &facts).is_some();
    assert!(holds(facts));
    let (nothing, silver) = (BTreeMap::new(), data("tier", "silver"));
    for (what, other) in [
        ("another channel", Facts { channel: Channel::Sms, ..facts }),
        ("another topic", Facts { topic: Some("refund"), ..facts }),
        ("no topic", Facts { topic: None, ..facts }),
        ("another language", Facts { language: Some("en"), ..facts }),
        ("no language", Facts { language: None, ..facts }),
        ("another sentiment", Facts { sentiment: Some("happy"), ..facts }),
        ("another value", Facts { custom_data: &silver, ..facts }),
        ("no custom data", Facts { custom_data: &nothing, ..facts }),
        ("after hours", Facts { now: at(NIGHT), ..facts }),
    ] {
        assert!(!holds(other), "{what}");
        assert!(route(&[to("any")], &other).is_some(), "a rule without conditions takes {what}");
    }
    let rules = [to("first"), to("second")];
    assert_eq!(route(&rules, &facts).map(|rule| rule.name.as_str()), Some("first"));
    assert!(route(&[], &facts).is_none());
}

#[test]
fn the_customer_is_told_in_their_language_and_by_the_clock() {
    let entry = |language: Option<&str>, text: &str, outside: Option<&str>| HandoffWords {
        language: language.map(str::to_owned),
        text: text.to_owned(),
        hours: outside.map(|_| office()),
        outside_hours: outside.map(str::to_owned),
    };
    let entries = [
        entry(None, "soon", Some("later")),
        entry(Some("de"), "gleich", Some("morgen")),
        entry(Some("fr"), "oui", None),
    ];
    for (language, now, said) in [
        (Some("de-AT"), NOON, "gleich"),
        (Some("de"), NIGHT, "morgen"),
        (Some("fr"), NIGHT, "oui"),
        (Some("es"), NOON, "soon"),
        (None, NIGHT, "later"),
    ] {
        assert_eq!(words(&entries, language, at(now)), Some(said), "{language:?} at {now}");
    }
    assert_eq!(words(&entries[1..], Some("es"), at(NOON)), None, "no entry for every language");
    let mut silent = entry(None, "soon", Some("later"));
    silent.outside_hours = None;
    assert_eq!(words(&[silent], None, at(NIGHT)), Some("soon"));
}

#[test]
fn signatures_go_by_domain_the_exact_one_first_then_the_longest() {
    let rules: Vec<Signature> = ["*.example.com", "*.eu.example.com", "example.com", "shop.example.com"]
        .map(|domain| Signature { domain: domain.to_owned(), html: String::new() })
        .into();
    for (address, domain) in [
        ("help@example.com", Some("example.com")),
        ("Help@Shop.Example.COM", Some("shop.example.com")),
        ("help@blog.example.com", Some("*.example.com")),
        ("help@de.eu.example.com", Some("*.eu.example.com")),
        ("help@eu.example.com", Some("*.example.com")),
        ("help@notexample.com", None),
        ("help@example.com.evil.test", None),
        ("example.com", None),
        ("", None),
    ] {
        assert_eq!(choose(&rules, address).map(|rule| rule.domain.as_str()), domain, "{address}");
    }
}

#[test]
fn a_language_is_told_only_when_it_is_sure() {
    for (text, language) in [
        ("Hallo, mein Paket ist leider immer noch nicht angekommen. Wo ist es denn?", Some("de")),
        ("Hello, my parcel has still not arrived. Could you please tell me where it is?", Some("en")),
        ("Bonjour, mon colis n'est toujours pas arrivé. Où se trouve-t-il maintenant ?", Some("fr")),
        ("我的包裹还没有到", Some("zh")),
        ("荷物がまだ届いていません", Some("ja")),
        ("제 소포가 아직 도착하지 않았어요", Some("ko")),
        ("Το δέμα μου δεν έφτασε", Some("el")),
        ("Danke", None),
        ("ok", None),
        ("", None),
        ("12345 67890 !!! 😀", None),
        ("https://example.com/where/is/my/parcel/today anna.beispiel@example.com", None),
    ] {
        assert_eq!(detect(text), language, "{text}");
    }
    for (one, other, alike) in
        [("de", "de-AT", true), ("DE", "de_ch", true), ("de", "den", false), ("no", "nb", true), ("en", "de", false)]
    {
        assert_eq!(same(one, other), alike, "{one} and {other}");
    }
}

proptest! {
    /// Whatever is thrown at it, detection answers, with a two-letter tag.
    #[test]
    fn detection_takes_any_text(text in "\\PC{0,200}") {
        let tag = detect(&text).unwrap_or("xx");
        prop_assert!(tag.len() == 2);
    }
}
