//! A call with its signature: what goes into the query and what into the headers, and what of that is secret.

use std::collections::BTreeMap;

use super::client::Call;
use super::signature::{Signable, authorize, body_hash, v1};
use crate::credential::Credentials;

/// By which signature calls are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SignatureVersion {
    /// `ACS3-HMAC-SHA256`, in headers.
    #[default]
    V3,
    /// `HMAC-SHA1`, in the query: deprecated by the vendor, for endpoints that know no other.
    V1,
}

/// A request that is ready to be sent to the path `/`.
pub(super) struct Signed {
    /// Before encoding.
    pub(super) query: Vec<(String, String)>,
    /// By lower-case name, the host left out.
    pub(super) headers: Vec<(&'static str, String)>,
    /// What no error may repeat.
    pub(super) secrets: Vec<String>,
}

/// Signs a call, with a time and a nonce that are used for nothing else.
pub(super) fn sign(
    version: SignatureVersion,
    method: &str,
    call: &Call,
    credentials: &Credentials,
    nonce: String,
    now: String,
) -> Signed {
    let mut signed = match version {
        SignatureVersion::V3 => in_headers(method, call, credentials, nonce, now),
        SignatureVersion::V1 => in_query(method, call, credentials, nonce, now),
    };
    let secret = Some(credentials.access_key_secret.reveal());
    for secret in secret.into_iter().chain(credentials.security_token.as_ref().map(|token| token.reveal())) {
        signed.secrets.push(secret.to_owned());
    }
    signed
}

fn in_headers(method: &str, call: &Call, credentials: &Credentials, nonce: String, now: String) -> Signed {
    let mut headers = BTreeMap::from([
        ("host", call.endpoint.host()),
        ("x-acs-action", call.operation.to_owned()),
        ("x-acs-content-sha256", body_hash(b"")),
        ("x-acs-date", now),
        ("x-acs-signature-nonce", nonce),
        ("x-acs-version", call.service.version().to_owned()),
    ]);
    if let Some(token) = &credentials.security_token {
        headers.insert("x-acs-accesskey-id", credentials.access_key_id.clone());
        headers.insert("x-acs-security-token", token.reveal().to_owned());
    }
    let signable = Signable { method, query: &call.parameters, headers: &headers, body: b"" };
    let authorization = authorize(&signable, &credentials.access_key_id, credentials.access_key_secret.reveal());
    // The HTTP library writes the host itself, in the same form.
    headers.remove("host");
    Signed {
        query: call.parameters.clone(),
        headers: headers.into_iter().chain([("authorization", authorization.header)]).collect(),
        secrets: vec![authorization.signature],
    }
}

fn in_query(method: &str, call: &Call, credentials: &Credentials, nonce: String, now: String) -> Signed {
    let token = credentials.security_token.as_ref().map(|token| ("SecurityToken", token.reveal().to_owned()));
    let common = [
        ("AccessKeyId", credentials.access_key_id.clone()),
        ("Action", call.operation.to_owned()),
        // Without it the answer is XML.
        ("Format", "JSON".to_owned()),
        ("SignatureMethod", v1::METHOD.to_owned()),
        ("SignatureNonce", nonce),
        ("SignatureVersion", v1::VERSION.to_owned()),
        ("Timestamp", now),
        ("Version", call.service.version().to_owned()),
    ];
    let mut query = call.parameters.clone();
    query.extend(common.into_iter().chain(token).map(|(name, value)| (name.to_owned(), value)));
    let signature = v1::sign(method, &query, credentials.access_key_secret.reveal());
    query.push(("Signature".to_owned(), signature.clone()));
    Signed { query, headers: Vec::new(), secrets: vec![signature] }
}
