use serde_json::{Map, Value, json};
use sexton_core::fact::Fact;
use sexton_core::inventory::write_resource;
use sexton_core::resource::Resource;

use super::*;

fn place() -> Place {
    Place { account: "1".parse().unwrap(), region: "r".parse().unwrap() }
}

/// The resource that a row gives, as an inventory has it; without the parts that are the same for all.
fn check(read: impl Fn(&Place, Row<'_>) -> Result<Resource, DecodeError>, row: Value, expected: Value) {
    let Value::Object(row) = row else { panic!("not an object") };
    let resource = read(&place(), Row::new(&row)).unwrap();
    assert_eq!(written(&resource), expected, "{row:?}");
}

fn written(resource: &Resource) -> Value {
    let mut line = Vec::new();
    write_resource(resource, &mut line).unwrap();
    let mut value: Map<String, Value> = serde_json::from_slice(&line).unwrap();
    let Some(Value::Object(mut resource)) = value.remove("resource") else { panic!("no resource line") };
    for (key, expected) in [("provider", "aliyun-ecs"), ("account", "1"), ("region", "r")] {
        assert_eq!(resource.remove(key), Some(json!(expected)));
    }
    Value::Object(resource)
}

/// What the row of a kind without anything but an id gives: nothing is invented.
fn bare(kind: &str, id: &str, links: Value) -> Value {
    json!({"kind": kind, "id": id, "name": null, "created_at": null, "state": null, "size_bytes": null,
        "tags": {}, "attrs": {}, "links": links})
}

#[test]
fn a_snapshot_in_the_types_of_the_documentation_and_in_those_of_its_samples() {
    let expected = json!({"kind": "snapshot", "id": "s-1", "name": "nightly", "created_at": "2026-01-02T03:04:05Z",
        "state": "accomplished", "size_bytes": 42949672960_u64, "tags": {"env": "dev"},
        "attrs": {"usage": "image_disk", "snapshot_type": "auto", "category": "standard", "encrypted": false,
            "progress": "100%", "source_disk_type": "system", "snapshot_link_id": "sl-1", "source_snapshot_id": "s-0",
            "source_region_id": "cn-beijing", "retention_days": 30, "resource_group_id": "rg-1", "product_code": "p"},
        "links": [{"relation": "source", "kind": "disk", "id": "d-1"}]});
    let row = json!({"SnapshotId": "s-1", "SnapshotName": "nightly", "CreationTime": "2026-01-02T03:04:05Z",
        "Status": "accomplished", "SourceDiskSize": "40", "Usage": "image_disk", "SnapshotType": "timer",
        "Category": "standard", "Encrypted": false, "Progress": "100%", "SourceDiskType": "system",
        "SnapshotLinkId": "sl-1", "SourceSnapshotId": "s-0", "SourceRegionId": "cn-beijing", "RetentionDays": 30,
        "ResourceGroupId": "rg-1", "ProductCode": "p", "SourceDiskId": "d-1",
        "Tags": {"Tag": [{"TagKey": "env", "TagValue": "dev"}]}, "NewField": {"of": ["next", "year"]}});
    check(|place, row| snapshot(place, row, None, Some(&Groups::default())), row.clone(), expected.clone());
    let mut mixed = row;
    mixed["SourceDiskSize"] = json!(40);
    mixed["Encrypted"] = json!("false");
    mixed["RetentionDays"] = json!("30");
    mixed["SnapshotType"] = json!("auto");
    mixed["Description"] = json!("");
    check(|place, row| snapshot(place, row, None, Some(&Groups::default())), mixed, expected);
    check(
        |place, row| snapshot(place, row, None, Some(&Groups::default())),
        json!({"SnapshotId": "s-1"}),
        bare("snapshot", "s-1", json!([])),
    );
    let empty = json!({"SnapshotId": "s-1", "SnapshotName": "", "CreationTime": "", "Status": "", "SourceDiskSize": "",
        "Usage": null, "RetentionDays": null, "SourceDiskId": "", "Tags": {}});
    check(|place, row| snapshot(place, row, None, Some(&Groups::default())), empty, bare("snapshot", "s-1", json!([])));
}

#[test]
fn words_that_a_guard_tells_apart_are_unknown_where_they_are_others() {
    let (place, groups) = (place(), Groups::default());
    for (usage, sort, expected) in [
        (json!("image"), json!("user"), (Some(json!("image")), Some(json!("user")))),
        (json!("Image_Disk"), json!("Auto"), (Some(json!("image_disk")), Some(json!("auto")))),
        (json!("vault"), json!("flash"), (Some(Value::Null), Some(Value::Null))),
        (json!(["image"]), json!({}), (Some(Value::Null), Some(Value::Null))),
        (json!(""), Value::Null, (None, None)),
    ] {
        let row = json!({"SnapshotId": "s-1", "Usage": usage, "SnapshotType": sort, "ImageId": "m-1"});
        let row = Row::new(row.as_object().unwrap());
        let read = snapshot(&place, row, None, Some(&groups)).unwrap();
        let Fact::Known(mut attributes) = read.attributes else { panic!("known") };
        assert_eq!((attributes.remove("usage"), attributes.remove("snapshot_type")), expected);
    }
    for (usage, expected) in [(json!("instance"), Some(json!("instance"))), (json!("disk"), Some(Value::Null))] {
        let row = json!({"ImageId": "m-1", "Usage": usage});
        let read = image(&place, Row::new(row.as_object().unwrap())).unwrap();
        let Fact::Known(mut attributes) = read.attributes else { panic!("known") };
        assert_eq!(attributes.remove("usage"), expected);
    }
}

#[test]
fn a_lock_holds_until_it_ends_and_without_an_end_until_nobody_knows() {
    for (row, status, until) in [
        (
            json!({"LockStatus": "compliance", "LockExpiredTime": "2027-01-01T00:00:00Z"}),
            Some(json!("compliance")),
            Some(json!("2027-01-01T00:00:00Z")),
        ),
        (json!({"LockStatus": "compliance-cooloff"}), Some(json!("compliance-cooloff")), Some(Value::Null)),
        (json!({"LockStatus": "compliance", "LockExpiredTime": ""}), Some(json!("compliance")), Some(Value::Null)),
        (json!({"LockStatus": "compliance", "LockExpiredTime": "soon"}), Some(json!("compliance")), Some(Value::Null)),
        (json!({}), None, Some(Value::Null)),
        (json!({"LockStatus": "expired"}), Some(json!("expired")), None),
        (
            json!({"LockStatus": "expired", "LockExpiredTime": "2025-01-01T00:00Z"}),
            Some(json!("expired")),
            Some(json!("2025-01-01T00:00:00Z")),
        ),
    ] {
        let mut row = row;
        row["SnapshotId"] = json!("s-1");
        let Value::Object(object) = &row else { panic!("not an object") };
        let lock = lock(Row::new(object)).unwrap();
        let mut expected = bare("snapshot", "s-1", json!([]));
        if let Some(status) = status {
            expected["attrs"]["lock_status"] = status;
        }
        if let Some(until) = until {
            expected["attrs"]["locked_until"] = until;
        }
        check(|place, row| snapshot(place, row, Some(&lock), Some(&Groups::default())), row.clone(), expected);
    }
}

#[test]
fn an_image_links_each_snapshot_once_and_a_mapping_that_is_not_told_is_unknown() {
    let row = json!({"ImageId": "m-1", "ImageName": "web", "CreationTime": "2026-01-02T03:04:05Z", "Status": "Available",
        "Size": 40, "Usage": "none", "ImageOwnerAlias": "self", "ImageFamily": "web", "IsSelfShared": "False",
        "IsPublic": false, "IsCopied": "true", "OSType": "linux", "Architecture": "x86_64", "ResourceGroupId": "",
        "DiskDeviceMappings": {"DiskDeviceMapping": [
            {"SnapshotId": "s-2", "Size": "40"}, {"SnapshotId": "s-1"}, {"SnapshotId": "s-2"}, {"SnapshotId": ""}, {}]},
        "Tags": {"Tag": []}, "DetectionOptions": {}});
    let expected = json!({"kind": "image", "id": "m-1", "name": "web", "created_at": "2026-01-02T03:04:05Z",
        "state": "Available", "size_bytes": 42949672960_u64, "tags": {},
        "attrs": {"usage": "none", "image_owner_alias": "self", "image_family": "web", "is_self_shared": false,
            "is_public": false, "is_copied": true, "os_type": "linux", "architecture": "x86_64"},
        "links": [{"relation": "created-from", "kind": "snapshot", "id": "s-1"},
            {"relation": "created-from", "kind": "snapshot", "id": "s-2"}]});
    check(image, row, expected);
    for mappings in [json!({}), json!({"DiskDeviceMapping": []}), json!(""), json!([])] {
        let row = json!({"ImageId": "m-1", "DiskDeviceMappings": mappings});
        check(image, row, bare("image", "m-1", json!([])));
    }
    for row in
        [json!({}), json!({"DiskDeviceMappings": null}), json!({"DiskDeviceMappings": {"DiskDeviceMapping": "?"}})]
    {
        let mut row = row;
        row["ImageId"] = json!("m-1");
        check(image, row, bare("image", "m-1", Value::Null));
    }
}

#[test]
fn an_image_says_whether_it_is_shared_public_and_ones_own() {
    let with = |row: Value, read: fn(Row<'_>) -> bool| {
        let Value::Object(row) = row else { panic!("not an object") };
        read(Row::new(&row))
    };
    for (told, ask) in [
        (json!("False"), false),
        (json!(false), false),
        (json!("True"), true),
        (json!(true), true),
        (json!(""), true),
        (json!(null), true),
        (json!("no"), true),
    ] {
        assert_eq!(with(json!({"IsSelfShared": told}), may_be_shared), ask, "{told}");
    }
    for (told, expected) in [
        (json!(true), Publicity::Public),
        (json!("True"), Publicity::Public),
        (json!(false), Publicity::NotPublic),
        (json!(""), Publicity::NotPublic),
        (json!("perhaps"), Publicity::Unreadable),
    ] {
        let row = json!({"IsPublic": told});
        assert_eq!(publicity(Row::new(row.as_object().unwrap())), expected, "{told}");
    }
    for (row, own) in [
        (json!({"ImageOwnerAlias": "self"}), true),
        (json!({}), true),
        (json!({"ImageOwnerAlias": "others", "ImageOwnerId": 1}), true),
        (json!({"ImageOwnerAlias": "others", "ImageOwnerId": "2"}), false),
        (json!({"ImageOwnerAlias": "system"}), false),
    ] {
        assert_eq!(is_own(&place(), Row::new(row.as_object().unwrap())), own, "{row}");
    }
    let expected = json!({"kind": "publication", "id": "m-1/public", "name": null, "created_at": null, "state": null,
        "size_bytes": null, "tags": {}, "attrs": {}, "links": [{"relation": "publishes", "kind": "image", "id": "m-1"}]});
    check(publication, json!({"ImageId": "m-1", "IsPublic": true}), expected);
}

#[test]
fn a_disk_links_what_it_was_made_from_and_every_instance_that_holds_it() {
    let row = json!({"DiskId": "d-1", "DiskName": "data", "CreationTime": "2026-01-02T03:04:05Z", "Status": "In_use",
        "Size": 40, "Type": "data", "DiskChargeType": "PostPaid", "Category": "cloud_essd", "ImageId": "m-1",
        "MultiAttach": "Disabled", "Portable": "True", "DeleteWithInstance": true, "DeleteAutoSnapshot": "false",
        "Encrypted": false, "OperationLocks": {"OperationLock": [{"LockReason": "recycling"}]}, "ResourceGroupId": "rg",
        "SourceSnapshotId": "s-1", "InstanceId": "i-1",
        "Attachments": {"Attachment": [{"InstanceId": "i-1"}, {"InstanceId": "i-2"}]},
        "MountInstances": {"MountInstance": [{"InstanceId": "i-3"}]}, "ExpiredTime": "2999-09-08T16:00Z"});
    let expected = json!({"kind": "disk", "id": "d-1", "name": "data", "created_at": "2026-01-02T03:04:05Z",
        "state": "In_use", "size_bytes": 42949672960_u64, "tags": {},
        "attrs": {"disk_type": "data", "disk_charge_type": "PostPaid", "category": "cloud_essd", "image_id": "m-1",
            "multi_attach": "Disabled", "portable": true, "delete_with_instance": true, "delete_auto_snapshot": false,
            "encrypted": false, "operation_locks": ["recycling"], "resource_group_id": "rg"},
        "links": [{"relation": "attached-to", "kind": "instance", "id": "i-1"},
            {"relation": "attached-to", "kind": "instance", "id": "i-2"},
            {"relation": "attached-to", "kind": "instance", "id": "i-3"},
            {"relation": "created-from", "kind": "snapshot", "id": "s-1"}]});
    check(disk, row, expected);
    let empty = json!({"DiskId": "d-1", "SourceSnapshotId": "", "InstanceId": "", "Attachments": {}});
    check(disk, empty, bare("disk", "d-1", json!([])));
    check(disk, json!({"DiskId": "d-1", "Attachments": 7}), bare("disk", "d-1", Value::Null));
}

#[test]
fn an_instance_without_a_deletion_protection_has_none_rather_than_an_open_one() {
    let row = json!({"InstanceId": "i-1", "InstanceName": "web", "CreationTime": "2026-01-02T03:04Z", "Status": "Running",
        "DeletionProtection": "False", "InstanceChargeType": "PostPaid", "InstanceType": "ecs.g7.large",
        "OperationLocks": {"LockReason": [{"LockReason": "security", "LockMsg": ""}]}, "SpotStrategy": "NoSpot",
        "ZoneId": "cn-hangzhou-h", "ResourceGroupId": "", "ImageId": "m-1", "AutoReleaseTime": ""});
    let expected = json!({"kind": "instance", "id": "i-1", "name": "web", "created_at": "2026-01-02T03:04:00Z",
        "state": "Running", "size_bytes": null, "tags": {},
        "attrs": {"deletion_protection": false, "instance_charge_type": "PostPaid", "instance_type": "ecs.g7.large",
            "operation_locks": ["security"], "spot_strategy": "NoSpot", "zone_id": "cn-hangzhou-h"},
        "links": [{"relation": "booted-from", "kind": "image", "id": "m-1"}]});
    check(instance, row, expected);
    check(instance, json!({"InstanceId": "i-1", "ImageId": ""}), bare("instance", "i-1", json!([])));
    check(instance, json!({"InstanceId": "i-1"}), bare("instance", "i-1", Value::Null));
    let mut odd = bare("instance", "i-1", json!([]));
    odd["attrs"] = json!({"deletion_protection": "perhaps"});
    check(instance, json!({"InstanceId": "i-1", "ImageId": "", "DeletionProtection": "perhaps"}), odd);
}

#[test]
fn shares_tasks_and_launchers() {
    let share = |with: &str, of: &str, since: Value| {
        json!({"kind": "share", "id": format!("m-1/{with}"), "name": null, "created_at": since, "state": null,
            "size_bytes": null, "tags": {}, "attrs": {"share_type": of},
            "links": [{"relation": "grants", "kind": "image", "id": "m-1"}]})
    };
    let account = |place: &Place, row: Row<'_>| account_share(place, "m-1", row);
    let row = json!({"AliyunId": 1234567890, "SharedTime": "2026-01-02T03:04:05Z"});
    check(account, row, share("1234567890", "account", json!("2026-01-02T03:04:05Z")));
    check(account, json!({"AliyunId": "1234567890"}), share("1234567890", "account", Value::Null));
    check(|place, row| group_share(place, "m-1", row), json!({"Group": "all"}), share("all", "group", Value::Null));

    let task_of = |action: &str, links: Value| {
        json!({"kind": "task", "id": "t-1", "name": null, "created_at": "2026-01-02T03:04:00Z", "state": "Processing",
            "size_bytes": null, "tags": {}, "attrs": {"task_action": action, "support_cancel": true}, "links": links})
    };
    let row = |action: &str| {
        json!({"TaskId": "t-1", "TaskAction": action, "TaskStatus": "Processing", "SupportCancel": "true",
            "ResourceId": "m-1", "CreationTime": "2026-01-02T03:04Z"})
    };
    let link = |relation: &str| json!([{"relation": relation, "kind": "image", "id": "m-1"}]);
    check(task, row("ExportImage"), task_of("ExportImage", link("exports")));
    check(task, row("ImportImage"), task_of("ImportImage", link("imports")));
    check(task, row("ModifyDiskSpec"), task_of("ModifyDiskSpec", json!([])));
    check(task, json!({"TaskId": "t-1"}), bare("task", "t-1", Value::Null));
    let mut exports_nothing = row("ExportImage");
    exports_nothing["ResourceId"] = json!("");
    check(task, exports_nothing, task_of("ExportImage", Value::Null));

    let mut references = TemplateReferences::default();
    for version in [
        json!({"VersionNumber": 1, "LaunchTemplateData": {"ImageId": "m-1", "DataDisks": {"DataDisk": [{"SnapshotId": "s-1"}]}}}),
        json!({"VersionNumber": 2, "LaunchTemplateData": {"ImageId": "m-2", "SystemDisk.Size": "40", "DataDisk.1.SnapshotId": "s-2"}}),
    ] {
        references.add(Row::new(version.as_object().unwrap()));
    }
    let template = json!({"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "CreateTime": "2026-01-02T03:04:05Z",
        "DefaultVersionNumber": 1, "LatestVersionNumber": "2"});
    let expected = json!({"kind": "launch-template", "id": "lt-1", "name": "web", "created_at": "2026-01-02T03:04:05Z",
        "state": null, "size_bytes": null, "tags": {}, "attrs": {"default_version": 1, "latest_version": 2},
        "links": [{"relation": "refers-to", "kind": "image", "id": "m-1"},
            {"relation": "refers-to", "kind": "image", "id": "m-2"},
            {"relation": "refers-to", "kind": "snapshot", "id": "s-1"},
            {"relation": "refers-to", "kind": "snapshot", "id": "s-2"}]});
    check(|place, row| launch_template(place, row, Some(&references)), template, expected);
    check(
        |place, row| launch_template(place, row, None),
        json!({"LaunchTemplateId": "lt-1"}),
        bare("launch-template", "lt-1", Value::Null),
    );

    let row = json!({"ScalingConfigurationId": "asc-1", "ScalingConfigurationName": "web", "ScalingGroupId": "asg-1",
        "CreationTime": "2026-01-02T03:04Z", "LifecycleState": "Active", "ImageId": "m-1", "ImageFamily": "web",
        "DataDisks": [{"SnapshotId": "s-1"}], "Tags": [{"Key": "env", "Value": "dev"}]});
    let expected = json!({"kind": "scaling-configuration", "id": "asc-1", "name": "web",
        "created_at": "2026-01-02T03:04:00Z", "state": "Active", "size_bytes": null, "tags": {},
        "attrs": {"scaling_group_id": "asg-1", "image_family": "web"},
        "links": [{"relation": "refers-to", "kind": "image", "id": "m-1"},
            {"relation": "refers-to", "kind": "snapshot", "id": "s-1"}]});
    check(scaling_configuration, row, expected);
}

#[test]
fn a_row_without_an_id_is_no_resource() {
    let row = json!({"SnapshotName": "x"});
    let read = snapshot(&place(), Row::new(row.as_object().unwrap()), None, Some(&Groups::default()));
    assert_eq!(read, Err(DecodeError::from(sexton_http::NoId { field: "SnapshotId" })));
}

#[test]
fn a_snapshot_is_in_the_group_that_names_it_and_of_unknown_groups_nothing_is_said() {
    let mut groups = Groups::default();
    let row = json!({"SnapshotGroupId": "ssg-1", "Snapshots": {"Snapshot": [{"SnapshotId": "s-1"}]}});
    groups.add(Row::new(row.as_object().unwrap())).unwrap();
    let group = |id: &str, groups: Option<&Groups>| {
        let row = json!({ "SnapshotId": id });
        let read = snapshot(&place(), Row::new(row.as_object().unwrap()), None, groups).unwrap();
        read.attributes.known().unwrap().get("snapshot_group_id").cloned()
    };
    assert_eq!(group("s-1", Some(&groups)), Some(json!("ssg-1")));
    assert_eq!(group("s-2", Some(&groups)), None);
    assert_eq!(group("s-2", None), Some(json!(null)));
    let broken = json!({"SnapshotGroupId": "ssg-1", "Snapshots": "s-1"});
    assert!(Groups::default().add(Row::new(broken.as_object().unwrap())).is_err());
}

#[test]
fn a_policy_covers_its_disks_and_nothing_is_known_of_them_where_they_were_not_listed() {
    let mut covered = Covered::default();
    for (policy, disk) in [("sp-1", "d-2"), ("sp-1", "d-1"), ("sp-2", "d-1")] {
        let row = json!({"AutoSnapshotPolicyId": policy, "DiskId": disk});
        covered.add(Row::new(row.as_object().unwrap())).unwrap();
    }
    let row = json!({"AutoSnapshotPolicyId": "sp-1", "AutoSnapshotPolicyName": "daily", "Status": "Normal",
        "RetentionDays": "-1", "Type": "Custom", "RepeatWeekdays": "[\"1\"]"});
    let links = ["d-1", "d-2"].map(|disk| json!({"relation": "covers", "kind": "disk", "id": disk}));
    let links = json!(links);
    let mut expected = bare("auto-snapshot-policy", "sp-1", links);
    expected["name"] = json!("daily");
    expected["state"] = json!("Normal");
    expected["attrs"] = json!({"retention_days": -1, "policy_type": "Custom"});
    check(|place, row| snapshot_policy(place, row, Some(&covered)), row.clone(), expected);
    let unknown = snapshot_policy(&place(), Row::new(row.as_object().unwrap()), None).unwrap();
    assert!(unknown.links.is_unknown());
}
