//! What kind of failure an answer is. By the error's code before its HTTP status, for the services differ in statuses.
//!
//! The codes are those of the vendor's lists of common errors of the EC2, STS, Auto Scaling and Recycle Bin APIs, and of
//! the retry rules of its SDKs.

use std::time::Duration;

use reqwest::header::HeaderMap;
use sexton_provider::ErrorClass;

#[cfg(test)]
mod tests;

/// The class of an error answer.
pub(crate) fn class_of(status: u16, code: Option<&str>, retry_after: Option<Duration>) -> ErrorClass {
    let code = code.unwrap_or_default();
    if status == 429 || is_throttle(code) {
        return ErrorClass::Throttle { retry_after };
    }
    if is_auth(code) || status == 401 {
        return ErrorClass::Auth;
    }
    if is_transient(code) || status >= 500 || status == 408 {
        return ErrorClass::Transient;
    }
    ErrorClass::Permanent
}

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

/// Whether an error answer leaves open that the call did its work.
pub(crate) fn may_have_acted(status: u16, code: Option<&str>) -> bool {
    match code {
        // A page of something between us and the provider.
        None => true,
        // Refused before anything was done, whatever the status: EC2 throttles with 503.
        Some(code) if is_throttle(code) || is_auth(code) => false,
        Some(code) if is_transient(code) => true,
        Some(_) => !(400..500).contains(&status) || status == 408,
    }
}

/// How long the provider asks to wait, in seconds.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// A provider's or a proxy's words, made fit to show: no secret, no control character, not endless.
pub(crate) fn presentable(code: Option<&str>, message: &str, secrets: &[&str]) -> String {
    const LIMIT: usize = 500;
    let echoes_the_request = message.contains("AWS4-HMAC") || message.to_lowercase().contains("canonical string");
    let of_the_signature =
        matches!(code, Some("SignatureDoesNotMatch" | "IncompleteSignature" | "InvalidSignatureException"));
    if echoes_the_request || of_the_signature {
        return "the provider computed another signature: check the secret access key (its message repeats the signed request and is left out)".to_owned();
    }
    let mut shown = message.to_owned();
    for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
        shown = shown.replace(secret, "(secret)");
    }
    let mut shown: String = shown.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if let Some((end, _)) = shown.char_indices().nth(LIMIT) {
        shown.truncate(end);
        shown.push('…');
    }
    shown
}
