//! Signing by `ACS3-HMAC-SHA256`, as the vendor's documentation of the V3 request structure and signature gives it.
//!
//! Pure: the time and the nonce are headers of the request that is handed in.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

#[cfg(test)]
mod tests;
pub(crate) mod v1;

const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// The parts of a request that its signature covers.
#[derive(Debug)]
pub(crate) struct Signable<'a> {
    pub(crate) method: &'a str,
    /// Names and values before encoding, in any order.
    pub(crate) query: &'a [(String, String)],
    /// Every header to sign, by lower-case name.
    pub(crate) headers: &'a BTreeMap<&'a str, String>,
    pub(crate) body: &'a [u8],
}

/// The `Authorization` header and, for redaction, the signature in it.
pub(crate) struct Authorization {
    pub(crate) header: String,
    pub(crate) signature: String,
}

/// Signs a request to the path `/`.
pub(crate) fn authorize(request: &Signable<'_>, access_key_id: &str, access_key_secret: &str) -> Authorization {
    let to_sign = string_to_sign(&canonical_request(request));
    let mut mac = Hmac::<Sha256>::new_from_slice(access_key_secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(to_sign.as_bytes());
    let signature = hex(&mac.finalize().into_bytes());
    let signed_headers = signed_headers(request);
    let header = format!("{ALGORITHM} Credential={access_key_id},SignedHeaders={signed_headers},Signature={signature}");
    Authorization { header, signature }
}

/// The query in the form that is signed, which is also a valid form to send.
pub(crate) fn canonical_query(query: &[(String, String)]) -> String {
    let mut pairs: Vec<&(String, String)> = query.iter().collect();
    pairs.sort();
    pairs
        .iter()
        .map(|(name, value)| format!("{}={}", percent_encode(name), percent_encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// The hash of a body in the form of `x-acs-content-sha256`.
pub(crate) fn body_hash(body: &[u8]) -> String {
    hex(&Sha256::digest(body))
}

fn canonical_request(request: &Signable<'_>) -> String {
    let mut headers = String::new();
    for (name, value) in request.headers {
        headers.push_str(name);
        headers.push(':');
        headers.push_str(value.trim());
        headers.push('\n');
    }
    format!(
        "{}\n/\n{}\n{headers}\n{}\n{}",
        request.method,
        canonical_query(request.query),
        signed_headers(request),
        body_hash(request.body),
    )
}

fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", body_hash(canonical_request.as_bytes()))
}

fn signed_headers(request: &Signable<'_>) -> String {
    request.headers.keys().copied().collect::<Vec<_>>().join(";")
}

/// Encodes everything but `A-Z a-z 0-9 - _ . ~`.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02X}").expect("a String takes every text"),
        }
    }
    encoded
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a String takes every text");
    }
    text
}
