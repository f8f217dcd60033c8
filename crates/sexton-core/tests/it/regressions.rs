//! Worlds in which the planner was once wrong, each found by a property.

use sexton_core::fact::Fact;
use sexton_core::inventory::Listing;
use sexton_core::plan::Because;
use sexton_core::resource::{Link, Resource, Tags};
use sexton_testkit::world::{KINDS, LOCKS, NO_LIMITS, World, census_line, taken_at};

use crate::oracle::planned;

/// A resource of which everything is known and nothing remarkable.
fn resource(address: &str, links: &[(&str, &str)]) -> Resource {
    let links = links
        .iter()
        .map(|(relation, target)| Link { relation: relation.parse().unwrap(), target: target.parse().unwrap() });
    Resource {
        name: Fact::Known("plain".to_owned()),
        created_at: Fact::Known("2026-01-01T00:00:00Z".parse().unwrap()),
        state: Fact::Known("Processing".to_owned()),
        size_bytes: Fact::Known(1),
        tags: Fact::Known(Tags::new()),
        attributes: Fact::Known([].into()),
        links: Fact::Known(links.collect()),
        ..Resource::unknown(address.parse().unwrap())
    }
}

/// A world in whose places everything was listed.
fn world(places: &[&str], resources: Vec<Resource>, policy: &str) -> World {
    let all = |place| KINDS.iter().chain(&[LOCKS]).map(move |kind| (place, *kind));
    World {
        taken_at: taken_at(),
        census: places
            .iter()
            .flat_map(|place| all(*place))
            .map(|(place, kind)| census_line(place, kind, Listing::Complete, Fact::Known(taken_at())))
            .collect(),
        resources,
        policy: format!("{NO_LIMITS}{policy}"),
    }
}

/// Found by `the_planner_finds_what_is_left_from_above`: the regions of an account were those of its census lines alone,
/// so that a region of which resources were known and no line was there counted for nothing.
#[test]
fn a_region_without_census_lines_is_not_a_listed_one() {
    let nodes = vec![resource("p:a:r:node/1", &[]), resource("p:a:s:node/2", &[])];
    let policy = "[[collect]]\nname = \"nodes\"\nkind = \"node\"\nregion = \"r\"\nwhen = \"true\"\n";
    let plan = planned(&world(&["p:a:r"], nodes.clone(), policy));
    assert!(plan.steps.is_empty(), "{:?}", plan.steps);
    let reasons: Vec<Because> = plan.held[0].blockers.iter().map(|blocker| blocker.because).collect();
    assert_eq!(reasons, [Because::Unlisted]);
    let plan = planned(&world(&["p:a:r", "p:a:s"], nodes, policy));
    assert_eq!(plan.steps.len(), 1);
}
