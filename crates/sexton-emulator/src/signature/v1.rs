//! The V1 signature, `HMAC-SHA1` over the parameters (newer pages of the vendor call it "V2"), from the side of the server.
//!
//! Source of the scheme: the vendor's documentation of RPC signatures. It covers the parameters of the query and of a form
//! body, and neither headers nor the host.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::percent::encode;

/// The only method of this version.
pub(crate) const METHOD: &str = "HMAC-SHA1";

/// What `SignatureVersion` says.
pub(crate) const VERSION: &str = "1.0";

/// The parameter that the others are signed into.
pub(crate) const SIGNATURE: &str = "Signature";

/// What a request to `/` with these parameters must have signed.
pub(crate) fn string_to_sign(method: &str, parameters: &BTreeMap<String, String>) -> String {
    let canonical: Vec<String> = parameters
        .iter()
        .filter(|(name, _)| *name != SIGNATURE)
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    format!("{method}&{}&{}", encode("/"), encode(&canonical.join("&")))
}

/// The signature of a string to sign, before it is encoded for a URL.
pub(crate) fn sign(secret: &str, string_to_sign: &str) -> String {
    let key = format!("{secret}&");
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(string_to_sign.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}
