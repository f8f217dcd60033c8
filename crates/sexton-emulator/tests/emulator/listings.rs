//! What the listings show, in the API's own types, and what they leave out.

use serde_json::{Value, json};

use crate::client::{Client, column};
use crate::scene::{disk, image, instance, link, publication, resource, share, snapshot, start, task};

async fn found(client: &Client, action: &str, path: [&str; 2], id: &str, parameters: &[(&str, &str)]) -> Vec<String> {
    column(&client.call(action, parameters).await.rows(path[0], path[1]), id)
}

#[tokio::test]
async fn images_without_a_status_are_only_those_available() {
    let states = ["Creating", "Waiting", "Available", "UnAvailable", "CreateFailed", "Deprecated"];
    let resources: Vec<Value> =
        states.iter().map(|state| image(&format!("m-{state}"), state, &[], json!({}))).collect();
    let (_emulator, client) = start(&resources, "").await;
    let list = async |parameters: &[(&str, &str)]| {
        found(&client, "DescribeImages", ["Images", "Image"], "ImageId", parameters).await
    };
    let own = ("ImageOwnerAlias", "self");
    assert_eq!(list(&[own]).await, ["m-Available"]);
    assert_eq!(list(&[own, ("Status", "Creating,Deprecated")]).await, ["m-Creating", "m-Deprecated"]);
    assert_eq!(list(&[own, ("Status", &states.join(","))]).await.len(), 6);
    assert_eq!(list(&[]).await.len(), 4, "without an owner the system's images are listed too");
}

#[tokio::test]
async fn images_are_found_by_what_they_are_and_are_made_of() {
    let mut family = image("m-2", "Available", &["s-1", "s-2"], json!({ "image_family": "web", "usage": "instance" }));
    family["tags"] = json!({ "env": "dev" });
    let resources = [
        image("m-1", "Available", &["s-1"], json!({ "usage": "none" })),
        family,
        publication("m-1"),
        image("m-3", "Available", &[], json!({ "image_owner_alias": "others" })),
    ];
    let (_emulator, client) = start(&resources, "").await;
    let list = async |parameters: &[(&str, &str)]| {
        let parameters: Vec<(&str, &str)> =
            [("ImageOwnerAlias", "self")].into_iter().chain(parameters.iter().copied()).collect();
        found(&client, "DescribeImages", ["Images", "Image"], "ImageId", &parameters).await
    };
    assert_eq!(list(&[]).await, ["m-1", "m-2"], "own community images are listed, others' are not");
    assert_eq!(list(&[("SnapshotId", "s-1")]).await, ["m-1", "m-2"]);
    assert_eq!(list(&[("SnapshotId", "s-2")]).await, ["m-2"]);
    assert_eq!(list(&[("ImageId", "m-1")]).await, ["m-1"]);
    assert_eq!(list(&[("ImageName", "m-2")]).await, ["m-2"]);
    assert_eq!(list(&[("ImageFamily", "web")]).await, ["m-2"]);
    assert_eq!(list(&[("Usage", "none")]).await, ["m-1"]);
    assert_eq!(list(&[("Tag.1.Key", "env"), ("Tag.1.Value", "dev")]).await, ["m-2"]);
    for (parameters, status, code) in [
        ([("ImageOwnerAlias", "mine"), ("Usage", "none")], 400, "InvalidImageOwnerAlias.ValueNotSupported"),
        ([("ImageOwnerAlias", "self"), ("IsPublic", "true")], 400, "InvalidImageOwnerAlias.PublicImageUnsupported"),
        ([("ImageOwnerAlias", "self"), ("Usage", "disk")], 404, "InvalidUsage"),
        ([("ImageOwnerAlias", "self"), ("Filter.1.Key", "Colour")], 404, "InvalidFilterValue"),
    ] {
        assert_eq!(client.outcome("DescribeImages", &parameters).await, (status, code.to_owned()));
    }
}

#[tokio::test]
async fn an_image_has_the_types_of_the_real_one() {
    let resources = [
        snapshot("s-1", json!({})),
        snapshot("s-2", json!({})),
        image("m-1", "Available", &["s-1", "s-2"], json!({ "is_copied": false })),
        share("m-1", "42"),
    ];
    let (_emulator, client) = start(&resources, "").await;
    let row = client.call("DescribeImages", &[("ImageOwnerAlias", "self")]).await.rows("Images", "Image").remove(0);
    assert_eq!(row["IsSelfShared"], "True");
    assert_eq!(row["IsPublic"], false);
    assert_eq!(row["IsCopied"], false);
    assert_eq!(row["Size"], 40);
    assert_eq!(row["ImageFamily"], "");
    assert_eq!(row["CreationTime"], "2026-01-02T03:04:05Z");
    assert_eq!(row["Tags"], json!({ "Tag": [] }));
    assert_eq!(row["DetectionOptions"], json!({}));
    let mappings = &row["DiskDeviceMappings"]["DiskDeviceMapping"];
    assert_eq!((&mappings[0]["SnapshotId"], &mappings[0]["Type"]), (&json!("s-1"), &json!("system")));
    assert_eq!((&mappings[1]["SnapshotId"], &mappings[1]["Size"]), (&json!("s-2"), &json!("40")));
    assert_eq!(row.get("OSType"), None, "what is unknown is left out");
}

#[tokio::test]
async fn snapshots_are_found_by_what_they_are() {
    let mut automatic = snapshot("s-1", json!({ "snapshot_type": "timer", "usage": "none", "encrypted": true }));
    automatic["links"] = json!([link("source", "disk", "d-1")]);
    automatic["created_at"] = json!("2025-01-01T00:00:00Z");
    let mut manual = snapshot("s-2", json!({ "snapshot_type": "user", "usage": "image" }));
    manual["state"] = json!("progressing");
    manual["tags"] = json!({ "env": "dev", "team": "a" });
    let attached = disk("d-1", "In_use", json!({}), vec![link("attached-to", "instance", "i-1")]);
    let (_emulator, client) = start(&[automatic, manual, attached], "").await;
    let list = async |parameters: &[(&str, &str)]| {
        found(&client, "DescribeSnapshots", ["Snapshots", "Snapshot"], "SnapshotId", parameters).await
    };
    assert_eq!(list(&[("SnapshotIds", r#"["s-2","s-9"]"#)]).await, ["s-2"]);
    assert!(list(&[("SnapshotIds", "[]")]).await.is_empty());
    assert_eq!(list(&[("DiskId", "d-1")]).await, ["s-1"]);
    assert_eq!(list(&[("InstanceId", "i-1")]).await, ["s-1"]);
    assert_eq!(list(&[("Status", "progressing")]).await, ["s-2"]);
    assert_eq!(list(&[("Status", "all")]).await, ["s-1", "s-2"]);
    assert_eq!(list(&[("SnapshotType", "auto")]).await, ["s-1"], "timer is automatic too");
    assert_eq!(list(&[("SnapshotType", "user")]).await, ["s-2"]);
    assert_eq!(list(&[("Usage", "image")]).await, ["s-2"]);
    assert_eq!(list(&[("SnapshotName", "s-1")]).await, ["s-1"]);
    assert_eq!(list(&[("Encrypted", "true")]).await, ["s-1"]);
    assert_eq!(list(&[("Tag.1.Key", "env"), ("Tag.2.Key", "team"), ("Tag.2.Value", "a")]).await, ["s-2"]);
    assert!(list(&[("Tag.1.Key", "env"), ("Tag.1.Value", "prod")]).await.is_empty());
    assert_eq!(list(&[("Filter.1.Key", "CreationStartTime"), ("Filter.1.Value", "2025-06-01T00:00Z")]).await, ["s-2"]);
    assert_eq!(list(&[("Filter.1.Key", "CreationEndTime"), ("Filter.1.Value", "2025-06-01T00:00Z")]).await, ["s-1"]);
    for (parameter, status, code) in [
        (("SnapshotIds", "s-1"), 400, "InvalidParameter"),
        (("Usage", "instance"), 404, "InvalidUsage"),
        (("Status", "Available"), 404, "InvalidStatus.NotFound"),
        (("SnapshotType", "manual"), 404, "InvalidSnapshotType.NotFound"),
        (("Tag.1.Value", "a"), 400, "InvalidTag.Mismatch"),
    ] {
        assert_eq!(client.outcome("DescribeSnapshots", &[parameter]).await, (status, code.to_owned()), "{parameter:?}");
    }
    let row = client.call("DescribeSnapshots", &[]).await.rows("Snapshots", "Snapshot").remove(0);
    assert_eq!(row["SnapshotType"], "timer");
    assert_eq!(row["SourceDiskSize"], "40");
    assert_eq!(row["SourceSnapshotId"], "");
}

#[tokio::test]
async fn disks_and_instances_are_found_by_what_they_hang_on() {
    let resources = [
        disk("d-1", "In_use", json!({ "operation_locks": ["security"] }), vec![link("attached-to", "instance", "i-1")]),
        disk("d-2", "Available", json!({}), vec![link("created-from", "snapshot", "s-1")]),
        instance("i-1", "Running", "m-1", json!({ "deletion_protection": true, "operation_locks": ["financial"] })),
        instance("i-2", "Stopped", "m-2", json!({})),
    ];
    let (_emulator, client) = start(&resources, "").await;
    let disks = async |parameters: &[(&str, &str)]| {
        found(&client, "DescribeDisks", ["Disks", "Disk"], "DiskId", parameters).await
    };
    assert_eq!(disks(&[("InstanceId", "i-1")]).await, ["d-1"]);
    assert_eq!(disks(&[("SnapshotId", "s-1")]).await, ["d-2"]);
    assert_eq!(disks(&[("DiskIds", r#"["d-2"]"#)]).await, ["d-2"]);
    assert!(disks(&[("DiskIds", "[]")]).await.is_empty());
    let rows = client.call("DescribeDisks", &[]).await.rows("Disks", "Disk");
    assert_eq!(rows[0]["Attachments"]["Attachment"][0]["InstanceId"], "i-1");
    assert_eq!(rows[0]["OperationLocks"]["OperationLock"][0]["LockReason"], "security");
    assert_eq!((&rows[1]["InstanceId"], &rows[1]["DetachedTime"]), (&json!(""), &json!("")));
    assert_eq!(rows[1]["ExpiredTime"], "2999-09-08T16:00Z");

    let instances = async |parameters: &[(&str, &str)]| {
        found(&client, "DescribeInstances", ["Instances", "Instance"], "InstanceId", parameters).await
    };
    assert_eq!(instances(&[("ImageId", "m-2")]).await, ["i-2"]);
    assert_eq!(instances(&[("InstanceIds", r#"["i-1"]"#)]).await, ["i-1"]);
    assert!(instances(&[("InstanceIds", "[]")]).await.is_empty());
    let rows = client.call("DescribeInstances", &[]).await.rows("Instances", "Instance");
    assert_eq!(rows[0]["CreationTime"], "2026-01-02T03:04Z", "no seconds");
    assert_eq!(rows[0]["DeletionProtection"], true);
    assert_eq!(rows[0]["OperationLocks"]["LockReason"][0]["LockReason"], "financial");
    assert_eq!(rows[1].get("DeletionProtection"), None);
}

#[tokio::test]
async fn tasks_are_found_by_what_they_do() {
    let resources = [
        task("t-1", "Processing", "ExportImage", "m-1", json!({ "support_cancel": true })),
        task("t-2", "Finished", "ImportImage", "m-2", json!({})),
    ];
    let (_emulator, client) = start(&resources, "").await;
    let tasks = async |parameters: &[(&str, &str)]| {
        found(&client, "DescribeTasks", ["TaskSet", "Task"], "TaskId", parameters).await
    };
    assert_eq!(tasks(&[("TaskIds", "t-2,t-9")]).await, ["t-2"]);
    assert_eq!(tasks(&[("ResourceIds.1", "m-1"), ("ResourceIds.2", "m-9")]).await, ["t-1"]);
    assert_eq!(tasks(&[("TaskAction", "ImportImage")]).await, ["t-2"]);
    assert_eq!(tasks(&[("TaskStatus", "Processing")]).await, ["t-1"]);
    let row = client.call("DescribeTasks", &[]).await.rows("TaskSet", "Task").remove(0);
    assert_eq!((&row["SupportCancel"], &row["ResourceId"]), (&json!("true"), &json!("m-1")));
    assert_eq!(row["CreationTime"], "2026-01-02T03:04Z");
    let attribute = client.call("DescribeTaskAttribute", &[("TaskId", "t-2")]).await.json();
    assert_eq!((&attribute["TaskStatus"], &attribute["TaskProcess"]), (&json!("Finished"), &json!("100%")));
    let missing = client.outcome("DescribeTaskAttribute", &[("TaskId", "t-9")]).await;
    assert_eq!(missing, (400, "InvalidTaskId.NotFound".to_owned()));
}

#[tokio::test]
async fn locks_are_listed_by_themselves() {
    let resources = [
        snapshot("s-1", json!({})),
        snapshot("s-2", json!({ "lock_status": "compliance", "locked_until": "2999-01-01T00:00:00Z" })),
        snapshot("s-3", json!({ "lock_status": "compliance-cooloff", "locked_until": null })),
    ];
    let (_emulator, client) = start(&resources, "").await;
    let rows =
        client.call("DescribeLockedSnapshots", &[]).await.json()["LockedSnapshotsInfo"].as_array().unwrap().clone();
    assert_eq!(column(&rows, "SnapshotId"), ["s-2", "s-3"]);
    assert_eq!(column(&rows, "LockStatus"), ["compliance", "compliance-cooloff"]);
    assert_eq!(rows[0]["LockExpiredTime"], "2999-01-01T00:00:00Z");
    assert_eq!(rows[1].get("LockExpiredTime"), None);
    let one = client.call("DescribeLockedSnapshots", &[("SnapshotIds.1", "s-3")]).await.json();
    assert_eq!(one["LockedSnapshotsInfo"].as_array().unwrap().len(), 1);
    let snapshots = client.call("DescribeSnapshots", &[]).await;
    assert!(!String::from_utf8(snapshots.body).unwrap().contains("Lock"), "the listing of snapshots does not tell");
}

#[tokio::test]
async fn launch_templates_refer_version_by_version() {
    let links = json!([
        link("refers-to", "image", "m-1"),
        link("refers-to", "image", "m-2"),
        link("refers-to", "snapshot", "s-1")
    ]);
    let template = resource(
        "launch-template",
        "lt-1",
        json!({ "attrs": { "default_version": 1, "latest_version": 3 }, "links": links }),
    );
    let (_emulator, client) = start(&[template], "").await;
    let sets = client.call("DescribeLaunchTemplates", &[]).await.rows("LaunchTemplateSets", "LaunchTemplateSet");
    assert_eq!((&sets[0]["DefaultVersionNumber"], &sets[0]["LatestVersionNumber"]), (&json!(1), &json!(3)));
    let versions = async |parameters: &[(&str, &str)]| {
        let answer = client.call("DescribeLaunchTemplateVersions", parameters).await;
        answer.rows("LaunchTemplateVersionSets", "LaunchTemplateVersionSet")
    };
    let all = versions(&[("LaunchTemplateId", "lt-1")]).await;
    let seen: Vec<Value> =
        all.iter().map(|version| json!([version["VersionNumber"], version["LaunchTemplateData"]["ImageId"]])).collect();
    assert_eq!(seen, [json!([3, "m-1"]), json!([2, "m-2"]), json!([1, null])]);
    assert_eq!(all[0]["LaunchTemplateData"]["DataDisks"]["DataDisk"][0]["SnapshotId"], "s-1");
    let bare = versions(&[("LaunchTemplateName", "lt-1"), ("DetailFlag", "false")]).await;
    assert_eq!(bare[0].get("LaunchTemplateData"), None);
    let missing = client.outcome("DescribeLaunchTemplateVersions", &[("LaunchTemplateId", "lt-9")]).await;
    assert_eq!(missing, (404, "InvalidLaunchTemplate.NotFound".to_owned()));
    assert_eq!(client.outcome("DescribeLaunchTemplateVersions", &[]).await, (400, "MissingParameter".to_owned()));
}

#[tokio::test]
async fn scaling_configurations_are_a_flat_list() {
    let links = json!([link("refers-to", "image", "m-1"), link("refers-to", "snapshot", "s-1")]);
    let facts =
        json!({ "state": "Active", "attrs": { "scaling_group_id": "asg-1", "image_family": "web" }, "links": links });
    let (_emulator, client) = start(&[resource("scaling-configuration", "asc-1", facts)], "").await;
    let answer = client.call("DescribeScalingConfigurations", &[("ScalingGroupId", "asg-1")]).await.json();
    let row = &answer["ScalingConfigurations"][0];
    assert_eq!((&row["ImageId"], &row["DataDisks"][0]["SnapshotId"]), (&json!("m-1"), &json!("s-1")));
    assert_eq!((&row["LifecycleState"], &row["ImageFamily"]), (&json!("Active"), &json!("web")));
    assert_eq!(answer["TotalCount"], 1);
    let none = client.call("DescribeScalingConfigurations", &[("ScalingGroupId", "asg-2")]).await.json();
    assert_eq!(none["ScalingConfigurations"], json!([]));
}

#[tokio::test]
async fn shares_are_told_of_own_images_only() {
    let resources = [image("m-1", "Available", &[], json!({ "image_owner_alias": "others" }))];
    let (_emulator, client) = start(&resources, "").await;
    for id in ["m-1", "m-9"] {
        let outcome = client.outcome("DescribeImageSharePermission", &[("ImageId", id)]).await;
        assert_eq!(outcome, (404, "InvalidImageId.NotFound".to_owned()));
    }
    assert_eq!(client.outcome("DescribeImageSharePermission", &[]).await, (400, "MissingParameter".to_owned()));
}

#[tokio::test]
async fn policies_are_listed_by_number_and_their_disks_by_token() {
    let policy = |id: &str, state: &str, disks: &[&str]| {
        let links: Vec<Value> = disks.iter().map(|disk| link("covers", "disk", disk)).collect();
        let attributes = json!({ "retention_days": -1, "policy_type": "Custom" });
        resource("auto-snapshot-policy", id, json!({ "state": state, "attrs": attributes, "links": links }))
    };
    let resources = [policy("sp-1", "Normal", &["d-1", "d-2"]), policy("sp-2", "Expire", &["d-1"])];
    let (_emulator, client) = start(&resources, "").await;
    let rows = client
        .call("DescribeAutoSnapshotPolicyEx", &[("PageNumber", "1"), ("PageSize", "1")])
        .await
        .rows("AutoSnapshotPolicies", "AutoSnapshotPolicy");
    assert_eq!(column(&rows, "AutoSnapshotPolicyId"), ["sp-1"]);
    assert_eq!((&rows[0]["RetentionDays"], &rows[0]["DiskNums"]), (&json!(-1), &json!(2)));
    assert_eq!((&rows[0]["Status"], &rows[0]["RepeatWeekdays"]), (&json!("Normal"), &json!("[\"1\",\"4\"]")));

    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let mut parameters = vec![("MaxResults", "1")];
        if !token.is_empty() {
            parameters.push(("NextToken", token.as_str()));
        }
        let page = client.call("DescribeAutoSnapshotPolicyAssociations", &parameters).await;
        for row in page.rows("AutoSnapshotPolicyAssociations", "AutoSnapshotPolicyAssociation") {
            seen.push(format!("{}/{}", row["AutoSnapshotPolicyId"].as_str().unwrap(), row["DiskId"].as_str().unwrap()));
        }
        token = page.json()["NextToken"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, ["sp-1/d-1", "sp-1/d-2", "sp-2/d-1"]);
}

#[tokio::test]
async fn groups_hold_the_snapshots_that_say_so() {
    let grouped = |id: &str, group: &str| snapshot(id, json!({ "snapshot_group_id": group }));
    let resources =
        [grouped("s-1", "ssg-1"), grouped("s-2", "ssg-2"), grouped("s-3", "ssg-1"), snapshot("s-4", json!({}))];
    let (_emulator, client) = start(&resources, "").await;
    let groups = client.call("DescribeSnapshotGroups", &[]).await.rows("SnapshotGroups", "SnapshotGroup");
    assert_eq!(column(&groups, "SnapshotGroupId"), ["ssg-1", "ssg-2"]);
    assert_eq!(groups[0]["Snapshots"], json!({ "Snapshot": [{ "SnapshotId": "s-1" }, { "SnapshotId": "s-3" }] }));
}
