//! How fast a run goes: within quotas, and where calls are throttled without any.

use std::time::Duration;

use proptest::prelude::*;
use sexton_core::address::Kind;
use sexton_core::plan::Step;
use sexton_core::resource::Resource;
use sexton_provider::{Counted, Quota};

use super::harness::{Harness, SessionEnd};
use crate::receipt::Receipt;
use crate::testing::world::{Faults, World};
use crate::testing::{plan, resource, step};

fn snapshots(count: usize) -> (Vec<Step>, Vec<Resource>) {
    let there: Vec<Resource> = (0..count).map(|id| resource("snapshot", &format!("s{id:04}"))).collect();
    (there.iter().map(|one| step(one, &[])).collect(), there)
}

fn harness(count: usize) -> Harness {
    let (steps, there) = snapshots(count);
    let plan = plan(steps);
    let world = World::of(&plan, there, 1);
    Harness::new(plan, world, 1)
}

fn finish(harness: &mut Harness) -> Box<Receipt> {
    match harness.session(None) {
        SessionEnd::Finished(Ok(receipt)) => receipt,
        end @ (SessionEnd::Finished(Err(_)) | SessionEnd::Crashed) => panic!("{end:?}"),
    }
}

fn quota(capacity: u32, refill_millis: u64) -> Quota {
    Quota {
        operation: "DeleteSnapshot".to_owned(),
        counts: vec![Counted::Removal { operation: "DeleteSnapshot".to_owned() }],
        capacity: capacity.try_into().unwrap(),
        refill: Duration::from_millis(refill_millis),
    }
}

#[test]
fn a_quota_is_used_up_and_not_exceeded() {
    let mut harness = harness(200);
    harness.quotas = vec![quota(20, 200)];
    assert!(finish(&mut harness).complete);
    let passed = harness.ended_at.since_start();
    let least = Duration::from_millis(180 * 200);
    assert!(passed > least && passed < least.mul_f64(1.05) + Duration::from_secs(2), "{passed:?}");
}

#[test]
fn a_quota_on_readings_slows_the_readings() {
    let mut harness = harness(60);
    harness.settings.probe_batch = std::num::NonZeroUsize::MIN;
    let counts = vec![Counted::Probe { kind: Kind::new("snapshot").unwrap() }];
    harness.quotas = vec![Quota { counts, ..quota(10, 500) }];
    assert!(finish(&mut harness).complete);
    assert!(harness.ended_at.since_start() > Duration::from_secs(25));
}

#[test]
fn no_more_is_rechecked_than_can_be_called_while_that_holds_good() {
    let mut harness = harness(300);
    harness.quotas = vec![quota(1, 1000)];
    let receipt = finish(&mut harness);
    assert!(receipt.complete);
    let read: usize = harness.world.probes.iter().map(Vec::len).sum();
    assert!(read < 400, "{read} readings for 300 steps");
}

#[test]
fn a_run_that_is_throttled_now_and_then_does_not_come_to_a_stand() {
    for seed in 0..5 {
        let (steps, there) = snapshots(1461);
        let plan = plan(steps);
        let mut world = World::of(&plan, there, seed);
        world.faults = Faults { throttle: 20, ..Faults::default() };
        let mut harness = Harness::new(plan, world, seed);
        assert!(finish(&mut harness).complete);
        let passed = harness.ended_at.since_start();
        assert!(passed < Duration::from_secs(110), "seed {seed}: {passed:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    /// The harness checks at the end of a session that no interval saw more calls than the quota allows.
    #[test]
    fn no_interval_sees_more_calls_than_a_quota_allows(
        count in 1..60_usize,
        capacity in 1..30_u32,
        refill in 1..2000_u64,
        throttle in 0..30_u64,
        lost in 0..10_u64,
    ) {
        let mut harness = harness(count);
        harness.world.faults = Faults { throttle, lost_before: lost, ..Faults::default() };
        harness.quotas = vec![quota(capacity, refill)];
        finish(&mut harness);
    }
}
