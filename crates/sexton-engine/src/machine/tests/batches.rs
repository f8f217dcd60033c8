//! Calls are shared as far as that costs no time.

use std::num::NonZeroUsize;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::Index;
use sexton_core::plan::{Plan, Step};
use sexton_core::resource::Resource;
use sexton_core::rulebook::Removal;

use super::harness::{Harness, SessionEnd};
use crate::machine::MonoTime;
use crate::receipt::Receipt;
use crate::testing::world::World;
use crate::testing::{plan, resource, step};

const LATENCY: Duration = Duration::from_millis(100);

/// Runs the plan with nothing in its way but its order, and says when it was through.
fn run(plan: &Plan, there: &[Resource], limit: u32) -> (Box<Receipt>, MonoTime, Vec<MonoTime>) {
    let world = World::of(plan, there.iter().cloned(), 1);
    let mut harness = Harness::new(plan.clone(), world, 1);
    harness.latency = Some(LATENCY);
    harness.settings.max_in_flight = NonZeroUsize::new(10_000).unwrap();
    for kind in &mut harness.rulebook.kinds {
        if kind.kind.as_str() == "share" {
            kind.removal =
                kind.removal.take().map(|removal| Removal { batch_limit: limit.try_into().unwrap(), ..removal });
        }
    }
    match harness.session(None) {
        SessionEnd::Finished(Ok(receipt)) => {
            harness.check_end(&receipt);
            assert!(receipt.complete);
            (receipt, harness.ended_at, harness.world.removed_at.clone())
        }
        end @ (SessionEnd::Finished(Err(_)) | SessionEnd::Crashed) => panic!("{end:?}"),
    }
}

/// Chains of snapshots of these lengths, each with a share of one image at its end.
fn shares_after_chains(lengths: &[u32]) -> (Plan, Vec<Resource>) {
    let (mut steps, mut there) = (Vec::<Step>::new(), Vec::new());
    for (chain, length) in lengths.iter().enumerate() {
        for link in 0..=*length {
            let one = match link == *length {
                true => resource("share", &format!("m/{chain:03}")),
                false => resource("snapshot", &format!("s-{chain:03}-{link}")),
            };
            let before: Vec<u32> = (link > 0).then(|| u32::try_from(steps.len()).unwrap() - 1).into_iter().collect();
            steps.push(step(&one, &before));
            there.push(one);
        }
    }
    (plan(steps), there)
}

/// What the readings of shared calls may cost: what one call says of several is read before it is believed.
fn readings(plan: &Plan) -> Duration {
    let mut shares = vec![0_u32; plan.steps.len()];
    for (place, step) in plan.steps.iter().enumerate() {
        let before = step.after.iter().map(|after| shares[usize::try_from(*after).unwrap()]).max().unwrap_or(0);
        shares[place] = before + u32::from(step.address.kind() == "share");
    }
    LATENCY * shares.into_iter().max().unwrap_or(0)
}

fn later(time: MonoTime, by: Duration) -> MonoTime {
    MonoTime::from_start(time.since_start() + by)
}

#[test]
fn where_fewest_calls_cost_no_time_both_minima_are_reached() {
    let (plan, there) = shares_after_chains(&[0, 1, 2, 3, 4, 5, 6]);
    let (receipt, ended, _) = run(&plan, &there, 3);
    assert_eq!(receipt.calls.fewest["Unshare"], 3);
    assert_eq!(receipt.calls.removal["Unshare"], 3);
    let (alone, soonest, _) = run(&plan, &there, 1);
    assert_eq!(alone.calls.removal["Unshare"], 7);
    assert!(ended <= later(soonest, LATENCY), "{ended:?} and {soonest:?}");
}

#[test]
fn a_step_with_the_longest_path_behind_it_waits_for_nobody() {
    let (plan_of_chains, mut there) = shares_after_chains(&[0, 6]);
    let mut steps = plan_of_chains.steps.clone();
    let last = resource("image", "m");
    steps.push(step(&last, &[0]));
    there.push(last);
    let (receipt, _, removed_at) = run(&plan(steps), &there, 3);
    assert_eq!(receipt.calls.removal["Unshare"], 2, "the share that the image waits for went by itself");
    assert!(removed_at[0] < MonoTime::from_start(LATENCY * 5));
}

#[test]
fn a_batch_does_not_wait_for_what_will_never_come() {
    let (plan, there) = shares_after_chains(&[0, 2]);
    let world = World::of(&plan, there.iter().filter(|one| one.address.id() != "s-001-0").cloned(), 1);
    let mut harness = Harness::new(plan.clone(), world, 1);
    let tagged = crate::testing::with_tag(there[1].clone(), "keep", "true");
    harness.world.resources.insert(tagged.address.clone(), tagged);
    let SessionEnd::Finished(Ok(receipt)) = harness.session(None) else { panic!("it did not finish") };
    let names: Vec<_> = receipt.steps.iter().map(|step| step.state.outcome().unwrap().name()).collect();
    assert_eq!(names, ["removed", "stale", "blocked", "blocked"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn shares_at_the_ends_of_chains_go_in_the_fewest_calls_and_as_soon_as_by_themselves(
        lengths in prop::collection::vec(0..6_u32, 1..20),
        limit in 2..6_u32,
    ) {
        let (plan, there) = shares_after_chains(&lengths);
        let (receipt, ended, _) = run(&plan, &there, limit);
        prop_assert_eq!(&receipt.calls.removal["Unshare"], &receipt.calls.fewest["Unshare"]);
        let (_, soonest, _) = run(&plan, &there, 1);
        prop_assert!(ended <= later(soonest, readings(&plan)), "{:?} and {:?}", ended, soonest);
    }

    #[test]
    fn sharing_calls_never_makes_a_run_longer(
        specs in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<Index>(), 0..3)), 1..30),
        limit in 2..6_u32,
    ) {
        let (mut steps, mut there) = (Vec::<Step>::new(), Vec::new());
        for (place, (shared, after)) in specs.iter().enumerate() {
            let one = match shared {
                true => resource("share", &format!("m/{place}")),
                false => resource("snapshot", &format!("s{place}")),
            };
            let mut before: Vec<u32> = match place {
                0 => Vec::new(),
                _ => after.iter().map(|index| u32::try_from(index.index(place)).unwrap()).collect(),
            };
            before.sort_unstable();
            before.dedup();
            steps.push(step(&one, &before));
            there.push(one);
        }
        let plan = plan(steps);
        let (receipt, ended, _) = run(&plan, &there, limit);
        let (_, soonest, _) = run(&plan, &there, 1);
        prop_assert!(ended <= later(soonest, readings(&plan)), "{:?} and {:?}", ended, soonest);
        for (operation, fewest) in &receipt.calls.fewest {
            prop_assert!(receipt.calls.removal[operation] >= *fewest);
        }
    }
}
