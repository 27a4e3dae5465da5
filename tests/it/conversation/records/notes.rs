//! A transcript too long for the ticket: it goes into notes, once.

use hubspot_bridge::sandbox::portal::Effect;

use super::super::house::{House, mail};
use super::super::record;
use super::status;

const NOTES: &str = "/crm/v3/objects/notes";

#[tokio::test(start_paused = true)]
async fn a_long_conversation_goes_into_notes() {
    let mut house = House::new().await;
    let long = "A very long story about a vase. ".repeat(2_500);
    let first = house.mail("novelist@elsewhere.example", "My story", &long);
    house.until_quiet().await;
    house.agent.hands_off(None);
    let mut second = mail("novelist@elsewhere.example", "My story", "A person, please");
    second.thread = Some(first.thread.0.clone());
    let asked = house.portal.customer_emails(&second).unwrap();
    house.until_quiet().await;
    assert_eq!(house.outcome(&asked.message).await, "handed_off");
    let ticket = house.tickets_made().remove(0);
    let content = ticket["properties"]["content"].as_str().unwrap();
    assert!(content.contains("The transcript is in the notes."), "{content}");
    let snapshot = house.portal.snapshot();
    let notes = snapshot["notes"].as_array().unwrap();
    assert!(notes.len() > 1, "{notes:?}");
    assert!(notes.iter().all(|note| note["properties"]["hs_note_body"].as_str().unwrap().len() <= 65_536));
}

#[tokio::test(start_paused = true)]
async fn a_note_whose_end_is_unclear_is_not_written_twice() {
    for crash in [false, true] {
        let mut house = House::new().await;
        let first = house.mail("novelist@elsewhere.example", "My story", &"A very long story. ".repeat(4_000));
        house.until_quiet().await;
        house.agent.hands_off(None);
        let mut second = mail("novelist@elsewhere.example", "My story", "A person, please");
        second.thread = Some(first.thread.0.clone());
        house.fault(1, "POST", NOTES, Effect::Timeout { acted: true });
        house.fault(2, "POST", "/crm/v3/objects/notes/batch/read", status(503, false));
        let asked = house.portal.customer_emails(&second).unwrap();
        house.run_until("the note", |h| record::calls(&h.portal, "POST", NOTES) > 0).await;
        if crash {
            house.crash_and_restart().await;
        }
        house.until_quiet().await;
        assert_eq!(house.outcome(&asked.message).await, "handed_off");
        let snapshot = house.portal.snapshot();
        let bodies: Vec<&str> = snapshot["notes"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|note| note["properties"]["hs_note_body"].as_str())
            .collect();
        let firsts = bodies.iter().filter(|body| body.contains("Transcript, part 1 [")).count();
        assert_eq!(firsts, 1, "crash: {crash}");
    }
}
