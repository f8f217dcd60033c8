//! What a journal holds: one record for everything that happened to a run, in its order.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sexton_core::time::Timestamp;

use crate::outcome::{FailureClass, Outcome};

/// One line of a journal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place, from 1, without gaps.
    pub seq: u64,
    /// When it was made.
    pub at: Timestamp,
    /// What it says.
    pub record: Record,
}

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Record {
    /// The run was begun (session 1) or taken up again.
    SessionBegan {
        /// Which time, from 1.
        session: u32,
    },
    /// A provider said that it is who the plan speaks of.
    Identified {
        /// `provider:account:region`.
        scope: String,
    },
    /// Nothing new is begun any more.
    Stopping {
        /// Why.
        cause: StopCause,
    },
    /// Nothing new is begun until told otherwise.
    Paused,
    /// A pause is over.
    Unpaused,
    /// The session ended by itself.
    SessionEnded {
        /// Which.
        session: u32,
        /// Whether every step's resource is out of the way.
        complete: bool,
    },
    /// Something happened to a step.
    Step {
        /// The step's index in the plan.
        step: u32,
        /// What.
        record: StepRecord,
    },
}

/// What happened to a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepRecord {
    /// A removal call is about to be sent.
    Intent {
        /// Which call for this step, from 1.
        attempt: u32,
        /// The number of the call in its session; steps that share it go in one call.
        call: u64,
    },
    /// The call of the last intent was not sent.
    NotSent,
    /// The provider has begun to remove.
    Accepted {
        /// The provider's id of the request.
        request_id: Option<String>,
    },
    /// The call surely did nothing, and another attempt follows.
    NoEffect {
        /// What was answered.
        trouble: Trouble,
    },
    /// The call may have done its work: it is read whether it did.
    Unsettled {
        /// What was answered.
        trouble: Trouble,
    },
    /// Reading after an unknown outcome found the resource still there.
    StillThere,
    /// The step ended.
    Ended {
        /// How.
        outcome: Outcome,
    },
    /// A later session takes the step up again.
    Reopened,
}

impl StepRecord {
    /// The record's name, as it stands in a journal.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            StepRecord::Intent { .. } => "intent",
            StepRecord::NotSent => "not-sent",
            StepRecord::Accepted { .. } => "accepted",
            StepRecord::NoEffect { .. } => "no-effect",
            StepRecord::Unsettled { .. } => "unsettled",
            StepRecord::StillThere => "still-there",
            StepRecord::Ended { .. } => "ended",
            StepRecord::Reopened => "reopened",
        }
    }
}

/// A failed call, or a refusal that another attempt may get past.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trouble {
    /// Of what sort a failure is; none for a refusal.
    pub class: Option<FailureClass>,
    /// The provider's code.
    pub code: Option<String>,
    /// In words.
    pub message: String,
    /// The provider's id of the request.
    pub request_id: Option<String>,
}

/// Why nothing new is begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StopCause {
    /// The caller asked for it.
    Requested,
    /// A provider did not accept the credentials.
    Auth {
        /// What it said.
        message: String,
    },
    /// More steps failed than the settings allow.
    Failures {
        /// How many.
        failed: u32,
    },
    /// One of the first removals of its kind, which were to show that they go well, did not.
    Canary {
        /// Its step.
        step: u32,
    },
    /// The session has taken as long as the settings allow.
    TimeUp,
}
