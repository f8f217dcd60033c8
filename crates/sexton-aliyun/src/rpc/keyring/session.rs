//! Credentials with the time at which they end.

use jiff::{SignedDuration, Timestamp};

use crate::credential::Credentials;

/// Credentials, and how long they last.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(super) credentials: Credentials,
    /// From when on others are asked for, and when they end; none for ever.
    ends: Option<(Timestamp, Timestamp)>,
}

/// How long before their end others are asked for, as the vendor's SDKs do it.
const AHEAD: SignedDuration = SignedDuration::from_secs(180);

impl Session {
    /// Credentials that do not end of themselves.
    pub(super) fn lasting(credentials: Credentials) -> Self {
        Self { credentials, ends: None }
    }

    /// Credentials that end. Where they last for a short time only, others are asked for in its last quarter.
    pub(super) fn until(credentials: Credentials, expires: Timestamp, now: Timestamp) -> Self {
        let quarter = expires.duration_since(now) / 4;
        let due = expires.checked_sub(quarter.min(AHEAD).max(SignedDuration::ZERO)).unwrap_or(expires);
        Self { credentials, ends: Some((due, expires)) }
    }

    /// Whether others should be asked for.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|(due, _)| now >= due)
    }

    /// Whether they have ended.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.ends.is_some_and(|(_, expires)| now >= expires)
    }
}
