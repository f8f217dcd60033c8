//! One call to an Alibaba Cloud RPC service: which host, how it is signed, how a failure is told, and how a listing
//! paces itself. Knows no product: operations, parameters and answers are the callers'.

mod client;
mod endpoint;
mod failure;
mod keyring;
mod pace;
mod signature;
mod signed;

pub(crate) use client::{Call, Purpose, Reply, RpcClient, Service};
pub(crate) use endpoint::Endpoint;
pub use endpoint::EndpointError;
pub(crate) use failure::refused;
pub(crate) use pace::Pace;
pub use signed::SignatureVersion;

/// The failure of a change that was answered with that status and code, for the tests of what codes mean.
#[cfg(test)]
pub(crate) fn error_of_status_and_code(status: u16, code: &str) -> sexton_provider::CallError {
    use sexton_provider::Effect;
    sexton_provider::CallError {
        class: failure::class_of(status, Some(code), None),
        effect: if failure::may_have_acted(status, Some(code)) { Effect::Unknown } else { Effect::None },
        operation: "Operation".to_owned(),
        code: Some(code.to_owned()),
        status: Some(status),
        message: "message".to_owned(),
        request_id: None,
    }
}
