use super::*;

const THROTTLED: ErrorClass = ErrorClass::Throttle { retry_after: None };

fn hinted(millis: u64) -> ErrorClass {
    ErrorClass::Throttle { retry_after: Some(Duration::from_millis(millis)) }
}

#[test]
fn pauses_double_and_end() {
    let pauses: Vec<Option<u128>> = (1..=5)
        .map(|failed| Pace::Patient.pause(failed, ErrorClass::Transient, 255).map(|pause| pause.as_millis()))
        .collect();
    assert_eq!(pauses, [Some(100), Some(200), Some(400), Some(800), None]);
    assert_eq!(Pace::Patient.pause(1, THROTTLED, 255), Some(Duration::from_millis(500)));
    assert_eq!(Pace::Patient.pause(1, THROTTLED, 0), Some(Duration::from_millis(250)));
}

#[test]
fn a_hint_is_never_undercut_and_not_waited_for_without_end() {
    assert_eq!(Pace::Patient.pause(4, hinted(300), 0), Some(Duration::from_millis(300)));
    assert!(Pace::Patient.pause(4, hinted(300), 255) > Some(Duration::from_millis(300)));
    assert!(Pace::Patient.pause(1, hinted(60_000), 0).is_some());
    assert_eq!(Pace::Patient.pause(1, hinted(60_001), 0), None);
    assert!(Pace::Patient.pause(59, hinted(1), 0).is_some());
    assert_eq!(Pace::Patient.pause(60, hinted(1), 0), None);
    assert_eq!(Pace::Patient.pause(59, THROTTLED, 255), Some(LONGEST_PAUSE));
}

#[test]
fn what_will_not_pass_is_not_tried_again() {
    for class in [ErrorClass::Permanent, ErrorClass::Auth] {
        assert_eq!(Pace::Patient.pause(1, class, 0), None);
    }
    for class in [ErrorClass::Transient, THROTTLED, hinted(1)] {
        assert_eq!(Pace::Once.pause(1, class, 0), None);
    }
}
