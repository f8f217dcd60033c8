//! Records on their way into the journal. At most one append is under way, and what is made meanwhile goes with the
//! next, so that one write to the disk serves many steps.

use std::time::Duration;

use sexton_core::time::Timestamp;

use super::{MachineError, MonoTime};
use crate::journal::{Entry, Record};

#[derive(Debug)]
pub(super) struct Ledger {
    last_seq: u64,
    made: Vec<Entry>,
    /// The last record of the append under way.
    under_way: Option<u64>,
    taken_at: MonoTime,
    /// How long the last append took.
    took: Duration,
    broken: bool,
}

impl Ledger {
    pub(super) fn new(last_seq: u64) -> Self {
        Self {
            last_seq,
            made: Vec::new(),
            under_way: None,
            taken_at: MonoTime::START,
            took: Duration::ZERO,
            broken: false,
        }
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
    pub(super) fn take(&mut self, now: MonoTime) -> Option<Vec<Entry>> {
        if self.under_way.is_some() || self.made.is_empty() {
            return None;
        }
        self.under_way = Some(self.last_seq);
        self.taken_at = now;
        Some(std::mem::take(&mut self.made))
    }

    pub(super) fn acknowledge(&mut self, last_seq: u64, now: MonoTime) -> Result<(), MachineError> {
        if self.under_way != Some(last_seq) {
            return Err(MachineError::NoSuchAppend { last_seq });
        }
        self.under_way = None;
        self.took = now.since(self.taken_at);
        Ok(())
    }

    /// How long a record may take to become durable: the append under way, and its own.
    pub(super) fn delay(&self) -> Duration {
        self.took * 2
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
