//! A run that ends before all is done, by a bound that was set, and what a resume makes of it; and its receipt.

use sexton_core::plan::Plan;
use sexton_engine::ReceiptDocument;
use sexton_engine::journal::StopCause;

use crate::scene::{APPLY, Ran, Scene, TWO_RULES, exactly_the_planned_is_gone};

const RECEIPT: [&str; 2] = ["--receipt", "receipt.json"];

fn scene(faults: &str) -> (Scene, Plan) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("faults.toml");
    std::fs::write(&path, faults).unwrap();
    let scene = Scene::new(&["--generate", "150", "--seed", "9", "--faults", path.to_str().unwrap()]);
    scene.write("policy.toml", TWO_RULES);
    let plan = scene.plan();
    (scene, plan)
}

fn apply(scene: &Scene, bounds: &[&str]) -> Ran {
    scene.run(&[&APPLY[..], bounds, &RECEIPT].concat())
}

fn receipt(scene: &Scene) -> ReceiptDocument {
    ReceiptDocument::read(&std::fs::read(scene.path("receipt.json")).unwrap()).unwrap()
}

/// Refuses so many deletions of snapshots.
fn refusing(calls: u32) -> String {
    let calls: Vec<u32> = (1..=calls).collect();
    format!(
        "[[fault]]\noperation = \"DeleteSnapshot\"\nwhen = {{ calls = {calls:?} }}\n\
         answer = {{ error = {{ status = 403, code = \"OperationDenied.Drill\" }} }}\n"
    )
}

#[test]
fn a_canary_that_is_refused_keeps_the_others_and_a_resume_removes_them() {
    let (scene, plan) = scene(&refusing(1));
    let before = scene.emulator().state();
    apply(&scene, &["--canary", "1"]).exits(3);
    let ended = receipt(&scene);
    assert!(matches!(ended.stopped, Some(StopCause::Canary { .. })), "{:?}", ended.stopped);
    assert_eq!(ended.counts.refused, 1);
    let kinds: std::collections::BTreeSet<&str> = plan.steps.iter().map(|step| step.address.kind()).collect();
    let asked = scene.emulator().removals();
    for kind in kinds {
        let of_kind = asked.iter().filter(|call| call.what.starts_with(kind)).count();
        let planned = plan.steps.iter().filter(|step| step.address.kind() == kind).count();
        assert!(of_kind * 3 <= planned || of_kind <= 2, "{of_kind} of {planned} {kind}s were asked for");
    }
    scene.run(&["resume", "plan.json.journal"]).exits(0);
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
}

#[test]
fn canaries_that_sing_let_the_others_go() {
    let (scene, plan) = scene("");
    let before = scene.emulator().state();
    apply(&scene, &["--canary", "1"]).exits(0);
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
}

#[test]
fn a_share_of_failures_ends_a_run_and_a_resume_goes_on() {
    let (scene, plan) = scene(&refusing(8));
    let before = scene.emulator().state();
    apply(&scene, &["--max-failures", "5%"]).exits(3);
    let ended = receipt(&scene);
    assert!(matches!(ended.stopped, Some(StopCause::Failures { .. })), "{:?}", ended.stopped);
    assert!(ended.counts.refused * 20 >= ended.counts.all(), "{:?}", ended.counts);
    assert!(ended.counts.left > 0, "{:?}", ended.counts);
    let resumed = scene.run(&["resume", "plan.json.journal"]);
    if resumed.code == Some(3) {
        scene.run(&["resume", "plan.json.journal"]).exits(0);
    }
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
}

#[test]
fn a_run_ends_in_time_and_its_receipt_is_chained() {
    // What comes after a first call comes too late, however many calls are made side by side.
    let (scene, plan) = scene("[[latency]]\noperation = \"Delete*\"\nmin_ms = 2200\nmax_ms = 2500\n");
    let before = scene.emulator().state();
    apply(&scene, &["--max-duration", "2s"]).exits(3);
    let ended = receipt(&scene);
    assert!(matches!(ended.stopped, Some(StopCause::TimeUp)), "{:?}", ended.stopped);
    assert!(!ended.complete && ended.counts.left > 0 && ended.counts.done() > 0, "{:?}", ended.counts);

    scene.run(&[&["resume", "plan.json.journal"], &RECEIPT[..]].concat()).exits(0);
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
    let ended = receipt(&scene);
    assert!(ended.complete && ended.session == 2 && ended.plan == plan.digest);
    assert_eq!(ended.entries.len(), plan.steps.len());

    // Whatever single letter or digit is another one, it is noticed, or means the same (the name of what is null).
    let text = scene.read("receipt.json");
    let places: Vec<usize> = text.match_indices(|c: char| c.is_ascii_alphanumeric()).map(|(place, _)| place).collect();
    let mut noticed = 0;
    for place in places.iter().step_by(37) {
        let mut altered = text.clone().into_bytes();
        altered[*place] = if altered[*place] == b'1' { b'2' } else { b'1' };
        match ReceiptDocument::read(&altered) {
            Ok(read) => assert_eq!(read, ended, "at {place} of {}", text.len()),
            Err(_) => noticed += 1,
        }
    }
    assert!(noticed * 10 > places.len().div_ceil(37) * 9, "{noticed} of {}", places.len().div_ceil(37));
}
