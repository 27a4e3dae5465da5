//! Logs: one line per thing that happened, with stable dotted fields. Called once, by the commands that serve.
//!
//! | field | is |
//! | --- | --- |
//! | `event.id`, `event.ids`, `turn.id` | ours: `evt_1`, several of them, `turn_1` |
//! | `connection` | the connection's name |
//! | `thread.id` | HubSpot's |
//! | `mailbox` | `connection/thread/id` or `connection/ticket/id` |
//! | `outcome`, `reason`, `status`, `code`, `cause` | words of closed lists |
//! | `step`, `attempt`, `events`, `fresh`, `found`, `turns`, `counts` | names, counts, yes or no |
//! | `duration_ms`, `until`, `skew_ms` | times, the unit last |
//! | `http.route`, `http.status` | a call to HubSpot |
//! | `error`, `why`, `detail`, `fix` | words for people, which never hold secrets or text |
//! | `config.path` | the setting a warning is about |
//!
//! A line inside a turn carries the turn's fields: its mailbox, id, attempt and events.
//!
//! Never: message text, names and addresses of people, tokens, secrets, bodies. `error` wants a human, `warn` may,
//! `info` tells what became of events, `debug` how.

use std::fmt;
use std::io::{self, IsTerminal};
use std::panic::PanicHookInfo;

use tracing::field::Field;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::fmt::{MakeWriter, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::telemetry::{LogFormat, Telemetry};

/// Logs could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `telemetry.log_level` is not a filter; the settings' check tells it first.
    #[error("`telemetry.log_level` is not a log filter")]
    Filter(#[source] tracing_subscriber::filter::ParseError),
    /// Something in this process logs already.
    #[error("logs are set up already")]
    Twice(#[source] tracing::subscriber::SetGlobalDefaultError),
}

/// Sends the process's logs and panics to standard error.
///
/// # Errors
/// On a bad filter, and when called twice.
pub fn init(settings: &Telemetry) -> Result<(), Error> {
    let logs = subscriber(settings, io::stderr().is_terminal(), io::stderr)?;
    tracing::subscriber::set_global_default(logs).map_err(Error::Twice)?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// The same for any writer; `terminal` decides what `auto` means.
///
/// # Errors
/// On a bad filter.
pub fn subscriber<W>(settings: &Telemetry, terminal: bool, writer: W) -> Result<impl Subscriber + Send + Sync, Error>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let wanted = EnvFilter::try_new(&settings.log_level).map_err(Error::Filter)?.and(filter_fn(is_discreet));
    let text = match settings.log_format {
        LogFormat::Auto => terminal,
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let lines: Box<dyn Layer<Registry> + Send + Sync> = if text {
        let fields = debug_fn(one_line).delimited(" ");
        layer().with_ansi(terminal).fmt_fields(fields).with_writer(writer).with_filter(wanted).boxed()
    } else {
        layer().json().flatten_event(true).with_span_list(false).with_writer(writer).with_filter(wanted).boxed()
    };
    Ok(tracing_subscriber::registry().with(lines))
}

/// Fields as text, their control characters escaped: an id with a line break in it must not look like another event, and
/// a terminal must not obey a customer's words.
fn one_line(out: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    if field.name() != "message" {
        write!(out, "{}=", field.name())?;
    }
    for letter in format!("{value:?}").chars() {
        if letter.is_control() { write!(out, "{}", letter.escape_default())? } else { out.write_char(letter)? }
    }
    Ok(())
}

/// HTTP libraries write headers and bodies at debug level, tokens among them; no filter lets that through.
fn is_discreet(metadata: &Metadata<'_>) -> bool {
    let library = ["h2", "hyper", "hyper_util", "reqwest", "rustls"]
        .iter()
        .any(|library| metadata.target().split("::").next() == Some(library));
    !library || *metadata.level() <= Level::INFO
}

/// A panic's formatted message may quote what it stumbled over, so only literals are logged.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let words = panic.payload().downcast_ref::<&'static str>().copied().unwrap_or("(message withheld)");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    tracing::error!(panic.location = place, panic.message = words, thread = thread.name(), "panicked");
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, terminal: bool, level: &str, log: impl FnOnce()) -> String {
        let paper = Paper::default();
        let writer = paper.clone();
        let settings = Telemetry { log_format: format, log_level: level.to_owned() };
        let logs = subscriber(&settings, terminal, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(logs, log);
        let bytes = paper.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_is_json_with_dotted_fields_unless_a_person_reads_it() {
        let log = || tracing::info!(event.id = %crate::domain::EventId(1), attempt = 2, "finished");
        let line: serde_json::Value = serde_json::from_str(&logged(LogFormat::Auto, false, "info", log)).unwrap();
        assert_eq!((&line["event.id"], &line["attempt"]), (&"evt_1".into(), &2.into()));
        assert_eq!((&line["message"], &line["level"]), (&"finished".into(), &"INFO".into()));
        assert!(logged(LogFormat::Auto, true, "info", log).contains("finished"));
        assert!(serde_json::from_str::<serde_json::Value>(&logged(LogFormat::Text, false, "info", log)).is_err());
    }

    #[test]
    fn an_event_is_one_line_whatever_its_fields_hold() {
        let id = "7\n2026-11-22T00:00:00Z  INFO evt_1 replied\r\n\u{1b}[31mred";
        for (format, terminal) in [(LogFormat::Text, false), (LogFormat::Text, true), (LogFormat::Json, false)] {
            let lines = logged(format, terminal, "info", || {
                let span = tracing::info_span!("turn", mailbox = %id);
                let _inside = span.enter();
                tracing::info!(thread.id = %id, detail = ?id, "said: {id}");
            });
            let (line, rest) = lines.split_once('\n').unwrap();
            assert!(rest.is_empty() && !line.contains('\r') && line.contains("evt_1"), "{lines}");
            assert!(!line.contains("\u{1b}[31m"), "a terminal obeys nobody's words: {line:?}");
        }
    }

    #[test]
    fn a_library_never_gets_to_write_headers() {
        let log = || {
            tracing::debug!(target: "hyper_util::client", "Authorization: canary");
            tracing::debug!(target: "hubspot_bridge::worker", "ours");
        };
        let lines = logged(LogFormat::Json, false, "debug", log);
        assert!(lines.contains("ours") && !lines.contains("canary"), "{lines}");
        assert_eq!(logged(LogFormat::Json, false, "warn", log), "");
    }

    #[test]
    fn a_panic_is_logged_without_its_formatted_words() {
        let lines = logged(LogFormat::Json, false, "info", || {
            std::panic::set_hook(Box::new(log_panic));
            for secret in [Some("canary"), None] {
                let _ = std::panic::catch_unwind(|| match secret {
                    Some(secret) => panic!("cannot use {secret}"),
                    None => panic!("a literal"),
                });
            }
            let _ = std::panic::take_hook();
        });
        assert!(lines.contains("src/telemetry/logs.rs") && lines.contains("a literal"), "{lines}");
        assert!(!lines.contains("canary"), "{lines}");
    }
}
