//! Worlds, an oracle planner and laws to test deletion orders with.
//!
//! [`rulebook::synthetic`] has a guard of every sort. [`world`] generates inventories and policies under it, small ones
//! and large ones. Two readings of the specification say what is collected: [`oracle`] looks at every subset of a small
//! world, [`greatest`] takes away from above what breaks a condition, and compares a whole plan. [`laws`] say what a
//! change of a world may do to its plan. [`reach`] counts the hard cases that worlds reach. [`rounds`] has the worlds
//! that are worst for a planner. [`conformance`] is what every provider is held to. [`scale`] writes
//! inventories of any size to measure with. [`scripted`] answers the calls of a provider in its own tests, and [`listed`]
//! keeps what it lists.

pub mod conformance;
pub mod greatest;
pub mod laws;
pub mod listed;
pub mod oracle;
pub mod reach;
pub mod rounds;
pub mod rulebook;
pub mod runner;
pub mod scale;
pub mod scripted;
pub mod world;
