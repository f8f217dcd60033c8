//! The provider `aliyun-ecs`.

mod compound;
mod decode;
mod dependents;
mod list;
mod outcome;
mod permission;
mod probe;
mod provider;
mod queries;
mod references;
mod remove;
mod rulebook;
mod vocabulary;

pub use provider::{EcsConfig, EcsProvider};
pub use rulebook::ecs_rulebook;
