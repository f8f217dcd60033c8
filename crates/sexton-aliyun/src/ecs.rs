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
mod saved;
mod vocabulary;

pub use provider::{EcsConfig, EcsProvider};
pub use rulebook::ecs_rulebook;
pub use saved::{SavedAnswer, SavedError, SavedListing, SavedOperation, SavedResource, SavedRowError, read_saved};
