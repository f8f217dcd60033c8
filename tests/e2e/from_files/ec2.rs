//! Answers of `aws ec2`, saved by the vendor's own client, held against a listing of the same region.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::scene::{Emulator, Ran, Scene};
use crate::vendor_sdk;

const ALL: [&str; 7] = [
    "describe-snapshots",
    "describe-locked-snapshots",
    "describe-images",
    "describe-volumes",
    "describe-instances",
    "describe-launch-templates",
    "describe-launch-template-versions",
];

/// What no file tells.
const NEVER: [&str; 2] = ["launch-configuration", "recycle-bin-rule"];

fn run(scene: &Scene, arguments: &[&str]) -> Ran {
    let mut command = scene.command(arguments);
    command.env("AWS_ACCESS_KEY_ID", "sexton-emulator").env("AWS_SECRET_ACCESS_KEY", "sexton-emulator-secret");
    Ran::of(&command.output().unwrap())
}

/// The lines of an inventory of that sort.
fn lines(text: &str, sort: &str) -> Vec<Value> {
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter_map(|mut line| Some(line.get_mut(sort)?.take())).collect()
}

/// The resources by kind and id.
fn resources(text: &str) -> BTreeMap<(String, String), Value> {
    let named = |resource: Value| {
        let text = |field: &str| resource[field].as_str().unwrap().to_owned();
        ((text("kind"), text("id")), resource)
    };
    lines(text, "resource").into_iter().map(named).collect()
}

/// The kinds whose listing is complete, or is not.
fn kinds(text: &str, complete: bool) -> Vec<String> {
    let lines = lines(text, "census").into_iter().filter(|line| line["complete"] == complete);
    let mut kinds: Vec<String> = lines.map(|line| line["kind"].as_str().unwrap().to_owned()).collect();
    kinds.sort();
    kinds
}

/// Alters the answers in a file.
fn alter(file: &Path, alter: impl FnOnce(&mut Vec<Value>)) {
    let text = std::fs::read_to_string(file).unwrap();
    let mut answers: Vec<Value> =
        serde_json::Deserializer::from_str(&text).into_iter().collect::<Result<_, _>>().unwrap();
    alter(&mut answers);
    let text: String = answers.iter().map(|answer| format!("{answer}\n")).collect();
    std::fs::write(file, text).unwrap();
}

/// Leaves the first of several pages of one template's versions, and nothing of the others.
fn cut_off(folder: &Path, templates: impl Iterator<Item = String>) -> String {
    for template in templates {
        let mut left = 0;
        alter(&folder.join(format!("versions-{template}.json")), |pages| {
            left = pages.len() - 1;
            pages.truncate(1);
        });
        if left > 0 {
            return template;
        }
    }
    panic!("no template has two pages of versions");
}

#[test]
#[ignore = "needs Python with the vendor's SDK, which .ci/run installs"]
fn answers_saved_by_the_vendor_s_sdk_of_ec2_give_what_a_listing_gives() {
    let scene = Scene::new(&["--service", "ec2", "--generate", "600", "--seed", "3", "--region", "eu-west-1"]);
    let emulator: &Emulator = scene.emulator();
    scene.write(
        "sexton.toml",
        &format!(
            "version = 1\n[[provider]]\ntype = \"aws-ec2\"\nname = \"emulated\"\nregions = [\"eu-west-1\"]\nendpoint = \"{}\"\n",
            emulator.url
        ),
    );
    run(&scene, &["inventory", "-o", "inv.jsonl"]).exits(0);
    let live = scene.read("inv.jsonl");
    assert_eq!(kinds(&live, false), [""; 0]);

    let folder = scene.path("files");
    std::fs::create_dir(&folder).unwrap();
    vendor_sdk::check("ec2_save.py", emulator, &["eu-west-1", folder.to_str().unwrap()]);
    let account = emulator.state().resources().next().unwrap().account().to_owned();
    let manifest = format!(
        "version = 1\naccount = \"{account}\"\nregion = \"eu-west-1\"\ntaken_at = \"2026-11-21T00:00:00Z\"\nasked_for_all = {ALL:?}\n"
    );
    scene.write("files/sexton-files.toml", &manifest);
    run(&scene, &["inventory", "--from-files", "files", "-o", "saved.jsonl"]).exits(0);
    let saved = scene.read("saved.jsonl");
    assert_eq!(kinds(&saved, false), NEVER);
    let mut complete = kinds(&live, true);
    complete.retain(|kind| !NEVER.contains(&kind.as_str()));
    assert_eq!(kinds(&saved, true), complete);

    // Equal in every fact, but for what would need the rules of the bin: that is unknown, and nothing is left out.
    let mut wanted = resources(&live);
    wanted.retain(|(kind, _), _| !NEVER.contains(&kind.as_str()));
    for ((kind, _), resource) in &mut wanted {
        if ["snapshot", "image", "disk"].contains(&kind.as_str()) {
            resource["attrs"]["recycle_bin_days"] = Value::Null;
        }
    }
    let found = resources(&saved);
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (id, resource) in &wanted {
        assert_eq!(&found[id], resource, "{id:?}");
    }

    // What the files no longer tell is unknown, or told by what is left.
    let ids =
        |kind: &str| -> Vec<String> { found.keys().filter(|(of, _)| of == kind).map(|(_, id)| id.clone()).collect() };
    let publications = ids("publication");
    let public = publications.iter().filter_map(|id| id.strip_suffix("/public")).find(|id| id.starts_with("ami-"));
    let public = public.unwrap();
    alter(&folder.join(format!("permissions-{public}.json")), |answers| {
        answers[0]["LaunchPermissions"].as_array_mut().unwrap().retain(|entry| entry["Group"] != "all");
    });
    let mut volume = None;
    alter(&folder.join("volumes.json"), |answers| {
        let mut rows = answers.iter_mut().flat_map(|answer| answer["Volumes"].as_array_mut().unwrap());
        let row = rows.find(|row| row["State"] == "in-use").unwrap();
        row.as_object_mut().unwrap().remove("Attachments");
        volume = row["VolumeId"].as_str().map(str::to_owned);
    });
    let template = cut_off(&folder, ids("launch-template").into_iter());
    let problem =
        format!("the last page of describe-launch-template-versions --launch-template-id {template} is not there");
    run(&scene, &["inventory", "--from-files", "files", "-o", "saved.jsonl"]).exits(0).says(&problem);
    let short = scene.read("saved.jsonl");
    assert_eq!(kinds(&short, false), [NEVER[0], "launch-template", NEVER[1]]);
    let mut wanted = found;
    wanted.get_mut(&("launch-template".to_owned(), template)).unwrap()["links"] = Value::Null;
    let volume = wanted.get_mut(&("disk".to_owned(), volume.unwrap())).unwrap();
    volume["links"] = Value::Null;
    volume["attrs"]["delete_with_instance"] = Value::Null;
    assert_eq!(resources(&short), wanted);
}
