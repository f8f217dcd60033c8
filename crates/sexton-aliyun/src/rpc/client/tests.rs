use std::collections::BTreeMap;

use sexton_provider::{Effect, ErrorClass};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::rpc::signature::{Signable, authorize, v1};

const SECRET: &str = "the-secret";
const TOKEN: &str = "the-token";

fn client(limit: fn(&str) -> Duration) -> RpcClient {
    let credentials = Credentials::new("the-id", SECRET, Some(TOKEN.to_owned()));
    let mut client =
        RpcClient::new(Origin::Fixed(credentials), Some(&Endpoint::parse("http://127.0.0.1").unwrap())).unwrap();
    client.wire.time_limit = limit;
    client
}

fn call(listener: &TcpListener, purpose: Purpose) -> Call {
    Call {
        service: Service::Ecs,
        endpoint: Endpoint::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap(),
        operation: "DeleteSnapshot",
        parameters: vec![("SnapshotId".to_owned(), "s-1 *~ä".to_owned()), ("Force".to_owned(), "true".to_owned())],
        purpose,
    }
}

/// Takes one request and answers it with these bytes; returns its head.
async fn answer(listener: &TcpListener, bytes: &str) -> String {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    stream.write_all(bytes.as_bytes()).await.unwrap();
    String::from_utf8(head).unwrap()
}

const FINE: &str = "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\nContent-Length: 17\r\nConnection: close\r\n\r\n{\"RequestId\":\"r\"}";

#[tokio::test]
async fn what_is_sent_is_what_was_signed_and_each_attempt_is_signed_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(time_limit);
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let call = call(&listener, Purpose::Change);
        let (reply, head) = tokio::join!(client.call(&call), answer(&listener, FINE));
        assert_eq!(reply.unwrap().request_id.as_deref(), Some("r"));

        // As a server would verify it: decode the query, then canonicalise.
        let mut lines = head.lines();
        let target = lines.next().unwrap().split(' ').nth(1).unwrap();
        let url = reqwest::Url::parse(&format!("http://localhost{target}")).unwrap();
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let headers: BTreeMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let sent = &headers["authorization"];
        let signed = sent.split_once("SignedHeaders=").unwrap().1.split(',').next().unwrap();
        for name in ["host", "x-acs-action", "x-acs-security-token", "x-acs-signature-nonce", "x-acs-accesskey-id"] {
            assert!(signed.split(';').any(|signed| signed == name), "{name} is not signed: {signed}");
        }
        let signed: BTreeMap<&str, String> = signed.split(';').map(|name| (name, headers[name].clone())).collect();
        let request = Signable { method: "POST", query: &query, headers: &signed, body: b"" };
        assert_eq!(authorize(&request, "the-id", SECRET).header, *sent);
        assert_eq!(headers["x-acs-version"], "2014-05-26");
        assert_eq!(headers["content-length"], "0");
        nonces.push(headers["x-acs-signature-nonce"].clone());
    }
    assert_ne!(nonces[0], nonces[1]);
    assert_eq!(nonces[0].len(), 32);
}

#[tokio::test]
async fn under_v1_everything_is_in_the_query_and_each_attempt_is_signed_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(time_limit).signing_by(SignatureVersion::V1);
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let call = call(&listener, Purpose::Change);
        let (reply, head) = tokio::join!(client.call(&call), answer(&listener, FINE));
        assert_eq!(reply.unwrap().request_id.as_deref(), Some("r"));
        let target = head.lines().next().unwrap().split(' ').nth(1).unwrap();
        let url = reqwest::Url::parse(&format!("http://localhost{target}")).unwrap();
        let (signature, signed): (Vec<_>, Vec<_>) =
            url.query_pairs().into_owned().partition(|(name, _)| name == "Signature");
        assert_eq!(v1::sign("POST", &signed, SECRET), signature[0].1);
        let value = |wanted: &str| signed.iter().find(|(name, _)| name == wanted).unwrap().1.clone();
        assert_eq!(value("SnapshotId"), "s-1 *~ä");
        assert_eq!((value("Action"), value("Version")), ("DeleteSnapshot".to_owned(), "2014-05-26".to_owned()));
        assert_eq!((value("Format"), value("AccessKeyId")), ("JSON".to_owned(), "the-id".to_owned()));
        assert_eq!((value("SignatureMethod"), value("SignatureVersion")), ("HMAC-SHA1".to_owned(), "1.0".to_owned()));
        assert_eq!(value("SecurityToken"), TOKEN);
        assert!(!head.to_lowercase().contains("authorization") && !head.contains("x-acs-"), "{head}");
        nonces.push(value("SignatureNonce"));
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn no_secret_of_a_query_is_ever_echoed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let token: String = ["to/k en==", &"CAISkz9+x/".repeat(40)]
        .concat()
        .chars()
        .zip("0123456789".chars().cycle())
        .fold(String::new(), |mut token, (c, digit)| {
            token.extend([c, digit]);
            token
        });
    let credentials = Credentials::new("the-id", SECRET, Some(token.clone()));
    let here = Endpoint::parse("http://127.0.0.1").unwrap();
    let client = RpcClient::new(Origin::Fixed(credentials), Some(&here)).unwrap().signing_by(SignatureVersion::V1);
    let encoded = crate::rpc::signature::percent_encode(&token);
    // A proxy that repeats the URL, so far into its page that what is shown of it ends anywhere in the secrets.
    for before in (0..220).step_by(3) {
        let call = call(&listener, Purpose::Change);
        let echo = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            let query = head.split(' ').nth(1).unwrap().split_once('?').unwrap().1.to_owned();
            let part = |name: &str| query.split('&').find(|pair| pair.starts_with(name)).unwrap().to_owned();
            let html = query.replace('%', "&#37;");
            let page =
                format!("{}{}&{} {token} {html}", "-".repeat(before), part("Signature="), part("SecurityToken="));
            let bytes = format!("HTTP/1.1 403 No\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}", page.len());
            stream.write_all(bytes.as_bytes()).await.unwrap();
            part("Signature=").split_once('=').unwrap().1.to_owned()
        };
        let (reply, signature) = tokio::join!(client.call(&call), echo);
        let shown = format!("{:?}", reply.unwrap_err());
        for secret in [signature.as_str(), &token, &encoded, SECRET] {
            for beginning in [&secret[..8], &secret[8..16.min(secret.len())]].into_iter().filter(|part| part.len() == 8)
            {
                assert!(!shown.contains(beginning), "{before}: {beginning}: {shown}");
            }
        }
        assert!(before > 180 || shown.contains("(secret)"), "{before}: {shown}");
    }
}

#[tokio::test]
async fn half_of_an_answer_that_issues_keys_is_not_shown() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(time_limit);
    let call = Call { service: Service::Sts, operation: "AssumeRole", ..call(&listener, Purpose::Read) };
    let bytes = "HTTP/1.1 200 OK\r\nContent-Length: 43\r\n\r\n{\"Credentials\":{\"AccessKeySecret\":\"brandnew";
    let (reply, _) = tokio::join!(client.call(&call), answer(&listener, bytes));
    let error = reply.unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient);
    assert!(error.to_string().contains("is not shown") && !format!("{error:?}").contains("brandnew"), "{error:?}");
}

#[tokio::test]
async fn a_time_out_leaves_the_effect_of_a_change_open_and_that_of_a_read_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(|_| Duration::from_millis(50));
    for (purpose, effect) in [(Purpose::Change, Effect::Unknown), (Purpose::Read, Effect::None)] {
        let error = client.call(&call(&listener, purpose)).await.unwrap_err();
        assert_eq!((error.class, error.effect), (ErrorClass::Transient, effect), "{error}");
        assert!(!error.to_string().contains("SnapshotId"), "{error}");
    }
}

#[tokio::test]
async fn a_connection_that_never_stood_had_no_effect() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let call = call(&listener, Purpose::Change);
    drop(listener);
    let error = client(time_limit).call(&call).await.unwrap_err();
    assert_eq!((error.class, error.effect), (ErrorClass::Transient, Effect::None), "{error}");
}

#[tokio::test]
async fn answers_that_cannot_be_read_leave_the_effect_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(time_limit);
    for (bytes, class, effect, words) in [
        ("", ErrorClass::Transient, Effect::Unknown, "no answer from 127.0.0.1"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"RequestId\":",
            ErrorClass::Transient,
            Effect::Unknown,
            "the answer broke off",
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n<html>hello</html",
            ErrorClass::Transient,
            Effect::Unknown,
            "no JSON object: \"<html>hello</html\"",
        ),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", ErrorClass::Transient, Effect::Unknown, "no JSON object"),
        ("HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno", ErrorClass::Permanent, Effect::Unknown, "status 403"),
        (
            "HTTP/1.1 302 Away\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            ErrorClass::Permanent,
            Effect::Unknown,
            "status 302",
        ),
        ("HTTP/1.1 502 Bad\r\nContent-Length: 2\r\n\r\nno", ErrorClass::Transient, Effect::Unknown, "status 502"),
        (
            "HTTP/1.1 403 No\r\nContent-Length: 46\r\n\r\n{\"Code\":\"ImageUseShared\",\"Message\":\"it is so\"}",
            ErrorClass::Permanent,
            Effect::None,
            "DeleteSnapshot: ImageUseShared: it is so",
        ),
        (
            "HTTP/1.1 500 No\r\nContent-Length: 24\r\n\r\n{\"Code\":\"InternalError\"}\n",
            ErrorClass::Transient,
            Effect::Unknown,
            "DeleteSnapshot: InternalError: no message",
        ),
    ] {
        let call = call(&listener, Purpose::Change);
        let (reply, _) = tokio::join!(client.call(&call), answer(&listener, bytes));
        let error = reply.unwrap_err();
        assert_eq!((error.class, error.effect), (class, effect), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn no_secret_is_ever_echoed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(time_limit);
    for body in [
        r#"{"Code":"SignatureDoesNotMatch","Message":"server string to sign is:ACS3-HMAC-SHA256 the-token"}"#,
        r#"{"Code":"Odd","Message":"the-secret and the-token"}"#,
        "<p>the-secret the-token</p>",
    ] {
        let bytes = format!("HTTP/1.1 400 No\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        let call = call(&listener, Purpose::Change);
        let (reply, _) = tokio::join!(client.call(&call), answer(&listener, &bytes));
        let error = reply.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(SECRET) && !shown.contains(TOKEN), "{shown}");
    }
    let shown = format!("{client:?}");
    assert!(!shown.contains(SECRET) && !shown.contains(TOKEN), "{shown}");
}

#[tokio::test]
async fn a_code_that_says_success_is_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(time_limit);
    for (code, success) in [("200", true), ("OK", true), ("Success", true), ("", true), ("DryRunOperation", false)] {
        let body = format!("{{\"RequestId\":\"r\",\"Code\":\"{code}\"}}");
        let bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        let call = call(&listener, Purpose::Change);
        let (reply, _) = tokio::join!(client.call(&call), answer(&listener, &bytes));
        assert_eq!(reply.is_ok(), success, "{code}");
    }
}
