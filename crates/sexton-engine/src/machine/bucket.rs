//! A bucket of tokens that never gives more than it holds, in any interval.
//!
//! Kept as one time (the generic cell rate algorithm): with `capacity` C and a token every `refill`, at most
//! C + t ÷ refill calls go in any interval of length t. At a lowered rate tokens come back more slowly, and the bucket
//! grows no larger by it.

use std::time::Duration;

use super::MonoTime;

#[cfg(test)]
mod tests;

#[derive(Debug)]
pub(super) struct Bucket {
    /// By how much calls may be ahead of the rate: all of a full bucket but the token of the call itself.
    ahead: Duration,
    /// How long a token takes to come back now.
    interval: Duration,
    /// When the bucket is full again.
    full_at: MonoTime,
}

impl Bucket {
    pub(super) fn new(capacity: u32, refill: Duration) -> Self {
        Self { ahead: refill.saturating_mul(capacity.saturating_sub(1)), interval: refill, full_at: MonoTime::START }
    }

    /// When a call may go that comes after `before` others.
    pub(super) fn open_at(&self, now: MonoTime, before: u32) -> MonoTime {
        let full_at = self.full_at.max(now).after(self.interval.saturating_mul(before));
        MonoTime::from_start(full_at.since_start().saturating_sub(self.ahead))
    }

    pub(super) fn take(&mut self, now: MonoTime) {
        self.full_at = self.full_at.max(now).after(self.interval);
    }

    /// Nothing is left: the next token is a whole interval away.
    pub(super) fn empty(&mut self, now: MonoTime) {
        self.full_at = self.full_at.max(now.after(self.ahead).after(self.interval));
    }

    pub(super) fn set_interval(&mut self, interval: Duration) {
        self.interval = interval;
    }

    /// Has tokens come back at another rate, and the bucket hold as many of them as before.
    pub(super) fn resize(&mut self, capacity: u32, refill: Duration) {
        self.ahead = refill.saturating_mul(capacity.saturating_sub(1));
        self.interval = refill;
    }
}
