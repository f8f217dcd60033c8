//! A provider without a crate: planned for, verified and explained by a rulebook in a file.

use crate::scene::{Scene, planned, short};

const RULEBOOK: &str = include_str!("../conformance/shelf/rulebook.toml");

const INVENTORY: &str = r#"{"format":"sexton.inventory","version":1,"taken_at":"2099-11-21T00:00:00Z"}
{"census":{"provider":"shelf","account":"ada","region":"hall-1","kind":"box","complete":true,"as_of":"2099-11-21T00:00:00Z"}}
{"census":{"provider":"shelf","account":"ada","region":"hall-1","kind":"label","complete":true,"as_of":"2099-11-21T00:00:00Z"}}
{"census":{"provider":"shelf","account":"ada","region":"hall-1","kind":"entry","complete":true,"as_of":"2099-11-21T00:00:00Z"}}
{"resource":{"provider":"shelf","account":"ada","region":"hall-1","kind":"box","id":"b-1","name":"old","created_at":"2026-01-01T00:00:00Z","state":null,"size_bytes":null,"tags":{},"attrs":{"full":false},"links":[]}}
{"resource":{"provider":"shelf","account":"ada","region":"hall-1","kind":"label","id":"l-1","name":"old","created_at":"2026-01-01T00:00:00Z","state":null,"size_bytes":null,"tags":{},"attrs":{},"links":[{"relation":"names","kind":"box","id":"b-1"}]}}
{"resource":{"provider":"shelf","account":"ada","region":"hall-1","kind":"box","id":"b-2","name":"full","created_at":"2026-01-01T00:00:00Z","state":null,"size_bytes":null,"tags":{},"attrs":{"full":true},"links":[]}}
"#;

const POLICY: &str = r#"version = 1

[limits]
max_percent = 100

[[collect]]
name = "old-boxes"
provider = "shelf"
kind = "box"
when = "age > duration('720h')"
cascade = ["label"]
"#;

const INPUTS: [&str; 6] = ["--inventory", "inv.jsonl", "--policy", "policy.toml", "--rulebook", "shelf.toml"];

fn with<'a>(command: &[&'a str]) -> Vec<&'a str> {
    command.iter().copied().chain(INPUTS).collect()
}

#[test]
fn a_provider_without_a_crate_is_planned_for_by_a_rulebook_in_a_file() {
    let scene = Scene::new(&[]);
    scene.write("shelf.toml", RULEBOOK);
    scene.write("inv.jsonl", INVENTORY);
    scene.write("policy.toml", POLICY);
    scene.run(&with(&["plan", "--out", "plan.json"])).exits(0);
    let plan = scene.read_plan("plan.json");
    let steps: Vec<String> = plan.steps.iter().map(|step| short(&step.address.to_string())).collect();
    assert_eq!(steps, ["label/l-1", "box/b-1"], "the label goes first");
    assert_eq!(planned(&plan).len(), 2);
    let held: Vec<String> = plan.held.iter().map(|held| short(&held.address.to_string())).collect();
    assert_eq!(held, ["box/b-2"]);

    scene.run(&with(&["verify", "plan.json"])).exits(0);
    let why = scene.run(&["explain", "plan.json", "shelf:ada:hall-1:box/b-2", "--rulebook", "shelf.toml"]).exits(0).out;
    assert!(why.contains("BoxFull") && why.contains("what is in the box is lost"), "{why}");
    let rules = scene.run(&["policy", "check", "policy.toml", "--rulebook", "shelf.toml"]).exits(0);
    assert!(!rules.err.contains("warning"), "{}", rules.err);

    // Without it the provider is one that nobody knows: nothing can be collected, and no plan verified.
    let unknown = scene.run(&["verify", "plan.json", "--inventory", "inv.jsonl", "--policy", "policy.toml"]);
    assert_ne!(unknown.code, Some(0));
    // Nobody can carry it out: that is said before anything is called.
    scene.run(&with(&["apply", "plan.json", "--yes"])).exits(4).says("no such provider is configured");
}

#[test]
fn a_rulebook_that_is_printed_is_one_that_can_be_read() {
    let scene = Scene::new(&[]);
    let printed = scene.run(&["rules", "aliyun-ecs", "--format", "toml"]).exits(0).out;
    scene.write("mine.toml", &printed.replace("aliyun-ecs", "my-ecs"));
    let mine = scene.run(&["rules", "my-ecs", "--rulebook", "mine.toml"]).exits(0).out;
    let known = scene.run(&["rules", "aliyun-ecs"]).exits(0).out;
    assert_eq!(mine, known.replace("aliyun-ecs", "my-ecs"));

    scene.write("same.toml", &printed);
    scene.run(&["rules", "aliyun-ecs", "--rulebook", "same.toml"]).exits(1).says("another rulebook of aliyun-ecs");
    scene.write("broken.toml", "provider = \"x\"\nkinds = 3\n");
    scene.run(&["rules", "x", "--rulebook", "broken.toml"]).exits(1).says("broken.toml");
    scene.write("odd.toml", &RULEBOOK.replace("kind = \"entry\"", "kind = \"box\""));
    scene.run(&["rules", "shelf", "--rulebook", "odd.toml"]).exits(1).says("odd.toml").says("box");
}
