use super::*;
use crate::case::quiet;
use crate::makespan::climate;
use crate::soak::case_of;
use crate::world::Lab;

#[test]
fn the_same_case_gives_the_same_run() {
    let lab = Lab::new().unwrap();
    for seed in 0..40 {
        let (world, case) = case_of(&lab, seed).unwrap();
        assert_eq!(run(&world, &case).unwrap().log, run(&world, &case).unwrap().log, "seed {seed}");
    }
}

#[test]
fn a_crash_comes_where_it_is_to_come_and_the_next_session_does_the_rest() {
    let lab = Lab::new().unwrap();
    let mut case = quiet(2, 3, climate(false));
    let crash = Crash { after: 9, append_survives: false, requests_arrive: true, down_ms: 100 };
    case.crashes = vec![crash, Crash { after: 4, ..crash }];
    let world = lab.world(&case.clusters).unwrap();
    let run = run(&world, &case).unwrap();
    assert_eq!(run.outputs[..2], [9, 4]);
    assert_eq!(run.outputs.len(), 3);
    let Moment::Finished(Ok(receipt)) = &run.log.last().unwrap().moment else { panic!("it ends") };
    assert!(receipt.complete && receipt.session >= 2);
}

#[test]
fn a_crash_where_nothing_changed_outside_is_the_one_before_it() {
    let lab = Lab::new().unwrap();
    let mut compared = 0;
    for seed in 0..30 {
        let (world, case) = case_of(&lab, seed).unwrap();
        let whole = run(&world, &Case { crashes: Vec::new(), ..case.clone() }).unwrap();
        let crashed = |after| {
            let crash = Crash { after, append_survives: after % 2 == 0, requests_arrive: true, down_ms: 700 };
            let mut log = run(&world, &Case { crashes: vec![crash], ..case.clone() }).unwrap().log;
            log.retain(|logged| !matches!(logged.moment, Moment::Crashed { .. }));
            log
        };
        for after in (1..whole.outputs[0]).filter(|after| !whole.crash_points.contains(after)).take(20) {
            let before = *whole.crash_points.iter().rfind(|point| **point < after).unwrap();
            if after % 2 == before % 2 {
                assert_eq!(crashed(after), crashed(before), "seed {seed}, after {after} and {before}");
                compared += 1;
            }
        }
    }
    assert!(compared > 100, "{compared}");
}
