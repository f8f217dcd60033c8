//! How often a read call is attempted, and how long is waited in between.
//!
//! Only listings are patient: nothing above them tries again. All other calls are made once, for the run that makes
//! them has its own retry layer.

use std::time::Duration;

use sexton_provider::ErrorClass;

#[cfg(test)]
mod tests;

/// Whether a failed read is attempted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// One attempt.
    Once,
    /// A few attempts where the failure may pass.
    Patient,
}

const ATTEMPTS: u32 = 5;
/// Calls that share a quota of one a second lose their turn to each other many times in a row, and nothing is wrong.
const ATTEMPTS_THROTTLED: u32 = 60;
/// The vendor's SDK waits from these on, doubling, and never longer than 20 seconds of its own accord.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const FIRST_PAUSE_THROTTLED: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The vendor's command line gives up on a wait longer than this, and so does a listing.
const LONGEST_HINT: Duration = Duration::from_secs(60);

impl Pace {
    /// How long to wait before another attempt; none where there is to be none. `failed_attempts` are those that were
    /// throttled where this one was, and the others where it was not.
    ///
    /// `dice` is a random number, by which the pauses of several listings are spread.
    pub(crate) fn pause(self, failed_attempts: u32, class: ErrorClass, dice: u8) -> Option<Duration> {
        let most = match class {
            ErrorClass::Throttle { .. } => ATTEMPTS_THROTTLED,
            ErrorClass::Transient | ErrorClass::Permanent | ErrorClass::Auth => ATTEMPTS,
        };
        if self == Pace::Once || failed_attempts >= most {
            return None;
        }
        let first = match class {
            ErrorClass::Permanent | ErrorClass::Auth => return None,
            ErrorClass::Throttle { retry_after: Some(hint) } => {
                return (hint <= LONGEST_HINT).then(|| hint + hint * u32::from(dice) / 1024);
            }
            ErrorClass::Throttle { retry_after: None } => FIRST_PAUSE_THROTTLED,
            ErrorClass::Transient => FIRST_PAUSE,
        };
        let doublings = failed_attempts.saturating_sub(1).min(10);
        let full = (first * 2_u32.pow(doublings)).min(LONGEST_PAUSE);
        Some(full / 2 + full / 2 * u32::from(dice) / 255)
    }
}
