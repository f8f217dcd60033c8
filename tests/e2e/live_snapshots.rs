//! Live snapshots from a listing to records and objects that are gone.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sexton_core::inventory::{Inventory, ResourceRef};

use crate::scene::{APPLY, Scene, exactly_the_planned_is_gone, exists};

const POLICY: &str = r#"version = 1

[limits]
max_steps = 10000
max_percent = 100

[[collect]]
name = "old-shots"
provider = "aliyun-ice"
kind = "live-snapshot-file"
when = "age > duration('1h')"
retain = { last = 5, daily = 2, per = "attrs.job" }
"#;

/// An emulator of live snapshots, with its objects in `objects`.
fn scene(choice: &str) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let objects = folder.path().join("objects");
    let scene =
        Scene::new(&["--service", "ice", "--generate", "1500", "--seed", "3", "--objects", objects.to_str().unwrap()]);
    let url = &scene.emulator().url;
    scene.write(
        "sexton.toml",
        &format!(
            "version = 1\n[[provider]]\ntype = \"aliyun-ice\"\nname = \"emulated\"\nregions = [\"cn-hangzhou\"]\nendpoint = \"{url}\"\n"
        ),
    );
    scene.write("policy.toml", &format!("{POLICY}{choice}"));
    scene.write("objects", folder.keep().join("objects").to_str().unwrap());
    scene
}

/// Where the object of each file is.
fn objects(scene: &Scene, inventory: &Inventory) -> BTreeMap<String, PathBuf> {
    let folder = PathBuf::from(scene.read("objects"));
    let files = inventory.resources().filter(|resource| resource.kind() == "live-snapshot-file");
    let object = |file: ResourceRef<'_>| {
        let file = file.to_resource();
        let bucket = file.attributes.as_ref().known().unwrap()["bucket"].as_str().unwrap().to_owned();
        (file.address.to_string(), folder.join(bucket).join(file.name.known().unwrap()))
    };
    files.map(object).collect()
}

fn cleaned(choice: &str, original_goes: fn(&PathBuf) -> bool) {
    let scene = scene(choice);
    let before = scene.emulator().state();
    let plan = scene.plan();
    assert!(plan.steps.len() > 300, "{}", plan.steps.len());
    assert!(plan.held.iter().any(|held| {
        held.blockers
            .iter()
            .any(|blocker| blocker.guard.as_ref().is_some_and(|guard| guard.as_str() == "OverlayNotSupported"))
    }));
    scene.run(&APPLY).exits(0);
    let after = scene.emulator().state();
    exactly_the_planned_is_gone(&before, &after, &plan);
    for (address, path) in objects(&scene, &before) {
        let is_planned = plan.steps.iter().any(|step| step.address.to_string() == address);
        let as_wanted = if is_planned { original_goes(&path) } else { exists(&path) };
        assert!(as_wanted, "{address}: {}", path.display());
    }
    let calls = scene.emulator().calls_of("DeleteLiveSnapshotFiles");
    assert!(calls.iter().all(|call| call["status"] == 200), "no call is refused");
    assert!(calls.len() <= plan.steps.len() / 50, "{} calls for {} files", calls.len(), plan.steps.len());
    assert!(scene.plan().steps.is_empty(), "nothing is left to plan");
    std::fs::remove_dir_all(PathBuf::from(scene.read("objects")).parent().unwrap()).unwrap();
}

#[test]
fn records_and_objects_go_where_the_rule_says_so() {
    cleaned("options = { delete_original = true }\n", |path| !exists(path));
}

#[test]
fn the_objects_stay_where_the_rule_does_not() {
    cleaned("", |path| exists(path));
}
