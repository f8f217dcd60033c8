use super::*;
use crate::case::{Bin, CallSort, Fault, Latency, Shown, Trouble, quiet};
use crate::makespan::climate;

/// What every thousand seeds reach at least this often, by the smallest count seen with room for chance. A sort of
/// fault that is no longer reached is no longer tested.
const FIRED: [&str; 40] = [
    "claimed",
    "dependents busy",
    "dependents denied",
    "dependents throttled",
    "dependents timeout-before",
    "elsewhere",
    "expiry",
    "identity busy",
    "identity denied",
    "identity throttled",
    "identity timeout-before",
    "lags",
    "lingers",
    "probe busy",
    "probe denied",
    "probe throttled",
    "probe timeout-before",
    "referred",
    "refreshed",
    "remade",
    "removal busy",
    "removal denied",
    "removal denying-batch",
    "removal error-after",
    "removal error-before",
    "removal late-effect",
    "removal lying-batch",
    "removal partial-batch",
    "removal short-batch",
    "removal throttled",
    "removal timeout-after",
    "removal timeout-before",
    "removed",
    "reverted",
    "shown",
    "storm",
    "swapped",
    "tagged",
    "crash",
    "session",
];

#[test]
fn two_thousand_seeds_hold_every_invariant_and_reach_every_fault() {
    let lab = Lab::new().unwrap();
    let parts: Vec<(Tally, Vec<Failure>)> = std::thread::scope(|scope| {
        let part = |thread: u64| {
            let lab = &lab;
            scope.spawn(move || {
                let (mut tally, mut failures) = (Tally::default(), Vec::new());
                for seed in (thread..2_000).step_by(2) {
                    failures.extend(try_seed(lab, seed, seed % 60 == 1, &mut tally).unwrap());
                }
                (tally, failures)
            })
        };
        let parts: Vec<_> = [0, 1].map(part).into();
        parts.into_iter().map(|part| part.join().unwrap()).collect()
    });
    let mut tally = Tally::default();
    for (part, failures) in &parts {
        tally.add(part);
        if let Some(failure) = failures.first() {
            panic!("{:?}\n{}", failure.violations, serde_json::to_string(&failure.case).unwrap());
        }
    }
    println!("{tally:#?}");
    tally.fired.insert("crash".to_owned(), tally.crashes());
    tally.fired.insert("session".to_owned(), tally.sessions);
    let starved: Vec<&str> =
        FIRED.into_iter().filter(|name| tally.fired.get(*name).copied().unwrap_or_default() < 20).collect();
    assert_eq!(starved, [""; 0], "{:?}", tally.fired);
    for output in ["append", "dependents", "event", "identity", "probe", "remove"] {
        assert!(tally.crashed_after.get(output).copied().unwrap_or_default() >= 5, "{:?}", tally.crashed_after);
    }
    for outcome in ["already-gone", "blocked", "failed", "parked", "refused", "removed", "stale", "unknown"] {
        assert!(tally.outcomes.get(outcome).copied().unwrap_or_default() >= 20, "{:?}", tally.outcomes);
    }
    for end in ["another identity", "complete", "stopped", "with something left", "identity unknown", "journal failed"]
    {
        assert!(tally.ends.get(end).copied().unwrap_or_default() >= 10, "{:?}", tally.ends);
    }
    assert!(tally.exhaustive >= 6 && tally.largest_plan >= 900, "{} {}", tally.exhaustive, tally.largest_plan);
}

/// Runs a case that failed once.
fn holds(clusters: &[u64], faults: Vec<Fault>) {
    let lab = Lab::new().unwrap();
    let world = lab.world(clusters).unwrap();
    let case = Case { clusters: clusters.to_vec(), faults, resumes: 1, ..quiet(1, 0, climate(false)) };
    let mut tally = Tally::default();
    let failure = try_case(&world, &case, &mut tally).unwrap().failure;
    assert!(failure.is_none(), "{:?}", failure.unwrap().violations);
    assert!(!tally.fired.is_empty(), "the faults are reached");
}

#[test]
fn a_batch_answer_that_lies_is_found_out() {
    for trouble in [Trouble::LyingBatch, Trouble::DenyingBatch, Trouble::PartialBatch, Trouble::ShortBatch] {
        holds(&[15_286_442_717_185], vec![Fault::Call { sort: CallSort::Removal, nth: 1, trouble }]);
    }
}

#[test]
fn a_look_does_not_stay_fresh_while_the_dependents_cannot_be_read() {
    for at_ms in (0..600).step_by(50) {
        // An instance with disks: its dependents are read after it, and the storm keeps them from being read.
        let storm = Fault::Storm { at_ms, for_ms: 50_000, retry_after_ms: None };
        holds(&[10_885_681_778_689], vec![storm]);
    }
}

#[test]
fn a_lingering_guard_is_outlasted_after_a_call_of_unknown_outcome() {
    let holder = "sim:acct:r1:image/7cd2795e000-m0".parse().unwrap();
    let late = Trouble::LateEffect { by_ms: 4_640 };
    holds(
        &[8_577_713_823_744],
        vec![Fault::Lingers { holder, for_ms: 43_400 }, Fault::Call { sort: CallSort::Removal, nth: 2, trouble: late }],
    );
}

#[test]
fn nothing_that_another_account_does_not_know_is_taken_for_gone() {
    let lab = Lab::new().unwrap();
    let clusters = vec![12_672_719_790_080, 8_577_713_823_744, 15_286_442_717_185];
    let world = lab.world(&clusters).unwrap();
    let mut tally = Tally::default();
    for at_ms in (0..9_000).step_by(250) {
        let swapped = Fault::Swapped { at_ms, account: "acct".to_owned() };
        let case = Case { clusters: clusters.clone(), faults: vec![swapped], ..quiet(1, 0, climate(false)) };
        let tried = try_case(&world, &case, &mut tally).unwrap();
        assert!(tried.failure.is_none(), "{:?}", tried.failure.unwrap().violations);
    }
    assert!(tally.fired["swapped"] > 5 && tally.ends["another identity"] > 5, "{tally:?}");
}

#[test]
fn calls_that_wait_for_who_serves_them_do_not_keep_that_from_being_asked() {
    let lab = Lab::new().unwrap();
    let clusters = vec![12_672_719_790_080, 11_399_517_818_881, 11_613_831_979_010];
    let world = lab.world(&clusters).unwrap();
    for at_ms in (0..12_000).step_by(20) {
        let fault = Fault::Refreshed { at_ms, account: "other".to_owned() };
        let mut case = Case { clusters: clusters.clone(), faults: vec![fault], ..quiet(1, 0, climate(false)) };
        case.pace.max_in_flight = 1;
        let tried = try_case(&world, &case, &mut Tally::default()).unwrap();
        assert!(tried.failure.is_none(), "{:?}", tried.failure.unwrap().violations);
    }
}

#[test]
fn what_a_lost_answer_parked_is_not_said_to_be_gone() {
    let lab = Lab::new().unwrap();
    let mut tally = Tally::default();
    for (kind, clusters) in [("file", vec![15_286_442_717_185]), ("image", vec![8_577_713_823_744])] {
        let world = lab.world(&clusters).unwrap();
        for trouble in [Trouble::TimeoutAfter, Trouble::LyingBatch, Trouble::DenyingBatch, Trouble::ShortBatch] {
            for shown in [Shown::Parked, Shown::Nothing] {
                let fault = Fault::Call { sort: CallSort::Removal, nth: 1, trouble };
                let mut case = Case { clusters: clusters.clone(), faults: vec![fault], ..quiet(1, 0, climate(false)) };
                case.climate.bins = vec![Bin { kind: kind.to_owned(), keeps_ms: None, shown }];
                let tried = try_case(&world, &case, &mut tally).unwrap();
                assert!(tried.failure.is_none(), "{:?}", tried.failure.unwrap().violations);
            }
        }
    }
    assert!(tally.outcomes["parked"] > 0, "{:?}", tally.outcomes);
}

#[test]
fn another_that_a_call_may_have_reached_does_not_prove_a_removal() {
    let lab = Lab::new().unwrap();
    let clusters = vec![15_286_442_717_185];
    let world = lab.world(&clusters).unwrap();
    let mut tally = Tally::default();
    for step in &world.plan.steps {
        for at_ms in (0..4_000).step_by(100) {
            let fault = Fault::Remade { at_ms, target: step.address.clone() };
            let mut case = Case { clusters: clusters.clone(), faults: vec![fault], ..quiet(1, 0, climate(false)) };
            let kind = step.address.kind().to_owned();
            case.climate.bins = vec![Bin { kind, keeps_ms: None, shown: Shown::Parked }];
            let tried = try_case(&world, &case, &mut tally).unwrap();
            assert!(tried.failure.is_none(), "{:?}", tried.failure.unwrap().violations);
        }
    }
    assert!(tally.outcomes["unknown"] > 0, "{:?}", tally.outcomes);
}

#[test]
fn nobody_is_asked_who_serves_once_the_session_has_ended() {
    let lab = Lab::new().unwrap();
    let clusters = vec![7_772_411_404_288];
    let world = lab.world(&clusters).unwrap();
    let mut tally = Tally::default();
    // The end of the session is being written at one of these moments.
    for at_ms in 0..6_000 {
        let fault = Fault::Refreshed { at_ms, account: "acct".to_owned() };
        let mut case = Case { clusters: clusters.clone(), faults: vec![fault], ..quiet(1, 0, climate(false)) };
        case.climate.removal = Latency(vec![0, 500_000]);
        let tried = try_case(&world, &case, &mut tally).unwrap();
        assert!(tried.failure.is_none(), "{at_ms}: {:?}", tried.failure.unwrap().violations);
    }
    assert!(tally.fired["refreshed"] > 1_000, "{:?}", tally.fired);
}
