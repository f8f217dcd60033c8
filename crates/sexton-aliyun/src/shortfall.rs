//! Why a listing is not complete, and what a person can do about it.

use sexton_core::time::Timestamp;
use sexton_http::refused;
use sexton_provider::{CallError, ErrorClass};

use crate::pages::{MOST_PAGES, PASSES};
use crate::row::DecodeError;

/// Why a listing is not complete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Shortfall {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// A page cannot be read.
    #[error("{operation}: {source}")]
    Unreadable { operation: &'static str, source: DecodeError },
    /// The next page is one that was read before.
    #[error("{operation}: the provider repeats a page token, so the listing would not end")]
    TokenRepeats { operation: &'static str },
    /// The next page is said to begin where this one did.
    #[error(
        "{operation}: the next page is said to begin at {next}, which is not after this one: the listing would not end"
    )]
    Stands { operation: &'static str, next: Timestamp },
    /// Where the next page begins cannot be read.
    #[error("{operation}: the next page is said to begin at {next:?}, which is no time")]
    NoTime { operation: &'static str, next: String },
    /// More pages than there can be.
    #[error("{operation}: the listing does not end within {MOST_PAGES} pages")]
    NoEnd { operation: &'static str },
    /// Every attempt saw another number of rows than the provider said there are.
    #[error(
        "{operation}: the listing changed while it was read, {PASSES} times (last: {seen} of {total} rows): list again when less is going on"
    )]
    Moves { operation: &'static str, seen: u64, total: u64 },
}

impl Shortfall {
    /// The same as the failure of a look.
    pub(crate) fn into_error(self) -> CallError {
        match self {
            Self::Call(error) => error,
            Self::Unreadable { operation, source } => refused(operation, source.to_string()),
            Self::TokenRepeats { operation }
            | Self::Stands { operation, .. }
            | Self::NoTime { operation, .. }
            | Self::NoEnd { operation } => refused(operation, self.to_string()),
            // What moved may stand still the next time.
            Self::Moves { operation, .. } => {
                CallError { class: ErrorClass::Transient, ..refused(operation, self.to_string()) }
            }
        }
    }

    /// What happened and what to do.
    pub(crate) fn advice(&self) -> String {
        match self {
            Self::Call(error) => advice(error),
            Self::Unreadable { .. }
            | Self::TokenRepeats { .. }
            | Self::Stands { .. }
            | Self::NoTime { .. }
            | Self::NoEnd { .. }
            | Self::Moves { .. } => self.to_string(),
        }
    }
}

/// A failed call, and which permission it wants where that is what it lacks.
pub(crate) fn advice(error: &CallError) -> String {
    if lacks_permission(error) {
        format!("{error}: the identity needs the RAM action {}", ram_action(&error.operation))
    } else {
        error.to_string()
    }
}

/// Whether the identity may not make the call, and nothing is wrong with its key.
pub(crate) fn lacks_permission(error: &CallError) -> bool {
    const OF_THE_KEY: [&str; 7] = [
        "IllegalTimestamp",
        "IncompleteSignature",
        "InvalidAccessKey",
        "InvalidSecurityToken",
        "InvalidTimeStamp",
        "MissingSecurityToken",
        "SignatureDoesNotMatch",
    ];
    let of_the_key = |code: &str| OF_THE_KEY.iter().any(|family| code.starts_with(family));
    error.class == ErrorClass::Auth && !error.code.as_deref().is_some_and(of_the_key)
}

/// The RAM action that allows an operation.
fn ram_action(operation: &str) -> String {
    let product = match operation {
        "DescribeScalingConfigurations" => "ess",
        snapshots if snapshots.contains("LiveSnapshot") => "ice",
        _ => "ecs",
    };
    format!("{product}:{operation}")
}
