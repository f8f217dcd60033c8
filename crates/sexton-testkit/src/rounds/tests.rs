use super::*;
use crate::greatest::Greatest;
use crate::rulebook::synthetics;

/// How many rounds it takes, and how many resources are left.
fn rounds(world: &World) -> (usize, usize) {
    let (inventory, policy, rulebooks) = (world.inventory(), world.policy(), synthetics());
    let decision = Greatest::new(&inventory, &rulebooks, &policy).decide();
    (decision.rounds, decision.set.len())
}

#[test]
fn each_world_takes_the_rounds_that_it_says() {
    for nodes in [4, 10, 30] {
        assert_eq!(rounds(&nothing_is_lost(nodes)), (0, nodes));
        // What nothing matches is lost in the first round, too.
        assert_eq!(rounds(&all_is_lost_at_once(nodes)), (2, 0));
        assert_eq!(rounds(&all_is_lost_along_guards(nodes)), (nodes, 0));
        assert_eq!(rounds(&all_is_lost_pair_by_pair(nodes)), (nodes, 0));
        // The chain is held to the last, and goes with it.
        assert_eq!(rounds(&a_chain_loses_its_holders_one_by_one(nodes)), (nodes / 4 * 2, 0));
    }
}

/// Each loss is looked after once, not once for all that hangs below it: else this would take some minutes.
#[test]
fn a_chain_with_many_holders_is_not_walked_for_each_of_them() {
    let world = a_chain_loses_its_holders_one_by_one(64_000);
    let (inventory, policy) = (world.inventory(), world.policy());
    let began = std::time::Instant::now();
    let plan = sexton_core::planner::plan(&inventory, &synthetics(), &policy, None).unwrap();
    assert_eq!(plan.steps.len(), 0);
    assert!(began.elapsed() < std::time::Duration::from_secs(30), "it took {:?}", began.elapsed());
}
