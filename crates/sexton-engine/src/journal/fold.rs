//! What a journal's records amount to: where each step stands.

use sexton_core::time::Timestamp;

use crate::journal::{Entry, Record};
use crate::machine::{IllegalTransition, StepState, transition};

/// Why the records of a journal are not those of a run of its plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FoldError {
    /// A record is missing, or two have one place.
    #[error("record {expected} is missing: the next is {found}")]
    Gap {
        /// The place that had to follow.
        expected: u64,
        /// The place found.
        found: u64,
    },
    /// A record speaks of a step that the plan does not have.
    #[error("record {seq} speaks of step {step}, and the plan has {steps}")]
    NoSuchStep {
        /// The record.
        seq: u64,
        /// The step it names.
        step: u32,
        /// How many there are.
        steps: usize,
    },
    /// A record does not fit the state of its step.
    #[error("record {seq} cannot follow those before it")]
    Illegal {
        /// The record.
        seq: u64,
        /// Why not.
        source: IllegalTransition,
    },
}

/// Where a step stands, and since when.
#[derive(Debug, Clone, PartialEq)]
pub struct StepHistory {
    /// Where it stands.
    pub state: StepState,
    /// When its last record was made; none where it has none.
    pub at: Option<Timestamp>,
}

/// What the records of a run amount to.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The sessions so far; 0 where the run was never begun.
    pub sessions: u32,
    /// The place of the last record; 0 without any.
    pub last_seq: u64,
    /// When the first record was made.
    pub began_at: Option<Timestamp>,
    /// When the last record was made.
    pub last_at: Option<Timestamp>,
    /// Whether the last session ended by itself, and then whether nothing is left.
    pub ended: Option<bool>,
    /// Whether the last session was told to pause and not to go on.
    pub paused: bool,
    /// By index.
    pub steps: Vec<StepHistory>,
}

impl History {
    /// Nothing happened yet.
    #[must_use]
    pub fn new(steps: usize) -> Self {
        Self {
            sessions: 0,
            last_seq: 0,
            began_at: None,
            last_at: None,
            ended: None,
            paused: false,
            steps: vec![StepHistory { state: StepState::NEW, at: None }; steps],
        }
    }

    /// Folds records into where the steps of a plan stand.
    ///
    /// # Errors
    /// The records are not those of a run of a plan of that many steps.
    pub fn fold<'a>(steps: usize, entries: impl IntoIterator<Item = &'a Entry>) -> Result<Self, FoldError> {
        let mut history = Self::new(steps);
        for entry in entries {
            history.apply(entry)?;
        }
        Ok(history)
    }

    /// Takes in the next record.
    ///
    /// # Errors
    /// It cannot follow those before it.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), FoldError> {
        if entry.seq != self.last_seq + 1 {
            return Err(FoldError::Gap { expected: self.last_seq + 1, found: entry.seq });
        }
        match &entry.record {
            Record::SessionBegan { session } => {
                self.sessions = *session;
                self.ended = None;
                self.paused = false;
            }
            Record::SessionEnded { complete, .. } => self.ended = Some(*complete),
            Record::Paused => self.paused = true,
            Record::Unpaused => self.paused = false,
            Record::Identified { .. } | Record::Stopping { .. } => {}
            Record::Step { step, record } => {
                let steps = self.steps.len();
                let position = usize::try_from(*step).ok().filter(|position| *position < steps);
                let Some(position) = position else {
                    return Err(FoldError::NoSuchStep { seq: entry.seq, step: *step, steps });
                };
                let history = &mut self.steps[position];
                let state = std::mem::replace(&mut history.state, StepState::NEW);
                history.state =
                    transition(*step, state, record).map_err(|source| FoldError::Illegal { seq: entry.seq, source })?;
                history.at = Some(entry.at);
            }
        }
        self.last_seq = entry.seq;
        self.began_at.get_or_insert(entry.at);
        self.last_at = Some(entry.at);
        Ok(())
    }
}
