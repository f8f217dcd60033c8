use std::collections::BTreeMap;

use serde_json::json;
use sexton_provider::{Effect, ErrorClass};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

const PASSWORD: &str = "the-password";

async fn listen() -> (TcpListener, Endpoint) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    (listener, endpoint)
}

fn client(endpoint: Endpoint) -> RpcClient {
    RpcClient::new(endpoint, ApiVersion::V20250901, Credentials::key("the-id", PASSWORD)).unwrap()
}

fn call(purpose: Purpose) -> Call {
    let Value::Object(parameters) = json!({"snapshotIds": ["s-1 \"*~ä"]}) else { unreachable!("an object") };
    Call { operation: "DeleteSnapshots", parameters, purpose }
}

/// Takes one request and answers it with these bytes; returns its head and its body.
async fn answer(listener: &TcpListener, bytes: &str) -> (String, Vec<u8>) {
    let accepted = tokio::time::timeout(Duration::from_secs(5), listener.accept()).await;
    let (mut stream, _) = accepted.expect("a request comes").unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = headers_of(&head)["content-length"].parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    (head, body)
}

fn headers_of(head: &str) -> BTreeMap<String, String> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect()
}

const FINE: &str = "HTTP/1.1 200 OK\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\nContent-Length: 33\r\nConnection: close\r\n\r\n{\"requestId\":\"T1\",\"response\":{} }";

#[tokio::test]
async fn what_is_sent_is_what_was_signed() {
    let (listener, endpoint) = listen().await;
    let host = endpoint.host();
    let client = client(endpoint);
    let call = call(Purpose::Change);
    let (reply, (head, body)) = tokio::join!(client.call(&call), answer(&listener, FINE));
    let reply = reply.unwrap();
    assert_eq!(reply.request_id.as_deref(), Some("T1"));
    assert_eq!(reply.date.known().map(|date| date.to_string()).as_deref(), Some("2026-11-21T00:00:00Z"));
    assert!(head.starts_with("POST /api/v2/zec HTTP/1.1\r\n"), "{head}");
    let headers = headers_of(&head);
    let timestamp = headers["x-zc-timestamp"].parse().unwrap();
    let request = Signable { content_type: &headers["content-type"], host: &headers["host"], body: &body, timestamp };
    assert_eq!(authorize(&request, "the-id", PASSWORD).header, headers["authorization"]);
    assert_eq!(headers["host"], host);
    assert!((jiff::Timestamp::now().as_second() - timestamp).abs() < 60);
    for (name, value) in [
        ("x-zc-action", "DeleteSnapshots"),
        ("x-zc-version", "2025-09-01"),
        ("x-zc-signature-method", "ZC2-HMAC-SHA256"),
        ("x-zc-service", "zec"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), Value::Object(call.parameters));
}

/// As in the example that the vendor's SDK produced: no time and no method.
#[tokio::test]
async fn a_token_is_sent_as_it_is() {
    let (listener, endpoint) = listen().await;
    let client = RpcClient::new(endpoint, ApiVersion::V20240401, Credentials::bearer(" TOKENEXAMPLE ")).unwrap();
    let call = Call { operation: "DescribeSnapshots", parameters: Parameters::new(), purpose: Purpose::Read };
    let (reply, (head, body)) = tokio::join!(client.call(&call), answer(&listener, FINE));
    reply.unwrap();
    let headers = headers_of(&head);
    let vectors: Value = serde_json::from_str(include_str!("../signature/vectors.json")).unwrap();
    let example = &vectors["bearer_example"];
    assert_eq!(headers["authorization"], example["headers"]["Authorization"].as_str().unwrap());
    assert_eq!(body, example["body"].as_str().unwrap().as_bytes());
    assert!(!headers.contains_key("x-zc-timestamp") && !headers.contains_key("x-zc-signature-method"));
    assert_eq!(headers["x-zc-version"], "2024-04-01");
}

#[tokio::test]
async fn a_time_out_leaves_the_effect_of_a_change_open_and_that_of_a_read_not() {
    let (_listener, endpoint) = listen().await;
    let client = RpcClient { time_limit: Duration::from_millis(50), ..client(endpoint) };
    for (purpose, effect) in [(Purpose::Change, Effect::Unknown), (Purpose::Read, Effect::None)] {
        let error = client.call(&call(purpose)).await.unwrap_err();
        assert_eq!((error.class, error.effect), (ErrorClass::Transient, effect), "{error}");
    }
}

#[tokio::test]
async fn a_connection_that_never_stood_had_no_effect() {
    let (listener, endpoint) = listen().await;
    drop(listener);
    let error = client(endpoint).call(&call(Purpose::Change)).await.unwrap_err();
    assert_eq!((error.class, error.effect), (ErrorClass::Transient, Effect::None), "{error}");
}

#[tokio::test]
async fn answers_are_read_by_their_status_and_what_cannot_be_read_leaves_the_effect_open() {
    let (listener, endpoint) = listen().await;
    let client = client(endpoint);
    let page = |status: &str, headers: &str, body: &str| {
        format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
    };
    for (bytes, class, effect, words) in [
        (String::new(), ErrorClass::Transient, Effect::Unknown, "no answer from 127.0.0.1"),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"requestId\":".to_owned(),
            ErrorClass::Transient,
            Effect::Unknown,
            "the answer broke off",
        ),
        (page("200 OK", "", "<html>hello</html>"), ErrorClass::Transient, Effect::Unknown, "no JSON object"),
        (page("200 OK", "", "[]"), ErrorClass::Transient, Effect::Unknown, "no JSON object"),
        (page("200 OK", "", "{\"requestId\":\"T\"}"), ErrorClass::Transient, Effect::Unknown, "no response in it"),
        (page("200 OK", "", "{\"response\":[]}"), ErrorClass::Transient, Effect::Unknown, "no response in it"),
        (
            page("200 OK", "", "{\"code\":\"INVALID_DISK_NOT_FOUND\"}"),
            ErrorClass::Transient,
            Effect::Unknown,
            "no response in it",
        ),
        (
            page("403 No", "cf-mitigated: challenge\r\n", "<html>are you human</html>"),
            ErrorClass::Auth,
            Effect::None,
            "SECURITY_CHALLENGE",
        ),
        (page("403 No", "", "<html>no</html>"), ErrorClass::Permanent, Effect::Unknown, "status 403"),
        (page("451 No", "", "no"), ErrorClass::Auth, Effect::None, "REQUEST_BLOCKED"),
        (page("502 No", "", "no"), ErrorClass::Transient, Effect::Unknown, "status 502"),
        (page("302 Away", "Location: http://127.0.0.1:1/\r\n", ""), ErrorClass::Permanent, Effect::Unknown, "302"),
        (
            page("429 No", "", "{\"requestId\":\"T\",\"code\":\"REQUEST_LIMIT_EXCEEDED\",\"message\":\"slower\"}"),
            ErrorClass::Throttle { retry_after: None },
            Effect::None,
            "REQUEST_LIMIT_EXCEEDED: slower (request T)",
        ),
        (
            page(
                "404 No",
                "",
                "{\"requestId\":\"T\",\"code\":\"Invalid.Disk.Not.Found\",\"message\":\"the-password\"}",
            ),
            ErrorClass::Permanent,
            Effect::None,
            "INVALID_DISK_NOT_FOUND: (secret) (request T)",
        ),
    ] {
        let call = call(Purpose::Change);
        let (reply, _) = tokio::join!(client.call(&call), answer(&listener, &bytes));
        let error = reply.unwrap_err();
        assert_eq!((error.class, error.effect), (class, effect), "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert!(!error.to_string().contains(PASSWORD), "{error}");
    }
}

#[tokio::test]
async fn an_answer_without_content_is_one() {
    let (listener, endpoint) = listen().await;
    let client = client(endpoint);
    let call = call(Purpose::Change);
    let bytes = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    let (reply, _) = tokio::join!(client.call(&call), answer(&listener, bytes));
    assert!(reply.unwrap().body.is_empty());
}

fn refused(status: &str, code: &str, headers: &str) -> String {
    let body = format!("{{\"requestId\":\"T\",\"code\":\"{code}\",\"message\":\"in words\"}}");
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

const DATED: &str = "Date: Sat, 21 Nov 2026 00:00:00 GMT\r\n";

/// A signature that is refused for its time had no effect.
#[tokio::test]
async fn a_call_that_is_signed_late_is_signed_once_more_by_the_provider_s_time() {
    let expired = refused("403 No", SIGNATURE_EXPIRED, DATED);
    for purpose in [Purpose::Change, Purpose::Read] {
        let (listener, endpoint) = listen().await;
        let client = client(endpoint);
        let call = call(purpose);
        let both = async { (answer(&listener, &expired).await, answer(&listener, FINE).await) };
        let (reply, (first, (head, body))) = tokio::join!(client.call(&call), both);
        assert_eq!(reply.unwrap().request_id.as_deref(), Some("T1"));
        assert_eq!(first.1, body);
        let headers = headers_of(&head);
        assert_eq!(headers["x-zc-timestamp"], "1795219200");
        let request = Signable {
            content_type: &headers["content-type"],
            host: &headers["host"],
            body: &body,
            timestamp: 1_795_219_200,
        };
        assert_eq!(authorize(&request, "the-id", PASSWORD).header, headers["authorization"]);
    }
}

#[tokio::test]
async fn a_second_refusal_for_the_time_is_one_of_the_credentials() {
    let (listener, endpoint) = listen().await;
    let client = client(endpoint);
    let call = call(Purpose::Change);
    let (dated, undated) = (refused("400 No", SIGNATURE_EXPIRED, DATED), refused("400 No", SIGNATURE_EXPIRED, ""));
    let both = async { (answer(&listener, &undated).await, answer(&listener, &dated).await) };
    let (reply, (_, (head, _))) = tokio::join!(client.call(&call), both);
    let error = reply.unwrap_err();
    assert_eq!((error.class, error.effect), (ErrorClass::Auth, Effect::None), "{error}");
    // The provider told no time: the clock is read again.
    let timestamp: i64 = headers_of(&head)["x-zc-timestamp"].parse().unwrap();
    assert!((jiff::Timestamp::now().as_second() - timestamp).abs() < 60);
}

#[tokio::test]
async fn what_another_signature_would_not_mend_or_may_have_had_an_effect_is_sent_once() {
    for (bearer, bytes) in [
        (true, refused("403 No", SIGNATURE_EXPIRED, DATED)),
        (false, refused("403 No", "AUTHFAILURE_SIGNATURE_FAILURE", DATED)),
        (false, refused("500 No", SIGNATURE_EXPIRED, DATED)),
    ] {
        let (listener, endpoint) = listen().await;
        let credentials = if bearer { Credentials::bearer("a-token") } else { Credentials::key("the-id", PASSWORD) };
        let client = RpcClient::new(endpoint, ApiVersion::V20250901, credentials).unwrap();
        let call = call(Purpose::Change);
        let (reply, _) = tokio::join!(client.call(&call), answer(&listener, &bytes));
        assert_eq!(reply.unwrap_err().class, ErrorClass::Auth);
        let another = tokio::time::timeout(Duration::from_millis(20), listener.accept()).await;
        assert!(another.is_err(), "{bytes}");
    }
}
