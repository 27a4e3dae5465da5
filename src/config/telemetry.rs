//! `[telemetry]`: logs.

/// Logs.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// The form of a line.
    pub log_format: LogFormat,
    /// A `tracing` filter, e.g. `info` or `hubspot_bridge=debug`.
    pub log_level: String,
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    Auto,
    /// For people.
    Text,
    /// For machines.
    Json,
}
