//! The binary against the emulator of EC2: what moto does not do. Locks, the Recycle Bin, snapshots that linger in use,
//! throttled calls, and calls that fail after they were carried out.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sexton_core::inventory::{self, Inventory};
use sexton_core::plan::Plan;
use sexton_emulator::{Ec2World, Emulator, EmulatorConfig, Faults};

use crate::scene::{APPLY, Ran, addresses, planned, short};

const POLICY: &str = r#"version = 1

[limits]
max_steps = 1000
max_percent = 100
max_drawn = 1000

[[collect]]
name = "images"
kind = "image"
where = "tags.env == 'dev'"
cascade = ["share", "publication"]
orphans = ["snapshot"]
wait = "1m"

[[collect]]
name = "snapshots"
kind = "snapshot"
where = "tags.env == 'dev'"
cascade = ["share", "publication"]
"#;

fn row(kind: &str, id: &str, state: Value, tags: Value, attrs: Value, links: &[(&str, &str, &str)]) -> String {
    let links: Vec<Value> =
        links.iter().map(|(relation, kind, id)| json!({ "relation": relation, "kind": kind, "id": id })).collect();
    json!({ "resource": {
        "provider": "aws-ec2", "account": "123456789012", "region": "eu-west-1", "kind": kind, "id": id,
        "name": null, "created_at": "2026-01-02T03:04:05Z", "state": state, "size_bytes": null,
        "tags": tags, "attrs": attrs, "links": links,
    } })
    .to_string()
}

/// Thirty images of a snapshot each, every third shared, every fifth public, two that the bin keeps; and what is kept in its
/// place.
fn world() -> Inventory {
    let dev = || json!({ "env": "dev" });
    let mut lines =
        vec![json!({ "format": "sexton.inventory", "version": 1, "taken_at": "2026-11-21T00:00:00Z" }).to_string()];
    for number in 1..=30 {
        let (ami, snap) = (format!("ami-{number}"), format!("snap-{number}"));
        lines.push(row("snapshot", &snap, json!("completed"), json!({}), json!({}), &[]));
        let state = if number % 4 == 0 { "disabled" } else { "available" };
        let of = [("created-from", "snapshot", snap.as_str())];
        // The rule of images keeps all but these.
        let tags = if number > 2 { json!({ "env": "dev", "scratch": "yes" }) } else { dev() };
        lines.push(row("image", &ami, json!(state), tags, json!({}), &of));
        if number % 3 == 0 {
            let of = [("grants", "image", ami.as_str())];
            lines.push(row("share", &format!("{ami}/111122223333"), Value::Null, json!({}), json!({}), &of));
        }
        if number % 5 == 0 {
            let of = [("publishes", "image", ami.as_str())];
            lines.push(row("publication", &format!("{ami}/public"), Value::Null, json!({}), json!({}), &of));
        }
    }
    let locked = json!({ "lock_state": "compliance", "locked_until": "2099-01-01T00:00:00Z" });
    lines.push(row("snapshot", "snap-locked", json!("completed"), dev(), locked, &[]));
    let over = json!({ "lock_state": "expired", "locked_until": "2026-01-01T00:00:00Z" });
    lines.push(row("snapshot", "snap-no-longer-locked", json!("completed"), dev(), over, &[]));
    let protected = json!({ "deregistration_protection": "enabled-with-cooldown" });
    lines.push(row("image", "ami-protected", json!("available"), dev(), protected, &[]));
    let backup = json!({ "env": "dev", "aws:backup:source-resource": "arn:aws:ec2:x" });
    lines.push(row("snapshot", "snap-of-backup", json!("completed"), backup, json!({}), &[]));
    let kept = json!({ "env": "dev", "legal": "yes" });
    for number in 1..=3 {
        lines.push(row("snapshot", &format!("snap-legal-{number}"), json!("completed"), kept.clone(), json!({}), &[]));
    }
    let rule = json!({ "kind": "snapshot", "days": 7 });
    lines.push(row("recycle-bin-rule", "rule-1", Value::Null, json!({ "legal": "yes" }), rule, &[]));
    let but = json!({ "kind": "image", "days": 30, "excluded": { "scratch": "yes" } });
    lines.push(row("recycle-bin-rule", "rule-2", Value::Null, json!({}), but, &[]));
    inventory::read(lines.join("\n").as_bytes()).unwrap()
}

/// The emulator on a runtime of its own, and the binary in a folder before it.
struct Stage {
    runtime: tokio::runtime::Runtime,
    emulator: Emulator,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new(faults: Value) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut config = EmulatorConfig::new(([127, 0, 0, 1], 0).into());
        config.faults = serde_json::from_value::<Faults>(faults).unwrap();
        let world = Ec2World::from_inventory(&world(), "eu-west-1", None).unwrap();
        let emulator = runtime.block_on(Emulator::start(config, world)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let config = format!(
            "version = 1\n[[provider]]\ntype = \"aws-ec2\"\nname = \"emulated\"\nregions = [\"eu-west-1\"]\nendpoint = \"{}\"\n",
            emulator.listening().listening
        );
        std::fs::write(folder.path().join("sexton.toml"), config).unwrap();
        std::fs::write(folder.path().join("policy.toml"), POLICY).unwrap();
        Self { runtime, emulator, folder }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sexton"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("SEXTON_STATE_DIR", self.folder.path().join("state"))
            .env("AWS_ACCESS_KEY_ID", EmulatorConfig::ACCESS_KEY_ID)
            .env("AWS_SECRET_ACCESS_KEY", EmulatorConfig::ACCESS_KEY_SECRET)
            .stdin(Stdio::null());
        Ran::of(&command.output().unwrap())
    }

    fn state(&self) -> Inventory {
        inventory::read(self.runtime.block_on(self.emulator.state()).unwrap().as_bytes()).unwrap()
    }

    fn plan(&self) -> Plan {
        self.run(&["inventory", "-o", "inv.jsonl"]).exits(0);
        self.run(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json"]).exits(0);
        self.run(&["verify", "plan.json", "--inventory", "inv.jsonl", "--policy", "policy.toml"]).exits(0);
        Plan::read(&std::fs::read(self.folder.path().join("plan.json")).unwrap()).unwrap()
    }

    /// Codes of the calls of an operation, and how many there were of each.
    fn codes(&self, operation: &str) -> std::collections::BTreeMap<String, usize> {
        let calls = self.runtime.block_on(self.emulator.calls()).unwrap();
        let mut codes = std::collections::BTreeMap::new();
        for call in calls.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            if call["operation"] == operation {
                *codes.entry(call["code"].as_str().unwrap_or("ok").to_owned()).or_insert(0) += 1;
            }
        }
        codes
    }
}

/// What a plan means to remove, and what it must not.
fn check_plan(plan: &Plan) {
    let steps: BTreeSet<String> = planned(plan).iter().map(|address| short(address)).collect();
    for stays in ["snapshot/snap-locked", "image/ami-protected", "snapshot/snap-of-backup"] {
        assert!(!steps.contains(stays), "{stays}");
    }
    for goes in ["snapshot/snap-no-longer-locked", "snapshot/snap-legal-1", "image/ami-4", "snapshot/snap-4"] {
        assert!(steps.contains(goes), "{goes}");
    }
    // What the bin keeps of an image is lost with its snapshots.
    for step in plan.steps.iter().filter(|step| step.address.kind() == "snapshot") {
        let told = "an image in the Recycle Bin that was made from it cannot be restored without it";
        assert_eq!(step.consequences, [told], "{}", step.address);
    }
    // Images, their snapshots, shares and publications, the one whose lock is over, and those that the bin keeps.
    assert_eq!(steps.len(), 30 + 30 + 10 + 6 + 1 + 3);
}

#[test]
fn what_moto_does_not_do_is_done_as_planned() {
    let stage = Stage::new(json!({
        "seed": 3,
        "behaviour": { "guard_lingers_ms": 5000, "short_pages": true },
        "fault": [
            { "operation": "DeregisterImage", "when": { "calls": [2] }, "answer": { "drop": { "after_effect": true } } },
            { "operation": "DeregisterImage", "when": { "calls": [5] }, "answer": { "error": { "after_effect": true } } },
            { "operation": "DeregisterImage", "when": { "calls": [7] }, "answer": { "html": {} } },
            { "operation": "DeleteSnapshot", "when": { "one_in": 4 }, "answer": { "throttle": {} } },
            { "operation": "Describe*", "when": { "one_in": 15 }, "answer": { "throttle": { "retry_after_ms": 10 } } },
        ],
    }));
    let before = stage.state();
    let plan = stage.plan();
    check_plan(&plan);
    let ran = stage.run(&APPLY).exits(0);
    assert!(ran.out.contains("5 parked"), "{}", ran.out);
    let listed = inventory::read(std::fs::read(stage.folder.path().join("inv.jsonl")).unwrap().as_slice()).unwrap();
    for (image, days) in [("ami-1", Some(&json!(30))), ("ami-2", Some(&json!(30))), ("ami-3", None)] {
        let address = format!("aws-ec2:123456789012:eu-west-1:image/{image}");
        let image = listed.resource(listed.find(&address).unwrap());
        assert_eq!(image.attributes().known().unwrap().get("recycle_bin_days"), days, "{address}");
    }
    let after = stage.state();
    let gone: BTreeSet<String> = addresses(&before).difference(&addresses(&after)).cloned().collect();
    assert_eq!(gone, planned(&plan));
    // What it was to go through, it went through.
    assert!(stage.codes("DeleteSnapshot").contains_key("RequestLimitExceeded"));
    assert!(stage.codes("DeleteSnapshot").contains_key("InvalidSnapshot.InUse"), "{:?}", stage.codes("DeleteSnapshot"));
    assert!(stage.plan().steps.is_empty(), "nothing is left to plan");
}

#[test]
fn what_is_denied_is_not_listed_as_empty() {
    let stage = Stage::new(json!({ "credential": [{
        "access_key_id": EmulatorConfig::ACCESS_KEY_ID,
        "access_key_secret": EmulatorConfig::ACCESS_KEY_SECRET,
        "deny": ["DescribeLockedSnapshots", "DescribeLaunchConfigurations"],
    }] }));
    stage.run(&["inventory", "-o", "inv.jsonl"]).says("ec2:DescribeLockedSnapshots");
    stage.run(&["plan", "--inventory", "inv.jsonl", "--policy", "policy.toml", "--out", "plan.json"]).exits(0);
    let plan = Plan::read(&std::fs::read(stage.folder.path().join("plan.json")).unwrap()).unwrap();
    assert!(plan.steps.is_empty(), "{:?}", planned(&plan));
}
