//! One call to an Alibaba Cloud RPC service: which host, how it is signed, how a failure is told, and how a listing
//! paces itself. Knows no product: operations, parameters and answers are the callers'.

mod client;
mod endpoint;
mod failure;
mod pace;
mod signature;

pub(crate) use client::{Call, Purpose, Reply, RpcClient, Service};
pub(crate) use endpoint::Endpoint;
pub use endpoint::EndpointError;
pub(crate) use pace::Pace;
