//! Guarantee 7 for logs: what the bridge writes down at its most talkative, read for what is nobody's business. Its lines
//! go through the real subscriber, so that what that holds back is held back here too.

use std::io;
use std::sync::{Arc, Mutex};

use hubspot_bridge::config::telemetry::{LogFormat, Telemetry};
use hubspot_bridge::telemetry::logs;
use tracing::subscriber::DefaultGuard;

/// Listening to a whole day takes time: one seed in so many is enough to meet every kind of line.
const EVERY: u64 = 20;

pub fn is_listened_to(seed: u64) -> bool {
    seed.is_multiple_of(EVERY)
}

/// All that was logged.
#[derive(Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    /// Listens to this thread until the guard is dropped; to most seeds nobody listens.
    pub fn listen(seed: u64) -> Option<(Self, DefaultGuard)> {
        if !is_listened_to(seed) {
            return None;
        }
        let heard = Self::default();
        let writer = heard.clone();
        let settings = Telemetry { log_format: LogFormat::Json, log_level: "debug".to_owned() };
        let logs = logs::subscriber(&settings, false, move || writer.clone()).expect("`debug` is a filter");
        Some((heard, tracing::subscriber::set_default(logs)))
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no panic in here").clone()
    }
}

impl io::Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic in here").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
