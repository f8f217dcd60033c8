//! How many calls in a second a provider takes, found by what it throttles.
//!
//! The rate is lowered at once when a call is throttled, and raised a little by every good answer. Where lowering it
//! twice did not change which share of the calls is throttled, the rate is not the cause: it is put back, and that
//! share is borne from then on. A rate that is a known quota's is not doubted so: calls of one moment arrive in another,
//! and what is throttled for that is made up for soon.

use std::time::Duration;

use super::MonoTime;

#[cfg(test)]
mod tests;

/// What is left of the rate after a throttled call.
const LOWERED: f64 = 0.7;
/// What is left of what was taken, where a share that was counted says how much that is.
const BELOW_TAKEN: f64 = 0.9;
/// Calls in a second that a good answer adds, so that the rate grows by a tenth in a second.
const RAISED: f64 = 0.1;
/// Calls in a second that are always risked, and which part of a quota is.
const LEAST: f64 = 0.5;
const LEAST_OF_QUOTA: f64 = 0.2;
/// What of a known quota comes back in a second after a throttled call.
const RAISED_OF_QUOTA: f64 = 0.1;
/// Answers by which a share is counted, or fewer after a while.
const COUNTED: u32 = 40;
const COUNTED_AT_LEAST: u32 = 10;
const COUNTED_FOR: Duration = Duration::from_secs(10);
/// The least time over which calls are counted where no rate is known yet.
const FIRST_COUNT: Duration = Duration::from_millis(100);
/// A share that is throttled at any rate.
const NOTHING: f64 = 0.05;
/// A larger share is always a reason to go on more slowly.
const MOST_BORNE: f64 = 0.5;

#[derive(Debug)]
pub(super) struct Rate {
    /// Calls in a second; none where none was ever throttled and no quota is known.
    now: Option<f64>,
    /// By the quota.
    most: Option<f64>,
    /// The share of throttled calls that no lower rate makes smaller.
    borne: f64,
    lowered: Option<Lowered>,
    /// When a rate by a quota was last changed.
    changed_at: MonoTime,
    count: Count,
}

/// The rate was lowered, and it is counted what that changes.
#[derive(Debug)]
struct Lowered {
    from: f64,
    /// The share of throttled calls at the rate before, where it was counted.
    share_before: Option<f64>,
}

#[derive(Debug)]
struct Count {
    since: MonoTime,
    sent: u32,
    /// Answers still to come to calls of before.
    earlier: u32,
    answers: u32,
    throttled: u32,
}

/// What an answer did to the rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Raised,
    Lowered,
    /// Lowering it had changed nothing.
    PutBack,
    Nothing,
}

impl Count {
    fn new(since: MonoTime, earlier: u32) -> Self {
        Self { since, sent: 0, earlier, answers: 0, throttled: 0 }
    }

    fn share(&self) -> f64 {
        f64::from(self.throttled) / f64::from(self.answers.max(1))
    }

    fn is_enough(&self, now: MonoTime) -> bool {
        let while_passed = now.since(self.since) >= COUNTED_FOR && self.answers >= COUNTED_AT_LEAST;
        self.answers >= COUNTED || while_passed
    }
}

impl Rate {
    pub(super) fn new(most: Option<f64>) -> Self {
        Self {
            now: most,
            most,
            borne: 0.0,
            lowered: None,
            changed_at: MonoTime::START,
            count: Count::new(MonoTime::START, 0),
        }
    }

    /// The time from one call to the next; none where any may go.
    pub(super) fn interval(&self) -> Option<Duration> {
        self.now.map(|rate| Duration::from_secs_f64(rate.recip()))
    }

    pub(super) fn sent(&mut self, now: MonoTime) {
        if self.count.sent == 0 && self.count.answers == 0 {
            self.count.since = now;
        }
        self.count.sent = self.count.sent.saturating_add(1);
    }

    pub(super) fn went_well(&mut self, now: MonoTime, in_flight: u32) -> Change {
        if let (Some(rate), Some(most)) = (self.now, self.most) {
            self.count.earlier = self.count.earlier.saturating_sub(1);
            let passed = now.since(std::mem::replace(&mut self.changed_at, now)).as_secs_f64();
            let raised = self.bounded(rate + most * RAISED_OF_QUOTA * passed.min(1.0));
            self.now = Some(raised);
            return if raised > rate { Change::Raised } else { Change::Nothing };
        }
        let raised = match self.now {
            Some(rate) if self.lowered.is_none() => {
                let raised = self.bounded(rate + RAISED);
                self.now = Some(raised);
                if raised > rate { Change::Raised } else { Change::Nothing }
            }
            Some(_) | None => Change::Nothing,
        };
        if self.is_of_before() {
            return raised;
        }
        self.count.answers += 1;
        match self.judge(now, in_flight) {
            Change::Nothing => raised,
            judged @ (Change::Raised | Change::Lowered | Change::PutBack) => judged,
        }
    }

    pub(super) fn throttled(&mut self, now: MonoTime, in_flight: u32) -> Change {
        if self.is_of_before() {
            return Change::Nothing;
        }
        if let (Some(rate), Some(_)) = (self.now, self.most) {
            self.changed_at = now;
            self.now = Some(self.bounded(rate * LOWERED));
            self.count = Count::new(now, in_flight);
            return Change::Lowered;
        }
        self.count.answers += 1;
        self.count.throttled += 1;
        if self.lowered.is_none() && self.borne == 0.0 {
            let from = self.now.unwrap_or_else(|| self.sent_in_a_second(now));
            return self.lower(now, in_flight, Lowered { from, share_before: None }, from * LOWERED);
        }
        self.judge(now, in_flight)
    }

    /// Answers to calls of before the rate was lowered say nothing about the new one.
    fn is_of_before(&mut self) -> bool {
        let is = self.count.earlier > 0;
        self.count.earlier = self.count.earlier.saturating_sub(1);
        is
    }

    fn judge(&mut self, now: MonoTime, in_flight: u32) -> Change {
        if !self.count.is_enough(now) {
            return Change::Nothing;
        }
        let share = self.count.share();
        let Some(rate) = self.now else {
            self.count = Count::new(now, in_flight);
            return Change::Nothing;
        };
        let lower_still = rate * LOWERED.min(BELOW_TAKEN * (1.0 - share));
        match self.lowered.take() {
            Some(Lowered { from, share_before: Some(before) })
                if share >= before * 0.75 && (NOTHING..MOST_BORNE).contains(&share) =>
            {
                self.now = Some(self.bounded(from));
                self.borne = (share * 1.5).min(MOST_BORNE);
                self.count = Count::new(now, in_flight);
                Change::PutBack
            }
            Some(Lowered { from, .. }) if share >= NOTHING => {
                self.lower(now, in_flight, Lowered { from, share_before: Some(share) }, lower_still)
            }
            None if share > self.borne && self.borne > 0.0 => {
                let lowered = Lowered { from: rate, share_before: Some(share) };
                self.lower(now, in_flight, lowered, lower_still)
            }
            Some(_) | None => {
                if share < NOTHING {
                    self.borne = 0.0;
                }
                self.count = Count::new(now, in_flight);
                Change::Nothing
            }
        }
    }

    fn lower(&mut self, now: MonoTime, in_flight: u32, lowered: Lowered, to: f64) -> Change {
        self.now = Some(self.bounded(to));
        self.lowered = Some(lowered);
        self.count = Count::new(now, in_flight);
        Change::Lowered
    }

    fn sent_in_a_second(&self, now: MonoTime) -> f64 {
        let passed = now.since(self.count.since).max(FIRST_COUNT);
        f64::from(self.count.sent.max(1)) / passed.as_secs_f64()
    }

    fn bounded(&self, rate: f64) -> f64 {
        match self.most {
            Some(most) => rate.clamp(most * LEAST_OF_QUOTA, most),
            None => rate.max(LEAST),
        }
    }
}
