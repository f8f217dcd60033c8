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
    }
}
