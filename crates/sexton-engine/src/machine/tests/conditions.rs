//! Removals on condition: a change that comes between a recheck and its call.

use std::time::Duration;

use sexton_core::fact::Fact;
use sexton_core::resource::Resource;
use sexton_provider::{Answer, Effect, ErrorClass, RefusalClass};

use super::harness::{Harness, SessionEnd};
use crate::journal::{Record, StepRecord};
use crate::machine::MonoTime;
use crate::outcome::{Difference, Outcome};
use crate::receipt::Receipt;
use crate::testing::world::{World, error, refusal};
use crate::testing::{plan, resource, step, with_tag};

/// A snapshot that becomes something else half a second after its recheck read it, and as long before its call.
fn changing(becomes: Resource) -> Harness {
    let snapshot = resource("snapshot", "s");
    let plan = plan(vec![step(&snapshot, &[])]);
    let world = World::of(&plan, [snapshot], 1);
    let mut harness = Harness::new(plan, world, 1);
    harness.latency = Some(Duration::from_secs(1));
    harness.world.later.insert(MonoTime::from_start(Duration::from_millis(1500)), becomes);
    harness
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

fn outcome(receipt: &Receipt) -> &Outcome {
    receipt.steps[0].state.outcome().unwrap()
}

#[test]
fn a_tag_added_after_the_recheck_saves_the_resource_where_the_provider_can_tell() {
    let kept = with_tag(resource("snapshot", "s"), "keep", "true");
    let mut harness = changing(kept.clone());
    let receipt = finish(&mut harness);
    let Outcome::Stale { differences } = outcome(&receipt) else { panic!("{receipt:?}") };
    assert!(matches!(differences[..], [Difference::Tags { .. }]), "{differences:?}");
    assert!(harness.world.has(&kept.address));
    assert_eq!(harness.world.removal_calls, 1);

    let mut cannot_tell = changing(kept.clone());
    cannot_tell.world.conditional = false;
    assert_eq!(outcome(&finish(&mut cannot_tell)).name(), "removed", "the moment that only a condition closes");
}

#[test]
fn a_change_that_the_plan_does_not_speak_of_is_asked_for_again_as_it_is_now() {
    let renamed = Resource { name: Fact::Known("renamed".to_owned()), ..resource("snapshot", "s") };
    let mut harness = changing(renamed);
    assert_eq!(outcome(&finish(&mut harness)).name(), "removed");
    assert_eq!(harness.world.removal_calls, 2);
}

#[test]
fn what_changes_all_the_time_is_refused_in_the_end() {
    let snapshot = resource("snapshot", "s");
    let mut harness = changing(snapshot.clone());
    harness.settings.retry.max_attempts = 4;
    let changed = refusal("PreconditionFailed", RefusalClass::Changed);
    harness.world.scripted.insert(snapshot.address.clone(), vec![changed; 9].into());
    assert_eq!(outcome(&finish(&mut harness)).name(), "refused");
    assert_eq!(harness.world.removal_calls, 4);
    assert!(harness.world.has(&snapshot.address));
}

#[test]
fn a_change_that_an_open_call_may_have_made_is_settled_by_reading() {
    let snapshot = resource("snapshot", "s");
    let mut harness = changing(snapshot.clone());
    let open = Answer::Failed(error("DeleteSnapshot", ErrorClass::Transient, Effect::Unknown));
    let changed = refusal("PreconditionFailed", RefusalClass::Changed);
    harness.world.scripted.insert(snapshot.address.clone(), [open, changed].into());
    assert_eq!(outcome(&finish(&mut harness)).name(), "removed");
    assert!(!harness.world.has(&snapshot.address));
    let count = |is: fn(&Record) -> bool| harness.durable.iter().filter(|entry| is(&entry.record)).count();
    assert_eq!(count(|record| matches!(record, Record::Step { record: StepRecord::Unsettled { .. }, .. })), 2);
    assert_eq!(count(|record| matches!(record, Record::Step { record: StepRecord::NoEffect { .. }, .. })), 0);
}
