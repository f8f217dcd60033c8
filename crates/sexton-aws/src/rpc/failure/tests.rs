use reqwest::header::HeaderValue;

use super::*;

#[test]
fn codes_decide_before_statuses() {
    let throttle = ErrorClass::Throttle { retry_after: None };
    for (status, code, class) in [
        (503, Some("RequestLimitExceeded"), throttle),
        (503, Some("EC2ThrottledException"), throttle),
        (400, Some("Throttling"), throttle),
        (400, Some("ThrottlingException"), throttle),
        (400, Some("RequestThrottled"), throttle),
        (429, None, throttle),
        (403, Some("UnauthorizedOperation"), ErrorClass::Auth),
        (401, Some("AuthFailure"), ErrorClass::Auth),
        (400, Some("AuthFailure"), ErrorClass::Auth),
        (403, Some("AccessDenied"), ErrorClass::Auth),
        (403, Some("SignatureDoesNotMatch"), ErrorClass::Auth),
        (403, Some("InvalidClientTokenId"), ErrorClass::Auth),
        (400, Some("RequestExpired"), ErrorClass::Auth),
        (400, Some("ExpiredToken"), ErrorClass::Auth),
        (401, None, ErrorClass::Auth),
        (500, Some("InternalError"), ErrorClass::Transient),
        (503, Some("Unavailable"), ErrorClass::Transient),
        (503, Some("ServiceUnavailable"), ErrorClass::Transient),
        (400, Some("InternalFailure"), ErrorClass::Transient),
        (502, None, ErrorClass::Transient),
        (504, None, ErrorClass::Transient),
        (400, Some("InvalidSnapshot.InUse"), ErrorClass::Permanent),
        (400, Some("OperationNotPermitted"), ErrorClass::Permanent),
        (400, Some("MissingParameter"), ErrorClass::Permanent),
        (404, None, ErrorClass::Permanent),
        (302, None, ErrorClass::Permanent),
    ] {
        assert_eq!(class_of(status, code, None), class, "{status} {code:?}");
    }
}

#[test]
fn only_a_refusal_by_the_provider_itself_is_surely_without_effect() {
    for (status, code, open) in [
        (400, Some("InvalidSnapshot.InUse"), false),
        (503, Some("RequestLimitExceeded"), false),
        (401, Some("AuthFailure"), false),
        (500, Some("InternalError"), true),
        (400, Some("InternalError"), true),
        (503, Some("Unavailable"), true),
        (503, None, true),
        (403, None, true),
        (500, Some("Odd"), true),
        (412, Some("DryRunOperation"), false),
    ] {
        assert_eq!(may_have_acted(status, code), open, "{status} {code:?}");
    }
}

#[test]
fn the_hint_is_read_in_seconds() {
    let of = |text: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", HeaderValue::from_static(text));
        retry_after(&headers)
    };
    assert_eq!(of("3"), Some(Duration::from_secs(3)));
    assert_eq!(of("Sat, 21 Nov 2026 00:00:00 GMT"), None);
    assert_eq!(retry_after(&HeaderMap::new()), None);
}

#[test]
fn nothing_secret_and_nothing_endless_is_shown() {
    assert_eq!(presentable(None, "key s3cret\n\u{1b}[0m", &["s3cret", ""]), "key (secret)  [0m");
    for message in ["The Canonical String for this request should have been 'POST", "AWS4-HMAC-SHA256 x"] {
        assert!(presentable(None, message, &[]).starts_with("the provider computed another signature"), "{message}");
    }
    assert!(presentable(Some("SignatureDoesNotMatch"), "x", &[]).starts_with("the provider computed"));
    assert_eq!(presentable(None, &"ä".repeat(600), &[]).chars().count(), 501);
}
