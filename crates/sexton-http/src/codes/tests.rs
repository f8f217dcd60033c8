use reqwest::header::HeaderValue;

use super::*;

const CODES: Codes = Codes {
    is_throttle: |code| code == "Slower",
    is_auth: |code| code == "NotYou",
    is_transient: |code| code == "Busy",
    effect: |code| (code == "Busy").then_some(Effect::Unknown),
    retry_after: seconds_to_wait,
    in_place_of: |code, message| (code == Some("Signature") || message.contains("signed:")).then_some("left out"),
};

#[test]
fn codes_decide_before_statuses() {
    let hint = Some(Duration::from_secs(3));
    for (status, code, class) in [
        (400, Some("Slower"), ErrorClass::Throttle { retry_after: hint }),
        (503, Some("Slower"), ErrorClass::Throttle { retry_after: hint }),
        (429, None, ErrorClass::Throttle { retry_after: hint }),
        (404, Some("NotYou"), ErrorClass::Auth),
        (401, None, ErrorClass::Auth),
        (400, Some("Busy"), ErrorClass::Transient),
        (408, Some("Odd"), ErrorClass::Transient),
        (502, None, ErrorClass::Transient),
        (403, Some("Odd"), ErrorClass::Permanent),
        (302, None, ErrorClass::Permanent),
    ] {
        assert_eq!(CODES.class_of(status, code, hint), class, "{status} {code:?}");
    }
}

#[test]
fn only_a_refusal_by_the_provider_itself_is_surely_without_effect() {
    for (status, code, effect) in [
        (400, Some("Odd"), Effect::None),
        (403, Some("NotYou"), Effect::None),
        (400, Some("Busy"), Effect::Unknown),
        (408, Some("Odd"), Effect::Unknown),
        (500, Some("Odd"), Effect::Unknown),
        (200, Some("Odd"), Effect::Unknown),
        (403, None, Effect::Unknown),
    ] {
        assert_eq!(CODES.effect_of(status, code), effect, "{status} {code:?}");
    }
}

#[test]
fn the_standard_hint_is_read_in_seconds() {
    let of =
        |text: &'static str| seconds_to_wait(&HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]));
    assert_eq!(of("3"), Some(Duration::from_secs(3)));
    assert_eq!(of("Sat, 21 Nov 2026 00:00:00 GMT"), None);
    assert_eq!(seconds_to_wait(&HeaderMap::new()), None);
}

#[test]
fn a_message_is_shown_without_secrets_controls_or_length() {
    let shown = CODES.presentable(Some("Odd"), "key s3cret\n\u{1b}[31m and s3cret", &["s3cret", ""]);
    assert_eq!(shown, "key (secret)  [31m and (secret)");
    assert_eq!(CODES.presentable(None, &"ä".repeat(600), &[]).chars().count(), 501);
    assert_eq!(CODES.presentable(Some("Signature"), "anything", &[]), "left out");
    assert_eq!(CODES.presentable(None, "what you signed: x", &[]), "left out");
}
