//! Every guard of the ECS rulebook in a small world: what is held by it, and what lifts it.

#![expect(clippy::unwrap_used, reason = "a test stops at its first surprise")]

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sexton_aliyun::ecs_rulebook;
use sexton_core::inventory::{self, Inventory};
use sexton_core::plan::Plan;
use sexton_core::planner::plan;
use sexton_core::policy::Policy;
use sexton_core::verify::{Conditions, Grounds, Seal, verify};

const KINDS: [&str; 10] = [
    "snapshot",
    "image",
    "disk",
    "instance",
    "share",
    "publication",
    "task",
    "launch-template",
    "scaling-configuration",
    "auto-snapshot-policy",
];

/// An inventory from lines such as `image/m-1 Available {"usage":"none"} created-from snapshot/s-1`.
fn world(lines: &str) -> Inventory {
    let place = json!({ "provider": "aliyun-ecs", "account": "1", "region": "cn-hangzhou" });
    let line = |key: &str, rest: Value| {
        let mut object = place.as_object().unwrap().clone();
        object.extend(rest.as_object().unwrap().clone());
        format!("{}\n", json!({ key: object }))
    };
    let mut text =
        String::from("{\"format\":\"sexton.inventory\",\"version\":1,\"taken_at\":\"2026-11-21T00:00:00Z\"}\n");
    for kind in KINDS.iter().chain(&["snapshot-lock"]) {
        text += &line("census", json!({ "kind": kind, "complete": true, "as_of": "2026-11-21T00:00:00Z" }));
    }
    for resource in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let mut words = resource.split_whitespace();
        let (kind, id) = words.next().unwrap().split_once('/').unwrap();
        let state = match words.next().unwrap() {
            "?" => Value::Null,
            state => state.into(),
        };
        let attributes: Value = serde_json::from_str(words.next().unwrap()).unwrap();
        let rest: Vec<&str> = words.collect();
        let links: Vec<Value> = rest
            .chunks(2)
            .map(|pair| {
                let (kind, id) = pair[1].split_once('/').unwrap();
                json!({ "relation": pair[0], "kind": kind, "id": id })
            })
            .collect();
        text += &line(
            "resource",
            json!({ "kind": kind, "id": id, "name": id, "created_at": "2026-01-01T00:00:00Z", "state": state,
                "size_bytes": 1, "tags": {}, "attrs": attributes, "links": links }),
        );
    }
    inventory::read(text.as_bytes()).unwrap()
}

fn planned(lines: &str, rules: &str) -> Plan {
    planned_with(lines, rules, "")
}

/// The same, with more of a policy's text.
fn planned_with(lines: &str, rules: &str, more: &str) -> Plan {
    let limits = "version = 1\n[limits]\nmax_percent = 100\nmax_forced = 9\nkind.instance.max_steps = 9\nkind.disk.max_steps = 9\n";
    let mut policy = limits.to_owned();
    for (number, rule) in rules.lines().map(str::trim).filter(|rule| !rule.is_empty()).enumerate() {
        let (kind, rest) = rule.split_once(' ').unwrap_or((rule, ""));
        policy += &format!("[[collect]]\nname = \"r{number}\"\nkind = \"{kind}\"\nwhen = \"true\"\n");
        policy += &rest.split("; ").map(|key| format!("{key}\n")).collect::<String>();
    }
    policy += more;
    let policy = Policy::parse(&policy).unwrap_or_else(|error| panic!("{policy}\n{error}"));
    plan(&world(lines), &[ecs_rulebook()], &policy, None).unwrap()
}

fn short(address: &sexton_core::address::Address) -> String {
    format!("{}/{}", address.kind(), address.id())
}

/// `a b c` for the steps in their order (`!` forced, `~` waiting, `<n` going with step n), then what is held, by what.
fn outcome(plan: &Plan) -> String {
    let mut words: Vec<String> = plan
        .steps
        .iter()
        .map(|step| {
            let sign = if !step.force.is_empty() {
                "!"
            } else if !step.wait.is_empty() {
                "~"
            } else {
                ""
            };
            let with = step.with.map_or_else(String::new, |with| format!("<{with}"));
            format!("{sign}{}{with}", short(&step.address))
        })
        .collect();
    for held in plan.held.iter().chain(&plan.blocked) {
        let blockers: Vec<String> = held
            .blockers
            .iter()
            .map(|blocker| {
                let because = serde_json::to_value(blocker.because).unwrap();
                let by = blocker.by.as_ref().map_or_else(String::new, |by| format!(" by {}", short(by)));
                let guard = blocker.guard.as_ref().map_or("-", |guard| guard.as_str());
                format!("{guard}{by} {}", because.as_str().unwrap())
            })
            .collect();
        words.push(format!("={} ({})", short(&held.address), blockers.join(", ")));
    }
    words.join(" ")
}

/// The guard that a case is about, the world, the rules, and what comes of it.
const CASES: &[(&str, &str, &str, &str)] = &[
    (
        "SnapshotCreatedImage",
        "snapshot/s accomplished {}\nimage/m Available {} created-from snapshot/s",
        "snapshot force = [\"SnapshotCreatedDisk\"]",
        "=snapshot/s (SnapshotCreatedImage by image/m not-selected)",
    ),
    (
        "SnapshotCreatedImage",
        "snapshot/s accomplished {}\nimage/m Available {} created-from snapshot/s",
        "snapshot cascade = [\"image\"]",
        "image/m snapshot/s",
    ),
    (
        "SnapshotCreatedImage",
        "snapshot/s accomplished {}\nimage/m Available {} created-from snapshot/s\nimage/n Available {} created-from snapshot/s",
        "image where = \"id == 'm'\"; orphans = [\"snapshot\"]",
        "image/m =snapshot/s (SnapshotCreatedImage by image/n not-selected)",
    ),
    (
        "SnapshotCreatedDisk",
        "snapshot/s accomplished {}\ndisk/d In_use {} created-from snapshot/s",
        "snapshot",
        "=snapshot/s (SnapshotCreatedDisk by disk/d not-selected)",
    ),
    (
        "SnapshotCreatedDisk",
        "snapshot/s accomplished {}\ndisk/d In_use {} created-from snapshot/s",
        "snapshot force = [\"SnapshotCreatedDisk\"]",
        "!snapshot/s",
    ),
    (
        "SnapshotCreatedDisk",
        "snapshot/s accomplished {}\nimage/m Available {} created-from snapshot/s\ndisk/d In_use {} created-from snapshot/s",
        "image orphans = [\"snapshot\"]; force = [\"SnapshotCreatedDisk\"]",
        "image/m =snapshot/s (SnapshotCreatedDisk by disk/d orphan-not-forced)",
    ),
    ("SnapshotInProgress", "snapshot/s progressing {}", "snapshot", "=snapshot/s (SnapshotInProgress state)"),
    ("SnapshotInProgress", "snapshot/s progressing {}", "snapshot wait = \"1m\"", "~snapshot/s"),
    ("SnapshotInProgress", "snapshot/s progressing {}", "snapshot force = [\"SnapshotInProgress\"]", "!snapshot/s"),
    (
        "SnapshotInProgress",
        "snapshot/s ? {}",
        "snapshot force = [\"SnapshotInProgress\"]",
        "=snapshot/s (SnapshotInProgress unknown-state)",
    ),
    (
        "SnapshotLocked",
        "snapshot/s accomplished {\"locked_until\":\"2027-01-01T00:00:00Z\"}",
        "snapshot",
        "=snapshot/s (SnapshotLocked attribute)",
    ),
    (
        "SnapshotLocked",
        "snapshot/s accomplished {\"locked_until\":null}",
        "snapshot",
        "=snapshot/s (SnapshotLocked attribute)",
    ),
    ("SnapshotLocked", "snapshot/s accomplished {\"locked_until\":\"2026-01-01T00:00:00Z\"}", "snapshot", "snapshot/s"),
    (
        "ImageUsingByInstance",
        "image/m Available {}\ninstance/i Running {} booted-from image/m",
        "image",
        "=image/m (ImageUsingByInstance by instance/i not-selected)",
    ),
    (
        "ImageUsingByInstance",
        "image/m Available {}\ninstance/i Running {} booted-from image/m",
        "image force = [\"ImageUsingByInstance\"]",
        "!image/m",
    ),
    (
        "ImageUseShared",
        "image/m Available {}\nshare/m/7 ? {} grants image/m",
        "image",
        "=image/m (ImageUseShared by share/m/7 not-selected)",
    ),
    (
        "ImageUseShared",
        "image/m Available {}\nshare/m/7 ? {} grants image/m",
        "image cascade = [\"share\"]",
        "share/m/7 image/m",
    ),
    (
        // What would come along is in nobody's way.
        "ImageUseShared",
        "image/m Available {}\nshare/m/7 ? {} grants image/m\ninstance/i Running {} booted-from image/m",
        "image cascade = [\"share\"]",
        "=image/m (ImageUsingByInstance by instance/i not-selected)",
    ),
    (
        "ImageIsPublic",
        "image/m Available {}\npublication/m/public ? {} publishes image/m",
        "image",
        "=image/m (ImageIsPublic by publication/m/public not-selected)",
    ),
    (
        "ImageIsPublic",
        "image/m Available {}\npublication/m/public ? {} publishes image/m",
        "image cascade = [\"publication\"]",
        "publication/m/public image/m",
    ),
    (
        "ImageIsExporting",
        "image/m Available {}\ntask/t Processing {\"support_cancel\":true} exports image/m",
        "image",
        "=image/m (ImageIsExporting by task/t not-selected)",
    ),
    (
        "ImageIsExporting",
        "image/m Available {}\ntask/t Processing {} exports image/m",
        "image wait = \"1m\"",
        "~image/m",
    ),
    (
        "ImageIsExporting",
        "image/m Available {}\ntask/t Processing {} exports image/m",
        "image cascade = [\"task\"]; wait = \"1m\"",
        "task/t image/m",
    ),
    (
        "ImageIsExporting",
        "image/m Available {}\ntask/t Finished {} exports image/m\ntask/u Failed {} exports image/m",
        "image",
        "image/m",
    ),
    (
        "ImageIsImporting",
        "image/m Available {}\ntask/t ? {} imports image/m",
        "image",
        "=image/m (ImageIsImporting by task/t unknown-state)",
    ),
    (
        "InvalidTaskId.TaskActionNotSupport",
        "image/m Available {}\ntask/t Processing {\"support_cancel\":false} exports image/m",
        "image cascade = [\"task\"]",
        "=image/m (ImageIsExporting by task/t blocked) =task/t (InvalidTaskId.TaskActionNotSupport attribute)",
    ),
    ("ImageIsCreating", "image/m Creating {}", "image", "=image/m (ImageIsCreating state)"),
    ("ImageIsCreating", "image/m Waiting {}", "image wait = \"1m\"", "~image/m"),
    ("ImageIsCreating", "image/m ? {}", "image", "=image/m (ImageIsCreating unknown-state)"),
    ("ImageIsCreating", "image/m Deprecated {}\nimage/n CreateFailed {}", "image", "image/m image/n"),
    (
        "DiskStillAttached",
        "disk/d In_use {\"disk_type\":\"data\"} attached-to instance/i\ninstance/i Stopped {\"deletion_protection\":false}",
        "disk",
        "=disk/d (DiskStillAttached by instance/i not-selected)",
    ),
    (
        "DiskStillAttached",
        "disk/d In_use {} attached-to instance/gone",
        "disk",
        "=disk/d (DiskStillAttached by instance/gone dangling)",
    ),
    (
        "DeletesWithInstance",
        "disk/d In_use {\"disk_type\":\"system\"} attached-to instance/i\ninstance/i Stopped {\"deletion_protection\":false}",
        "instance",
        "=instance/i (DeletesWithInstance by disk/d not-selected)",
    ),
    (
        "DeletesWithInstance",
        "disk/d In_use {\"disk_type\":\"system\"} attached-to instance/i\ninstance/i Stopped {\"deletion_protection\":false}",
        "instance cascade = [\"disk\"]",
        "instance/i disk/d<0",
    ),
    (
        "DeletesWithInstance",
        "disk/d In_use {\"delete_with_instance\":false} attached-to instance/i\ninstance/i Stopped {\"deletion_protection\":false}",
        "instance",
        "instance/i",
    ),
    (
        "DeletesAutoSnapshots",
        "disk/d Available {\"delete_auto_snapshot\":true}\nsnapshot/s accomplished {\"snapshot_type\":\"auto\"} source disk/d\nsnapshot/u accomplished {\"snapshot_type\":\"user\"} source disk/d",
        "disk",
        "=disk/d (DeletesAutoSnapshots by snapshot/s not-selected)",
    ),
    (
        "DeletesAutoSnapshots",
        "disk/d Available {}\nsnapshot/s accomplished {\"snapshot_type\":\"auto\"} source disk/d\nimage/m Available {} created-from snapshot/s",
        "disk cascade = [\"snapshot\", \"image\"]",
        "image/m disk/d snapshot/s<1",
    ),
    (
        "DeletesAutoSnapshots",
        "disk/d Available {\"delete_auto_snapshot\":false}\nsnapshot/s accomplished {\"snapshot_type\":\"auto\"} source disk/d",
        "disk",
        "disk/d",
    ),
    (
        "IncorrectInstanceStatus",
        "instance/i Running {\"deletion_protection\":false}",
        "instance",
        "=instance/i (IncorrectInstanceStatus state)",
    ),
    (
        "IncorrectInstanceStatus",
        "instance/i Running {\"deletion_protection\":false}",
        "instance force = [\"IncorrectInstanceStatus\"]",
        "!instance/i",
    ),
    (
        "InvalidOperation.DeletionProtection",
        "instance/i Stopped {\"deletion_protection\":true}",
        "instance",
        "=instance/i (InvalidOperation.DeletionProtection attribute)",
    ),
    (
        "InvalidOperation.DeletionProtection",
        "instance/i Stopped {}",
        "instance",
        "=instance/i (InvalidOperation.DeletionProtection attribute)",
    ),
    (
        "ChargeTypeViolation",
        "instance/i Stopped {\"deletion_protection\":false,\"instance_charge_type\":\"PrePaid\"}",
        "instance",
        "=instance/i (ChargeTypeViolation attribute)",
    ),
    (
        "DiskTypeViolation",
        "disk/d Available {\"disk_type\":\"system\"}",
        "disk",
        "=disk/d (DiskTypeViolation attribute)",
    ),
    (
        "InstanceLockedForSecurity",
        "instance/i Stopped {\"deletion_protection\":false,\"operation_locks\":[\"security\"]}",
        "instance",
        "=instance/i (InstanceLockedForSecurity attribute)",
    ),
    (
        "InvalidOperation.ResourceManagedByCloudProduct",
        "snapshot/s accomplished {\"managed_by\":\"backup\"}",
        "snapshot",
        "=snapshot/s (InvalidOperation.ResourceManagedByCloudProduct attribute)",
    ),
    (
        "InvalidOperation.DeleteSharedSnapshotUnsupported",
        "snapshot/s accomplished {\"resource_shared\":true}",
        "snapshot",
        "=snapshot/s (InvalidOperation.DeleteSharedSnapshotUnsupported attribute)",
    ),
    (
        "ReferredTo",
        "image/m Available {}\nlaunch-template/lt ? {} refers-to image/m",
        "image",
        "=image/m (ReferredTo by launch-template/lt not-selected)",
    ),
    (
        "ReferredTo",
        "snapshot/s accomplished {}\nscaling-configuration/asc Active {} refers-to snapshot/s",
        "snapshot force = [\"ReferredTo\"]",
        "!snapshot/s",
    ),
    (
        "UsageWithoutHolder",
        "image/m Available {\"usage\":\"instance\"}",
        "image",
        "=image/m (UsageWithoutHolder attribute)",
    ),
    (
        "UsageWithoutHolder",
        "snapshot/s accomplished {\"usage\":\"image_disk\"}\nimage/m Available {} created-from snapshot/s",
        "snapshot cascade = [\"image\"]",
        "=snapshot/s (UsageWithoutHolder attribute)",
    ),
    (
        "UsageWithoutHolder",
        "image/m Available {\"usage\":\"instance\"}\ninstance/i Stopped {\"deletion_protection\":false} booted-from image/m",
        "image\ninstance",
        "instance/i image/m",
    ),
];

#[test]
fn every_guard_holds_and_is_lifted_as_its_row_says() {
    for (code, lines, rules, expected) in CASES {
        assert_eq!(outcome(&planned(lines, rules)), *expected, "{code}\n{lines}\n{rules}");
    }
}

#[test]
fn every_guard_of_the_rulebook_has_a_case() {
    let covered: BTreeSet<&str> = CASES.iter().map(|(code, ..)| *code).collect();
    let rulebook = ecs_rulebook();
    let codes: BTreeSet<&str> = rulebook.guards.iter().map(|guard| guard.code.as_str()).collect();
    assert_eq!(covered, codes);
}

/// What stays and is protected is never lost to a force: not a disk to its snapshot's, not an instance to its image's.
#[test]
fn a_protected_disk_or_instance_is_never_harmed_by_a_force() {
    let snapshot = "snapshot/s accomplished {}\ndisk/d In_use {} created-from snapshot/s";
    let image = "image/m Available {}\ninstance/i Running {} booted-from image/m";
    let every_force =
        "force = [\"SnapshotCreatedDisk\", \"ImageUsingByInstance\", \"IncorrectInstanceStatus\", \"ReferredTo\"]";
    for (world, kind, plain, forced, protected, held) in [
        (
            snapshot,
            "snapshot",
            "!snapshot/s",
            "disk/d",
            "disk",
            "=snapshot/s (SnapshotCreatedDisk by disk/d protected)",
        ),
        (
            image,
            "image",
            "!image/m",
            "instance/i",
            "instance",
            "=image/m (ImageUsingByInstance by instance/i protected)",
        ),
    ] {
        let rule = format!("{kind} {every_force}");
        let without = planned(world, &rule);
        assert_eq!(outcome(&without), plain);
        let lost = without.steps[0].expect.dependents.as_ref().unwrap();
        assert_eq!(lost.iter().map(short).collect::<Vec<_>>(), [forced], "whose loss the force accepts");

        let of_a_kind = format!("[[protect]]\nname = \"kept\"\nkind = \"{protected}\"\n");
        let unknown = "[[protect]]\nname = \"kept\"\nwhen = \"attrs.owner == 'x'\"\nkind = \"KIND\"\n";
        for protection in [of_a_kind, unknown.replace("KIND", protected)] {
            let plan = planned_with(world, &rule, &protection);
            assert_eq!(outcome(&plan), held, "{protection}");
        }
    }
    // Neither is the protected taken along, nor does it go with what is.
    let machine = "instance/i Stopped {\"deletion_protection\":false}\ndisk/d In_use {} attached-to instance/i";
    let protect = "[[protect]]\nname = \"kept\"\nkind = \"disk\"\n";
    let plan = planned_with(machine, &format!("instance cascade = [\"disk\"]; {every_force}"), protect);
    assert_eq!(outcome(&plan), "=instance/i (DeletesWithInstance by disk/d protected)");
}

#[test]
fn a_kind_that_could_guard_and_was_not_listed_holds() {
    let lines = "image/m Available {}\nsnapshot/s accomplished {}\n";
    let whole = world(lines);
    let mut text = Vec::new();
    inventory::write(&whole, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let policy = |rest: &str| {
        Policy::parse(&format!(
            "version = 1\n[limits]\nmax_percent = 100\n[[collect]]\nname = \"i\"\nkind = \"image\"\nwhen = \"true\"\n[[collect]]\nname = \"s\"\nkind = \"snapshot\"\nwhen = \"true\"\n{rest}"
        ))
        .unwrap()
    };
    let count = |text: &str, policy: &Policy| {
        let inventory = inventory::read(text.as_bytes()).unwrap();
        let plan = plan(&inventory, &[ecs_rulebook()], policy, None).unwrap();
        (plan.steps.len(), plan.complete)
    };
    assert_eq!(count(&text, &policy("")), (2, true));
    for (kind, left) in [
        ("instance", 1),
        ("share", 1),
        ("publication", 1),
        ("task", 1),
        ("image", 1),
        ("disk", 1),
        ("snapshot-lock", 1),
        ("launch-template", 0),
        ("scaling-configuration", 0),
        ("snapshot", 2),
    ] {
        let census = |line: &&str| line.contains("\"census\"") && line.contains(&format!("\"kind\":\"{kind}\""));
        let without: String = text.lines().filter(|line| !census(line)).map(|line| format!("{line}\n")).collect();
        assert_eq!(count(&without, &policy("")), (left, left == 2), "without a census of {kind}");
        let denied = text.lines().map(|line| {
            let line =
                if census(&line) { line.replace("\"complete\":true", "\"complete\":false") } else { line.to_owned() };
            line + "\n"
        });
        let denied: String = denied.collect();
        assert_eq!(count(&denied, &policy("")).0, left, "{kind} denied");
        let waiver = format!("[[assume_none]]\nkind = \"{kind}\"\nreason = \"there are none\"\n");
        assert_eq!(count(&denied, &policy(&waiver)), (2, true), "{kind} denied and waived");
    }
}

#[test]
fn what_a_policy_takes_anew_is_found_and_holds_nothing() {
    const DISK: &str = r#"
        disk/d-1 Available {"disk_type":"data"}
        snapshot/s-1 accomplished {"snapshot_type":"auto"} source disk/d-1
        snapshot/s-2 accomplished {"snapshot_type":"auto"} source disk/d-1
        snapshot/s-3 accomplished {"snapshot_type":"user"} source disk/d-1
        snapshot/s-4 accomplished {"snapshot_type":"auto"} source disk/d-gone
        snapshot/s-5 accomplished {} source disk/d-1
    "#;
    let verifies = |lines: &str, plan: &Plan| {
        let (inventory, policy) = (world(lines), Policy::parse(&plan.policy.text).unwrap());
        let grounds = Grounds { inventory: &inventory, rulebooks: &[ecs_rulebook()], policy: &policy };
        verify(plan, &grounds, Conditions::Interpreted, Seal::Skip).is_ok()
    };
    for (policies, rules, counts) in [
        ("auto-snapshot-policy/sp-1 Normal {} covers disk/d-1", "snapshot", vec![2]),
        ("auto-snapshot-policy/sp-1 ? {} covers disk/d-1 covers disk/d-gone", "snapshot", vec![3]),
        ("auto-snapshot-policy/sp-1 Expire {} covers disk/d-1", "snapshot", Vec::new()),
        ("auto-snapshot-policy/sp-1 Normal {} covers disk/d-2", "snapshot", Vec::new()),
        (
            "auto-snapshot-policy/sp-1 Normal {} covers disk/d-1\nauto-snapshot-policy/sp-2 Normal {} covers disk/d-gone",
            "snapshot",
            vec![1, 2],
        ),
        // The disk goes as well: nothing is taken of it any more.
        ("auto-snapshot-policy/sp-1 Normal {} covers disk/d-1 covers disk/d-gone", "snapshot\ndisk", vec![1]),
        ("auto-snapshot-policy/sp-1 Normal {} covers disk/d-1", "image", Vec::new()),
    ] {
        let lines = format!("{DISK}{policies}");
        let mut plan = planned(&lines, rules);
        let of_code = |plan: &Plan| -> Vec<u64> {
            let findings = plan.findings.iter().filter(|finding| finding.code == "keeps-re-creating");
            findings.map(|finding| finding.count).collect()
        };
        assert_eq!(of_code(&plan), counts, "{policies} {rules}");
        assert!(plan.held.is_empty() && verifies(&lines, &plan), "{policies} {rules}");
        if let Some(finding) = plan.findings.iter_mut().find(|finding| finding.code == "keeps-re-creating") {
            finding.count += 1;
            assert!(!verifies(&lines, &plan), "{policies} {rules}: another count is found");
            plan.findings.retain(|finding| finding.code != "keeps-re-creating");
            assert!(!verifies(&lines, &plan), "{policies} {rules}: that it is missing is found");
        }
    }
}
