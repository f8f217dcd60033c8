//! Copies of images that are on their way: cancelled where a rule forces it, and nothing else is.

use serde_json::{Value, json};

use crate::scene::{APPLY, Emulator, Scene, config, exactly_the_planned_is_gone};

const POLICY: &str = r#"version = 1

[limits]
max_steps = 10
max_percent = 100
max_forced = 10

[[collect]]
name = "stuck-copies"
kind = "image"
when = "age > duration('48h') && state == 'Creating'"
force = ["ImageIsCreating"]
"#;

/// A world of images, each with its state and whether it is a copy.
fn world(images: &[(&str, &str, Value)]) -> String {
    let mut lines = vec![json!({ "format": "sexton.inventory", "version": 1, "taken_at": "2026-11-21T00:00:00Z" })];
    for (id, state, copied) in images {
        lines.push(json!({ "resource": {
            "provider": "aliyun-ecs", "account": "1234567890", "region": "cn-hangzhou", "kind": "image", "id": id,
            "name": id, "state": state, "created_at": "2026-01-02T03:04:00Z", "tags": {},
            "attrs": { "is_copied": copied }, "links": [],
        } }));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn scene(world: &str) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.jsonl");
    std::fs::write(&path, world).unwrap();
    let scene = Scene::new(&["--world", path.to_str().unwrap()]);
    scene.write("policy.toml", POLICY);
    scene
}

#[test]
fn a_copy_is_cancelled_and_what_is_no_copy_waits() {
    let scene = scene(&world(&[
        ("m-copy", "Creating", json!(true)),
        ("m-new", "Creating", json!(false)),
        ("m-untold", "Creating", Value::Null),
        ("m-done", "Available", json!(true)),
    ]));
    let plan = scene.plan();
    let [step] = &plan.steps[..] else { panic!("{:?}", plan.steps) };
    assert_eq!((step.address.id(), step.operation.as_str()), ("m-copy", "CancelCopyImage"));
    assert_eq!(step.consequences, ["the copy is cancelled, and what was copied of it so far is lost"]);
    let mut held: Vec<&str> = plan.held.iter().map(|held| held.address.id()).collect();
    held.sort_unstable();
    assert_eq!(held, ["m-new", "m-untold"]);
    let explained = scene.run(&["explain", "plan.json", "aliyun-ecs:1234567890:cn-hangzhou:image/m-new"]).exits(0).out;
    assert!(explained.contains("ImageIsCreating") && explained.contains("grant wait"), "{explained}");

    let before = scene.emulator().state();
    scene.run(&APPLY).exits(0);
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
    assert_eq!(scene.emulator().calls_of("CancelCopyImage").len(), 1);
    assert_eq!(scene.emulator().calls_of("DeleteImage").len(), 0);
}

#[test]
fn a_copy_that_has_been_finished_since_is_stale_and_stays() {
    let scene = scene(&world(&[("m-copy", "Creating", json!(true))]));
    scene.plan();
    let later = scene.path("later.jsonl");
    scene.write("later.jsonl", &world(&[("m-copy", "Available", json!(true))]));
    let finished = Emulator::start(&["--world", later.to_str().unwrap()]);
    scene.write("sexton.toml", &config(&finished.url, "cn-hangzhou"));
    scene.run(&APPLY).exits(3).says("Available");
    assert_eq!(finished.calls_of("CancelCopyImage").len() + finished.calls_of("DeleteImage").len(), 0);
    assert_eq!(finished.state().len(), 1);
}

/// Between the last look and the call the copy is finished: the service refuses, and the image stays.
#[test]
fn a_copy_that_is_finished_at_the_last_moment_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let faults = folder.path().join("faults.toml");
    let refuses = r#"[[fault]]
operation = "CancelCopyImage"
answer = { error = { status = 400, code = "IncorrectImageStatus" } }
"#;
    std::fs::write(&faults, refuses).unwrap();
    let path = folder.path().join("world.jsonl");
    std::fs::write(&path, world(&[("m-copy", "Creating", json!(true))])).unwrap();
    let scene = Scene::new(&["--world", path.to_str().unwrap(), "--faults", faults.to_str().unwrap()]);
    scene.write("policy.toml", POLICY);
    scene.plan();
    scene.run(&[&APPLY[..], &["--max-duration", "20s"]].concat()).exits(3);
    assert!(!scene.emulator().calls_of("CancelCopyImage").is_empty());
    assert_eq!(scene.emulator().calls_of("DeleteImage").len(), 0);
    assert_eq!(scene.emulator().state().len(), 1);
}
