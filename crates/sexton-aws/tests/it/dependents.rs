use std::time::Duration;

use sexton_aws::RegionChoice;
use sexton_core::plan::AssumedNone;
use sexton_provider::Provider;

use crate::server::{Server, address, error, ok, region};

async fn world() -> Server {
    Server::start(|request| {
        let inner = match request.operation.as_str() {
            "DescribeImages" => "<imagesSet><item><imageId>ami-1</imageId><blockDeviceMapping><item><ebs><snapshotId>snap-1\
                </snapshotId></ebs></item></blockDeviceMapping></item><item><imageId>ami-2</imageId><blockDeviceMapping/>\
                </item></imagesSet>",
            "DescribeInstances" => "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><imageId>ami-1\
                </imageId></item></instancesSet></item></reservationSet>",
            "DescribeVolumes" => "<volumeSet><item><volumeId>vol-1</volumeId></item></volumeSet>",
            "DescribeImageAttribute" => "<launchPermission><item><userId>1</userId></item></launchPermission>",
            "DescribeSnapshotAttribute" => "<createVolumePermission><item><group>all</group></item></createVolumePermission>",
            "DescribeLaunchTemplates" => "<launchTemplates><item><launchTemplateId>lt-1</launchTemplateId></item>\
                <item><launchTemplateId>lt-2</launchTemplateId></item></launchTemplates>",
            "DescribeLaunchTemplateVersions" if request.parameter("LaunchTemplateId") == "lt-2" => {
                "<launchTemplateVersionSet><item><versionNumber>1</versionNumber><launchTemplateData/></item>\
                 </launchTemplateVersionSet>"
            }
            "DescribeLaunchTemplateVersions" => "<launchTemplateVersionSet><item><versionNumber>1</versionNumber>\
                <launchTemplateData><imageId>ami-1</imageId></launchTemplateData></item></launchTemplateVersionSet>",
            _ => return None,
        };
        Some(ok(&request.operation, inner))
    })
    .await
}

async fn dependents(server: &Server, kind: &str, id: &str) -> Vec<String> {
    let found = server.provider().dependents(&address(kind, id)).await.unwrap();
    found.iter().map(|found| format!("{}/{}", found.address.kind(), found.address.id())).collect()
}

#[tokio::test]
async fn what_refers_to_a_resource_is_found() {
    let server = world().await;
    assert_eq!(dependents(&server, "image", "ami-1").await, ["instance/i-1", "launch-template/lt-1", "share/ami-1/1"]);
    assert_eq!(server.calls_of("DescribeInstances")[0].filtered("image-id"), ["ami-1"]);
    assert_eq!(dependents(&server, "snapshot", "snap-1").await, ["image/ami-1", "publication/snap-1/public"]);
    assert_eq!(dependents(&server, "instance", "i-1").await, ["disk/vol-1"]);
    assert_eq!(server.calls_of("DescribeVolumes")[0].filtered("attachment.instance-id"), ["i-1"]);
    assert_eq!(dependents(&server, "disk", "vol-1").await, [""; 0]);
}

#[tokio::test]
async fn the_listing_of_launchers_serves_several_looks() {
    let server = world().await;
    let provider = server.provider();
    for id in ["ami-1", "ami-2"] {
        provider.dependents(&address("image", id)).await.unwrap();
    }
    assert_eq!(server.calls_of("DescribeLaunchTemplates").len(), 1);
}

#[tokio::test]
async fn a_listing_of_launchers_that_is_too_old_for_a_look_is_made_anew() {
    let server = world().await;
    let provider = server.provider_with(RegionChoice::Named(vec![region()]), Duration::ZERO);
    for id in ["ami-1", "ami-2"] {
        provider.dependents(&address("image", id)).await.unwrap();
    }
    assert_eq!(server.calls_of("DescribeLaunchTemplates").len(), 2);
}

#[tokio::test]
async fn what_cannot_be_asked_is_an_error_and_no_list() {
    for operation in
        ["DescribeInstances", "DescribeImageAttribute", "DescribeLaunchTemplates", "DescribeLaunchConfigurations"]
    {
        let server =
            Server::start(move |request| (request.operation == operation).then(|| error(403, "UnauthorizedOperation")))
                .await;
        assert!(server.provider().dependents(&address("image", "ami-1")).await.is_err(), "{operation}");
    }
}

#[tokio::test]
async fn what_may_not_be_listed_is_nothing_only_to_a_plan_that_takes_it_as_empty() {
    let waiver = |kind: &str| AssumedNone {
        kind: kind.parse().unwrap(),
        account: None,
        region: None,
        reason: "there are none".to_owned(),
    };
    for (operation, waived, is_nothing) in [
        ("DescribeLaunchConfigurations", "launch-configuration", true),
        ("DescribeLaunchTemplates", "launch-template", true),
        ("DescribeLaunchConfigurations", "launch-template", false),
        ("DescribeImageAttribute", "share", false),
    ] {
        let server =
            Server::start(move |request| (request.operation == operation).then(|| error(403, "UnauthorizedOperation")))
                .await;
        let provider = server.provider().assuming(vec![waiver(waived)]);
        let found = provider.dependents(&address("image", "ami-1")).await;
        assert_eq!(found.is_ok(), is_nothing, "{operation} {waived}: {found:?}");
    }
    let untold = Server::start(|request| match request.operation.as_str() {
        "DescribeLaunchTemplates" => Some(ok(
            "DescribeLaunchTemplates",
            "<launchTemplates><item><launchTemplateId>lt-1</launchTemplateId></item></launchTemplates>",
        )),
        "DescribeLaunchTemplateVersions" => Some(error(403, "UnauthorizedOperation")),
        _ => None,
    })
    .await;
    let provider = untold.provider().assuming(vec![waiver("launch-template")]);
    assert!(provider.dependents(&address("image", "ami-1")).await.is_err(), "the template is there");
}
