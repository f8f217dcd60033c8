//! How often a read call is attempted, and how long is waited in between.
//!
//! Only listings are patient: nothing above them tries again. All other calls are made once, for the run that makes
//! them has its own retry layer.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use sexton_provider::{CallError, ErrorClass};

#[cfg(test)]
mod tests;

/// Whether a failed read is attempted again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// One attempt.
    Once,
    /// Further attempts where the failure may pass.
    Patient,
}

/// From which pauses on a service is asked again: they double, up to 20 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pauses {
    /// After a passing fault.
    pub first: Duration,
    /// After an answer that a quota is used up, where it does not say how long to wait.
    pub first_throttled: Duration,
}

const ATTEMPTS: u32 = 5;
/// Calls that share a quota of one a second lose their turn to each other many times in a row, and nothing is wrong.
const ATTEMPTS_THROTTLED: u32 = 60;
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// A listing that is told to wait longer gives up.
const LONGEST_HINT: Duration = Duration::from_secs(60);

impl Pauses {
    /// Makes a call, again where the pace allows it and the failure may pass.
    ///
    /// # Errors
    /// The failure of the last attempt.
    pub async fn paced<T, F>(
        &self,
        pace: Pace,
        operation: impl fmt::Display,
        attempt: impl Fn() -> F,
    ) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let (mut throttled, mut failed) = (0, 0);
        loop {
            let error = match attempt().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let attempts = match error.class {
                ErrorClass::Throttle { .. } => &mut throttled,
                ErrorClass::Transient | ErrorClass::Permanent | ErrorClass::Auth => &mut failed,
            };
            *attempts += 1;
            let mut dice = [0];
            if getrandom::fill(&mut dice).is_err() {
                return Err(error);
            }
            match self.pause(pace, *attempts, error.class, dice[0]) {
                Some(pause) => {
                    tracing::debug!(%operation, %error, ?pause, "trying again");
                    tokio::time::sleep(pause).await;
                }
                None => return Err(error),
            }
        }
    }

    /// How long to wait before another attempt; none where there is to be none. `failed_attempts` are those that were
    /// throttled where this one was, and the others where it was not.
    ///
    /// `dice` is a random number, by which the pauses of several listings are spread.
    fn pause(&self, pace: Pace, failed_attempts: u32, class: ErrorClass, dice: u8) -> Option<Duration> {
        let most = match class {
            ErrorClass::Throttle { .. } => ATTEMPTS_THROTTLED,
            ErrorClass::Transient | ErrorClass::Permanent | ErrorClass::Auth => ATTEMPTS,
        };
        if pace == Pace::Once || failed_attempts >= most {
            return None;
        }
        let first = match class {
            ErrorClass::Permanent | ErrorClass::Auth => return None,
            // A hint of no time at all is no leave to ask sixty times at once.
            ErrorClass::Throttle { retry_after: Some(hint) } => {
                let hint = hint.max(self.first);
                return (hint <= LONGEST_HINT).then(|| hint + hint * u32::from(dice) / 1024);
            }
            ErrorClass::Throttle { retry_after: None } => self.first_throttled,
            ErrorClass::Transient => self.first,
        };
        let doublings = failed_attempts.saturating_sub(1).min(10);
        let full = (first * 2_u32.pow(doublings)).min(LONGEST_PAUSE);
        Some(full / 2 + full / 2 * u32::from(dice) / 255)
    }
}
