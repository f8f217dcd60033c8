use serde_json::json;
use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::resource::Attribute;
use sexton_provider::{ErrorClass, Observed, Provider};

use crate::server::{Server, address, error, nothing_there, ok, text};

fn addresses(kind: &str, ids: &[&str]) -> Vec<Address> {
    ids.iter().map(|id| address(kind, id)).collect()
}

/// What was found of each target: its state, or `-` where it is absent.
async fn states(server: &Server, kind: &str, ids: &[&str]) -> Vec<String> {
    let observed = server.provider().probe(&addresses(kind, ids)).await.unwrap();
    observed
        .into_iter()
        .map(|observed| match observed {
            Observed::Present(resource) => resource.state.known().unwrap_or_else(|| "?".to_owned()),
            Observed::Parked { .. } | Observed::Absent => "-".to_owned(),
        })
        .collect()
}

#[tokio::test]
async fn snapshots_are_looked_at_together_with_their_locks() {
    let server = Server::start(|request| match request.operation.as_str() {
        "DescribeSnapshots" if !request.is_dry_run() => {
            assert_eq!(request.parameter("SnapshotIds"), r#"["s-1","s-2","s-3"]"#);
            Some(ok(json!({"Snapshots": {"Snapshot": [
                {"SnapshotId": "s-3", "Status": "progressing"}, {"SnapshotId": "s-1", "Status": "accomplished"}]}})))
        }
        "DescribeLockedSnapshots" => {
            assert_eq!((request.parameter("SnapshotIds.1"), request.parameter("SnapshotIds.2")), ("s-3", "s-1"));
            Some(ok(json!({"LockedSnapshotsInfo": [{"SnapshotId": "s-1", "LockStatus": "compliance"}]})))
        }
        _ => None,
    })
    .await;
    let provider = server.provider();
    let observed = provider.probe(&addresses("snapshot", &["s-1", "s-2", "s-3"])).await.unwrap();
    let [Observed::Present(first), Observed::Absent, Observed::Present(third)] = &observed[..] else {
        panic!("{observed:?}");
    };
    assert_eq!(first.address, address("snapshot", "s-1"));
    assert_eq!(first.attribute("locked_until"), Attribute::Unknown);
    assert_eq!(third.state, Fact::Known("progressing".to_owned()));
    assert_eq!(third.attribute("locked_until"), Attribute::Missing);
}

#[tokio::test]
async fn a_probe_finds_what_a_listing_finds() {
    let server = Server::start(|request| match request.operation.as_str() {
        _ if request.is_dry_run() => None,
        "DescribeInstances" => Some(ok(json!({"Instances": {"Instance": [
            {"InstanceId": "i-1", "ImageId": "m-1", "Status": "Stopped", "DeletionProtection": false,
                "Tags": {"Tag": [{"TagKey": "keep", "TagValue": "true"}]}}]}}))),
        "DescribeImages" => Some(ok(json!({"TotalCount": 1, "Images": {"Image": [
            {"ImageId": "m-1", "IsPublic": true, "DiskDeviceMappings": {"DiskDeviceMapping": [{"SnapshotId": "s-1"}]}}]}}))),
        "DescribeImageSharePermission" => Some(ok(json!({"TotalCount": 1, "Accounts": {"Account": [{"AliyunId": "9"}]}}))),
        "DescribeTasks" => Some(ok(json!({"TotalCount": 1, "TaskSet": {"Task": [
            {"TaskId": "t-1", "TaskAction": "ExportImage", "ResourceId": "m-1", "TaskStatus": "Processing"}]}}))),
        "DescribeDisks" => Some(ok(json!({"Disks": {"Disk": [{"DiskId": "d-1", "Size": "20"}]}}))),
        "DescribeScalingConfigurations" => Some(ok(json!({"TotalCount": 1, "ScalingConfigurations": [
            {"ScalingConfigurationId": "asc-1", "ImageId": "m-1"}]}))),
        "DescribeLaunchTemplates" => Some(ok(json!({"TotalCount": 1, "LaunchTemplateSets": {"LaunchTemplateSet": [
            {"LaunchTemplateId": "lt-1"}]}}))),
        "DescribeSnapshots" => Some(ok(json!({"Snapshots": {"Snapshot": [{"SnapshotId": "s-1"}]}}))),
        _ => None,
    })
    .await;
    let listed = server.listed().await;
    let provider = server.provider();
    assert_eq!(listed.resources().len(), 9);
    for resource in listed.resources() {
        let observed = provider.probe(std::slice::from_ref(&resource.address)).await.unwrap();
        assert_eq!(observed, [Observed::Present(Box::new(resource.clone()))]);
    }
}

#[tokio::test]
async fn an_image_is_looked_at_in_every_status_and_by_itself() {
    let server = Server::start(|request| match (request.operation.as_str(), request.parameter("ImageId")) {
        ("DescribeImages", "m-1") => {
            assert!(request.parameter("Status").contains("Deprecated"));
            assert_eq!(request.parameter("ImageOwnerAlias"), "");
            Some(ok(json!({"TotalCount": 1, "Images": {"Image": [{"ImageId": "m-1", "Status": "Deprecated", "IsPublic": true}]}})))
        }
        ("DescribeImages", "m-2") => Some(ok(json!({"TotalCount": 1, "Images": {"Image": [{"ImageId": "m-2"}]}}))),
        _ => None,
    })
    .await;
    assert_eq!(states(&server, "image", &["m-2", "m-9", "m-1"]).await, ["?", "-", "Deprecated"]);
    assert_eq!(server.calls_of("DescribeImages").len(), 3);
    assert_eq!(states(&server, "publication", &["m-1/public", "m-2/public", "m-9/public"]).await, ["?", "-", "-"]);
}

#[tokio::test]
async fn absence_is_confirmed_by_a_dry_run_once() {
    let server = Server::start(|_| None).await;
    let provider = server.provider();
    for (kind, operation) in [
        ("snapshot", "DescribeSnapshots"),
        ("image", "DescribeImages"),
        ("publication", "DescribeImages"),
        ("disk", "DescribeDisks"),
        ("instance", "DescribeInstances"),
    ] {
        let targets = addresses(kind, &["x-1/public"]);
        for _ in 0..2 {
            assert_eq!(provider.probe(&targets).await.unwrap(), [Observed::Absent], "{kind}");
        }
        let dry_runs = server.calls().into_iter().filter(|call| call.is_dry_run() && call.operation == operation);
        assert_eq!(dry_runs.count(), 1, "{kind}");
    }
}

#[tokio::test]
async fn absence_is_not_believed_of_an_identity_that_may_not_look() {
    let denied = Server::start(|request| request.is_dry_run().then(|| error(403, "Forbidden.RAM"))).await;
    let unclear = Server::start(|request| request.is_dry_run().then(|| nothing_there_at_all(request))).await;
    for server in [&denied, &unclear] {
        for kind in ["snapshot", "image", "publication", "disk", "instance"] {
            let error = server.provider().probe(&addresses(kind, &["x-1/public"])).await.unwrap_err();
            assert_eq!(error.class, ErrorClass::Auth, "{kind}: {error}");
        }
    }
    // A dry run that failed in passing says nothing either way.
    let busy = Server::start(|request| request.is_dry_run().then(|| error(503, "ServiceUnavailable"))).await;
    let error = busy.provider().probe(&addresses("disk", &["d-1"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Transient);
}

fn nothing_there_at_all(request: &crate::server::Request) -> crate::server::Response {
    let mut answered = request.clone();
    answered.parameters.remove("DryRun");
    nothing_there(&answered)
}

#[tokio::test]
async fn a_partly_missing_answer_is_confirmed_too() {
    let server = Server::start(|request| {
        (request.operation == "DescribeInstances").then(|| {
            if request.is_dry_run() {
                error(403, "Forbidden.RAM")
            } else {
                ok(json!({"Instances": {"Instance": [{"InstanceId": "i-1"}]}}))
            }
        })
    })
    .await;
    let provider = server.provider();
    assert!(provider.probe(&addresses("instance", &["i-1"])).await.is_ok());
    let error = provider.probe(&addresses("instance", &["i-1", "i-2"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Auth);
}

#[tokio::test]
async fn shares_of_an_image_are_read_once_and_gone_with_it() {
    let server = Server::start(|request| match (request.operation.as_str(), request.parameter("ImageId")) {
        ("DescribeImageSharePermission", "m-1") => {
            Some(ok(json!({"TotalCount": 1, "Accounts": {"Account": [{"AliyunId": 1}]},
            "ShareGroups": {"ShareGroup": [{"Group": "g"}]}})))
        }
        ("DescribeImageSharePermission", "m-2") => Some(error(404, "InvalidImageId.NotFound")),
        ("DescribeImageSharePermission", _) => Some(error(403, "Forbidden.RAM")),
        _ => None,
    })
    .await;
    assert_eq!(states(&server, "share", &["m-1/1", "m-1/2", "m-1/g", "m-2/1"]).await, ["?", "-", "?", "-"]);
    assert_eq!(server.calls_of("DescribeImageSharePermission").len(), 2);
    let error = server.provider().probe(&addresses("share", &["m-1/1", "m-3/1"])).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Auth);
}

#[tokio::test]
async fn a_task_that_is_over_is_absent() {
    let server = Server::start(|request| {
        (request.operation == "DescribeTasks").then(|| {
            assert_eq!(request.parameter("TaskIds"), "t-1,t-2,t-3,t-4,t-5");
            ok(json!({"TotalCount": 4, "TaskSet": {"Task": [
                {"TaskId": "t-1", "TaskAction": "ExportImage", "TaskStatus": "Processing"},
                {"TaskId": "t-2", "TaskAction": "ExportImage", "TaskStatus": "Finished"},
                {"TaskId": "t-3", "TaskAction": "ExportImage", "TaskStatus": "Failed"},
                {"TaskId": "t-4", "TaskAction": "ExportImage"}]}}))
        })
    })
    .await;
    assert_eq!(states(&server, "task", &["t-1", "t-2", "t-3", "t-4", "t-5"]).await, ["Processing", "-", "-", "?", "-"]);
}

#[tokio::test]
async fn more_ids_than_a_call_takes_are_spread_over_calls() {
    let server = Server::start(|request| {
        (request.operation == "DescribeDisks" && !request.is_dry_run()).then(|| {
            let ids: Vec<String> = serde_json::from_str(request.parameter("DiskIds")).unwrap();
            let rows: Vec<_> = ids.iter().map(|id| json!({"DiskId": id, "Status": id})).collect();
            ok(json!({"Disks": {"Disk": rows}}))
        })
    })
    .await;
    let ids: Vec<String> = (0..201).map(|number| format!("d-{number}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    assert_eq!(states(&server, "disk", &ids).await, ids);
    assert_eq!(server.calls_of("DescribeDisks").len(), 3);
}

#[tokio::test]
async fn a_failed_look_is_an_error_and_not_tried_again() {
    for (response, class) in [
        (error(400, "Throttling.User"), ErrorClass::Throttle { retry_after: None }),
        (error(500, "InternalError"), ErrorClass::Transient),
        (text(200, "<html>"), ErrorClass::Transient),
        (error(403, "Forbidden.RAM"), ErrorClass::Auth),
        (error(404, "InvalidRegionId.NotFound"), ErrorClass::Permanent),
    ] {
        let server =
            Server::start(move |request| (request.operation == "DescribeDisks").then(|| response.clone())).await;
        let error = server.provider().probe(&addresses("disk", &["d-1"])).await.unwrap_err();
        assert_eq!(error.class, class, "{error}");
        assert_eq!(server.calls_of("DescribeDisks").len(), 1);
    }
    let server = Server::start(|request| {
        (request.operation == "DescribeLockedSnapshots").then(|| error(403, "Forbidden.RAM")).or_else(|| {
            (request.operation == "DescribeSnapshots")
                .then(|| ok(json!({"Snapshots": {"Snapshot": [{"SnapshotId": "s-1"}]}})))
        })
    })
    .await;
    let error = server.provider().probe(&addresses("snapshot", &["s-1"])).await.unwrap_err();
    assert_eq!((error.class, error.operation.as_str()), (ErrorClass::Auth, "DescribeLockedSnapshots"));
}

#[tokio::test]
async fn targets_of_different_kinds_or_of_none_are_refused() {
    let server = Server::start(|_| None).await;
    let provider = server.provider();
    assert_eq!(provider.probe(&[]).await.unwrap(), []);
    for targets in [
        vec![address("disk", "d-1"), address("snapshot", "s-1")],
        vec![address("disk", "d-1"), "aliyun-ecs:1:cn-hangzhou:disk/d-1".parse().unwrap()],
        vec![address("bucket", "b-1")],
        vec!["aws-ec2:1:cn-hangzhou:disk/d-1".parse().unwrap()],
        vec![address("share", "m-1")],
    ] {
        let error = provider.probe(&targets).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Permanent, "{targets:?}");
    }
    assert_eq!(server.calls().len(), 0);
}
