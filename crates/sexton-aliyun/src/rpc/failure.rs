//! What kind of failure an answer is. By the error's code before its HTTP status, for the vendor's own pages disagree
//! on statuses.
//!
//! The codes are those of the vendor's documentation of common errors and of its SDKs' retry policies.

use std::time::Duration;

use reqwest::header::HeaderMap;
use sexton_provider::{CallError, Effect, ErrorClass};

#[cfg(test)]
mod tests;

/// The class of an error answer.
pub(crate) fn class_of(status: u16, code: Option<&str>, retry_after: Option<Duration>) -> ErrorClass {
    let code = code.unwrap_or_default();
    if status == 429 || code.starts_with("Throttling") || code.ends_with(".Throttling") {
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

/// Whether an error answer leaves open that the call did its work.
pub(crate) fn may_have_acted(status: u16, code: Option<&str>) -> bool {
    match code {
        // A page of something between us and the provider.
        None => true,
        Some("InternalError" | "UnknownError" | "SignatureNonceUsed") => true,
        Some("DryRunOperation") => false,
        Some(_) => !(400..500).contains(&status) || status == 408,
    }
}

/// How long the provider asks to wait: its own header in milliseconds, the time left of a rate window as one version
/// of its SDK read it, or the standard header in seconds.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
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
        .or_else(|| text("retry-after").and_then(number).map(Duration::from_secs))
}

/// A provider's or a proxy's words, made fit to show: no secret, no control character, not endless.
pub(crate) fn presentable(code: Option<&str>, message: &str, secrets: &[&str]) -> String {
    const LIMIT: usize = 500;
    let echoes_the_request = message.contains("ACS3-HMAC") || message.to_lowercase().contains("string to sign");
    if echoes_the_request || matches!(code, Some("SignatureDoesNotMatch" | "IncompleteSignature")) {
        return "the provider computed another signature: check the access key secret (its message repeats the signed request and is left out)".to_owned();
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

/// A failure of our own, found before or after a call, for which another attempt is of no use.
pub(crate) fn refused(operation: &str, message: String) -> CallError {
    CallError {
        class: ErrorClass::Permanent,
        effect: Effect::None,
        operation: operation.to_owned(),
        code: None,
        status: None,
        message,
        request_id: None,
    }
}
