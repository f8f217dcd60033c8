//! Records on their way into the journal. At most one append is under way, and what is made meanwhile goes with the
//! next, so that one write to the disk serves many steps.

use sexton_core::time::Timestamp;

use super::MachineError;
use crate::journal::{Entry, Record};

#[derive(Debug)]
pub(super) struct Ledger {
    last_seq: u64,
    made: Vec<Entry>,
    /// The last record of the append under way.
    under_way: Option<u64>,
    broken: bool,
}

impl Ledger {
    pub(super) fn new(last_seq: u64) -> Self {
        Self { last_seq, made: Vec::new(), under_way: None, broken: false }
    }

    /// Adds a record and returns its place.
    pub(super) fn push(&mut self, at: Timestamp, record: Record) -> u64 {
        if !self.broken {
            self.last_seq += 1;
            self.made.push(Entry { seq: self.last_seq, at, record });
        }
        self.last_seq
    }

    /// The next append, if none is under way.
    pub(super) fn take(&mut self) -> Option<Vec<Entry>> {
        if self.under_way.is_some() || self.made.is_empty() {
            return None;
        }
        self.under_way = Some(self.last_seq);
        Some(std::mem::take(&mut self.made))
    }

    pub(super) fn acknowledge(&mut self, last_seq: u64) -> Result<(), MachineError> {
        if self.under_way != Some(last_seq) {
            return Err(MachineError::NoSuchAppend { last_seq });
        }
        self.under_way = None;
        Ok(())
    }

    /// Nothing can be recorded any more.
    pub(super) fn break_off(&mut self) {
        self.broken = true;
        self.under_way = None;
        self.made.clear();
    }

    pub(super) fn is_idle(&self) -> bool {
        self.made.is_empty() && self.under_way.is_none()
    }
}
