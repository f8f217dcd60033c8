//! Runs one plan: sans-IO machine, journal, tokio driver.

pub mod driver;
pub mod event;
pub mod journal;
mod lock;
pub mod machine;
mod outcome;
mod receipt;
mod run;
mod settings;
#[cfg(test)]
mod testing;

pub use lock::{LockError, RunLocks};
pub use outcome::{Difference, FailureClass, Outcome};
pub use receipt::{Calls, Counts, Receipt, StepReport};
pub use run::{RunId, RunIdError};
pub use settings::{RetrySettings, Settings, SettleSettings};
