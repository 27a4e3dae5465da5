//! TODO of the helper.

use super::{Line, Patient};
use crate::hubspot::{Error, TokenInfo};

/// What HubSpot says of the token.
pub type Look = Result<TokenInfo, Error>;

/// Asks once, for this group and the scopes.
pub async fn look(patient: &Patient<'_>) -> Look {
    patient.cx.hubspot.token_info().await
}

/// Lines.
#[must_use]
pub fn lines(_: &Patient<'_>, _: &Look) -> Vec<Line> {
    Vec::new()
}
