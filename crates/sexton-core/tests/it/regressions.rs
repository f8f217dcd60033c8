//! Worlds in which the planner was once wrong, each found by a property.

use sexton_core::fact::Fact;
use sexton_core::plan::Because;
use sexton_core::resource::Resource;
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

/// A disk and a snapshot that goes with it, from which it was made: each would be drawn in by the other. They are held
/// by what draws one of them from without, and by nothing once that is lost.
#[test]
fn a_ring_of_draws_does_not_hold_itself() {
    let tagged = |mut resource: Resource, key: &str| {
        resource.tags = Fact::Known([(key.to_owned(), "yes".to_owned())].into());
        resource
    };
    let first = tagged(plain("p:a:r:snapshot/first", &[]), "pick");
    let disk = plain(
        "p:a:r:disk/ring",
        &[("created-from", "p:a:r:snapshot/first".to_owned()), ("created-from", "p:a:r:snapshot/ring".to_owned())],
    );
    let mut ring = plain("p:a:r:snapshot/ring", &[("source", "p:a:r:disk/ring".to_owned())]);
    ring.attributes = Fact::Known([("type".to_owned(), "auto".into())].into());
    let image = plain("p:a:r:image/stays", &[("created-from", "p:a:r:snapshot/first".to_owned())]);
    let policy = "[[collect]]\nname = \"picked\"\nkind = \"snapshot\"\nwhere = \"tags.pick == 'yes'\"\n\
                  cascade = [\"disk\", \"snapshot\"]\n";
    let free = whole(&["p:a:r"], vec![first.clone(), disk.clone(), ring.clone()], policy);
    assert_eq!(planned(&free).steps.len(), 3);
    let blocked = whole(&["p:a:r"], vec![first, disk, ring, image], policy);
    assert_eq!(planned(&blocked).steps.len(), 0);
}
