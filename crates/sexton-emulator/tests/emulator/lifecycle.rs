//! What happens after a call was accepted, and by itself.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, column};
use crate::scene::{
    ACCOUNT, AT_ONCE, REGION, disk, image, instance, link, publication, share, snapshot, start, task, until, world,
};

const ALL: &str = "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated";

async fn images(client: &Client) -> Vec<Value> {
    client.call("DescribeImages", &[("ImageOwnerAlias", "self"), ("Status", ALL)]).await.rows("Images", "Image")
}

async fn snapshots(client: &Client) -> Vec<Value> {
    client.call("DescribeSnapshots", &[("MaxResults", "100")]).await.rows("Snapshots", "Snapshot")
}

fn ok() -> (u16, String) {
    (200, "OK".to_owned())
}

#[tokio::test]
async fn an_image_goes_some_time_after_its_deletion_was_accepted() {
    let resources = [snapshot("s-1", json!({ "usage": "image" })), image("m-1", "Available", &["s-1"], json!({}))];
    let (_emulator, client) = start(&resources, "[behaviour]\nimage_deletion_ms = 400").await;
    assert_eq!(client.outcome("DeleteImage", &[("ImageId", "m-1")]).await, ok());
    assert_eq!(images(&client).await.len(), 1, "still listed");
    assert_eq!(client.outcome("DeleteImage", &[("ImageId", "m-1")]).await, ok(), "accepted again");
    let refused = client.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await;
    assert_eq!(refused, (403, "SnapshotCreatedImage".to_owned()), "still guarded");
    until("the image is gone", async || images(&client).await.is_empty()).await;
    assert_eq!(column(&snapshots(&client).await, "Usage"), ["none"]);
    assert_eq!(client.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await, ok());
    assert_eq!(client.outcome("DeleteImage", &[("ImageId", "m-1")]).await.0, 404);
}

#[tokio::test]
async fn the_guard_may_linger_after_the_image() {
    let resources = [snapshot("s-1", json!({})), image("m-1", "Available", &["s-1"], json!({}))];
    let (_emulator, client) = start(&resources, "[behaviour]\nimage_deletion_ms = 0\nguard_lingers_ms = 400").await;
    assert_eq!(client.outcome("DeleteImage", &[("ImageId", "m-1")]).await, ok());
    assert!(images(&client).await.is_empty());
    let refused = client.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await;
    assert_eq!(refused, (403, "SnapshotCreatedImage".to_owned()));
    until("the snapshot can be deleted", async || {
        client.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await == ok()
    })
    .await;
}

#[tokio::test]
async fn usage_follows_the_last_holder_unless_it_lags() {
    let resources = [
        snapshot("s-1", json!({ "usage": "image_disk" })),
        snapshot("s-2", json!({ "usage": "image" })),
        image("m-1", "Available", &["s-1", "s-2"], json!({ "usage": "instance" })),
        image("m-2", "Available", &["s-2"], json!({})),
        disk("d-1", "Available", json!({}), vec![link("created-from", "snapshot", "s-1")]),
        instance("i-1", "Stopped", "m-1", json!({})),
        instance("i-2", "Stopped", "m-1", json!({})),
    ];
    let usages = async |client: &Client| column(&snapshots(client).await, "Usage");
    let (_emulator, client) = start(&resources, AT_ONCE).await;
    client.call("DeleteInstance", &[("InstanceId", "i-1")]).await;
    assert_eq!(images(&client).await[0]["Usage"], "instance");
    client.call("DeleteInstance", &[("InstanceId", "i-2")]).await;
    assert_eq!(images(&client).await[0]["Usage"], "none");
    client.call("DeleteImage", &[("ImageId", "m-1")]).await;
    assert_eq!(usages(&client).await, ["disk", "image"]);
    client.call("DeleteDisk", &[("DiskId", "d-1")]).await;
    client.call("DeleteImage", &[("ImageId", "m-2")]).await;
    assert_eq!(usages(&client).await, ["none", "none"]);

    let (_emulator, client) = start(&resources, "[behaviour]\nimage_deletion_ms = 0\nusage_lags = true").await;
    client.call("DeleteImage", &[("ImageId", "m-2")]).await;
    client.call("DeleteImage", &[("ImageId", "m-1"), ("Force", "true")]).await;
    assert_eq!(usages(&client).await, ["image_disk", "image"]);
}

#[tokio::test]
async fn unshared_and_unpublished_an_image_may_go() {
    let shares = ["41", "42", "43"].map(|account| share("m-1", account));
    let mut resources = vec![image("m-1", "Available", &[], json!({})), publication("m-1")];
    resources.extend(shares);
    let (_emulator, client) = start(&resources, AT_ONCE).await;
    assert_eq!(images(&client).await[0]["IsSelfShared"], "True");
    assert_eq!(images(&client).await[0]["IsPublic"], true);

    let modify = async |change: &[(&str, &str)]| {
        let parameters: Vec<(&str, &str)> = [("ImageId", "m-1")].into_iter().chain(change.iter().copied()).collect();
        client.outcome("ModifyImageSharePermission", &parameters).await
    };
    assert_eq!(modify(&[("IsPublic", "False")]).await, ok());
    let accounts = client.call("DescribeImageSharePermission", &[("ImageId", "m-1")]).await;
    let accounts = accounts.rows("Accounts", "Account");
    assert_eq!(column(&accounts, "AliyunId"), ["41", "42", "43"], "explicit shares stay");
    assert_eq!(modify(&[("RemoveAccount.1", "41"), ("RemoveAccount.2", "43")]).await, ok());
    assert_eq!(client.outcome("DeleteImage", &[("ImageId", "m-1")]).await.1, "ImageUseShared");
    assert_eq!(modify(&[("RemoveAccount.1", "42")]).await, ok());
    assert_eq!(images(&client).await[0]["IsSelfShared"], "False");
    assert_eq!(client.outcome("DeleteImage", &[("ImageId", "m-1")]).await, ok());
    assert!(images(&client).await.is_empty());
}

#[tokio::test]
async fn the_eleventh_account_of_a_call_is_ignored_without_a_word() {
    let accounts: Vec<String> = (10..22).map(|account| account.to_string()).collect();
    let mut resources = vec![image("m-1", "Available", &[], json!({}))];
    resources.extend(accounts.iter().map(|account| share("m-1", account)));
    let (_emulator, client) = start(&resources, "").await;
    let names: Vec<String> = (1..=12).map(|number| format!("RemoveAccount.{number}")).collect();
    let mut parameters = vec![("ImageId", "m-1")];
    parameters.extend(names.iter().map(String::as_str).zip(accounts.iter().map(String::as_str)));
    assert_eq!(client.outcome("ModifyImageSharePermission", &parameters).await, ok());
    let left = client.call("DescribeImageSharePermission", &[("ImageId", "m-1")]).await;
    assert_eq!(column(&left.rows("Accounts", "Account"), "AliyunId"), ["20", "21"]);
    assert_eq!(left.json()["TotalCount"], 2);
}

#[tokio::test]
async fn groups_are_unshared_by_a_call_of_their_own() {
    let mut group = share("m-1", "all");
    group["attrs"] = json!({ "share_type": "group" });
    let (_emulator, client) = start(&[image("m-1", "Available", &[], json!({})), group], "").await;
    let shown = async || {
        let answer = client.call("DescribeImageSharePermission", &[("ImageId", "m-1")]).await;
        column(&answer.rows("ShareGroups", "ShareGroup"), "Group")
    };
    assert_eq!(shown().await, ["all"]);
    let parameters = [("ImageId", "m-1"), ("RemoveGroup.1", "all")];
    assert_eq!(client.outcome("ModifyImageShareGroupPermission", &parameters).await, ok());
    assert!(shown().await.is_empty());
    assert_eq!(client.outcome("DeleteImage", &[("ImageId", "m-1")]).await, ok());
}

#[tokio::test]
async fn a_cancelled_task_frees_its_image_and_leaves_the_state() {
    let resources = [
        image("m-1", "Available", &[], json!({})),
        task("t-1", "Processing", "ExportImage", "m-1", json!({ "support_cancel": true })),
    ];
    let (emulator, client) = start(&resources, AT_ONCE).await;
    assert_eq!(client.outcome("CancelTask", &[("TaskId", "t-1")]).await, ok());
    let listed = client.call("DescribeTasks", &[]).await.rows("TaskSet", "Task");
    assert_eq!(column(&listed, "TaskStatus"), ["Failed"]);
    assert!(!emulator.state().await.unwrap().contains("\"t-1\""));
    let again = client.outcome("CancelTask", &[("TaskId", "t-1")]).await;
    assert_eq!(again, (403, "InvalidTaskId.IncorrectTaskStatus".to_owned()));
    assert_eq!(client.outcome("DeleteImage", &[("ImageId", "m-1")]).await, ok());
}

#[tokio::test]
async fn what_is_unfinished_stays_so_unless_it_says_when_it_ends() {
    let unfinished = |finishes: Value| {
        let mut progressing = snapshot("s-1", finishes.clone());
        progressing["state"] = json!("progressing");
        vec![
            progressing,
            image("m-1", "Creating", &[], finishes.clone()),
            task("t-1", "Processing", "ExportImage", "m-2", finishes),
        ]
    };
    let states = async |client: &Client| {
        let tasks = client.call("DescribeTasks", &[]).await.rows("TaskSet", "Task");
        [
            column(&snapshots(client).await, "Status").remove(0),
            column(&images(client).await, "Status").remove(0),
            column(&tasks, "TaskStatus").remove(0),
        ]
    };
    let before = ["progressing", "Creating", "Processing"];
    let after = ["accomplished", "Available", "Finished"];

    let (_emulator, client) = start(&unfinished(json!({})), "").await;
    assert_eq!(states(&client).await, before);
    let (_emulator, client) = start(&unfinished(json!({})), "[behaviour]\nfinishes_after_ms = 1").await;
    until("all is finished", async || states(&client).await == after).await;
    let (_emulator, client) = start(&unfinished(json!({ "emulator_finishes_after_ms": 300 })), "").await;
    assert_eq!(states(&client).await, before);
    until("all is finished", async || states(&client).await == after).await;
    assert_eq!(client.outcome("DeleteImage", &[("ImageId", "m-1")]).await, ok());
}

#[tokio::test]
async fn hidden_refusals_end_when_the_resource_is_finished() {
    let hidden = json!({ "emulator_refuse": ["OperationDenied.ImageCopying"], "emulator_finishes_after_ms": 300 });
    let (emulator, client) = start(&[image("m-1", "Available", &[], hidden)], AT_ONCE).await;
    assert!(!emulator.state().await.unwrap().contains("emulator_"), "nothing of it is shown");
    let refused = client.outcome("DeleteImage", &[("ImageId", "m-1")]).await;
    assert_eq!(refused, (403, "OperationDenied.ImageCopying".to_owned()));
    until("the copy ends", async || client.outcome("DeleteImage", &[("ImageId", "m-1")]).await == ok()).await;
}

#[tokio::test]
async fn a_lock_that_runs_out_is_expired() {
    let until_soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(2)).to_string();
    let locked = snapshot("s-1", json!({ "lock_status": "compliance", "locked_until": until_soon }));
    let (_emulator, client) = start(&[locked], "").await;
    let status = async || {
        client.call("DescribeLockedSnapshots", &[]).await.json()["LockedSnapshotsInfo"][0]["LockStatus"].clone()
    };
    assert_eq!(status().await, "compliance");
    until("the lock is expired", async || status().await == "expired").await;
    assert_eq!(client.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await, ok());
}

/// A disk with an automatic, a locked automatic, an imaged automatic and a manual snapshot.
fn disk_with_snapshots(attributes: Value, links: Vec<Value>, state: &str) -> Vec<Value> {
    let of_disk = |id: &str, attributes: Value| {
        let mut snapshot = snapshot(id, attributes);
        snapshot["links"] = json!([link("source", "disk", "d-1")]);
        snapshot
    };
    let locked =
        json!({ "snapshot_type": "auto", "lock_status": "compliance", "locked_until": "2999-01-01T00:00:00Z" });
    vec![
        disk("d-1", state, attributes, links),
        of_disk("s-auto", json!({ "snapshot_type": "auto" })),
        of_disk("s-imaged", json!({ "snapshot_type": "auto" })),
        of_disk("s-locked", locked),
        of_disk("s-timer", json!({ "snapshot_type": "timer" })),
        of_disk("s-user", json!({ "snapshot_type": "user" })),
        image("m-1", "Available", &["s-imaged"], json!({})),
    ]
}

#[tokio::test]
async fn a_disk_takes_its_automatic_snapshots_along() {
    for (attribute, left) in [
        (json!({ "delete_auto_snapshot": true }), vec!["s-imaged", "s-locked", "s-user"]),
        (json!({}), vec!["s-imaged", "s-locked", "s-user"]),
        (json!({ "delete_auto_snapshot": false }), vec!["s-auto", "s-imaged", "s-locked", "s-timer", "s-user"]),
    ] {
        let (_emulator, client) = start(&disk_with_snapshots(attribute.clone(), Vec::new(), "Available"), "").await;
        assert_eq!(client.outcome("DeleteDisk", &[("DiskId", "d-1")]).await, ok());
        assert_eq!(column(&snapshots(&client).await, "SnapshotId"), left, "{attribute}");
    }
}

#[tokio::test]
async fn an_instance_takes_disks_along_or_leaves_them_available() {
    let attached = || vec![link("attached-to", "instance", "i-1")];
    let disks = async |client: &Client| client.call("DescribeDisks", &[]).await.rows("Disks", "Disk");
    for (delete_with_instance, locks, is_left) in
        [(json!(true), json!([]), false), (Value::Null, json!([]), false), (json!(false), json!([]), true)]
    {
        let attributes = json!({ "delete_with_instance": delete_with_instance, "delete_auto_snapshot": true });
        let mut resources = disk_with_snapshots(attributes, attached(), "In_use");
        resources.push(instance("i-1", "Running", "m-9", json!({ "operation_locks": locks })));
        let (_emulator, client) = start(&resources, "").await;
        assert_eq!(client.outcome("StopInstance", &[("InstanceId", "i-1")]).await, ok());
        assert_eq!(client.outcome("DeleteInstance", &[("InstanceId", "i-1")]).await, ok());
        let left = disks(&client).await;
        assert_eq!(!left.is_empty(), is_left);
        if is_left {
            assert_eq!((&left[0]["Status"], &left[0]["InstanceId"]), (&json!("Available"), &json!("")));
            assert_eq!(client.outcome("DeleteDisk", &[("DiskId", "d-1")]).await, ok());
        }
        assert_eq!(column(&snapshots(&client).await, "SnapshotId"), ["s-imaged", "s-locked", "s-user"]);
    }
}

#[tokio::test]
async fn protection_can_be_taken_off_and_subscriptions_ended() {
    let protected = instance("i-1", "Stopped", "m-1", json!({ "deletion_protection": true }));
    let subscribed = instance("i-2", "Stopped", "m-1", json!({ "instance_charge_type": "PrePaid" }));
    let (_emulator, client) = start(&[protected, subscribed], "").await;
    let unprotect = [("InstanceId", "i-1"), ("DeletionProtection", "False")];
    assert_eq!(client.outcome("ModifyInstanceAttribute", &unprotect).await, ok());
    assert_eq!(client.outcome("DeleteInstance", &[("InstanceId", "i-1")]).await, ok());
    let end = [("InstanceId", "i-2"), ("TerminateSubscription", "true")];
    assert_eq!(client.outcome("DeleteInstance", &end).await, ok());
}

#[tokio::test]
async fn the_state_is_the_world_file_again() {
    let locked = json!({
        "usage": "image_disk", "snapshot_type": "timer", "category": "standard", "encrypted": false, "progress": "100%",
        "source_disk_type": "system", "snapshot_link_id": "sl-1", "source_snapshot_id": "s-0",
        "source_region_id": "cn-beijing", "retention_days": 30, "resource_group_id": "rg-1", "product_code": "p",
        "lock_status": "compliance", "locked_until": null,
    });
    let mut first = snapshot("s-1", locked);
    first["links"] = json!([link("source", "disk", "d-9")]);
    first["tags"] = json!({ "env": "dev", "名": "值" });
    let image_attributes = json!({
        "usage": "instance", "image_owner_alias": "self", "image_family": "f", "is_copied": true, "os_type": "linux",
        "architecture": "x86_64", "resource_group_id": "rg-1", "emulator_refuse": ["OperationDenied.ImageCopying"],
        "not_a_field": 1,
    });
    let disk_attributes = json!({
        "disk_type": "data", "disk_charge_type": "PostPaid", "category": "cloud_essd", "portable": true,
        "delete_with_instance": false, "delete_auto_snapshot": true, "image_id": "m-0", "multi_attach": "Disabled",
        "encrypted": false, "operation_locks": ["security"], "resource_group_id": "rg-1",
    });
    let instance_attributes = json!({
        "deletion_protection": false, "instance_charge_type": "PostPaid", "instance_type": "ecs.g7.large",
        "operation_locks": [], "spot_strategy": "NoSpot", "zone_id": "cn-hangzhou-h", "resource_group_id": "rg-1",
    });
    let resources = [
        first,
        image("m-1", "Available", &["s-1"], image_attributes),
        share("m-1", "42"),
        publication("m-1"),
        disk(
            "d-1",
            "In_use",
            disk_attributes,
            vec![link("created-from", "snapshot", "s-1"), link("attached-to", "instance", "i-1")],
        ),
        instance("i-1", "Running", "m-1", instance_attributes),
        task("t-1", "Processing", "ExportImage", "m-1", json!({ "support_cancel": true })),
    ];
    let (emulator, client) = start(&resources, "").await;
    let state = client.get("/_emulator/state").await;
    assert_eq!(state, emulator.state().await.unwrap());
    let inventory = sexton_core::inventory::read(state.as_bytes()).unwrap();
    let kinds: Vec<String> = inventory.census().lines().map(|line| line.scope.kind.to_string()).collect();
    let listed = "auto-snapshot-policy disk image instance launch-template publication scaling-configuration share snapshot snapshot-group snapshot-lock task";
    assert_eq!(kinds.join(" "), listed);

    let found: Vec<Value> = state
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).unwrap().get("resource").cloned())
        .collect();
    let mut wanted = resources.to_vec();
    wanted[0]["attrs"]["snapshot_type"] = json!("auto");
    for attribute in ["emulator_refuse", "not_a_field"] {
        wanted[1]["attrs"].as_object_mut().unwrap().remove(attribute);
    }
    wanted[1]["attrs"]["is_self_shared"] = json!(true);
    wanted[1]["attrs"]["is_public"] = json!(true);
    wanted[2]["name"] = Value::Null;
    wanted[3]["name"] = Value::Null;
    wanted[3]["created_at"] = Value::Null;
    wanted[6]["name"] = Value::Null;
    for index in [5, 6] {
        wanted[index]["created_at"] = json!("2026-01-02T03:04:00Z");
    }
    for resource in &mut wanted {
        for fact in ["state", "size_bytes"] {
            if resource.get(fact).is_none() {
                resource[fact] = Value::Null;
            }
        }
    }
    let address = |resource: &Value| format!("{}/{}", resource["kind"], resource["id"]);
    wanted.sort_by_key(address);
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(&wanted) {
        let mut found = found.clone();
        found["links"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
        let mut wanted = wanted.clone();
        wanted["links"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
        assert_eq!(found, wanted);
    }
}

#[tokio::test]
async fn calls_are_written_down_in_order_without_secrets() {
    let (_emulator, client) = start(&[snapshot("s-1", json!({}))], "").await;
    client.call("DescribeSnapshots", &[("Signature", "abc")]).await;
    client.call("DeleteSnapshot", &[("SnapshotId", "s-2")]).await;
    client.with_keys(&client.key_id, "wrong", None).call("DeleteSnapshot", &[("SnapshotId", "s-1")]).await;
    let text = client.get("/_emulator/calls").await;
    let calls: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary: Vec<Value> = calls
        .iter()
        .map(|call| json!([call["seq"], call["operation"], call["parameters"], call["status"], call["code"]]))
        .collect();
    assert_eq!(
        summary,
        [
            json!([1, "DescribeSnapshots", { "RegionId": "cn-hangzhou" }, 200, null]),
            json!([2, "DeleteSnapshot", { "SnapshotId": "s-2" }, 404, "InvalidSnapshotId.NotFound"]),
            json!([3, "DeleteSnapshot", { "SnapshotId": "s-1" }, 400, "SignatureDoesNotMatch"]),
        ]
    );
    assert!(calls.iter().all(|call| call["request_id"].is_string() && call["at"].is_string()));
    assert!(!text.contains(&client.secret));
}

#[test]
fn a_world_that_the_api_could_not_tell_is_refused() {
    let refused = |resource: Value| {
        let text = crate::scene::inventory(&[resource]);
        let inventory = sexton_core::inventory::read(text.as_bytes()).unwrap();
        sexton_emulator::World::from_inventory(&inventory, REGION, Some(ACCOUNT)).unwrap_err().to_string()
    };
    let mut odd_size = snapshot("s-1", json!({}));
    odd_size["size_bytes"] = json!(1000);
    assert!(refused(odd_size).contains("whole GiB"));
    assert!(refused(share("m-1", "42")).contains("no image m-1"));
    assert!(refused(snapshot("s-1", json!({ "emulator_refuse": ["Nonsense"] }))).contains("emulator_refuse"));
    assert!(refused(snapshot("s-1", json!({ "usage": "sometimes" }))).contains("usage"));
    assert!(refused(crate::scene::resource("bucket", "b-1", json!({}))).contains("unknown kind"));
    let mut linked = snapshot("s-1", json!({}));
    linked["links"] = json!([link("source", "instance", "i-1")]);
    assert!(refused(linked).contains("no source link"));
}

#[test]
fn a_world_is_one_account_of_one_region() {
    let mut elsewhere = snapshot("s-2", json!({}));
    elsewhere["region"] = json!("cn-beijing");
    let world = world(&[snapshot("s-1", json!({})), elsewhere]);
    let inventory = world.inventory(jiff::Timestamp::now()).unwrap();
    assert_eq!(inventory.len(), 1);
    assert_eq!((world.account(), world.region()), (ACCOUNT, REGION));

    let mut other = snapshot("s-2", json!({}));
    other["account"] = json!("99");
    let text = crate::scene::inventory(&[snapshot("s-1", json!({})), other]);
    let inventory = sexton_core::inventory::read(text.as_bytes()).unwrap();
    let error = sexton_emulator::World::from_inventory(&inventory, REGION, None).unwrap_err();
    assert!(error.to_string().contains("1234567890, 99"), "{error}");
}

#[tokio::test]
async fn an_emulator_ends_within_its_time_whatever_its_clients_do() {
    let (emulator, client) = start(&[], "").await;
    let mut idle = tokio::net::TcpStream::connect(client.address).await.unwrap();
    let mut half = tokio::net::TcpStream::connect(client.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut half, b"POST / HTTP/1.1\r\nhost:").await.unwrap();
    client.call("DescribeRegions", &[]).await;
    let ended = tokio::time::timeout(Duration::from_secs(5), emulator.shutdown(Duration::from_millis(200))).await;
    assert!(ended.is_ok());
    assert!(client.try_call("DescribeRegions", &[]).await.is_err());
    for stream in [&mut idle, &mut half] {
        let mut rest = Vec::new();
        let read = tokio::io::AsyncReadExt::read_to_end(stream, &mut rest);
        assert!(tokio::time::timeout(Duration::from_secs(5), read).await.is_ok(), "the connection is closed");
    }
}
