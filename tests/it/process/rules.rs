//! Topics, routing with hours, and signatures from a settings file, end to end.

use hubspot_bridge::clock::{Clock as _, SystemClock};
use hubspot_bridge::sandbox::portal::seed::EMAIL_ACCOUNT;
use hubspot_bridge::sandbox::portal::{Seed, Speaker};

use super::desk::{DEBUG, Desk, ended, mail};
use super::secrets::unlogged;

const CUSTOMER: &str = "axolotlcanary@elsewhere.example";

#[tokio::test]
async fn an_escalated_message_goes_to_the_rep_the_hours_name() {
    let today = jiff::Timestamp::from_millisecond(SystemClock.now().0).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
    // Neither today nor tomorrow: midnight may pass.
    let other_day = today.checked_add(jiff::Span::new().days(3)).unwrap().strftime("%a").to_string();
    let desk = Desk::with(|text| {
        let rule = |name: &str, hours: &str, rep: &str| {
            format!(
                "[[connections.acme.routing]]\nname = \"{name}\"\ntopics = [\"refunds\"]\nlanguages = [\"en\"]\n\
                 hours = \"{hours}\"\nassign_to = \"{rep}\"\n"
            )
        };
        text + "[[connections.acme.topics]]\nname = \"refunds\"\nmatch = ['/\\brefund(s|ed)?\\b/']\naction = \"escalate\"\n"
            + &rule("another day", &format!("{other_day} 00:00-24:00 UTC"), "A-70000002")
            + &rule("any day", "daily 00:00-24:00 UTC", "A-70000003")
    })
    .await;
    let asked = desk.asks("I would like to be refunded for my quokkacanary, it arrived with a broken foot");
    let plain = desk.asks("How long does shipping take?");
    let events = desk.settled().await;
    assert_eq!(ended(&events, &asked.message), "handed_off/topic_escalated");
    assert_eq!(ended(&events, &plain.message), "replied");
    let owner = desk.portal.thread_view(&asked.thread).unwrap().owner.unwrap();
    assert_eq!(owner.0, desk.portal.seed().reps[1].actor().0, "the second rule's");
    assert!(desk.answers(&asked.thread).is_empty(), "the agent was not asked");
    unlogged(&desk, &["quokkacanary", "broken foot"]);
}

#[tokio::test]
async fn a_mail_is_answered_above_the_signature_of_its_domain() {
    let mut seed = Seed::default();
    let inbox = seed.accounts.iter_mut().find(|account| account.id == EMAIL_ACCOUNT).unwrap();
    inbox.identifier = ("HS_EMAIL_ADDRESS", "hello@eu.acme.example");
    let mut desk = Desk::of(seed).await;
    let signature = |domain: &str, html: &str| {
        format!("[[connections.acme.signatures]]\ndomain = \"{domain}\"\nhtml = \"{html}\"\n")
    };
    let signatures = [
        signature("*.acme.example", "<p>Somebody else</p>"),
        signature("eu.acme.example", "<p>Your <b>Acme wombatcanary</b></p>"),
    ];
    desk.rewrite(|text| text + &signatures.concat() + DEBUG);
    desk.bridge.start().await.unwrap();
    let asked = desk.portal.customer_emails(&mail(CUSTOMER, "Shipping", "How long does shipping take?")).unwrap();
    assert_eq!(ended(&desk.settled().await, &asked.message), "replied");
    let lines = desk.portal.thread_view(&asked.thread).unwrap().lines;
    assert_eq!(lines.iter().filter(|line| line.speaker == Speaker::Ai).count(), 1);
    let reply = desk.items(&asked.thread, "MESSAGE").pop().unwrap();
    let html = reply["richText"].as_str().unwrap();
    assert_eq!(html.matches("<p>Your <b>Acme wombatcanary</b></p>").count(), 1, "{html}");
    assert!(!html.contains("Somebody else"), "the exact domain goes before the wildcard: {html}");
    assert!(html.ends_with("<!-- OpenCX-AI-Response -->"), "{html}");
    assert!(reply["text"].as_str().unwrap().trim_end().ends_with("Your Acme wombatcanary"), "{reply}");
    assert_eq!(reply["subject"].as_str().unwrap().trim_start_matches("Re: "), "Shipping");
    unlogged(&desk, &[CUSTOMER, "wombatcanary"]);
}
