//! The planner against the oracle and against laws, over generated worlds.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at its first surprise and says what it reached"
)]

mod laws;
mod oracle;
mod verify;
