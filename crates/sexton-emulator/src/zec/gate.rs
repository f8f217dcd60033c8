//! Who is calling, by `ZC2-HMAC-SHA256` or by a token.
//!
//! Source of the scheme: the vendor's SDKs. The path, the action and the version are not signed, nor is there a nonce.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::credential::Credential;
use crate::error::ApiError;
use crate::request::RawRequest;
use crate::signature::{hex_sha256, sign};

const ALGORITHM: &str = "ZC2-HMAC-SHA256";
const SIGNED_HEADERS: &str = "content-type;host";
/// A request whose time is further off is refused, by the vendor's storage driver.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The keys and tokens that are known.
#[derive(Debug)]
pub(crate) struct Gate(BTreeMap<String, Credential>);

impl Gate {
    /// Of several credentials with one access key id the last stands.
    pub(crate) fn new(credentials: impl IntoIterator<Item = Credential>) -> Self {
        Self(credentials.into_iter().map(|credential| (credential.access_key_id.clone(), credential)).collect())
    }

    /// The credential behind the request.
    pub(crate) fn admit(&self, request: &RawRequest, now: Timestamp) -> Result<Credential, ApiError> {
        let invalid =
            || ApiError::new(403, "AUTHFAILURE_INVALID_AUTHORIZATION", "The Authorization header is invalid.");
        let header = request.header("authorization").ok_or_else(invalid)?;
        if let Some(token) = header.strip_prefix("Bearer ") {
            let has_it = |known: &&Credential| known.security_token.as_deref() == Some(token.trim());
            return self.0.values().find(has_it).cloned().ok_or_else(invalid);
        }
        let parts = header.strip_prefix(ALGORITHM).ok_or_else(invalid)?;
        let part = |name: &str| {
            let mut parts = parts.split(',').filter_map(|part| part.trim().split_once('='));
            parts.find_map(|(key, value)| (key == name).then_some(value)).ok_or_else(invalid)
        };
        let (id, signature) = (part("Credential")?, part("Signature")?);
        let is_method = |method: &str| method == ALGORITHM;
        if part("SignedHeaders")? != SIGNED_HEADERS || !request.header("x-zc-signature-method").is_some_and(is_method) {
            return Err(invalid());
        }
        let found = self.0.get(id).ok_or_else(invalid)?;
        let timestamp = request.header("x-zc-timestamp").and_then(|text| text.parse::<i64>().ok());
        let instant = timestamp.and_then(|second| Timestamp::from_second(second).ok()).ok_or_else(invalid)?;
        if now.duration_since(instant).abs() > MAX_SKEW {
            let message = "The signature is expired: the time is more than five minutes off.";
            return Err(ApiError::new(403, "AUTHFAILURE_SIGNATURE_EXPIRED", message));
        }
        if sign(&found.access_key_secret, &string_to_sign(request)) != signature {
            let message = "The signature does not match the one that was calculated.";
            return Err(ApiError::new(403, "AUTHFAILURE_SIGNATURE_FAILURE", message));
        }
        Ok(found.clone())
    }
}

fn string_to_sign(request: &RawRequest) -> String {
    let header = |name: &str| request.header(name).unwrap_or_default();
    let canonical = format!(
        "POST\n/\n\ncontent-type:{}\nhost:{}\n\n{SIGNED_HEADERS}\n{}",
        header("content-type"),
        header("host"),
        hex_sha256(&request.body),
    );
    format!("{ALGORITHM}\n{}\n{}", header("x-zc-timestamp"), hex_sha256(canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the vendor's documentation of the signature prints.
    #[test]
    fn the_vendor_s_example_is_admitted_and_nothing_else() {
        let now = Timestamp::from_second(1_673_361_177 + 299).unwrap();
        let request = |signature: &str, body: &str, time: &str| {
            let authorization =
                format!("{ALGORITHM} Credential=id, SignedHeaders={SIGNED_HEADERS}, Signature={signature}");
            let headers = [
                ("authorization", authorization.as_str()),
                ("content-type", "application/json; charset=utf-8"),
                ("host", "console.zenlayer.com"),
                ("x-zc-timestamp", time),
                ("x-zc-signature-method", ALGORITHM),
            ];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
            RawRequest::new("POST", "/api/v2/bmc", "", headers, body.as_bytes().to_vec()).unwrap()
        };
        let gate = Gate::new([Credential::new("id", "Gu5t9xGARNpq86cd98joQYCN3")]);
        let body = r#"{"pageSize":10,"pageNum":1,"zoneId":"HKG-A"}"#;
        let signature = "efb356c32e55c781e10dc676da59462c22596d82e91c57803666243379555b2f";
        let told = |request: &RawRequest, now| gate.admit(request, now).map(|_| ()).map_err(|error| error.code);
        assert_eq!(told(&request(signature, body, "1673361177"), now), Ok(()));
        let other = told(&request(signature, "{}", "1673361177"), now);
        assert_eq!(other, Err("AUTHFAILURE_SIGNATURE_FAILURE".into()));
        let other = told(&request(signature, body, "1673361178"), now);
        assert_eq!(other, Err("AUTHFAILURE_SIGNATURE_FAILURE".into()));
        let late = Timestamp::from_second(1_673_361_177 + 301).unwrap();
        assert_eq!(told(&request(signature, body, "1673361177"), late), Err("AUTHFAILURE_SIGNATURE_EXPIRED".into()));
        assert_eq!(told(&request("", body, ""), now), Err("AUTHFAILURE_INVALID_AUTHORIZATION".into()));
    }
}
