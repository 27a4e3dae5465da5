//! The ids under which a team's agent is told things: the same for the same, however often it is told. Pure.

use sha2::{Digest as _, Sha256};

use crate::domain::{ConnectionName, ThreadId};

/// A hash of these parts. Each goes in with its length, so that no two lists look alike.
pub fn of<'a>(kind: &str, parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(format!("{}:{part}", part.len()));
    }
    let digest = hash.finalize();
    format!("{kind}_{}", hex::encode(digest.get(..16).unwrap_or(&digest)))
}

/// The conversation's: thread ids are HubSpot's and unique in one portal only.
pub fn of_conversation(connection: &ConnectionName, thread: &ThreadId) -> String {
    format!("{connection}:{thread}")
}
