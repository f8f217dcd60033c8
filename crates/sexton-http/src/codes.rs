//! What kind of failure an error answer is, by a vendor's tables. By the error's code before its HTTP status, for
//! services are not of one mind about statuses.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use sexton_provider::{Effect, ErrorClass};

use crate::redact::redacted;

#[cfg(test)]
mod tests;

/// What a vendor's error codes and headers mean.
#[derive(Debug, Clone, Copy)]
pub struct Codes {
    /// Whether a code says that a quota is used up.
    pub is_throttle: fn(&str) -> bool,
    /// Whether a code is about the credentials or a permission.
    pub is_auth: fn(&str) -> bool,
    /// Whether a code tells of a passing fault.
    pub is_transient: fn(&str) -> bool,
    /// What a code says of whether the call did its work; none where the status decides.
    pub effect: fn(&str) -> Option<Effect>,
    /// How long an answer asks to wait.
    pub retry_after: fn(&HeaderMap) -> Option<Duration>,
    /// What is shown in place of a message that repeats what was signed, by its code and itself.
    pub in_place_of: fn(Option<&str>, &str) -> Option<&'static str>,
}

impl Codes {
    /// The class of an error answer.
    pub fn class_of(&self, status: u16, code: Option<&str>, retry_after: Option<Duration>) -> ErrorClass {
        let code = code.unwrap_or_default();
        if status == 429 || (self.is_throttle)(code) {
            return ErrorClass::Throttle { retry_after };
        }
        if (self.is_auth)(code) || status == 401 {
            return ErrorClass::Auth;
        }
        if (self.is_transient)(code) || status >= 500 || status == 408 {
            return ErrorClass::Transient;
        }
        ErrorClass::Permanent
    }

    /// Whether a change that was answered with an error did its work all the same.
    pub fn effect_of(&self, status: u16, code: Option<&str>) -> Effect {
        // A page without a code is of something between us and the provider.
        let Some(code) = code else { return Effect::Unknown };
        (self.effect)(code).unwrap_or(match status {
            408 => Effect::Unknown,
            400..500 => Effect::None,
            _ => Effect::Unknown,
        })
    }

    /// A provider's or a proxy's words, made fit to show: no secret and no telling part of one, no control character, not
    /// endless.
    pub fn presentable(&self, code: Option<&str>, message: &str, secrets: &[&str]) -> String {
        const LIMIT: usize = 500;
        self.beginning(code, message, secrets, LIMIT)
    }

    /// As much of the words as is shown of them.
    pub(crate) fn beginning(&self, code: Option<&str>, message: &str, secrets: &[&str], limit: usize) -> String {
        if let Some(words) = (self.in_place_of)(code, message) {
            return words.to_owned();
        }
        redacted(message, secrets, limit)
    }
}

/// How long the standard header asks to wait, where it counts seconds.
pub fn seconds_to_wait(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}
