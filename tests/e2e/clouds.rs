//! Several providers, accounts and regions in one inventory, one plan and one run.

use std::collections::BTreeSet;
use std::process::Command;

use sexton_core::inventory::Inventory;

use crate::scene::{APPLY, Emulator, Ran, Scene, addresses, planned};

const POLICY: &str = r#"version = 1

[limits]
max_steps = 10000
max_percent = 100
max_drawn = 10000

[[collect]]
name = "old-images"
provider = "aliyun-ecs"
kind = "image"
when = "age > duration('720h') && dependents.instance == 0"
cascade = ["share", "publication", "task"]
orphans = ["snapshot"]
wait = "2m"

[[collect]]
name = "old-shots"
provider = "aliyun-ice"
kind = "live-snapshot-file"
when = "age > duration('24h')"
options = { delete_original = true }

[[collect]]
name = "old-snapshots"
provider = "zenlayer-zec"
kind = "snapshot"
when = "age > duration('720h')"
force = ["SnapshotHasChildDisks"]
"#;

/// The vendor's profile of a second account.
const PROFILES: &str = r#"{"current":"second","profiles":[
    {"name":"second","mode":"AK","access_key_id":"second-id","access_key_secret":"second-secret"}]}"#;

struct Clouds {
    /// What `Scene` starts: an account of ECS in one region.
    scene: Scene,
    /// The others.
    emulators: Vec<Emulator>,
}

impl Clouds {
    fn new() -> Self {
        let scene = Scene::new(&["--generate", "150", "--seed", "7"]);
        let of = |arguments: &[&str]| Emulator::start(arguments);
        let emulators = vec![
            of(&[
                "--generate",
                "150",
                "--seed",
                "8",
                "--account",
                "2222222222",
                "--region",
                "cn-shanghai",
                "--access-key-id",
                "second-id",
                "--access-key-secret",
                "second-secret",
            ]),
            of(&["--service", "ice", "--generate", "120", "--seed", "9", "--region", "cn-shanghai"]),
            of(&["--service", "zec", "--generate", "150", "--seed", "10", "--account", "acme"]),
        ];
        let [second, ice, zec] = emulators.as_slice() else { unreachable!("three were started") };
        let config = format!(
            r#"version = 1

[[provider]]
type = "aliyun-ecs"
name = "first"
regions = "all"
endpoint = "{}"

[[provider]]
type = "aliyun-ecs"
name = "second"
regions = ["cn-shanghai"]
endpoint = "{}"
credentials = {{ profile = "second" }}

[[provider]]
type = "aliyun-ice"
name = "shots"
regions = ["cn-shanghai"]
endpoint = "{}"

[[provider]]
type = "zenlayer-zec"
name = "edge"
account = "acme"
regions = "all"
endpoint = "{}"
"#,
            scene.emulator().url,
            second.url,
            ice.url,
            zec.url
        );
        std::fs::create_dir(scene.path(".aliyun")).unwrap();
        scene.write(".aliyun/config.json", PROFILES);
        scene.write("sexton.toml", &config);
        scene.write("policy.toml", POLICY);
        Self { scene, emulators }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.scene.command(arguments);
        command
            .env("ZENLAYERCLOUD_ACCESS_KEY_ID", "sexton-emulator")
            .env("ZENLAYERCLOUD_ACCESS_KEY_PASSWORD", "sexton-emulator-secret");
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().unwrap())
    }

    fn states(&self) -> Vec<Inventory> {
        std::iter::once(self.scene.emulator()).chain(&self.emulators).map(Emulator::state).collect()
    }
}

fn all(states: &[Inventory]) -> BTreeSet<String> {
    states.iter().flat_map(addresses).collect()
}

#[test]
fn one_run_cleans_four_clouds_of_exactly_what_was_planned() {
    let clouds = Clouds::new();
    clouds.run(&["inventory", "-o", "inv.jsonl"]).exits(0);
    let before = clouds.states();
    let listed = sexton_core::inventory::read(clouds.scene.read("inv.jsonl").as_bytes()).unwrap();
    assert_eq!(addresses(&listed), all(&before), "all that is there is listed, and nothing else");

    clouds.run(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json"]).exits(0);
    let plan = clouds.scene.read_plan("plan.json");
    let steps = planned(&plan);
    let scopes: BTreeSet<String> =
        steps.iter().map(|step| step.splitn(4, ':').take(3).collect::<Vec<&str>>().join(":")).collect();
    assert!(scopes.len() >= 4, "steps in every cloud: {scopes:?}");
    for provider in ["aliyun-ecs", "aliyun-ice", "zenlayer-zec"] {
        assert!(steps.iter().any(|step| step.starts_with(provider)), "steps of {provider}");
    }
    let consequences: Vec<&str> =
        plan.steps.iter().flat_map(|step| &step.consequences).map(|consequence| consequence.as_str()).collect();
    assert!(consequences.iter().any(|consequence| consequence.contains("for good")), "{consequences:?}");

    clouds.run(&["verify", "plan.json", "--inventory", "inv.jsonl", "--policy", "policy.toml"]).exits(0);
    clouds.run(&APPLY).exits(0);
    let (was, is) = (all(&before), all(&clouds.states()));
    let gone: BTreeSet<String> = was.difference(&is).cloned().collect();
    assert_eq!(gone, steps);
    assert!(is.is_subset(&was));
    clouds.run(&["inventory", "-o", "after.jsonl"]).exits(0);
    clouds.run(&["plan", "--inventory", "after.jsonl", "--policy", "policy.toml", "--detailed-exitcode"]).exits(0);
}

/// One of the clouds is another account's by the time of the run: nothing is removed anywhere.
#[test]
fn a_run_that_meets_another_account_in_one_cloud_removes_nothing_in_any() {
    let clouds = Clouds::new();
    clouds.run(&["inventory", "-o", "inv.jsonl"]).exits(0);
    clouds.run(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json"]).exits(0);
    let before = all(&clouds.states());
    let config = clouds.scene.read("sexton.toml");
    // The first account's keys and endpoint, under the second's name: its account is not in the plan's place.
    let swapped = config
        .replace("credentials = { profile = \"second\" }\n", "")
        .replace(&clouds.emulators[0].url, &clouds.scene.emulator().url);
    clouds.scene.write(
        "sexton.toml",
        &swapped.replace("regions = [\"cn-shanghai\"]\nendpoint", "regions = [\"cn-hangzhou\"]\nendpoint"),
    );
    let ran = clouds.run(&APPLY);
    assert_eq!(ran.code, Some(4), "{}", ran.err);
    assert_eq!(all(&clouds.states()), before);
}
