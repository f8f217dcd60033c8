//! A bucket of tokens of the cloud's own. What the engine knows of quotas is its own affair.

use std::time::Duration;

use sexton_engine::machine::MonoTime;

use crate::case::Quota;

#[derive(Debug, Clone)]
pub(super) struct Bucket {
    burst: f64,
    per_second: f64,
    tokens: f64,
    filled_at: MonoTime,
}

impl Bucket {
    pub(super) fn new(quota: &Quota) -> Self {
        let burst = f64::from(quota.burst.max(1));
        Self { burst, per_second: quota.per_second.max(0.001), tokens: burst, filled_at: MonoTime::START }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// There is none; says in how long there is.
    pub(super) fn take(&mut self, now: MonoTime) -> Result<(), Duration> {
        let passed = now.since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_second).min(self.burst);
        self.filled_at = now;
        // Rounding must not throttle who comes exactly when there is a token.
        if self.tokens >= 1.0 - 1e-6 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.tokens) / self.per_second))
    }
}
