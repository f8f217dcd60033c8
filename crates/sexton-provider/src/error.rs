//! A failed call: its class, which decides about another attempt, and whether it may have had an effect.

use std::time::Duration;

/// What kind of failure it is, for the one retry layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// Over a quota: later, and slower.
    Throttle {
        /// How long the provider asks to wait.
        retry_after: Option<Duration>,
    },
    /// A passing fault: a connection, a 5xx, a conflict with a concurrent operation.
    Transient,
    /// Another attempt gives the same answer.
    Permanent,
    /// The credentials are wrong, expired, or lack a permission.
    Auth,
}

/// Whether a failed call may have done its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Surely not: the provider refused before doing anything, or the call was not sent.
    None,
    /// Perhaps: it timed out, broke off, or was answered by a 5xx. Settled by reading.
    Unknown,
}

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {}{message}{}", code.as_deref().map(|code| format!("{code}: ")).unwrap_or_default(), request_id.as_deref().map(|id| format!(" (request {id})")).unwrap_or_default())]
pub struct CallError {
    /// Decides about another attempt.
    pub class: ErrorClass,
    /// Whether the call may have done its work.
    pub effect: Effect,
    /// The provider's operation.
    pub operation: String,
    /// The provider's error code, where it gave one.
    pub code: Option<String>,
    /// The HTTP status, where there was an answer.
    pub status: Option<u16>,
    /// What happened, in words, free of secrets.
    pub message: String,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}
