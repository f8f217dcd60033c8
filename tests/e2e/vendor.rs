//! A client of the vendor's API that shares no code with ours: it signs with V3 and gives the answer's text, as somebody
//! would have saved it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

const KEY_ID: &str = "sexton-emulator";
const SECRET: &str = "sexton-emulator-secret";

static NONCES: AtomicU64 = AtomicU64::new(1);

/// The text of the answer to a call in cn-hangzhou.
pub(crate) fn call(url: &str, action: &str, parameters: &[(&str, &str)]) -> String {
    let host = url.strip_prefix("http://").unwrap();
    let version = if action == "DescribeScalingConfigurations" { "2022-02-22" } else { "2014-05-26" };
    let mut query: BTreeMap<&str, &str> = parameters.iter().copied().collect();
    query.insert("RegionId", "cn-hangzhou");
    let query: Vec<String> =
        query.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    let query = query.join("&");
    let body = hex(&Sha256::digest(b""));
    let nonce = format!("{}-{}", std::process::id(), NONCES.fetch_add(1, Ordering::Relaxed));
    let date = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let headers = BTreeMap::from([
        ("host", host),
        ("x-acs-action", action),
        ("x-acs-content-sha256", &body),
        ("x-acs-date", &date),
        ("x-acs-signature-nonce", &nonce),
        ("x-acs-version", version),
    ]);
    let signed = headers.keys().copied().collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let canonical = format!("POST\n/\n{query}\n{lines}\n{signed}\n{body}");
    let to_sign = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical)));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(to_sign.as_bytes());
    let signature = hex(&mac.finalize().into_bytes());

    let mut request = format!("POST /?{query} HTTP/1.1\r\nconnection: close\r\ncontent-length: 0\r\n");
    headers.iter().for_each(|(name, value)| write!(request, "{name}: {value}\r\n").unwrap());
    let credential = format!("Credential={KEY_ID},SignedHeaders={signed},Signature={signature}");
    write!(request, "authorization: ACS3-HMAC-SHA256 {credential}\r\n\r\n").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, text) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{action}: {answer}");
    text.to_owned()
}

fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => encoded.push(char::from(byte)),
            _ => write!(encoded, "%{byte:02X}").unwrap(),
        }
    }
    encoded
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
