//! `config/prometheus-rules.yml`: of the shape Prometheus reads, about metrics that exist, with runbooks that exist.

use std::collections::{BTreeMap, BTreeSet};

use hubspot_bridge::telemetry::Metrics;
use serde::Deserialize;

use super::expression;
use crate::tidy::contract::touch;
use crate::tidy::docs::has_heading;

const RULES: &str = include_str!("../../../config/prometheus-rules.yml");
const RUNBOOKS: &str = include_str!("../../../docs/operations.md");
/// Where the rules' links lead.
const RUNBOOK: &str = "docs/operations.md#";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    alert: String,
    expr: String,
    #[serde(rename = "for")]
    lasting: Option<String>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

fn rules() -> Vec<Rule> {
    let file: File = serde_saphyr::from_str(RULES).unwrap();
    assert_eq!(file.groups[0].name, "hubspot-bridge");
    file.groups.into_iter().flat_map(|group| group.rules).collect()
}

/// Every sample of `/metrics` with its labels.
fn samples() -> BTreeMap<String, BTreeSet<String>> {
    let metrics = Metrics::default();
    touch(&metrics);
    metrics.ack_seconds.observe(0.1);
    let mut samples = BTreeMap::<String, BTreeSet<String>>::new();
    for line in metrics.render().lines().filter(|line| !line.starts_with('#')) {
        let sample = line.rsplit_once(' ').unwrap().0;
        let (name, labels) = sample.split_once('{').unwrap_or((sample, ""));
        let labels = labels.split(',').filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
        samples.entry(name.to_owned()).or_default().extend(labels);
    }
    samples
}

/// As Prometheus writes them: `5m`, `1h30m`.
fn is_duration(text: &str) -> bool {
    let digits = text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).count();
    let units: Vec<&str> = text.split(|c: char| c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    digits > 0 && digits == units.len() && units.iter().all(|unit| ["ms", "s", "m", "h", "d"].contains(unit))
}

#[test]
fn each_rule_says_how_bad_it_is_what_happened_and_what_to_do() {
    let mut names = BTreeSet::new();
    for rule in rules() {
        let name = &rule.alert;
        assert!(names.insert(name.clone()), "{name} is there twice");
        assert!(rule.lasting.as_deref().is_none_or(is_duration), "{name}: for {:?}", rule.lasting);
        for range in rule.expr.split('[').skip(1) {
            assert!(is_duration(range.split_once(']').unwrap().0), "{name}: {}", rule.expr);
        }
        let severity = rule.labels["severity"].as_str();
        assert!(["warning", "critical"].contains(&severity), "{name}: {severity}");
        let keys: Vec<&str> = rule.annotations.keys().map(String::as_str).collect();
        assert_eq!(keys, ["description", "runbook_url", "summary"], "{name}");
        let anchor = rule.annotations["runbook_url"].strip_prefix(RUNBOOK).unwrap();
        assert!(has_heading(RUNBOOKS, anchor), "{name}: docs/operations.md has no heading #{anchor}");
        assert!(RUNBOOKS.contains(&format!("`{name}`")), "{name}: its runbook does not name it");
    }
    assert!(names.len() >= 10, "{names:?}");
}

#[test]
fn each_rule_asks_for_metrics_and_labels_that_exist() {
    let samples = samples();
    for rule in rules() {
        let named = expression::read(&rule.expr);
        let known: BTreeSet<&str> =
            named.metrics.iter().filter_map(|name| samples.get(name)).flatten().map(String::as_str).collect();
        for metric in &named.metrics {
            assert!(samples.contains_key(metric), "{}: there is no {metric}", rule.alert);
        }
        for label in named.labels.iter().filter(|label| *label != "job") {
            assert!(known.contains(label.as_str()), "{}: {:?} has no label {label}", rule.alert, named.metrics);
        }
        // What its words quote of the result must be there too.
        let grouped = rule.expr.contains(" by (");
        for text in rule.annotations.values() {
            for label in text.split("$labels.").skip(1).map(|rest| rest.split(' ').next().unwrap()) {
                assert!(grouped && named.labels.contains(label), "{}: the result has no {label}", rule.alert);
            }
        }
    }
}

#[test]
fn what_matters_is_watched() {
    let watched: BTreeSet<String> = rules().iter().flat_map(|rule| expression::read(&rule.expr).metrics).collect();
    for metric in [
        "bridge_oldest_due_seconds",
        "bridge_events_finished_total",
        "bridge_last_event_timestamp_seconds",
        "bridge_sweep_found_total",
        "bridge_connection_held",
        "bridge_signature_failures_total",
        "bridge_turn_panics_total",
        "bridge_alerts_failed_total",
    ] {
        assert!(watched.contains(metric), "no rule looks at {metric}");
    }
}

/// A series that begins with its first event is no increase to Prometheus: a rule would miss the first burst.
#[test]
fn what_the_rules_count_is_there_from_the_start() {
    let metrics = Metrics::default();
    metrics.expect(&"acme".into());
    let text = metrics.render();
    for series in [
        r#"bridge_events_finished_total{connection="acme",outcome="dead",reason="expired"} 0"#,
        r#"bridge_events_finished_total{connection="acme",outcome="handed_off",reason="agent_failed"} 0"#,
        r#"bridge_signature_failures_total{connection="acme",cause="mismatch"} 0"#,
        r#"bridge_sweep_found_total{connection="acme"} 0"#,
        "bridge_turn_panics_total 0",
    ] {
        assert!(text.contains(series), "{series} is not in\n{text}");
    }
}
