//! What a team's own agent is posted to see whether it is there, as `docs/agents.md` documents it. A public contract, as
//! the turn's is. Pure.

use serde::Serialize;

use super::id;
use crate::domain::Timestamp;

const VERSION: u32 = 1;

/// The body.
#[derive(Debug, Serialize)]
pub struct Ping {
    #[serde(rename = "type")]
    body: &'static str,
    version: u32,
    /// Another one each time.
    pub id: String,
    timestamp: String,
}

impl Ping {
    pub fn at(now: Timestamp) -> Self {
        let timestamp = now.to_string();
        Self { body: "ping", version: VERSION, id: id::of("ping", [timestamp.as_str()]), timestamp }
    }
}
