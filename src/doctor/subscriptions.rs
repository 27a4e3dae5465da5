//! TODO of the helper.

use super::{Line, Patient};

/// Lines.
#[must_use]
pub fn lines(_: &Patient<'_>) -> Vec<Line> {
    Vec::new()
}
