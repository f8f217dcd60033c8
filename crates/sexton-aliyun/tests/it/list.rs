use serde_json::{Value, json};
use sexton_core::fact::Fact;
use sexton_core::resource::Attribute;

use crate::server::{ACCOUNT, Request, Response, Server, address, error, ok, text};

const KINDS: [&str; 12] = [
    "auto-snapshot-policy",
    "disk",
    "image",
    "instance",
    "launch-template",
    "publication",
    "scaling-configuration",
    "share",
    "snapshot",
    "snapshot-group",
    "snapshot-lock",
    "task",
];

/// Answers one operation, and no dry run of it.
fn only(
    operation: &'static str,
    answer: impl Fn(&Request) -> Response + Send + Sync + 'static,
) -> impl Fn(&Request) -> Option<Response> + Send + Sync + 'static {
    move |request| (request.operation == operation && !request.is_dry_run()).then(|| answer(request))
}

fn rows(outer: &str, inner: &str, id: &str, ids: &[&str]) -> Value {
    let rows: Vec<Value> = ids.iter().map(|value| json!({id: value})).collect();
    json!({outer: {inner: rows}})
}

fn snapshots(ids: &[&str], next_token: &str) -> Response {
    let mut body = rows("Snapshots", "Snapshot", "SnapshotId", ids);
    body["NextToken"] = json!(next_token);
    // As the vendor's documentation warns.
    body["TotalCount"] = json!(0);
    ok(body)
}

fn images(ids: &[&str], total: u64) -> Response {
    let images: Vec<Value> = ids
        .iter()
        .map(|id| json!({"ImageId": id, "IsSelfShared": "False", "DiskDeviceMappings": {}, "ImageOwnerAlias": "self"}))
        .collect();
    ok(json!({"Images": {"Image": images}, "TotalCount": total, "PageNumber": 1, "PageSize": 100}))
}

#[tokio::test]
async fn one_of_everything() {
    let server = Server::start(|request| {
        if request.is_dry_run() {
            return None;
        }
        Some(match request.operation.as_str() {
            "DescribeSnapshots" => ok(json!({"Snapshots": {"Snapshot": [
                {"SnapshotId": "s-1", "Status": "accomplished", "Usage": "image"}, {"SnapshotId": "s-2"}]}})),
            "DescribeLockedSnapshots" => ok(json!({"LockedSnapshotsInfo": [
                {"SnapshotId": "s-1", "LockStatus": "compliance", "LockExpiredTime": "2027-01-01T00:00:00Z"}]})),
            "DescribeImages" => {
                assert_eq!(
                    request.parameter("Status"),
                    "Creating,Waiting,Available,UnAvailable,CreateFailed,Deprecated"
                );
                assert_eq!(request.parameter("ImageOwnerAlias"), "self");
                ok(json!({"TotalCount": 2, "Images": {"Image": [
                    {"ImageId": "m-1", "ImageOwnerAlias": "self", "IsSelfShared": "True", "IsPublic": true, "Status": "Deprecated",
                        "DiskDeviceMappings": {"DiskDeviceMapping": [{"SnapshotId": "s-1"}]}},
                    {"ImageId": "m-2", "ImageOwnerAlias": "self", "IsSelfShared": "False", "IsPublic": false,
                        "DiskDeviceMappings": {"DiskDeviceMapping": []}}]}}))
            }
            "DescribeImageSharePermission" => {
                assert_eq!(request.parameter("ImageId"), "m-1");
                ok(json!({"ImageId": "m-1", "TotalCount": 2, "Accounts": {"Account": [
                    {"AliyunId": "111"}, {"AliyunId": 222}]}, "ShareGroups": {"ShareGroup": [{"Group": "all"}]}}))
            }
            "DescribeDisks" => ok(json!({"Disks": {"Disk": [{"DiskId": "d-1", "InstanceId": "i-1"}]}})),
            "DescribeInstances" => ok(json!({"Instances": {"Instance": [{"InstanceId": "i-1", "ImageId": "m-1"}]}})),
            "DescribeTasks" => ok(json!({"TotalCount": 1, "TaskSet": {"Task": [
                {"TaskId": "t-1", "TaskAction": "ExportImage", "ResourceId": "m-1"}]}})),
            "DescribeLaunchTemplates" => ok(json!({"TotalCount": 1, "LaunchTemplateSets": {"LaunchTemplateSet": [
                {"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web"}]}})),
            "DescribeLaunchTemplateVersions" => {
                assert_eq!(request.parameter("LaunchTemplateId"), "lt-1");
                ok(json!({"TotalCount": 1, "LaunchTemplateVersionSets": {"LaunchTemplateVersionSet": [
                    {"VersionNumber": 1, "LaunchTemplateData": {"ImageId": "m-2"}}]}}))
            }
            "DescribeScalingConfigurations" => {
                assert_eq!(request.version, "2022-02-22");
                ok(json!({"TotalCount": 1, "ScalingConfigurations": [{"ScalingConfigurationId": "asc-1", "ImageId": "m-1"}]}))
            }
            _ => return None,
        })
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.kinds(), KINDS);
    assert_eq!(listed.problems(), []);
    assert_eq!(listed.incomplete(), [""; 0]);
    for (kind, ids) in [
        ("snapshot", vec!["s-1", "s-2"]),
        ("image", vec!["m-1", "m-2"]),
        ("publication", vec!["m-1/public"]),
        ("share", vec!["m-1/111", "m-1/222", "m-1/all"]),
        ("disk", vec!["d-1"]),
        ("instance", vec!["i-1"]),
        ("task", vec!["t-1"]),
        ("launch-template", vec!["lt-1"]),
        ("scaling-configuration", vec!["asc-1"]),
    ] {
        assert_eq!(listed.ids(kind), ids, "{kind}");
        assert_eq!(listed.as_of(kind).as_deref(), Some("2026-11-21T00:00:00Z"), "{kind}");
    }
    let locked = listed.resource("snapshot", "s-1");
    assert_eq!(locked.attribute("locked_until"), Attribute::Known(&json!("2027-01-01T00:00:00Z")));
    assert_eq!(listed.resource("snapshot", "s-2").attribute("locked_until"), Attribute::Missing);
    assert_eq!(listed.resource("launch-template", "lt-1").known_links()[0].target, address("image", "m-2"));
    // Only what changes something is ever sent without being a question.
    assert!(
        server.calls().iter().all(|call| call.operation.starts_with("Describe") || call.operation.starts_with("Get"))
    );
}

#[tokio::test]
async fn tokens_are_followed_to_the_end_and_a_repeated_row_is_taken_once() {
    let server = Server::start(only("DescribeSnapshots", |request| match request.parameter("NextToken") {
        "" => snapshots(&["s-1", "s-2"], "AAA+/="),
        "AAA+/=" => snapshots(&[], "BBB"),
        "BBB" => snapshots(&["s-2", "s-3"], ""),
        other => panic!("unknown token {other}"),
    }))
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.ids("snapshot"), ["s-1", "s-2", "s-3"]);
    assert!(listed.is_complete("snapshot"));
    let calls = server.calls_of("DescribeSnapshots");
    assert_eq!(calls.len(), 3);
    assert!(
        calls.iter().all(|call| call.parameter("MaxResults") == "100" && call.parameter("RegionId") == "cn-hangzhou")
    );
}

#[tokio::test]
async fn a_token_that_repeats_ends_the_listing_as_incomplete() {
    let server = Server::start(only("DescribeSnapshots", |request| match request.parameter("NextToken") {
        "A" => snapshots(&["s-2"], "B"),
        _ => snapshots(&["s-1"], "A"),
    }))
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["snapshot"]);
    assert_eq!(
        listed.problem("snapshot"),
        "DescribeSnapshots: the provider repeats a page token, so the listing would not end"
    );
    assert_eq!(server.calls_of("DescribeSnapshots").len(), 3);
    assert_eq!(listed.ids("snapshot"), ["s-1", "s-2"]);
}

#[tokio::test]
async fn a_listing_by_number_that_moves_is_read_again() {
    // The first time m-1 is deleted between the pages, so that m-3 would be missed.
    let server =
        Server::start(only("DescribeImages", |request| match (request.before, request.parameter("PageNumber")) {
            (0, "1") => images(&["m-1", "m-2"], 4),
            (1, "2") => images(&["m-4"], 3),
            (2, "1") => images(&["m-2", "m-3"], 3),
            (3, "2") => images(&["m-4"], 3),
            other => panic!("unexpected call {other:?}"),
        }))
        .await;
    let listed = server.listed().await;
    assert_eq!(listed.ids("image"), ["m-1", "m-2", "m-4", "m-3"]);
    assert_eq!(listed.incomplete(), [""; 0]);
}

#[tokio::test]
async fn a_shift_that_leaves_the_total_as_it_was_is_noticed_by_the_count() {
    // m-1 is deleted and m-5 made between the pages: the total stays, m-3 is missed.
    let server =
        Server::start(only("DescribeImages", |request| match (request.before, request.parameter("PageNumber")) {
            (0, "1") => images(&["m-1", "m-2"], 4),
            (1, "2") => images(&["m-4"], 4),
            (2, "3") => images(&[], 4),
            (3, "1") => images(&["m-2", "m-3"], 4),
            (4, "2") => images(&["m-4", "m-5"], 4),
            other => panic!("unexpected call {other:?}"),
        }))
        .await;
    let listed = server.listed().await;
    assert_eq!(listed.ids("image"), ["m-1", "m-2", "m-4", "m-3", "m-5"]);
    assert_eq!(listed.incomplete(), [""; 0]);
}

#[tokio::test]
async fn a_listing_that_never_stands_still_is_incomplete_with_what_is_read_from_it() {
    let server = Server::start(only("DescribeImages", |request| {
        let total = 10 + request.before as u64;
        if request.parameter("PageNumber") == "1" { images(&["m-1"], total) } else { images(&[], total) }
    }))
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["image", "publication", "share"]);
    assert_eq!(server.calls_of("DescribeImages").len(), 6);
    assert!(listed.problem("image").contains("changed while it was read, 3 times (last: 1 of 15 rows)"));
    for kind in ["share", "publication"] {
        assert_eq!(listed.problem(kind), "it is read from the listing of image, which is not complete");
    }
}

#[tokio::test]
async fn an_empty_list_is_believed_where_a_dry_run_would_have_been_allowed() {
    for status in [400, 200, 403] {
        let server = Server::start(move |request| request.is_dry_run().then(|| error(status, "DryRunOperation"))).await;
        let listed = server.listed().await;
        assert_eq!(listed.incomplete(), [""; 0], "status {status}: {:?}", listed.problems());
        let mut asked: Vec<String> =
            server.calls().into_iter().filter(Request::is_dry_run).map(|call| call.operation).collect();
        asked.sort();
        assert_eq!(asked, ["DescribeDisks", "DescribeImages", "DescribeInstances", "DescribeSnapshots"]);
    }
}

#[tokio::test]
async fn an_empty_list_is_not_believed_where_a_dry_run_is_denied_or_does_not_tell() {
    let denied = Server::start(|request| request.is_dry_run().then(|| error(403, "Forbidden.RAM"))).await;
    let unclear = Server::start(|request| request.is_dry_run().then(|| ok(json!({"TotalCount": 0})))).await;
    let unheard_of = Server::start(|request| request.is_dry_run().then(|| error(400, "UnsupportedParameter"))).await;
    for server in [&denied, &unclear, &unheard_of] {
        let listed = server.listed().await;
        assert_eq!(listed.incomplete(), ["disk", "image", "instance", "publication", "share", "snapshot"]);
        let problem = listed.problem("instance");
        assert!(problem.starts_with("the list is empty, which is not the same as nothing there"), "{problem}");
        assert!(problem.contains("ecs:DescribeInstances"), "{problem}");
    }
    assert!(denied.listed().await.problem("disk").contains("Forbidden.RAM"));
}

#[tokio::test]
async fn an_empty_list_that_nothing_confirms_is_believed_of_the_account_itself_alone() {
    for (sort, incomplete) in [
        (json!("Account"), &[][..]),
        (json!("RAMUser"), &["launch-template", "scaling-configuration"]),
        (json!("AssumedRoleUser"), &["launch-template", "scaling-configuration"]),
        (json!(null), &["launch-template", "scaling-configuration"]),
    ] {
        let server =
            Server::start(only("GetCallerIdentity", move |_| ok(json!({"AccountId": ACCOUNT, "IdentityType": sort}))))
                .await;
        let listed = server.listed().await;
        assert_eq!(listed.incomplete(), incomplete);
        if !incomplete.is_empty() {
            let problem = listed.problem("launch-template");
            assert!(problem.contains("[[assume_none]] kind = \"launch-template\""), "{problem}");
        }
    }
}

#[tokio::test]
async fn a_list_with_rows_needs_no_dry_run() {
    let server = Server::start(only("DescribeSnapshots", |_| snapshots(&["s-1"], ""))).await;
    server.listed().await;
    let asked = server.calls().into_iter().filter(|call| call.is_dry_run() && call.operation == "DescribeSnapshots");
    assert_eq!(asked.count(), 0);
}

#[tokio::test]
async fn a_denied_listing_is_incomplete_and_names_the_missing_permission() {
    for (operation, kinds) in [
        ("DescribeSnapshots", vec!["snapshot"]),
        ("DescribeLockedSnapshots", vec!["snapshot-lock"]),
        ("DescribeImages", vec!["image", "publication", "share"]),
        ("DescribeDisks", vec!["disk"]),
        ("DescribeInstances", vec!["instance"]),
        ("DescribeTasks", vec!["task"]),
        ("DescribeLaunchTemplates", vec!["launch-template"]),
        ("DescribeScalingConfigurations", vec!["scaling-configuration"]),
        ("DescribeAutoSnapshotPolicyEx", vec!["auto-snapshot-policy"]),
        ("DescribeSnapshotGroups", vec!["snapshot-group"]),
    ] {
        let server = Server::start(only(operation, |_| error(403, "Forbidden.RAM"))).await;
        let listed = server.listed().await;
        assert_eq!(listed.kinds(), KINDS, "{operation}");
        assert_eq!(listed.incomplete(), kinds, "{operation}");
        let product = if operation == "DescribeScalingConfigurations" { "ess" } else { "ecs" };
        let problem = listed.problem(kinds[0]);
        assert!(problem.ends_with(&format!("needs the RAM action {product}:{operation}")), "{problem}");
        assert_eq!(server.calls_of(operation).len(), 1, "{operation}: a denial was tried again");
        assert_eq!(listed.as_of(kinds[0]), None);
    }
}

#[tokio::test]
async fn locks_that_cannot_be_listed_leave_the_snapshots_listed() {
    let server = Server::start(|request| match request.operation.as_str() {
        "DescribeLockedSnapshots" => Some(error(404, "InvalidAction.NotFound")),
        "DescribeSnapshots" => Some(snapshots(&["s-1"], "")),
        _ => None,
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["snapshot-lock"]);
    assert_eq!(listed.ids("snapshot"), ["s-1"]);
}

#[tokio::test]
async fn groups_that_cannot_be_listed_are_unknown_and_leave_the_snapshots_listed() {
    let server = Server::start(|request| match request.operation.as_str() {
        "DescribeSnapshotGroups" => Some(error(403, "Forbidden.RAM")),
        "DescribeSnapshots" => Some(snapshots(&["s-1"], "")),
        _ => None,
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["snapshot-group"]);
    assert_eq!(listed.resource("snapshot", "s-1").attribute("snapshot_group_id"), Attribute::Unknown);
}

#[tokio::test]
async fn a_policy_whose_disks_cannot_be_listed_covers_nobody_knows_what() {
    let policies = || ok(rows("AutoSnapshotPolicies", "AutoSnapshotPolicy", "AutoSnapshotPolicyId", &["sp-1"]));
    let server = Server::start(move |request| match request.operation.as_str() {
        "DescribeAutoSnapshotPolicyEx" => Some(policies()),
        "DescribeAutoSnapshotPolicyAssociations" => Some(error(403, "Forbidden.RAM")),
        _ => None,
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["auto-snapshot-policy"]);
    assert!(listed.resource("auto-snapshot-policy", "sp-1").links.is_unknown());
}

#[tokio::test]
async fn a_policy_that_takes_disks_by_tags_covers_those_that_name_it() {
    let server = Server::start(move |request| match request.operation.as_str() {
        "DescribeAutoSnapshotPolicyEx" => Some(ok(json!({"TotalCount": 2, "AutoSnapshotPolicies": {"AutoSnapshotPolicy": [
            {"AutoSnapshotPolicyId": "sp-1", "DiskNums": 3}, {"AutoSnapshotPolicyId": "sp-2", "DiskNums": 1}]}}))),
        "DescribeAutoSnapshotPolicyAssociations" => {
            Some(ok(json!({"AutoSnapshotPolicyAssociations": {"AutoSnapshotPolicyAssociation": [
                {"AutoSnapshotPolicyId": "sp-1", "DiskId": "d-1"}, {"AutoSnapshotPolicyId": "sp-2", "DiskId": "d-9"}]}})))
        }
        "DescribeDisks" if request.parameter("AutoSnapshotPolicyId") == "sp-1" => {
            Some(ok(json!({"Disks": {"Disk": [{"DiskId": "d-1"}, {"DiskId": "d-2"}, {"DiskId": "d-3"}]}})))
        }
        _ => None,
    })
    .await;
    let listed = server.listed().await;
    let covered = |id: &str| {
        let policy = listed.resource("auto-snapshot-policy", id);
        policy.known_links().iter().map(|link| link.target.id().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(covered("sp-1"), ["d-1", "d-2", "d-3"]);
    assert_eq!(covered("sp-2"), ["d-9"]);
    let asked = server.calls_of("DescribeDisks");
    let asked: Vec<&str> = asked.iter().map(|call| call.parameter("AutoSnapshotPolicyId")).collect();
    assert_eq!(asked.iter().filter(|policy| !policy.is_empty()).count(), 1, "{asked:?}");
}

#[tokio::test]
async fn share_permissions_are_asked_of_all_images_that_are_not_plainly_unshared() {
    let server = Server::start(|request| match request.operation.as_str() {
        "DescribeImages" if !request.is_dry_run() => Some(ok(json!({"TotalCount": 5, "Images": {"Image": [
            {"ImageId": "m-1", "IsSelfShared": "False"}, {"ImageId": "m-2", "IsSelfShared": ""}, {"ImageId": "m-3"},
            {"ImageId": "m-4", "IsSelfShared": "True"},
            {"ImageId": "m-5", "ImageOwnerAlias": "others", "ImageOwnerId": 99}]}}))),
        "DescribeImageSharePermission" => Some(match request.parameter("ImageId") {
            // Gone since it was listed.
            "m-2" => error(404, "InvalidImageId.NotFound"),
            "m-3" => ok(json!({"TotalCount": 1, "Accounts": {"Account": [{"AliyunId": "9"}]}})),
            _ => error(403, "Forbidden.RAM"),
        }),
        _ => None,
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.ids("image"), ["m-1", "m-2", "m-3", "m-4"]);
    assert_eq!(listed.ids("share"), ["m-3/9"]);
    assert_eq!(listed.incomplete(), ["share"]);
    assert!(listed.problem("share").contains("ecs:DescribeImageSharePermission"));
    let mut asked: Vec<String> = server
        .calls_of("DescribeImageSharePermission")
        .iter()
        .map(|call| call.parameter("ImageId").to_owned())
        .collect();
    asked.sort();
    assert_eq!(asked, ["m-2", "m-3", "m-4"]);
}

#[tokio::test]
async fn groups_do_not_end_the_pages_of_a_share_listing_early() {
    let account = |id: u64| json!({"AliyunId": id.to_string()});
    let server = Server::start(move |request| match request.operation.as_str() {
        "DescribeImages" if !request.is_dry_run() => {
            Some(ok(json!({"TotalCount": 1, "Images": {"Image": [{"ImageId": "m-1", "DiskDeviceMappings": {}}]}})))
        }
        "DescribeImageSharePermission" => {
            let accounts: Vec<Value> =
                if request.parameter("PageNumber") == "1" { (1..=2).map(account).collect() } else { vec![account(3)] };
            Some(ok(json!({"TotalCount": 3, "Accounts": {"Account": accounts}, "ShareGroups": {"ShareGroup": [{"Group": "g"}]}})))
        }
        _ => None,
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.ids("share"), ["m-1/1", "m-1/2", "m-1/g", "m-1/3"]);
    assert_eq!(listed.incomplete(), [""; 0]);
}

#[tokio::test]
async fn a_throttled_page_is_asked_for_again_with_another_nonce() {
    let server = Server::start(only("DescribeSnapshots", |request| match request.before {
        0 => snapshots(&["s-1"], "A"),
        1 => error(400, "Throttling.User").header("x-acs-retry-after", "20"),
        2 => error(503, "ServiceUnavailable"),
        _ => snapshots(&["s-2"], ""),
    }))
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.ids("snapshot"), ["s-1", "s-2"]);
    assert_eq!(listed.incomplete(), [""; 0]);
    let calls = server.calls_of("DescribeSnapshots");
    let tokens: Vec<&str> = calls.iter().map(|call| call.parameter("NextToken")).collect();
    assert_eq!(tokens, ["", "A", "A", "A"]);
    let nonces: std::collections::BTreeSet<&str> = calls.iter().map(|call| call.nonce.as_str()).collect();
    assert_eq!(nonces.len(), 4);
}

#[tokio::test]
async fn patience_ends() {
    let server =
        Server::start(only("DescribeDisks", |_| error(400, "Throttling").header("x-acs-retry-after", "1"))).await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["disk"]);
    assert!(listed.problem("disk").contains("Throttling"));
    assert_eq!(server.calls_of("DescribeDisks").len(), 60);
}

#[tokio::test]
async fn a_page_of_something_else_is_no_list() {
    let html = Server::start(only("DescribeDisks", |_| text(200, "<html><body>Log in</body></html>"))).await;
    let listed = html.listed().await;
    assert_eq!(listed.incomplete(), ["disk"]);
    assert!(listed.problem("disk").contains("<html><body>Log in"), "{}", listed.problem("disk"));

    let empty = Server::start(only("DescribeDisks", |_| text(200, "{}"))).await;
    let listed = empty.listed().await;
    assert_eq!(listed.incomplete(), ["disk"]);
    assert_eq!(listed.problem("disk"), "DescribeDisks: the answer has neither Disks nor RequestId");

    let no_id = Server::start(only("DescribeDisks", |_| ok(json!({"Disks": {"Disk": [{"DiskName": "x"}]}})))).await;
    let listed = no_id.listed().await;
    assert_eq!(listed.incomplete(), ["disk"]);
    assert_eq!(listed.problem("disk"), "DescribeDisks: a row has no DiskId");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let server = Server::start(only("DescribeSnapshots", |request| {
        let whole = snapshots(&["s-1"], "");
        if request.before == 0 { whole.truncated() } else { whole }
    }))
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.ids("snapshot"), ["s-1"]);
    assert_eq!(listed.incomplete(), [""; 0]);
    assert_eq!(server.calls_of("DescribeSnapshots").len(), 2);
}

#[tokio::test]
async fn a_listing_is_as_old_as_its_first_answer() {
    let server = Server::start(only("DescribeSnapshots", |request| {
        let (token, date) = match request.before {
            0 => ("A", "Fri, 20 Nov 2026 10:00:00 GMT"),
            _ => ("", "Fri, 20 Nov 2026 11:00:00 GMT"),
        };
        snapshots(&[if token.is_empty() { "s-2" } else { "s-1" }], token).header("date", date)
    }))
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.as_of("snapshot").as_deref(), Some("2026-11-20T10:00:00Z"));

    let server = Server::start(only("DescribeSnapshots", |_| snapshots(&["s-1"], "").without_date())).await;
    let listed = server.listed().await;
    assert_eq!(listed.as_of("snapshot"), None);
    assert!(listed.problem("snapshot").contains("no Date header"));
}

#[tokio::test]
async fn a_template_whose_versions_cannot_be_read_has_unknown_links() {
    let server = Server::start(|request| match request.operation.as_str() {
        "DescribeLaunchTemplates" => Some(ok(
            json!({"TotalCount": 1, "LaunchTemplateSets": {"LaunchTemplateSet": [{"LaunchTemplateId": "lt-1"}]}}),
        )),
        "DescribeLaunchTemplateVersions" => Some(error(403, "InnerServiceFailed")),
        _ => None,
    })
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["launch-template"]);
    assert_eq!(listed.resource("launch-template", "lt-1").links, Fact::Unknown);
}

#[tokio::test]
async fn a_template_of_which_no_version_says_what_it_is_made_of_has_unknown_links() {
    for versions in [
        json!([]),
        json!([{"VersionNumber": 1}]),
        json!([{"VersionNumber": 1, "LaunchTemplateData": null}]),
        json!([{"VersionNumber": 1, "LaunchTemplateData": ""}]),
    ] {
        let server = Server::start(move |request| match request.operation.as_str() {
            "DescribeLaunchTemplates" => Some(ok(
                json!({"TotalCount": 1, "LaunchTemplateSets": {"LaunchTemplateSet": [{"LaunchTemplateId": "lt-1"}]}}),
            )),
            "DescribeLaunchTemplateVersions" => {
                let count = versions.as_array().map_or(0, Vec::len);
                let set = json!({"LaunchTemplateVersionSet": versions});
                Some(ok(json!({"TotalCount": count, "LaunchTemplateVersionSets": set})))
            }
            _ => None,
        })
        .await;
        let listed = server.listed().await;
        assert_eq!(listed.resource("launch-template", "lt-1").links, Fact::Unknown);
    }
}

#[tokio::test]
async fn whether_an_image_is_public_must_be_told() {
    let server = Server::start(only("DescribeImages", |_| {
        ok(json!({"TotalCount": 1, "Images": {"Image": [{"ImageId": "m-1", "IsPublic": "perhaps", "DiskDeviceMappings": {}}]}}))
    }))
    .await;
    let listed = server.listed().await;
    assert_eq!(listed.incomplete(), ["publication"]);
    assert_eq!(listed.ids("image"), ["m-1"]);
}

#[tokio::test]
async fn a_key_that_is_refused_is_not_a_missing_permission() {
    let server = Server::start(only("DescribeDisks", |_| error(400, "InvalidSecurityToken.Expired"))).await;
    let listed = server.listed().await;
    assert_eq!(listed.problem("disk"), "DescribeDisks: InvalidSecurityToken.Expired: in words (request req-1)");
}
