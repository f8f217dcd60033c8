//! A client of the RPC style that signs with V3 or V1, one connection a request. It shares no code with the server.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sexton_emulator::Listening;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Calls that have no `RegionId`.
const WITHOUT_REGION: [&str; 7] = [
    "GetCallerIdentity",
    "DescribeRegions",
    "DeleteSnapshot",
    "DeleteDisk",
    "DeleteInstance",
    "ModifyInstanceAttribute",
    "StopInstance",
];

static NONCES: AtomicU64 = AtomicU64::new(1);

pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) key_id: String,
    pub(crate) secret: String,
    pub(crate) token: Option<String>,
}

/// A request before it is signed.
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) target: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// Status and code; `OK` for a success.
    pub(crate) fn outcome(&self) -> (u16, String) {
        let code = self.json()["Code"].as_str().unwrap_or("OK").to_owned();
        (self.status, code)
    }

    /// The rows of a listing: `Outer.Inner[]`.
    pub(crate) fn rows(&self, outer: &str, inner: &str) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self.json()[outer][inner].as_array().unwrap_or_else(|| panic!("no {outer}.{inner}")).clone()
    }
}

/// The texts of one field.
pub(crate) fn column(rows: &[Value], field: &str) -> Vec<String> {
    rows.iter().map(|row| row[field].as_str().unwrap_or_else(|| panic!("no {field} in {row}")).to_owned()).collect()
}

impl Client {
    pub(crate) fn of(listening: &Listening) -> Self {
        Self {
            address: listening.listening.strip_prefix("http://").unwrap().parse().unwrap(),
            key_id: listening.access_key_id.clone(),
            secret: listening.access_key_secret.clone(),
            token: None,
        }
    }

    /// As the same client, with other keys.
    pub(crate) fn with_keys(&self, key_id: &str, secret: &str, token: Option<&str>) -> Self {
        Self {
            address: self.address,
            key_id: key_id.to_owned(),
            secret: secret.to_owned(),
            token: token.map(str::to_owned),
        }
    }

    /// The call in this region.
    pub(crate) async fn call(&self, action: &str, parameters: &[(&str, &str)]) -> Response {
        self.try_call(action, parameters).await.unwrap()
    }

    pub(crate) async fn try_call(&self, action: &str, parameters: &[(&str, &str)]) -> io::Result<Response> {
        let mut request = self.request(action, parameters);
        let names_region = parameters.iter().any(|(name, _)| *name == "RegionId");
        if !names_region && !WITHOUT_REGION.contains(&action) {
            request.query.push(("RegionId".to_owned(), "cn-hangzhou".to_owned()));
        }
        self.send(&self.sign(request)).await
    }

    /// The outcome of the call in this region.
    pub(crate) async fn outcome(&self, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
        self.call(action, parameters).await.outcome()
    }

    /// A request with exactly these parameters and everything that its signature needs.
    pub(crate) fn request(&self, action: &str, parameters: &[(&str, &str)]) -> Request {
        let version = match action {
            "GetCallerIdentity" => "2015-04-01",
            "DescribeScalingConfigurations" => "2022-02-22",
            _ => "2014-05-26",
        };
        let nonce = NONCES.fetch_add(1, Ordering::Relaxed);
        let mut headers = BTreeMap::from(
            [
                ("host", self.address.to_string()),
                ("x-acs-action", action.to_owned()),
                ("x-acs-version", version.to_owned()),
                ("x-acs-date", date(0)),
                ("x-acs-signature-nonce", format!("{nonce:032x}")),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        if let Some(token) = &self.token {
            headers.insert("x-acs-accesskey-id".to_owned(), self.key_id.clone());
            headers.insert("x-acs-security-token".to_owned(), token.clone());
        }
        Request {
            method: "POST",
            target: "/".to_owned(),
            query: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            headers,
            body: String::new(),
        }
    }

    /// The bytes of the request, with its signature over all headers.
    pub(crate) fn sign(&self, mut request: Request) -> Vec<u8> {
        request.headers.insert("x-acs-content-sha256".to_owned(), hex(&Sha256::digest(request.body.as_bytes())));
        // By name: sorted as `name=value`, `A.1=` would come after `A.10=`.
        let mut query: Vec<(String, String)> =
            request.query.iter().map(|(name, value)| (encode(name), encode(value))).collect();
        query.sort();
        let query: Vec<String> = query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers: String =
            request.headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let names: Vec<&str> = request.headers.keys().map(String::as_str).collect();
        let names = names.join(";");
        let canonical = format!(
            "{}\n/\n{}\n{headers}\n{names}\n{}",
            request.method,
            query.join("&"),
            request.headers["x-acs-content-sha256"]
        );
        let string_to_sign = format!("ACS3-HMAC-SHA256\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        mac.update(string_to_sign.as_bytes());
        let signature = hex(&mac.finalize().into_bytes());
        let authorization =
            format!("ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}", self.key_id);
        request.headers.insert("authorization".to_owned(), authorization);
        bytes(&request)
    }

    /// Sends bytes and reads until the server closes.
    pub(crate) async fn send(&self, bytes: &[u8]) -> io::Result<Response> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(bytes).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        parse(&answer)
    }

    /// `GET` without a signature.
    pub(crate) async fn get(&self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address);
        let response = self.send(request.as_bytes()).await.unwrap();
        assert_eq!(response.status, 200);
        String::from_utf8(response.body).unwrap()
    }
}

/// The unsigned bytes, with the query in reverse order and spaces as `+`: the server has to make it canonical itself.
pub(crate) fn bytes(request: &Request) -> Vec<u8> {
    let query: Vec<String> = request
        .query
        .iter()
        .rev()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value).replace("%20", "+")))
        .collect();
    let mut text = format!("{} {}?{} HTTP/1.1\r\n", request.method, request.target, query.join("&"));
    for (name, value) in &request.headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    write!(text, "content-length: {}\r\nconnection: close\r\n\r\n{}", request.body.len(), request.body).unwrap();
    text.into_bytes()
}

/// The query of a call that is signed by V1 at that time, the signature last.
pub(crate) fn v1_query(
    client: &Client,
    method: &str,
    action: &str,
    timestamp: &str,
    parameters: &[(&str, &str)],
) -> String {
    let nonce = format!("{:032x}", NONCES.fetch_add(1, Ordering::Relaxed));
    let mut all: BTreeMap<&str, &str> = parameters.iter().copied().collect();
    all.extend([
        ("Action", action),
        ("Version", "2014-05-26"),
        ("AccessKeyId", client.key_id.as_str()),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureVersion", "1.0"),
        ("SignatureNonce", nonce.as_str()),
        ("Timestamp", timestamp),
    ]);
    all.extend(client.token.as_deref().map(|token| ("SecurityToken", token)));
    let query: Vec<String> = all.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    let query = query.join("&");
    let mut mac = Hmac::<Sha1>::new_from_slice(format!("{}&", client.secret).as_bytes()).unwrap();
    mac.update(format!("{method}&%2F&{}", encode(&query)).as_bytes());
    format!("{query}&Signature={}", encode(&STANDARD.encode(mac.finalize().into_bytes())))
}

/// The time so many minutes from now, as `x-acs-date` has it.
pub(crate) fn date(minutes: i64) -> String {
    let instant = Timestamp::now() + SignedDuration::from_mins(minutes);
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn parse(answer: &[u8]) -> io::Result<Response> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8(answer[..end].to_vec()).map_err(|_| io::ErrorKind::InvalidData)?;
    let mut lines = head.split("\r\n");
    let status =
        lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    Ok(Response { status, headers, body: answer[end + 4..].to_vec() })
}

fn encode(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
        encoded
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
