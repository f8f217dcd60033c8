//! What can go wrong.

use serde::{Deserialize, Serialize};
use sexton_core::address::Address;

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Fault {
    /// One call fails: the `nth`, from 1, of its sort to which the trouble can happen.
    Call {
        /// Of which sort.
        sort: CallSort,
        /// Which.
        nth: u32,
        /// How.
        trouble: Trouble,
    },
    /// Everything is throttled for a while.
    Storm {
        /// From when.
        at_ms: u64,
        /// How long.
        for_ms: u64,
        /// What the provider says to wait.
        retry_after_ms: Option<u64>,
    },
    /// The credentials expire: every call fails until the next session.
    Expiry {
        /// When.
        at_ms: u64,
    },
    /// What a holder guarded stays guarded after it is gone.
    Lingers {
        /// The holder.
        holder: Address,
        /// How long.
        for_ms: u64,
    },
    /// Readings show a resource after it is gone.
    Shown {
        /// The resource.
        resource: Address,
        /// How long.
        for_ms: u64,
    },
    /// An accepted removal is taken back by the provider: the resource is as it was.
    Reverted {
        /// The resource.
        resource: Address,
        /// How often.
        times: u32,
    },
    /// A colleague makes something that refers to a resource.
    Referred {
        /// When.
        at_ms: u64,
        /// The resource referred to.
        target: Address,
    },
    /// A colleague tags a resource.
    Tagged {
        /// When.
        at_ms: u64,
        /// The resource.
        target: Address,
    },
    /// A colleague removes a resource.
    Removed {
        /// When.
        at_ms: u64,
        /// The resource.
        target: Address,
    },
    /// A colleague removes a resource and makes another of the same id.
    Remade {
        /// When.
        at_ms: u64,
        /// The resource.
        target: Address,
    },
    /// An attribute claims a holder that nobody can see: one in another account.
    Claimed {
        /// When.
        at_ms: u64,
        /// The resource.
        target: Address,
    },
    /// What an attribute claims of holders is brought up to date late.
    Lags {
        /// The resource.
        resource: Address,
        /// How late.
        for_ms: u64,
    },
    /// An account's credentials are refreshed, and the run is told so.
    Refreshed {
        /// When.
        at_ms: u64,
        /// The account.
        account: String,
    },
    /// An account's credentials are refreshed with those of somebody else, until the next session. The run is told that
    /// they were refreshed.
    Swapped {
        /// When.
        at_ms: u64,
        /// The account.
        account: String,
    },
    /// In one session, what is configured for an account's region serves another region.
    Elsewhere {
        /// The session, from 1.
        session: u32,
        /// The account.
        account: String,
        /// The region.
        region: String,
    },
}

/// A sort of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallSort {
    /// Who the caller is.
    Identity,
    /// A reading of resources.
    Probe,
    /// A reading of what refers to a resource.
    Dependents,
    /// A removal.
    Removal,
}

/// How one call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// Over a quota, with a hint how long to wait or without.
    Throttled {
        /// The hint.
        retry_after_ms: Option<u64>,
    },
    /// Refused for the moment, surely without effect.
    Busy,
    /// A 5xx without an effect, of which the caller cannot know.
    ErrorBefore,
    /// A 5xx after the effect.
    ErrorAfter,
    /// No answer in time, and no effect.
    TimeoutBefore,
    /// No answer in time after the effect.
    TimeoutAfter,
    /// No answer in time, and the effect comes later still.
    LateEffect {
        /// How much later than the caller gave up.
        by_ms: u64,
    },
    /// Refused for good.
    Denied,
    /// Every second target of a removal is left alone, and the answer says so of each.
    PartialBatch,
    /// Every second target of a removal is left alone, and the answer says it was removed.
    LyingBatch,
    /// Every target is removed, and the answer says of every second one that nothing was done.
    DenyingBatch,
    /// The answer of a removal speaks of fewer targets than were asked for.
    ShortBatch,
}

impl Trouble {
    /// Whether it can happen to a call of that sort with so many targets.
    #[must_use]
    pub fn fits(self, sort: CallSort, targets: usize) -> bool {
        match self {
            Trouble::Throttled { .. } | Trouble::Busy | Trouble::TimeoutBefore | Trouble::Denied => true,
            Trouble::ErrorBefore | Trouble::ErrorAfter | Trouble::TimeoutAfter | Trouble::LateEffect { .. } => {
                sort == CallSort::Removal
            }
            Trouble::PartialBatch | Trouble::LyingBatch | Trouble::DenyingBatch | Trouble::ShortBatch => {
                sort == CallSort::Removal && targets > 1
            }
        }
    }

    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Trouble::Throttled { .. } => "throttled",
            Trouble::Busy => "busy",
            Trouble::ErrorBefore => "error-before",
            Trouble::ErrorAfter => "error-after",
            Trouble::TimeoutBefore => "timeout-before",
            Trouble::TimeoutAfter => "timeout-after",
            Trouble::LateEffect { .. } => "late-effect",
            Trouble::Denied => "denied",
            Trouble::PartialBatch => "partial-batch",
            Trouble::LyingBatch => "lying-batch",
            Trouble::DenyingBatch => "denying-batch",
            Trouble::ShortBatch => "short-batch",
        }
    }
}

impl CallSort {
    /// Its name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            CallSort::Identity => "identity",
            CallSort::Probe => "probe",
            CallSort::Dependents => "dependents",
            CallSort::Removal => "removal",
        }
    }
}

impl Fault {
    /// Its name in reports.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Fault::Call { sort, trouble, .. } => format!("{} {}", sort.name(), trouble.name()),
            Fault::Storm { .. } => "storm".to_owned(),
            Fault::Expiry { .. } => "expiry".to_owned(),
            Fault::Lingers { .. } => "lingers".to_owned(),
            Fault::Shown { .. } => "shown".to_owned(),
            Fault::Reverted { .. } => "reverted".to_owned(),
            Fault::Referred { .. } => "referred".to_owned(),
            Fault::Tagged { .. } => "tagged".to_owned(),
            Fault::Removed { .. } => "removed".to_owned(),
            Fault::Remade { .. } => "remade".to_owned(),
            Fault::Claimed { .. } => "claimed".to_owned(),
            Fault::Lags { .. } => "lags".to_owned(),
            Fault::Refreshed { .. } => "refreshed".to_owned(),
            Fault::Swapped { .. } => "swapped".to_owned(),
            Fault::Elsewhere { .. } => "elsewhere".to_owned(),
        }
    }

    /// Whether a run gets over it: whatever the plan names is removed all the same, sooner or later.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Fault::Call { trouble, .. } => !matches!(trouble, Trouble::Denied | Trouble::LyingBatch),
            Fault::Storm { .. }
            | Fault::Lingers { .. }
            | Fault::Shown { .. }
            | Fault::Lags { .. }
            | Fault::Refreshed { .. } => true,
            Fault::Expiry { .. }
            | Fault::Reverted { .. }
            | Fault::Referred { .. }
            | Fault::Tagged { .. }
            | Fault::Removed { .. }
            | Fault::Remade { .. }
            | Fault::Claimed { .. }
            | Fault::Swapped { .. }
            | Fault::Elsewhere { .. } => false,
        }
    }

    /// When it strikes by itself, in milliseconds from the beginning of the first session; none where it is part of
    /// something that happens anyway.
    #[must_use]
    pub fn strikes_at_ms(&self) -> Option<u64> {
        match self {
            Fault::Storm { at_ms, .. }
            | Fault::Expiry { at_ms }
            | Fault::Referred { at_ms, .. }
            | Fault::Tagged { at_ms, .. }
            | Fault::Removed { at_ms, .. }
            | Fault::Remade { at_ms, .. }
            | Fault::Claimed { at_ms, .. }
            | Fault::Refreshed { at_ms, .. }
            | Fault::Swapped { at_ms, .. } => Some(*at_ms),
            Fault::Call { .. }
            | Fault::Lingers { .. }
            | Fault::Shown { .. }
            | Fault::Reverted { .. }
            | Fault::Lags { .. }
            | Fault::Elsewhere { .. } => None,
        }
    }
}
