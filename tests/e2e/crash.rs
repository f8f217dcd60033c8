//! A run that is killed goes on where it was, and does nothing twice or unplanned.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use sexton_engine::journal::JournalReader;

use crate::scene::{APPLY, Scene, TWO_RULES, exactly_the_planned_is_gone, exists, planned, short};

/// Kills a run once so many steps have ended, and says whether it was still running.
fn killed_after(scene: &Scene, ended: u64) -> bool {
    let mut child =
        scene.command(&APPLY).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(120);
    let journal = scene.path("plan.json.journal");
    while Instant::now() < deadline {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        if exists(&journal)
            && let Ok(status) = JournalReader::new(&journal).status()
            && status.counts().done() >= ended
        {
            break;
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    true
}

#[test]
fn killed_at_ten_moments_a_run_is_resumed_to_its_end() {
    let mut killed = 0;
    for moment in 0..10_u64 {
        let scene = Scene::new(&["--generate", "120", "--seed", &format!("{}", 40 + moment)]);
        scene.write("policy.toml", TWO_RULES);
        let plan = scene.plan();
        let before = scene.emulator().state();
        let steps = plan.steps.len() as u64;
        if killed_after(&scene, moment * steps / 10) {
            killed += 1;
        }
        // Whatever the emulator was asked to remove stood in the journal before.
        let journal = scene.path("plan.json.journal");
        let status = JournalReader::new(&journal).status().unwrap();
        let intended: BTreeSet<String> = status
            .steps()
            .iter()
            .filter(|step| step.state.tries().count > 0)
            .map(|step| short(step.address.as_str()))
            .collect();
        let asked: BTreeSet<String> = scene.emulator().removals().into_iter().map(|call| call.what).collect();
        assert!(asked.is_subset(&intended), "{:?} had no intent", asked.difference(&intended));

        scene.run(&["resume", "plan.json.journal"]).exits(0);
        exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
        let allowed: BTreeSet<String> = planned(&plan).iter().map(|address| short(address)).collect();
        for call in scene.emulator().removals() {
            assert!(allowed.contains(&call.what), "{call:?} is not in the plan");
            let gone_already = call.code.as_deref().is_some_and(|code| code.ends_with("NotFound"));
            assert!(call.status == Some(200) || gone_already, "{call:?}");
        }
        assert!(JournalReader::new(&journal).status().unwrap().is_complete());
    }
    assert!(killed >= 8, "only {killed} of 10 runs were still running when they were killed");
}

#[test]
fn a_finished_journal_is_resumed_without_a_call() {
    let scene = Scene::new(&["--generate", "100", "--seed", "5"]);
    scene.write("policy.toml", TWO_RULES);
    scene.plan();
    scene.run(&APPLY).exits(0);
    let calls = scene.emulator().removals().len();
    scene.run(&["resume", "plan.json.journal"]).exits(0);
    assert_eq!(scene.emulator().removals().len(), calls);
    scene.run(&APPLY).exits(1).says("is there already");
}

#[test]
fn an_interrupt_finishes_what_is_under_way_and_leaves_the_rest_to_a_resume() {
    let scene = Scene::new(&["--generate", "300", "--seed", "9"]);
    scene.write("policy.toml", TWO_RULES);
    let plan = scene.plan();
    let before = scene.emulator().state();
    let child = scene
        .command(&APPLY)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let journal = scene.path("plan.json.journal");
    while !(exists(&journal) && JournalReader::new(&journal).status().is_ok_and(|status| status.counts().done() >= 1)) {
        std::thread::sleep(Duration::from_millis(3));
    }
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let ran = crate::scene::Ran::of(&child.wait_with_output().unwrap()).exits(3);
    ran.says("stopping: nothing new is begun").says("sexton resume");
    let counts = JournalReader::new(&journal).status().unwrap().counts();
    assert!(counts.left > 0 && counts.done() > 0, "{counts:?}");
    scene.run(&["resume", "plan.json.journal"]).exits(0);
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
}
