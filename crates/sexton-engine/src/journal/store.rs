//! Where a journal's records go.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Entry, JournalError};

/// Keeps records. What it has acknowledged is still there after a crash.
pub trait Store: Send + std::fmt::Debug {
    /// Adds records, all or none, and returns once they are durable.
    ///
    /// # Errors
    /// They could not be made durable. The run ends by it.
    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError>;
}

/// Keeps records in memory, for tests and for embedders that keep no journal: nothing can be resumed once the process
/// is gone. Clones share the records.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl MemoryStore {
    /// What was recorded so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Store for MemoryStore {
    fn append(&mut self, entries: &[Entry]) -> Result<(), JournalError> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(entries);
        Ok(())
    }
}
