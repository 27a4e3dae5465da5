//! The public contract's closed lists, written out once more: renaming one breaks scripts and dashboards, so it must be
//! done here too, on purpose and in the changelog.

use std::collections::BTreeSet;

use hubspot_bridge::domain::{Outcome, Reason, State};
use hubspot_bridge::telemetry::Metrics;
use hubspot_bridge::telemetry::metrics::{
    Connection, Finished, Held, Mailboxes, Received, Receiver, Request, Signature,
};

use super::Checked;

const STATES: &str = "pending running done skipped dead";

const OUTCOMES: &str = "replied drafted no_reply_needed handed_off relayed property_synced ownership_recorded \
    status_recorded note_mirrored merged paused resumed skipped dead";

const REASONS_OF_HANDED_OFF_AND_DRAFTED: &str = "stale agent_failed topic_escalated outcome_unknown \
    channel_cannot_send delivery_failed reply_limit rejected_by_hubspot missing_scope";

const REASONS_OF_SKIPPED: &str = "internal_comment not_a_message own_message own_write ai_marker sender_is_bot \
    sender_is_agent sender_is_internal outgoing_message auto_reply inbox_not_enabled not_ai_owned session_handed_off \
    session_paused taken_over thread_archived thread_deleted ticketing_disabled empty_value property_not_synced \
    no_linked_session ticket_not_tagged unknown_portal topic_ignored already_answered skipped_by_operator";

const REASONS_OF_DEAD: &str = "payload_unreadable message_not_found object_not_found missing_scope \
    rejected_by_hubspot agent_failed attempts_exhausted expired interrupted";

/// Name and labels of every metric an operator may rely on.
const METRICS: &str = "bridge_ack_seconds bridge_alerts_failed_total{receiver} bridge_agent_seconds bridge_connection_held{connection,cause} \
    bridge_events_finished_total{connection,outcome,reason} bridge_events_received_total{connection,type} \
    bridge_hubspot_budget_remaining{connection} bridge_hubspot_requests_total{route,status} \
    bridge_last_event_timestamp_seconds{connection,type} bridge_mailboxes{state} bridge_oldest_due_seconds \
    bridge_signature_failures_total{connection,cause} bridge_sweep_found_total{connection} bridge_turn_seconds";

const SECTIONS: &str = "server admin store delivery hubspot telemetry alerts";

#[test]
fn states_and_outcomes_are_the_contracts() {
    assert_eq!(State::ALL.map(State::as_str).join(" "), STATES);
    assert_eq!(set(Outcome::ALL.iter().map(|outcome| outcome.as_str())), words(&[OUTCOMES]));
    for state in State::ALL {
        assert_eq!(State::from_name(state.as_str()), Some(state), "a stored state must be readable again");
    }
    for outcome in Outcome::ALL {
        assert_eq!(Outcome::from_name(outcome.as_str()), Some(*outcome), "a stored outcome must be readable again");
        assert!(outcome.state().is_final(), "{outcome}: an outcome ends its event");
    }
}

#[test]
fn reasons_are_the_contracts_and_each_has_a_sentence_and_a_fix() {
    let contract = words(&[REASONS_OF_HANDED_OFF_AND_DRAFTED, REASONS_OF_SKIPPED, REASONS_OF_DEAD]);
    assert_eq!(set(Reason::ALL.iter().map(|reason| reason.as_str())), contract);
    assert_eq!(Reason::ALL.len(), contract.len(), "two reasons share a name");
    for reason in Reason::ALL {
        assert_eq!(Reason::from_name(reason.as_str()), Some(*reason), "a stored reason must be readable again");
        for text in [reason.sentence(), reason.fix()] {
            let sentence = text.starts_with(char::is_uppercase) && text.ends_with('.');
            assert!(sentence, "{reason}: `{text}` is not a sentence for people");
        }
    }
}

#[test]
fn every_metric_of_the_contract_is_rendered_with_its_labels() {
    let metrics = Metrics::default();
    touch(&metrics);
    let rendered = rendered_metrics(&metrics.render());
    let missing: Vec<String> = words(&[METRICS]).difference(&rendered).cloned().collect();
    assert!(missing.is_empty(), "not in /metrics: {missing:?}; there is: {rendered:?}");
}

#[test]
fn the_default_settings_are_readable_and_name_every_section() -> Checked {
    let defaults: toml::Table = include_str!("../../../config/default.toml").parse()?;
    assert_eq!(set(defaults.keys().map(String::as_str)), words(&[SECTIONS]));
    Ok(())
}

/// A labelled metric shows only once it has a value.
pub(crate) fn touch(metrics: &Metrics) {
    let connection = || "acme".to_owned();
    let received = Received { connection: connection(), r#type: "other".to_owned() };
    let finished = Finished { connection: connection(), outcome: "replied".to_owned(), reason: String::new() };
    let signature = Signature { connection: connection(), cause: "missing".to_owned() };
    metrics.events_received.get_or_create(&received).inc();
    metrics.last_event_timestamp.get_or_create(&received).set(1);
    metrics.events_finished.get_or_create(&finished).inc();
    metrics.signature_failures.get_or_create(&signature).inc();
    metrics.mailboxes.get_or_create(&Mailboxes { state: "due".to_owned() }).set(1);
    metrics.hubspot_requests.get_or_create(&Request { route: "thread".to_owned(), status: "200".to_owned() }).inc();
    metrics.hubspot_budget_remaining.get_or_create(&Connection { connection: connection() }).set(1);
    metrics.alerts_failed.get_or_create(&Receiver { receiver: "webhook".to_owned() }).inc();
    metrics.sweep_found.get_or_create(&Connection { connection: connection() }).inc();
    metrics.connection_held.get_or_create(&Held { connection: connection(), cause: "401".to_owned() }).set(1);
}

/// `name{label,label}` of every sample; a histogram goes by its base name.
fn rendered_metrics(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let sample = line.rsplit_once(' ')?.0;
            let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
            let names: Vec<&str> = labels.split(',').filter_map(|label| Some(label.split_once('=')?.0)).collect();
            Some(match name.strip_suffix("_sum") {
                Some(histogram) => histogram.to_owned(),
                None if names.is_empty() => name.to_owned(),
                None => format!("{name}{{{}}}", names.join(",")),
            })
        })
        .collect()
}

fn set<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    names.map(str::to_owned).collect()
}

fn words(lists: &[&str]) -> BTreeSet<String> {
    set(lists.iter().flat_map(|list| list.split_whitespace()))
}
