//! What follows a run: events, metrics, progress, and the run shown again from its record.

use std::process::Stdio;

use serde_json::Value;
use sexton_engine::event::RunEvent;
use sexton_engine::progress::Progress;

use crate::scene::{APPLY, Ran, Scene, TWO_RULES, exists};

fn scene(resources: &str) -> Scene {
    let scene = Scene::new(&["--generate", resources, "--seed", "5"]);
    scene.write("policy.toml", TWO_RULES);
    scene
}

fn progress(lines: &str) -> Progress {
    let events: Vec<RunEvent> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut progress = Progress::begin(&events[0]).unwrap();
    events[1..].iter().for_each(|event| progress.apply(event).unwrap());
    progress
}

/// The sum of a metric's samples.
fn sum(metrics: &str, name: &str) -> f64 {
    let samples = metrics.lines().filter(|line| line.starts_with(&format!("{name}{{")));
    samples.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

fn last_frame(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let from = lines.iter().rposition(|line| line.starts_with('[')).unwrap();
    let frame = lines[from..].iter().take_while(|line| line.starts_with(['[', ' ']));
    frame.map(|line| format!("{line}\n")).collect()
}

#[test]
fn events_metrics_and_displays_say_the_same_of_a_run_and_of_its_replay() {
    let scene = scene("300");
    let plan = scene.plan();
    let steps = plan.steps.len();
    let ran = scene.run(&[&APPLY[..], &["--events", "run.jsonl", "--metrics", "run.prom"]].concat()).exits(0);
    let told = progress(&scene.read("run.jsonl"));
    assert_eq!(told.counts().removed, steps as u64);
    let metrics = scene.read("run.prom");
    assert_eq!(sum(&metrics, "sexton_run_steps"), steps as f64);
    assert!(metrics.contains("\nsexton_run_complete 1\n"), "{metrics}");
    let frame = last_frame(&ran.err);
    assert!(frame.contains(&format!("{steps} of {steps} steps: {steps} removed; complete")), "{frame}");

    let replayed = scene.run(&["status", "run.jsonl", "--replay"]).exits(0);
    assert_eq!(last_frame(&replayed.out), frame);
    let fast = scene.run(&["status", "--replay", "run.jsonl", "--speed", "10000"]).exits(0);
    assert_eq!(last_frame(&fast.out), frame);
    let journal = scene.run(&["status", "--replay", "plan.json.journal"]).exits(0);
    assert_eq!(last_frame(&journal.out).lines().skip(1).collect::<Vec<_>>(), frame.lines().skip(1).collect::<Vec<_>>());

    let schema: Value = serde_json::from_str(&scene.run(&["schema", "event"]).exits(0).out).unwrap();
    let schema = jsonschema::draft202012::new(&schema).unwrap();
    for line in scene.read("run.jsonl").lines() {
        assert!(schema.is_valid(&serde_json::from_str(line).unwrap()), "{line}");
    }
}

#[test]
fn a_resume_adds_to_the_record_of_the_session_before() {
    let scene = scene("300");
    let steps = scene.plan().steps.len() as u64;
    let events = ["--events", "run.jsonl", "--quiet"];
    let first = scene.run(&[&APPLY[..], &events, &["--max-duration", "0s"]].concat()).exits(3);
    assert!(!first.err.contains("steps"), "it was told to be quiet: {}", first.err);
    let before = scene.read("run.jsonl");
    scene.run(&[&["resume", "plan.json.journal"], &events[..]].concat()).exits(0);
    let after = scene.read("run.jsonl");
    assert!(after.starts_with(&before) && after.len() > before.len());
    let told = progress(&after);
    assert_eq!((told.session(), told.counts().done()), (2, steps));
}

#[test]
fn events_on_standard_output_are_alone_there() {
    let scene = scene("100");
    let steps = scene.plan().steps.len() as u64;
    let ran = scene.run(&[&APPLY[..], &["--events", "-"]].concat()).exits(0);
    assert_eq!(progress(&ran.out).counts().removed, steps);
    assert!(ran.err.contains(" removed of "), "results go to standard error: {}", ran.err);
    let both = [&APPLY[..], &["--journal", "other", "--events", "-", "--receipt", "-"]].concat();
    scene.run(&["inventory", "-o", "inv.jsonl"]).exits(0);
    assert_ne!(scene.run(&both).code, Some(0));
}

#[test]
fn a_record_that_cannot_be_written_does_not_touch_the_run() {
    for events in ["/dev/full", "-"] {
        let scene = scene("100");
        let plan = scene.plan();
        let before = scene.emulator().state();
        let arguments = [&APPLY[..], &["--events", events, "--metrics", "no/such/folder/run.prom"]].concat();
        let mut child = scene.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Nobody reads standard output.
        drop(child.stdout.take());
        let ran = Ran::of(&child.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert_eq!(ran.err.matches("events are not written to").count(), 1, "{}", ran.err);
        assert_eq!(ran.err.matches("cannot write metrics").count(), 1, "{}", ran.err);
        crate::scene::exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
    }
    let scene = scene("100");
    scene.plan();
    let nowhere = [&APPLY[..], &["--events", "no/such/folder/run.jsonl"]].concat();
    scene.run(&nowhere).exits(1).says("cannot write events");
    assert!(!exists(&scene.path("plan.json.journal")), "it was said before anything began");
}
