use serde_json::json;

use super::*;

fn answer(body: Value) -> SavedAnswer {
    let Value::Object(body) = body else { panic!("{body} is no object") };
    SavedAnswer::recognise(body, "2026-11-21T00:00:00Z".parse().unwrap()).unwrap()
}

fn all() -> BTreeSet<SavedOperation> {
    SavedOperation::ALL.iter().copied().collect()
}

fn read_with(answers: &[Value], said: &BTreeSet<SavedOperation>) -> Result<SavedListing, SavedError> {
    let answers: Vec<SavedAnswer> = answers.iter().cloned().map(answer).collect();
    read_saved(&Account::new("1").unwrap(), &Region::new("r").unwrap(), &answers, said)
}

fn read(answers: &[Value]) -> SavedListing {
    read_with(answers, &all()).unwrap()
}

fn complete(listing: &SavedListing) -> Vec<&str> {
    let lines = listing.census.iter().filter(|line| line.listing == Listing::Complete);
    lines.map(|line| line.scope.kind.as_str()).collect()
}

/// Why a kind is not complete; nothing where it is.
#[track_caller]
fn check(kind: &str, answers: &[Value], expected: &str) {
    let listing = read(answers);
    let said = listing.problems.iter().find(|problem| problem.kind.as_str() == kind);
    let said = said.map(|problem| problem.message.as_str()).unwrap_or_default();
    assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{kind}: {said:?}, not {expected:?}");
    assert_eq!(complete(&listing).contains(&kind), expected.is_empty(), "{kind}: {:?}", listing.census);
}

fn snapshots(token: Value, ids: &[&str]) -> Value {
    let rows: Vec<Value> = ids.iter().map(|id| json!({"SnapshotId": id})).collect();
    json!({"RequestId": "q", "NextToken": token, "TotalCount": 0, "PageNumber": 0, "Snapshots": {"Snapshot": rows}})
}

fn images(total: Value, rows: Value) -> Value {
    json!({"RequestId": "q", "RegionId": "r", "TotalCount": total, "PageNumber": 1, "Images": {"Image": rows}})
}

#[test]
fn every_operation_is_known_by_its_answer() {
    for operation in SavedOperation::ALL {
        assert_eq!(SavedOperation::parse(operation.as_str()), Some(*operation));
    }
    let of = |body: Value| SavedOperation::of(body.as_object().unwrap());
    for (body, expected) in [
        (json!({"Snapshots": {"Snapshot": []}}), Some(SavedOperation::Snapshots)),
        (json!({"Disks": {"Disk": []}}), Some(SavedOperation::Disks)),
        (json!({"Disks": {}, "RequestId": "q"}), Some(SavedOperation::Disks)),
        (json!({"Disks": {}}), None),
        (json!({"Instances": {"Instance": []}}), Some(SavedOperation::Instances)),
        (json!({"Images": {"Image": []}}), Some(SavedOperation::Images)),
        (json!({"TaskSet": {"Task": []}}), Some(SavedOperation::Tasks)),
        (json!({"LockedSnapshotsInfo": []}), Some(SavedOperation::Locks)),
        (json!({"ShareGroups": {"ShareGroup": []}, "Accounts": {}}), Some(SavedOperation::Shares)),
        (json!({"ScalingConfigurations": []}), Some(SavedOperation::ScalingConfigurations)),
        (json!({"ScalingConfigurations": {"ScalingConfiguration": []}}), Some(SavedOperation::ScalingConfigurations)),
        // Another cloud's.
        (json!({"Snapshots": []}), None),
        (json!({"Images": [], "RequestId": "q"}), None),
        (json!({"Code": "Forbidden.RAM", "RequestId": "q"}), None),
        (json!({"Snapshots": "none"}), None),
        (json!({}), None),
    ] {
        assert_eq!(of(body.clone()), expected, "{body}");
    }
}

#[test]
fn nothing_is_complete_without_answers_and_every_kind_has_its_line() {
    let listing = read(&[]);
    assert_eq!(complete(&listing), [""; 0]);
    let kinds: BTreeSet<&str> = listing.census.iter().map(|line| line.scope.kind.as_str()).collect();
    let known: BTreeSet<&str> =
        EcsKind::ALL.iter().map(|kind| kind.as_str()).chain(["snapshot-group", "snapshot-lock"]).collect();
    assert_eq!(kinds, known);
    assert_eq!(listing.problems.len(), kinds.len());
}

#[test]
fn a_listing_by_token_ends_where_an_answer_has_no_token() {
    check("snapshot", &[snapshots(json!(""), &["s-1"])], "");
    check("snapshot", &[snapshots(json!("t"), &["s-1"]), snapshots(json!(null), &["s-2"])], "");
    check("snapshot", &[snapshots(json!("t"), &["s-1"])], "the last page of DescribeSnapshots is not there");
    check("snapshot", &[snapshots(json!(""), &[])], "an identity without permission gets too");
    check("snapshot", &[json!({"Snapshots": {"Snapshot": [{"SnapshotId": "s-1"}]}})], "");
    let mut by_number = snapshots(json!(""), &["s-1"]);
    by_number["PageNumber"] = json!(1);
    by_number["TotalCount"] = json!(2);
    check("snapshot", &[by_number.clone()], "DescribeSnapshots counts 2 rows, and 1 are there");
    let mut second = by_number.clone();
    second["Snapshots"]["Snapshot"][0]["SnapshotId"] = json!("s-2");
    check("snapshot", &[by_number.clone(), second], "");
    check("snapshot", &[by_number.clone(), by_number], "counts 2 rows, and 1 are there");
}

#[test]
fn a_listing_by_number_is_complete_where_all_its_rows_are_there() {
    let row = |id: &str| json!({"ImageId": id, "IsSelfShared": "False", "IsPublic": false});
    check("image", &[images(json!(1), json!([row("m-1")]))], "");
    check("publication", &[images(json!(1), json!([row("m-1")]))], "");
    check("share", &[images(json!(1), json!([row("m-1")]))], "");
    check("image", &[images(json!("2"), json!([row("m-1")]))], "counts 2 rows, and 1 are there");
    check("image", &[images(json!(null), json!([row("m-1")]))], "does not say how many rows");
    check("image", &[images(json!(0), json!([]))], "an identity without permission");
    let moved = [images(json!(2), json!([row("m-1")])), images(json!(3), json!([row("m-2")]))];
    check("image", &moved, "do not count the same rows");
    for kind in ["publication", "share"] {
        check(kind, &[images(json!(2), json!([row("m-1")]))], "read from what is known of image");
    }
    check("publication", &[images(json!(1), json!([{"ImageId": "m-1", "IsPublic": "?"}]))], "m-1 is public");
}

#[test]
fn whatever_the_answers_show_somebody_has_to_say_what_was_asked() {
    let page = snapshots(json!(""), &["s-1"]);
    let listing = read_with(&[page], &BTreeSet::new()).unwrap();
    assert_eq!(complete(&listing), [""; 0]);
    assert!(listing.problems[1].message.contains("nobody says that DescribeSnapshots was asked for everything"));
    assert_eq!(listing.resources.len(), 1);
}

#[test]
fn the_shares_of_every_image_that_may_be_shared_have_to_be_there() {
    let row = |id: &str, shared: &str| json!({"ImageId": id, "IsSelfShared": shared, "IsPublic": false});
    let listed = images(json!(2), json!([row("m-1", "True"), row("m-2", "False")]));
    let shares = |total: u64, ids: &[&str]| {
        let accounts: Vec<Value> = ids.iter().map(|id| json!({"AliyunId": id})).collect();
        json!({"RequestId": "q", "ImageId": "m-1", "TotalCount": total, "PageNumber": 1, "Accounts": {"Account": accounts},
            "ShareGroups": {"ShareGroup": [{"Group": "all"}]}})
    };
    check("share", std::slice::from_ref(&listed), "m-1 may be shared");
    check("share", &[listed.clone(), shares(2, &["7", "8"])], "");
    check("share", &[listed.clone(), shares(3, &["7", "8"])], "");
    check("share", &[listed.clone(), shares(4, &["7", "8"])], "counts 4 rows, and 3 are there");
    let listing = read(&[listed, shares(2, &["7", "8"])]);
    let ids: Vec<&str> = listing.resources.iter().map(|saved| saved.resource.address.id()).collect();
    assert_eq!(ids, ["m-1", "m-2", "m-1/7", "m-1/8", "m-1/all"]);
    assert_eq!(listing.resources[3].answer, 1);
}

#[test]
fn a_template_without_its_versions_may_refer_to_anything() {
    let template = json!({"RequestId": "q", "TotalCount": 1, "PageNumber": 1,
        "LaunchTemplateSets": {"LaunchTemplateSet": [{"LaunchTemplateId": "lt-1", "LatestVersionNumber": 2}]}});
    let version = |total: u64| {
        json!({"RequestId": "q", "TotalCount": total, "PageNumber": 1, "LaunchTemplateVersionSets":
            {"LaunchTemplateVersionSet": [{"LaunchTemplateId": "lt-1", "VersionNumber": 2,
                "LaunchTemplateData": {"ImageId": "m-1"}}]}})
    };
    let links = |answers: &[Value]| read(answers).resources[0].resource.links.clone();
    check("launch-template", std::slice::from_ref(&template), "the versions of lt-1 are not there");
    assert_eq!(links(std::slice::from_ref(&template)), Fact::Unknown);
    check("launch-template", &[template.clone(), version(2)], "counts 2 rows, and 1 are there");
    assert_eq!(links(&[template.clone(), version(2)]), Fact::Unknown);
    check("launch-template", &[template.clone(), version(1)], "");
    assert_eq!(links(&[template, version(1)]).known().unwrap().len(), 1);
}

#[test]
fn a_lock_that_is_in_the_answers_is_on_its_snapshot() {
    let locks = json!({"RequestId": "q", "NextToken": "",
        "LockedSnapshotsInfo": [{"SnapshotId": "s-1", "LockStatus": "compliance"}]});
    let listing = read(&[snapshots(json!(""), &["s-1"]), locks]);
    assert_eq!(listing.resources[0].resource.attributes.as_ref().known().unwrap()["locked_until"], Value::Null);
    assert!(complete(&listing).contains(&"snapshot-lock"));
}

#[test]
fn the_answers_say_where_they_are_from() {
    let region = |body: Value| answer(body).region();
    assert_eq!(region(json!({"Snapshots": {"Snapshot": [{"SnapshotId": "s-1"}]}})), Ok(None));
    let two = json!({"Disks": {"Disk": [{"DiskId": "d-1", "RegionId": "a"}, {"DiskId": "d-2", "RegionId": "a"}]}});
    assert_eq!(region(two.clone()).unwrap().unwrap().as_str(), "a");
    let mut mixed = two;
    mixed["RegionId"] = json!("b");
    assert!(matches!(region(mixed), Err(SavedError::Mixed { first, .. }) if first == "b"));
    let own = |alias: &str, owner: Value| json!({"ImageId": "m-1", "ImageOwnerAlias": alias, "ImageOwnerId": owner});
    let account = |rows: Value| answer(json!({"Images": {"Image": rows}})).account();
    assert_eq!(account(json!([own("self", json!(12)), own("system", json!(7))])).unwrap().unwrap().as_str(), "12");
    assert_eq!(account(json!([own("others", json!(12))])), Ok(None));
    assert!(account(json!([own("self", json!(12)), own("self", json!("13"))])).is_err());
}

#[test]
fn what_is_no_row_is_an_error_that_names_the_answer() {
    for body in [
        json!({"Snapshots": {"Snapshot": [1]}}),
        json!({"Snapshots": {"Snapshot": [{"SnapshotName": "x"}]}}),
        json!({"Snapshots": {"Snapshot": "none"}}),
        json!({"Snapshots": {"Snapshot": [{"SnapshotId": ["s-1"]}]}}),
    ] {
        let error = read_with(&[snapshots(json!(""), &["s-1"]), body.clone()], &all());
        assert!(matches!(error, Err(SavedError::Unreadable { answer: 1, .. })), "{body}: {error:?}");
    }
}
