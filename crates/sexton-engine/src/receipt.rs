//! What a run ends in: how each step stands, and what it took. Serialisable as it is.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sexton_core::address::Address;
use sexton_core::plan::FreedBytes;
use sexton_core::time::Timestamp;

use crate::journal::StopCause;
use crate::machine::StepState;
use crate::outcome::Outcome;
use crate::run::RunId;

pub(crate) mod document;

pub use document::{ReceiptDocument, ReceiptEntry, ReceiptError};

/// The end of one session of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// The run.
    pub run: RunId,
    /// The plan's digest.
    pub plan: String,
    /// The session: 1, and one more at each resume.
    pub session: u32,
    /// When the session began.
    pub began_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Whether every step's resource is out of the way.
    pub complete: bool,
    /// Why nothing new was begun, where that was so.
    pub stopped: Option<StopCause>,
    /// How the steps stand.
    pub counts: Counts,
    /// The calls that this session made.
    pub calls: Calls,
    /// What the removals of the run free, by estimate: between what is surely nobody else's and all.
    pub freed_bytes: FreedBytes,
    /// Every step, by index.
    pub steps: Vec<StepReport>,
}

/// How one step stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// Its index in the plan.
    pub index: u32,
    /// Its resource.
    pub address: Address,
    /// Where it stands. What has not ended is left for a resume.
    pub state: StepState,
    /// When its last record was made; none where nothing was done yet.
    pub at: Option<Timestamp>,
}

/// Steps by how they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    /// Removed by this run.
    pub removed: u64,
    /// Gone before it.
    pub already_gone: u64,
    /// In a recycle bin.
    pub parked: u64,
    /// Refused by the provider.
    pub refused: u64,
    /// No longer what the plan was made for.
    pub stale: u64,
    /// Failed.
    pub failed: u64,
    /// Not known to be gone.
    pub unknown: u64,
    /// Behind a step that did not remove its resource.
    pub blocked: u64,
    /// Begun and not ended: to be settled by a resume.
    pub underway: u64,
    /// Not begun, or to be tried again: left for a resume.
    pub left: u64,
}

impl Counts {
    /// Counts states.
    #[must_use]
    pub fn of<'a>(states: impl IntoIterator<Item = &'a StepState>) -> Self {
        let mut counts = Self::default();
        for state in states {
            counts.add(state);
        }
        counts
    }

    pub(crate) fn add(&mut self, state: &StepState) {
        *match state {
            StepState::Waiting(_) => &mut self.left,
            StepState::Called(_) | StepState::Accepted { .. } | StepState::Unsettled(_) => &mut self.underway,
            StepState::Ended { outcome, .. } => self.of_outcome(outcome),
        } += 1;
    }

    /// The count of the steps that ended so.
    pub(crate) fn of_outcome(&mut self, outcome: &Outcome) -> &mut u64 {
        match outcome {
            Outcome::Removed { .. } => &mut self.removed,
            Outcome::AlreadyGone => &mut self.already_gone,
            Outcome::Parked { .. } => &mut self.parked,
            Outcome::Refused { .. } => &mut self.refused,
            Outcome::Stale { .. } => &mut self.stale,
            Outcome::Failed { .. } => &mut self.failed,
            Outcome::Unknown { .. } => &mut self.unknown,
            Outcome::Blocked { .. } => &mut self.blocked,
        }
    }

    /// Every count with its name, the outcomes first.
    #[must_use]
    pub fn named(&self) -> [(&'static str, u64); 10] {
        [
            ("removed", self.removed),
            ("already-gone", self.already_gone),
            ("parked", self.parked),
            ("refused", self.refused),
            ("stale", self.stale),
            ("failed", self.failed),
            ("unknown", self.unknown),
            ("blocked", self.blocked),
            ("underway", self.underway),
            ("left", self.left),
        ]
    }

    /// Steps that ended without their resource being out of the way.
    #[must_use]
    pub fn not_removed(&self) -> u64 {
        self.refused + self.stale + self.failed + self.unknown + self.blocked
    }

    /// Steps whose resource is out of the way.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.removed + self.already_gone + self.parked
    }

    /// All steps.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.done() + self.refused + self.stale + self.failed + self.unknown + self.blocked + self.underway + self.left
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |sum, counts| Self {
            removed: sum.removed + counts.removed,
            already_gone: sum.already_gone + counts.already_gone,
            parked: sum.parked + counts.parked,
            refused: sum.refused + counts.refused,
            stale: sum.stale + counts.stale,
            failed: sum.failed + counts.failed,
            unknown: sum.unknown + counts.unknown,
            blocked: sum.blocked + counts.blocked,
            underway: sum.underway + counts.underway,
            left: sum.left + counts.left,
        })
    }
}

/// Calls made.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Calls {
    /// Questions who the caller is.
    pub identity: u64,
    /// Readings of resources.
    pub probe: u64,
    /// Readings of what refers to a resource.
    pub dependents: u64,
    /// Removal calls by operation.
    pub removal: BTreeMap<String, u64>,
    /// The fewest calls by which the same steps could have been called, by operation: those that may share a call
    /// taken together up to the provider's limit, and none tried again.
    #[serde(default)]
    pub fewest: BTreeMap<String, u64>,
}
