//! One call to the API: where it goes, how it is signed, and how its answer or its failure is read. Knows no
//! kind of resource: actions, parameters and answers are the callers'.

mod client;
mod failure;
mod signature;

pub use client::ApiVersion;
pub(crate) use client::{Call, Parameters, Reply, RpcClient};
pub(crate) use failure::{SIGNATURE_EXPIRED, UNAUTHORIZED};

/// The failure of a change that was answered with that status and code, for the tests of what codes mean.
#[cfg(test)]
pub(crate) fn error_of_status_and_code(status: u16, code: &str) -> sexton_provider::CallError {
    sexton_provider::CallError {
        class: failure::CODES.class_of(status, Some(code), None),
        effect: failure::CODES.effect_of(status, Some(code)),
        operation: "Operation".to_owned(),
        code: Some(code.to_owned()),
        status: Some(status),
        message: "message".to_owned(),
        request_id: None,
    }
}
