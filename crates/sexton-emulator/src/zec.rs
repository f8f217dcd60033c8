//! Zenlayer ZEC: the calls of API 2025-09-01 (and those that 2024-04-01 has of them) that a garbage collector needs.

mod behaviour;
pub(crate) mod cloud;
mod events;
mod gate;
mod generate;
mod listings;
mod parameters;
mod records;
mod removals;
mod world;

pub use behaviour::{FailedLists, ZecBehaviour};
pub use generate::ZecGenerate;
pub use world::{DEFAULT_ZEC_ACCOUNT, DEFAULT_ZEC_REGION, ZecWorld};
