use serde_json::{Value, json};
use sexton_core::fact::Fact;
use sexton_core::resource::Attribute;
use sexton_provider::Provider;
use sexton_zenlayer::{ApiVersion, RegionChoice};

use crate::server::{Listed, Request, Response, Server, address, error, ok, region, rows, text};

const REGIONAL: [&str; 4] = ["auto-snapshot-policy", "disk", "instance", "snapshot"];

/// Answers one operation.
fn only(
    operation: &'static str,
    answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
) -> impl Fn(&Request) -> Option<Response> + Send + Sync + 'static {
    move |request| (request.operation == operation).then(|| answer(request))
}

/// A page of snapshots in the zone that was asked for.
fn snapshots(request: &Request, ids: &[&str], total: u64) -> Response {
    let zone = request.body["zoneId"].clone();
    let rows: Vec<Value> = ids.iter().map(|id| json!({"snapshotId": id, "zoneId": zone, "diskId": ""})).collect();
    ok(json!({"totalCount": total, "dataSet": rows}))
}

fn is_zone_a(request: &Request) -> bool {
    request.body["zoneId"] == "asia-east-1a"
}

#[tokio::test]
async fn a_region_is_listed_zone_by_zone() {
    let server = Server::start(|request| {
        let zone = request.body["zoneId"].as_str().unwrap_or_default().to_owned();
        let in_a = zone == "asia-east-1a";
        Some(match request.operation.as_str() {
            "DescribeSnapshots" if in_a => rows(json!([
                {"snapshotId": "s-1", "zoneId": zone, "diskId": "d-1", "status": "AVAILABLE"},
                {"snapshotId": "s-2", "zoneId": zone, "diskId": "d-gone", "createTime": "last week"}])),
            "DescribeSnapshots" => rows(json!([{"snapshotId": "s-3", "zoneId": zone, "diskId": "d-2"}])),
            "DescribeDisks" if in_a => {
                rows(json!([{"diskId": "d-1", "zoneId": zone, "diskSize": 20, "instanceId": "i-1"}]))
            }
            "DescribeDisks" => rows(json!([{"diskId": "d-2", "zoneId": zone, "diskStatus": "RECYCLED"}])),
            "DescribeInstances" if in_a => rows(json!([{"instanceId": "i-1", "zoneId": zone, "imageId": "m-1"}])),
            "DescribeAutoSnapshotPolicies" => {
                let zone = request.body["zoneIds"][0].clone();
                let id = format!("p-{}", request.before);
                rows(json!([{"autoSnapshotPolicyId": id, "zoneId": zone, "diskIdSet": ["d-1"], "diskNum": 1}]))
            }
            _ => return None,
        })
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.kinds(), REGIONAL);
    assert_eq!(listed.problems(), []);
    assert_eq!(listed.incomplete(), [""; 0]);
    for (kind, ids) in [
        ("snapshot", vec!["s-1", "s-2", "s-3"]),
        ("disk", vec!["d-1", "d-2"]),
        ("instance", vec!["i-1"]),
        ("auto-snapshot-policy", vec!["p-0", "p-1"]),
    ] {
        assert_eq!(listed.ids(kind), ids, "{kind}");
        assert_eq!(listed.as_of(kind).as_deref(), Some("2026-11-21T00:00:00Z"), "{kind}");
    }
    let snapshot = listed.resource("snapshot", "s-1");
    assert_eq!(snapshot.size_bytes, Fact::Known(20 << 30));
    assert!(snapshot.tags.is_unknown() && listed.resource("snapshot", "s-2").created_at.is_unknown());
    assert!(listed.resource("snapshot", "s-3").size_bytes.is_unknown());
    assert_eq!(listed.resource("disk", "d-1").attribute("delete_with_instance"), Attribute::Unknown);
    assert_eq!(listed.resource("instance", "i-1").known_links()[0].target, address("image", "m-1"));
    assert!(server.changes().is_empty());
    assert!(server.calls().iter().all(|call| call.version == "2025-09-01"));
    let first = &server.calls_of("DescribeSnapshots")[0];
    assert_eq!(first.body, json!({"zoneId": "asia-east-1a", "pageNum": 1, "pageSize": 100}));
}

#[tokio::test]
async fn the_account_s_images_are_listed_once_and_public_ones_are_not_its_own() {
    let server = Server::start(only("DescribeCustomImages", |_| {
        rows(json!([{"imageId": "m-1", "imageType": "CUSTOM_IMAGE", "imageStatus": "AVAILABLE"},
            {"imageId": "m-2", "imageType": "PUBLIC_IMAGE"}]))
    }))
    .await;
    let listed = Listed::of(&server.provider(), &region("global")).await.unwrap();
    assert_eq!(listed.kinds(), ["image", "instance"]);
    assert_eq!(listed.ids("image"), ["m-1"]);
    assert_eq!(listed.incomplete(), [""; 0]);
    assert_eq!(listed.problems(), []);
}

/// An image that an instance of a region uses that nobody lists must not pass for unused.
#[tokio::test]
async fn an_instance_elsewhere_that_uses_an_image_makes_the_account_s_instances_incomplete() {
    for (row, choice, complete) in [
        (
            json!({"instanceId": "i", "zoneId": "europe-west-1a", "imageId": "m-1"}),
            vec!["asia-east-1", "global"],
            false,
        ),
        (json!({"instanceId": "i", "zoneId": "europe-west-1a"}), vec!["asia-east-1", "global"], false),
        (
            json!({"instanceId": "i", "zoneId": "europe-west-1a", "imageId": "public"}),
            vec!["asia-east-1", "global"],
            true,
        ),
        (
            json!({"instanceId": "i", "zoneId": "europe-west-1a", "imageId": "m-1"}),
            vec!["europe-west-1", "global"],
            true,
        ),
        (json!({"instanceId": "i", "zoneId": "europe-west-1a", "imageId": "m-1"}), vec![], true),
        (json!({"instanceId": "i", "zoneId": "mars-1a", "imageId": "m-1"}), vec![], false),
        (json!({"instanceId": "i", "imageId": "m-1"}), vec![], false),
    ] {
        let told = row.to_string();
        let server = Server::start(move |request| match request.operation.as_str() {
            "DescribeCustomImages" => Some(rows(json!([{"imageId": "m-1"}]))),
            "DescribeInstances" => Some(rows(json!([row]))),
            _ => None,
        })
        .await;
        let choice = match &choice[..] {
            [] => RegionChoice::All,
            names => RegionChoice::Named(names.iter().map(|name| region(name)).collect()),
        };
        let listed =
            Listed::of(&server.provider_of(choice.clone(), ApiVersion::V20250901), &region("global")).await.unwrap();
        assert_eq!(listed.ids("image"), ["m-1"]);
        assert!(listed.ids("instance").is_empty());
        assert_eq!(listed.incomplete().is_empty(), complete, "{told} {choice:?}");
        if !complete {
            assert!(listed.problem("instance").contains("instance i may have been booted"), "{told}");
        }
    }
}

#[tokio::test]
async fn pages_are_read_to_the_end_and_rows_that_come_twice_are_one() {
    let server = Server::start(only("DescribeSnapshots", |request| {
        if !is_zone_a(request) {
            return snapshots(request, &[], 0);
        }
        match request.body["pageNum"].as_u64() {
            Some(1) => snapshots(request, &["s-1", "s-2"], 3),
            _ => snapshots(request, &["s-2", "s-3"], 3),
        }
    }))
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.ids("snapshot"), ["s-1", "s-2", "s-3"]);
    assert_eq!(listed.incomplete(), [""; 0]);
}

#[tokio::test]
async fn a_listing_that_drifts_is_read_again_and_is_incomplete_where_it_does_not_settle() {
    let settles = Server::start(only("DescribeSnapshots", |request| {
        if !is_zone_a(request) {
            return snapshots(request, &[], 0);
        }
        // One row slips from the second page to the first between the two.
        match (request.before, request.body["pageNum"].as_u64()) {
            (0, _) => snapshots(request, &["s-1", "s-2"], 4),
            (1, _) => snapshots(request, &["s-4"], 3),
            (_, Some(1)) => snapshots(request, &["s-2", "s-3"], 3),
            _ => snapshots(request, &["s-4"], 3),
        }
    }))
    .await;
    let listed = settles.listed().await;
    assert_eq!(listed.incomplete(), [""; 0]);
    assert_eq!(listed.ids("snapshot"), ["s-1", "s-2", "s-4", "s-3"]);

    let never = Server::start(only("DescribeSnapshots", |request| snapshots(request, &["s-1"], 2))).await;
    let listed = never.listed().await;
    assert_eq!(listed.incomplete(), ["snapshot"]);
    assert!(listed.problem("snapshot").contains("1 of 2 rows"), "{}", listed.problem("snapshot"));
}

/// The zones were asked for before the region had one.
#[tokio::test]
async fn a_region_of_which_no_zone_is_known_yet_is_not_empty() {
    let server = Server::start(only("DescribeZones", |request| match request.before {
        0 => ok(json!({"zoneSet": [{"zoneId": "europe-west-1a", "regionId": "europe-west-1"}]})),
        _ => ok(json!({"zoneSet": [{"zoneId": "asia-east-1a", "regionId": "asia-east-1"}]})),
    }))
    .await;
    let provider = server.provider();
    assert_eq!(provider.regions().await.unwrap().len(), 2);
    let listed = Listed::of(&provider, &region("asia-east-1")).await.unwrap();
    assert_eq!(listed.incomplete(), REGIONAL);
    assert!(listed.problem("snapshot").contains("the zones have changed"));
}

#[tokio::test]
async fn what_two_zones_list_is_one_resource() {
    let server = Server::start(only("DescribeDisks", |_| {
        rows(json!([{"diskId": "d-1", "zoneId": "asia-east-1a"}, {"diskId": "d-2", "zoneId": "asia-east-1b"}]))
    }))
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.ids("disk"), ["d-1", "d-2"]);
    assert_eq!(listed.incomplete(), [""; 0]);
}

#[tokio::test]
async fn nothing_that_is_no_whole_list_passes_for_one() {
    for (name, answer) in [
        ("denied", error(403, "AUTHFAILURE_UNAUTHORIZED_OPERATION")),
        ("refused", error(400, "INVALID_PARAMETER_VALUE")),
        ("a challenge", text(403, "<html>are you human</html>").header("cf-mitigated", "challenge")),
        ("blocked", text(451, "no")),
        ("no list and no count", ok(json!({}))),
        ("an empty list of three", ok(json!({"totalCount": 3, "dataSet": null}))),
        ("an empty page of three", ok(json!({"totalCount": 3, "dataSet": []}))),
        ("no list", ok(json!({"totalCount": 0, "dataSet": "none"}))),
        ("a row that is none", ok(json!({"totalCount": 1, "dataSet": [null]}))),
        ("a row without an id", ok(json!({"totalCount": 1, "dataSet": [{"zoneId": "asia-east-1a"}]}))),
        ("a row without a zone", ok(json!({"totalCount": 1, "dataSet": [{"snapshotId": "s"}]}))),
        (
            "a row of elsewhere",
            ok(json!({"totalCount": 1, "dataSet": [{"snapshotId": "s", "zoneId": "europe-west-1a"}]})),
        ),
    ] {
        let server = Server::start(only("DescribeSnapshots", move |_| answer.clone())).await;
        let listed = server.listed().await;
        assert_eq!(listed.incomplete(), ["snapshot"], "{name}");
        assert_eq!(listed.kinds(), REGIONAL, "{name}");
        assert!(!listed.problem("snapshot").contains("the-password"), "{name}");
    }
}

#[tokio::test]
async fn a_page_that_failed_for_a_moment_is_asked_for_again() {
    let server = Server::start(only("DescribeDisks", |request| match request.before {
        0 => error(429, "REQUEST_LIMIT_EXCEEDED"),
        1 => text(502, "<html>bad gateway</html>"),
        2 => ok(json!({"totalCount": 0})).truncated(),
        _ => ok(json!({"totalCount": 0, "dataSet": []})),
    }))
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), [""; 0]);
    assert_eq!(server.calls_of("DescribeDisks").len(), 5);
}

#[tokio::test]
async fn a_listing_that_loses_its_turn_many_times_is_complete() {
    let server = Server::start(only("DescribeDisks", |request| match request.before {
        0..10 => error(429, "REQUEST_LIMIT_EXCEEDED").header("retry-after", "0"),
        before => rows(json!([{"diskId": format!("d-{before}"), "zoneId": request.body["zoneId"]}])),
    }))
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.problems(), []);
    assert_eq!(listed.incomplete(), [""; 0]);
    assert_eq!(listed.ids("disk"), ["d-10", "d-11"]);
}

#[tokio::test]
async fn one_zone_that_cannot_be_read_makes_the_region_s_listing_incomplete() {
    let server = Server::start(only("DescribeInstances", |request| match is_zone_a(request) {
        true => rows(json!([{"instanceId": "i-1", "zoneId": "asia-east-1a", "imageId": ""}])),
        false => error(403, "AUTHFAILURE_UNAUTHORIZED_OPERATION"),
    }))
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["instance"]);
    assert_eq!(listed.ids("instance"), ["i-1"]);
    assert!(listed.problem("instance").contains("lacks the permission for DescribeInstances"));
}

#[tokio::test]
async fn without_a_date_the_age_of_a_listing_is_unknown_and_said_so() {
    let server = Server::start(|request| {
        (request.operation == "DescribeSnapshots").then(|| ok(json!({"totalCount": 0})).without_date())
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.as_of("snapshot"), None);
    assert!(listed.problem("snapshot").contains("no Date header"));
}

#[tokio::test]
async fn the_older_version_lists_what_it_has_and_says_what_it_has_not() {
    let server = Server::start(|request| {
        Some(match request.operation.as_str() {
            "DescribeDisks" if is_zone_a(request) => rows(json!([{"diskId": "d-1", "zoneId": "asia-east-1a"}])),
            "DescribeCustomImages" | "DescribeAutoSnapshotPolicies" => error(403, "AUTHFAILURE_UNAUTHORIZED_OPERATION"),
            _ => return None,
        })
    })
    .await;
    let provider = server.provider_of(RegionChoice::All, ApiVersion::V20240401);
    let listed = Listed::of(&provider, &region("asia-east-1")).await.unwrap();
    assert_eq!(listed.incomplete(), ["auto-snapshot-policy"]);
    assert!(listed.resource("disk", "d-1").tags.is_unknown());
    let listed = Listed::of(&provider, &region("global")).await.unwrap();
    assert_eq!(listed.incomplete(), ["image"]);
    assert!(listed.problem("image").contains("version 2024-04-01 of the API has no kind image"));
    assert!(server.calls_of("DescribeCustomImages").is_empty());
    assert!(server.calls().iter().all(|call| call.version == "2024-04-01"));
}

#[tokio::test]
async fn nothing_is_listed_where_the_identity_is_not_known() {
    let server = Server::start(only("DescribeZones", |_| error(400, "AUTHFAILURE_SIGNATURE_EXPIRED"))).await;
    let mut listed = Listed::default();
    let failed = server.provider().list(&region("asia-east-1"), &mut listed).await.unwrap_err();
    assert_eq!(failed.code.as_deref(), Some("AUTHFAILURE_SIGNATURE_EXPIRED"));
    assert!(listed.kinds().is_empty());
    let mut listed = Listed::default();
    let nowhere = Server::start(|_| None).await.provider().list(&region("mars-1"), &mut listed).await.unwrap_err();
    assert!(nowhere.message.contains("lists no region mars-1"));
}
