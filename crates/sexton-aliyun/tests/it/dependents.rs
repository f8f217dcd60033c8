use std::time::Duration;

use serde_json::json;
use sexton_aliyun::{LISTINGS_SERVE_FOR, RegionChoice};
use sexton_core::plan::AssumedNone;
use sexton_provider::{ErrorClass, Provider};

use crate::server::{Request, Response, Server, address, error, ok, region};

async fn found(server: &Server, kind: &str, id: &str) -> Vec<String> {
    let found = server.provider().dependents(&address(kind, id)).await.unwrap();
    found.iter().map(|resource| format!("{}/{}", resource.address.kind(), resource.address.id())).collect()
}

/// An account in which everything hangs together.
fn world(request: &Request) -> Option<Response> {
    if request.is_dry_run() {
        return None;
    }
    let asked = |name: &str, value: &str| request.parameter(name) == value;
    Some(match request.operation.as_str() {
        "DescribeImages" if asked("SnapshotId", "s-1") => {
            assert!(request.parameter("Status").contains("CreateFailed"));
            ok(json!({"TotalCount": 1, "Images": {"Image": [{"ImageId": "m-1"}]}}))
        }
        "DescribeImages" if asked("ImageId", "m-1") => {
            ok(json!({"TotalCount": 1, "Images": {"Image": [{"ImageId": "m-1", "IsPublic": true}]}}))
        }
        "DescribeDisks" if asked("SnapshotId", "s-1") => ok(json!({"Disks": {"Disk": [{"DiskId": "d-1"}]}})),
        "DescribeDisks" if asked("InstanceId", "i-1") => {
            ok(json!({"Disks": {"Disk": [{"DiskId": "d-1"}, {"DiskId": "d-2"}]}}))
        }
        "DescribeInstances" if asked("ImageId", "m-1") => {
            ok(json!({"Instances": {"Instance": [{"InstanceId": "i-1"}]}}))
        }
        "DescribeImageSharePermission" => ok(json!({"TotalCount": 1, "Accounts": {"Account": [{"AliyunId": "9"}]}})),
        "DescribeTasks" if asked("ResourceIds.1", "m-1") => ok(json!({"TotalCount": 2, "TaskSet": {"Task": [
            {"TaskId": "t-1", "TaskAction": "ExportImage", "ResourceId": "m-1"},
            {"TaskId": "t-2", "TaskAction": "ModifyDiskSpec", "ResourceId": "m-1"}]}})),
        "DescribeSnapshots" if asked("DiskId", "d-1") => {
            ok(json!({"Snapshots": {"Snapshot": [{"SnapshotId": "s-2"}]}}))
        }
        "DescribeLaunchTemplates" => ok(json!({"TotalCount": 2, "LaunchTemplateSets": {"LaunchTemplateSet": [
            {"LaunchTemplateId": "lt-1"}, {"LaunchTemplateId": "lt-2"}]}})),
        "DescribeLaunchTemplateVersions" => {
            let image = if asked("LaunchTemplateId", "lt-1") { "m-1" } else { "m-2" };
            ok(json!({"TotalCount": 1, "LaunchTemplateVersionSets": {"LaunchTemplateVersionSet": [
                {"VersionNumber": 3, "LaunchTemplateData": {"ImageId": image}}]}}))
        }
        "DescribeScalingConfigurations" => ok(json!({"TotalCount": 1, "ScalingConfigurations": [
            {"ScalingConfigurationId": "asc-1", "ImageId": "m-1", "DataDisks": [{"SnapshotId": "s-1"}]}]})),
        _ => return None,
    })
}

#[tokio::test]
async fn everything_that_refers_to_a_resource_is_found() {
    let server = Server::start(world).await;
    assert_eq!(found(&server, "snapshot", "s-1").await, ["disk/d-1", "image/m-1", "scaling-configuration/asc-1"]);
    assert_eq!(
        found(&server, "image", "m-1").await,
        [
            "instance/i-1",
            "launch-template/lt-1",
            "publication/m-1/public",
            "scaling-configuration/asc-1",
            "share/m-1/9",
            "task/t-1"
        ]
    );
    assert_eq!(found(&server, "instance", "i-1").await, ["disk/d-1", "disk/d-2"]);
    assert_eq!(found(&server, "disk", "d-1").await, ["snapshot/s-2"]);
    for (kind, id) in [("share", "m-1/9"), ("publication", "m-1/public"), ("task", "t-1"), ("launch-template", "lt-1")]
    {
        assert_eq!(found(&server, kind, id).await, [""; 0], "{kind}");
    }
}

#[tokio::test]
async fn no_dependents_are_believed_only_of_an_identity_that_may_see_them() {
    let server = Server::start(|_| None).await;
    for (kind, id) in [("snapshot", "s-1"), ("image", "m-1"), ("instance", "i-1"), ("disk", "d-1")] {
        assert_eq!(found(&server, kind, id).await, [""; 0], "{kind}");
    }
    for operation in ["DescribeImages", "DescribeDisks", "DescribeInstances", "DescribeSnapshots"] {
        let denied = Server::start(move |request| {
            (request.is_dry_run() && request.operation == operation).then(|| error(403, "Forbidden.RAM"))
        })
        .await;
        let kind_and_id = match operation {
            "DescribeInstances" => ("image", "m-1"),
            "DescribeSnapshots" => ("disk", "d-1"),
            _ => ("snapshot", "s-1"),
        };
        let error = denied.provider().dependents(&address(kind_and_id.0, kind_and_id.1)).await.unwrap_err();
        assert_eq!((error.class, error.operation.as_str()), (ErrorClass::Auth, operation));
    }
}

#[tokio::test]
async fn a_look_up_that_fails_is_an_error() {
    for operation in [
        "DescribeInstances",
        "DescribeImageSharePermission",
        "DescribeImages",
        "DescribeTasks",
        "DescribeLaunchTemplates",
        "DescribeLaunchTemplateVersions",
        "DescribeScalingConfigurations",
    ] {
        let server = Server::start(move |request| {
            if request.operation == operation { Some(error(500, "InternalError")) } else { world(request) }
        })
        .await;
        let error = server.provider().dependents(&address("image", "m-1")).await.unwrap_err();
        assert_eq!((error.class, error.operation.as_str()), (ErrorClass::Transient, operation));
        // A listing of the whole region, which serves many looks, is patient; a look by itself is not.
        let listing = operation.contains("LaunchTemplate") || operation.contains("Scaling");
        assert_eq!(server.calls_of(operation).len() > 2, listing, "{operation}");
    }
}

#[tokio::test]
async fn a_listing_of_launchers_serves_several_looks_unless_it_is_too_old_for_them() {
    for (listings_serve_for, listings) in [(LISTINGS_SERVE_FOR, 1), (Duration::ZERO, 2)] {
        let server = Server::start(world).await;
        let provider = server.provider_with(RegionChoice::All, listings_serve_for);
        for id in ["m-1", "m-2"] {
            provider.dependents(&address("image", id)).await.unwrap();
        }
        assert_eq!(server.calls_of("DescribeLaunchTemplates").len(), listings);
    }
}

#[tokio::test]
async fn what_may_not_be_listed_is_nothing_only_to_a_plan_that_takes_it_as_empty() {
    let waiver = |kind: &str, region: &str| AssumedNone {
        kind: kind.parse().unwrap(),
        account: None,
        region: Some(region.parse().unwrap()),
        reason: "there are none".to_owned(),
    };
    let here = region().to_string();
    for (operation, waived, is_nothing) in [
        ("DescribeScalingConfigurations", waiver("scaling-configuration", &here), true),
        ("DescribeLaunchTemplates", waiver("launch-template", &here), true),
        ("DescribeScalingConfigurations", waiver("scaling-configuration", "cn-elsewhere"), false),
        ("DescribeScalingConfigurations", waiver("launch-template", &here), false),
        // The template is there: that nobody may look into it is no reason to take it for none.
        ("DescribeLaunchTemplateVersions", waiver("launch-template", &here), false),
        // The service itself refuses for these, and they are asked by the image.
        ("DescribeTasks", waiver("task", &here), false),
    ] {
        let denied = move |request: &Request| {
            if request.operation == operation { Some(error(403, "Forbidden.RAM")) } else { world(request) }
        };
        let server = Server::start(denied).await;
        let provider = server.provider().assuming(vec![waived.clone()]);
        let found = provider.dependents(&address("image", "m-1")).await;
        assert_eq!(found.is_ok(), is_nothing, "{operation} {waived:?}: {found:?}");
        assert!(server.provider().dependents(&address("image", "m-1")).await.is_err(), "{operation}");
    }
    let of_the_key = Server::start(|request| {
        let is_listing = request.operation == "DescribeScalingConfigurations";
        if is_listing { Some(error(403, "InvalidSecurityToken.Expired")) } else { world(request) }
    })
    .await;
    let provider = of_the_key.provider().assuming(vec![waiver("scaling-configuration", &here)]);
    assert!(provider.dependents(&address("image", "m-1")).await.is_err(), "another key may list it");
    let passing = Server::start(|request| {
        if request.operation == "DescribeScalingConfigurations" {
            Some(error(500, "InternalError"))
        } else {
            world(request)
        }
    })
    .await;
    let provider = passing.provider().assuming(vec![waiver("scaling-configuration", &here)]);
    assert!(provider.dependents(&address("image", "m-1")).await.is_err(), "it may be listed, another time");
    let seen = Server::start(world).await.provider().assuming(vec![waiver("launch-template", &here)]);
    let found = seen.dependents(&address("image", "m-1")).await.unwrap();
    assert!(found.iter().any(|found| found.address.kind() == "launch-template"), "what can be listed is believed");
}
