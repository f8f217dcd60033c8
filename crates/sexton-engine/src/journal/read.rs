//! How a run stands, read from its journal while it may be running.

use std::path::{Path, PathBuf};

use sexton_core::plan::Plan;
use sexton_core::time::Timestamp;

use super::{Entry, History, JournalError, sqlite};
use crate::receipt::{Counts, StepReport};
use crate::run::RunId;

/// Reads a journal and never writes it.
#[derive(Debug)]
pub struct JournalReader {
    path: PathBuf,
}

/// How a run stands.
#[derive(Debug)]
pub struct RunStatus {
    /// The run's name.
    pub run: RunId,
    /// When its journal was made.
    pub created_at: Timestamp,
    /// What verification found before the run, where that was kept.
    pub verification: Option<serde_json::Value>,
    /// The plan.
    pub plan: Plan,
    /// Whether a process holds the journal: the run is under way now.
    pub live: bool,
    /// Everything that happened, in its order.
    pub entries: Vec<Entry>,
    /// What that amounts to.
    pub history: History,
}

impl JournalReader {
    /// Names the journal to read.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Reads how the run stands at this moment.
    ///
    /// # Errors
    /// The file is missing, cannot be read, is no journal, is of another version, or is damaged.
    pub fn status(&self) -> Result<RunStatus, JournalError> {
        let (contents, live) = sqlite::look(&self.path)?;
        let damaged = |problem: String| JournalError::Damaged { path: self.path.clone(), problem };
        let (run, plan, history) = contents.understand(&self.path)?;
        let created_at = contents
            .created_at
            .parse()
            .map_err(|error: sexton_core::time::TimestampError| damaged(error.to_string()))?;
        let verification = contents
            .verification
            .map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|error| damaged(error.to_string()))?;
        Ok(RunStatus { run, created_at, verification, plan, live, entries: contents.entries, history })
    }
}

impl RunStatus {
    /// How the steps stand, counted.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts::of(self.history.steps.iter().map(|step| &step.state))
    }

    /// Whether every step's resource is out of the way.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.history.steps.iter().all(|step| step.state.is_done())
    }

    /// How each step stands, by index.
    #[must_use]
    pub fn steps(&self) -> Vec<StepReport> {
        self.plan
            .steps
            .iter()
            .zip(&self.history.steps)
            .map(|(step, history)| StepReport {
                index: step.index,
                address: step.address.clone(),
                state: history.state.clone(),
                at: history.at,
            })
            .collect()
    }
}
