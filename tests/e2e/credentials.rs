//! Credentials that end in mid-run: a role is assumed again, and who it is is asked again before anything more is removed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::scene::{APPLY, Scene, TWO_RULES, exactly_the_planned_is_gone};

/// They last for four seconds; the run takes longer, for its calls are slow: by the time that the first are answered,
/// however many there are side by side, the keys that signed them have ended.
const SHORT: &str = r#"[behaviour]
session_ms = 4000

[[latency]]
operation = "Delete*"
min_ms = 4200
max_ms = 4500
"#;

#[test]
fn a_run_outlives_the_credentials_that_it_began_with() {
    let folder = tempfile::tempdir().unwrap();
    let faults = folder.path().join("faults.toml");
    std::fs::write(&faults, SHORT).unwrap();
    let scene = Scene::new(&["--generate", "200", "--seed", "7", "--faults", faults.to_str().unwrap()]);
    let account = scene.emulator().state().resources().next().unwrap().account().to_owned();
    let profile = format!(
        r#"{{"current":"role","profiles":[{{"name":"role","mode":"RamRoleArn","access_key_id":"sexton-emulator",
        "access_key_secret":"sexton-emulator-secret","ram_role_arn":"acs:ram::{account}:role/collector","ram_session_name":"nightly"}}]}}"#
    );
    std::fs::create_dir(scene.path(".aliyun")).unwrap();
    scene.write(".aliyun/config.json", &profile);
    let config = scene.read("sexton.toml");
    scene.write("sexton.toml", &format!("{config}credentials = {{ profile = \"role\" }}\n"));
    scene.write("policy.toml", TWO_RULES);
    let plan = scene.plan();
    let before = scene.emulator().state();
    scene.run(&APPLY).exits(0);
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);

    let calls: Vec<Value> =
        scene.emulator().get("/_emulator/calls").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let assumed = calls.iter().filter(|call| call["operation"] == "AssumeRole").count();
    assert!(assumed >= 3, "for the inventory, for the run, and again in mid-run: {assumed}");
    // Whoever removes has been asked who they are, by the same key, before.
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let mut removals: BTreeMap<&str, u32> = BTreeMap::new();
    for call in &calls {
        let (operation, key) =
            (call["operation"].as_str().unwrap(), call["access_key_id"].as_str().unwrap_or_default());
        if operation == "GetCallerIdentity" {
            known.insert(key);
        }
        if operation.starts_with("Delete") {
            assert!(known.contains(key), "{key} removes, and was not asked who it is");
            *removals.entry(key).or_default() += 1;
        }
    }
    assert!(removals.len() >= 2, "removals by several keys: {removals:?}");
    assert!(!removals.contains_key("sexton-emulator"), "the role removes, and not who assumed it: {removals:?}");
    let shown = format!("{calls:?}");
    assert!(!shown.contains("sexton-emulator-secret") && !shown.contains("token-"), "secrets stay out of the book");
}
