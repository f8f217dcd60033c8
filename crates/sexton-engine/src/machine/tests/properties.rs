//! Random plans, random answers, and a crash wherever one can be.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use sexton_core::address::Kind;
use sexton_core::plan::{Plan, Step};
use sexton_core::resource::Resource;
use sexton_provider::{Counted, Quota};

use super::harness::{Harness, SessionEnd};
use crate::journal::Record;
use crate::outcome::Outcome;
use crate::receipt::Receipt;
use crate::testing::world::{Faults, World};
use crate::testing::{plan, resource, step, wait_for, with_link, with_state, with_tag};

/// What happened to a resource between review and run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Since {
    Nothing,
    /// Someone tagged it.
    Tagged,
    /// Someone removed it.
    Gone,
    /// Someone made something that refers to it.
    ReferredTo,
}

#[derive(Debug, Clone)]
struct Spec {
    kind: &'static str,
    after: Vec<Index>,
    with: Option<Index>,
    waits: bool,
    since: Since,
}

fn specs(most: usize, quiet: bool) -> impl Strategy<Value = Vec<Spec>> {
    let since = if quiet {
        Just(Since::Nothing).boxed()
    } else {
        prop_oneof![
            12 => Just(Since::Nothing),
            1 => Just(Since::Tagged),
            1 => Just(Since::Gone),
            1 => Just(Since::ReferredTo),
        ]
        .boxed()
    };
    let spec = (
        prop::sample::select(vec!["snapshot", "image", "share", "instance", "disk", "task"]),
        prop::collection::vec(any::<Index>(), 0..3),
        prop::option::of(any::<Index>()),
        any::<bool>(),
        since,
    )
        .prop_map(|(kind, after, with, waits, since)| Spec { kind, after, with, waits, since });
    prop::collection::vec(spec, 1..=most)
}

fn faults() -> impl Strategy<Value = Faults> {
    (0..30_u64, 0..10_u64, 0..10_u64, 0..10_u64, 0..4_u64, 0..20_u64).prop_map(
        |(throttle, transient, lost_after, lost_before, permanent, linger)| Faults {
            throttle,
            transient,
            lost_after,
            lost_before,
            permanent,
            linger,
        },
    )
}

/// Quotas of their own on some operations, and one that several calls share.
fn quotas() -> impl Strategy<Value = Vec<Quota>> {
    let removal = |operation: &str| Counted::Removal { operation: operation.to_owned() };
    let probe = |name: &str| Counted::Probe { kind: Kind::new(name).unwrap() };
    let counts = [
        vec![removal("DeleteSnapshot")],
        vec![removal("Unshare"), removal("DeleteImage"), probe("image")],
        vec![probe("snapshot"), Counted::Dependents { kind: Kind::new("image").unwrap() }],
    ];
    prop::collection::vec((1..5_u32, 1..3000_u64), counts.len()).prop_map(move |sizes| {
        let quota = |(counts, (capacity, refill)): (&Vec<Counted>, (u32, u64))| Quota {
            operation: "counted".to_owned(),
            counts: counts.clone(),
            capacity: capacity.try_into().unwrap(),
            refill: Duration::from_millis(refill),
        };
        counts.iter().zip(sizes).map(quota).collect()
    })
}

/// A plan, the world it was made for, and what no run of it may remove.
fn build(specs: &[Spec], seed: u64) -> (Plan, World, Vec<Resource>) {
    let mut steps: Vec<Step> = Vec::new();
    let mut found = Vec::new();
    let mut extra = Vec::new();
    let mut saved = Vec::new();
    for (place, spec) in specs.iter().enumerate() {
        let id = match spec.kind {
            "share" => format!("m{}/{place}", place % 2),
            _ => format!("{place}"),
        };
        let mut planned = resource(spec.kind, &id);
        if spec.kind == "snapshot" && spec.waits {
            planned = with_state(planned, "progressing");
        }
        let carriers: Vec<u32> = steps
            .iter()
            .zip(0..)
            .filter(|(earlier, _)| earlier.address.kind() == "instance" || earlier.with.is_some())
            .map(|(_, index)| index)
            .collect();
        let with = match (&spec.with, spec.kind) {
            (Some(with), "disk") if !carriers.is_empty() => Some(*with.get(&carriers)),
            _ => None,
        };
        let mut after: Vec<u32> = match with {
            Some(with) => vec![with],
            None if place > 0 => spec.after.iter().map(|index| u32::try_from(index.index(place)).unwrap()).collect(),
            None => Vec::new(),
        };
        after.sort_unstable();
        after.dedup();
        let mut planned_step = Step { with, ..step(&planned, &after) };
        let mut now_there = planned.clone();
        if spec.kind == "snapshot" && spec.waits {
            planned_step.wait = vec![wait_for("SnapshotInProgress", None, 600)];
            now_there = with_state(now_there, "accomplished");
        }
        steps.push(planned_step);
        match spec.since {
            Since::Nothing => found.push(now_there),
            Since::Tagged => {
                found.push(with_tag(now_there.clone(), "keep", "true"));
                saved.push(now_there);
            }
            Since::Gone => {}
            Since::ReferredTo => {
                extra.push(with_link(resource("template", &id), "refers-to", &planned.address));
                if spec.kind == "image" {
                    saved.push(now_there.clone());
                }
                found.push(now_there);
            }
        }
    }
    let plan = plan(steps);
    saved.extend(extra.iter().cloned());
    saved.push(resource("snapshot", "bystander"));
    found.extend(extra);
    found.push(resource("snapshot", "bystander"));
    let world = World::of(&plan, found, seed);
    (plan, world, saved)
}

fn check_saved(harness: &Harness, saved: &[Resource]) {
    for resource in saved {
        assert!(harness.world.has(&resource.address), "{} was removed", resource.address);
    }
}

fn finished(end: SessionEnd) -> Box<Receipt> {
    match end {
        SessionEnd::Finished(Ok(receipt)) => receipt,
        SessionEnd::Finished(Err(failure)) => panic!("{failure:?}"),
        SessionEnd::Crashed => panic!("it was not to crash"),
    }
}

fn every_step_has_ended(receipt: &Receipt) {
    for report in &receipt.steps {
        assert!(report.state.outcome().is_some(), "step {} is left: {:?}", report.index, report.state);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_step_ends_in_one_outcome_and_nothing_else_is_removed(
        specs in specs(12, false),
        faults in faults(),
        seed in any::<u64>(),
    ) {
        let (plan, mut world, saved) = build(&specs, seed);
        world.faults = faults;
        let mut harness = Harness::new(plan, world, seed);
        if let SessionEnd::Finished(Ok(receipt)) = harness.session(None) {
            every_step_has_ended(&receipt);
            harness.check_end(&receipt);
        }
        check_saved(&harness, &saved);
    }

    #[test]
    fn a_quiet_world_is_emptied_of_what_the_plan_names_with_no_call_refused(
        specs in specs(12, true),
        seed in any::<u64>(),
    ) {
        let (plan, world, saved) = build(&specs, seed);
        let steps = plan.steps.len();
        let called = plan.steps.iter().filter(|step| step.with.is_none()).count();
        let mut harness = Harness::new(plan, world, seed);
        let receipt = finished(harness.session(None));
        harness.check_end(&receipt);
        prop_assert!(receipt.complete);
        prop_assert_eq!(receipt.counts.removed, u64::try_from(steps).unwrap());
        prop_assert_eq!(harness.world.asked.len(), called, "each resource is asked for once");
        check_saved(&harness, &saved);
    }

    #[test]
    fn a_run_crashed_and_stopped_anywhere_still_removes_only_what_it_may(
        specs in specs(10, false),
        faults in faults(),
        seed in any::<u64>(),
        crashes in prop::collection::vec(1..120_usize, 0..5),
        stop in prop::option::of(1..120_usize),
        quotas in quotas(),
    ) {
        let (plan, mut world, saved) = build(&specs, seed);
        world.faults = faults;
        let mut harness = Harness::new(plan, world, seed);
        harness.quotas = quotas;
        for crash in crashes {
            harness.session(Some(crash));
            check_saved(&harness, &saved);
        }
        harness.stop_after = stop;
        harness.session(None);
        if let SessionEnd::Finished(Ok(receipt)) = harness.session(None) {
            every_step_has_ended(&receipt);
            harness.check_end(&receipt);
        }
        check_saved(&harness, &saved);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_crash_at_any_output_is_made_good_by_a_resume(specs in specs(5, true), seed in any::<u64>()) {
        let lossy = Faults { throttle: 10, lost_after: 10, lost_before: 5, ..Faults::default() };
        for faults in [Faults::default(), lossy] {
            let whole = {
                let (plan, mut world, _) = build(&specs, seed);
                world.faults = faults;
                let mut harness = Harness::new(plan, world, seed);
                harness.session(None);
                harness.outputs
            };
            for crash in 1..whole {
                let (plan, mut world, saved) = build(&specs, seed);
                world.faults = faults;
                let mut harness = Harness::new(plan, world, seed);
                harness.session(Some(crash));
                let receipt = finished(harness.session(None));
                harness.check_end(&receipt);
                prop_assert!(receipt.complete, "crash after output {}: {:?}", crash, receipt);
                check_saved(&harness, &saved);
            }
        }
    }
}

/// The generator has to reach what the properties are about.
#[test]
fn the_generator_reaches_carriers_waits_batches_and_every_outcome() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut outcomes = std::collections::BTreeSet::new();
    let (mut carried, mut waiting, mut shared_calls, mut resumed) = (0, 0, 0, 0);
    for seed in 0..300_u64 {
        let specs = specs(12, false).new_tree(&mut runner).unwrap().current();
        let (plan, mut world, _) = build(&specs, seed);
        world.faults = Faults { throttle: 5, transient: 2, lost_after: 3, lost_before: 3, permanent: 3, linger: 5 };
        carried += plan.steps.iter().filter(|step| step.with.is_some()).count();
        waiting += plan.steps.iter().filter(|step| !step.wait.is_empty()).count();
        let mut harness = Harness::new(plan, world, seed);
        harness.session(Some(40));
        if let SessionEnd::Finished(Ok(receipt)) = harness.session(None) {
            outcomes.extend(receipt.steps.iter().filter_map(|step| step.state.outcome()).map(Outcome::name));
            shared_calls += usize::from(harness.world.asked.len() > harness.world.removal_calls);
            resumed += usize::from(
                harness.durable.iter().any(|entry| matches!(entry.record, Record::SessionBegan { session: 2 })),
            );
        }
    }
    let reached = (carried, waiting, shared_calls, resumed);
    assert!(carried > 50 && waiting > 50 && shared_calls > 10 && resumed > 100, "{reached:?}");
    let wanted = ["already-gone", "blocked", "failed", "refused", "removed", "stale"];
    assert!(wanted.iter().all(|name| outcomes.contains(name)), "{outcomes:?}");
}
