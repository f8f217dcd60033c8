//! Inventories from answers that were saved beforehand, held against those of a listing.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::scene::{Scene, TWO_RULES, planned};
use crate::vendor::call;

mod ec2;

const STATUSES: &str = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated";

/// Saves every page of a listing into one file, one answer after the other, and gives the rows.
fn save(scene: &Scene, file: &str, action: &str, list: [&str; 2], further: &[(&str, &str)]) -> Vec<Value> {
    let by_token =
        ["DescribeSnapshots", "DescribeDisks", "DescribeInstances", "DescribeLockedSnapshots"].contains(&action);
    let (mut text, mut rows, mut token, mut number) = (String::new(), Vec::new(), String::new(), 1);
    loop {
        let page = number.to_string();
        let mut parameters = further.to_vec();
        match by_token {
            true if token.is_empty() => parameters.push(("MaxResults", "100")),
            true => parameters.extend([("MaxResults", "100"), ("NextToken", token.as_str())]),
            false => parameters.extend([("PageSize", "50"), ("PageNumber", page.as_str())]),
        }
        let answer = call(&scene.emulator().url, action, &parameters);
        text.push_str(&answer);
        text.push('\n');
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let of_page = answer[list[0]].as_array().or_else(|| answer[list[0]][list[1]].as_array()).unwrap();
        rows.extend(of_page.iter().cloned());
        token = answer["NextToken"].as_str().unwrap_or_default().to_owned();
        number += 1;
        let ends = if by_token { token.is_empty() } else { of_page.len() < 50 };
        if ends {
            scene.write(&format!("files/{file}"), &text);
            return rows;
        }
    }
}

fn save_all(scene: &Scene) {
    std::fs::create_dir(scene.path("files")).unwrap();
    save(scene, "snapshots.json", "DescribeSnapshots", ["Snapshots", "Snapshot"], &[]);
    save(scene, "locks.json", "DescribeLockedSnapshots", ["LockedSnapshotsInfo", "LockedSnapshotInfo"], &[]);
    let own = [("Status", STATUSES), ("ImageOwnerAlias", "self")];
    for image in save(scene, "images.json", "DescribeImages", ["Images", "Image"], &own) {
        if image["IsSelfShared"] != "False" {
            let id = image["ImageId"].as_str().unwrap();
            let file = format!("shares-{id}.json");
            save(scene, &file, "DescribeImageSharePermission", ["Accounts", "Account"], &[("ImageId", id)]);
        }
    }
    save(scene, "disks.json", "DescribeDisks", ["Disks", "Disk"], &[]);
    save(scene, "instances.json", "DescribeInstances", ["Instances", "Instance"], &[]);
    save(scene, "tasks.json", "DescribeTasks", ["TaskSet", "Task"], &[]);
    let list = ["LaunchTemplateVersionSets", "LaunchTemplateVersionSet"];
    for template in
        save(scene, "templates.json", "DescribeLaunchTemplates", ["LaunchTemplateSets", "LaunchTemplateSet"], &[])
    {
        let id = template["LaunchTemplateId"].as_str().unwrap();
        save(scene, &format!("{id}.json"), "DescribeLaunchTemplateVersions", list, &[("LaunchTemplateId", id)]);
    }
    save(
        scene,
        "scaling.json",
        "DescribeScalingConfigurations",
        ["ScalingConfigurations", "ScalingConfiguration"],
        &[],
    );
}

fn manifest(scene: &Scene, taken_at: &str, asked_for_all: &[&str]) {
    let account = scene.emulator().state().resources().next().unwrap().account().to_owned();
    let text = format!(
        "version = 1\naccount = \"{account}\"\nregion = \"cn-hangzhou\"\ntaken_at = \"{taken_at}\"\nasked_for_all = {asked_for_all:?}\n"
    );
    scene.write("files/sexton-files.toml", &text);
}

const ALL: [&str; 9] = [
    "DescribeSnapshots",
    "DescribeLockedSnapshots",
    "DescribeImages",
    "DescribeDisks",
    "DescribeInstances",
    "DescribeTasks",
    "DescribeLaunchTemplates",
    "DescribeLaunchTemplateVersions",
    "DescribeScalingConfigurations",
];

fn lines(text: &str, start: &str) -> BTreeSet<String> {
    text.lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
}

#[test]
fn saved_answers_give_the_inventory_and_the_plan_that_a_listing_gives() {
    let scene = Scene::new(&["--generate", "400", "--seed", "5"]);
    scene.write("policy.toml", TWO_RULES);
    let plan = scene.plan();
    assert!(plan.steps.len() > 10);
    let live = scene.read("inv.jsonl");
    let taken_at = scene.read_plan("plan.json").inventory.taken_at.to_string();
    save_all(&scene);

    manifest(&scene, &taken_at, &ALL);
    scene.run(&["inventory", "--from-files", "files", "-o", "saved.jsonl"]).exits(0).says(" 2 listings incomplete");
    let saved = scene.read("saved.jsonl");
    // Groups of snapshots and the policies that make them are in listings of their own, which are not read from files.
    let groups_aside =
        |line: &String| line.replace(r#""snapshot_group_id":null,"#, "").replace(r#","snapshot_group_id":null"#, "");
    let told: BTreeSet<String> = lines(&saved, r#"{"resource""#).iter().map(groups_aside).collect();
    assert_eq!(told, lines(&live, r#"{"resource""#));
    assert_eq!(lines(&saved, r#"{"census""#).len(), lines(&live, r#"{"census""#).len());
    let make = ["plan", "--inventory", "saved.jsonl", "--policy", "policy.toml", "--out", "saved.json"];
    scene.run(&make).exits(0);
    assert_eq!(planned(&scene.read_plan("saved.json")), planned(&plan));

    manifest(&scene, &taken_at, &[]);
    let unsaid = scene.run(&["inventory", "--from-files", "files", "-o", "saved.jsonl"]).exits(0);
    unsaid.says("nobody says that DescribeImages was asked for everything");
    scene.run(&make).exits(0);
    let held = scene.read_plan("saved.json");
    assert!(held.steps.is_empty() && !held.complete, "nobody says what was listed, so nothing goes");

    manifest(&scene, &taken_at, &ALL);
    let images = scene.read("files/images.json");
    let first = images.lines().next().unwrap();
    scene.write("files/images.json", first);
    let short = scene.run(&["inventory", "--from-files", "files", "-o", "saved.jsonl"]).exits(0);
    short.says("DescribeImages counts 80 rows, and 50 are there");
    scene.run(&make).exits(0);
    assert!(scene.read_plan("saved.json").steps.iter().all(|step| step.address.kind() != "snapshot"));

    scene.write("files/images.json", &first[..first.len() / 2]);
    scene.run(&["inventory", "--from-files", "files"]).exits(1).says("images.json is not JSON");
    scene.run(&["inventory", "--from-files", "files", "-c", "sexton.toml"]).exits(1).says("cannot be used with");
}
