//! The wall clock, read once at the edge of a session.

use std::time::{SystemTime, UNIX_EPOCH};

use sexton_core::time::{Span, Timestamp};

/// Says what time it is.
pub trait WallClock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

impl<F: Fn() -> Timestamp + Send + Sync> WallClock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl WallClock for SystemClock {
    fn now(&self) -> Timestamp {
        let epoch = Timestamp::from_second(0).expect("the epoch is within the calendar");
        let nanos = |duration: std::time::Duration| i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
        let passed = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(passed) => nanos(passed),
            Err(before) => -nanos(before.duration()),
        };
        Span::from_nanos(passed)
            .and_then(|passed| epoch.checked_add(passed))
            .expect("the system's clock is between the years -9999 and 9999")
    }
}
