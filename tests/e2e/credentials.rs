//! Credentials that end in mid-run: a role is assumed again, and who it is is asked again before anything more is removed.
//! And roles that may do what `docs/ram` says, and no more.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::scene::{APPLY, Scene, TWO_RULES, addresses, exactly_the_planned_is_gone};

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

/// ICE by the vendor's profiles of a role: one lists and one carries out, each under the document that is for it.
struct Roles {
    scene: Scene,
}

impl Roles {
    fn new(apply: &str) -> Self {
        let scene = Scene::new(&["--service", "ice", "--generate", "600", "--seed", "3", "--region", "cn-shanghai"]);
        let account = scene.emulator().state().resources().next().unwrap().account().to_owned();
        let profile = |name: &str, policy: &str| {
            json!({
                "name": name, "mode": "RamRoleArn", "access_key_id": "sexton-emulator",
                "access_key_secret": "sexton-emulator-secret", "ram_role_arn": format!("acs:ram::{account}:role/{name}"),
                "ram_session_name": "nightly", "policy": policy,
            })
        };
        let lists = profile("lister", include_str!("../../docs/ram/ice-inventory.json"));
        let profiles = json!({ "current": "lister", "profiles": [lists, profile("collector", apply)] });
        std::fs::create_dir(scene.path(".aliyun")).unwrap();
        scene.write(".aliyun/config.json", &profiles.to_string());
        scene.write("policy.toml", ICE_POLICY);
        Self { scene }
    }

    /// The binary is whoever that profile says from now on.
    fn is(&self, profile: &str) -> &Scene {
        let url = &self.scene.emulator().url;
        let config = format!(
            "version = 1\n[[provider]]\ntype = \"aliyun-ice\"\nname = \"shots\"\nregions = [\"cn-shanghai\"]\n\
             endpoint = \"{url}\"\ncredentials = {{ profile = \"{profile}\" }}\n"
        );
        self.scene.write("sexton.toml", &config);
        &self.scene
    }
}

const ICE_POLICY: &str = r#"version = 1

[limits]
max_steps = 10000
max_percent = 100

[[collect]]
name = "old-shots"
provider = "aliyun-ice"
kind = "live-snapshot-file"
when = "age > duration('1h')"
options = { delete_original = true }
"#;

/// Whom each call of an operation was made by.
fn callers(scene: &Scene, operation: &str) -> BTreeSet<String> {
    let calls = scene.emulator().calls_of(operation);
    calls.iter().map(|call| call["access_key_id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn assumed_roles_list_and_remove_live_snapshots_with_the_documented_permissions() {
    let roles = Roles::new(include_str!("../../docs/ram/ice-apply.json"));
    let scene = roles.is("lister");
    let plan = scene.plan();
    assert!(plan.steps.len() > 100, "{}", plan.steps.len());
    let before = scene.emulator().state();
    // Who only lists removes nothing.
    assert_ne!(scene.run(&APPLY).code, Some(0));
    assert_eq!(addresses(&scene.emulator().state()), addresses(&before));
    let scene = roles.is("collector");
    scene.run(&[&APPLY[..], &["--journal", "second.journal"]].concat()).exits(0);
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);

    assert_eq!(callers(scene, "AssumeRole"), BTreeSet::from(["sexton-emulator".to_owned()]));
    for operation in ["ListLiveSnapshotJobs", "ListLiveSnapshotFiles", "DeleteLiveSnapshotFiles"] {
        let by = callers(scene, operation);
        assert!(!by.is_empty() && by.iter().all(|key| key.starts_with("STS.emulated-")), "{operation}: {by:?}");
    }
}
