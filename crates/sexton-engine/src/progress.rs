//! What the events of a run amount to so far: the one reading of them that every display, file and replay is made from.
//!
//! A fold without a clock: all times are those of the events, or are given.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use sexton_core::time::{Span, Timestamp};

use crate::event::{Event, Reopened, RunEvent, SessionFailure};
use crate::journal::StopCause;
use crate::receipt::Counts;
use crate::run::RunId;

#[cfg(test)]
mod tests;

/// Over how long the rate of steps is taken.
const WINDOW_SECONDS: i64 = 60;

/// A session of a run, as far as its events tell. The first event of another session begins it anew.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    run: RunId,
    plan: String,
    session: u32,
    seq: u64,
    began_at: Timestamp,
    last_at: Timestamp,
    phase: RunPhase,
    failure: Option<SessionFailure>,
    kinds: BTreeMap<String, Counts>,
    underway: BTreeSet<u32>,
    waiting: BTreeSet<u32>,
    calls: BTreeMap<String, CallCounts>,
    open_calls: BTreeMap<u64, String>,
    retries: u64,
    /// Throttled time up to `throttled_until`, which may lie ahead.
    throttled: Duration,
    throttled_until: Timestamp,
    rates: BTreeMap<(String, String), f64>,
    /// Steps that ended in one second, the latest last.
    ended: VecDeque<(i64, u64)>,
}

/// What a run is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunPhase {
    /// Steps are begun.
    Running,
    /// Nothing new is begun until it is told to go on.
    Paused,
    /// Nothing new is begun any more.
    Stopping(StopCause),
    /// The session has ended.
    Ended {
        /// Whether nothing is left.
        complete: bool,
    },
}

/// Calls of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallCounts {
    /// Sent.
    pub sent: u64,
    /// Resources in them.
    pub targets: u64,
    /// Answered by a failure, throttled ones included.
    pub failed: u64,
    /// Over a quota.
    pub throttled: u64,
}

/// Why an event is not one of the run that was read so far.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProgressError {
    /// Events are missing, or one stands twice.
    #[error("event {found} of session {session} follows event {last}")]
    Gap {
        /// The session.
        session: u32,
        /// The last event read.
        last: u64,
        /// The next.
        found: u64,
    },
    /// The session has no beginning.
    #[error("session {session} of run {run} does not begin with its first event")]
    NoBeginning {
        /// The run.
        run: RunId,
        /// The session.
        session: u32,
    },
    /// It speaks of another run.
    #[error("these are events of run {found} and of run {run}")]
    OtherRun {
        /// The run read so far.
        run: RunId,
        /// The other.
        found: RunId,
    },
}

impl Progress {
    /// Begins with the first event of a session.
    ///
    /// # Errors
    /// It is not the first.
    pub fn begin(event: &RunEvent) -> Result<Self, ProgressError> {
        let Event::SessionBegan { plan, kinds, underway, .. } = &event.event else {
            return Err(ProgressError::NoBeginning { run: event.run.clone(), session: event.session });
        };
        Ok(Self {
            run: event.run.clone(),
            plan: plan.clone(),
            session: event.session,
            seq: event.seq,
            began_at: event.at,
            last_at: event.at,
            phase: RunPhase::Running,
            failure: None,
            kinds: kinds.clone(),
            underway: underway.iter().copied().collect(),
            waiting: BTreeSet::new(),
            calls: BTreeMap::new(),
            open_calls: BTreeMap::new(),
            retries: 0,
            throttled: Duration::ZERO,
            throttled_until: event.at,
            rates: BTreeMap::new(),
            ended: VecDeque::new(),
        })
    }

    /// Takes in the next event.
    ///
    /// # Errors
    /// It cannot follow those before it. What was read stays as it was.
    pub fn apply(&mut self, event: &RunEvent) -> Result<(), ProgressError> {
        if event.run != self.run {
            return Err(ProgressError::OtherRun { run: self.run.clone(), found: event.run.clone() });
        }
        if event.session != self.session || matches!(event.event, Event::SessionBegan { .. }) {
            *self = Self::begin(event)?;
            return Ok(());
        }
        if event.seq != self.seq + 1 {
            return Err(ProgressError::Gap { session: self.session, last: self.seq, found: event.seq });
        }
        self.seq = event.seq;
        self.last_at = event.at;
        self.take(&event.event);
        Ok(())
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::SessionBegan { .. } | Event::Identified { .. } => {}
            Event::StepReopened { step, address, was, stands } => {
                let counts = self.kind(address.kind());
                take_one(counts.of_outcome(was));
                match stands {
                    Reopened::Left => counts.left += 1,
                    Reopened::Underway => {
                        counts.underway += 1;
                        self.underway.insert(*step);
                    }
                }
            }
            Event::StepBegan { step, .. } => {
                self.waiting.remove(step);
            }
            Event::StepWaits { step, .. } => {
                self.waiting.insert(*step);
            }
            Event::StepCalled { step, address, .. } => {
                self.waiting.remove(step);
                self.begins(*step, address.kind());
            }
            Event::StepAccepted { .. } | Event::StepUnsettled { .. } => {}
            Event::StepRetries { step, address, .. } => {
                self.retries += 1;
                self.left_again(*step, address.kind());
            }
            Event::StepStillThere { step, address } => self.left_again(*step, address.kind()),
            Event::StepEnded { step, address, outcome } => {
                self.waiting.remove(step);
                self.left_again(*step, address.kind());
                let counts = self.kind(address.kind());
                take_one(&mut counts.left);
                *counts.of_outcome(outcome) += 1;
                if !matches!(outcome, crate::outcome::Outcome::Blocked { .. }) {
                    self.count_ended();
                }
            }
            Event::CallSent { call, operation, targets, .. } => {
                let counts = self.calls.entry(operation.clone()).or_default();
                counts.sent += 1;
                counts.targets += u64::try_from(*targets).unwrap_or(u64::MAX);
                self.open_calls.insert(*call, operation.clone());
            }
            Event::CallAnswered { call, failed } => {
                let operation = self.open_calls.remove(call);
                let counts = operation.and_then(|operation| self.calls.get_mut(&operation));
                if let (Some(counts), Some(class)) = (counts, failed) {
                    counts.failed += 1;
                    counts.throttled += u64::from(*class == crate::outcome::FailureClass::Throttle);
                }
            }
            Event::Throttled { until, .. } => {
                let from = self.throttled_until.max(self.last_at);
                if *until > from {
                    self.throttled += between(from, *until);
                    self.throttled_until = *until;
                }
            }
            Event::RateChanged { scope, operation, rate } => {
                self.rates.insert((scope.clone(), operation.clone()), *rate);
            }
            Event::Stopping { cause } => self.phase = RunPhase::Stopping(cause.clone()),
            Event::Paused => self.phase = RunPhase::Paused,
            Event::Unpaused => self.phase = RunPhase::Running,
            Event::SessionEnded { complete, failure, .. } => {
                self.failure.clone_from(failure);
                self.throttled = self.throttled_time(self.last_at);
                self.throttled_until = self.last_at;
                self.waiting.clear();
                self.phase = RunPhase::Ended { complete: *complete };
            }
        }
    }

    fn kind(&mut self, kind: &str) -> &mut Counts {
        if !self.kinds.contains_key(kind) {
            self.kinds.insert(kind.to_owned(), Counts::default());
        }
        self.kinds.get_mut(kind).expect("it was put there where it was missing")
    }

    fn begins(&mut self, step: u32, kind: &str) {
        if self.underway.insert(step) {
            let counts = self.kind(kind);
            take_one(&mut counts.left);
            counts.underway += 1;
        }
    }

    fn left_again(&mut self, step: u32, kind: &str) {
        if self.underway.remove(&step) {
            let counts = self.kind(kind);
            take_one(&mut counts.underway);
            counts.left += 1;
        }
    }

    fn count_ended(&mut self) {
        let second = self.last_at.as_second();
        match self.ended.back_mut() {
            Some((last, count)) if *last == second => *count += 1,
            Some(_) | None => self.ended.push_back((second, 1)),
        }
        while self.ended.front().is_some_and(|(first, _)| *first <= second - WINDOW_SECONDS) {
            self.ended.pop_front();
        }
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// The plan's digest.
    #[must_use]
    pub fn plan(&self) -> &str {
        &self.plan
    }

    /// The session: 1, and one more at each resume.
    #[must_use]
    pub fn session(&self) -> u32 {
        self.session
    }

    /// When the session began.
    #[must_use]
    pub fn began_at(&self) -> Timestamp {
        self.began_at
    }

    /// When the last event was.
    #[must_use]
    pub fn last_at(&self) -> Timestamp {
        self.last_at
    }

    /// What the run is at.
    #[must_use]
    pub fn phase(&self) -> &RunPhase {
        &self.phase
    }

    /// Why the session ended without doing what could be done, where it did.
    #[must_use]
    pub fn failure(&self) -> Option<&SessionFailure> {
        self.failure.as_ref()
    }

    /// How the steps of each kind stand.
    #[must_use]
    pub fn kinds(&self) -> &BTreeMap<String, Counts> {
        &self.kinds
    }

    /// How all steps stand.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.kinds.values().copied().sum()
    }

    /// Steps that wait for a guard to clear.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Calls by operation: of removals the provider's, of readings `identity`, `probe` and `dependents`.
    #[must_use]
    pub fn calls(&self) -> &BTreeMap<String, CallCounts> {
        &self.calls
    }

    /// Calls that were not answered yet.
    #[must_use]
    pub fn calls_in_flight(&self) -> usize {
        self.open_calls.len()
    }

    /// Removal calls of steps that did nothing and were tried again.
    #[must_use]
    pub fn retries(&self) -> u64 {
        self.retries
    }

    /// Calls in a second, by scope and operation, where something other than the quota at first decides it.
    #[must_use]
    pub fn rates(&self) -> &BTreeMap<(String, String), f64> {
        &self.rates
    }

    /// How long calls of some operation were kept back by now because one was over a quota.
    #[must_use]
    pub fn throttled_time(&self, now: Timestamp) -> Duration {
        self.throttled.saturating_sub(between(now, self.throttled_until))
    }

    /// Whether calls of some operation are kept back.
    #[must_use]
    pub fn is_throttled(&self, now: Timestamp) -> bool {
        self.throttled_until > now
    }

    /// How long the session has taken by now.
    #[must_use]
    pub fn elapsed(&self, now: Timestamp) -> Duration {
        between(self.began_at, now)
    }

    /// Steps that end in a second, over the last minute; none before one has ended, or where none did for a minute.
    #[must_use]
    pub fn rate(&self, now: Timestamp) -> Option<f64> {
        let from = now.as_second() - WINDOW_SECONDS;
        let ended: u64 = self.ended.iter().filter(|(second, _)| *second > from).map(|(_, count)| count).sum();
        let window = Duration::from_secs(WINDOW_SECONDS.unsigned_abs());
        let over = self.elapsed(now).clamp(Duration::from_secs(1), window);
        let ended = u32::try_from(ended).unwrap_or(u32::MAX);
        (ended > 0).then(|| f64::from(ended) / over.as_secs_f64())
    }

    /// How long the rest takes at this rate, without the steps that wait for a guard to clear; none where nothing new is
    /// begun, or no rate is known.
    #[must_use]
    pub fn time_left(&self, now: Timestamp) -> Option<Duration> {
        let counts = self.counts();
        let waiting = u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        let open = counts.left.saturating_add(counts.underway).saturating_sub(waiting);
        let open = u32::try_from(open).unwrap_or(u32::MAX);
        match self.phase {
            RunPhase::Running if open > 0 => {
                self.rate(now).map(|rate| Duration::from_secs_f64((f64::from(open) / rate).min(1e9)))
            }
            RunPhase::Running | RunPhase::Paused | RunPhase::Stopping(_) | RunPhase::Ended { .. } => None,
        }
    }
}

/// One less. A record that was altered may have less than it takes away.
fn take_one(count: &mut u64) {
    *count = count.saturating_sub(1);
}

/// From one time to a later one; nothing where it is not later.
fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    let span: Span = later.since(earlier);
    span.to_std().unwrap_or_default()
}
