//! Signing by `ZC2-HMAC-SHA256`, as the vendor's SDKs do it.
//!
//! Pure: the time is an argument. Neither the path nor the action, the version or the key's id is signed.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

#[cfg(test)]
mod tests;

pub(crate) const ALGORITHM: &str = "ZC2-HMAC-SHA256";
const SIGNED_HEADERS: &str = "content-type;host";

/// The parts of a request that its signature covers.
#[derive(Debug)]
pub(crate) struct Signable<'a> {
    /// The value of `Content-Type`, as it is sent.
    pub(crate) content_type: &'a str,
    /// The value of `Host`, as it is sent.
    pub(crate) host: &'a str,
    /// The bytes of the body, as they are sent.
    pub(crate) body: &'a [u8],
    /// Seconds since 1970, as in `X-ZC-Timestamp`.
    pub(crate) timestamp: i64,
}

/// The `Authorization` header and, for redaction, the signature in it.
pub(crate) struct Authorization {
    pub(crate) header: String,
    pub(crate) signature: String,
}

/// Signs a request.
pub(crate) fn authorize(request: &Signable<'_>, access_key_id: &str, access_key_password: &str) -> Authorization {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(access_key_password.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(string_to_sign(request).as_bytes());
    let signature = hex(&mac.finalize().into_bytes());
    let header =
        format!("{ALGORITHM} Credential={access_key_id}, SignedHeaders={SIGNED_HEADERS}, Signature={signature}");
    Authorization { header, signature }
}

/// The path is `/` whatever it is, and the query is empty.
fn canonical_request(request: &Signable<'_>) -> String {
    let Signable { content_type, host, body, timestamp: _ } = request;
    let body = hex(&Sha256::digest(body));
    format!("POST\n/\n\ncontent-type:{content_type}\nhost:{host}\n\n{SIGNED_HEADERS}\n{body}")
}

fn string_to_sign(request: &Signable<'_>) -> String {
    let hash = hex(&Sha256::digest(canonical_request(request).as_bytes()));
    format!("{ALGORITHM}\n{}\n{hash}", request.timestamp)
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a String takes every text");
    }
    text
}
