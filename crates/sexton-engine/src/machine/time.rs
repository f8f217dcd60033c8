//! The machine's time: a point on a clock that only goes forward, given with every input.

use std::time::Duration;

/// A point in time of one session, counted from its start. The machine never reads a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonoTime(Duration);

impl MonoTime {
    /// When the session began.
    pub const START: MonoTime = MonoTime(Duration::ZERO);

    /// So long after the start.
    #[must_use]
    pub const fn from_start(passed: Duration) -> Self {
        Self(passed)
    }

    /// How long after the start.
    #[must_use]
    pub const fn since_start(self) -> Duration {
        self.0
    }

    /// So much later; the end of time where it could not be held.
    #[must_use]
    pub const fn after(self, delay: Duration) -> Self {
        Self(self.0.saturating_add(delay))
    }

    /// Time passed from `earlier` to this point; none where `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: MonoTime) -> Duration {
        self.0.saturating_sub(earlier.0)
    }

    /// The first point of a grid that is not before this one, so that what is due at about one time is due together.
    #[must_use]
    pub(crate) fn on_grid(self, grid: Duration) -> Self {
        let (nanos, grid) = (self.0.as_nanos(), grid.as_nanos());
        if grid == 0 || nanos % grid == 0 {
            return self;
        }
        let rounded = (nanos / grid + 1).saturating_mul(grid);
        match u64::try_from(rounded) {
            Ok(rounded) => Self(Duration::from_nanos(rounded)),
            Err(_) => self,
        }
    }
}
