//! How it is written down: versioned JSON under a name of the connection's own. Times in milliseconds.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::{Call, Forwarded, Refused, Seen};
use crate::domain::{ConnectionName, Timestamp};

/// The only format there is.
const VERSION: u32 = 1;

/// The name it is kept under.
pub(super) fn name(connection: &ConnectionName) -> String {
    format!("observed/{connection}")
}

#[derive(Serialize, Deserialize)]
struct Record {
    v: u32,
    delivery: Option<WireCall>,
    types: BTreeMap<String, i64>,
    refusals: Vec<WireRefused>,
    astray: Option<WireCall>,
}

#[derive(Serialize, Deserialize)]
struct WireCall {
    at: i64,
    host: Option<String>,
    proto: Option<String>,
    forwarded_host: Option<String>,
    prefix: Option<String>,
    path: String,
    v3: bool,
}

#[derive(Serialize, Deserialize)]
struct WireRefused {
    call: WireCall,
    cause: String,
    skew_ms: Option<i64>,
}

/// Reads what was kept; none when it is of another version or no such thing.
pub(super) fn read(text: &str) -> Option<Seen> {
    let record: Record = serde_json::from_str(text).ok()?;
    let refused = |wire: WireRefused| Refused { call: call(wire.call), cause: wire.cause, skew_ms: wire.skew_ms };
    (record.v == VERSION).then(|| Seen {
        delivery: record.delivery.map(call),
        types: record.types.into_iter().map(|(kind, at)| (kind, Timestamp(at))).collect(),
        refusals: record.refusals.into_iter().map(refused).collect::<VecDeque<_>>(),
        astray: record.astray.map(call),
    })
}

/// Writes it down.
pub(super) fn write(seen: &Seen) -> String {
    let refused = |refused: &Refused| WireRefused {
        call: wire(&refused.call),
        cause: refused.cause.clone(),
        skew_ms: refused.skew_ms,
    };
    let record = Record {
        v: VERSION,
        delivery: seen.delivery.as_ref().map(wire),
        types: seen.types.iter().map(|(kind, at)| (kind.clone(), at.0)).collect(),
        refusals: seen.refusals.iter().map(refused).collect(),
        astray: seen.astray.as_ref().map(wire),
    };
    // Text and numbers under text keys: serialising cannot fail.
    serde_json::to_string(&record).unwrap_or_default()
}

fn call(wire: WireCall) -> Call {
    let forwarded = Forwarded { proto: wire.proto, host: wire.forwarded_host, prefix: wire.prefix };
    Call { at: Timestamp(wire.at), host: wire.host, forwarded, path: wire.path, v3: wire.v3 }
}

fn wire(call: &Call) -> WireCall {
    let Call { at, host, forwarded, path, v3 } = call.clone();
    WireCall {
        at: at.0,
        host,
        proto: forwarded.proto,
        forwarded_host: forwarded.host,
        prefix: forwarded.prefix,
        path,
        v3,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Head;
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_a_newer_format_is_left_alone() {
        let mut seen = Seen::default();
        let head = Head {
            host: Some("10.0.0.7:8080"),
            proto: Some("http"),
            forwarded_host: Some("bridge.example.com"),
            prefix: Some("/bridge"),
            path: "/webhooks/hubspot/acme",
            v3: true,
            sent_at: Some(400_000),
        };
        seen.delivered(&head, ["conversation.newMessage"], Timestamp(7));
        seen.refused(&head, "mismatch", Timestamp(8));
        seen.astray = Some(head.call(Timestamp(9)));
        let text = write(&seen);
        assert_eq!(read(&text), Some(seen));
        assert_eq!(read(&text.replace("\"v\":1", "\"v\":2")), None);
        for nonsense in ["", "[]", "{\"v\":1}"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }
}
