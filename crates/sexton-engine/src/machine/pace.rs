//! How fast calls of one sort are sent: within the provider's quota, not while it has them wait, and more slowly and
//! fewer at a time after it did.

use std::num::NonZeroU32;
use std::time::Duration;

use super::MonoTime;
use super::bucket::Bucket;
use super::random::Random;
use super::rate::{Change, Rate};
use crate::settings::RetrySettings;

#[cfg(test)]
mod tests;

/// Calls that may go at once after a pause, where no quota says how many.
const UNKNOWN_BURST: u32 = 4;

/// What is known of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowance {
    pub(super) capacity: NonZeroU32,
    /// How long a token takes to come back.
    pub(super) refill: Duration,
}

/// The pace of what is counted together in one scope.
#[derive(Debug)]
pub(super) struct Pace {
    /// Closed until then, whatever the bucket holds.
    open_at: MonoTime,
    /// Failures since the last good answer.
    failures: u32,
    /// Calls that may be under way at one time.
    window: usize,
    most: usize,
    in_flight: u32,
    /// Calls under way that have not been let go yet, and have taken no token.
    waiting: u32,
    /// Good answers since the window last changed.
    good: usize,
    allowance: Option<Allowance>,
    bucket: Option<Bucket>,
    rate: Rate,
    /// The rate that was last told.
    told: Option<f64>,
}

impl Pace {
    pub(super) fn new(most: usize, allowance: Option<Allowance>) -> Self {
        let allowance = allowance.filter(|allowance| !allowance.refill.is_zero());
        let bucket = allowance.map(|allowance| Bucket::new(held(allowance.capacity), allowance.refill));
        Self {
            open_at: MonoTime::START,
            failures: 0,
            window: most,
            most,
            in_flight: 0,
            waiting: 0,
            good: 0,
            allowance,
            bucket,
            rate: Rate::new(allowance.map(|allowance| allowance.refill.as_secs_f64().recip())),
            told: allowance.map(|allowance| allowance.refill.as_secs_f64().recip()),
        }
    }

    /// When another call may go; none where an answer has to come first.
    pub(super) fn opens_at(&self, now: MonoTime) -> Option<MonoTime> {
        self.has_room().then(|| self.goes_at(now, self.waiting))
    }

    /// Whether another call may go now.
    pub(super) fn is_open(&self, now: MonoTime) -> bool {
        self.is_open_within(now, Duration::ZERO)
    }

    /// Whether another call may go once so much time has passed.
    pub(super) fn is_open_within(&self, now: MonoTime, ahead: Duration) -> bool {
        self.opens_at(now).is_some_and(|at| at <= now.after(ahead))
    }

    /// When a prepared call may be let go.
    pub(super) fn lets_go_at(&self, now: MonoTime) -> MonoTime {
        self.goes_at(now, 0)
    }

    fn goes_at(&self, now: MonoTime, before: u32) -> MonoTime {
        let bucket = self.bucket.as_ref().map_or(MonoTime::START, |bucket| bucket.open_at(now, before));
        bucket.max(self.open_at)
    }

    fn has_room(&self) -> bool {
        usize::try_from(self.in_flight).is_ok_and(|in_flight| in_flight < self.window)
    }

    /// Calls that can go in a while.
    pub(super) fn in_a_while(&self, long: Duration) -> usize {
        let Some(interval) = self.rate.interval() else { return usize::MAX };
        let burst = self.allowance.map_or(UNKNOWN_BURST, |allowance| allowance.capacity.get());
        let more = long.as_nanos() / interval.as_nanos().max(1);
        usize::try_from(more.saturating_add(u128::from(burst))).unwrap_or(usize::MAX)
    }

    /// A call is prepared, and goes later.
    pub(super) fn prepared(&mut self) {
        self.in_flight += 1;
        self.waiting += 1;
    }

    /// A prepared call goes.
    pub(super) fn let_go(&mut self, now: MonoTime) {
        self.waiting -= 1;
        self.rate.sent(now);
        if let Some(bucket) = &mut self.bucket {
            bucket.take(now);
        }
    }

    /// A call goes at once.
    pub(super) fn sent(&mut self, now: MonoTime) {
        self.prepared();
        self.let_go(now);
    }

    /// A prepared call does not go.
    pub(super) fn not_sent(&mut self) {
        self.in_flight -= 1;
        self.waiting -= 1;
    }

    pub(super) fn went_well(&mut self, now: MonoTime) {
        self.in_flight -= 1;
        self.failures = 0;
        self.good += 1;
        if self.good >= self.window && self.window < self.most {
            self.window += 1;
            self.good = 0;
        }
        let change = self.rate.went_well(now, self.in_flight - self.waiting);
        self.changed(change);
    }

    /// Slows down; and closes for as long as the provider asks for.
    pub(super) fn throttled(&mut self, now: MonoTime, retry_after: Option<Duration>, random: &mut Random) {
        self.in_flight -= 1;
        let change = self.rate.throttled(now, self.in_flight - self.waiting);
        self.changed(change);
        if change == Change::Lowered
            && let Some(bucket) = &mut self.bucket
        {
            bucket.empty(now);
        }
        if let Some(retry_after) = retry_after {
            let spread = self.rate.interval().unwrap_or_default();
            self.open_at = self.open_at.max(now.after(retry_after).after(random.up_to(spread)));
        }
    }

    /// The rate, where it is worth telling: another than before, and where it was only raised, by a tenth and more.
    pub(super) fn rate_to_tell(&mut self) -> Option<f64> {
        let rate = self.rate.interval()?.as_secs_f64().recip();
        let worth = match self.told {
            Some(told) => rate < told * 0.999 || rate > told * 1.1,
            None => true,
        };
        worth.then(|| *self.told.insert(rate))
    }

    fn changed(&mut self, change: Change) {
        match change {
            Change::Nothing => return,
            Change::Raised => {}
            Change::Lowered => {
                self.window = (self.window / 2).max(1);
                self.good = 0;
            }
            Change::PutBack => self.window = self.most,
        }
        let Some(interval) = self.rate.interval() else { return };
        match (&mut self.bucket, self.allowance) {
            (Some(bucket), Some(allowance)) => bucket.set_interval(interval.max(allowance.refill)),
            (Some(bucket), None) => bucket.resize(UNKNOWN_BURST, interval),
            (bucket @ None, _) => *bucket = Some(Bucket::new(UNKNOWN_BURST, interval)),
        }
    }

    /// Closes for a while after a passing fault. Calls that were under way together count once.
    pub(super) fn faltered(&mut self, now: MonoTime, retry: &RetrySettings, random: &mut Random) {
        self.in_flight -= 1;
        if now >= self.open_at {
            self.failures = self.failures.saturating_add(1);
        }
        let delay = backoff(self.failures, retry, random);
        self.open_at = self.open_at.max(now.after(delay));
    }
}

/// How many tokens of a bucket are used: one is left for calls that take longer to arrive than the next.
fn held(capacity: NonZeroU32) -> u32 {
    match capacity.get() {
        small @ 0..=2 => small,
        large => large - 1,
    }
}

/// Full jitter: anything between nothing and the exponential bound of the `failures`-th failure in a row.
pub(super) fn backoff(failures: u32, retry: &RetrySettings, random: &mut Random) -> Duration {
    let doublings = failures.saturating_sub(1).min(31);
    let bound = retry.base.saturating_mul(1 << doublings).min(retry.cap);
    random.up_to(bound)
}
