//! What makes a plan unfit to be run, and what is worked out of a fit one.

use sexton_core::address::Kind;
use sexton_core::plan::Step;
use sexton_core::rulebook::{Force, Guard, Remedy};

use super::*;
use crate::testing::{code, plan, resource, rulebook, step};

/// Steps of different force, which a guard that can be forced makes possible.
fn prepare_forced(steps: Vec<Step>) -> Result<RunPlan, RunPlanError> {
    let mut rules = rulebook();
    let forced = rules.guards.iter().find(|guard| guard.code == code("SnapshotCreatedDisk")).unwrap();
    let forced = Guard { target: Kind::new("share").unwrap(), ..forced.clone() };
    rules.guards.push(forced);
    RunPlan::new(&plan(steps), [&rules])
}

fn prepare(steps: Vec<Step>) -> Result<RunPlan, RunPlanError> {
    RunPlan::new(&plan(steps), [&rulebook()])
}

#[test]
fn a_step_after_one_that_does_not_precede_it_is_refused() {
    let snapshot = resource("snapshot", "s");
    assert_eq!(prepare(vec![step(&snapshot, &[0])]).unwrap_err(), RunPlanError::Order { step: 0, other: 0 });
    let carried = Step { with: Some(4), ..step(&snapshot, &[]) };
    assert_eq!(prepare(vec![carried]).unwrap_err(), RunPlanError::Order { step: 0, other: 4 });
}

#[test]
fn a_resource_named_twice_is_refused() {
    let snapshot = resource("snapshot", "s");
    let error = prepare(vec![step(&snapshot, &[]), step(&snapshot, &[])]).unwrap_err();
    assert_eq!(error, RunPlanError::Repeated { first: 0, second: 1, address: snapshot.address });
}

#[test]
fn an_operation_that_the_rulebook_does_not_have_is_refused() {
    let snapshot = resource("snapshot", "s");
    let other = Step { operation: "DeleteEverything".to_owned(), ..step(&snapshot, &[]) };
    assert_eq!(
        prepare(vec![other]).unwrap_err().to_string(),
        "step 0 removes test:acct:r1:snapshot/s by DeleteEverything: the provider's rulebook has DeleteSnapshot for \
         that kind"
    );
    let template = step(&resource("template", "t"), &[]);
    assert!(matches!(prepare(vec![template]).unwrap_err(), RunPlanError::Operation { .. }));
}

#[test]
fn a_step_is_removed_by_the_operation_of_the_guard_that_it_forces_and_of_no_other() {
    let mut rules = rulebook();
    let in_progress = rules.guards.iter_mut().find(|guard| guard.code == code("SnapshotInProgress")).unwrap();
    in_progress.remedies = vec![Remedy::Force(Force {
        parameter: None,
        operation: Some("CancelSnapshot".to_owned()),
        only: None,
        consequence: "it is never finished".to_owned(),
    })];
    let snapshot = resource("snapshot", "s");
    let image = || step(&resource("image", "m"), &[]);
    let of = |operation: &str, force: &[&str]| Step {
        operation: operation.to_owned(),
        force: force.iter().map(|guard| code(guard)).collect(),
        ..step(&snapshot, &[0])
    };
    let prepare = |last: Step| RunPlan::new(&plan(vec![image(), last]), [&rules]);
    let cancels = prepare(of("CancelSnapshot", &["SnapshotCreatedDisk", "SnapshotInProgress"])).unwrap();
    let place = cancels.steps[1].operation.unwrap();
    assert_eq!(cancels.operations[place].operation, "CancelSnapshot");
    assert!(!cancels.steps[1].follows_others, "it is for the state that the plan saw");
    let deletes = prepare(of("DeleteSnapshot", &["SnapshotCreatedDisk"])).unwrap();
    assert!(deletes.steps[1].follows_others);
    for wrong in [of("CancelSnapshot", &[]), of("DeleteSnapshot", &["SnapshotInProgress"])] {
        assert!(matches!(prepare(wrong).unwrap_err(), RunPlanError::Operation { .. }));
    }
}

#[test]
fn a_guard_that_the_rulebook_does_not_have_is_refused() {
    let forced = Step { force: vec![code("Nothing")], ..step(&resource("snapshot", "s"), &[]) };
    assert_eq!(prepare(vec![forced]).unwrap_err(), RunPlanError::Guard { step: 0, guard: code("Nothing") });
}

#[test]
fn a_plan_that_is_not_applyable_is_refused() {
    let mut plan = plan(vec![step(&resource("snapshot", "s"), &[])]);
    plan.applyable = false;
    assert_eq!(RunPlan::new(&plan.sealed(), [&rulebook()]).unwrap_err(), RunPlanError::NotApplyable);
}

#[test]
fn the_longest_remaining_path_goes_first_and_then_the_address() {
    let steps = vec![
        step(&resource("snapshot", "b"), &[]),
        step(&resource("snapshot", "a"), &[]),
        step(&resource("share", "m/1"), &[]),
        step(&resource("image", "m"), &[2]),
        step(&resource("snapshot", "z"), &[3]),
    ];
    let plan = prepare(steps).unwrap();
    let mut order: Vec<usize> = (0..plan.len()).collect();
    order.sort_by_key(|index| plan.steps[*index].rank);
    assert_eq!(order, [2, 3, 1, 0, 4]);
}

#[test]
fn only_steps_of_one_prefix_force_and_options_share_a_call() {
    let share = |id: &str| step(&resource("share", id), &[]);
    let mut other_options = share("m/3");
    other_options.options.insert("hard".to_owned(), serde_json::json!(true));
    let plan =
        prepare(vec![share("m/1"), share("m/2"), other_options, share("n/1"), step(&resource("image", "m"), &[])])
            .unwrap();
    let groups: Vec<Option<usize>> = plan.steps.iter().map(|step| step.group).collect();
    assert_eq!(groups[0], groups[1]);
    assert_eq!(groups.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    assert_eq!(groups[4], None, "an operation that takes one resource shares nothing");

    let forced = Step { force: vec![code("SnapshotCreatedDisk")], ..share("m/2") };
    let plan = prepare_forced(vec![share("m/1"), forced, share("m/3")]).unwrap();
    let groups: Vec<Option<usize>> = plan.steps.iter().map(|step| step.group).collect();
    assert_eq!(groups[0], groups[2]);
    assert_ne!(groups[0], groups[1]);
}

#[test]
fn what_goes_with_another_is_known_to_its_carrier_and_to_the_carrier_of_that() {
    let steps = vec![
        step(&resource("instance", "i"), &[]),
        Step { with: Some(0), ..step(&resource("disk", "d"), &[]) },
        Step { with: Some(1), ..step(&resource("snapshot", "s"), &[]) },
    ];
    let plan = prepare(steps).unwrap();
    assert_eq!(plan.steps[0].carried, [1, 2]);
    assert_eq!(plan.steps[1].carried, [2]);
    assert_eq!(plan.carrier(2), 0);
    assert_eq!(plan.steps[2].after, [1]);
    assert!(!plan.steps[2].follows_others);
}
