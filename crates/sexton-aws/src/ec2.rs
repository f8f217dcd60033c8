//! The provider `aws-ec2`.

mod compound;
mod decode;
mod dependents;
mod list;
mod outcome;
mod pages;
mod probe;
mod provider;
mod queries;
mod quota;
mod recycle_bin;
mod references;
mod remove;
mod row;
mod rulebook;
mod vocabulary;

pub use provider::{ConnectError, Ec2Config, Ec2Provider, RegionChoice};
pub use rulebook::ec2_rulebook;
