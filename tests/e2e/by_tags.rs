//! An automatic snapshot policy that takes its disks by their tags, which no list of its associations tells.

use serde_json::{Value, json};

use crate::scene::Scene;

fn world() -> String {
    let resource = |kind: &str, id: &str, state: &str, attrs: Value, links: Value| {
        json!({ "resource": {
            "provider": "aliyun-ecs", "account": "1234567890", "region": "cn-hangzhou", "kind": kind, "id": id,
            "state": state, "created_at": "2026-01-02T03:04:00Z", "tags": {}, "attrs": attrs, "links": links,
        } })
    };
    let to = |relation: &str, id: &str| json!([{ "relation": relation, "kind": "disk", "id": id }]);
    let lines = [
        json!({ "format": "sexton.inventory", "version": 1, "taken_at": "2026-11-21T00:00:00Z" }),
        resource("disk", "d-1", "Available", json!({ "disk_type": "data", "disk_charge_type": "PostPaid" }), json!([])),
        resource(
            "snapshot",
            "s-1",
            "accomplished",
            json!({ "snapshot_type": "auto", "usage": "none" }),
            to("source", "d-1"),
        ),
        resource("auto-snapshot-policy", "sp-1", "Normal", json!({ "emulator_by_tags": true }), to("covers", "d-1")),
    ];
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_a_policy_by_tags_makes_anew_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.jsonl");
    std::fs::write(&path, world()).unwrap();
    let scene = Scene::new(&["--world", path.to_str().unwrap()]);
    scene.write(
        "policy.toml",
        "version = 1\n[limits]\nmax_percent = 100\n[[collect]]\nname = \"old\"\nkind = \"snapshot\"\nwhen = \"age > duration('48h')\"\n",
    );
    let plan = scene.plan();
    assert_eq!(plan.steps.len(), 1);
    let findings: Vec<&str> = plan.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert!(findings.contains(&"keeps-re-creating"), "{findings:?}");
    let told = scene.emulator().calls_of("DescribeAutoSnapshotPolicyAssociations");
    assert_eq!(told.len(), 1);
}
