use super::*;
use crate::case::{CallSort, Trouble};
use crate::invariant::Violation;
use crate::makespan::climate;

#[test]
fn smaller_cases_are_smaller_and_every_part_can_go() {
    let mut case = crate::case::quiet(1, 3, climate(true));
    case.faults = vec![
        Fault::Storm { at_ms: 1, for_ms: 1, retry_after_ms: None },
        Fault::Call { sort: CallSort::Removal, nth: 2, trouble: Trouble::Busy },
    ];
    let all = smaller(&case);
    assert!(all.iter().all(|smaller| *smaller != case));
    assert!(all.iter().any(|smaller| smaller.clusters.len() == 1));
    assert_eq!(all.iter().filter(|smaller| smaller.faults.len() == 1).count(), 2);
    assert!(all.iter().any(|smaller| smaller.climate.quotas.is_empty()));
    let sooner = Fault::Call { sort: CallSort::Removal, nth: 1, trouble: Trouble::Busy };
    assert!(all.iter().any(|smaller| smaller.faults.contains(&sooner)));
}

#[test]
fn a_failure_is_shrunk_to_what_it_needs() {
    let lab = Lab::new().unwrap();
    // That a batch which lies is found out costs completeness: taken for a failure, it is one that needs its fault.
    let mut case = crate::case::quiet(1, 6, climate(false));
    case.faults = vec![
        Fault::Storm { at_ms: 500_000, for_ms: 1, retry_after_ms: None },
        Fault::Call { sort: CallSort::Removal, nth: 1, trouble: Trouble::Busy },
    ];
    let seen = Violation { invariant: "named", at: sexton_engine::machine::MonoTime::START, seen: String::new() };
    let failure = Failure { case: case.clone(), violations: vec![seen] };
    let kept = shrink(&lab, failure).unwrap();
    assert_eq!(kept.case, case, "what does not fail again is not put in its place");
}
