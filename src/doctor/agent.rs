//! TODO of the helper.

use super::{Line, Patient};

/// Lines.
pub async fn lines(_: &Patient<'_>) -> Vec<Line> {
    Vec::new()
}
