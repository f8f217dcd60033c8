//! What may differ from a plan's preconditions, and what may not.

use serde_json::json;
use sexton_core::fact::Fact;
use sexton_core::plan::Step;
use sexton_core::resource::Resource;

use super::*;
use crate::machine::RunPlan;
use crate::testing::{
    address, code, now, plan, resource, rulebook, step, time, wait_for, with_attribute, with_state, with_tag,
};

/// Rechecks the last of these steps.
fn check(steps: Vec<Step>, found: &Resource) -> Recheck {
    let rulebook = rulebook();
    let plan = RunPlan::new(&plan(steps), [&rulebook]).unwrap();
    let step = plan.steps.last().unwrap();
    recheck(step, &plan.kinds[step.kind].guards, &[], found, now())
}

fn is_stale(found: &Recheck) -> bool {
    matches!(found, Recheck::Stale(_))
}

#[test]
fn what_is_as_planned_holds() {
    let snapshot = with_tag(with_attribute(resource("snapshot", "s"), "usage", json!("none")), "env", "dev");
    assert_eq!(check(vec![step(&snapshot, &[])], &snapshot), Recheck::Holds);
}

#[test]
fn a_tag_added_after_review_saves_the_resource() {
    let planned = resource("snapshot", "s");
    let found = with_tag(planned.clone(), "keep", "true");
    let Recheck::Stale(differences) = check(vec![step(&planned, &[])], &found) else { panic!("not stale") };
    assert_eq!(differences, [Difference::Tags { expected: planned.tags.known(), found: found.tags.known() }]);
}

#[test]
fn another_resource_of_the_same_id_is_stale() {
    let planned = resource("snapshot", "s");
    let found = Resource { created_at: Fact::Known(time("2026-05-05T00:00:00Z")), ..planned.clone() };
    assert!(is_stale(&check(vec![step(&planned, &[])], &found)));
}

#[test]
fn an_unknown_fact_has_to_be_unknown_still_and_a_known_one_known() {
    let known = resource("snapshot", "s");
    for unknown in [
        Resource { created_at: Fact::Unknown, ..known.clone() },
        Resource { state: Fact::Unknown, ..known.clone() },
        Resource { tags: Fact::Unknown, ..known.clone() },
    ] {
        assert!(is_stale(&check(vec![step(&known, &[])], &unknown)), "{unknown:?}");
        assert!(is_stale(&check(vec![step(&unknown, &[])], &known)), "{unknown:?}");
        assert_eq!(check(vec![step(&unknown, &[])], &unknown), Recheck::Holds);
    }
}

#[test]
fn a_null_attribute_has_to_be_unknown_or_missing_still() {
    let planned = with_attribute(resource("snapshot", "s"), "category", json!(null));
    assert_eq!(check(vec![step(&planned, &[])], &resource("snapshot", "s")), Recheck::Holds);
    assert_eq!(check(vec![step(&planned, &[])], &planned), Recheck::Holds);
    let found = with_attribute(resource("snapshot", "s"), "category", json!("flash"));
    assert!(is_stale(&check(vec![step(&planned, &[])], &found)));
}

#[test]
fn an_attribute_that_a_condition_read_has_to_be_equal() {
    let planned = with_attribute(resource("image", "m"), "is_public", json!(true));
    let found = with_attribute(resource("image", "m"), "is_public", json!(false));
    let share = resource("share", "m/1");
    assert!(is_stale(&check(vec![step(&share, &[]), step(&planned, &[0])], &found)));
}

#[test]
fn a_claim_may_shrink_and_never_grow() {
    let with_usage = |usage| with_attribute(resource("snapshot", "s"), "usage", usage);
    let holds = [
        (json!("image"), json!("none")),
        (json!("image"), json!("image")),
        (json!("image_disk"), json!("disk")),
        (json!("none"), json!("none")),
    ];
    for (planned, found) in holds {
        let found = check(vec![step(&with_usage(planned), &[])], &with_usage(found));
        assert_eq!(found, Recheck::Holds);
    }
    let stale = [
        (json!("none"), json!("image")),
        (json!("image"), json!("disk")),
        (json!("disk"), json!("image_disk")),
        (json!("image"), json!(null)),
        (json!(null), json!("disk")),
    ];
    for (planned, found) in stale {
        let found = check(vec![step(&with_usage(planned), &[])], &with_usage(found));
        assert!(is_stale(&found), "{found:?}");
    }
    assert_eq!(check(vec![step(&with_usage(json!("image")), &[])], &resource("snapshot", "s")), Recheck::Holds);
}

#[test]
fn a_state_may_change_only_by_what_the_plan_removed_before() {
    let instance = resource("instance", "i");
    let planned = with_state(resource("disk", "d"), "In_use");
    let found = with_state(resource("disk", "d"), "Available");
    assert_eq!(check(vec![step(&instance, &[]), step(&planned, &[0])], &found), Recheck::Holds);
    assert!(is_stale(&check(vec![step(&planned, &[])], &found)));
    let unknown = Resource { state: Fact::Unknown, ..found };
    assert!(is_stale(&check(vec![step(&instance, &[]), step(&planned, &[0])], &unknown)));
}

#[test]
fn what_goes_with_another_is_rechecked_before_that_and_may_not_have_changed() {
    let instance = resource("instance", "i");
    let planned = with_state(resource("disk", "d"), "In_use");
    let found = with_state(resource("disk", "d"), "Available");
    let carried = Step { with: Some(0), ..step(&planned, &[0]) };
    assert!(is_stale(&check(vec![step(&instance, &[]), carried.clone()], &found)));
    assert_eq!(check(vec![step(&instance, &[]), carried], &planned), Recheck::Holds);
}

#[test]
fn a_new_state_that_raises_a_guard_is_stale_even_after_predecessors() {
    let disk = resource("disk", "d");
    let planned = resource("instance", "i");
    let running = with_state(resource("instance", "i"), "Running");
    assert!(is_stale(&check(vec![step(&disk, &[]), step(&planned, &[0])], &running)));
}

#[test]
fn a_forced_state_has_to_be_equal_too() {
    let planned = with_state(resource("instance", "i"), "Running");
    let forced = Step { force: vec![code("IncorrectInstanceStatus")], ..step(&planned, &[]) };
    assert_eq!(check(vec![forced.clone()], &planned), Recheck::Holds);
    assert!(is_stale(&check(vec![forced], &with_state(planned, "Stopping"))));
}

#[test]
fn a_state_that_is_waited_for_may_become_any_that_raises_nothing() {
    let planned = with_state(resource("snapshot", "s"), "progressing");
    let waiting = Step { wait: vec![wait_for("SnapshotInProgress", None, 60)], ..step(&planned, &[]) };
    assert_eq!(check(vec![waiting.clone()], &planned), Recheck::NotYet(code("SnapshotInProgress")));
    assert_eq!(check(vec![waiting.clone()], &with_state(planned.clone(), "accomplished")), Recheck::Holds);
    assert_eq!(check(vec![waiting.clone()], &with_state(planned.clone(), "failed")), Recheck::Holds);
    let tagged = with_tag(planned, "keep", "true");
    assert!(is_stale(&check(vec![waiting], &tagged)), "waiting does not outweigh a tag");
}

#[test]
fn an_attribute_that_is_waited_for_may_change_once_it_clears() {
    let locked = with_attribute(resource("snapshot", "s"), "locked_until", json!("2026-11-21T00:10:00Z"));
    let waiting = Step { wait: vec![wait_for("SnapshotLocked", None, 3600)], ..step(&locked, &[]) };
    assert_eq!(check(vec![waiting.clone()], &locked), Recheck::NotYet(code("SnapshotLocked")));
    assert_eq!(check(vec![waiting.clone()], &resource("snapshot", "s")), Recheck::Holds);
    let past = with_attribute(resource("snapshot", "s"), "locked_until", json!("2026-11-20T00:00:00Z"));
    assert_eq!(check(vec![waiting], &past), Recheck::Holds);
}

#[test]
fn a_task_that_has_finished_is_spent_and_a_share_never_is() {
    let task = with_state(resource("task", "t"), "Processing");
    assert_eq!(check(vec![step(&task, &[])], &with_state(task.clone(), "Finished")), Recheck::Spent);
    assert_eq!(check(vec![step(&task, &[])], &task), Recheck::Holds);
    let unknown = Resource { state: Fact::Unknown, ..task.clone() };
    assert!(is_stale(&check(vec![step(&task, &[])], &unknown)));
    let share = resource("share", "m/1");
    assert_eq!(check(vec![step(&share, &[])], &share), Recheck::Holds);
    assert_eq!(address("share", "m/1"), share.address);
}
