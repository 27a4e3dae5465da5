//! What somebody hostile tries, at each of the doors that `docs/security.md` names.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "clippy's own exception for tests does not reach the helpers beside them"
)]

mod browsers;
mod hostile;
mod listener;
mod outbound;
mod paths;
mod safe_code;
mod tls;
