use serde_json::json;

use crate::scene::{AT_ONCE, NEVER, disk, image, instance, resource, snapshot, start, until};

fn refused(code: &str) -> (u16, String) {
    (400, code.to_owned())
}

#[tokio::test]
async fn a_snapshot_is_deleting_first_and_then_gone() {
    let (_emulator, client) = start(&[snapshot("s-1", "AVAILABLE", None)], "[behaviour.zec]\nremoval_ms = 150\n").await;
    let answer = client.call("DeleteSnapshots", json!({"snapshotIds": ["s-1"]})).await;
    assert_eq!(answer.done()["snapshotIds"], json!([]));
    assert_eq!(client.state("snapshot", "s-1").await.as_deref(), Some("DELETING"));
    let again = client.outcome("DeleteSnapshots", json!({"snapshotIds": ["s-1"]})).await;
    assert_eq!(again, refused("OPERATION_DENIED_DISK_SNAPSHOT_STATUS"));
    until("the snapshot is gone", || async { client.state("snapshot", "s-1").await.is_none() }).await;
    let gone = client.outcome("DeleteSnapshots", json!({"snapshotIds": ["s-1"]})).await;
    assert_eq!(gone, (404, "INVALID_DISK_SNAPSHOT_NOT_FOUND".to_owned()));
}

#[tokio::test]
async fn of_several_those_that_failed_are_listed_without_a_reason() {
    let mut hidden = snapshot("s-4", "AVAILABLE", None);
    hidden["attrs"]["emulator_refuse"] = json!(["SOMETHING_NEW"]);
    let world = [
        snapshot("s-1", "AVAILABLE", None),
        snapshot("s-2", "CREATING", None),
        snapshot("s-3", "NORMAL", None),
        hidden,
    ];
    let (_emulator, client) = start(&world, NEVER).await;
    let ids = json!({"snapshotIds": ["s-1", "s-2", "s-3", "s-4"]});
    assert_eq!(client.call("DeleteSnapshots", ids).await.done()["snapshotIds"], json!(["s-2", "s-4"]));
    for (id, state) in [("s-1", "DELETING"), ("s-2", "CREATING"), ("s-3", "DELETING"), ("s-4", "AVAILABLE")] {
        assert_eq!(client.state("snapshot", id).await.as_deref(), Some(state), "{id}");
    }
    for (id, code) in [("s-2", "OPERATION_DENIED_DISK_SNAPSHOT_STATUS"), ("s-4", "SOMETHING_NEW")] {
        assert_eq!(client.outcome("DeleteSnapshots", json!({"snapshotIds": [id]})).await, refused(code));
    }
}

#[tokio::test]
async fn one_that_is_missing_fails_the_whole_call_or_is_overlooked() {
    let ids = json!({"snapshotIds": ["s-1", "no-such"]});
    let (_emulator, client) = start(&[snapshot("s-1", "AVAILABLE", None)], AT_ONCE).await;
    let outcome = client.outcome("DeleteSnapshots", ids.clone()).await;
    assert_eq!(outcome, (404, "INVALID_DISK_SNAPSHOT_NOT_FOUND".to_owned()));
    assert_eq!(client.state("snapshot", "s-1").await.as_deref(), Some("AVAILABLE"));
    let settings = "[behaviour]\nmissing = \"ignored\"\n[behaviour.zec]\nremoval_ms = 0\n";
    let (_emulator, client) = start(&[snapshot("s-1", "AVAILABLE", None)], settings).await;
    assert_eq!(client.call("DeleteSnapshots", ids).await.done()["snapshotIds"], json!([]));
    assert_eq!(client.state("snapshot", "s-1").await, None);
}

#[tokio::test]
async fn a_hundred_are_the_most() {
    let ids: Vec<String> = (0..101).map(|n| format!("s-{n}")).collect();
    let world: Vec<_> = ids.iter().map(|id| snapshot(id, "AVAILABLE", None)).collect();
    let (_emulator, client) = start(&world, AT_ONCE).await;
    let all = client.outcome("DeleteSnapshots", json!({"snapshotIds": ids})).await;
    assert_eq!(all, refused("INVALID_PARAMETER_EXCEED_MAXIMUM"));
    let hundred = client.call("DeleteSnapshots", json!({"snapshotIds": ids[..100]})).await;
    assert_eq!(hundred.done()["snapshotIds"], json!([]));
    assert_eq!(client.call("DescribeSnapshots", json!({})).await.rows().len(), 1);
}

#[tokio::test]
async fn disks_are_refused_for_what_they_are_and_where_they_hang() {
    let world = [
        disk("d-1", "AVAILABLE", "data", true, None),
        disk("d-2", "IN_USE", "data", true, Some("i-1")),
        disk("d-3", "IN_USE", "system", false, Some("i-1")),
        disk("d-4", "AVAILABLE", "data", false, None),
        disk("d-5", "SNAPSHOT_CREATING", "data", true, None),
        instance("i-1", "RUNNING", "m-1"),
        snapshot("s-1", "AVAILABLE", Some("d-1")),
    ];
    let (_emulator, client) = start(&world, AT_ONCE).await;
    for (id, code) in [
        ("d-2", "UNSUPPORTED_OPERATION_DISK_STATUS"),
        ("d-3", "UNSUPPORTED_OPERATION_DISK_SYSTEM_TYPE"),
        ("d-4", "INVALID_DISK_NOT_PORTABLE"),
        ("d-5", "UNSUPPORTED_OPERATION_DISK_STATUS"),
    ] {
        assert_eq!(client.outcome("ReleaseDisk", json!({"diskId": id})).await, refused(code), "{id}");
    }
    client.call("ReleaseDisk", json!({"diskId": "d-1"})).await.done();
    assert_eq!(client.state("disk", "d-1").await, None);
    // Its snapshot stays, and names it still.
    assert_eq!(client.call("DescribeSnapshots", json!({})).await.column("diskId"), ["d-1"]);
}

#[tokio::test]
async fn a_recycle_bin_takes_two_releases_and_gives_back_what_is_renewed() {
    let settings = "[behaviour.zec]\nremoval_ms = 0\nrecycle_bin = true\n";
    let world = [disk("d-1", "AVAILABLE", "data", true, None), instance("i-1", "STOPPED", "m-1")];
    let (_emulator, client) = start(&world, settings).await;
    client.call("ReleaseDisk", json!({"diskId": "d-1"})).await.done();
    assert_eq!(client.state("disk", "d-1").await.as_deref(), Some("RECYCLED"));
    client.call("RenewDisk", json!({"diskId": "d-1"})).await.done();
    assert_eq!(client.state("disk", "d-1").await.as_deref(), Some("AVAILABLE"));
    for expected in [Some("RECYCLED"), None] {
        client.call("ReleaseDisk", json!({"diskId": "d-1"})).await.done();
        assert_eq!(client.state("disk", "d-1").await.as_deref(), expected);
    }
    for expected in [Some("RECYCLE"), None] {
        client.call("ReleaseInstances", json!({"instanceIds": ["i-1"], "dependResource": false})).await.done();
        assert_eq!(client.state("instance", "i-1").await.as_deref(), expected);
    }
}

/// The trap: what is left out is `true`.
#[tokio::test]
async fn an_instance_takes_along_what_can_be_detached_unless_told_not_to() {
    let world = |id: &str| {
        let name = |disk: &str| format!("{disk}-of-{id}");
        [
            instance(id, "RUNNING", "m-1"),
            disk(&name("boot"), "IN_USE", "system", false, Some(id)),
            disk(&name("fixed"), "IN_USE", "data", false, Some(id)),
            disk(&name("loose"), "IN_USE", "data", true, Some(id)),
        ]
    };
    for (asked, left) in [
        (json!({"instanceIds": ["i-1"]}), vec![]),
        (json!({"instanceIds": ["i-1"], "dependResource": true}), vec![]),
        (json!({"instanceIds": ["i-1"], "dependResource": false}), vec!["loose-of-i-1"]),
    ] {
        let (_emulator, client) = start(&world("i-1"), AT_ONCE).await;
        assert_eq!(client.call("ReleaseInstances", asked.clone()).await.done()["instanceIds"], json!([]));
        let disks = client.call("DescribeDisks", json!({})).await;
        assert_eq!(disks.column("diskId"), left, "{asked}");
        assert!(disks.rows().iter().all(|row| row["diskStatus"] == "AVAILABLE" && row["instanceId"] == ""));
    }
}

#[tokio::test]
async fn images_and_policies_go_by_list() {
    let policy = resource(
        "auto-snapshot-policy",
        "p-1",
        json!({"links": [{"relation": "covers", "kind": "disk", "id": "d-1"}]}),
    );
    let mut covered = disk("d-1", "AVAILABLE", "data", true, None);
    covered["attrs"]["auto_snapshot_policy_id"] = json!("p-1");
    let world = [image("m-1", "AVAILABLE"), image("m-2", "SYNCING"), policy, covered];
    let (_emulator, client) = start(&world, AT_ONCE).await;
    assert_eq!(client.outcome("DeleteImages", json!({"imageIds": ["m-2"]})).await, refused("INVALID_IMAGE_STATUS"));
    let both = client.call("DeleteImages", json!({"imageIds": ["m-1", "m-2"]})).await;
    assert_eq!(both.done()["imageIds"], json!(["m-2"]));
    assert_eq!(client.call("DescribeCustomImages", json!({})).await.column("imageId"), ["m-2"]);
    client.call("DeleteAutoSnapshotPolicies", json!({"autoSnapshotPolicyIds": ["p-1"]})).await.done();
    assert!(client.call("DescribeDisks", json!({})).await.rows()[0].get("autoSnapshotPolicyId").is_none());
    let gone = client.outcome("DeleteAutoSnapshotPolicies", json!({"autoSnapshotPolicyIds": ["p-1"]})).await;
    assert_eq!(gone, (404, "INVALID_AUTO_SNAPSHOT_POLICY_NOT_FOUND".to_owned()));
}
