//! A seeded virtual cloud in process, with virtual time, in which whole runs of the engine go wrong in every way that is
//! known, and are checked.
//!
//! A [`Case`](case::Case) says what world there is, what goes wrong, and where the process dies. [`run`](run::run) runs
//! the engine's machine through it, [`examine`](invariant::examine) checks what happened. The same case gives the same
//! run, so that a failing one can be [shrunk](shrink::shrink), kept and run again.
//!
//! ```
//! use sexton_sim::case::{CallSort, Fault, Trouble, quiet};
//! use sexton_sim::invariant::examine;
//! use sexton_sim::log::Moment;
//! use sexton_sim::makespan::climate;
//! use sexton_sim::run::run;
//! use sexton_sim::world::Lab;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let lab = Lab::new()?;
//! let mut case = quiet(7, 3, climate(false));
//! // The first removal times out after it has done its work.
//! case.faults.push(Fault::Call { sort: CallSort::Removal, nth: 1, trouble: Trouble::TimeoutAfter });
//! let world = lab.world(&case.clusters)?;
//! let run = run(&world, &case)?;
//! assert_eq!(examine(&world, &case, &run.log), []);
//! assert!(run.log.iter().any(|logged| logged.moment == Moment::Fired { fault: 0 }));
//! # Ok(())
//! # }
//! ```
//!
//! The cloud is also a [provider](provider::CloudProvider), for tests of whatever drives one on tokio.

pub mod case;
pub mod cloud;
pub mod estate;
pub mod invariant;
pub mod log;
pub mod makespan;
pub mod provider;
mod random;
pub mod run;
pub mod shrink;
pub mod soak;
pub mod world;

pub use random::Random;
