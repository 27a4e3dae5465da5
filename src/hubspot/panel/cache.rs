//! Answers kept a short while by address, so that a panel that is looked at, and an agent that is asked again, cost
//! nothing; and one read for all who ask at once. Bounded; addresses are in memory alone and never shown.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::domain::{CustomerContext, Part};

/// Long enough for a rep's look and a turn's attempts.
const FRESH_FOR: Duration = Duration::from_mins(1);
/// A part that failed may be there in a moment.
const RETRY_AFTER: Duration = Duration::from_secs(10);
/// Customers asked about within a minute; each is a few KiB.
const ENTRIES: usize = 256;

/// What was read, and how long it counts.
type Answer = OnceCell<(CustomerContext, Instant)>;

#[derive(Default)]
pub(super) struct Cache {
    entries: Mutex<BTreeMap<String, Entry>>,
}

struct Entry {
    answer: Arc<Answer>,
    asked_at: Instant,
}

impl Cache {
    /// The answer for this address: the one that is kept, or is being read, or else read now.
    pub(super) async fn get<F: Future<Output = CustomerContext>>(
        &self,
        email: &str,
        read: impl FnOnce() -> F,
    ) -> CustomerContext {
        let answer = self.entry(email);
        // Whoever gives up while reading leaves the reading to the next in line.
        let read = async || {
            let context = read().await;
            let lasts = if has_failed(&context) { RETRY_AFTER } else { FRESH_FOR };
            (context, Instant::now() + lasts)
        };
        answer.get_or_init(read).await.0.clone()
    }

    fn entry(&self, email: &str) -> Arc<Answer> {
        let now = Instant::now();
        // Nothing in here panics half way.
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get(email)
            && entry.counts(now)
        {
            return Arc::clone(&entry.answer);
        }
        entries.remove(email);
        if entries.len() >= ENTRIES {
            entries.retain(|_, entry| entry.counts(now));
        }
        while entries.len() >= ENTRIES {
            let oldest = entries.iter().min_by_key(|(_, entry)| entry.asked_at).map(|(email, _)| email.clone());
            let Some(oldest) = oldest else { break };
            entries.remove(&oldest);
        }
        let answer = Arc::new(Answer::default());
        entries.insert(email.to_owned(), Entry { answer: Arc::clone(&answer), asked_at: now });
        answer
    }
}

impl Entry {
    fn counts(&self, now: Instant) -> bool {
        self.answer.get().is_none_or(|(_, until)| now < *until)
    }
}

fn has_failed(context: &CustomerContext) -> bool {
    matches!(context.contact, Part::Failed(_))
        || matches!(context.company, Part::Failed(_))
        || matches!(context.deals, Part::Failed(_))
        || matches!(context.tickets, Part::Failed(_))
}
