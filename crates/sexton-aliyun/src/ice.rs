//! The provider `aliyun-ice`: live snapshots of Intelligent Media Services.

mod compound;
mod decode;
mod dependents;
mod list;
mod outcome;
mod probe;
mod provider;
mod queries;
mod remove;
mod rulebook;
mod vocabulary;
mod windows;

pub use provider::{IceConfig, IceProvider};
pub use rulebook::ice_rulebook;
