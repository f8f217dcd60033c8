//! The contract between Sexton and a provider crate.
//!
//! A provider lists what is there, looks again at what a plan names, and removes it. It decides nothing: what may go
//! is said by its [rulebook](sexton_core::rulebook::Rulebook) and the user's policy. It tries nothing again that failed in passing: an error
//! says of what [class](ErrorClass) it is and whether the call may have had an effect, and the run decides.

mod contract;
mod error;
mod quota;
mod removal;
pub mod wrap;

pub use contract::{Identity, ListProblem, ListSink, Observed, Provider};
pub use error::{CallError, Effect, ErrorClass};
pub use quota::{Counted, Quota};
pub use removal::{Answer, Refusal, RefusalClass, RemovalCall, RemovalTarget};
