//! What the overview's charts show: outcomes by hour, lateness, latencies by minute.

use std::time::Duration;

use maud::{Markup, html};

use super::chart::{Chart, Series};
use super::words;
use crate::domain::{ConnectionName, Outcome, Timestamp};
use crate::store::types::Lags;
use crate::telemetry::recent::{Durations, MINUTES};

/// Hours of the chart of outcomes.
pub(super) const HOURS: u32 = 24;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

/// How a chart is drawn, and the heading of its table's first column.
pub(super) struct Trend {
    chart: Chart,
    form: Form,
    head: &'static str,
}

#[derive(Clone, Copy)]
enum Form {
    Columns,
    Lines,
    Rows,
}

/// A chart with its heading and its table. The table opens by itself and stays open while the numbers change.
pub(super) fn panel(id: &str, heading: &str, of: &str, trend: &Trend) -> Markup {
    let chart = &trend.chart;
    html! {
        section.panel {
            div id=(id) data-live {
                h2 { (heading) " " span.quiet { (of) } }
                @match trend.form {
                    Form::Columns => { (chart.columns()) (chart.legend()) },
                    Form::Lines => { (chart.lines()) (chart.legend()) },
                    Form::Rows => (chart.rows()),
                }
            }
            details { summary { "Numbers" } div.scroll id=(format!("{id}-numbers")) data-live tabindex="0" role="region" aria-label=(format!("{heading}, numbers")) { (chart.table(trend.head)) } }
        }
    }
}

/// The groups of outcomes, most wanted first.
const GROUPS: [&str; 5] = ["Answered", "Handed to a human", "Done otherwise", "Skipped", "Dead"];

fn group(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Replied | Outcome::Drafted | Outcome::Merged => 0,
        Outcome::HandedOff => 1,
        Outcome::NoReplyNeeded
        | Outcome::Relayed
        | Outcome::PropertySynced
        | Outcome::OwnershipRecorded
        | Outcome::StatusRecorded
        | Outcome::NoteMirrored
        | Outcome::Paused
        | Outcome::Resumed => 2,
        Outcome::Skipped => 3,
        Outcome::Dead => 4,
    }
}

/// Of all connections, the present hour last.
pub(super) fn outcomes(series: &[(Timestamp, ConnectionName, Outcome, u64)], now: Timestamp) -> Trend {
    let present = floor(now, HOUR);
    let hours: Vec<Timestamp> = (0..HOURS).rev().map(|ago| present.before(HOUR * ago)).collect();
    let count = |at: Timestamp, wanted: usize| {
        let counts = series.iter().filter(|(hour, _, outcome, _)| *hour == at && group(*outcome) == wanted);
        Some(as_number(counts.map(|(.., count)| count).sum()))
    };
    let of = |(at, name): (usize, &&str)| Series {
        name: (*name).to_owned(),
        values: hours.iter().map(|hour| count(*hour, at)).collect(),
    };
    let chart = Chart {
        title: "Events that ended in each of the last 24 hours, by outcome".to_owned(),
        labels: hours.iter().map(|hour| clock(*hour)).collect(),
        series: GROUPS.iter().enumerate().map(of).collect(),
        say: whole,
        nothing: "No event has ended in the last 24 hours.",
    };
    Trend { chart, form: Form::Columns, head: "Hour (UTC)" }
}

/// From what waits longest for its time to what is latest.
pub(super) fn lag(lags: &Lags) -> Trend {
    let bound = |bounds: &[Duration], at: usize| match (at.checked_sub(1).and_then(|at| bounds.get(at)), bounds.get(at))
    {
        (_, Some(below)) => format!("< {}", words::lasting(*below)),
        (Some(last), None) => format!("> {}", words::lasting(*last)),
        (None, None) => String::new(),
    };
    let waiting = lags.waiting.iter().enumerate().rev();
    let waiting = waiting.map(|(at, count)| (format!("due in {}", bound(&Lags::WAITING_BELOW, at)), *count));
    let due = lags.due.iter().enumerate();
    let due = due.map(|(at, count)| (format!("late {}", bound(&Lags::DUE_BELOW, at)), *count));
    let (labels, counts): (Vec<String>, Vec<u64>) = waiting.chain(due).unzip();
    let values = counts.into_iter().map(|count| Some(as_number(count))).collect();
    let chart = Chart {
        title: "Mailboxes nobody works on now, by how long until or since they are due".to_owned(),
        labels,
        series: vec![Series { name: "Mailboxes".to_owned(), values }],
        say: mailboxes,
        nothing: "Nothing waits.",
    };
    Trend { chart, form: Form::Rows, head: "Due" }
}

/// Of the last hour, minute by minute.
pub(super) fn latency(what: &str, durations: &Durations, now: Timestamp) -> Trend {
    let known = durations.minutes(now);
    let present = floor(now, MINUTE);
    let ago = (0..u32::try_from(MINUTES).unwrap_or_default()).rev();
    let minutes: Vec<Timestamp> = ago.map(|ago| present.before(MINUTE * ago)).collect();
    let values = |of: fn(&crate::telemetry::recent::Minute) -> Duration| {
        let value =
            |at: &Timestamp| known.iter().find(|minute| minute.at == *at).map(|m| of(m).as_secs_f64() * 1_000.0);
        minutes.iter().map(value).collect()
    };
    let chart = Chart {
        title: format!("{what} in each minute of the last hour: half took less than p50, 95 of 100 less than p95"),
        labels: minutes.iter().map(|minute| clock(*minute)).collect(),
        series: vec![
            Series { name: "p50".to_owned(), values: values(|minute| minute.p50) },
            Series { name: "p95".to_owned(), values: values(|minute| minute.p95) },
        ],
        say: time,
        nothing: "No call in the last hour.",
    };
    Trend { chart, form: Form::Lines, head: "Minute (UTC)" }
}

fn floor(at: Timestamp, step: Duration) -> Timestamp {
    let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX);
    Timestamp(at.0.div_euclid(step).saturating_mul(step))
}

/// `09:00`.
fn clock(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().strftime("%H:%M").to_string()
}

fn as_number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A step of the axis that is no whole number has no words.
fn whole(value: f64) -> String {
    if value.fract().abs() > 0.001 { String::new() } else { format!("{value:.0}") }
}

fn mailboxes(value: f64) -> String {
    let most = as_number(Lags::MOST);
    if value >= most { format!("{most:.0}+") } else { whole(value) }
}

/// Milliseconds in words.
fn time(value: f64) -> String {
    match value {
        value if value < 1_000.0 => format!("{value:.0} ms"),
        value if value < 10_000.0 => format!("{:.1} s", value / 1_000.0),
        value => format!("{:.0} s", value / 1_000.0),
    }
}
