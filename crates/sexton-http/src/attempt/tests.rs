use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::{Endpoint, Route, client, seconds_to_wait};

const CODES: Codes = Codes {
    is_throttle: |code| code == "Slower",
    is_auth: |_| false,
    is_transient: |_| false,
    effect: |_| None,
    retry_after: seconds_to_wait,
    in_place_of: |_, _| None,
};

const SHORT: Duration = Duration::from_millis(200);

async fn listen() -> (TcpListener, Endpoint) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Endpoint::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    (listener, endpoint)
}

/// Takes one request.
async fn asked(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    stream
}

async fn exchange(endpoint: &Endpoint, purpose: Purpose, limit: Duration) -> Result<Answer, CallError> {
    let host = endpoint.host();
    let attempt = Attempt { operation: "Call", host: &host, purpose, secrets: &["the-secret"], codes: &CODES };
    let request = client(Route::Direct).unwrap().get(endpoint.with_path("/the-path")).timeout(limit);
    attempt.exchange(request).await
}

#[tokio::test]
async fn an_answer_is_read_with_its_time() {
    let (listener, endpoint) = listen().await;
    let serve = async {
        let mut stream = asked(&listener).await;
        let head = "HTTP/1.1 404 No\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\nContent-Length: 4\r\n\r\n";
        stream.write_all(format!("{head}body").as_bytes()).await.unwrap();
        stream
    };
    let (answer, _stream) = tokio::join!(exchange(&endpoint, Purpose::Change, SHORT * 50), serve);
    let answer = answer.unwrap();
    assert_eq!((answer.status, answer.body.as_slice(), answer.is_success()), (404, b"body".as_slice(), false));
    assert_eq!(answer.date().known().map(|date| date.to_string()).as_deref(), Some("2026-11-21T00:00:00Z"));
    let host = endpoint.host();
    let attempt =
        Attempt { operation: "Call", host: &host, purpose: Purpose::Change, secrets: &["body"], codes: &CODES };
    let refused = attempt.refused(&answer, Some("Odd"), "the body", Some("r".to_owned()));
    assert_eq!((refused.class, refused.effect), (ErrorClass::Permanent, Effect::None));
    assert_eq!(refused.to_string(), "Call: Odd: the (secret) (request r)");
    let odd = attempt.not_the_provider_s(&answer, "a page", None);
    assert_eq!((odd.class, odd.effect), (ErrorClass::Permanent, Effect::Unknown));
    assert_eq!(odd.to_string(), "Call: HTTP status 404 with a page: \"(secret)\"");
}

#[tokio::test]
async fn what_is_not_answered_leaves_the_effect_of_a_change_open_and_that_of_a_read_not() {
    let (listener, endpoint) = listen().await;
    for (purpose, effect) in [(Purpose::Change, Effect::Unknown), (Purpose::Read, Effect::None)] {
        let (answer, _stream) = tokio::join!(exchange(&endpoint, purpose, SHORT), asked(&listener));
        let error = answer.unwrap_err();
        assert_eq!((error.class, error.effect), (ErrorClass::Transient, effect), "{error}");
        assert!(error.to_string().contains("no answer from 127.0.0.1") && !error.to_string().contains("the-path"));
    }
    drop(listener);
    let error = exchange(&endpoint, Purpose::Change, SHORT).await.unwrap_err();
    assert_eq!((error.class, error.effect), (ErrorClass::Transient, Effect::None), "{error}");
}

#[tokio::test]
async fn a_body_that_drips_ends_with_the_time_of_the_call() {
    let (listener, endpoint) = listen().await;
    let drip = async {
        let mut stream = asked(&listener).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").await;
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    let answer = tokio::select! {
        answer = exchange(&endpoint, Purpose::Change, SHORT) => answer,
        () = drip => panic!("the answer was given up before its time"),
    };
    let error = answer.unwrap_err();
    assert_eq!((error.class, error.effect, error.status), (ErrorClass::Transient, Effect::Unknown, Some(200)));
    assert!(error.to_string().contains("the answer broke off"), "{error}");
}

#[tokio::test]
async fn a_body_without_end_is_given_up() {
    let (listener, endpoint) = listen().await;
    let pour = async {
        let mut stream = asked(&listener).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
        let block = vec![b'x'; 1 << 20];
        while stream.write_all(&block).await.is_ok() {}
        // Whoever asked is gone.
        std::future::pending::<()>().await;
    };
    let answer = tokio::select! {
        answer = exchange(&endpoint, Purpose::Read, SHORT * 300) => answer,
        () = pour => unreachable!("it waits for ever"),
    };
    let error = answer.unwrap_err();
    assert_eq!((error.class, error.effect), (ErrorClass::Permanent, Effect::None), "{error}");
    assert!(error.to_string().contains("is longer than"), "{error}");
}

#[test]
fn the_date_header_is_read() {
    assert_eq!(http_date("Sat, 21 Nov 2026 00:00:00 GMT"), Some("2026-11-21T00:00:00Z".parse().unwrap()));
    assert_eq!(http_date("yesterday"), None);
}
