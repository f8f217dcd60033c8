use serde_json::{Value, json};
use sexton_core::time::Timestamp;

use super::*;

fn place() -> Place {
    Place { account: "acme".parse().unwrap(), region: "asia-east-1".parse().unwrap() }
}

/// The resource of a row, as its inventory line has it.
fn check(kind: ZecKind, row: Value) -> Value {
    let Value::Object(row) = row else { panic!("no object: {row}") };
    let read = super::super::probe::read(kind, &place(), ApiVersion::V20250901, Row::new(&row)).unwrap();
    let as_of = Timestamp::from_second(0).unwrap();
    let inventory = sexton_core::inventory::Inventory::new(as_of, [], vec![read]).unwrap();
    let mut text = Vec::new();
    sexton_core::inventory::write(&inventory, &mut text).unwrap();
    let line = String::from_utf8(text).unwrap().lines().nth(1).unwrap().to_owned();
    serde_json::from_str::<Value>(&line).unwrap()["resource"].clone()
}

#[test]
fn a_snapshot() {
    let row = json!({"snapshotId": "s-1", "snapshotName": "nightly", "zoneId": "asia-east-1a", "status": "AVAILABLE",
        "snapshotType": "Auto", "retentionTime": "2027-01-01T00:00:00Z", "diskId": "d-1",
        "createTime": "2026-01-02T03:04:05Z", "diskAbility": true, "resourceGroup": {"resourceGroupId": "g-1"},
        "somethingNew": 1});
    assert_eq!(
        check(ZecKind::Snapshot, row),
        json!({"provider": "zenlayer-zec", "account": "acme", "region": "asia-east-1", "kind": "snapshot", "id": "s-1",
            "name": "nightly", "created_at": "2026-01-02T03:04:05Z", "state": "AVAILABLE", "size_bytes": null,
            "tags": null,
            "attrs": {"snapshot_type": "auto", "disk_ability": true, "resource_group_id": "g-1",
                "retention_time": "2027-01-01T00:00:00Z", "zone_id": "asia-east-1a"},
            "links": [{"relation": "source", "kind": "disk", "id": "d-1"}]})
    );
}

#[test]
fn a_disk() {
    let row = json!({"diskId": "d-1", "diskName": "data", "regionId": "asia-east-1", "zoneId": "asia-east-1a",
        "diskType": "DATA", "portable": true, "diskCategory": "Standard NVMe SSD", "diskSize": 20, "diskStatus": "IN_USE",
        "instanceId": "i-1", "createTime": "2026-01-02T03:04:05Z", "resourceGroupId": "g-1", "snapshotAbility": true,
        "autoSnapshotPolicyId": "p-1", "tags": {"tags": [{"key": "env", "value": "dev"}]}});
    assert_eq!(
        check(ZecKind::Disk, row),
        json!({"provider": "zenlayer-zec", "account": "acme", "region": "asia-east-1", "kind": "disk", "id": "d-1",
            "name": "data", "created_at": "2026-01-02T03:04:05Z", "state": "IN_USE", "size_bytes": 21_474_836_480_u64,
            "tags": {"env": "dev"},
            "attrs": {"disk_type": "data", "portable": true, "delete_with_instance": false, "category": "Standard NVMe SSD",
                "zone_id": "asia-east-1a", "resource_group_id": "g-1", "snapshot_ability": true,
                "auto_snapshot_policy_id": "p-1"},
            "links": [{"relation": "attached-to", "kind": "instance", "id": "i-1"}]})
    );
}

#[test]
fn an_image_is_the_account_s() {
    let row = json!({"imageId": "m-1", "imageName": "web", "imageType": "CUSTOM_IMAGE", "imageSource": "CUSTOM",
        "imageSize": "20", "minDiskSize": 40, "imageStatus": "AVAILABLE", "osType": "linux", "category": "Ubuntu",
        "regionIdList": ["europe-west-1", "asia-east-1"], "tags": null});
    assert_eq!(
        check(ZecKind::Image, row),
        json!({"provider": "zenlayer-zec", "account": "acme", "region": "global", "kind": "image", "id": "m-1",
            "name": "web", "created_at": null, "state": "AVAILABLE", "size_bytes": null, "tags": {},
            "attrs": {"image_type": "custom_image", "image_source": "custom", "image_size": "20", "min_disk_size": 40,
                "os_type": "linux", "category": "Ubuntu", "region_ids": ["asia-east-1", "europe-west-1"]},
            "links": []})
    );
}

#[test]
fn an_instance_refers_to_an_image_of_the_account() {
    let row = json!({"instanceId": "i-1", "instanceName": "web-1", "zoneId": "asia-east-1a", "status": "RUNNING",
        "imageId": "m-1", "instanceType": "z2a.cpu.1", "createTime": "2026-01-02T03:04:05Z",
        "systemDisk": {"diskId": "d-0"}, "dataDisks": [{"diskId": "d-1"}], "resourceGroupId": "g-1"});
    assert_eq!(
        check(ZecKind::Instance, row),
        json!({"provider": "zenlayer-zec", "account": "acme", "region": "asia-east-1", "kind": "instance", "id": "i-1",
            "name": "web-1", "created_at": "2026-01-02T03:04:05Z", "state": "RUNNING", "size_bytes": null, "tags": {},
            "attrs": {"instance_type": "z2a.cpu.1", "zone_id": "asia-east-1a", "resource_group_id": "g-1"},
            "links": [{"region": "global", "relation": "booted-from", "kind": "image", "id": "m-1"}]})
    );
}

#[test]
fn a_policy_covers_its_disks() {
    let row = json!({"autoSnapshotPolicyId": "p-1", "autoSnapshotPolicyName": "nightly", "zoneId": "asia-east-1a",
        "retentionDays": -1, "diskNum": 2, "diskIdSet": ["d-2", "d-1"], "createTime": "2026-01-02T03:04:05Z"});
    assert_eq!(
        check(ZecKind::AutoSnapshotPolicy, row),
        json!({"provider": "zenlayer-zec", "account": "acme", "region": "asia-east-1", "kind": "auto-snapshot-policy",
            "id": "p-1", "name": "nightly", "created_at": "2026-01-02T03:04:05Z", "state": null, "size_bytes": null,
            "tags": {}, "attrs": {"zone_id": "asia-east-1a", "disk_num": 2, "retention_days": -1},
            "links": [{"relation": "covers", "kind": "disk", "id": "d-1"},
                {"relation": "covers", "kind": "disk", "id": "d-2"}]})
    );
}

#[test]
fn links_that_are_not_told_are_unknown_and_not_none() {
    for (kind, row, links) in [
        (ZecKind::Snapshot, json!({"snapshotId": "s"}), Value::Null),
        (ZecKind::Snapshot, json!({"snapshotId": "s", "diskId": null}), Value::Null),
        (ZecKind::Snapshot, json!({"snapshotId": "s", "diskId": ["d"]}), Value::Null),
        (ZecKind::Snapshot, json!({"snapshotId": "s", "diskId": ""}), json!([])),
        (ZecKind::Instance, json!({"instanceId": "i"}), Value::Null),
        (ZecKind::Instance, json!({"instanceId": "i", "imageId": {}}), Value::Null),
        (ZecKind::Instance, json!({"instanceId": "i", "imageId": ""}), json!([])),
        (ZecKind::Disk, json!({"diskId": "d", "diskStatus": "AVAILABLE"}), json!([])),
        (ZecKind::Disk, json!({"diskId": "d", "diskStatus": "IN_USE"}), Value::Null),
        (ZecKind::Disk, json!({"diskId": "d", "diskStatus": "DETACHING", "instanceId": ""}), Value::Null),
        (ZecKind::Disk, json!({"diskId": "d", "instanceId": ["i"]}), Value::Null),
        (ZecKind::AutoSnapshotPolicy, json!({"autoSnapshotPolicyId": "p", "diskNum": 0}), json!([])),
        (ZecKind::AutoSnapshotPolicy, json!({"autoSnapshotPolicyId": "p", "diskNum": 1}), Value::Null),
        (ZecKind::AutoSnapshotPolicy, json!({"autoSnapshotPolicyId": "p", "diskIdSet": "d"}), Value::Null),
    ] {
        assert_eq!(check(kind, row.clone())["links"], links, "{row}");
    }
}

#[test]
fn what_goes_with_its_instance_is_told_by_type_and_portability() {
    for (row, expected) in [
        (json!({"diskType": "SYSTEM", "portable": true}), json!(true)),
        (json!({"diskType": "SYSTEM"}), json!(true)),
        (json!({"diskType": "DATA", "portable": false}), json!(true)),
        (json!({"diskType": "DATA", "portable": "false"}), json!(true)),
        (json!({"diskType": "DATA", "portable": true}), json!(false)),
        (json!({"diskType": "DATA"}), Value::Null),
        (json!({"portable": true}), Value::Null),
        (json!({"diskType": "NEW", "portable": true}), Value::Null),
        (json!({}), Value::Null),
    ] {
        let mut whole = row.clone();
        whole["diskId"] = json!("d");
        assert_eq!(check(ZecKind::Disk, whole)["attrs"]["delete_with_instance"], expected, "{row}");
    }
}

#[test]
fn a_public_image_is_not_the_account_s() {
    for (row, expected) in [
        (json!({"imageType": "PUBLIC_IMAGE"}), false),
        (json!({"imageType": "CUSTOM_IMAGE"}), true),
        (json!({"imageType": null}), true),
    ] {
        let Value::Object(object) = row else { unreachable!("an object") };
        assert_eq!(is_custom(Row::new(&object)), expected);
    }
}
