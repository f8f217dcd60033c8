//! Alibaba Cloud for Sexton.

mod credential;
mod ecs;
mod rpc;

pub use credential::{CredentialError, CredentialSource, Credentials};
pub use ecs::{ConnectError, EcsConfig, EcsProvider, RegionChoice, ecs_rulebook};
pub use rpc::EndpointError;
