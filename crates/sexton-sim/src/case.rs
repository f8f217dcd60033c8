//! One simulation as data: which world, what goes wrong when, where the process dies. What is written here can be kept
//! in a file and run again, and is what a failing seed is shrunk to.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sexton_core::rulebook::Rulebook;
use sexton_provider::Counted;

mod fault;
mod generate;
#[cfg(test)]
mod tests;

pub use fault::{CallSort, Fault, Trouble};
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
    /// When the first session is paused.
    #[serde(default)]
    pub pause: Option<Pause>,
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
    /// The same as a share of all steps, in percent.
    #[serde(default)]
    pub max_failed_percent: Option<u8>,
    /// How long a session may begin new steps.
    #[serde(default)]
    pub max_duration_ms: Option<u64>,
}

impl Pace {
    /// Without bounds, and with as many calls at a time as usual.
    pub const PLAIN: Pace =
        Pace { max_in_flight: 64, lookahead: 200, max_failures: None, max_failed_percent: None, max_duration_ms: None };
}

/// A pause of the first session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// After this many outputs.
    pub after: u32,
    /// How long it lasts.
    pub for_ms: u64,
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
    /// What the cloud takes of one sort of call, in each account and region, before it throttles; none for no limit.
    pub quotas: Vec<Quota>,
    /// Where what is removed lies for a while.
    #[serde(default)]
    pub bins: Vec<Bin>,
}

/// A recycle bin: what is removed of a kind is put into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bin {
    /// The kind.
    pub kind: String,
    /// How long it keeps what is put into it, where the cloud says.
    pub keeps_ms: Option<u64>,
    /// What readings show of it.
    pub shown: Shown,
}

/// What readings show of what lies in a recycle bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// That it lies there.
    Parked,
    /// Nothing.
    Nothing,
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
