//! The provider `aliyun-ecs`.

mod compound;
mod decode;
mod dependents;
mod list;
mod outcome;
mod pages;
mod permission;
mod probe;
mod provider;
mod queries;
mod references;
mod remove;
mod row;
mod rulebook;
mod vocabulary;

pub use provider::{ConnectError, EcsConfig, EcsProvider, RegionChoice};
pub use rulebook::ecs_rulebook;
