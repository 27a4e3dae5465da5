//! `[telemetry]`: logs.

use tracing_subscriber::EnvFilter;

use super::quantities::shown;
use super::reader::Reader;

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

impl Telemetry {
    pub(super) fn read(s: &mut Reader<'_>) -> Option<Self> {
        let formats = [("auto", LogFormat::Auto), ("text", LogFormat::Text), ("json", LogFormat::Json)];
        let log_format = s.word("log_format", &formats);
        let log_level = s.parsed("log_level", |text| {
            let what = |()| (format!("{} is not a log filter", shown(text)), FILTER_FIX.to_owned());
            check_filter(text).map_err(what).map(|()| text.to_owned())
        });
        Some(Self { log_format: log_format?, log_level: log_level? })
    }
}

const FILTER_FIX: &str = "write error, warn, info or debug, or pairs such as \"info,hubspot_bridge::worker=debug\"";

/// `tracing` takes a bare word that is no level for the name of a module and silences everything else: `inof` would
/// be a log without lines. So a bare word must be a level.
fn check_filter(text: &str) -> Result<(), ()> {
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    let bare_words = text.split(',').filter(|part| !part.contains(['=', '[']));
    let all_levels = bare_words.into_iter().all(|word| levels.contains(&word.trim().to_lowercase().as_str()));
    if all_levels && EnvFilter::try_new(text).is_ok() { Ok(()) } else { Err(()) }
}
