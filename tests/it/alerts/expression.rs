//! What an expression of `PromQL` names: metrics of ours, each with the labels it is chosen, grouped or filtered by.

use std::collections::BTreeSet;

/// Words of `PromQL` that are followed by a list of labels.
const GROUPINGS: [&str; 5] = ["by", "without", "on", "ignoring", "group_left"];

/// Names of metrics and of labels.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub metrics: BTreeSet<String>,
    pub labels: BTreeSet<String>,
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

/// Reads an expression. Labels of all its metrics come together: `le` of a histogram among them.
pub fn read(expression: &str) -> Named {
    let mut named = Named::default();
    let mut text = expression;
    let mut last = "";
    while let Some(c) = text.chars().next() {
        if is_word(c) {
            let end = text.find(|c| !is_word(c)).unwrap_or(text.len());
            let (word, rest) = text.split_at(end);
            if word.starts_with("bridge_") {
                named.metrics.insert(word.to_owned());
            }
            (last, text) = (word, rest);
        } else if c == '{' || (c == '(' && GROUPINGS.contains(&last)) {
            let (inside, rest) = text[1..].split_once(if c == '{' { '}' } else { ')' }).unwrap();
            named.labels.extend(labels(inside));
            (last, text) = ("", rest);
        } else {
            if !c.is_whitespace() {
                last = "";
            }
            text = &text[c.len_utf8()..];
        }
    }
    named
}

/// Of `a="x",b=~"y"`, or of `a, b`.
fn labels(list: &str) -> impl Iterator<Item = String> {
    let outside = list.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let words: Vec<String> = outside.split(|c| !is_word(c)).map(str::to_owned).collect();
    words.into_iter().filter(|word| !word.is_empty())
}

#[test]
fn names_are_found_wherever_they_stand() {
    let read = read("sum by (le, a) (rate(bridge_x_bucket{b=~\"5..|c,d\", e=\"\"}[5m])) > 1 or absent(up{job=\"f\"})");
    let set = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(read, Named { metrics: set(&["bridge_x_bucket"]), labels: set(&["le", "a", "b", "e", "job"]) });
}
