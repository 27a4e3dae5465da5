//! What is wrong with the settings, in words: the path, what was found, how to mend it. Collected, never thrown early,
//! so that one run of `config check` shows everything.

use std::cell::RefCell;
use std::fmt;

/// One thing that is wrong, or (as a warning) probably not meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// `delivery.settle`, `connections.acme.access_token`; the file's name when the file itself is at fault.
    pub path: String,
    /// What is wrong, without the value of anything that may be secret.
    pub what: String,
    /// What to write instead.
    pub fix: String,
}

impl Problem {
    /// A problem at a path.
    pub fn new(path: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { path: path.into(), what: what.into(), fix: fix.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.path, self.what, self.fix)
    }
}

/// Every problem of the settings, ordered by path; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Where the readers put what they find.
#[derive(Debug, Default)]
pub(super) struct Notes {
    errors: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
}

impl Notes {
    pub(super) fn error(&self, problem: Problem) {
        self.errors.borrow_mut().push(problem);
    }

    pub(super) fn warning(&self, problem: Problem) {
        self.warnings.borrow_mut().push(problem);
    }

    /// The errors and the warnings, each once and ordered by path.
    pub(super) fn into_parts(self) -> (Vec<Problem>, Vec<Problem>) {
        let ordered = |notes: RefCell<Vec<Problem>>| {
            let mut notes = notes.into_inner();
            notes.sort();
            notes.dedup();
            notes
        };
        (ordered(self.errors), ordered(self.warnings))
    }
}
