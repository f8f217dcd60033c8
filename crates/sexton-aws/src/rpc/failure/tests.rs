use sexton_provider::ErrorClass;

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
        assert_eq!(CODES.class_of(status, code, None), class, "{status} {code:?}");
    }
}

#[test]
fn only_a_refusal_by_the_provider_itself_is_surely_without_effect() {
    for (status, code, effect) in [
        (400, Some("InvalidSnapshot.InUse"), Effect::None),
        (503, Some("RequestLimitExceeded"), Effect::None),
        (401, Some("AuthFailure"), Effect::None),
        (500, Some("InternalError"), Effect::Unknown),
        (400, Some("InternalError"), Effect::Unknown),
        (503, Some("Unavailable"), Effect::Unknown),
        (503, None, Effect::Unknown),
        (403, None, Effect::Unknown),
        (500, Some("Odd"), Effect::Unknown),
        (412, Some("DryRunOperation"), Effect::None),
    ] {
        assert_eq!(CODES.effect_of(status, code), effect, "{status} {code:?}");
    }
}

#[test]
fn a_message_about_a_signature_is_left_out() {
    for (code, message) in [
        (None, "The Canonical String for this request should have been 'POST"),
        (None, "AWS4-HMAC-SHA256 x"),
        (Some("SignatureDoesNotMatch"), "x"),
    ] {
        let shown = CODES.presentable(code, message, &[]);
        assert!(shown.starts_with("the provider computed another signature"), "{message}");
    }
    assert_eq!(CODES.presentable(Some("Odd"), "in words", &[]), "in words");
}
