//! What was played, for the summary.

use std::collections::BTreeMap;
use std::fmt;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<String, u64>);

impl Tally {
    pub fn count(&mut self, what: impl Into<String>, times: usize) {
        *self.0.entry(what.into()).or_default() += u64::try_from(times).expect("small");
    }

    /// What was thrown at a day.
    pub fn thrown(&mut self, all: BTreeMap<String, u64>) {
        for (what, times) in all {
            *self.0.entry(format!("thrown: {what}")).or_default() += times;
        }
    }

    pub fn add(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what.clone()).or_default() += times;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(what, times)| write!(f, "\n  {times:>9} {what}"))
    }
}
