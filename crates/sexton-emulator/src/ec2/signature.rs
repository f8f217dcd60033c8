//! Signature version 4 from the side of the server: what a request must have been signed with.
//!
//! Source of the scheme: the vendor's documentation of signing requests.

use std::fmt::Write;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::percent::encode;
use crate::request::RawRequest;
use crate::signature::hex_sha256;

/// The only algorithm there is.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// What ends the scope of every credential.
const END: &str = "aws4_request";

/// An `Authorization` header, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) access_key_id: String,
    /// `YYYYMMDD`.
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
    /// In lower case, sorted.
    pub(crate) signed_headers: Vec<String>,
    pub(crate) signature: String,
}

impl Authorization {
    /// `AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/SERVICE/aws4_request, SignedHeaders=a;b, Signature=…`, or nothing
    /// where a part is missing.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let parts = header.strip_prefix(ALGORITHM)?.trim();
        let part = |name: &str| {
            parts
                .split(',')
                .filter_map(|part| part.trim().split_once('='))
                .find_map(|(key, value)| (key == name && !value.is_empty()).then_some(value))
        };
        let scope: Vec<&str> = part("Credential")?.split('/').collect();
        let [access_key_id, date, region, service, END] = scope[..] else { return None };
        let mut signed_headers: Vec<String> =
            part("SignedHeaders")?.split(';').map(|name| name.trim().to_ascii_lowercase()).collect();
        signed_headers.sort();
        Some(Self {
            access_key_id: access_key_id.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers,
            signature: part("Signature")?.to_owned(),
        })
    }

    /// The signature that the request must have, and the canonical string that it is of.
    pub(crate) fn expected(&self, request: &RawRequest, secret: &str) -> (String, String) {
        let canonical = self.canonical(request);
        let scope = format!("{}/{}/{}/{END}", self.date, self.region, self.service);
        let date = request.header("x-amz-date").unwrap_or_default();
        let to_sign = format!("{ALGORITHM}\n{date}\n{scope}\n{}", hex_sha256(canonical.as_bytes()));
        let key = [self.date.as_str(), &self.region, &self.service, END]
            .into_iter()
            .fold(format!("AWS4{secret}").into_bytes(), |key, part| mac(&key, part.as_bytes()));
        let signature = mac(&key, to_sign.as_bytes()).into_iter().fold(String::new(), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes every write");
            text
        });
        (signature, canonical)
    }

    fn canonical(&self, request: &RawRequest) -> String {
        let mut query: Vec<String> =
            request.query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        query.sort();
        let mut headers = String::new();
        for name in &self.signed_headers {
            let value = request.headers.get(name).map_or("", String::as_str);
            let words: Vec<&str> = value.split(' ').filter(|word| !word.is_empty()).collect();
            writeln!(headers, "{name}:{}", words.join(" ")).expect("a string takes every write");
        }
        format!(
            "{}\n{}\n{}\n{headers}\n{}\n{}",
            request.method,
            request.path,
            query.join("&"),
            self.signed_headers.join(";"),
            hex_sha256(&request.body),
        )
    }
}

fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `get-vanilla-query-order-key-case` of the vendor's test suite of signature version 4.
    #[test]
    fn the_vendor_s_example_is_signed_as_it_says() {
        let header = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
            SignedHeaders=host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
        let headers = [("Host", "example.amazonaws.com"), ("X-Amz-Date", "20150830T123600Z")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = RawRequest::new("GET", "/", "Param2=value2&Param1=value1", headers, Vec::new()).unwrap();
        let authorization = Authorization::parse(header).unwrap();
        let (signature, canonical) = authorization.expected(&request, "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
        assert!(
            canonical.starts_with("GET\n/\nParam1=value1&Param2=value2\nhost:example.amazonaws.com\n"),
            "{canonical}"
        );
        assert_eq!(signature, authorization.signature);
    }

    #[test]
    fn a_header_without_its_parts_is_none() {
        for header in [
            "",
            "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host",
            "Basic x",
            "AWS4-HMAC-SHA256 Credential=a/b/c/aws4_request, SignedHeaders=host, Signature=s",
        ] {
            assert_eq!(Authorization::parse(header), None, "{header}");
        }
    }
}
