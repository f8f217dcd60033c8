//! An identity that may not list everything, and is told nothing of it: what is not shown is not taken for absent.

use serde_json::json;

use crate::scene::Scene;

/// A user who may list images and what the service itself refuses for, and is shown empty lists of all else.
const BLIND: &str = r#"[[credential]]
access_key_id = "blind"
access_key_secret = "blind-secret"
deny = ["DescribeLaunchTemplates", "DescribeLaunchTemplateVersions", "DescribeScalingConfigurations"]
denied_listings = "all-empty"
"#;

const POLICY: &str = r#"version = 1

[limits]
max_percent = 100

[[collect]]
name = "all-images"
kind = "image"
when = "age > duration('48h')"
"#;

/// An image that a launch template refers to, and nothing else: nobody but the template would miss it.
fn world() -> String {
    let resource = |kind: &str, id: &str, state: Option<&str>, attrs: serde_json::Value, links: serde_json::Value| {
        json!({ "resource": {
            "provider": "aliyun-ecs", "account": "1234567890", "region": "cn-hangzhou", "kind": kind, "id": id,
            "state": state, "created_at": "2026-01-02T03:04:00Z", "tags": {}, "attrs": attrs, "links": links,
        } })
    };
    let lines = [
        json!({ "format": "sexton.inventory", "version": 1, "taken_at": "2026-11-21T00:00:00Z" }),
        resource("image", "m-1", Some("Available"), json!({}), json!([])),
        resource(
            "launch-template",
            "lt-1",
            None,
            json!({ "default_version": 1, "latest_version": 1 }),
            json!([{ "relation": "refers-to", "kind": "image", "id": "m-1" }]),
        ),
    ];
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn an_empty_list_of_launch_templates_holds_the_images_unless_the_policy_says_that_there_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let (faults, path) = (folder.path().join("faults.toml"), folder.path().join("world.jsonl"));
    std::fs::write(&faults, BLIND).unwrap();
    std::fs::write(&path, world()).unwrap();
    let scene = Scene::new(&["--world", path.to_str().unwrap(), "--faults", faults.to_str().unwrap()]);
    let blind = |arguments: &[&str]| {
        let mut command = scene.command(arguments);
        command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "blind").env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "blind-secret");
        crate::scene::Ran::of(&command.output().unwrap())
    };
    scene.write("policy.toml", POLICY);
    let listed = blind(&["inventory", "-o", "inv.jsonl"]);
    assert!(listed.err.contains("launch-template") && listed.err.contains("[[assume_none]]"), "{}", listed.err);
    let plan = ["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json"];
    blind(&plan).exits(0);
    let planned = scene.read_plan("plan.json");
    assert_eq!((planned.steps.len(), planned.held.len()), (0, 1), "{:?}", planned.held);

    let waived: String = ["launch-template", "scaling-configuration"]
        .map(|kind| format!("\n[[assume_none]]\nkind = \"{kind}\"\nreason = \"we have none\"\n"))
        .concat();
    scene.write("policy.toml", &format!("{POLICY}{waived}"));
    blind(&plan).exits(0);
    assert_eq!(scene.read_plan("plan.json").steps.len(), 1, "whoever waives answers for it");

    // The account's own keys see the template, and it holds the image.
    scene.write("policy.toml", POLICY);
    let planned = scene.plan();
    assert_eq!((planned.steps.len(), planned.held.len()), (0, 1), "{:?}", planned.held);
}

/// Who is told that a list is denied, and waives it in the policy, can also carry the plan out.
#[test]
fn a_plan_that_waives_what_may_not_be_listed_is_carried_out_by_who_may_not_list_it() {
    let folder = tempfile::tempdir().unwrap();
    let (faults, path) = (folder.path().join("faults.toml"), folder.path().join("world.jsonl"));
    let denied = BLIND.replace("denied_listings = \"all-empty\"\n", "");
    std::fs::write(&faults, denied).unwrap();
    let without_template: String = world().lines().take(2).map(|line| format!("{line}\n")).collect();
    std::fs::write(&path, without_template).unwrap();
    let scene = Scene::new(&["--world", path.to_str().unwrap(), "--faults", faults.to_str().unwrap()]);
    let limited = |arguments: &[&str]| {
        let mut command = scene.command(arguments);
        command.env("ALIBABA_CLOUD_ACCESS_KEY_ID", "blind").env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "blind-secret");
        crate::scene::Ran::of(&command.output().unwrap())
    };
    let waived: String = ["launch-template", "scaling-configuration"]
        .map(|kind| format!("\n[[assume_none]]\nkind = \"{kind}\"\nreason = \"we have none\"\n"))
        .concat();
    scene.write("policy.toml", &format!("{POLICY}{waived}"));
    let listed = limited(&["inventory", "-o", "inv.jsonl"]);
    assert!(listed.err.contains("Forbidden.RAM"), "{}", listed.err);
    limited(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json"]).exits(0);
    let plan = scene.read_plan("plan.json");
    assert_eq!(plan.steps.len(), 1);
    let before = scene.emulator().state();
    limited(&crate::scene::APPLY).exits(0);
    crate::scene::exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
}
