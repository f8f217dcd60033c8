//! Who is calling: the checks that every request passes before anything else, in the order in which they refuse.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::service::Service;
use super::signature::Authorization;
use crate::credential::Credential;
use crate::error::ApiError;
use crate::request::RawRequest;

/// A request whose `x-amz-date` is further off is refused.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The keys that are known.
#[derive(Debug)]
pub(crate) struct Gate(BTreeMap<String, Credential>);

impl Gate {
    /// Of several credentials with one access key id the last stands.
    pub(crate) fn new(credentials: impl IntoIterator<Item = Credential>) -> Self {
        Self(credentials.into_iter().map(|credential| (credential.access_key_id.clone(), credential)).collect())
    }

    /// The credential that signed the request.
    pub(crate) fn admit(
        &self,
        request: &RawRequest,
        service: Service,
        authorization: &Authorization,
        now: Timestamp,
    ) -> Result<Credential, ApiError> {
        for name in ["host", "x-amz-date"] {
            if !authorization.signed_headers.iter().any(|signed| signed == name) {
                return Err(ApiError::new(400, "IncompleteSignature", format!("The header {name} is not signed.")));
            }
        }
        let credential = self.0.get(&authorization.access_key_id).ok_or_else(|| service.unknown_key())?;
        let (expected, canonical) = authorization.expected(request, &credential.access_key_secret);
        if expected != authorization.signature {
            return Err(service.wrong_signature(&canonical));
        }
        match (&credential.security_token, request.header("x-amz-security-token")) {
            (Some(token), Some(sent)) if token == sent => {}
            (None, None) => {}
            (Some(_) | None, _) => return Err(service.unknown_key()),
        }
        if credential.expires_at.is_some_and(|expires_at| expires_at <= now) {
            return Err(service.expired_token());
        }
        check_date(request, &authorization.date, now)?;
        Ok(credential.clone())
    }
}

fn check_date(request: &RawRequest, scope: &str, now: Timestamp) -> Result<(), ApiError> {
    let text = request.header("x-amz-date").unwrap_or_default();
    let expired = || ApiError::new(400, "RequestExpired", "Request has expired.");
    let date = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", text)
        .ok()
        .and_then(|date| date.to_zoned(jiff::tz::TimeZone::UTC).ok())
        .filter(|_| text.starts_with(scope))
        .ok_or_else(expired)?;
    if now.duration_since(date.timestamp()).abs() > MAX_SKEW { Err(expired()) } else { Ok(()) }
}
