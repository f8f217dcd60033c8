//! Verification accepts what the planner makes, and nothing else.

use sexton_core::inventory::Inventory;
use sexton_core::plan::Plan;
use sexton_core::planner::plan;
use sexton_core::policy::Policy;
use sexton_core::rulebook::Rulebook;
use sexton_core::verify::{Conditions, Expected, Grounds, Seal, Verified, VerifyError, verify};
use sexton_testkit::reach::Reach;
use sexton_testkit::rulebook::synthetics;
use sexton_testkit::runner::runner;
use sexton_testkit::world::{World, large_worlds, worlds};

mod alterations;
mod mutants;
mod orders;

pub(crate) fn verified(
    plan: &Plan,
    inventory: &Inventory,
    rulebooks: &[Rulebook],
    policy: &Policy,
    seal: Seal,
) -> Result<Verified, VerifyError> {
    verify(plan, &Grounds { inventory, rulebooks, policy }, Conditions::Interpreted, seal)
}

fn accepts(world: &World, reach: &Reach) {
    let plan = plan(&world.inventory(), &synthetics(), &world.policy(), None).unwrap();
    let (inventory, rulebooks, policy) = (world.inventory(), synthetics(), world.policy());
    let grounds = Grounds { inventory: &inventory, rulebooks: &rulebooks, policy: &policy };
    for (conditions, workers) in [(Conditions::Interpreted, 1), (Conditions::Compiled, 3)] {
        let workers = std::num::NonZeroUsize::new(workers).unwrap();
        match Expected::read(&grounds, plan.now, conditions, workers)
            .and_then(|expected| expected.check(&plan, Seal::Check))
        {
            Ok(verified) => assert_eq!(verified.steps, plan.steps.len() as u64),
            Err(VerifyError::Violated(violations)) => panic!("{conditions:?}: {violations}"),
            Err(error) => panic!("{error}"),
        }
    }
    reach.hit("steps", !plan.steps.is_empty());
    reach.hit("held", !plan.held.is_empty());
    reach.hit("blocked", !plan.blocked.is_empty());
    reach.hit("kept", !plan.kept.is_empty());
}

#[test]
fn every_plan_is_verified() {
    let reach = Reach::default();
    runner(1_200)
        .run(&worlds(12), |world| {
            accepts(&world, &reach);
            Ok(())
        })
        .unwrap();
    reach.at_least(&[("steps", 450), ("held", 350), ("blocked", 100), ("kept", 250)]);
}

#[test]
fn every_plan_of_a_larger_world_is_verified() {
    let reach = Reach::default();
    runner(250)
        .run(&large_worlds(10, 300), |world| {
            accepts(&world, &reach);
            Ok(())
        })
        .unwrap();
    reach.at_least(&[("steps", 90)]);
}
