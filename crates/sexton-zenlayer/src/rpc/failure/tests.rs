use reqwest::header::HeaderValue;
use sexton_provider::ErrorClass;

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
        (403, Some("AUTHFAILURE_UNAUTHORIZED_OPERATION"), ErrorClass::Permanent),
        (401, None, ErrorClass::Auth),
        (403, Some(SECURITY_CHALLENGE), ErrorClass::Auth),
        (451, Some(REQUEST_BLOCKED), ErrorClass::Auth),
        (403, None, ErrorClass::Permanent),
        (404, Some("INVALID_DISK_NOT_FOUND"), ErrorClass::Permanent),
        (400, Some("MISSING_PARAMETER"), ErrorClass::Permanent),
        (400, Some("INVALID_PARAMETER_EXCEED_MAXIMUM"), ErrorClass::Permanent),
        (302, None, ErrorClass::Permanent),
    ] {
        assert_eq!(CODES.class_of(status, code, None), class, "{status} {code:?}");
    }
}

#[test]
fn only_a_refusal_by_the_provider_itself_is_surely_without_effect() {
    for (status, code, effect) in [
        (400, Some("OPERATION_DENIED_DISK_SNAPSHOT_STATUS"), Effect::None),
        (429, Some("REQUEST_LIMIT_EXCEEDED"), Effect::None),
        (403, Some(SECURITY_CHALLENGE), Effect::None),
        (451, Some(REQUEST_BLOCKED), Effect::None),
        (500, Some("INTERNAL_SERVER_ERROR"), Effect::Unknown),
        (400, Some("REQUEST_TIMED_OUT"), Effect::Unknown),
        (408, Some("ANYTHING"), Effect::Unknown),
        (403, None, Effect::Unknown),
        (404, None, Effect::Unknown),
    ] {
        assert_eq!(CODES.effect_of(status, code), effect, "{status} {code:?}");
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
fn a_message_that_repeats_the_authorization_is_left_out() {
    for echo in ["ZC2-HMAC-SHA256 Credential=x", "authorization: Bearer x", "the String to sign was"] {
        assert!(CODES.presentable(None, echo, &[]).ends_with("is left out"), "{echo}");
    }
    assert_eq!(CODES.presentable(None, "in words", &[]), "in words");
}
