//! What a server may do to a client: a file of settings, off by default, and the decisions that follow from it. Decisions
//! depend on the seed and on how many calls came before, never on the time.

use std::num::{NonZeroU32, NonZeroU64};

use serde::Deserialize;

use crate::credential::Credential;
use crate::dice::Dice;
use crate::world::Ways;
use crate::zec::ZecBehaviour;

#[cfg(test)]
mod tests;

/// The settings of a faults file (TOML or JSON). Without one nothing is throttled and nothing fails.
///
/// ```toml
/// seed = 7
///
/// [behaviour]
/// image_deletion_ms = 2000
/// missing = "ignored"                                  # or "not-found"
///
/// [[fault]]
/// operation = "DeleteSnapshot"
/// when = { one_in = 5 }                                # or { calls = [1, 3] }; every call where there is none
/// answer = { error = { after_effect = true } }         # 500 InternalError; also status, code
///
/// [[fault]]
/// operation = "Delete*"
/// when = { calls = [2] }
/// answer = { drop = { after_effect = true } }          # also throttle, hang, truncate,
///                                                      # bad_gateway, garble, html, gigantic, drip, decorate,
///                                                      # challenge, echo
///
/// [[quota]]
/// operation = "Describe*"
/// calls = 10
/// per_ms = 1000
/// retry_after = true
///
/// [[credential]]
/// access_key_id = "auditor"
/// access_key_secret = "auditor-secret"
/// deny = ["DescribeInstances", "Delete*"]
///
/// [[credential]]
/// access_key_id = "reader"
/// access_key_secret = "reader-secret"
/// ram_policy = [
///     { Version = "1", Statement = [{ Effect = "Allow", Action = ["ecs:Describe*"], Resource = "*" }] },
/// ]
/// ```
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Of everything that is random below.
    pub seed: u64,
    /// How the service behaves where its documentation leaves it open.
    pub behaviour: Behaviour,
    /// Calls that are answered wrongly, or not at all. The first that applies to a call stands.
    pub fault: Vec<Fault>,
    /// Calls allowed in a span of time.
    pub quota: Vec<Quota>,
    /// Calls that take time.
    pub latency: Vec<Latency>,
    /// Further identities. One with the access key id of the emulator's own takes its place.
    pub credential: Vec<Credential>,
}

/// How the service behaves where its documentation leaves it open, or says only that it takes time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Behaviour {
    /// How long an image stays listed, and guards its snapshots, after its deletion was accepted.
    pub image_deletion_ms: u64,
    /// For how long after an image is gone its snapshots are still refused with `SnapshotCreatedImage`.
    pub guard_lingers_ms: u64,
    /// How long the credentials of an assumed role are accepted, in place of what was asked for.
    pub session_ms: Option<u64>,
    /// Whether `Usage` keeps saying what held a resource after its holders are gone.
    pub usage_lags: bool,
    /// When snapshots in progress, images being created and tasks finish after the start, unless they say so themselves;
    /// never where there is none.
    pub finishes_after_ms: Option<u64>,
    /// What the removal of something that is not there answers: the documentation says both.
    pub missing: Missing,
    /// The HTTP status of `DryRunOperation`, which the documentation does not give.
    pub dry_run_status: u16,
    /// Whether pages by token come short, and empty, while more follow.
    pub short_pages: bool,
    /// What only ZEC leaves open.
    pub zec: ZecBehaviour,
}

/// What the removal of something that is not there answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// 404 `Invalid…Id.NotFound`.
    #[default]
    NotFound,
    /// 200, as if it had been removed.
    Ignored,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            image_deletion_ms: 200,
            guard_lingers_ms: 0,
            session_ms: None,
            usage_lags: false,
            finishes_after_ms: None,
            missing: Missing::default(),
            dry_run_status: 400,
            short_pages: false,
            zec: ZecBehaviour::default(),
        }
    }
}

impl Behaviour {
    pub(crate) fn ways(&self) -> Ways {
        Ways {
            usage_lags: self.usage_lags,
            guard_lingers_ms: self.guard_lingers_ms,
            finishes_after_ms: self.finishes_after_ms,
        }
    }
}

/// One sort of wrong answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which calls: a name, a beginning followed by `*`, or `*`.
    pub operation: String,
    /// How often.
    #[serde(default)]
    pub when: When,
    /// What they get.
    pub answer: FaultAnswer,
}

/// Which of the calls that a fault speaks of it hits.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Every one.
    #[default]
    Always,
    /// One in that many, at random.
    OneIn(NonZeroU32),
    /// These, counted from 1.
    Calls(Vec<u64>),
}

/// What a call gets in place of its answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultAnswer {
    /// The service's own refusal of too many calls (400 `Throttling.User` of ECS), without effect.
    Throttle {
        /// Sent along in the service's own header (`x-acs-retry-after` of ECS).
        #[serde(default)]
        retry_after_ms: Option<u64>,
    },
    /// An error of the service.
    Error {
        /// The HTTP status.
        #[serde(default = "internal_error_status")]
        status: u16,
        /// The code.
        #[serde(default = "internal_error_code")]
        code: String,
        /// Whether the work is done all the same.
        #[serde(default)]
        after_effect: bool,
    },
    /// The connection is closed without an answer.
    Drop {
        /// Whether the work is done all the same.
        #[serde(default)]
        after_effect: bool,
    },
    /// No answer for that long, then the connection is closed.
    Hang {
        /// For how long.
        ms: u64,
        /// Whether the work is done all the same.
        #[serde(default)]
        after_effect: bool,
    },
    /// The work is done; status 200 and half of the body.
    Truncate {},
    /// A page of a proxy, not the service's format: status 502, without effect.
    BadGateway {},
    /// The work is done; status 200, and bytes that are no text from the middle of the body on.
    Garble {},
    /// The work is done; status 200, and a web page in place of the body.
    Html {},
    /// The work is done; the body is followed by that many MiB of blanks.
    Gigantic {
        /// How many, each of 1,048,576 bytes.
        mib: u64,
    },
    /// The work is done; the body comes a byte at a time.
    Drip {
        /// The time before each byte, in milliseconds.
        ms: u64,
    },
    /// The work is done; the body has unknown fields everywhere.
    Decorate {},
    /// A page for a browser, of what stands before the service: status 403 with `cf-mitigated: challenge`, without effect.
    Challenge {},
    /// A page of a proxy that repeats the request with its headers: status 502, without effect.
    Echo {
        /// How many characters stand before it.
        #[serde(default)]
        before: u16,
    },
}

impl FaultAnswer {
    /// Its key in a faults file.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Throttle { .. } => "throttle",
            Self::Error { .. } => "error",
            Self::Drop { .. } => "drop",
            Self::Hang { .. } => "hang",
            Self::Truncate {} => "truncate",
            Self::BadGateway {} => "bad_gateway",
            Self::Garble {} => "garble",
            Self::Html {} => "html",
            Self::Gigantic { .. } => "gigantic",
            Self::Drip { .. } => "drip",
            Self::Decorate {} => "decorate",
            Self::Challenge {} => "challenge",
            Self::Echo { .. } => "echo",
        }
    }
}

/// Whether a pattern names the operation: its name, or a beginning followed by `*`.
pub(crate) fn names(pattern: &str, operation: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => operation.starts_with(beginning),
        None => operation == pattern,
    }
}

fn internal_error_status() -> u16 {
    500
}

fn internal_error_code() -> String {
    "InternalError".to_owned()
}

/// Calls allowed in a span of time; more are throttled.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Which calls; all that match share the quota.
    pub operation: String,
    /// How many.
    pub calls: u64,
    /// In each span of so many milliseconds, the first beginning with the first call.
    pub per_ms: NonZeroU64,
    /// Whether the refusal says when the span ends.
    #[serde(default)]
    pub retry_after: bool,
}

/// Calls that take time.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Which calls.
    pub operation: String,
    /// At least so long.
    pub min_ms: u64,
    /// At most so long.
    pub max_ms: u64,
}

/// Why a faults file cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultsError {
    /// A status that an error cannot have.
    #[error("a fault's status must be from 400 to 599, not {0}")]
    Status(u16),
    /// A latency whose bounds are the wrong way round.
    #[error("the latency of {operation} has min_ms above max_ms")]
    Latency {
        /// The operation of that latency.
        operation: String,
    },
}

/// The decisions, call by call.
#[derive(Debug)]
pub(crate) struct Mischief {
    seed: u64,
    faults: Vec<(Fault, u64)>,
    quotas: Vec<(Quota, Option<Window>)>,
    latencies: Vec<(Latency, u64)>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    began_ms: i64,
    used: u64,
}

impl Mischief {
    pub(crate) fn new(faults: Faults) -> Result<Self, FaultsError> {
        for fault in &faults.fault {
            match &fault.answer {
                FaultAnswer::Error { status, .. } if !(400..600).contains(status) => {
                    return Err(FaultsError::Status(*status));
                }
                FaultAnswer::Error { .. }
                | FaultAnswer::Throttle { .. }
                | FaultAnswer::Drop { .. }
                | FaultAnswer::Hang { .. }
                | FaultAnswer::Truncate {}
                | FaultAnswer::BadGateway {}
                | FaultAnswer::Garble {}
                | FaultAnswer::Html {}
                | FaultAnswer::Gigantic { .. }
                | FaultAnswer::Drip { .. }
                | FaultAnswer::Decorate {}
                | FaultAnswer::Challenge {}
                | FaultAnswer::Echo { .. } => {}
            }
        }
        if !(400..600).contains(&faults.behaviour.dry_run_status) {
            return Err(FaultsError::Status(faults.behaviour.dry_run_status));
        }
        if let Some(latency) = faults.latency.iter().find(|latency| latency.min_ms > latency.max_ms) {
            return Err(FaultsError::Latency { operation: latency.operation.clone() });
        }
        Ok(Self {
            seed: faults.seed,
            faults: faults.fault.into_iter().map(|fault| (fault, 0)).collect(),
            quotas: faults.quota.into_iter().map(|quota| (quota, None)).collect(),
            latencies: faults.latency.into_iter().map(|latency| (latency, 0)).collect(),
        })
    }

    /// What the call gets in place of its answer. Quotas come first: what is throttled reaches no fault.
    pub(crate) fn strike(&mut self, operation: &str, now_ms: i64) -> Option<FaultAnswer> {
        self.exceeded(operation, now_ms).or_else(|| self.fault(operation))
    }

    fn exceeded(&mut self, operation: &str, now_ms: i64) -> Option<FaultAnswer> {
        let mut answer = None;
        for (quota, window) in &mut self.quotas {
            if !names(&quota.operation, operation) {
                continue;
            }
            let length = i64::try_from(quota.per_ms.get()).unwrap_or(i64::MAX);
            let mut current = window.unwrap_or(Window { began_ms: now_ms, used: 0 });
            let passed = now_ms.saturating_sub(current.began_ms);
            if passed >= length {
                current = Window { began_ms: now_ms - passed % length, used: 0 };
            }
            if current.used >= quota.calls {
                let left = current.began_ms.saturating_add(length).saturating_sub(now_ms);
                let retry_after_ms = quota.retry_after.then(|| u64::try_from(left.max(1)).unwrap_or(1));
                answer = answer.or(Some(FaultAnswer::Throttle { retry_after_ms }));
            } else {
                current.used += 1;
            }
            *window = Some(current);
        }
        answer
    }

    fn fault(&mut self, operation: &str) -> Option<FaultAnswer> {
        let seed = self.seed;
        let mut answer = None;
        for (index, (fault, calls)) in (1_u64..).zip(&mut self.faults) {
            if !names(&fault.operation, operation) {
                continue;
            }
            *calls += 1;
            let hit = match &fault.when {
                When::Always => true,
                When::OneIn(many) => Dice::split(seed, index, *calls).below(u64::from(many.get())) == 0,
                When::Calls(numbers) => numbers.contains(calls),
            };
            if hit && answer.is_none() {
                answer = Some(fault.answer.clone());
            }
        }
        answer
    }

    /// How long the call takes beside its own work: the longest latency that applies.
    pub(crate) fn delay_ms(&mut self, operation: &str) -> u64 {
        let seed = self.seed;
        (1_001_u64..)
            .zip(&mut self.latencies)
            .filter(|(_, (latency, _))| names(&latency.operation, operation))
            .map(|(index, (latency, calls))| {
                *calls += 1;
                Dice::split(seed, index, *calls).between(latency.min_ms, latency.max_ms)
            })
            .max()
            .unwrap_or(0)
    }
}
