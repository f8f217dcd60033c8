//! What a provider allows of one operation in an account and region.

use std::num::NonZeroU32;
use std::time::Duration;

use sexton_core::address::Kind;

/// A bucket of tokens, one for each account and region. Every call that counts takes one, and there is none without.
///
/// Quotas can differ from account to account, so they are the provider's and not its rulebook's. An operation that no
/// quota speaks of is called as fast as it is answered, and more slowly once it is throttled.
///
/// ```
/// use std::time::Duration;
/// use sexton_provider::{Counted, Quota};
///
/// // A burst of a hundred, then five in a second.
/// let quota = Quota {
///     operation: "DeleteSnapshot".to_owned(),
///     counts: vec![Counted::Removal { operation: "DeleteSnapshot".to_owned() }],
///     capacity: 100.try_into().unwrap(),
///     refill: Duration::from_millis(200),
/// };
/// assert_eq!(quota.counts.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// The provider's name of the operation, or of what it counts together.
    pub operation: String,
    /// The calls that take a token.
    pub counts: Vec<Counted>,
    /// Tokens in a full bucket.
    pub capacity: NonZeroU32,
    /// How long a token takes to come back. Nothing: there is no quota.
    pub refill: Duration,
}

/// A call that counts against a quota.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Counted {
    /// A removal by this operation.
    Removal {
        /// The operation, by the rulebook.
        operation: String,
    },
    /// A second look at resources of this kind.
    Probe {
        /// The kind.
        kind: Kind,
    },
    /// Asking what refers to a resource of this kind.
    Dependents {
        /// The kind.
        kind: Kind,
    },
}
