use std::cell::Cell;

use sexton_provider::Effect;

use super::*;

const PAUSES: Pauses = Pauses { first: Duration::from_millis(100), first_throttled: Duration::from_millis(500) };
const THROTTLED: ErrorClass = ErrorClass::Throttle { retry_after: None };

fn hinted(millis: u64) -> ErrorClass {
    ErrorClass::Throttle { retry_after: Some(Duration::from_millis(millis)) }
}

fn pause(failed_attempts: u32, class: ErrorClass, dice: u8) -> Option<Duration> {
    PAUSES.pause(Pace::Patient, failed_attempts, class, dice)
}

#[test]
fn pauses_double_and_end() {
    let pauses: Vec<Option<u128>> =
        (1..=5).map(|failed| pause(failed, ErrorClass::Transient, 255).map(|pause| pause.as_millis())).collect();
    assert_eq!(pauses, [Some(100), Some(200), Some(400), Some(800), None]);
    assert_eq!(pause(1, THROTTLED, 255), Some(Duration::from_millis(500)));
    assert_eq!(pause(1, THROTTLED, 0), Some(Duration::from_millis(250)));
}

#[test]
fn a_hint_is_never_undercut_and_not_waited_for_without_end() {
    assert_eq!(pause(4, hinted(300), 0), Some(Duration::from_millis(300)));
    assert!(pause(4, hinted(300), 255) > Some(Duration::from_millis(300)));
    assert_eq!(pause(1, hinted(0), 0), Some(PAUSES.first));
    assert!(pause(1, hinted(60_000), 0).is_some());
    assert_eq!(pause(1, hinted(60_001), 0), None);
    assert!(pause(59, hinted(1), 0).is_some());
    assert_eq!(pause(60, hinted(1), 0), None);
    assert_eq!(pause(59, THROTTLED, 255), Some(LONGEST_PAUSE));
}

#[test]
fn what_will_not_pass_is_not_tried_again() {
    for class in [ErrorClass::Permanent, ErrorClass::Auth] {
        assert_eq!(pause(1, class, 0), None);
    }
    for class in [ErrorClass::Transient, THROTTLED, hinted(1)] {
        assert_eq!(PAUSES.pause(Pace::Once, 1, class, 0), None);
    }
}

/// Fails by these classes, one after the other, then succeeds with how often it was called.
async fn calls(classes: &[ErrorClass]) -> Result<usize, ErrorClass> {
    let made = Cell::new(0);
    let attempt = async || {
        let class = classes.get(made.get()).copied();
        made.set(made.get() + 1);
        match class {
            None => Ok(made.get()),
            Some(class) => Err(CallError {
                class,
                effect: Effect::None,
                operation: "Read".to_owned(),
                code: None,
                status: None,
                message: String::new(),
                request_id: None,
            }),
        }
    };
    PAUSES.paced(Pace::Patient, "Read", attempt).await.map_err(|error| error.class)
}

#[tokio::test(start_paused = true)]
async fn a_quota_that_is_shared_is_waited_for_and_a_fault_that_stays_is_not() {
    assert_eq!(calls(&[THROTTLED; 59]).await, Ok(60));
    assert_eq!(calls(&[THROTTLED; 60]).await, Err(THROTTLED));
    assert_eq!(calls(&[ErrorClass::Transient; 4]).await, Ok(5));
    assert_eq!(calls(&[ErrorClass::Transient; 5]).await, Err(ErrorClass::Transient));
    // Each of the two is counted by itself.
    let mixed = [[THROTTLED; 8].as_slice(), &[ErrorClass::Transient; 4], &[THROTTLED; 8]].concat();
    assert_eq!(calls(&mixed).await, Ok(21));
}
