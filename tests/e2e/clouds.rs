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

[[collect]]
name = "old-machine-images"
provider = "aws-ec2"
kind = "image"
when = "age > duration('720h') && dependents.instance == 0"
cascade = ["share", "publication"]
orphans = ["snapshot"]
wait = "2m"

[[collect]]
name = "old-machine-snapshots"
provider = "aws-ec2"
kind = "snapshot"
when = "age > duration('2400h')"
cascade = ["share", "publication"]
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
            of(&[
                "--service",
                "ec2",
                "--generate",
                "150",
                "--seed",
                "11",
                "--account",
                "123456789012",
                "--region",
                "eu-west-1",
            ]),
        ];
        let [second, ice, zec, ec2] = emulators.as_slice() else { unreachable!("four were started") };
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

[[provider]]
type = "aws-ec2"
name = "machines"
regions = ["eu-west-1"]
endpoint = "{}"
"#,
            scene.emulator().url,
            second.url,
            ice.url,
            zec.url,
            ec2.url
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
            .env("ZENLAYERCLOUD_ACCESS_KEY_PASSWORD", "sexton-emulator-secret")
            .env("AWS_ACCESS_KEY_ID", "sexton-emulator")
            .env("AWS_SECRET_ACCESS_KEY", "sexton-emulator-secret");
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
fn one_run_cleans_five_clouds_of_exactly_what_was_planned() {
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
    assert!(scopes.len() >= 5, "steps in every cloud: {scopes:?}");
    for provider in ["aliyun-ecs", "aliyun-ice", "zenlayer-zec", "aws-ec2"] {
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
fn nothing_is_removed_once(another: impl FnOnce(&mut Clouds, &str) -> String) {
    let mut clouds = Clouds::new();
    clouds.run(&["inventory", "-o", "inv.jsonl"]).exits(0);
    clouds.run(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json"]).exits(0);
    let before = all(&clouds.states());
    let config = clouds.scene.read("sexton.toml");
    let swapped = another(&mut clouds, &config);
    assert_ne!(swapped, config);
    clouds.scene.write("sexton.toml", &swapped);
    let all_before = before.union(&all(&clouds.states())).cloned().collect::<BTreeSet<String>>();
    let ran = clouds.run(&APPLY);
    assert_eq!(ran.code, Some(4), "{}", ran.err);
    assert_eq!(all(&clouds.states()), all_before);
}

#[test]
fn a_run_that_meets_another_account_in_one_cloud_removes_nothing_in_any() {
    nothing_is_removed_once(|clouds, config| {
        // The first account's keys and endpoint, under the second's name: its account is not in the plan's place.
        config
            .replace("credentials = { profile = \"second\" }\n", "")
            .replace(&clouds.emulators[0].url, &clouds.scene.emulator().url)
            .replace("regions = [\"cn-shanghai\"]\nendpoint", "regions = [\"cn-hangzhou\"]\nendpoint")
    });
}

#[test]
fn a_run_that_meets_another_account_at_ec2_removes_nothing_in_any() {
    nothing_is_removed_once(|clouds, config| {
        let arguments = ["--service", "ec2", "--generate", "150", "--seed", "11", "--region", "eu-west-1"];
        let another = Emulator::start(&[&arguments[..], &["--account", "210987654321"]].concat());
        let swapped = config.replace(&clouds.emulators[3].url, &another.url);
        clouds.emulators.push(another);
        swapped
    });
}
