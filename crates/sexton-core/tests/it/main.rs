//! The planner against the oracle and against laws, over generated worlds.

mod laws;
mod oracle;
