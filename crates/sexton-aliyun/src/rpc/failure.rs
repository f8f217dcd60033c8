//! What kind of failure an answer is. By the error's code before its HTTP status, for the vendor's own pages disagree
//! on statuses.
//!
//! The codes are those of the vendor's documentation of common errors and of its SDKs' retry policies.

use std::time::Duration;

use reqwest::header::HeaderMap;
use sexton_http::{Codes, seconds_to_wait};
use sexton_provider::Effect;

#[cfg(test)]
mod tests;

/// What the vendor's codes and headers mean.
pub(crate) static CODES: Codes = Codes {
    is_throttle: |code| code.starts_with("Throttling") || code.ends_with(".Throttling"),
    is_auth,
    is_transient,
    effect,
    retry_after,
    in_place_of,
};

fn is_auth(code: &str) -> bool {
    const CODES: [&str; 9] = [
        "Forbidden",
        "IllegalTimestamp",
        "IncompleteSignature",
        "InvalidSecurityToken",
        "MissingSecurityToken",
        "NoPermission",
        "SignatureDoesNotMatch",
        "InvalidAccessKeyId",
        "InvalidAccessKeySecret",
    ];
    const FAMILIES: [&str; 6] = [
        "Forbidden.",
        "InvalidTimeStamp.",
        "InvalidSecurityToken.",
        "AuthenticationFail.",
        "InvalidAccessKeyId.",
        "InvalidCredentials.",
    ];
    CODES.contains(&code) || FAMILIES.iter().any(|family| code.starts_with(family))
}

fn is_transient(code: &str) -> bool {
    const CODES: [&str; 10] = [
        "IncorrectDiskStatus.Initializing",
        "IncorrectInstanceStatus.Initializing",
        "InternalError",
        "LastOrderProcessing",
        "LastTokenProcessing",
        "Operation.Conflict",
        "OperationConflict",
        "ServiceUnavailable",
        "SignatureNonceUsed",
        "UnknownError",
    ];
    CODES.contains(&code) || code.starts_with("ServiceUnavailable.")
}

/// What a code says of whether the call did its work.
fn effect(code: &str) -> Option<Effect> {
    match code {
        "InternalError" | "UnknownError" | "SignatureNonceUsed" => Some(Effect::Unknown),
        "DryRunOperation" => Some(Effect::None),
        _ => None,
    }
}

/// How long the provider asks to wait: its own header in milliseconds, the time left of a rate window as one version
/// of its SDK read it, or the standard header in seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let number = |text: &str| text.parse::<u64>().ok();
    let left = |name: &str| {
        let fields = text(name)?;
        fields.split(',').find_map(|field| number(field.trim().strip_prefix("TimeLeft:")?.trim()))
    };
    text("x-acs-retry-after")
        .and_then(number)
        .or_else(|| left("x-ratelimit-user-api"))
        .or_else(|| left("x-ratelimit-user"))
        .map(Duration::from_millis)
        .or_else(|| seconds_to_wait(headers))
}

/// A message about a signature repeats the signed request.
fn in_place_of(code: Option<&str>, message: &str) -> Option<&'static str> {
    let echoes_the_request = message.contains("ACS3-HMAC") || message.to_lowercase().contains("string to sign");
    let of_the_signature = matches!(code, Some("SignatureDoesNotMatch" | "IncompleteSignature"));
    (echoes_the_request || of_the_signature).then_some(
        "the provider computed another signature: check the access key secret (its message repeats the signed request and is left out)",
    )
}
