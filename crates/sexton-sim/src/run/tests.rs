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
