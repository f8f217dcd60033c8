//! The V3 signature, `ACS3-HMAC-SHA256`, from the side of the server: what a request must have been signed with.
//!
//! Source of the scheme: the vendor's V3 signing documentation. The list of signed headers is the client's to choose; the
//! query is decoded and made canonical again, because clients put it into the URL in forms of their own (unsorted, `+` for
//! a space).

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::percent::encode;
use crate::request::RawRequest;

#[cfg(test)]
mod tests;
pub(crate) mod v1;

/// The only algorithm of this version.
pub(crate) const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// An `Authorization` header, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    /// In lower case, sorted.
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: String,
}

impl Authorization {
    /// `ACS3-HMAC-SHA256 Credential=…,SignedHeaders=a;b;c,Signature=…`, or nothing where a part is missing.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let parts = header.strip_prefix(ALGORITHM)?.trim();
        let part = |name: &str| {
            parts
                .split(',')
                .filter_map(|part| part.trim().split_once('='))
                .find_map(|(key, value)| (key == name && !value.is_empty()).then(|| value.to_owned()))
        };
        let mut signed_headers: Vec<String> =
            part("SignedHeaders")?.split(';').map(|name| name.trim().to_ascii_lowercase()).collect();
        signed_headers.sort();
        Some(Self { access_key_id: part("Credential")?, signed_headers, signature: part("Signature")? })
    }
}

/// The canonical request, over the headers that the client says it signed.
pub(crate) fn canonical_request(request: &RawRequest, signed_headers: &[String]) -> String {
    let mut query: Vec<&(String, String)> = request.query.iter().collect();
    query.sort();
    let query: Vec<String> = query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let mut headers = String::new();
    for name in signed_headers {
        let value = request.headers.get(name).map_or("", String::as_str);
        writeln!(headers, "{name}:{}", value.trim()).expect("a string takes every write");
    }
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{}",
        request.method,
        request.path,
        query.join("&"),
        signed_headers.join(";"),
        hex_sha256(&request.body),
    )
}

/// The algorithm's name and the digest of the canonical request.
pub(crate) fn string_to_sign(canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{}", hex_sha256(canonical_request.as_bytes()))
}

/// The signature of a string to sign.
pub(crate) fn sign(secret: &str, string_to_sign: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(string_to_sign.as_bytes());
    hex(&mac.finalize().into_bytes())
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn hex_sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every write");
        text
    })
}
