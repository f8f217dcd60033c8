//! Attributes that a condition read and that the plan's own steps change, and the same changed by others.

use serde_json::json;
use sexton_core::plan::Step;
use sexton_core::resource::Resource;
use sexton_core::rulebook::Guard;

use super::harness::{Harness, SessionEnd};
use crate::machine::{RunPlan, RunPlanError};
use crate::outcome::{Difference, Outcome};
use crate::receipt::Receipt;
use crate::testing::world::World;
use crate::testing::{address, code, plan, resource, rulebook, step, with_attribute, with_link};

fn image(is_shared: bool) -> Resource {
    with_attribute(resource("image", "m"), "is_shared", json!(is_shared))
}

fn share() -> Resource {
    with_link(resource("share", "m/1"), "grants", &address("image", "m"))
}

fn harness(steps: Vec<Step>, there: Vec<Resource>) -> Harness {
    let plan = plan(steps);
    let world = World::of(&plan, there, 1);
    Harness::new(plan, world, 1)
}

fn finish(harness: &mut Harness) -> Box<Receipt> {
    let SessionEnd::Finished(Ok(receipt)) = harness.session(None) else { panic!("it did not end") };
    receipt
}

fn outcomes(receipt: &Receipt) -> Vec<&'static str> {
    receipt.steps.iter().map(|step| step.state.outcome().map_or("left", Outcome::name)).collect()
}

#[test]
fn what_an_unshare_of_the_plan_changes_does_not_make_its_image_stale() {
    let mut harness = harness(vec![step(&share(), &[]), step(&image(true), &[0])], vec![share(), image(true)]);
    harness.world.becomes.insert(share().address, image(false));
    assert_eq!(outcomes(&finish(&mut harness)), ["removed", "removed"]);
}

#[test]
fn nor_where_the_share_was_gone_already() {
    let mut harness = harness(vec![step(&share(), &[]), step(&image(true), &[0])], vec![image(false)]);
    assert_eq!(outcomes(&finish(&mut harness)), ["already-gone", "removed"]);
}

#[test]
fn nor_after_a_crash_at_any_moment() {
    for crash_after in 1..60 {
        let mut harness = harness(vec![step(&share(), &[]), step(&image(true), &[0])], vec![share(), image(true)]);
        harness.world.becomes.insert(share().address, image(false));
        if let SessionEnd::Crashed = harness.session(Some(crash_after)) {
            assert!(finish(&mut harness).complete, "crashed after {crash_after}");
        }
    }
}

#[test]
fn a_change_by_others_is_stale_where_the_plan_unshares_nothing() {
    let task = resource("task", "t");
    for before in [vec![], vec![0]] {
        let steps = vec![step(&task, &[]), step(&image(true), &before)];
        let mut harness = harness(steps, vec![task.clone(), image(false)]);
        let receipt = finish(&mut harness);
        assert_eq!(outcomes(&receipt), ["removed", "stale"]);
        let Some(Outcome::Stale { differences }) = receipt.steps[1].state.outcome() else { panic!("not stale") };
        assert!(matches!(&differences[..], [Difference::Attribute { name, .. }] if name == "is_shared"));
    }
}

#[test]
fn another_attribute_has_to_be_equal_also_after_an_unshare() {
    let public = |value: bool| with_attribute(image(true), "is_public", json!(value));
    let mut harness = harness(vec![step(&share(), &[]), step(&public(true), &[0])], vec![share(), public(true)]);
    harness.world.becomes.insert(share().address, public(false));
    assert_eq!(outcomes(&finish(&mut harness)), ["removed", "stale"]);
}

#[test]
fn a_holder_of_what_goes_with_a_resource_is_none_of_that_resource() {
    let mut rules = rulebook();
    let shared: Guard = rules.guards.iter().find(|guard| guard.code == code("ImageUseShared")).cloned().unwrap();
    for target in ["disk", "instance"] {
        rules.guards.push(Guard { target: target.parse().unwrap(), ..shared.clone() });
    }
    let of_images = rules.kinds.iter().find(|rules| rules.kind.as_str() == "image").unwrap().follows.clone();
    rules.kinds.iter_mut().find(|rules| rules.kind.as_str() == "instance").unwrap().follows = of_images;

    let instance = |is_shared: bool| with_attribute(resource("instance", "i"), "is_shared", json!(is_shared));
    let disk = with_link(resource("disk", "d"), "attached-to", &instance(true).address);
    let share = with_link(resource("share", "d/1"), "grants", &disk.address);
    let carried = |after: &[u32]| Step { with: Some(1), ..step(&disk, after) };
    let there = || vec![share.clone(), instance(true), disk.clone()];
    let of = |disk: Step| {
        let mut harness = harness(vec![step(&share, &[]), step(&instance(true), &[0]), disk], there());
        harness.rulebook = rules.clone();
        harness.world.becomes.insert(share.address.clone(), instance(false));
        outcomes(&finish(&mut harness))
    };
    assert_eq!(of(carried(&[0, 1])), ["removed", "stale", "blocked"]);
    assert_eq!(of(carried(&[1])), ["removed", "removed", "removed"], "the share is the instance's own");
}

#[test]
fn a_faulty_rulebook_is_refused() {
    let mut rules = rulebook();
    rules.guards.retain(|guard| guard.code != code("ImageUseShared"));
    let refused = RunPlan::new(&plan(vec![step(&image(true), &[])]), [&rules]).unwrap_err();
    assert!(matches!(refused, RunPlanError::Rulebook { .. }), "{refused}");
}
