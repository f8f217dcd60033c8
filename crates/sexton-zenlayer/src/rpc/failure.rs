//! What kind of failure an answer is. By the error's code before its HTTP status, for the statuses of the common codes
//! are not documented.
//!
//! The codes are those of the vendor's documentation of each action, of its SDKs, its Kubernetes storage driver and its
//! Terraform provider.

use std::time::Duration;

use reqwest::header::HeaderMap;
use sexton_provider::ErrorClass;

#[cfg(test)]
mod tests;

/// The name of the vendor's SDK for a challenge of the edge: an answer that is not the API's.
pub(crate) const SECURITY_CHALLENGE: &str = "SECURITY_CHALLENGE";
/// The name of the vendor's SDK for a request that a policy blocked before the API.
pub(crate) const REQUEST_BLOCKED: &str = "REQUEST_BLOCKED";

/// The code in the one spelling: some of the vendor's older tools know `Title.Dotted`.
pub(crate) fn normalized(code: &str) -> String {
    code.trim().replace('.', "_").to_uppercase()
}

/// What stood in the way of a request before it reached the API; none where the answer may be the API's.
pub(crate) fn blocked(status: u16, headers: &HeaderMap) -> Option<&'static str> {
    let mitigated = headers.get("cf-mitigated").and_then(|value| value.to_str().ok());
    match status {
        403 if mitigated.is_some_and(|value| value.trim().eq_ignore_ascii_case("challenge")) => {
            Some(SECURITY_CHALLENGE)
        }
        451 => Some(REQUEST_BLOCKED),
        _ => None,
    }
}

/// The class of an error answer with a code in the one spelling.
pub(crate) fn class_of(status: u16, code: Option<&str>, retry_after: Option<Duration>) -> ErrorClass {
    let code = code.unwrap_or_default();
    if status == 429 || code == "REQUEST_LIMIT_EXCEEDED" {
        return ErrorClass::Throttle { retry_after };
    }
    // Of the class that stops a run: nothing else that it sends would come through.
    if matches!(code, SECURITY_CHALLENGE | REQUEST_BLOCKED) || code.starts_with("AUTHFAILURE_") || status == 401 {
        return ErrorClass::Auth;
    }
    if is_transient(code) || status >= 500 || status == 408 {
        return ErrorClass::Transient;
    }
    ErrorClass::Permanent
}

fn is_transient(code: &str) -> bool {
    matches!(
        code,
        "INTERNAL_SERVER_ERROR" | "SERVICE_TEMPORARY_UNAVAILABLE" | "REQUEST_TIMED_OUT" | "INVALID_OPERATION_TIMEOUT"
    )
}

/// Whether an error answer leaves open that the call did its work.
pub(crate) fn may_have_acted(status: u16, code: Option<&str>) -> bool {
    match code {
        Some(SECURITY_CHALLENGE | REQUEST_BLOCKED) => false,
        // A page of something between us and the provider.
        None => true,
        Some(code) if is_transient(code) => true,
        Some(_) => !(400..500).contains(&status) || status == 408,
    }
}

/// How long the answer asks to wait. No tool of the vendor reads such a header; the standard one is believed.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

/// A provider's or a proxy's words, made fit to show: no secret, no control character, not endless.
pub(crate) fn presentable(message: &str, secrets: &[&str]) -> String {
    const LIMIT: usize = 500;
    let lower = message.to_lowercase();
    if lower.contains("zc2-hmac") || lower.contains("bearer ") || lower.contains("string to sign") {
        return "the provider's message repeats the authorization of the request and is left out".to_owned();
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
