//! From a live endpoint to a reviewed plan to carried-out deletions.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::plan::Step;

use crate::scene::{APPLY, Scene, TWO_RULES, exactly_the_planned_is_gone};

#[test]
fn a_region_is_cleaned_as_planned_and_no_call_is_refused() {
    let scene = Scene::new(&["--generate", "1000", "--seed", "7"]);
    scene.write("policy.toml", TWO_RULES);
    let plan = scene.plan();
    let before = scene.emulator().state();

    let mut operations: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for step in &plan.steps {
        *operations.entry((step.operation.as_str(), step.address.kind())).or_insert(0) += 1;
    }
    for wanted in [
        ("DeleteImage", "image"),
        ("DeleteSnapshot", "snapshot"),
        ("ModifyImageSharePermission", "share"),
        ("ModifyImageSharePermission", "publication"),
        ("CancelTask", "task"),
    ] {
        assert!(operations.get(&wanted).is_some_and(|count| *count >= 5), "{wanted:?} in {operations:?}");
    }
    let blocking: BTreeSet<&str> = plan
        .held
        .iter()
        .chain(&plan.blocked)
        .flat_map(|held| &held.blockers)
        .filter_map(|blocker| blocker.guard.as_ref().map(|guard| guard.as_str()))
        .collect();
    for guard in ["SnapshotCreatedDisk", "ImageUsingByInstance", "ReferredTo"] {
        assert!(blocking.contains(guard), "{guard} in {blocking:?}");
    }

    let ran = scene.run(&APPLY).exits(0);
    assert!(ran.out.contains(&format!("{} removed of {} steps", plan.steps.len(), plan.steps.len())), "{}", ran.out);
    let refused: Vec<_> = scene.emulator().removals().into_iter().filter(|call| call.status != Some(200)).collect();
    assert!(refused.is_empty(), "{refused:?}");
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);

    assert!(scene.plan().steps.is_empty(), "nothing is left to plan");
    scene.run(&APPLY).exits(0).says("nothing to do");
}

#[test]
fn what_is_written_reads_back_compressed_and_through_pipes() {
    let scene = Scene::new(&["--generate", "100", "--seed", "3"]);
    scene.write("policy.toml", TWO_RULES);
    scene.run(&["inventory", "-o", "inv.jsonl.zst"]).exits(0);
    scene.run(&["inventory", "-o", "inv.jsonl.gz"]).exits(0);
    for inventory in ["inv.jsonl.zst", "inv.jsonl.gz"] {
        let plan = scene.run(&["plan", "--inventory", inventory, "--policy", "policy.toml", "--out", "-"]).exits(0);
        scene.write("piped.json", &plan.out);
        scene.read_plan("piped.json");
    }
    let text = scene.run(&["inventory"]).exits(0).out;
    scene.write("inv.jsonl", &text);
    let json = scene.run(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--format", "json"]).exits(0);
    scene.write("plan.json", &json.out);
    let shown = scene.run(&["show", "plan.json", "--format", "json"]).exits(0);
    assert_eq!(shown.out, json.out);
    let code = scene.run(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--detailed-exitcode"]);
    code.exits(2);

    let piped = |arguments: &[&str]| {
        let plan = std::fs::File::open(scene.path("plan.json")).unwrap();
        crate::scene::Ran::of(&scene.command(arguments).stdin(plan).output().unwrap())
    };
    let apply = ["apply", "-", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--yes"];
    piped(&apply).exits(1).says("--journal");
    piped(&[&apply[..], &["--journal", "run.journal"]].concat()).exits(0);
}

#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let scene = Scene::new(&["--generate", "400", "--seed", "3"]);
    scene.write("policy.toml", TWO_RULES);
    scene.plan();
    let shown = ["text", "json", "jsonl", "dot", "mermaid", "html"]
        .map(|format| vec!["show", "plan.json", "--all", "--format", format]);
    let plan = scene.read_plan("plan.json");
    let others = [
        vec!["show", "plan.json", "--tree", "--all"],
        vec!["show", "plan.json", "--explain"],
        vec!["explain", "plan.json", plan.held[0].address.as_str(), "--all"],
        vec!["explain", "plan.json", plan.held[0].address.as_str(), "--format", "json"],
        vec!["diff", "plan.json", "plan.json", "--all"],
    ];
    for arguments in shown.into_iter().chain(others) {
        let mut child = scene
            .command(&arguments)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{arguments:?}");
        assert!(ended.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&ended.stderr));
    }
}

#[test]
fn a_closed_output_does_not_change_what_the_exit_code_says() {
    let scene = Scene::new(&["--generate", "100", "--seed", "3"]);
    scene.write("policy.toml", &TWO_RULES.replace("max_steps = 10000", "max_steps = 1"));
    scene.run(&["inventory", "-o", "inv.jsonl"]).exits(0);
    let mut child = scene
        .command(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--format", "json"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(5));
}

#[test]
fn what_a_condition_reads_and_the_plan_itself_changes_goes_in_one_run() {
    let scene = Scene::new(&["--generate", "300", "--seed", "21"]);
    let condition = "age > duration('720h') && (attrs.is_public == true || attrs.is_self_shared == true)";
    let rules = TWO_RULES.replace("age > duration('720h') && dependents.instance == 0", condition);
    scene.write("policy.toml", &rules);
    let plan = scene.plan();
    let before = scene.emulator().state();
    for (kind, attribute) in [("publication", "is_public"), ("share", "is_self_shared")] {
        let reads = |step: &&Step| {
            let first = |after: &u32| plan.steps[usize::try_from(*after).unwrap()].address.kind() == kind;
            step.expect.attrs.get(attribute) == Some(&true.into()) && step.after.iter().any(first)
        };
        assert!(plan.steps.iter().filter(reads).count() >= 2, "images that a {kind} precedes");
    }
    scene.run(&APPLY).exits(0);
    exactly_the_planned_is_gone(&before, &scene.emulator().state(), &plan);
}
