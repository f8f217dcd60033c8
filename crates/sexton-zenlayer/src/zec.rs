//! The provider `zenlayer-zec`.

mod decode;
mod dependents;
mod list;
mod outcome;
mod pages;
mod probe;
mod provider;
mod queries;
mod remove;
mod row;
mod rulebook;
mod stage;
mod vocabulary;
mod zones;

pub use provider::{ConnectError, RegionChoice, ZecConfig, ZecProvider};
pub use rulebook::zec_rulebook;
