//! Where a step stands, as far as the journal says.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::outcome::Outcome;

/// What was tried for a step so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Tries {
    /// Intents recorded.
    pub count: u32,
    /// Whether one of the calls may have had an effect although the resource was seen after it: found gone later, it
    /// was removed by this run.
    pub unsure: bool,
}

/// Where a step stands. What changes it is a record, by [`transition`](crate::machine::transition::transition).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// No call is under way and the step has not ended.
    Waiting(Tries),
    /// A call was about to be sent and its outcome is not recorded.
    Called(Tries),
    /// The provider has begun to remove; it is polled until the resource is gone.
    Accepted {
        /// What was tried.
        tries: Tries,
        /// The provider's id of the request.
        request_id: Option<String>,
    },
    /// A call may have done its work; it is read whether it did.
    Unsettled(Tries),
    /// The step has an outcome.
    Ended {
        /// What was tried.
        tries: Tries,
        /// The outcome.
        outcome: Outcome,
    },
}

impl StepState {
    /// Nothing was done yet.
    pub const NEW: StepState = StepState::Waiting(Tries { count: 0, unsure: false });

    /// What was tried so far.
    #[must_use]
    pub fn tries(&self) -> Tries {
        match self {
            StepState::Waiting(tries)
            | StepState::Called(tries)
            | StepState::Accepted { tries, .. }
            | StepState::Unsettled(tries)
            | StepState::Ended { tries, .. } => *tries,
        }
    }

    /// The outcome, where the step has ended.
    #[must_use]
    pub fn outcome(&self) -> Option<&Outcome> {
        match self {
            StepState::Ended { outcome, .. } => Some(outcome),
            StepState::Waiting(_) | StepState::Called(_) | StepState::Accepted { .. } | StepState::Unsettled(_) => None,
        }
    }

    /// Whether the resource is out of the way.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.outcome().is_some_and(Outcome::is_done)
    }

    /// The state's name, as it stands in a receipt.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            StepState::Waiting(_) => "waiting",
            StepState::Called(_) => "called",
            StepState::Accepted { .. } => "accepted",
            StepState::Unsettled(_) => "unsettled",
            StepState::Ended { .. } => "ended",
        }
    }
}
