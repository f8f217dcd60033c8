//! A client that signs by `ZC2-HMAC-SHA256`, one connection a request. It shares no code with the server.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sexton_emulator::Listening;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) key_id: String,
    pub(crate) password: String,
    pub(crate) version: &'static str,
    /// Sent in place of a signature.
    pub(crate) token: Option<String>,
    /// Added to the time that is signed.
    pub(crate) seconds_off: i64,
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
        (self.status, self.json()["code"].as_str().unwrap_or("OK").to_owned())
    }

    /// What stands in `response`.
    pub(crate) fn done(&self) -> Value {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self.json()["response"].clone()
    }

    /// The rows of a listing.
    pub(crate) fn rows(&self) -> Vec<Value> {
        self.done()["dataSet"].as_array().unwrap_or_else(|| panic!("no dataSet in {:?}", self.json())).clone()
    }

    /// The texts of one field of the rows.
    pub(crate) fn column(&self, field: &str) -> Vec<String> {
        self.rows().iter().map(|row| row[field].as_str().unwrap_or_else(|| panic!("no {field}")).to_owned()).collect()
    }
}

impl Client {
    pub(crate) fn of(listening: &Listening) -> Self {
        Self {
            address: listening.listening.strip_prefix("http://").unwrap().parse().unwrap(),
            key_id: listening.access_key_id.clone(),
            password: listening.access_key_secret.clone(),
            version: "2025-09-01",
            token: None,
            seconds_off: 0,
        }
    }

    pub(crate) async fn call(&self, action: &str, parameters: Value) -> Response {
        self.send(&self.request(action, &parameters.to_string())).await.unwrap()
    }

    /// The outcome of a call.
    pub(crate) async fn outcome(&self, action: &str, parameters: Value) -> (u16, String) {
        self.call(action, parameters).await.outcome()
    }

    /// The state of a resource; none where it is not listed.
    pub(crate) async fn state(&self, kind: &str, id: &str) -> Option<String> {
        let (action, list, state) = match kind {
            "snapshot" => ("DescribeSnapshots", "snapshotIds", "status"),
            "disk" => ("DescribeDisks", "diskIds", "diskStatus"),
            "image" => ("DescribeCustomImages", "imageIds", "imageStatus"),
            _ => ("DescribeInstances", "instanceIds", "status"),
        };
        let rows = self.call(action, json!({ list: [id] })).await.rows();
        rows.first().map(|row| row[state].as_str().unwrap().to_owned())
    }

    /// The bytes of a signed request.
    pub(crate) fn request(&self, action: &str, body: &str) -> Vec<u8> {
        let host = self.address.to_string();
        let time = (Timestamp::now().as_second() + self.seconds_off).to_string();
        let mut text = format!(
            "POST /api/v2/zec HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\nx-zc-action: {action}\r\n\
             x-zc-version: {}\r\ncontent-length: {}\r\nconnection: close\r\n",
            self.version,
            body.len()
        );
        match &self.token {
            Some(token) => write!(text, "authorization: Bearer {token}\r\n").unwrap(),
            None => {
                let canonical = format!(
                    "POST\n/\n\ncontent-type:application/json\nhost:{host}\n\ncontent-type;host\n{}",
                    hex(&Sha256::digest(body.as_bytes()))
                );
                let to_sign = format!("ZC2-HMAC-SHA256\n{time}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
                let mut mac = Hmac::<Sha256>::new_from_slice(self.password.as_bytes()).unwrap();
                mac.update(to_sign.as_bytes());
                let signature = hex(&mac.finalize().into_bytes());
                write!(
                    text,
                    "x-zc-timestamp: {time}\r\nx-zc-signature-method: ZC2-HMAC-SHA256\r\nauthorization: ZC2-HMAC-SHA256 \
                     Credential={}, SignedHeaders=content-type;host, Signature={signature}\r\n",
                    self.key_id
                )
                .unwrap();
            }
        }
        text.push_str("\r\n");
        text.push_str(body);
        text.into_bytes()
    }

    /// Sends bytes and reads until the server closes.
    pub(crate) async fn send(&self, bytes: &[u8]) -> io::Result<Response> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(bytes).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        parse(&answer)
    }
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
