//! Sexton's pure core: what is there, what is garbage, and in which order it can go.
//!
//! Nothing here reads a clock, a file, the environment or a random source: time is an argument, and the same input
//! gives the same bytes.

pub mod address;
pub mod explain;
pub mod fact;
mod graph;
pub mod harmless;
pub mod inventory;
pub mod plan;
pub mod planner;
pub mod policy;
pub mod resource;
pub mod rulebook;
pub mod time;
