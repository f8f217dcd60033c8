//! One simulation as data: which world, what goes wrong when, where the process dies. What is written here can be kept
//! in a file and run again, and is what a failing seed is shrunk to.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sexton_core::address::Address;
use sexton_core::rulebook::Rulebook;
use sexton_provider::Counted;

mod generate;
#[cfg(test)]
mod tests;

pub use generate::{generate, quiet};

/// One simulation. The same case gives the same run, call by call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Decides latencies and the run's own random choices.
    pub seed: u64,
    /// The numbers that the world's clusters are made from.
    pub clusters: Vec<u64>,
    /// How fast the cloud is.
    pub climate: Climate,
    /// How the run is paced.
    pub pace: Pace,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Where the process dies: the first in the first session, and so on. A later session runs to its end.
    pub crashes: Vec<Crash>,
    /// After how many outputs of the first session the run is asked to stop.
    pub stop_after: Option<u32>,
    /// Which append of the run, from 1, fails.
    pub failing_append: Option<u32>,
    /// Sessions that follow where one ended with something left.
    pub resumes: u32,
}

/// How the run is paced; the rest is the engine's default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// Calls under way at one time.
    pub max_in_flight: u32,
    /// Steps of one operation that are being rechecked or wait, rechecked, for their call.
    pub lookahead: u32,
    /// Failures before nothing new is begun.
    pub max_failures: Option<u32>,
}

/// How fast the cloud answers and how much it takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Climate {
    /// From a call to its answer.
    pub call: Latency,
    /// From an accepted removal until the resource is gone.
    pub removal: Latency,
    /// How long an append of the journal takes.
    pub append: Latency,
    /// What the cloud takes of one sort of call before it throttles; none for no limit.
    pub quotas: Vec<Quota>,
}

/// A distribution of lengths of time: its quantiles at equal distances, in microseconds, ascending. Between two of them
/// every length is as likely as another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Latency(pub Vec<u64>);

/// A bucket of tokens: a call takes one, and one that finds none is throttled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// The removal operation, or `probe` or `dependents`.
    pub operation: String,
    /// Tokens that the bucket holds.
    pub burst: u32,
    /// Tokens that come back in a second.
    pub per_second: f64,
    /// Whether the engine is told of it, or finds it out by being throttled.
    #[serde(default)]
    pub told: Told,
}

/// Whether the engine is told of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// It is not.
    #[default]
    No,
    /// It is.
    Yes,
}

impl Quota {
    /// What the engine is told, where it is. A quota of probes or of dependents is for all kinds together.
    fn for_the_engine(&self, rulebook: &Rulebook) -> Option<sexton_provider::Quota> {
        let kinds = || rulebook.kinds.iter().map(|rules| rules.kind.clone());
        let counts = match self.operation.as_str() {
            "probe" => kinds().map(|kind| Counted::Probe { kind }).collect(),
            "dependents" => kinds().map(|kind| Counted::Dependents { kind }).collect(),
            operation => vec![Counted::Removal { operation: operation.to_owned() }],
        };
        (self.told == Told::Yes).then(|| sexton_provider::Quota {
            operation: self.operation.clone(),
            counts,
            capacity: NonZeroU32::new(self.burst).unwrap_or(NonZeroU32::MIN),
            refill: Duration::from_secs_f64(1.0 / self.per_second.max(0.001)),
        })
    }
}

impl Case {
    /// The quotas that the engine is told of.
    #[must_use]
    pub fn told_quotas(&self, rulebook: &Rulebook) -> Vec<sexton_provider::Quota> {
        self.climate.quotas.iter().filter_map(|quota| quota.for_the_engine(rulebook)).collect()
    }
}

/// Where the process dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crash {
    /// After this many outputs of its session.
    pub after: u32,
    /// Whether the append under way is durable all the same.
    pub append_survives: bool,
    /// Whether requests on their way arrive all the same.
    pub requests_arrive: bool,
    /// How long until the next session.
    pub down_ms: u64,
}

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
        }
    }

    /// Whether a run gets over it: whatever the plan names is removed all the same, sooner or later.
    #[must_use]
    pub fn passes(&self) -> bool {
        match self {
            Fault::Call { trouble, .. } => !matches!(trouble, Trouble::Denied | Trouble::LyingBatch),
            Fault::Storm { .. } | Fault::Lingers { .. } | Fault::Shown { .. } => true,
            Fault::Expiry { .. }
            | Fault::Reverted { .. }
            | Fault::Referred { .. }
            | Fault::Tagged { .. }
            | Fault::Removed { .. }
            | Fault::Remade { .. } => false,
        }
    }
}
