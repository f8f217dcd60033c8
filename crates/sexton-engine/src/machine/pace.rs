//! How fast calls of one sort are sent: not while the provider has them wait, and fewer at a time after it did.

use std::time::Duration;

use super::MonoTime;
use super::random::Random;
use crate::settings::RetrySettings;

#[cfg(test)]
mod tests;

/// The pace of one operation in one scope.
#[derive(Debug)]
pub(super) struct Pace {
    open_at: MonoTime,
    /// Failures since the last good answer.
    failures: u32,
    /// Calls that may be under way at one time.
    window: usize,
    in_flight: usize,
    /// Good answers since the window last changed.
    good: usize,
}

impl Pace {
    pub(super) fn new(window: usize) -> Self {
        Self { open_at: MonoTime::START, failures: 0, window, in_flight: 0, good: 0 }
    }

    pub(super) fn is_open(&self, now: MonoTime) -> bool {
        now >= self.open_at && self.in_flight < self.window
    }

    pub(super) fn sent(&mut self) {
        self.in_flight += 1;
    }

    pub(super) fn not_sent(&mut self) {
        self.in_flight -= 1;
    }

    pub(super) fn went_well(&mut self, most: usize) {
        self.in_flight -= 1;
        self.failures = 0;
        self.good += 1;
        if self.good >= self.window && self.window < most {
            self.window += 1;
            self.good = 0;
        }
    }

    /// Closes for a while, and returns until when. Calls that were under way together count once.
    pub(super) fn throttled(
        &mut self,
        now: MonoTime,
        retry_after: Option<Duration>,
        retry: &RetrySettings,
        random: &mut Random,
    ) -> MonoTime {
        if now >= self.open_at {
            self.window = (self.window / 2).max(1);
            self.good = 0;
        }
        self.close(now, retry_after.unwrap_or_default(), retry, random)
    }

    /// Closes for a while after a passing fault, and returns until when.
    pub(super) fn faltered(&mut self, now: MonoTime, retry: &RetrySettings, random: &mut Random) -> MonoTime {
        self.close(now, Duration::ZERO, retry, random)
    }

    fn close(&mut self, now: MonoTime, least: Duration, retry: &RetrySettings, random: &mut Random) -> MonoTime {
        self.in_flight -= 1;
        if now >= self.open_at {
            self.failures = self.failures.saturating_add(1);
        }
        let delay = least.saturating_add(backoff(self.failures, retry, random));
        self.open_at = self.open_at.max(now.after(delay));
        self.open_at
    }
}

/// Full jitter: anything between nothing and the exponential bound of the `failures`-th failure in a row.
pub(super) fn backoff(failures: u32, retry: &RetrySettings, random: &mut Random) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    let bound = retry.base.saturating_mul(1 << doublings).min(retry.cap);
    random.up_to(bound)
}
