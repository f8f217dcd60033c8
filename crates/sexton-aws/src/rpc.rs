//! One call to an AWS service: which host, how it is signed, and how its answer or its failure is read. Knows no product: operations, parameters and answers are the callers'.

mod client;
mod element;
mod failure;
mod signature;

pub(crate) use client::{Call, Client, Reply, Request, Service};
pub(crate) use element::Element;
pub(crate) use failure::lacks_permission;

/// The failure of a change that was answered with that status, code and message, for the tests of what codes mean.
#[cfg(test)]
pub(crate) fn error_of(status: u16, code: &str, message: &str) -> sexton_provider::CallError {
    sexton_provider::CallError {
        class: failure::CODES.class_of(status, Some(code), None),
        effect: failure::CODES.effect_of(status, Some(code)),
        operation: "Operation".to_owned(),
        code: Some(code.to_owned()),
        status: Some(status),
        message: message.to_owned(),
        request_id: None,
    }
}
