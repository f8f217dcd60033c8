//! The numbers by which a run is paced and bounded.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

/// How a run is paced, and when it gives up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Calls under way at one time, readings and removals together.
    pub max_in_flight: NonZeroUsize,
    /// Resources in one reading.
    pub probe_batch: NonZeroUsize,
    /// How long the recheck of a step holds good. A removal that could not be sent by then is rechecked.
    pub recheck_valid_for: Duration,
    /// Steps of one operation that are being rechecked or wait, rechecked, for their call.
    pub lookahead: NonZeroUsize,
    /// Another attempt after a throttled, passing or unknown failure.
    pub retry: RetrySettings,
    /// Reading until something is gone.
    pub settle: SettleSettings,
    /// How long a refusal that may linger after its holder's removal is tried again.
    pub linger: Duration,
    /// How often a step that waits for a state is looked at.
    pub wait_poll: Duration,
    /// Steps that may end refused, failed or unknown before nothing new is begun; none for no limit.
    pub max_failures: Option<u32>,
    /// The same as a share of all steps of the plan, in percent. Whichever is reached first counts.
    pub max_failed_percent: Option<u8>,
    /// Removals of each kind that are run to the end before any other is begun. If one of them is refused, fails or is
    /// unknown, nothing new is begun.
    pub canary: Option<NonZeroU32>,
    /// How long a session may begin new steps.
    pub max_duration: Option<Duration>,
}

/// When a failed call is tried again. Delays are fully jittered: anything between nothing and the exponential bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySettings {
    /// Failed removal calls of one step in one session.
    pub max_attempts: u32,
    /// Failed readings of one step in one session, those that were throttled aside. A reading changes nothing, so more of
    /// them are risked.
    pub read_attempts: u32,
    /// Time from the first failed attempt of one step in one session.
    pub max_total: Duration,
    /// The bound of the first delay.
    pub base: Duration,
    /// The bound that is not exceeded.
    pub cap: Duration,
}

/// How it is read whether something is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettleSettings {
    /// The delay before the first reading.
    pub first: Duration,
    /// The delay that is not exceeded.
    pub cap: Duration,
    /// After a removal that was accepted, each delay is the time waited so far divided by this, so that no more than that
    /// share of the time that a removal takes is lost.
    pub share: NonZeroU32,
    /// The second delay after a call of unknown outcome; each further one is half as long again. It takes its time: what
    /// was begun unseen may show late, and each attempt at what is on its way already is one less.
    pub unsure: Duration,
    /// Readings are put on a grid of this width, so that they share calls.
    pub grid: Duration,
    /// When reading ends, and the outcome is unknown.
    pub deadline: Duration,
    /// Readings that have to find a resource after an unknown outcome before a removal is tried again, where the
    /// call that removes returns before the resource is gone. Otherwise one is enough.
    pub asynchronous_reads: u32,
}

const fn at_least_one(number: usize) -> NonZeroUsize {
    match NonZeroUsize::new(number) {
        Some(number) => number,
        None => NonZeroUsize::MIN,
    }
}

const SHARE: NonZeroU32 = match NonZeroU32::new(64) {
    Some(share) => share,
    None => NonZeroU32::MIN,
};

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_in_flight: at_least_one(64),
            probe_batch: at_least_one(100),
            recheck_valid_for: Duration::from_secs(30),
            lookahead: at_least_one(200),
            retry: RetrySettings {
                max_attempts: 15,
                read_attempts: 60,
                max_total: Duration::from_secs(15 * 60),
                base: Duration::from_millis(100),
                cap: Duration::from_secs(30),
            },
            settle: SettleSettings {
                first: Duration::from_millis(100),
                cap: Duration::from_secs(10),
                share: SHARE,
                unsure: Duration::from_secs(1),
                grid: Duration::from_millis(100),
                deadline: Duration::from_secs(300),
                asynchronous_reads: 4,
            },
            linger: Duration::from_secs(120),
            wait_poll: Duration::from_secs(5),
            max_failures: Some(20),
            max_failed_percent: None,
            canary: None,
            max_duration: None,
        }
    }
}
