//! The journal of a run: the plan as it was approved, and a record of everything that happened since, in its order.
//!
//! # The file, version 1
//!
//! A SQLite database in WAL mode, application id `0x53585446` (`SXTF`), user version 1. It is made under another name
//! and put in its place complete, so a journal that is there can be resumed. Commits of records are synced to the disk
//! before they count (`synchronous=FULL`). Beside it stands `NAME.lock`, which whoever writes the journal holds locked.
//!
//! | table | row |
//! |---|---|
//! | `run(id INTEGER PRIMARY KEY CHECK (id = 1), run TEXT, plan_digest TEXT, created_at TEXT, plan BLOB)` | one: the run's id, the plan's digest, when the journal was made, and the plan document, byte by byte |
//! | `verification(id INTEGER PRIMARY KEY CHECK (id = 1), found TEXT)` | one or none: what verification found, as JSON |
//! | `records(seq INTEGER PRIMARY KEY, at TEXT, step INTEGER, record TEXT)` | one for each record: its place from 1 without gaps, when it was made, the step it speaks of or null, and what it says as JSON |
//!
//! A record is `{"session-began":{…}}`, `{"identified":{…}}`, `{"stopping":{…}}`, `"paused"`, `"unpaused"`,
//! `{"session-ended":{…}}` or
//! `{"step":{"step":N,"record":…}}`, whose inner record is one of `intent`, `not-sent`, `accepted`, `no-effect`,
//! `unsettled`, `still-there`, `ended` and `reopened`. What they mean to a step is said by one
//! [table](crate::machine::transition), live and on resume.
//!
//! No secret is ever recorded: providers keep them out of what they return.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sexton_core::plan::{Plan, PlanReadError};
use sexton_core::time::Timestamp;

use crate::run::RunId;

mod fold;
mod read;
mod record;
mod retell;
mod sqlite;
mod store;
#[cfg(test)]
mod tests;

pub use fold::{FoldError, History, StepHistory};
pub use read::{JournalReader, RunStatus};
pub use record::{Entry, Record, StepRecord, StopCause, Trouble};
pub use store::{MemoryStore, Store};

/// The version of the journal's file that is read and written.
pub const VERSION: u32 = 2;

/// Why a journal cannot be made, opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// There is none.
    #[error("there is no journal at {}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// There is a file already.
    #[error("{} is there already: resume it, or name another journal", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be made or written where it is.
    #[error("the journal {} cannot be written", path.display())]
    NotWritable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file cannot be read.
    #[error("the journal {} cannot be read", path.display())]
    NotReadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process, or another part of this one, writes it.
    #[error("the journal {} is in use by another run of sexton", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{} is not a sexton journal", path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// The file is of a version that is not known here.
    #[error("{} is a journal of version {found}; this sexton reads version {VERSION}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The journal is of another plan.
    #[error("{} is the journal of plan {found}, not of {wanted}", path.display())]
    OtherPlan {
        /// The file.
        path: PathBuf,
        /// The plan that was meant.
        wanted: String,
        /// The plan it is of.
        found: String,
    },
    /// The file is damaged.
    #[error("the journal {} is damaged: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How.
        problem: String,
    },
    /// The plan in the journal, or the one to be put into it, is not one.
    #[error("the plan of the journal {} cannot be used", path.display())]
    Plan {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: PlanReadError,
    },
    /// The records are not those of a run of the plan.
    #[error("the records of the journal {} make no run", path.display())]
    Records {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: FoldError,
    },
    /// There is no room for it.
    #[error("there is no room for the journal {}", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: rusqlite::Error,
    },
    /// The database refused.
    #[error("the journal {}: {doing} failed", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: rusqlite::Error,
    },
}

/// What a new journal begins with.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The run's name.
    pub run: RunId,
    /// When the journal is made.
    pub created_at: Timestamp,
    /// The plan document, byte by byte.
    pub plan: Vec<u8>,
    /// What verification found before the run, to be kept with it.
    pub verification: Option<serde_json::Value>,
}

/// A journal that is held for writing: a run that can be begun or resumed.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    run: RunId,
    plan: Arc<Plan>,
    history: History,
    store: Box<dyn Store>,
}

/// A journal that is made while its plan is still verified: a long plan takes a while to write. It stands under another
/// name until it is finished, and is removed if it never is.
#[derive(Debug)]
pub struct JournalDraft {
    run: RunId,
    plan: Arc<Plan>,
    path: PathBuf,
    draft: sqlite::Draft,
}

impl JournalDraft {
    /// Writes the plan of a new run, without what verification found.
    ///
    /// # Errors
    /// The file is there already, cannot be written or is in use; or the bytes are no plan.
    pub fn write(path: &Path, new: &NewRun) -> Result<Self, JournalError> {
        let plan = Arc::new(read_plan(path, &new.plan)?);
        let draft = sqlite::Draft::write(path, new, &plan.digest)?;
        Ok(Self { run: new.run.clone(), plan, path: path.to_owned(), draft })
    }

    /// The plan that the run is to carry out.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// Keeps what verification found, and puts the journal in its place.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self, verification: Option<&serde_json::Value>) -> Result<Journal, JournalError> {
        let Self { run, plan, path, draft } = self;
        let store = Box::new(draft.finish(verification)?);
        Ok(Journal { path, run, history: History::new(plan.steps.len()), plan, store })
    }
}

/// What a journal is made of.
#[derive(Debug)]
pub(crate) struct JournalParts {
    pub(crate) path: PathBuf,
    pub(crate) run: RunId,
    pub(crate) plan: Arc<Plan>,
    pub(crate) history: History,
    pub(crate) store: Box<dyn Store>,
}

impl Journal {
    /// Makes the journal of a new run.
    ///
    /// # Errors
    /// The file is there already, cannot be written or is in use; or the bytes are no plan.
    pub fn create(path: &Path, new: &NewRun) -> Result<Self, JournalError> {
        JournalDraft::write(path, new)?.finish(new.verification.as_ref())
    }

    /// Opens the journal of a run to take it up again.
    ///
    /// # Errors
    /// The file is missing, in use, cannot be written, is no journal, is of another version, or is damaged.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let (store, contents) = sqlite::open(path)?;
        let (run, plan, history) = contents.understand(path)?;
        Ok(Self { path: path.to_owned(), run, plan: Arc::new(plan), history, store: Box::new(store) })
    }

    /// Keeps a run's records in a store of the caller's own.
    ///
    /// # Errors
    /// The bytes are no plan, or the entries no records of a run of it.
    pub fn in_store(new: &NewRun, entries: &[Entry], store: Box<dyn Store>) -> Result<Self, JournalError> {
        let path = PathBuf::from("(in memory)");
        let plan = read_plan(&path, &new.plan)?;
        let history = History::fold(plan.steps.len(), entries)
            .map_err(|source| JournalError::Records { path: path.clone(), source })?;
        Ok(Self { path, run: new.run.clone(), plan: Arc::new(plan), history, store })
    }

    /// Refuses a journal of another plan than the one that is meant.
    ///
    /// # Errors
    /// It is of another plan.
    pub fn require_plan(&self, digest: &str) -> Result<(), JournalError> {
        if self.plan.digest == digest {
            return Ok(());
        }
        Err(JournalError::OtherPlan {
            path: self.path.clone(),
            wanted: digest.to_owned(),
            found: self.plan.digest.clone(),
        })
    }

    /// The run's name.
    #[must_use]
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// The plan that the run carries out.
    #[must_use]
    pub fn plan(&self) -> &Arc<Plan> {
        &self.plan
    }

    /// What happened so far.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes it apart for the driver.
    pub(crate) fn into_parts(self) -> JournalParts {
        let Self { path, run, plan, history, store } = self;
        JournalParts { path, run, plan, history, store }
    }
}

fn read_plan(path: &Path, bytes: &[u8]) -> Result<Plan, JournalError> {
    Plan::read(bytes).map_err(|source| JournalError::Plan { path: path.to_owned(), source })
}
