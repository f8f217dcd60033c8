//! Every single alteration of a plan is found, by the check that is there for it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sexton_core::verify::{Seal, VerifyError, Violation};
use sexton_testkit::reach::Reach;
use sexton_testkit::rulebook::synthetics;
use sexton_testkit::runner::runner;
use sexton_testkit::world::{World, large_worlds, worlds, worlds_of};

use super::alterations::{Altered, Case, SORTS};
use super::verified;

/// How many mutants of one sort are tried of one plan.
const OF_ONE_PLAN: usize = 3;

#[derive(Default, Clone, Copy)]
struct Count {
    tried: u32,
    killed: u32,
    /// Killed, but not by the check that is there for it.
    by_another: u32,
}

/// Limits that some of the plans exceed.
fn limited(mut world: World, tight: u8) -> World {
    let tightened = ["max_steps = 0", "max_percent = 5", "max_drawn = 0", "max_forced = 0", "kind.disk.max_steps = 0"];
    if let Some(tight) = tightened.get(usize::from(tight)) {
        let limit = tight.split_once('=').map_or(*tight, |(limit, _)| limit);
        let lines = world.policy.lines().map(|line| if line.starts_with(limit) { tight } else { line });
        world.policy = lines.collect::<Vec<_>>().join("\n") + "\n";
    }
    world
}

#[expect(clippy::print_stdout, reason = "what survives is shown")]
fn try_all(case: &Case, spread: usize, counts: &mut BTreeMap<&'static str, Count>) {
    let rulebooks = synthetics();
    for (sort, seal, alter) in SORTS {
        // What is set to what it was is no mutant.
        let mutants: Vec<Altered> = alter(case).into_iter().filter(|altered| altered.plan != case.plan).collect();
        // A few of many, spread over all of them and different from plan to plan.
        let stride = mutants.len().div_ceil(OF_ONE_PLAN).max(1);
        for Altered { plan, named } in mutants.into_iter().skip(spread % stride).step_by(stride) {
            let found = verified(&plan, &case.inventory, &rulebooks, &case.policy, seal);
            let count = counts.entry(sort).or_default();
            count.tried += 1;
            match found {
                Ok(_) => println!("survived: {sort}: {plan:#?}\nof {:#?}", case.plan),
                Err(VerifyError::Violated(violations)) => {
                    assert!(!violations.named.iter().any(|violation| violation.to_string().is_empty()));
                    count.killed += 1;
                    if !violations.named.iter().any(&named) {
                        println!("{sort}: {violations}");
                        count.by_another += 1;
                    }
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn verify_kills_mutants() {
    let counts = std::cell::RefCell::new(BTreeMap::new());
    // The last are those in which something is waited for.
    let some =
        prop_oneof![2 => worlds(20), 2 => large_worlds(6, 24), 1 => worlds_of(12, &["image", "task", "snapshot"])];
    runner(1_000)
        .run(&(some, 0..8_u8, any::<u8>()), |(world, tight, spread)| {
            let case = Case::of(&limited(world, tight));
            try_all(&case, usize::from(spread), &mut counts.borrow_mut());
            Ok(())
        })
        .unwrap();
    let counts = counts.into_inner();
    println!("| {:52} | tried | killed |\n|{}|------:|-------:|", "mutants", "-".repeat(54));
    for (sort, count) in &counts {
        println!("| {sort:52} | {:5} | {:6} |", count.tried, count.killed);
    }
    for (sort, _, _) in SORTS {
        let count = counts.get(sort).copied().unwrap_or_default();
        assert_eq!(count.killed, count.tried, "{sort}: every mutant is found");
        assert_eq!(count.by_another, 0, "{sort}: by the check that is there for it");
        assert!(count.tried >= 25, "{sort}: only {} were tried", count.tried);
    }
}

#[test]
fn the_words_of_a_finding_are_for_people() {
    // The documented equivalent: everything else of a finding is compared.
    let reach = Reach::default();
    runner(150)
        .run(&worlds(10), |world| {
            let case = Case::of(&world);
            let mut plan = case.plan.clone();
            for finding in plan.findings.iter_mut().filter(|finding| finding.code != "assumed-none") {
                finding.message.push_str(" (see the manual)");
                reach.hit("reworded findings", true);
            }
            plan.findings.sort();
            assert!(verified(&plan.sealed(), &case.inventory, &synthetics(), &case.policy, Seal::Check).is_ok());
            Ok(())
        })
        .unwrap();
    reach.at_least(&[("reworded findings", 150)]);
}

#[test]
fn what_is_wrong_is_found_all_at_once() {
    let world = some_world();
    let case = Case::of(&world);
    let mut plan = case.plan.clone();
    plan.applyable = !plan.applyable;
    plan.complete = !plan.complete;
    plan.summary.kept += 1;
    for step in &mut plan.steps {
        step.operation.push('!');
        step.expect.state = Some("elsewhere".to_owned());
    }
    let found = verified(&plan.sealed(), &case.inventory, &synthetics(), &case.policy, Seal::Check);
    let Err(VerifyError::Violated(violations)) = found else { panic!("{found:?}") };
    assert_eq!(violations.count, 3 + 2 * case.plan.steps.len() as u64);
    let of_steps = violations.named.iter().filter(|violation| matches!(violation, Violation::Step { .. })).count();
    assert_eq!(of_steps, 2 * case.plan.steps.len());
}

/// A generated world with some steps.
fn some_world() -> World {
    use proptest::strategy::ValueTree;
    let mut runner = runner(1);
    loop {
        let world = worlds(30).new_tree(&mut runner).unwrap().current();
        if Case::of(&world).plan.steps.len() >= 3 {
            return world;
        }
    }
}
