//! The transition table of a step. A live run makes its records through it, and a journal is folded through it: there
//! is no second reading of what a record means.
//!
//! | state | record | next |
//! |---|---|---|
//! | waiting | intent of the next attempt | called |
//! | waiting, never called | ended: already gone, refused, stale, failed, blocked, or removed *with* another | ended |
//! | waiting, called before | the same, and removed, parked or unknown where a call may have had an effect | ended |
//! | waiting, nothing called, what goes with another | ended: parked, unknown | ended |
//! | called | not sent, no effect | waiting |
//! | called | accepted | accepted |
//! | called | unsettled | unsettled |
//! | called | still there | waiting, unsure |
//! | called | ended: removed, already gone, parked, refused, failed, unknown | ended |
//! | accepted | ended: removed, parked, unknown | ended |
//! | unsettled | still there | waiting, unsure |
//! | unsettled | ended: removed, parked, unknown | ended |
//! | ended: unknown, called before | reopened | unsettled |
//! | ended: refused, stale, failed, blocked, unknown otherwise | reopened | waiting |

use crate::journal::StepRecord;
use crate::machine::{StepState, Tries};
use crate::outcome::Outcome;

#[cfg(test)]
mod tests;

/// A record that a step's state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("step {step} is {state}: the record {record} is not possible")]
pub struct IllegalTransition {
    /// The step.
    pub step: u32,
    /// The name of its state.
    pub state: String,
    /// The name of the record.
    pub record: String,
}

/// The state of a step after a record.
///
/// # Errors
/// The table above has no such row.
pub fn transition(step: u32, state: StepState, record: &StepRecord) -> Result<StepState, IllegalTransition> {
    match next(&state, record) {
        Some(next) => Ok(next),
        None => Err(IllegalTransition { step, state: describe_state(&state), record: describe_record(record) }),
    }
}

fn next(state: &StepState, record: &StepRecord) -> Option<StepState> {
    let tries = state.tries();
    match (state, record) {
        (StepState::Waiting(_), StepRecord::Intent { attempt, .. }) => {
            (*attempt == tries.count + 1).then_some(StepState::Called(Tries { count: *attempt, ..tries }))
        }
        (StepState::Called(_), StepRecord::NotSent | StepRecord::NoEffect { .. }) => Some(StepState::Waiting(tries)),
        (StepState::Called(_), StepRecord::Accepted { request_id }) => {
            Some(StepState::Accepted { tries, request_id: request_id.clone() })
        }
        (StepState::Called(_), StepRecord::Unsettled { .. }) => Some(StepState::Unsettled(tries)),
        (StepState::Called(_) | StepState::Unsettled(_), StepRecord::StillThere) => {
            Some(StepState::Waiting(Tries { unsure: true, ..tries }))
        }
        (
            StepState::Waiting(_) | StepState::Called(_) | StepState::Accepted { .. } | StepState::Unsettled(_),
            StepRecord::Ended { outcome },
        ) => may_end(state, outcome).then(|| StepState::Ended { tries, outcome: outcome.clone() }),
        (StepState::Ended { outcome, .. }, StepRecord::Reopened) => reopened(tries, outcome),
        (
            StepState::Waiting(_),
            StepRecord::NotSent
            | StepRecord::Accepted { .. }
            | StepRecord::NoEffect { .. }
            | StepRecord::Unsettled { .. }
            | StepRecord::StillThere
            | StepRecord::Reopened,
        )
        | (StepState::Called(_), StepRecord::Intent { .. } | StepRecord::Reopened)
        | (
            StepState::Accepted { .. },
            StepRecord::Intent { .. }
            | StepRecord::NotSent
            | StepRecord::Accepted { .. }
            | StepRecord::NoEffect { .. }
            | StepRecord::Unsettled { .. }
            | StepRecord::StillThere
            | StepRecord::Reopened,
        )
        | (
            StepState::Unsettled(_),
            StepRecord::Intent { .. }
            | StepRecord::NotSent
            | StepRecord::Accepted { .. }
            | StepRecord::NoEffect { .. }
            | StepRecord::Unsettled { .. }
            | StepRecord::Reopened,
        )
        | (
            StepState::Ended { .. },
            StepRecord::Intent { .. }
            | StepRecord::NotSent
            | StepRecord::Accepted { .. }
            | StepRecord::NoEffect { .. }
            | StepRecord::Unsettled { .. }
            | StepRecord::StillThere
            | StepRecord::Ended { .. },
        ) => None,
    }
}

/// Whether a step may end so from this state. A removal without an intent is only that of what goes with another.
fn may_end(state: &StepState, outcome: &Outcome) -> bool {
    match (state, outcome) {
        (StepState::Waiting(tries), Outcome::Removed { with, .. }) => match with {
            Some(_) => tries.count == 0,
            None => tries.unsure,
        },
        (StepState::Waiting(tries), Outcome::Parked { .. } | Outcome::Unknown { .. }) => {
            tries.count == 0 || tries.unsure
        }
        (
            StepState::Waiting(_),
            Outcome::AlreadyGone
            | Outcome::Refused { .. }
            | Outcome::Stale { .. }
            | Outcome::Failed { .. }
            | Outcome::Blocked { .. },
        ) => true,
        (
            StepState::Called(_),
            Outcome::Removed { with: None, .. }
            | Outcome::AlreadyGone
            | Outcome::Parked { .. }
            | Outcome::Refused { .. }
            | Outcome::Failed { .. }
            | Outcome::Unknown { .. },
        ) => true,
        (
            StepState::Accepted { .. } | StepState::Unsettled(_),
            Outcome::Removed { with: None, .. } | Outcome::Parked { .. } | Outcome::Unknown { .. },
        ) => true,
        (
            StepState::Called(_),
            Outcome::Removed { with: Some(_), .. } | Outcome::Stale { .. } | Outcome::Blocked { .. },
        )
        | (
            StepState::Accepted { .. } | StepState::Unsettled(_),
            Outcome::Removed { with: Some(_), .. }
            | Outcome::AlreadyGone
            | Outcome::Refused { .. }
            | Outcome::Stale { .. }
            | Outcome::Failed { .. }
            | Outcome::Blocked { .. },
        )
        | (StepState::Ended { .. }, _) => false,
    }
}

fn reopened(tries: Tries, outcome: &Outcome) -> Option<StepState> {
    match outcome {
        Outcome::Removed { .. } | Outcome::AlreadyGone | Outcome::Parked { .. } => None,
        Outcome::Unknown { .. } if tries.count > 0 => Some(StepState::Unsettled(tries)),
        Outcome::Refused { .. }
        | Outcome::Stale { .. }
        | Outcome::Failed { .. }
        | Outcome::Unknown { .. }
        | Outcome::Blocked { .. } => Some(StepState::Waiting(tries)),
    }
}

fn describe_state(state: &StepState) -> String {
    match state {
        StepState::Ended { outcome, .. } => format!("ended ({})", outcome.name()),
        StepState::Waiting(tries)
        | StepState::Called(tries)
        | StepState::Accepted { tries, .. }
        | StepState::Unsettled(tries) => format!("{} after {} attempts", state.name(), tries.count),
    }
}

fn describe_record(record: &StepRecord) -> String {
    match record {
        StepRecord::Intent { attempt, .. } => format!("intent of attempt {attempt}"),
        StepRecord::Ended { outcome } => format!("ended ({})", outcome.name()),
        StepRecord::NotSent
        | StepRecord::Accepted { .. }
        | StepRecord::NoEffect { .. }
        | StepRecord::Unsettled { .. }
        | StepRecord::StillThere
        | StepRecord::Reopened => record.name().to_owned(),
    }
}
