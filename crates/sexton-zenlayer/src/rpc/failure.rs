//! What kind of failure an answer is. By the error's code before its HTTP status, for the statuses of the common codes
//! are not documented.
//!
//! The codes are those of the vendor's documentation of each action, of its SDKs, its Kubernetes storage driver and its
//! Terraform provider.

use reqwest::header::HeaderMap;
use sexton_http::{Codes, seconds_to_wait};
use sexton_provider::Effect;

#[cfg(test)]
mod tests;

/// The name of the vendor's SDK for a challenge of the edge: an answer that is not the API's.
pub(crate) const SECURITY_CHALLENGE: &str = "SECURITY_CHALLENGE";
/// The name of the vendor's SDK for a request that a policy blocked before the API.
pub(crate) const REQUEST_BLOCKED: &str = "REQUEST_BLOCKED";

/// The code of an action that the identity has no permission for, or that there is none of.
pub(crate) const UNAUTHORIZED: &str = "AUTHFAILURE_UNAUTHORIZED_OPERATION";
/// The code of a request whose time is more than five minutes off.
pub(crate) const SIGNATURE_EXPIRED: &str = "AUTHFAILURE_SIGNATURE_EXPIRED";

/// What the vendor's codes mean, in the one spelling. No tool of the vendor reads how long to wait from a header; the
/// standard one is believed.
pub(crate) static CODES: Codes = Codes {
    is_throttle: |code| code == "REQUEST_LIMIT_EXCEEDED",
    is_auth,
    is_transient,
    effect,
    retry_after: seconds_to_wait,
    in_place_of,
};

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

fn is_auth(code: &str) -> bool {
    // Of the class that stops a run: nothing else that it sends would come through. Without the permission for one action
    // others may.
    matches!(code, SECURITY_CHALLENGE | REQUEST_BLOCKED) || code.starts_with("AUTHFAILURE_") && code != UNAUTHORIZED
}

fn is_transient(code: &str) -> bool {
    matches!(
        code,
        "INTERNAL_SERVER_ERROR" | "SERVICE_TEMPORARY_UNAVAILABLE" | "REQUEST_TIMED_OUT" | "INVALID_OPERATION_TIMEOUT"
    )
}

/// What a code says of whether the call did its work.
fn effect(code: &str) -> Option<Effect> {
    match code {
        SECURITY_CHALLENGE | REQUEST_BLOCKED => Some(Effect::None),
        _ => is_transient(code).then_some(Effect::Unknown),
    }
}

/// A message that repeats the authorization of the request.
fn in_place_of(_: Option<&str>, message: &str) -> Option<&'static str> {
    let lower = message.to_lowercase();
    let echoes_the_request = ["zc2-hmac", "bearer ", "string to sign"].iter().any(|part| lower.contains(part));
    echoes_the_request.then_some("the provider's message repeats the authorization of the request and is left out")
}
