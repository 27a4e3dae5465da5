//! The in-process side of a mailbox's interrupt mark: running turns hear of it at once.
//!
//! The mark in the store is the truth (a second process, a restart); this registry only makes it fast.

use std::sync::Arc;

use dashmap::DashMap;
use tokio::sync::Notify;

use crate::domain::MailboxKey;

/// Running turns by mailbox.
#[derive(Clone, Debug, Default)]
pub struct Interrupts {
    running: Arc<DashMap<MailboxKey, Arc<Notify>>>,
}

impl Interrupts {
    /// Registers the turn that runs on this mailbox; deregisters when dropped.
    #[must_use]
    pub fn watch(&self, key: &MailboxKey) -> Watch {
        let bell = Arc::new(Notify::new());
        self.running.insert(key.clone(), Arc::clone(&bell));
        Watch { key: key.clone(), bell, running: Arc::clone(&self.running) }
    }

    /// Wakes the turn that runs on this mailbox, if one does. The wake-up is kept until it is awaited.
    pub fn raise(&self, key: &MailboxKey) {
        if let Some(bell) = self.running.get(key) {
            bell.notify_one();
        }
    }
}

/// A running turn's ear.
#[derive(Debug)]
pub struct Watch {
    key: MailboxKey,
    bell: Arc<Notify>,
    running: Arc<DashMap<MailboxKey, Arc<Notify>>>,
}

impl Watch {
    /// Returns when the mailbox was interrupted since the last call.
    pub async fn raised(&self) {
        self.bell.notified().await;
    }

    /// Rings from within the turn's own task (the mark was found in the store).
    pub fn ring(&self) {
        self.bell.notify_one();
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.running.remove_if(&self.key, |_, bell| Arc::ptr_eq(bell, &self.bell));
    }
}
