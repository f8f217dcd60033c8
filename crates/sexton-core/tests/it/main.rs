//! The planner against the oracle and against laws, over generated worlds; policies, by tables.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise and says what it reached")]

mod explain;
mod greatest;
mod laws;
mod limits;
mod oracle;
mod regressions;
mod retention;
mod scene;
mod verify;
mod warnings;
