//! One case for each guard: the documented status and code, what `Force` does about it, and that a refused call changes
//! nothing.

use serde_json::{Value, json};

use crate::scene::{AT_ONCE, disk, image, instance, link, publication, resource, share, snapshot, start, task};

struct Case {
    name: &'static str,
    resources: Vec<Value>,
    action: &'static str,
    parameters: Vec<(&'static str, &'static str)>,
    refused: (u16, &'static str),
    force: Force,
}

#[derive(PartialEq)]
enum Force {
    Passes,
    Fails,
    Unknown,
}

async fn check(cases: Vec<Case>) {
    for Case { name, resources, action, parameters, refused, force } in cases {
        let (emulator, client) = start(&resources, AT_ONCE).await;
        let before = without_header(&emulator.state().await.unwrap());
        let outcome = client.outcome(action, &parameters).await;
        assert_eq!((outcome.0, outcome.1.as_str()), refused, "{name}");
        assert_eq!(without_header(&emulator.state().await.unwrap()), before, "{name}: a refusal changes nothing");
        let mut forced = parameters;
        forced.push(("Force", "True"));
        match force {
            Force::Unknown => continue,
            Force::Passes => {
                assert_eq!(client.outcome(action, &forced).await, (200, "OK".to_owned()), "{name}, forced")
            }
            Force::Fails => {
                let outcome = client.outcome(action, &forced).await;
                assert_eq!((outcome.0, outcome.1.as_str()), refused, "{name}, forced");
            }
        }
        let after = without_header(&emulator.state().await.unwrap());
        assert_eq!(after != before, force == Force::Passes, "{name}, forced");
    }
}

/// The resources alone: header and census carry the time.
fn without_header(state: &str) -> Vec<String> {
    state.lines().filter(|line| line.starts_with("{\"resource\"")).map(str::to_owned).collect()
}

#[tokio::test]
async fn snapshots() {
    let delete = |name, resources, refused, force| Case {
        name,
        resources,
        action: "DeleteSnapshot",
        parameters: vec![("SnapshotId", "s-1")],
        refused,
        force,
    };
    let with = |attributes| vec![snapshot("s-1", attributes)];
    let hidden = |code: &str| with(json!({ "emulator_refuse": [code] }));
    check(vec![
        delete(
            "made into an image",
            vec![snapshot("s-1", json!({})), image("m-1", "Available", &["s-1"], json!({}))],
            (403, "SnapshotCreatedImage"),
            Force::Fails,
        ),
        delete(
            "made into a broken image",
            vec![snapshot("s-1", json!({})), image("m-1", "CreateFailed", &["s-1"], json!({}))],
            (403, "SnapshotCreatedImage"),
            Force::Fails,
        ),
        delete(
            "made into a disk",
            vec![
                snapshot("s-1", json!({})),
                disk("d-1", "Available", json!({}), vec![link("created-from", "snapshot", "s-1")]),
            ],
            (403, "SnapshotCreatedDisk"),
            Force::Passes,
        ),
        delete(
            "locked",
            with(json!({ "lock_status": "compliance", "locked_until": "2999-01-01T00:00:00Z" })),
            (403, "OperationDenied.SnapshotLocked"),
            Force::Fails,
        ),
        delete(
            "locked, cooling off",
            with(json!({ "lock_status": "compliance-cooloff", "locked_until": "2999-01-01T00:00:00Z" })),
            (403, "OperationDenied.SnapshotLocked"),
            Force::Fails,
        ),
        delete(
            "locked without an end",
            with(json!({ "lock_status": "compliance", "locked_until": null })),
            (403, "OperationDenied.SnapshotLocked"),
            Force::Fails,
        ),
        delete(
            "shared as a resource",
            hidden("InvalidOperation.DeleteSharedSnapshotUnsupported"),
            (403, "InvalidOperation.DeleteSharedSnapshotUnsupported"),
            Force::Fails,
        ),
        delete(
            "managed by a product",
            hidden("InvalidOperation.ResourceManagedByCloudProduct"),
            (403, "InvalidOperation.ResourceManagedByCloudProduct"),
            Force::Fails,
        ),
        delete(
            "its disk still creates it",
            hidden("IncorrectDiskStatus.CreatingSnapshot"),
            (400, "IncorrectDiskStatus.CreatingSnapshot"),
            Force::Fails,
        ),
        delete(
            "a copy is unfinished",
            hidden("InvalidOperation.RelatedSnapshotNotFinished"),
            (403, "InvalidOperation.RelatedSnapshotNotFinished"),
            Force::Fails,
        ),
        delete("in conflict", hidden("Operation.Conflict"), (403, "Operation.Conflict"), Force::Fails),
        delete("not there", Vec::new(), (404, "InvalidSnapshotId.NotFound"), Force::Fails),
        Case {
            name: "no id",
            resources: Vec::new(),
            action: "DeleteSnapshot",
            parameters: Vec::new(),
            refused: (400, "MissingParameter"),
            force: Force::Fails,
        },
    ])
    .await;
}

#[tokio::test]
async fn snapshots_that_may_go() {
    for (name, attributes, state) in [
        ("plain", json!({}), "accomplished"),
        ("failed", json!({}), "failed"),
        ("in progress: deleting it ends it", json!({ "progress": "12%" }), "progressing"),
        ("usage without a holder", json!({ "usage": "image_disk" }), "accomplished"),
        (
            "its lock is over",
            json!({ "lock_status": "expired", "locked_until": "2020-01-01T00:00:00Z" }),
            "accomplished",
        ),
        (
            "its lock has run out",
            json!({ "lock_status": "compliance", "locked_until": "2020-01-01T00:00:00Z" }),
            "failed",
        ),
    ] {
        let mut target = snapshot("s-1", attributes);
        target["state"] = json!(state);
        let (_emulator, client) = start(&[target], "").await;
        assert_eq!(client.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await, (200, "OK".to_owned()), "{name}");
        assert!(client.call("DescribeSnapshots", &[]).await.rows("Snapshots", "Snapshot").is_empty(), "{name}");
    }
}

#[tokio::test]
async fn images() {
    let delete = |name, resources, refused, force| Case {
        name,
        resources,
        action: "DeleteImage",
        parameters: vec![("ImageId", "m-1")],
        refused,
        force,
    };
    let plain = || image("m-1", "Available", &[], json!({}));
    let running = |state, action| vec![plain(), task("t-1", state, action, "m-1", json!({}))];
    let mut group = share("m-1", "all");
    group["attrs"] = json!({ "share_type": "group" });
    check(vec![
        delete(
            "an instance runs from it",
            vec![plain(), instance("i-1", "Stopped", "m-1", json!({}))],
            (403, "ImageUsingByInstance"),
            Force::Passes,
        ),
        delete("shared", vec![plain(), share("m-1", "42")], (403, "ImageUseShared"), Force::Fails),
        delete("shared to a group", vec![plain(), group], (403, "ImageUseShared"), Force::Fails),
        delete("public", vec![plain(), publication("m-1")], (403, "ImageIsPublic"), Force::Fails),
        delete("exported", running("Processing", "ExportImage"), (403, "ImageIsExporting"), Force::Fails),
        delete("to be exported", running("Waiting", "ExportImage"), (403, "ImageIsExporting"), Force::Fails),
        delete("imported", running("Processing", "ImportImage"), (403, "ImageIsImporting"), Force::Fails),
        delete(
            "copied",
            vec![image("m-1", "Available", &[], json!({ "emulator_refuse": ["OperationDenied.ImageCopying"] }))],
            (403, "OperationDenied.ImageCopying"),
            Force::Fails,
        ),
        delete("in creation", vec![image("m-1", "Creating", &[], json!({}))], (403, "ImageIsCreating"), Force::Fails),
        delete("waiting", vec![image("m-1", "Waiting", &[], json!({}))], (403, "ImageIsCreating"), Force::Fails),
        delete("not there", Vec::new(), (404, "InvalidImageId.NotFound"), Force::Fails),
        delete(
            "somebody else's",
            vec![image("m-1", "Available", &[], json!({ "image_owner_alias": "others" }))],
            (404, "InvalidImageId.NotFound"),
            Force::Fails,
        ),
    ])
    .await;
}

#[tokio::test]
async fn images_that_may_go() {
    for state in ["Available", "UnAvailable", "CreateFailed", "Deprecated"] {
        let resources = [
            image("m-1", state, &[], json!({ "usage": "instance" })),
            task("t-1", "Finished", "ExportImage", "m-1", json!({})),
            task("t-2", "Failed", "ExportImage", "m-1", json!({})),
            instance("i-1", "Running", "m-2", json!({})),
        ];
        let (_emulator, client) = start(&resources, AT_ONCE).await;
        assert_eq!(client.outcome("DeleteImage", &[("ImageId", "m-1")]).await, (200, "OK".to_owned()), "{state}");
        let listed = client.call("DescribeImages", &[("ImageOwnerAlias", "self"), ("Status", state)]).await;
        assert!(listed.rows("Images", "Image").is_empty(), "{state}");
    }
}

#[tokio::test]
async fn image_share_permissions() {
    let modify = |name, resources, change: Vec<(&'static str, &'static str)>, refused| Case {
        name,
        resources,
        action: "ModifyImageSharePermission",
        parameters: std::iter::once(("ImageId", "m-1")).chain(change).collect(),
        refused,
        force: Force::Unknown,
    };
    let plain = || image("m-1", "Available", &[], json!({}));
    let full: Vec<Value> =
        std::iter::once(plain()).chain((0..50).map(|account| share("m-1", &account.to_string()))).collect();
    check(vec![
        modify("nothing to do", vec![plain()], vec![], (400, "MissingParameter")),
        modify("not public", vec![plain()], vec![("IsPublic", "False")], (403, "Image.NotPublic")),
        modify("public already", vec![plain(), publication("m-1")], vec![("IsPublic", "true")], (403, "Image.Public")),
        modify(
            "publication and accounts at once",
            vec![plain(), share("m-1", "42"), publication("m-1")],
            vec![("RemoveAccount.1", "42"), ("IsPublic", "false")],
            (403, "InvalidParameter.IsPublic"),
        ),
        modify("not shared to it", vec![plain()], vec![("RemoveAccount.1", "42")], (404, "InvalidAccount.NotFound")),
        modify(
            "one of two not shared to it",
            vec![plain(), share("m-1", "42")],
            vec![("RemoveAccount.1", "42"), ("RemoveAccount.2", "43")],
            (404, "InvalidAccount.NotFound"),
        ),
        modify("no account", vec![plain()], vec![("AddAccount.1", "someone")], (404, "InvalidAccount.NotFound")),
        modify("one's own", vec![plain()], vec![("AddAccount.1", "1234567890")], (404, "InvalidAccount.Forbbiden")),
        modify(
            "deprecated",
            vec![image("m-1", "Deprecated", &[], json!({}))],
            vec![("AddAccount.1", "42")],
            (403, "OperationDenied.InvalidImageStatus"),
        ),
        modify("shared to fifty", full, vec![("AddAccount.1", "99")], (403, "QuotaExceed.ShareImageUser")),
        modify("not there", Vec::new(), vec![("AddAccount.1", "42")], (404, "InvalidImageId.NotFound")),
    ])
    .await;
}

#[tokio::test]
async fn tasks() {
    let cancel = |name, resources, refused| Case {
        name,
        resources,
        action: "CancelTask",
        parameters: vec![("TaskId", "t-1")],
        refused,
        force: Force::Unknown,
    };
    let export = |state, attributes| vec![task("t-1", state, "ExportImage", "m-1", attributes)];
    let redeploy =
        resource("task", "t-1", json!({ "state": "Processing", "attrs": { "task_action": "RedeployInstance" } }));
    check(vec![
        cancel("not there", Vec::new(), (400, "InvalidTaskId.NotFound")),
        cancel("another action", vec![redeploy], (403, "InvalidTaskId.TaskActionNotSupport")),
        cancel("finished", export("Finished", json!({})), (403, "InvalidTaskId.IncorrectTaskStatus")),
        cancel("failed", export("Failed", json!({})), (403, "InvalidTaskId.IncorrectTaskStatus")),
        cancel(
            "not to be cancelled",
            export("Processing", json!({ "support_cancel": false })),
            (403, "InvalidTaskId.TaskActionNotSupport"),
        ),
        cancel(
            "fails to be cancelled",
            export("Processing", json!({ "support_cancel": true, "emulator_refuse": ["CancelTaskFailed"] })),
            (403, "CancelTaskFailed"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn disks() {
    let delete = |name, resources, refused| Case {
        name,
        resources,
        action: "DeleteDisk",
        parameters: vec![("DiskId", "d-1")],
        refused,
        force: Force::Fails,
    };
    let with = |state, attributes| vec![disk("d-1", state, attributes, Vec::new())];
    let hidden = |code: &str| with("Available", json!({ "emulator_refuse": [code] }));
    let mut in_progress = snapshot("s-1", json!({}));
    in_progress["state"] = json!("progressing");
    in_progress["links"] = json!([link("source", "disk", "d-1")]);
    check(vec![
        delete(
            "attached",
            vec![
                disk("d-1", "In_use", json!({}), vec![link("attached-to", "instance", "i-1")]),
                instance("i-1", "Stopped", "m-1", json!({})),
            ],
            (403, "DiskStillAttached"),
        ),
        delete("not available", with("Detaching", json!({})), (403, "IncorrectDiskStatus")),
        delete("a system disk", with("Available", json!({ "disk_type": "system" })), (403, "DiskTypeViolation")),
        delete("subscribed", with("Available", json!({ "disk_charge_type": "PrePaid" })), (403, "ChargeTypeViolation")),
        delete(
            "being copied",
            vec![disk("d-1", "Available", json!({}), Vec::new()), in_progress],
            (403, "DiskCreatingSnapshot"),
        ),
        delete("not portable", hidden("DiskNotPortable"), (403, "DiskNotPortable")),
        delete("protected", hidden("InvalidDiskStatus.DeleteProtection"), (403, "InvalidDiskStatus.DeleteProtection")),
        delete(
            "being initialised",
            hidden("IncorrectDiskStatus.Initializing"),
            (403, "IncorrectDiskStatus.Initializing"),
        ),
        delete("not there", Vec::new(), (404, "InvalidDiskId.NotFound")),
    ])
    .await;
}

#[tokio::test]
async fn instances() {
    let delete = |name, resources, refused, force| Case {
        name,
        resources,
        action: "DeleteInstance",
        parameters: vec![("InstanceId", "i-1")],
        refused,
        force,
    };
    let with = |state, attributes| vec![instance("i-1", state, "m-1", attributes)];
    let hidden = |code: &str| with("Stopped", json!({ "emulator_refuse": [code] }));
    check(vec![
        delete("running", with("Running", json!({})), (403, "IncorrectInstanceStatus"), Force::Passes),
        delete("starting", with("Starting", json!({})), (403, "IncorrectInstanceStatus"), Force::Passes),
        delete(
            "protected",
            with("Stopped", json!({ "deletion_protection": true })),
            (403, "InvalidOperation.DeletionProtection"),
            Force::Fails,
        ),
        delete(
            "subscribed",
            with("Stopped", json!({ "instance_charge_type": "PrePaid" })),
            (403, "ChargeTypeViolation"),
            Force::Fails,
        ),
        delete(
            "locked",
            with("Stopped", json!({ "operation_locks": ["security"] })),
            (403, "InstanceLockedForSecurity"),
            Force::Fails,
        ),
        delete("linked", hidden("InvalidOperation.EniLinked"), (403, "InvalidOperation.EniLinked"), Force::Fails),
        delete(
            "routed",
            hidden("DependencyViolation.RouteEntry"),
            (400, "DependencyViolation.RouteEntry"),
            Force::Fails,
        ),
        delete(
            "balanced",
            hidden("DependencyViolation.SLBConfiguring"),
            (400, "DependencyViolation.SLBConfiguring"),
            Force::Fails,
        ),
        delete(
            "starting up",
            hidden("IncorrectInstanceStatus.Initializing"),
            (403, "IncorrectInstanceStatus.Initializing"),
            Force::Fails,
        ),
        delete(
            "a product's",
            hidden("OperationDenied.SystemInstanceNotSupport"),
            (403, "OperationDenied.SystemInstanceNotSupport"),
            Force::Fails,
        ),
        delete("not there", Vec::new(), (404, "InvalidInstanceId.NotFound"), Force::Fails),
        Case {
            name: "protection of a subscription",
            resources: with("Running", json!({ "instance_charge_type": "PrePaid" })),
            action: "ModifyInstanceAttribute",
            parameters: vec![("InstanceId", "i-1"), ("DeletionProtection", "false")],
            refused: (403, "InvalidChargeType.ValueNotSupported"),
            force: Force::Unknown,
        },
        Case {
            name: "protection of what is not there",
            resources: Vec::new(),
            action: "ModifyInstanceAttribute",
            parameters: vec![("InstanceId", "i-1"), ("DeletionProtection", "false")],
            refused: (404, "InvalidInstanceId.NotFound"),
            force: Force::Unknown,
        },
        Case {
            name: "stopping what is stopped",
            resources: with("Stopped", json!({})),
            action: "StopInstance",
            parameters: vec![("InstanceId", "i-1")],
            refused: (403, "IncorrectInstanceStatus"),
            force: Force::Unknown,
        },
    ])
    .await;
}

#[tokio::test]
async fn what_is_missing_may_be_ignored_instead() {
    let (_emulator, client) = start(&[], "[behaviour]\nmissing = \"ignored\"").await;
    for (action, parameter) in [
        ("DeleteSnapshot", "SnapshotId"),
        ("DeleteImage", "ImageId"),
        ("DeleteDisk", "DiskId"),
        ("DeleteInstance", "InstanceId"),
    ] {
        assert_eq!(client.outcome(action, &[(parameter, "x-1")]).await, (200, "OK".to_owned()), "{action}");
    }
}

#[tokio::test]
async fn a_dry_run_of_a_deletion_checks_and_changes_nothing() {
    let resources = [image("m-1", "Available", &[], json!({})), instance("i-1", "Stopped", "m-2", json!({}))];
    let (emulator, client) = start(&resources, AT_ONCE).await;
    let before = without_header(&emulator.state().await.unwrap());
    for (action, parameter, id) in [("DeleteImage", "ImageId", "m-1"), ("DeleteInstance", "InstanceId", "i-1")] {
        let outcome = client.outcome(action, &[(parameter, id), ("DryRun", "true")]).await;
        assert_eq!(outcome, (400, "DryRunOperation".to_owned()), "{action}");
    }
    assert_eq!(without_header(&emulator.state().await.unwrap()), before);
}

#[tokio::test]
async fn only_a_copy_on_its_way_can_be_cancelled_and_it_is_gone_at_once() {
    let copied = json!({ "is_copied": true });
    let stuck = json!({ "is_copied": true, "emulator_refuse": ["CancelNotSupported"] });
    let resources = [
        image("m-1", "Creating", &[], copied.clone()),
        image("m-2", "Available", &[], copied),
        image("m-3", "Creating", &[], json!({ "is_copied": false })),
        image("m-4", "Creating", &[], stuck),
    ];
    let (_emulator, client) = start(&resources, "").await;
    let cancel = async |id: &str| client.outcome("CancelCopyImage", &[("ImageId", id)]).await;
    assert_eq!(client.outcome("DeleteImage", &[("ImageId", "m-1")]).await, (403, "ImageIsCreating".to_owned()));
    assert_eq!(cancel("m-1").await, (200, "OK".to_owned()));
    assert_eq!(cancel("m-1").await, (404, "InvalidImageId.NotFound".to_owned()));
    assert_eq!(cancel("m-2").await, (400, "IncorrectImageStatus".to_owned()));
    assert_eq!(cancel("m-3").await, (400, "ImageCreatedNotFromCopy".to_owned()));
    assert_eq!(cancel("m-4").await, (400, "CancelNotSupported".to_owned()));
}
