use reqwest::header::HeaderValue;

use super::*;

const THROTTLE: ErrorClass = ErrorClass::Throttle { retry_after: None };

#[test]
fn codes_decide_before_statuses() {
    for (status, code, class) in [
        (429, Some("REQUEST_LIMIT_EXCEEDED"), THROTTLE),
        (400, Some("REQUEST_LIMIT_EXCEEDED"), THROTTLE),
        (429, None, THROTTLE),
        (400, Some("INTERNAL_SERVER_ERROR"), ErrorClass::Transient),
        (400, Some("SERVICE_TEMPORARY_UNAVAILABLE"), ErrorClass::Transient),
        (400, Some("REQUEST_TIMED_OUT"), ErrorClass::Transient),
        (400, Some("INVALID_OPERATION_TIMEOUT"), ErrorClass::Transient),
        (502, None, ErrorClass::Transient),
        (503, Some("ANYTHING"), ErrorClass::Transient),
        (403, Some("AUTHFAILURE_SIGNATURE_EXPIRED"), ErrorClass::Auth),
        (400, Some("AUTHFAILURE_SIGNATURE_FAILURE"), ErrorClass::Auth),
        (400, Some("AUTHFAILURE_INVALID_AUTHORIZATION"), ErrorClass::Auth),
        (403, Some("AUTHFAILURE_UNAUTHORIZED_OPERATION"), ErrorClass::Auth),
        (401, None, ErrorClass::Auth),
        (403, Some(SECURITY_CHALLENGE), ErrorClass::Auth),
        (451, Some(REQUEST_BLOCKED), ErrorClass::Auth),
        (403, None, ErrorClass::Permanent),
        (404, Some("INVALID_DISK_NOT_FOUND"), ErrorClass::Permanent),
        (400, Some("MISSING_PARAMETER"), ErrorClass::Permanent),
        (400, Some("INVALID_PARAMETER_EXCEED_MAXIMUM"), ErrorClass::Permanent),
        (302, None, ErrorClass::Permanent),
    ] {
        assert_eq!(class_of(status, code, None), class, "{status} {code:?}");
    }
}

#[test]
fn only_a_refusal_by_the_provider_itself_is_surely_without_effect() {
    for (status, code, open) in [
        (400, Some("OPERATION_DENIED_DISK_SNAPSHOT_STATUS"), false),
        (429, Some("REQUEST_LIMIT_EXCEEDED"), false),
        (403, Some(SECURITY_CHALLENGE), false),
        (451, Some(REQUEST_BLOCKED), false),
        (500, Some("INTERNAL_SERVER_ERROR"), true),
        (400, Some("REQUEST_TIMED_OUT"), true),
        (408, Some("ANYTHING"), true),
        (403, None, true),
        (404, None, true),
    ] {
        assert_eq!(may_have_acted(status, code), open, "{status} {code:?}");
    }
}

#[test]
fn only_a_challenge_of_the_edge_is_one() {
    let with = |value| HeaderMap::from_iter([("cf-mitigated".parse().unwrap(), HeaderValue::from_static(value))]);
    assert_eq!(blocked(403, &with("challenge")), Some(SECURITY_CHALLENGE));
    assert_eq!(blocked(403, &with("something")), None);
    assert_eq!(blocked(200, &with("challenge")), None);
    assert_eq!(blocked(403, &HeaderMap::new()), None);
    assert_eq!(blocked(451, &HeaderMap::new()), Some(REQUEST_BLOCKED));
}

#[test]
fn older_spellings_are_one() {
    assert_eq!(normalized("Invalid.Image.Not.Found"), "INVALID_IMAGE_NOT_FOUND");
    assert_eq!(normalized(" INVALID_IMAGE_NOT_FOUND"), "INVALID_IMAGE_NOT_FOUND");
}

#[test]
fn the_standard_hint_is_read() {
    let with = |value| HeaderMap::from_iter([("retry-after".parse().unwrap(), HeaderValue::from_static(value))]);
    assert_eq!(retry_after(&with("3")), Some(Duration::from_secs(3)));
    assert_eq!(retry_after(&with("soon")), None);
    assert_eq!(retry_after(&HeaderMap::new()), None);
}

#[test]
fn no_secret_and_no_control_character_is_shown() {
    assert_eq!(presentable("the-secret\u{1b}[31m", &["the-secret", ""]), "(secret) [31m");
    for echo in ["ZC2-HMAC-SHA256 Credential=x", "authorization: Bearer x", "the String to sign was"] {
        assert!(presentable(echo, &[]).ends_with("is left out"), "{echo}");
    }
    assert_eq!(presentable(&"x".repeat(501), &[]).chars().count(), 501);
}
