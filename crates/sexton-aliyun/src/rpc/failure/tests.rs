use reqwest::header::HeaderValue;
use sexton_provider::ErrorClass;

use super::*;

#[test]
fn codes_decide_before_statuses() {
    let throttle = ErrorClass::Throttle { retry_after: None };
    for (status, code, class) in [
        (400, Some("Throttling"), throttle),
        (400, Some("Throttling.User"), throttle),
        (503, Some("Throttling.Api"), throttle),
        (400, Some("Rejected.Throttling"), throttle),
        (429, None, throttle),
        (400, Some("InvalidAccessKeyId.NotFound"), ErrorClass::Auth),
        (404, Some("InvalidAccessKeyId.NotFound"), ErrorClass::Auth),
        (403, Some("Forbidden.RAM"), ErrorClass::Auth),
        (403, Some("Forbidden.AccessKeyDisabled"), ErrorClass::Auth),
        (403, Some("Forbidden"), ErrorClass::Auth),
        (400, Some("SignatureDoesNotMatch"), ErrorClass::Auth),
        (400, Some("InvalidTimeStamp.Expired"), ErrorClass::Auth),
        (400, Some("InvalidSecurityToken.Expired"), ErrorClass::Auth),
        (401, None, ErrorClass::Auth),
        (400, Some("SignatureNonceUsed"), ErrorClass::Transient),
        (400, Some("UnknownError"), ErrorClass::Transient),
        (403, Some("LastTokenProcessing"), ErrorClass::Transient),
        (403, Some("Operation.Conflict"), ErrorClass::Transient),
        (409, Some("OperationConflict"), ErrorClass::Transient),
        (500, Some("InternalError"), ErrorClass::Transient),
        (503, Some("ServiceUnavailable.RegionMaintaining"), ErrorClass::Transient),
        (502, None, ErrorClass::Transient),
        (400, Some("MissingParameter"), ErrorClass::Permanent),
        (403, Some("ImageUseShared"), ErrorClass::Permanent),
        (403, Some("ForbiddenParameter.LaunchPermission"), ErrorClass::Permanent),
        (404, Some("InvalidRegionId.NotFound"), ErrorClass::Permanent),
        (404, None, ErrorClass::Permanent),
        (302, None, ErrorClass::Permanent),
    ] {
        assert_eq!(CODES.class_of(status, code, None), class, "{status} {code:?}");
    }
}

#[test]
fn only_a_refusal_by_the_provider_itself_is_surely_without_effect() {
    for (status, code, effect) in [
        (403, Some("ImageUseShared"), Effect::None),
        (400, Some("Throttling"), Effect::None),
        (500, Some("InternalError"), Effect::Unknown),
        (400, Some("InternalError"), Effect::Unknown),
        (400, Some("SignatureNonceUsed"), Effect::Unknown),
        (503, Some("Throttling"), Effect::Unknown),
        (403, None, Effect::Unknown),
        (200, Some("DryRunOperation"), Effect::None),
        (200, Some("Odd"), Effect::Unknown),
    ] {
        assert_eq!(CODES.effect_of(status, code), effect, "{status} {code:?}");
    }
}

#[test]
fn every_form_of_the_hint_is_read() {
    let hint = |headers: &[(&'static str, &'static str)]| {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect();
        retry_after(&headers)
    };
    assert_eq!(hint(&[]), None);
    assert_eq!(hint(&[("x-acs-retry-after", "300"), ("retry-after", "9")]), Some(Duration::from_millis(300)));
    let window = ("x-ratelimit-user-api", "Limit:1,Remain:0,TimeLeft:2000,Reset:1234");
    assert_eq!(hint(&[window]), Some(Duration::from_millis(2000)));
    assert_eq!(hint(&[("x-ratelimit-user", "Limit:1, Remain:0, TimeLeft: 7")]), Some(Duration::from_millis(7)));
    assert_eq!(hint(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
    assert_eq!(hint(&[("x-acs-retry-after", "soon")]), None);
}

#[test]
fn a_message_about_a_signature_is_left_out() {
    for (code, message) in [
        (Some("SignatureDoesNotMatch"), "anything"),
        (Some("IncompleteSignature"), "anything"),
        (Some("Other"), "server String To Sign is: POST&%2F"),
        (None, "ACS3-HMAC-SHA256 Credential=…"),
    ] {
        let shown = CODES.presentable(code, message, &[]);
        assert!(shown.starts_with("the provider computed another signature"), "{message}");
    }
    assert_eq!(CODES.presentable(Some("Odd"), "in words", &[]), "in words");
}
