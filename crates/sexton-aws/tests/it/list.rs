use serde_json::Value;

use crate::server::{Request, Response, Server, error, ok, text};

const KINDS: [&str; 10] = [
    "disk",
    "image",
    "instance",
    "launch-configuration",
    "launch-template",
    "publication",
    "recycle-bin-rule",
    "share",
    "snapshot",
    "snapshot-lock",
];

fn snapshots(ids: std::ops::Range<usize>, more: &str) -> String {
    let items: String = ids.map(|id| format!("<item><snapshotId>snap-{id}</snapshotId></item>")).collect();
    format!("<snapshotSet>{items}</snapshotSet>{more}")
}

/// A server on which one operation answers so.
async fn with(operation: &'static str, answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Server {
    Server::start(move |request| (request.operation == operation).then(|| answer(request))).await
}

#[tokio::test]
async fn an_empty_account_is_listed_completely_as_of_the_provider_s_time() {
    let server = Server::start(|_| None).await;
    let listed = server.listed().await;
    assert_eq!(listed.kinds(), KINDS);
    assert_eq!(listed.incomplete(), [""; 0]);
    assert_eq!(listed.problems(), []);
    for kind in KINDS {
        assert_eq!(listed.as_of(kind).as_deref(), Some("2026-11-21T00:00:00Z"), "{kind}");
    }
    let images = &server.calls_of("DescribeImages")[0];
    for (name, value) in [("Owner.1", "self"), ("IncludeDisabled", "true"), ("IncludeDeprecated", "true")] {
        assert_eq!(images.parameter(name), value, "{name}");
    }
    assert_eq!(server.calls_of("DescribeSnapshots")[0].parameter("Owner.1"), "self");
    for operation in ["DescribeInstances", "DescribeVolumes", "DescribeLaunchTemplates"] {
        assert_eq!(server.calls_of(operation)[0].parameter("IncludeManagedResources"), "true", "{operation}");
    }
}

#[tokio::test]
async fn a_world_is_listed_with_what_hangs_on_it() {
    let server = Server::start(|request| {
        let operation = request.operation.as_str();
        let public = "<item><group>all</group></item>";
        let inner = match operation {
            "DescribeSnapshots" => {
                let foreign = "<item><snapshotId>snap-9</snapshotId><ownerId>999999999999</ownerId></item>";
                let binned = "<item><snapshotId>snap-8</snapshotId><tagSet><item><key>aws:recycle-bin:resource-in-bin\
                    </key><value>true</value></item></tagSet></item>";
                format!("<snapshotSet><item><snapshotId>snap-1</snapshotId></item>{foreign}{binned}</snapshotSet>")
            }
            "DescribeLockedSnapshots" => "<snapshotSet><item><snapshotId>snap-1</snapshotId><lockState>compliance\
                </lockState><lockExpiresOn>2027-01-01T00:00:00Z</lockExpiresOn></item></snapshotSet>"
                .to_owned(),
            "DescribeImages" => {
                "<imagesSet><item><imageId>ami-1</imageId><isPublic>true</isPublic><blockDeviceMapping/>\
                </item><item><imageId>ami-2</imageId><imageState>deregistered</imageState></item></imagesSet>"
                    .to_owned()
            }
            "DescribeInstances" => "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId>\
                <imageId>ami-1</imageId></item><item><instanceId>i-2</instanceId><instanceState><name>terminated</name>\
                </instanceState></item></instancesSet></item></reservationSet>"
                .to_owned(),
            "DescribeImageAttribute" => {
                format!("<launchPermission>{public}<item><userId>1</userId></item></launchPermission>")
            }
            "DescribeSnapshotAttribute" => {
                format!("<createVolumePermission>{public}<item><userId>2</userId></item></createVolumePermission>")
            }
            "DescribeLaunchTemplates" => {
                "<launchTemplates><item><launchTemplateId>lt-1</launchTemplateId></item></launchTemplates>".to_owned()
            }
            "DescribeLaunchTemplateVersions" => "<launchTemplateVersionSet><item><versionNumber>1</versionNumber>\
                <launchTemplateData><imageId>ami-1</imageId></launchTemplateData></item></launchTemplateVersionSet>"
                .to_owned(),
            "DescribeLaunchConfigurations" => "<DescribeLaunchConfigurationsResult><LaunchConfigurations><member>\
                <LaunchConfigurationName>a/b</LaunchConfigurationName><ImageId>ami-1</ImageId></member>\
                </LaunchConfigurations></DescribeLaunchConfigurationsResult>"
                .to_owned(),
            "POST /list-rules" => {
                let rules = r#"{"Rules": [{"Identifier": "abc"}]}"#;
                return request.body.contains("EBS_SNAPSHOT").then(|| text(200, rules));
            }
            "GET /rules/abc" => {
                let rule = r#"{"RetentionPeriod": {"RetentionPeriodValue": 7}, "Status": "available"}"#;
                return Some(text(200, rule));
            }
            _ => return None,
        };
        Some(ok(operation, &inner))
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), [""; 0], "{:?}", listed.problems());
    assert_eq!((listed.ids("snapshot"), listed.ids("image")), (vec!["snap-1"], vec!["ami-1"]));
    assert_eq!(listed.ids("instance"), ["i-1"]);
    assert_eq!(listed.ids("share"), ["snap-1/2", "ami-1/1"]);
    assert_eq!(listed.ids("publication"), ["snap-1/public", "ami-1/public"]);
    assert_eq!((listed.ids("launch-template"), listed.ids("launch-configuration")), (vec!["lt-1"], vec!["a/b"]));
    let snapshot = listed.resource("snapshot", "snap-1").attributes.as_ref().known().unwrap();
    assert_eq!((&snapshot["locked_until"], &snapshot["recycle_bin_days"]), (&"2027-01-01T00:00:00Z".into(), &7.into()));
    assert_eq!(listed.resource("image", "ami-1").attributes.as_ref().known().unwrap().get("recycle_bin_days"), None);
}

#[tokio::test]
async fn pages_are_read_to_the_end_by_their_tokens() {
    let server = with("DescribeSnapshots", |request| {
        let inner = match request.parameter("NextToken") {
            "" => snapshots(0..1000, "<nextToken>two</nextToken>"),
            "two" => snapshots(999..1500, "<nextToken/>"),
            other => panic!("{other}"),
        };
        ok(&request.operation, &inner)
    })
    .await;
    let listed = server.listed().await;
    assert!(listed.is_complete("snapshot"));
    assert_eq!(listed.ids("snapshot").len(), 1500);
    assert_eq!(server.calls_of("DescribeSnapshotAttribute").len(), 1500);
}

#[tokio::test]
async fn a_full_page_without_a_next_one_is_asked_for_again_and_believed_only_if_it_ends_otherwise() {
    // Cuts off at the size that is asked for.
    let cut = with("DescribeLaunchTemplates", |request| {
        let rows: usize = request.parameter("MaxResults").parse().unwrap();
        let items: String =
            (0..rows).map(|id| format!("<item><launchTemplateId>lt-{id}</launchTemplateId></item>")).collect();
        ok(&request.operation, &format!("<launchTemplates>{items}</launchTemplates>"))
    })
    .await;
    let listed = cut.listed().await;
    assert_eq!(listed.incomplete(), ["launch-template"]);
    assert!(listed.problem("launch-template").contains("there may be more"), "{}", listed.problem("launch-template"));
    assert_eq!(listed.ids("launch-template").len(), 200);

    // Has as many as are asked for, by chance.
    let exact = with("DescribeSnapshots", |request| {
        let inner = match (request.parameter("MaxResults"), request.parameter("NextToken")) {
            ("1000", "") => snapshots(0..1000, ""),
            ("999", "") => snapshots(0..999, "<nextToken>t</nextToken>"),
            ("999", "t") => snapshots(999..1000, ""),
            other => panic!("{other:?}"),
        };
        ok(&request.operation, &inner)
    })
    .await;
    let listed = exact.listed().await;
    assert!(listed.is_complete("snapshot"));
    assert_eq!(listed.ids("snapshot").len(), 1000);
}

#[tokio::test]
async fn a_listing_that_repeats_a_token_is_not_complete() {
    let server = with("DescribeImages", |request| ok(&request.operation, "<imagesSet/><nextToken>t</nextToken>")).await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["image", "publication", "share"]);
    assert!(listed.problem("image").contains("repeats a page token"));
}

#[tokio::test]
async fn a_denied_or_broken_listing_is_incomplete_and_never_empty() {
    type Answer = fn(&Request) -> Response;
    let answers: [(&str, Answer); 5] = [
        ("denied", |_| error(403, "UnauthorizedOperation")),
        ("a page of a proxy", |_| text(200, "<html><body>Please log in</body></html>")),
        ("an answer without its list", |request| ok(&request.operation, "")),
        ("cut short", |request| ok(&request.operation, "<x/>").truncated()),
        ("another operation's", |_| ok("DescribeOther", "<snapshotSet/>")),
    ];
    for (what, answer) in answers {
        for (operation, incomplete) in [
            ("DescribeSnapshots", &["publication", "share", "snapshot"][..]),
            ("DescribeImages", &["image", "publication", "share"]),
            ("DescribeVolumes", &["disk"]),
            ("DescribeInstances", &["instance"]),
            ("DescribeLaunchTemplates", &["launch-template"]),
            ("DescribeLaunchConfigurations", &["launch-configuration"]),
            ("DescribeLockedSnapshots", &["snapshot-lock"]),
        ] {
            // Whatever the failure that may pass, it is not waited for here.
            if what != "denied" && operation != "DescribeSnapshots" {
                continue;
            }
            let server = with(operation, answer).await;
            let listed = server.listed().await;
            assert_eq!(listed.incomplete(), incomplete, "{what}: {operation}");
            if what == "denied" {
                let asks = format!(
                    "needs the IAM action {}:{operation}",
                    if operation.contains("Conf") { "autoscaling" } else { "ec2" }
                );
                assert!(listed.problem(incomplete[incomplete.len() - 1]).contains(&asks) || incomplete.len() > 1);
            }
        }
    }
}

#[tokio::test]
async fn how_many_permissions_there_are_to_ask_for_is_told_before_the_first() {
    let server = Server::start(|request| match request.operation.as_str() {
        "DescribeSnapshots" => Some(ok("DescribeSnapshots", &snapshots(0..2, ""))),
        "DescribeImages" => Some(ok(
            "DescribeImages",
            "<imagesSet><item><imageId>ami-1</imageId><isPublic>false</isPublic></item></imagesSet>",
        )),
        "DescribeSnapshotAttribute" if request.before == 0 => Some(error(403, "UnauthorizedOperation")),
        _ => None,
    })
    .await;
    let told: Vec<(u64, Option<u64>)> = (0..=3).map(|asked| (asked, Some(3))).collect();
    assert_eq!(server.listed().await.progress_of("share"), told);
}

#[tokio::test]
async fn a_permission_that_cannot_be_asked_for_leaves_shares_incomplete() {
    let server = Server::start(|request| match request.operation.as_str() {
        "DescribeImages" => Some(ok(
            "DescribeImages",
            "<imagesSet><item><imageId>ami-1</imageId><isPublic>false</isPublic></item></imagesSet>",
        )),
        "DescribeImageAttribute" => Some(error(403, "UnauthorizedOperation")),
        _ => None,
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["publication", "share"]);
    assert!(listed.problem("share").contains("ec2:DescribeImageAttribute"), "{}", listed.problem("share"));
}

#[tokio::test]
async fn an_image_that_was_deregistered_meanwhile_is_shared_with_nobody() {
    let server = Server::start(|request| match request.operation.as_str() {
        "DescribeImages" => Some(ok(
            "DescribeImages",
            "<imagesSet><item><imageId>ami-1</imageId><isPublic>false</isPublic></item></imagesSet>",
        )),
        "DescribeImageAttribute" => Some(error(400, "InvalidAMIID.Unavailable")),
        _ => None,
    })
    .await;
    assert_eq!(server.listed().await.incomplete(), [""; 0]);
}

#[tokio::test]
async fn an_image_that_does_not_say_whether_it_is_public_leaves_publications_incomplete() {
    let server = with("DescribeImages", |request| {
        ok(&request.operation, "<imagesSet><item><imageId>ami-1</imageId></item></imagesSet>")
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["publication"]);
    assert!(listed.problem("publication").contains("ami-1"));
}

#[tokio::test]
async fn rules_of_the_bin_that_cannot_be_read_are_unknown_and_hold_nothing() {
    let server = Server::start(|request| match request.operation.as_str() {
        "POST /list-rules" => {
            let denied = r#"{"message": "not allowed"}"#;
            Some(text(403, denied).header("x-amzn-errortype", "AccessDeniedException:http://x"))
        }
        "DescribeSnapshots" => Some(ok("DescribeSnapshots", &snapshots(1..2, ""))),
        _ => None,
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["recycle-bin-rule"]);
    assert!(listed.problem("recycle-bin-rule").contains("rbin:ListRules"), "{}", listed.problem("recycle-bin-rule"));
    let snapshot = listed.resource("snapshot", "snap-1").attributes.as_ref().known().unwrap();
    assert_eq!(snapshot["recycle_bin_days"], Value::Null);
}

#[tokio::test]
async fn a_page_is_tried_again_where_its_failure_may_pass() {
    for (status, code) in [(503, "RequestLimitExceeded"), (500, "InternalError")] {
        let server = with("DescribeVolumes", move |request| match request.before {
            0 => error(status, code),
            _ => ok(&request.operation, "<volumeSet/>"),
        })
        .await;
        assert_eq!(server.listed().await.incomplete(), [""; 0]);
        assert_eq!(server.calls_of("DescribeVolumes").len(), 2);
    }
}

#[tokio::test]
async fn an_answer_without_a_date_has_no_known_age() {
    let server = with("DescribeVolumes", |request| ok(&request.operation, "<volumeSet/>").without_date()).await;
    let listed = server.listed().await;
    assert_eq!(listed.as_of("disk"), None);
    assert!(listed.problem("disk").contains("no Date header"));
}

#[tokio::test]
async fn a_listing_that_loses_its_turn_many_times_is_complete() {
    let server = with("DescribeSnapshots", |request| match request.before {
        0..10 => error(503, "RequestLimitExceeded").header("retry-after", "0"),
        _ => ok("DescribeSnapshots", &snapshots(0..3, "")),
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.problems(), []);
    assert_eq!(listed.incomplete(), [""; 0]);
    assert_eq!(listed.ids("snapshot"), ["snap-0", "snap-1", "snap-2"]);
    assert_eq!(server.calls_of("DescribeSnapshots").len(), 11);
}
