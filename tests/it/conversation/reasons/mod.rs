//! For each reason of the closed list: the sandbox is driven into it, and `why` says its sentence, its fix and what is
//! particular to the case.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each file drives its own reasons; a test asks that none is left out"
)]

mod dead;
mod human;
mod live;
mod skipped;
mod tickets;

use hubspot_bridge::domain::{Event, MessageId, Object, Reason};
use hubspot_bridge::store::types::EventFilter;

use super::house::{House, ended, get};

/// A house in which an event ended so.
pub struct Case {
    house: House,
    event: Event,
    ended: &'static str,
    /// What is particular to it, among the words of `why`.
    particular: &'static str,
}

impl Case {
    async fn of_message(house: House, message: &MessageId, ended: &'static str, particular: &'static str) -> Self {
        let event = house.event(message).await;
        Self { house, event, ended, particular }
    }

    /// The newest event with this reason.
    async fn of_reason(house: House, reason: Reason, ended: &'static str, particular: &'static str) -> Self {
        let filter = EventFilter { reason: Some(reason), ..EventFilter::default() };
        let event = house.events(filter).await.pop().unwrap_or_else(|| panic!("nothing ended with {reason}"));
        Self { house, event, ended, particular }
    }

    /// The newest event of a thread or ticket.
    async fn of_object(house: House, object: Object, ended: &'static str, particular: &'static str) -> Self {
        let filter = EventFilter { object: Some(object), ..EventFilter::default() };
        let event = house.events(filter).await.pop().unwrap();
        Self { house, event, ended, particular }
    }

    async fn assert_told(&self, reason: Reason) {
        assert_eq!(ended(&self.event), self.ended, "{:?}", self.event);
        assert_eq!(self.event.reason, Some(reason));
        let (status, story) = get(&self.house, &format!("/api/v1/why/{}", self.event.id)).await;
        assert_eq!(status, 200, "{story}");
        let lines = story["lines"].as_array().unwrap();
        let texts: Vec<&str> = lines.iter().map(|line| line["text"].as_str().unwrap()).collect();
        let fix = reason.fix();
        let wish = fix.strip_prefix("Nothing to do; ").unwrap_or(fix);
        let on_purpose = self.ended.starts_with("skipped/");
        let says_when = [" if that was ", " if this was "].iter().any(|when| fix.contains(when));
        let nothing = says_when || (wish == fix && fix.starts_with("Nothing to do"));
        let advice = if on_purpose && !nothing { format!("If that was not wanted: {wish}") } else { fix.to_owned() };
        let told = format!("({}, {reason}). {} {advice}", self.event.id, reason.sentence());
        assert!(texts.iter().any(|text| text.contains(&told)), "{reason}: {story:#}");
        assert!(texts.iter().any(|text| text.contains(self.particular)), "{reason}, {}: {story:#}", self.particular);
        // What was left alone on purpose asks nothing of anybody.
        let todo = story["todo"].as_str().unwrap_or_default();
        assert_eq!(todo, if on_purpose { "" } else { fix }, "{reason}");
        assert_eq!(story["subject"]["kind"], "event");
        // Support leads know the thread's or the ticket's id, not ours.
        if let Some(object) = &self.event.object {
            let (status, whole) = get(&self.house, &format!("/api/v1/why/{}", object.id())).await;
            assert_eq!((status, &whole["subject"]["kind"]), (200, &object.kind().into()), "{reason}: {whole:#}");
            assert!(whole["lines"].to_string().contains(&format!("({}, {reason})", self.event.id)), "{whole:#}");
        }
    }
}

async fn assert_all(reasons: &[Reason], drive: impl AsyncFn(Reason) -> Vec<Case>) {
    for reason in reasons {
        let cases = drive(*reason).await;
        assert!(!cases.is_empty(), "{reason} has no driver");
        for case in cases {
            case.assert_told(*reason).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn why_says_for_what_reason_a_human_got_it() {
    assert_all(human::REASONS, human::drive).await;
}

#[tokio::test(start_paused = true)]
async fn why_says_for_what_reason_a_message_was_skipped() {
    assert_all(skipped::REASONS, skipped::drive).await;
}

#[tokio::test(start_paused = true)]
async fn why_says_for_what_reason_a_change_of_a_ticket_was_skipped() {
    assert_all(tickets::REASONS, tickets::drive).await;
}

#[tokio::test(start_paused = true)]
async fn why_says_for_what_reason_an_event_is_dead() {
    assert_all(dead::REASONS, dead::drive).await;
}

#[test]
fn every_reason_has_a_driver() {
    for reason in Reason::ALL {
        let groups = [human::REASONS, skipped::REASONS, tickets::REASONS, dead::REASONS];
        assert!(groups.iter().any(|group| group.contains(reason)), "{reason} is driven by nobody");
    }
}
