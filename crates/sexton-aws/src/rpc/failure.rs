//! What kind of failure an answer is. By the error's code before its HTTP status, for the services differ in statuses.
//!
//! The codes are those of the vendor's lists of common errors of the EC2, STS, Auto Scaling and Recycle Bin APIs, and of
//! the retry rules of its SDKs.

use sexton_http::{Codes, seconds_to_wait};
use sexton_provider::{CallError, Effect};

#[cfg(test)]
mod tests;

/// What the vendor's codes and headers mean.
pub(crate) static CODES: Codes =
    Codes { is_throttle, is_auth, is_transient, effect, retry_after: seconds_to_wait, in_place_of };

fn is_throttle(code: &str) -> bool {
    const CODES: [&str; 8] = [
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "TooManyRequestsException",
    ];
    CODES.contains(&code) || code.starts_with("Throttl")
}

fn is_auth(code: &str) -> bool {
    const CODES: [&str; 21] = [
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "Blocked",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "OptInRequired",
        "PendingVerification",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
    ];
    CODES.contains(&code)
}

/// Whether the identity may not make the call, and nothing is wrong with its key.
pub(crate) fn lacks_permission(error: &CallError) -> bool {
    let codes = ["AccessDenied", "AccessDeniedException", "NotAuthorized", "UnauthorizedOperation"];
    error.code.as_deref().is_some_and(|code| codes.contains(&code))
}

fn is_transient(code: &str) -> bool {
    const CODES: [&str; 9] = [
        "InternalError",
        "InternalFailure",
        "InternalServerException",
        "PriorRequestNotComplete",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Unavailable",
    ];
    CODES.contains(&code)
}

/// What a code says of whether the call did its work.
fn effect(code: &str) -> Option<Effect> {
    // Refused before anything was done, whatever the status: EC2 throttles with 503.
    if is_throttle(code) || is_auth(code) {
        return Some(Effect::None);
    }
    is_transient(code).then_some(Effect::Unknown)
}

/// A message about a signature repeats the signed request.
fn in_place_of(code: Option<&str>, message: &str) -> Option<&'static str> {
    let echoes_the_request = message.contains("AWS4-HMAC") || message.to_lowercase().contains("canonical string");
    let of_the_signature =
        matches!(code, Some("SignatureDoesNotMatch" | "IncompleteSignature" | "InvalidSignatureException"));
    (echoes_the_request || of_the_signature).then_some(
        "the provider computed another signature: check the secret access key (its message repeats the signed request and is left out)",
    )
}
