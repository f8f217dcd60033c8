//! One behaviour each, in a world that does what the test says.

use std::time::Duration;

use serde_json::json;
use sexton_core::address::{Account, Address, Region};
use sexton_core::fact::Fact;
use sexton_core::plan::{Plan, Step};
use sexton_core::resource::Resource;
use sexton_provider::{Answer, Effect, ErrorClass, Refusal, RefusalClass};

use super::harness::{Harness, SessionEnd};
use crate::event::{Event, SessionFailure};
use crate::journal::{Record, StepRecord, StopCause};
use crate::machine::{Input, MonoTime, RunFailure, StepState};
use crate::outcome::{Difference, FailureClass, Outcome};
use crate::receipt::Receipt;
use crate::testing::world::{Faults, World, error, refusal};
use crate::testing::{address, code, plan, resource, step, wait_for, with_attribute, with_link, with_state, with_tag};

fn harness(steps: Vec<Step>, there: Vec<Resource>) -> Harness {
    let plan: Plan = plan(steps);
    let world = World::of(&plan, there, 1);
    Harness::new(plan, world, 1)
}

fn finish(harness: &mut Harness) -> Box<Receipt> {
    match harness.session(None) {
        SessionEnd::Finished(Ok(receipt)) => {
            harness.check_end(&receipt);
            receipt
        }
        end @ (SessionEnd::Finished(Err(_)) | SessionEnd::Crashed) => panic!("{end:?}"),
    }
}

fn outcomes(receipt: &Receipt) -> Vec<&'static str> {
    receipt.steps.iter().map(|step| step.state.outcome().map_or("left", Outcome::name)).collect()
}

fn outcome(receipt: &Receipt, step: usize) -> &Outcome {
    receipt.steps[step].state.outcome().unwrap()
}

/// What the last event says of why the session failed.
fn last_failure(harness: &Harness) -> Option<SessionFailure> {
    let last = &harness.events.last().unwrap().event;
    let Event::SessionEnded { failure, .. } = last else { panic!("{last:?}") };
    failure.clone()
}

fn answer(class: ErrorClass, effect: Effect) -> Answer {
    Answer::Failed(error("Op", class, effect))
}

fn seconds(seconds: u64) -> MonoTime {
    MonoTime::from_start(Duration::from_secs(seconds))
}

#[test]
fn a_plan_without_steps_ends_at_once() {
    let mut harness = harness(Vec::new(), Vec::new());
    assert!(finish(&mut harness).complete);
    assert_eq!(harness.history().ended, Some(true));
}

#[test]
fn shares_of_one_image_go_in_as_few_calls_as_the_limit_allows() {
    let shares: Vec<Resource> = (0..7).map(|id| resource("share", &format!("m/{id}"))).collect();
    let mut harness = harness(shares.iter().map(|share| step(share, &[])).collect(), shares.clone());
    let receipt = finish(&mut harness);
    assert!(receipt.complete);
    assert_eq!(receipt.calls.removal["Unshare"], 3);
    assert!(receipt.calls.probe <= 1 + 3, "one reading rechecks them all, and one sees each call's gone");
}

#[test]
fn a_call_has_the_options_of_its_steps() {
    let shares: Vec<Resource> = (0..4).map(|id| resource("share", &format!("m/{id}"))).collect();
    let mut steps: Vec<Step> = shares.iter().map(|share| step(share, &[])).collect();
    for step in &mut steps[2..] {
        step.options.insert("hard".to_owned(), json!(true));
    }
    let mut harness = harness(steps, shares);
    assert!(finish(&mut harness).complete);
    assert_eq!(harness.world.removal_calls, 2);
}

#[test]
fn a_batch_that_is_said_to_be_removed_is_read_before_it_is_believed() {
    let shares: Vec<Resource> = (0..3).map(|id| resource("share", &format!("m/{id}"))).collect();
    let mut harness = harness(shares.iter().map(|share| step(share, &[])).collect(), shares.clone());
    let lie = Answer::Removed { request_id: Some("request-1".to_owned()) };
    harness.world.scripted.insert(shares[1].address.clone(), [lie].into());
    let receipt = finish(&mut harness);
    assert_eq!(outcomes(&receipt), ["removed", "unknown", "removed"]);
    let Outcome::Removed { request_id, .. } = outcome(&receipt, 0) else { panic!("not removed") };
    assert_eq!(request_id.as_deref(), Some("request-1"));
    assert_eq!(outcomes(&finish(&mut harness)), ["removed", "removed", "removed"]);
}

#[test]
fn what_a_batch_says_was_not_done_is_read_where_a_part_of_it_was() {
    let shares: Vec<Resource> = (0..3).map(|id| resource("share", &format!("m/{id}"))).collect();
    let mut harness = harness(shares.iter().map(|share| step(share, &[])).collect(), shares.clone());
    let denied = answer(ErrorClass::Transient, Effect::None);
    harness.world.scripted.insert(shares[1].address.clone(), [denied].into());
    let receipt = finish(&mut harness);
    assert_eq!(outcomes(&receipt), ["removed", "removed", "removed"]);
    assert!(receipt.steps[1].state.tries().unsure);
}

#[test]
fn a_guard_that_lingers_is_waited_for_also_after_a_call_of_unknown_outcome() {
    let (share, image) = (resource("share", "m/1"), resource("snapshot", "s"));
    let mut harness = harness(vec![step(&share, &[]), step(&image, &[0])], vec![share, image.clone()]);
    let mut answers = vec![answer(ErrorClass::Transient, Effect::Unknown)];
    answers.extend(vec![refusal("InUse", RefusalClass::MayLinger); 14]);
    harness.world.scripted.insert(image.address.clone(), answers.into());
    assert!(finish(&mut harness).complete);
}

#[test]
fn a_batch_of_which_a_part_is_not_known_is_settled_item_by_item() {
    let shares: Vec<Resource> = (0..3).map(|id| resource("share", &format!("m/{id}"))).collect();
    let mut harness = harness(shares.iter().map(|share| step(share, &[])).collect(), shares.clone());
    let lost = answer(ErrorClass::Transient, Effect::Unknown);
    harness.world.scripted.insert(shares[1].address.clone(), [lost].into());
    harness.world.scripted.insert(shares[2].address.clone(), [refusal("InUse", RefusalClass::Blocked)].into());
    let receipt = finish(&mut harness);
    assert_eq!(outcomes(&receipt), ["removed", "removed", "refused"]);
    assert_eq!(receipt.steps[1].state.tries().count, 2);
}

#[test]
fn an_accepted_removal_is_not_a_removal_until_it_is_gone() {
    let (image, snapshot) = (resource("image", "m"), resource("snapshot", "s"));
    let mut harness = harness(vec![step(&image, &[]), step(&snapshot, &[0])], vec![image, snapshot]);
    let receipt = finish(&mut harness);
    assert!(receipt.complete);
    assert!(harness.world.removed_at[1] >= harness.world.removed_at[0].after(Duration::from_secs(7)));
    let Outcome::Removed { request_id, with: None } = outcome(&receipt, 0) else { panic!("not removed") };
    assert_eq!(request_id.as_deref(), Some("request-1"));
}

#[test]
fn what_does_not_go_in_time_is_unknown_and_the_next_session_reads_first() {
    let (image, snapshot) = (resource("image", "m"), resource("snapshot", "s"));
    let mut harness = harness(vec![step(&image, &[]), step(&snapshot, &[0])], vec![image, snapshot]);
    harness.world.removal_takes = Duration::from_secs(400);
    let receipt = finish(&mut harness);
    assert_eq!(outcomes(&receipt), ["unknown", "blocked"]);
    assert_eq!(outcome(&receipt, 1), &Outcome::Blocked { by: 0 });
    let receipt = finish(&mut harness);
    assert_eq!(outcomes(&receipt), ["removed", "removed"]);
    assert_eq!(harness.world.asked.len(), 2, "the image was not asked for again");
}

#[test]
fn a_lost_answer_is_settled_by_reading() {
    let snapshot = resource("snapshot", "s");
    let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot.clone()]);
    harness.world.faults = Faults { lost_after: 100, ..Faults::default() };
    let receipt = finish(&mut harness);
    assert_eq!(outcomes(&receipt), ["removed"]);
    assert_eq!(harness.world.removal_calls, 1);
}

#[test]
fn a_call_that_failed_in_passing_and_without_effect_is_made_again() {
    let snapshot = resource("snapshot", "s");
    let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot.clone()]);
    let busy = answer(ErrorClass::Transient, Effect::None);
    harness.world.scripted.insert(snapshot.address.clone(), vec![busy; 14].into());
    let receipt = finish(&mut harness);
    assert_eq!(outcomes(&receipt), ["removed"]);
    assert_eq!(harness.world.removal_calls, 15);
}

#[test]
fn a_call_that_never_gets_through_fails_after_its_attempts() {
    let snapshot = resource("snapshot", "s");
    let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot.clone()]);
    let lost = answer(ErrorClass::Transient, Effect::Unknown);
    harness.world.scripted.insert(snapshot.address.clone(), vec![lost; 50].into());
    let receipt = finish(&mut harness);
    let Outcome::Failed { class: FailureClass::Transient, code, .. } = outcome(&receipt, 0) else {
        panic!("{receipt:?}")
    };
    assert_eq!(code.as_deref(), Some("Fault"));
    assert_eq!(harness.world.removal_calls, 15);
}

#[test]
fn what_an_earlier_call_may_have_removed_counts_as_removed_when_it_is_found_gone() {
    let snapshot = resource("snapshot", "s");
    let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot.clone()]);
    let answers = [answer(ErrorClass::Transient, Effect::Unknown), Answer::AlreadyGone { request_id: None }];
    harness.world.scripted.insert(snapshot.address.clone(), answers.into());
    let SessionEnd::Finished(Ok(receipt)) = harness.session(None) else { panic!("it did not end") };
    assert_eq!(outcomes(&receipt), ["removed"]);
}

#[test]
fn another_resource_under_the_id_of_one_that_was_to_go_is_neither_waited_for_nor_proves_a_removal() {
    let image = resource("image", "m");
    let another = Resource { created_at: Fact::Known(crate::testing::time("2026-11-21T00:00:09Z")), ..image.clone() };
    let mut harness = harness(vec![step(&image, &[])], vec![image]);
    harness.world.later.insert(seconds(9), another.clone());
    harness.world.removal_takes = Duration::from_secs(8);
    harness.settings.settle.first = Duration::from_secs(20);
    let SessionEnd::Finished(Ok(receipt)) = harness.session(None) else { panic!("it did not end") };
    assert_eq!(outcomes(&receipt), ["unknown"]);
    assert!(harness.world.has(&another.address));
    assert_eq!(harness.world.removal_calls, 1);
    assert!(harness.ended_at < seconds(60), "it is not waited for: {:?}", harness.ended_at);
}

#[test]
fn another_resource_that_a_call_of_unknown_outcome_may_have_reached_is_not_said_to_be_left_alone() {
    let snapshot = resource("snapshot", "s");
    let another =
        Resource { created_at: Fact::Known(crate::testing::time("2026-11-21T00:00:01Z")), ..snapshot.clone() };
    let mut unknown = 0;
    for millis in (0..3_000).step_by(20) {
        let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot.clone()]);
        let lost = answer(ErrorClass::Transient, Effect::Unknown);
        harness.world.scripted.insert(snapshot.address.clone(), vec![lost; 50].into());
        harness.world.later.insert(MonoTime::from_start(Duration::from_millis(millis)), another.clone());
        let receipt = finish(&mut harness);
        let wanted = if harness.world.removal_calls == 0 { "stale" } else { "unknown" };
        assert_eq!(outcomes(&receipt), [wanted], "at {millis} ms: {receipt:?}");
        unknown += u32::from(wanted == "unknown");
    }
    assert!(unknown > 10, "{unknown}");
}

#[test]
fn no_more_calls_are_under_way_than_allowed() {
    let images: Vec<Resource> = (0..30).map(|id| resource("image", &format!("m{id:02}"))).collect();
    let mut harness = harness(images.iter().map(|one| step(one, &[])).collect(), images);
    harness.settings.max_in_flight = std::num::NonZeroUsize::new(3).unwrap();
    assert!(finish(&mut harness).complete);
}

#[test]
fn a_throttled_operation_is_left_alone_for_as_long_as_it_asks() {
    let snapshots: Vec<Resource> = (0..40).map(|id| resource("snapshot", &format!("s{id}"))).collect();
    let mut harness = harness(snapshots.iter().map(|one| step(one, &[])).collect(), snapshots.clone());
    let throttle = ErrorClass::Throttle { retry_after: Some(Duration::from_secs(20)) };
    harness.world.scripted.insert(snapshots[0].address.clone(), [answer(throttle, Effect::None)].into());
    assert!(finish(&mut harness).complete);
    let first = harness.world.removed_at[0];
    let window = |at: &&MonoTime| at.since(first) > Duration::from_secs(2) && at.since(first) < Duration::from_secs(20);
    assert_eq!(harness.world.removed_at.iter().filter(window).count(), 0);
}

#[test]
fn a_recheck_that_has_grown_old_is_made_again_before_the_call() {
    let snapshot = resource("snapshot", "s");
    let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot.clone()]);
    let throttle = ErrorClass::Throttle { retry_after: Some(Duration::from_secs(60)) };
    harness.world.scripted.insert(snapshot.address.clone(), [answer(throttle, Effect::None)].into());
    harness.world.later.insert(seconds(50), with_tag(snapshot.clone(), "keep", "true"));
    harness.world.conditional = false;
    let receipt = finish(&mut harness);
    assert_eq!(outcomes(&receipt), ["stale"]);
    assert!(harness.world.has(&snapshot.address));
}

#[test]
fn a_refusal_that_may_linger_is_tried_again_only_after_a_holder_went() {
    let (share, image) = (resource("share", "m/1"), resource("snapshot", "s"));
    let mut after_holder = harness(vec![step(&share, &[]), step(&image, &[0])], vec![share, image.clone()]);
    let lingering = refusal("InUse", RefusalClass::MayLinger);
    after_holder.world.scripted.insert(image.address.clone(), vec![lingering.clone(); 3].into());
    assert!(finish(&mut after_holder).complete);

    let mut without = harness(vec![step(&image, &[])], vec![image.clone()]);
    without.world.scripted.insert(image.address.clone(), vec![lingering.clone(); 3].into());
    assert_eq!(outcomes(&finish(&mut without)), ["refused"]);
    assert_eq!(without.world.removal_calls, 1);

    let share = resource("share", "m/1");
    let mut for_ever = harness(vec![step(&share, &[]), step(&image, &[0])], vec![share, image.clone()]);
    for_ever.world.scripted.insert(image.address.clone(), vec![lingering; 500].into());
    assert_eq!(outcomes(&finish(&mut for_ever)), ["removed", "refused"]);
    let passed = for_ever.world.removed_at.last().unwrap().since(for_ever.world.removed_at[1]);
    assert!(passed > Duration::from_secs(110) && passed < Duration::from_secs(140), "{passed:?}");
}

#[test]
fn a_refusal_that_names_its_holder_is_tried_again_only_after_that_one_went() {
    let (share, snapshot) = (resource("share", "m/1"), resource("snapshot", "s"));
    for (by, wanted, calls) in
        [(&share, vec!["removed", "removed"], 5), (&resource("image", "m"), vec!["removed", "refused"], 2)]
    {
        let steps = vec![step(&share, &[]), step(&snapshot, &[0])];
        let mut harness = harness(steps, vec![share.clone(), snapshot.clone()]);
        let Answer::Refused(refusal) = refusal("InUse", RefusalClass::MayLinger) else { panic!("a refusal") };
        let lingering = Answer::Refused(Refusal { by: Some(by.address.clone()), ..refusal });
        harness.world.scripted.insert(snapshot.address.clone(), vec![lingering; 3].into());
        let receipt = finish(&mut harness);
        assert_eq!(outcomes(&receipt), wanted);
        assert_eq!(harness.world.removal_calls, calls);
        if let Outcome::Refused { by: told, .. } = outcome(&receipt, 1) {
            assert_eq!(told.as_ref(), Some(&by.address));
        }
    }
}

#[test]
fn a_refusal_that_waits_is_tried_again_only_where_the_plan_grants_a_wait() {
    let snapshot = with_state(resource("snapshot", "s"), "accomplished");
    let granted = Step { wait: vec![wait_for("SnapshotInProgress", None, 60)], ..step(&snapshot, &[]) };
    for (step, wanted) in [(granted, "removed"), (step(&snapshot, &[]), "refused")] {
        let mut harness = harness(vec![step], vec![snapshot.clone()]);
        let waits = refusal("SnapshotInProgress", RefusalClass::Waits);
        harness.world.scripted.insert(snapshot.address.clone(), vec![waits; 4].into());
        assert_eq!(outcomes(&finish(&mut harness)), [wanted]);
    }
}

#[test]
fn a_step_waits_for_its_state_to_clear_and_no_longer_than_granted() {
    let snapshot = with_state(resource("snapshot", "s"), "progressing");
    let waiting = Step { wait: vec![wait_for("SnapshotInProgress", None, 60)], ..step(&snapshot, &[]) };
    let mut clears = harness(vec![waiting.clone()], vec![snapshot.clone()]);
    clears.world.later.insert(seconds(30), with_state(snapshot.clone(), "accomplished"));
    assert!(finish(&mut clears).complete);
    assert!(clears.world.removed_at[0] >= seconds(30));
    assert!(clears.events.iter().any(|event| matches!(event.event, Event::StepWaits { .. })));

    let mut stays = harness(vec![waiting], vec![snapshot.clone()]);
    let receipt = finish(&mut stays);
    let Outcome::Refused { code, message, .. } = outcome(&receipt, 0) else { panic!("{receipt:?}") };
    assert_eq!((code.as_str(), message.as_str()), ("SnapshotInProgress", "did not clear within 60 s"));
    assert_eq!(stays.world.removal_calls, 0);
}

#[test]
fn a_step_waits_for_another_resource_until_that_guards_no_more() {
    let (image, task) = (resource("image", "m"), with_state(resource("task", "t"), "Processing"));
    let task = with_link(task, "exports", &image.address);
    let wait = vec![wait_for("ImageIsExporting", Some(task.address.clone()), 120)];
    let waiting = Step { wait, ..step(&image, &[]) };
    let mut clears = harness(vec![waiting.clone()], vec![image.clone(), task.clone()]);
    clears.world.later.insert(seconds(40), with_state(task.clone(), "Finished"));
    assert!(finish(&mut clears).complete);
    assert!(clears.world.removed_at[0] >= seconds(40));
    assert!(clears.world.has(&task.address));

    let mut stays = harness(vec![waiting], vec![image.clone(), task.clone()]);
    let receipt = finish(&mut stays);
    let Outcome::Refused { by, .. } = outcome(&receipt, 0) else { panic!("{receipt:?}") };
    assert_eq!(by.as_ref(), Some(&task.address));
}

#[test]
fn a_task_that_finished_meanwhile_is_already_gone() {
    let task = with_state(resource("task", "t"), "Processing");
    let mut harness = harness(vec![step(&task, &[])], vec![with_state(task.clone(), "Finished")]);
    let receipt = match harness.session(None) {
        SessionEnd::Finished(Ok(receipt)) => receipt,
        end @ (SessionEnd::Finished(Err(_)) | SessionEnd::Crashed) => panic!("{end:?}"),
    };
    assert_eq!(outcomes(&receipt), ["already-gone"]);
    assert_eq!(harness.world.removal_calls, 0);
}

#[test]
fn a_task_that_is_only_still_listed_after_its_cancellation_is_removed() {
    let task = with_state(resource("task", "t"), "Processing");
    let mut harness = harness(vec![step(&task, &[])], vec![task.clone()]);
    harness.world.scripted.insert(task.address.clone(), [Answer::Accepted { request_id: None }].into());
    harness.world.later.insert(seconds(10), with_state(task, "Failed"));
    let SessionEnd::Finished(Ok(receipt)) = harness.session(None) else { panic!("it did not end") };
    assert_eq!(outcomes(&receipt), ["removed"]);
    assert!(harness.ended_at < seconds(30), "{:?}", harness.ended_at);
}

#[test]
fn a_forced_step_accepts_the_dependents_that_the_plan_names_and_no_others() {
    let snapshot = resource("snapshot", "s");
    let named = with_link(resource("disk", "d1"), "created-from", &snapshot.address);
    let new = with_link(resource("disk", "d2"), "created-from", &snapshot.address);
    let mut forced = Step { force: vec![code("SnapshotCreatedDisk")], ..step(&snapshot, &[]) };
    forced.expect.dependents = Some(vec![named.address.clone()]);

    let mut as_planned = harness(vec![forced.clone()], vec![snapshot.clone(), named.clone()]);
    assert!(finish(&mut as_planned).complete);

    let mut with_another = harness(vec![forced], vec![snapshot, named, new.clone()]);
    let receipt = finish(&mut with_another);
    let wanted = Difference::Dependent { address: new.address, guard: code("SnapshotCreatedDisk") };
    assert_eq!(outcome(&receipt, 0), &Outcome::Stale { differences: vec![wanted] });
}

#[test]
fn a_dependent_that_an_assumed_guard_knows_makes_the_step_stale() {
    let image = resource("image", "m");
    let template = with_link(resource("template", "t"), "refers-to", &image.address);
    let share = with_link(resource("share", "m/1"), "grants", &image.address);
    let mut harness = harness(vec![step(&share, &[]), step(&image, &[0])], vec![image.clone(), template, share]);
    assert_eq!(outcomes(&finish(&mut harness)), ["removed", "stale"]);
}

#[test]
fn the_retained_of_a_group_have_to_be_there_and_are_read_once() {
    let kept = [resource("image", "k1"), resource("image", "k2")];
    let snapshots: Vec<Resource> = (0..3).map(|id| resource("snapshot", &format!("s{id}"))).collect();
    let steps = || -> Vec<Step> {
        snapshots
            .iter()
            .map(|snapshot| {
                let mut step = step(snapshot, &[]);
                step.expect.retained = kept.iter().map(|kept| kept.address.clone()).collect();
                step
            })
            .collect()
    };
    let mut there = snapshots.clone();
    there.extend(kept.clone());
    let mut as_planned = harness(steps(), there.clone());
    assert!(finish(&mut as_planned).complete);
    let readings = |harness: &Harness, of: &Address| {
        harness.world.probes.iter().flatten().filter(|address| *address == of).count()
    };
    assert_eq!(readings(&as_planned, &kept[0].address), 1);

    there.pop();
    let mut one_gone = harness(steps(), there);
    let receipt = finish(&mut one_gone);
    assert_eq!(outcomes(&receipt), ["stale"; 3]);
    let wanted = Difference::RetainedGone { address: kept[1].address.clone() };
    assert_eq!(outcome(&receipt, 0), &Outcome::Stale { differences: vec![wanted] });
    assert_eq!(one_gone.world.removal_calls, 0);
}

#[test]
fn what_goes_with_another_is_confirmed_and_never_called() {
    let (instance, disk) = (resource("instance", "i"), with_state(resource("disk", "d"), "In_use"));
    let snapshot = with_attribute(resource("snapshot", "s"), "usage", json!("disk"));
    let carried = Step { with: Some(0), ..step(&disk, &[0]) };
    let mut harness = harness(
        vec![step(&instance, &[]), carried, step(&snapshot, &[1])],
        vec![instance.clone(), disk, with_attribute(snapshot, "usage", json!("none"))],
    );
    let receipt = finish(&mut harness);
    assert!(receipt.complete);
    assert_eq!(outcome(&receipt, 1), &Outcome::Removed { request_id: None, with: Some(0) });
    assert_eq!(harness.world.asked, [instance.address, address("snapshot", "s")]);
}

#[test]
fn a_tag_on_what_would_go_with_another_saves_both() {
    let (instance, disk) = (resource("instance", "i"), resource("disk", "d"));
    let carried = Step { with: Some(0), ..step(&disk, &[0]) };
    let mut harness = harness(vec![step(&instance, &[]), carried], vec![instance, with_tag(disk, "keep", "true")]);
    let receipt = finish(&mut harness);
    assert_eq!(outcomes(&receipt), ["stale", "stale"]);
    assert_eq!(outcome(&receipt, 0), &Outcome::Stale { differences: vec![Difference::Carried { step: 1 }] });
    assert_eq!(harness.world.removal_calls, 0);
}

#[test]
fn tags_on_what_would_go_with_another_and_on_what_goes_with_that_save_all_three() {
    let (instance, disk, inner) = (resource("instance", "i"), resource("disk", "d"), resource("disk", "e"));
    let steps = vec![
        step(&instance, &[]),
        Step { with: Some(0), ..step(&disk, &[]) },
        Step { with: Some(1), ..step(&inner, &[]) },
    ];
    let there = vec![instance, with_tag(disk, "keep", "true"), with_tag(inner, "keep", "true")];
    let mut harness = harness(steps, there);
    assert_eq!(outcomes(&finish(&mut harness)), ["stale", "stale", "stale"]);
    assert_eq!(harness.world.asked, []);
}

#[test]
fn a_failed_step_blocks_what_comes_after_it_and_nothing_else() {
    let all: Vec<Resource> = (0..4).map(|id| resource("snapshot", &format!("s{id}"))).collect();
    let steps = vec![step(&all[0], &[]), step(&all[1], &[0]), step(&all[2], &[1]), step(&all[3], &[])];
    let mut harness = harness(steps, all.clone());
    let broken = answer(ErrorClass::Permanent, Effect::None);
    harness.world.scripted.insert(all[0].address.clone(), [broken].into());
    let receipt = finish(&mut harness);
    assert_eq!(outcomes(&receipt), ["failed", "blocked", "blocked", "removed"]);
    assert_eq!(outcome(&receipt, 2), &Outcome::Blocked { by: 0 });
    let receipt = finish(&mut harness);
    assert!(receipt.complete, "a resume tries again what was not removed");
}

#[test]
fn the_first_refused_credentials_stop_the_run() {
    let all: Vec<Resource> = (0..200).map(|id| resource("snapshot", &format!("s{id:03}"))).collect();
    let mut harness = harness(all.iter().map(|one| step(one, &[])).collect(), all.clone());
    let denied = answer(ErrorClass::Auth, Effect::None);
    harness.world.scripted.insert(all[0].address.clone(), [denied].into());
    let receipt = finish(&mut harness);
    assert!(matches!(receipt.stopped, Some(StopCause::Auth { .. })));
    assert!(matches!(outcome(&receipt, 0), Outcome::Failed { class: FailureClass::Auth, .. }));
    assert!(receipt.counts.left > 0 && receipt.counts.underway == 0, "{:?}", receipt.counts);
    assert!(finish(&mut harness).complete);
}

#[test]
fn refused_credentials_stop_the_run_also_where_it_only_reads() {
    for operation in ["probe", "dependents"] {
        let images: Vec<Resource> = (0..30).map(|id| resource("image", &format!("m{id:02}"))).collect();
        let mut harness = harness(images.iter().map(|one| step(one, &[])).collect(), images);
        harness.settings.lookahead = std::num::NonZeroUsize::MIN;
        harness.reading_errors = [error(operation, ErrorClass::Auth, Effect::None)].into();
        let receipt = finish(&mut harness);
        assert!(matches!(receipt.stopped, Some(StopCause::Auth { .. })), "{operation}: {receipt:?}");
        assert!(receipt.counts.left > 0 && harness.world.removal_calls == 0);
        assert!(finish(&mut harness).complete);
    }
}

#[test]
fn a_run_that_reads_on_after_failures_ends_when_it_is_asked_to_stop() {
    let (image, snapshot) = (resource("image", "m"), resource("snapshot", "s"));
    let mut harness = harness(vec![step(&image, &[]), step(&snapshot, &[])], vec![image, snapshot.clone()]);
    harness.settings.max_failures = Some(1);
    harness.world.removal_takes = Duration::from_secs(100);
    harness.world.scripted.insert(snapshot.address, [refusal("No", RefusalClass::Blocked)].into());
    harness.tell(seconds(20), Input::Stop);
    let receipt = finish(&mut harness);
    assert_eq!(receipt.stopped, Some(StopCause::Failures { failed: 1 }));
    assert_eq!((receipt.counts.underway, receipt.counts.refused), (1, 1));
    assert!(harness.ended_at < seconds(22), "{:?}", harness.ended_at);
}

#[test]
fn what_is_throttled_all_the_time_fails_in_the_end() {
    let snapshot = resource("snapshot", "s");
    let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot.clone()]);
    let throttled = answer(ErrorClass::Throttle { retry_after: None }, Effect::None);
    harness.world.scripted.insert(snapshot.address, vec![throttled; 10_000].into());
    let receipt = finish(&mut harness);
    assert!(matches!(outcome(&receipt, 0), Outcome::Failed { class: FailureClass::Throttle, .. }), "{receipt:?}");
    let most = harness.settings.retry.max_total + Duration::from_secs(60);
    assert!(harness.ended_at.since_start() < most, "{:?}", harness.ended_at);
}

#[test]
fn a_throttled_reading_is_no_attempt() {
    let snapshot = resource("snapshot", "s");
    let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot]);
    harness.settings.retry.read_attempts = 3;
    let throttled = error("probe", ErrorClass::Throttle { retry_after: None }, Effect::None);
    harness.reading_errors = vec![throttled; 20].into();
    assert!(finish(&mut harness).complete);
}

#[test]
fn what_cannot_be_read_together_is_read_one_by_one() {
    let snapshots: Vec<Resource> = (0..3).map(|id| resource("snapshot", &format!("s/{id}"))).collect();
    let mut harness = harness(snapshots.iter().map(|one| step(one, &[])).collect(), snapshots);
    let invalid = error("probe", ErrorClass::Permanent, Effect::None);
    harness.reading_errors = vec![invalid; 2].into();
    let SessionEnd::Finished(Ok(receipt)) = harness.session(None) else { panic!("it did not end") };
    assert_eq!((receipt.counts.removed, receipt.counts.failed), (2, 1), "the second was of one resource");
    assert!(harness.world.probes.iter().all(|probe| probe.len() == 1), "{:?}", harness.world.probes);
}

#[test]
fn what_may_have_been_begun_unseen_is_read_more_than_once_before_it_is_called_again() {
    for (kind, readings) in [("snapshot", 1), ("image", 4)] {
        let one = resource(kind, "x");
        let mut harness = harness(vec![step(&one, &[])], vec![one.clone()]);
        harness.world.scripted.insert(one.address, [answer(ErrorClass::Transient, Effect::Unknown)].into());
        assert!(finish(&mut harness).complete);
        let at = |wanted: fn(&Event) -> bool| harness.events.iter().position(|event| wanted(&event.event)).unwrap();
        let unsettled = at(|event| matches!(event, Event::StepUnsettled { .. }));
        let still_there = at(|event| matches!(event, Event::StepStillThere { .. }));
        let sent = |event: &Event| matches!(event, Event::CallSent { operation, .. } if operation == "probe");
        let sent = harness.events[unsettled..still_there].iter().filter(|event| sent(&event.event)).count();
        assert_eq!(sent, readings, "of a {kind}");
    }
}

#[test]
fn too_many_failures_stop_the_run() {
    let all: Vec<Resource> = (0..60).map(|id| resource("snapshot", &format!("s{id:02}"))).collect();
    let mut harness = harness(all.iter().map(|one| step(one, &[])).collect(), all.clone());
    harness.settings.max_failures = Some(3);
    harness.world.faults = Faults { permanent: 100, ..Faults::default() };
    let receipt = finish(&mut harness);
    assert!(matches!(receipt.stopped, Some(StopCause::Failures { .. })));
    assert!(receipt.counts.left >= 40, "{:?}", receipt.counts);
}

#[test]
fn a_call_that_was_not_sent_when_the_run_stopped_is_taken_back() {
    let snapshot = resource("snapshot", "s");
    let mut outputs = 0;
    loop {
        outputs += 1;
        let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot.clone()]);
        harness.stop_after = Some(outputs);
        let receipt = finish(&mut harness);
        let taken_back = harness
            .durable
            .iter()
            .any(|entry| matches!(entry.record, Record::Step { record: StepRecord::NotSent, .. }));
        if taken_back {
            assert_eq!(harness.world.removal_calls, 0);
            assert!(matches!(receipt.steps[0].state, StepState::Waiting(_)));
            assert!(finish(&mut harness).complete);
            return;
        }
        assert!(!receipt.complete, "no stop came between an intent and its call");
    }
}

#[test]
fn another_account_or_region_ends_the_run_before_anything_is_read() {
    let snapshot = resource("snapshot", "s");
    for (account, region) in [("other", "r1"), ("acct", "r2")] {
        let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot.clone()]);
        harness.identity.account = Account::new(account).unwrap();
        harness.identity.region = Region::new(region).unwrap();
        let SessionEnd::Finished(Err(RunFailure::Identity { wanted, found })) = harness.session(None) else {
            panic!("it ran")
        };
        assert_eq!(wanted.to_string(), "test:acct:r1");
        assert_eq!(found, [format!("account {account} in region {region}")]);
        let failure = SessionFailure::Identity { wanted: wanted.to_string(), found };
        assert_eq!(last_failure(&harness), Some(failure));
        assert!(harness.world.probes.is_empty() && harness.world.removal_calls == 0);
    }
}

#[test]
fn a_question_who_one_is_is_asked_again_after_a_passing_fault_and_not_for_ever() {
    let snapshot = resource("snapshot", "s");
    let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot]);
    harness.world.faults = Faults { throttle: 100, ..Faults::default() };
    let SessionEnd::Finished(Err(RunFailure::IdentityUnknown { .. })) = harness.session(None) else { panic!("it ran") };
    assert!(matches!(last_failure(&harness), Some(SessionFailure::IdentityUnknown { .. })));
    harness.world.faults = Faults::default();
    assert!(finish(&mut harness).complete);
}

#[test]
fn a_throttled_question_who_one_is_is_asked_again_no_sooner_than_told() {
    let snapshot = resource("snapshot", "s");
    let mut harness = harness(vec![step(&snapshot, &[])], vec![snapshot]);
    let throttle = ErrorClass::Throttle { retry_after: Some(Duration::from_secs(20)) };
    harness.reading_errors = [error("identity", throttle, Effect::None)].into();
    let receipt = finish(&mut harness);
    assert!(receipt.complete);
    assert_eq!(receipt.calls.identity, 2);
    assert!(harness.sent_at[0] > seconds(20), "{:?}", harness.sent_at);
}

#[test]
fn an_append_that_fails_ends_the_run_with_what_is_under_way_finished() {
    let all: Vec<Resource> = (0..30).map(|id| resource("snapshot", &format!("s{id:02}"))).collect();
    for append in 1..12 {
        let mut harness = harness(all.iter().map(|one| step(one, &[])).collect(), all.clone());
        harness.failing_append = Some(append);
        match harness.session(None) {
            SessionEnd::Finished(Err(RunFailure::Journal)) => {
                // The last event is said before the last records are written.
                let told = last_failure(&harness);
                assert!(told == Some(SessionFailure::Journal) || append > 3, "append {append}: {told:?}");
            }
            SessionEnd::Finished(Ok(_)) => return assert!(append > 3, "append {append} was not noticed"),
            end @ (SessionEnd::Finished(Err(_)) | SessionEnd::Crashed) => panic!("{end:?}"),
        }
        harness.failing_append = None;
        assert!(finish(&mut harness).complete);
    }
}

#[test]
fn what_a_provider_parked_is_out_of_the_way() {
    let (image, snapshot) = (resource("image", "m"), resource("snapshot", "s"));
    let mut harness = harness(vec![step(&image, &[]), step(&snapshot, &[0])], vec![snapshot.clone(), image.clone()]);
    let parked = Answer::Parked { until: None, request_id: Some("r".to_owned()) };
    harness.world.scripted.insert(image.address.clone(), [parked].into());
    harness.world.scripted.insert(snapshot.address.clone(), [Answer::Removed { request_id: None }].into());
    harness.world.later.insert(seconds(3600), image.clone());
    let SessionEnd::Finished(Ok(receipt)) = harness.session(None) else { panic!("it did not end") };
    assert_eq!(outcomes(&receipt), ["parked", "removed"]);
}

#[test]
fn the_same_seed_and_answers_give_the_same_run() {
    let run = || {
        let all: Vec<Resource> = (0..20).map(|id| resource("image", &format!("m{id:02}"))).collect();
        let mut harness = harness(all.iter().map(|one| step(one, &[])).collect(), all);
        harness.world.faults = Faults { throttle: 20, transient: 10, lost_after: 10, ..Faults::default() };
        harness.session(None);
        (harness.events, harness.durable)
    };
    assert_eq!(run(), run());
}
