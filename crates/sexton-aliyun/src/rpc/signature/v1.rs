//! Signing by `HMAC-SHA1` over the parameters, as the vendor's documentation of RPC signatures gives it (its newer pages
//! call this version "V2"). Deprecated; some tools that stand in for the service know no other.
//!
//! Pure: the time and the nonce are parameters of the request that is handed in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::{canonical_query, percent_encode};

/// The name of the method, as `SignatureMethod` says it.
pub(crate) const METHOD: &str = "HMAC-SHA1";

/// What `SignatureVersion` says.
pub(crate) const VERSION: &str = "1.0";

/// The value of `Signature` for a request to `/` with these parameters, which are all of its query.
pub(crate) fn sign(method: &str, parameters: &[(String, String)], access_key_secret: &str) -> String {
    let key = format!("{access_key_secret}&");
    let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(string_to_sign(method, parameters).as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

pub(super) fn string_to_sign(method: &str, parameters: &[(String, String)]) -> String {
    format!("{method}&{}&{}", percent_encode("/"), percent_encode(&canonical_query(parameters)))
}
