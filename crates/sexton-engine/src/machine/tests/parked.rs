//! Recycle bins: what lies in one is out of the way, and is said to lie there.

use std::time::Duration;

use sexton_core::plan::Step;
use sexton_core::resource::Resource;
use sexton_provider::Answer;

use super::harness::{Harness, SessionEnd};
use crate::machine::MonoTime;
use crate::outcome::Outcome;
use crate::receipt::Receipt;
use crate::testing::world::{Faults, World};
use crate::testing::{plan, resource, step};

/// A run in a cloud that parks whatever it removes.
fn harness(steps: Vec<Step>, there: Vec<Resource>) -> Harness {
    let plan = plan(steps);
    let mut world = World::of(&plan, there.iter().cloned(), 1);
    world.parks = there.into_iter().map(|resource| resource.address).collect();
    Harness::new(plan, world, 1)
}

fn finish(harness: &mut Harness) -> Box<Receipt> {
    match harness.session(None) {
        SessionEnd::Finished(Ok(receipt)) => {
            harness.check_end(&receipt);
            receipt
        }
        end @ (SessionEnd::Finished(Err(_)) | SessionEnd::Crashed) => panic!("{end:?}"),
    }
}

fn outcomes(receipt: &Receipt) -> Vec<&'static str> {
    receipt.steps.iter().map(|step| step.state.outcome().map_or("left", Outcome::name)).collect()
}

#[test]
fn what_was_accepted_and_comes_to_lie_in_a_bin_is_parked() {
    let (image, snapshot) = (resource("image", "m"), resource("snapshot", "s"));
    let mut harness = harness(vec![step(&image, &[]), step(&snapshot, &[0])], vec![image, snapshot]);
    let receipt = finish(&mut harness);
    assert_eq!(outcomes(&receipt), ["parked", "parked"]);
    assert!(receipt.complete);
    assert_eq!((receipt.counts.parked, receipt.counts.removed), (2, 0));
    assert_eq!((receipt.freed_bytes.min, receipt.freed_bytes.max), (0, 0), "what is parked frees nothing yet");
}

#[test]
fn a_call_of_unknown_outcome_that_parked_is_settled_as_parked() {
    let snapshot = resource("snapshot", "s");
    let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot]);
    harness.world.faults = Faults { lost_after: 100, ..Faults::default() };
    assert_eq!(outcomes(&finish(&mut harness)), ["parked"]);
    assert_eq!(harness.world.removal_calls, 1);
}

#[test]
fn a_resume_finds_what_an_earlier_session_parked() {
    let image = resource("image", "m");
    for crash in 1..30 {
        let mut harness = harness(vec![step(&image, &[])], vec![image.clone()]);
        if matches!(harness.session(Some(crash)), SessionEnd::Crashed) {
            assert_eq!(outcomes(&finish(&mut harness)), ["parked"], "crash after output {crash}");
        }
    }
}

#[test]
fn what_lay_in_a_bin_before_the_run_is_already_gone() {
    let snapshot = resource("snapshot", "s");
    let mut harness = harness(vec![step(&snapshot, &[])], Vec::new());
    harness.world.parked.insert(snapshot.address);
    assert_eq!(outcomes(&finish(&mut harness)), ["already-gone"]);
    assert_eq!(harness.world.removal_calls, 0);
}

#[test]
fn what_goes_into_a_bin_with_its_carrier_is_parked_too() {
    let (instance, disk) = (resource("instance", "i"), resource("disk", "d"));
    let carried = Step { with: Some(0), ..step(&disk, &[0]) };
    let mut harness = harness(vec![step(&instance, &[]), carried], vec![instance, disk]);
    assert_eq!(outcomes(&finish(&mut harness)), ["parked", "parked"]);
}

#[test]
fn a_batch_that_is_said_to_be_parked_is_read_before_it_is_believed() {
    let shares: Vec<Resource> = (0..3).map(|id| resource("share", &format!("m/{id}"))).collect();
    let mut harness = harness(shares.iter().map(|share| step(share, &[])).collect(), shares.clone());
    let lie = Answer::Parked { until: None, request_id: None };
    harness.world.scripted.insert(shares[1].address.clone(), [lie].into());
    assert_eq!(outcomes(&finish(&mut harness)), ["parked", "unknown", "parked"]);
    assert_eq!(outcomes(&finish(&mut harness)), ["parked", "parked", "parked"]);
}

#[test]
fn what_is_seen_out_of_its_bin_and_goes_then_is_removed() {
    let share = resource("share", "m/1");
    let mut harness = harness(vec![step(&share, &[])], vec![share.clone()]);
    harness.world.parks.clear();
    let lie = Answer::Parked { until: None, request_id: None };
    harness.world.scripted.insert(share.address.clone(), [lie].into());
    harness.world.goes(&share.address, MonoTime::from_start(Duration::from_secs(60)));
    assert_eq!(outcomes(&finish(&mut harness)), ["removed"]);
}

#[test]
fn a_retained_resource_in_a_bin_justifies_nothing() {
    let (old, kept) = (resource("snapshot", "old"), resource("snapshot", "kept"));
    let mut planned = step(&old, &[]);
    planned.expect.retained = vec![kept.address.clone()];
    let mut harness = harness(vec![planned], vec![old]);
    harness.world.parked.insert(kept.address);
    assert_eq!(outcomes(&finish(&mut harness)), ["stale"]);
}
