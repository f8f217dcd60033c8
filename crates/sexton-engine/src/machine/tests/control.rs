//! What holds a run back or ends it: canaries, shares of failures, time, pauses and refreshed credentials.

use std::num::NonZeroU32;
use std::time::Duration;

use sexton_core::address::Account;
use sexton_core::plan::Step;
use sexton_core::resource::Resource;
use sexton_provider::RefusalClass;

use super::harness::{Harness, SessionEnd};
use crate::event::Event;
use crate::journal::StopCause;
use crate::machine::{Input, MonoTime, RunFailure};
use crate::outcome::Outcome;
use crate::receipt::Receipt;
use crate::testing::world::{World, refusal};
use crate::testing::{plan, resource, step, with_link, with_tag};

fn harness(steps: Vec<Step>, there: Vec<Resource>) -> Harness {
    let plan = plan(steps);
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

/// So many images, each with a snapshot that comes after it: images have even indexes.
fn pairs(count: u32) -> (Vec<Step>, Vec<Resource>) {
    let (mut steps, mut there) = (Vec::new(), Vec::new());
    for pair in 0..count {
        let (image, snapshot) =
            (resource("image", &format!("m{pair:02}")), resource("snapshot", &format!("s{pair:02}")));
        steps.extend([step(&image, &[]), step(&snapshot, &[2 * pair])]);
        there.extend([image, snapshot]);
    }
    (steps, there)
}

fn seconds(seconds: u64) -> MonoTime {
    MonoTime::from_start(Duration::from_secs(seconds))
}

/// The steps, in the order in which they were called, and which had ended before each.
fn called_after(harness: &Harness) -> Vec<(u32, Vec<u32>)> {
    let mut ended = Vec::new();
    let mut called = Vec::new();
    for event in &harness.events {
        if let Event::StepCalled { step, .. } = &event.event {
            called.push((*step, ended.clone()));
        } else if let Event::StepEnded { step, .. } = &event.event {
            ended.push(*step);
        }
    }
    called
}

#[test]
fn canaries_of_each_kind_run_to_the_end_before_the_rest() {
    let (steps, there) = pairs(8);
    let mut harness = harness(steps, there);
    harness.settings.canary = NonZeroU32::new(2);
    assert!(finish(&mut harness).complete);
    let called = called_after(&harness);
    let first: Vec<u32> = called.iter().take(4).map(|(step, _)| *step).collect();
    for (step, ended) in called.iter().skip(4) {
        assert!(first.iter().all(|canary| ended.contains(canary)), "{step} was called after {ended:?} only");
    }
    assert_eq!(first.iter().filter(|step| **step % 2 == 0).count(), 2, "two images and their snapshots: {first:?}");
}

#[test]
fn a_canary_that_is_refused_stops_the_run() {
    let (steps, there) = pairs(8);
    let mut harness = harness(steps, there.clone());
    harness.settings.canary = NonZeroU32::new(1);
    let blocked = refusal("InUse", RefusalClass::Blocked);
    harness.world.scripted.insert(there[0].address.clone(), [blocked].into());
    let receipt = finish(&mut harness);
    assert_eq!(receipt.stopped, Some(StopCause::Canary { step: 0 }));
    assert_eq!((receipt.counts.refused, harness.world.asked.len()), (1, 1));
    let receipt = finish(&mut harness);
    assert!(receipt.complete, "the next session begins with canaries again: {:?}", receipt.stopped);
}

#[test]
fn another_takes_the_place_of_a_canary_that_is_stale() {
    let (steps, mut there) = pairs(3);
    there[0] = with_tag(there[0].clone(), "keep", "true");
    let mut harness = harness(steps, there);
    harness.settings.canary = NonZeroU32::new(1);
    let receipt = finish(&mut harness);
    assert_eq!((receipt.counts.stale, receipt.counts.blocked, receipt.counts.removed), (1, 1, 4));
    let called = called_after(&harness);
    assert_eq!((called[0].0, called[1].0), (2, 3));
}

#[test]
fn a_canary_does_not_wait_for_others_to_share_its_call() {
    let snapshot = resource("snapshot", "s");
    let shares: Vec<Resource> = (0..4).map(|id| resource("share", &format!("m/{id}"))).collect();
    let mut steps = vec![step(&snapshot, &[])];
    steps.extend(shares.iter().enumerate().map(|(place, share)| step(share, if place == 0 { &[] } else { &[0] })));
    let there = std::iter::once(snapshot).chain(shares).collect();
    let mut harness = harness(steps, there);
    harness.settings.canary = NonZeroU32::new(1);
    assert!(finish(&mut harness).complete);
}

#[test]
fn what_has_to_go_before_a_canary_goes_with_the_canaries() {
    let images: Vec<Resource> = (0..4).map(|id| resource("image", &format!("m{id}"))).collect();
    let snapshot = resource("snapshot", "s");
    let mut steps: Vec<Step> = images.iter().map(|image| step(image, &[])).collect();
    steps.push(step(&snapshot, &[2]));
    let mut harness = harness(steps, images.into_iter().chain([snapshot]).collect());
    harness.settings.canary = NonZeroU32::new(1);
    assert!(finish(&mut harness).complete);
    let called: Vec<u32> = called_after(&harness).into_iter().map(|(step, _)| step).collect();
    assert_eq!((called[..2].iter().min(), called[..2].iter().max(), called[2]), (Some(&0), Some(&2), 4));
}

#[test]
fn a_share_of_failures_stops_the_run() {
    let snapshots: Vec<Resource> = (0..40).map(|id| resource("snapshot", &format!("s{id:02}"))).collect();
    let mut harness = harness(snapshots.iter().map(|one| step(one, &[])).collect(), snapshots.clone());
    harness.settings.max_in_flight = std::num::NonZeroUsize::MIN;
    harness.settings.max_failed_percent = Some(5);
    for snapshot in &snapshots {
        harness.world.scripted.insert(snapshot.address.clone(), [refusal("No", RefusalClass::Blocked)].into());
    }
    let receipt = finish(&mut harness);
    assert_eq!(receipt.stopped, Some(StopCause::Failures { failed: 2 }));
    assert_eq!(receipt.counts.left, 38);
}

#[test]
fn nothing_is_begun_once_the_time_is_up_and_a_resume_does_the_rest() {
    let (mut steps, mut there) = (Vec::new(), Vec::new());
    for link in 0..30_u32 {
        let one = resource("snapshot", &format!("s{link:02}"));
        let before: Vec<u32> = link.checked_sub(1).into_iter().collect();
        steps.push(step(&one, &before));
        there.push(one);
    }
    let mut harness = harness(steps, there);
    harness.settings.max_duration = Some(Duration::from_secs(5));
    let receipt = finish(&mut harness);
    assert_eq!(receipt.stopped, Some(StopCause::TimeUp));
    assert!(receipt.counts.removed > 2 && receipt.counts.left > 2 && receipt.counts.underway == 0);
    let last = *harness.world.removed_at.last().unwrap();
    assert!(last <= seconds(6), "{last:?}");
    harness.settings.max_duration = None;
    assert!(finish(&mut harness).complete);
}

#[test]
fn a_paused_run_begins_nothing_and_settles_what_was_begun() {
    let (steps, there) = pairs(30);
    let mut harness = harness(steps, there);
    harness.settings.max_in_flight = std::num::NonZeroUsize::new(4).unwrap();
    harness.tell(seconds(3), Input::Pause);
    harness.tell(seconds(3), Input::Pause);
    harness.tell(seconds(100), Input::Unpause);
    assert!(finish(&mut harness).complete);
    let paused = |at: &&MonoTime| **at > seconds(4) && **at < seconds(100);
    assert_eq!(harness.world.removed_at.iter().filter(paused).count(), 0);
    assert!(harness.world.removed_at.iter().any(|at| *at < seconds(3)));
    let said = |wanted: &Event| harness.events.iter().filter(|event| event.event == *wanted).count();
    assert_eq!((said(&Event::Paused), said(&Event::Unpaused)), (1, 1));
    let at = |wanted: &Event| harness.events.iter().position(|event| event.event == *wanted).unwrap();
    let between = &harness.events[at(&Event::Paused)..at(&Event::Unpaused)];
    let removed = |event: &Event| matches!(event, Event::StepEnded { outcome: Outcome::Removed { .. }, .. });
    assert!(between.iter().any(|event| removed(&event.event)), "what was accepted was settled meanwhile");
    let begun = |event: &Event| matches!(event, Event::StepBegan { .. } | Event::StepCalled { .. });
    assert_eq!(between.iter().find(|event| begun(&event.event)), None);
}

#[test]
fn a_paused_run_can_be_stopped_and_resumed() {
    let (steps, there) = pairs(30);
    let mut harness = harness(steps, there);
    harness.tell(seconds(2), Input::Pause);
    harness.tell(seconds(50), Input::Stop);
    let receipt = finish(&mut harness);
    assert_eq!(receipt.stopped, Some(StopCause::Requested));
    assert!(harness.history().paused);
    assert!(finish(&mut harness).complete);
    assert!(!harness.history().paused);
}

#[test]
fn who_the_caller_is_is_asked_again_after_its_credentials_were_refreshed() {
    let (steps, there) = pairs(30);
    let mut harness = harness(steps, there);
    harness.tell(seconds(2), Input::CredentialsChanged { provider: 0 });
    let receipt = finish(&mut harness);
    assert!(receipt.complete);
    assert_eq!(receipt.calls.identity, 2);
}

#[test]
fn another_caller_after_a_refresh_ends_the_run_before_the_next_removal() {
    let (steps, there) = pairs(30);
    let mut harness = harness(steps, there);
    let mut other = harness.identity.clone();
    other.account = Account::new("somebody-else").unwrap();
    harness.settings.max_in_flight = std::num::NonZeroUsize::new(4).unwrap();
    harness.identity_later = Some((seconds(3), other));
    harness.tell(seconds(3), Input::CredentialsChanged { provider: 0 });
    let end = harness.session(None);
    assert!(matches!(end, SessionEnd::Finished(Err(RunFailure::Identity { .. }))), "{end:?}");
    assert!(!harness.world.removed_at.is_empty());
    let after = harness.sent_at.iter().filter(|at| **at > seconds(3)).count();
    assert_eq!(after, 0, "no removal was asked for under the other credentials");
}

#[test]
fn nothing_is_called_before_it_is_known_again_who_serves_it() {
    for tenth in 0..60 {
        let (steps, there) = pairs(10);
        let mut harness = harness(steps, there);
        harness.settings.max_in_flight = std::num::NonZeroUsize::new(4).unwrap();
        harness
            .tell(MonoTime::from_start(Duration::from_millis(100 * tenth)), Input::CredentialsChanged { provider: 0 });
        assert!(finish(&mut harness).complete);
        let is_identity = |event: &Event| matches!(event, Event::CallSent { operation, .. } if operation == "identity");
        let asked = harness.events.iter().rposition(|event| is_identity(&event.event)).unwrap();
        let rest = &harness.events[asked + 1..];
        let known = rest.iter().position(|event| matches!(event.event, Event::Identified { .. })).unwrap();
        let meanwhile = rest[..known].iter().find(|event| matches!(event.event, Event::CallSent { .. }));
        assert_eq!(meanwhile, None, "changed after {tenth}00 ms");
    }
}

#[test]
fn what_a_provider_says_of_itself_is_asked_again_where_its_credentials_changed_meanwhile() {
    let (steps, there) = pairs(3);
    let mut harness = harness(steps, there);
    harness.latency = Some(Duration::from_secs(2));
    let mut other = harness.identity.clone();
    other.account = Account::new("somebody-else").unwrap();
    harness.identity_later = Some((seconds(1), other));
    harness.tell(seconds(1), Input::CredentialsChanged { provider: 0 });
    let end = harness.session(None);
    assert!(matches!(end, SessionEnd::Finished(Err(RunFailure::Identity { .. }))), "{end:?}");
    assert!(harness.world.probes.is_empty() && harness.world.removal_calls == 0);
}

#[test]
fn what_was_read_under_other_credentials_says_nothing() {
    for tenth in 5..60 {
        let (steps, there) = pairs(10);
        let mut harness = harness(steps, there);
        harness.latency = Some(Duration::from_millis(400));
        let changed = MonoTime::from_start(Duration::from_millis(100 * tenth));
        harness.blind = Some((MonoTime::from_start(Duration::from_millis(100 * tenth - 300)), changed));
        harness.tell(changed, Input::CredentialsChanged { provider: 0 });
        let receipt = finish(&mut harness);
        assert_eq!((receipt.counts.removed, receipt.counts.already_gone), (20, 0), "changed at {changed:?}");
    }
}

#[test]
fn what_was_said_of_dependents_under_other_credentials_says_nothing() {
    for tenth in 5..12 {
        let image = resource("image", "m");
        let template = with_link(resource("template", "t"), "refers-to", &image.address);
        let mut harness = harness(vec![step(&image, &[])], vec![image.clone(), template]);
        harness.latency = Some(Duration::from_millis(400));
        let changed = MonoTime::from_start(Duration::from_millis(100 * tenth));
        harness.blind = Some((MonoTime::from_start(Duration::from_millis(100 * tenth - 300)), changed));
        harness.tell(changed, Input::CredentialsChanged { provider: 0 });
        let receipt = finish(&mut harness);
        assert_eq!(receipt.counts.stale, 1, "changed at {changed:?}");
    }
}

#[test]
fn a_stopped_run_reads_on_only_where_it_is_known_again_who_serves_it() {
    let (steps, there) = pairs(8);
    for is_other in [false, true] {
        let mut harness = harness(steps.clone(), there.clone());
        harness.settings.max_failures = Some(1);
        harness.world.scripted.insert(there[0].address.clone(), [refusal("No", RefusalClass::Blocked)].into());
        harness.tell(seconds(4), Input::CredentialsChanged { provider: 0 });
        if is_other {
            let mut other = harness.identity.clone();
            other.account = Account::new("somebody-else").unwrap();
            harness.identity_later = Some((seconds(4), other));
        }
        match harness.session(None) {
            SessionEnd::Finished(Ok(receipt)) if !is_other => {
                assert_eq!(receipt.stopped, Some(StopCause::Failures { failed: 1 }));
                assert!(receipt.counts.removed > 0 && receipt.counts.underway == 0, "{:?}", receipt.counts);
            }
            SessionEnd::Finished(Err(RunFailure::Identity { .. })) if is_other => {}
            end @ (SessionEnd::Finished(_) | SessionEnd::Crashed) => panic!("{end:?}"),
        }
    }
}

#[test]
fn calls_that_wait_for_who_serves_them_do_not_keep_that_from_being_asked() {
    for tenth in 0..80 {
        let (steps, there) = pairs(3);
        let mut harness = harness(steps, there);
        harness.settings.max_in_flight = std::num::NonZeroUsize::MIN;
        harness
            .tell(MonoTime::from_start(Duration::from_millis(100 * tenth)), Input::CredentialsChanged { provider: 0 });
        assert!(finish(&mut harness).complete);
    }
}

#[test]
fn what_a_pause_kept_back_is_looked_at_again_before_it_is_called() {
    let (mut steps, mut there) = (Vec::new(), Vec::new());
    for link in 0..12_u32 {
        let one = resource("snapshot", &format!("s{link:02}"));
        steps.push(step(&one, link.checked_sub(1).as_slice()));
        there.push(one);
    }
    for hundredth in 0..150 {
        let mut harness = harness(steps.clone(), there.clone());
        harness.tell(MonoTime::from_start(Duration::from_millis(10 * hundredth)), Input::Pause);
        for (place, one) in (0..).zip(&there) {
            let at = MonoTime::from_start(Duration::from_millis(50_000 + place));
            harness.world.later.insert(at, with_tag(one.clone(), "keep", "true"));
        }
        harness.tell(seconds(100), Input::Unpause);
        let SessionEnd::Finished(Ok(receipt)) = harness.session(None) else { panic!("it ends") };
        let paused = harness.events.iter().position(|event| event.event == Event::Paused).unwrap();
        let called = |event: &Event| matches!(event, Event::StepCalled { .. });
        let called = harness.events[paused..].iter().find(|event| called(&event.event));
        assert_eq!(called, None, "paused at {hundredth}0 ms");
        assert_eq!(receipt.counts.stale, 1, "paused at {hundredth}0 ms");
    }
}
