//! A run with a bit of everything, kept as a file: the displays of other crates are tested on it.

use std::collections::VecDeque;
use std::time::Duration;

use sexton_core::plan::Step;
use sexton_core::resource::Resource;
use sexton_provider::{Answer, CallError, Effect, ErrorClass, RefusalClass};

use super::harness::{Harness, SessionEnd};
use crate::machine::{Input, MonoTime};
use crate::testing::world::{World, error, refusal};
use crate::testing::{address, plan, resource, step, wait_for, with_state, with_tag};

/// Twelve chains of share, image and snapshot, and what may happen to them.
fn harness() -> Harness {
    let mut steps: Vec<Step> = Vec::new();
    let mut there: Vec<Resource> = Vec::new();
    for chain in 0..12 {
        let image = resource("image", &format!("m{chain:02}"));
        let mut snapshot = resource("snapshot", &format!("s{chain:02}"));
        let share = resource("share", &format!("m{chain:02}/1"));
        let first = 3 * chain;
        steps.push(step(&share, &[]));
        steps.push(step(&image, &[first]));
        let mut last = step(&snapshot, &[first + 1]);
        if chain == 3 {
            snapshot = with_state(snapshot, "progressing");
            last = Step { wait: vec![wait_for("SnapshotInProgress", None, 60)], ..step(&snapshot, &[first + 1]) };
        }
        steps.push(last);
        there.extend([share, if chain == 5 { with_tag(image, "keep", "true") } else { image }, snapshot]);
    }
    let plan = plan(steps);
    let mut world = World::of(&plan, there, 1);
    let answers = |answers: Vec<Answer>| VecDeque::from(answers);
    let throttled = CallError {
        message: "slow down".to_owned(),
        ..error("DeleteImage", ErrorClass::Throttle { retry_after: Some(Duration::from_secs(4)) }, Effect::None)
    };
    let hostile = CallError {
        message: "\u{1b}[31mno".to_owned(),
        ..error("DeleteSnapshot", ErrorClass::Permanent, Effect::None)
    };
    let transient = Answer::Failed(error("DeleteImage", ErrorClass::Transient, Effect::Unknown));
    world.scripted.insert(address("image", "m01"), answers(vec![Answer::Failed(throttled)]));
    world.scripted.insert(address("image", "m02"), answers(vec![transient]));
    world.scripted.insert(address("image", "m07"), answers(vec![refusal("InUse", RefusalClass::Blocked)]));
    world.scripted.insert(address("snapshot", "s08"), answers(vec![Answer::Failed(hostile)]));
    let mut harness = Harness::new(plan, world, 3);
    harness.tell(MonoTime::from_start(Duration::from_secs(6)), Input::Pause);
    harness.tell(MonoTime::from_start(Duration::from_secs(21)), Input::Unpause);
    harness
}

#[test]
fn the_recorded_run_is_as_it_would_be_today() {
    let mut harness = harness();
    let SessionEnd::Finished(Ok(receipt)) = harness.session(None) else { panic!("it was to end") };
    harness.check_end(&receipt);
    let line = |event| serde_json::to_string(event).unwrap() + "\n";
    let lines: String = harness.events.iter().map(line).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/recorded/run.jsonl");
    if std::env::var_os("SEXTON_WRITE_GOLDENS").is_some() {
        std::fs::write(path, &lines).unwrap();
    }
    assert!(std::fs::read_to_string(path).unwrap() == lines, "write it anew with SEXTON_WRITE_GOLDENS=1 and read it");
    for wanted in ["throttled", "rate-changed", "step-waits", "step-unsettled", "paused", "stale", "refused", "\\u001b"]
    {
        assert!(lines.contains(wanted), "{wanted} is in the recorded run");
    }
}
