//! Worlds in which the planner was once wrong, each found by a property.

use sexton_core::plan::Because;
use sexton_testkit::world::{plain, whole};

use crate::oracle::planned;

/// Found by `the_planner_finds_what_is_left_from_above`: the regions of an account were those of its census lines alone,
/// so that a region of which resources were known and no line was there counted for nothing.
#[test]
fn a_region_without_census_lines_is_not_a_listed_one() {
    let nodes = vec![plain("p:a:r:node/1", &[]), plain("p:a:s:node/2", &[])];
    let policy = "[[collect]]\nname = \"nodes\"\nkind = \"node\"\nregion = \"r\"\nwhen = \"true\"\n";
    let plan = planned(&whole(&["p:a:r"], nodes.clone(), policy));
    assert!(plan.steps.is_empty(), "{:?}", plan.steps);
    let reasons: Vec<Because> = plan.held[0].blockers.iter().map(|blocker| blocker.because).collect();
    assert_eq!(reasons, [Because::Unlisted]);
    let plan = planned(&whole(&["p:a:r", "p:a:s"], nodes, policy));
    assert_eq!(plan.steps.len(), 1);
}
