use serde_json::json;
use sexton_core::inventory::{Listing, write_resource};

use super::*;

fn answer(body: &Value, said: Option<&str>) -> Result<Option<Answer>, AnswerError> {
    let Value::Object(body) = body else { panic!("{body} is no object") };
    Answer::recognise(body, "2026-11-21T00:00:00Z".parse().unwrap(), said)
}

fn read_all(bodies: &[Value], said: &BTreeSet<Operation>) -> Result<Found, ReadError> {
    let answers: Vec<Answer> = bodies.iter().map(|body| answer(body, None).unwrap().unwrap()).collect();
    read(&Account::new("1").unwrap(), &Region::new("r").unwrap(), &answers, said)
}

fn found(bodies: &[Value]) -> Found {
    read_all(bodies, &Operation::ALL.iter().copied().collect()).unwrap()
}

fn complete(found: &Found) -> Vec<&str> {
    let lines = found.census.iter().filter(|line| line.listing == Listing::Complete);
    lines.map(|line| line.scope.kind.as_str()).collect()
}

/// The first resource of an answer, without what is the same for all.
#[track_caller]
fn check(body: Value, expected: Value) {
    let found = found(&[body]);
    let mut line = Vec::new();
    write_resource(&found.resources[0].0, &mut line).unwrap();
    let mut value: Value = serde_json::from_slice(&line).unwrap();
    let resource = value["resource"].as_object_mut().unwrap();
    ["provider", "account", "region"].iter().for_each(|key| drop(resource.remove(*key)));
    assert_eq!(value["resource"], expected);
}

#[test]
fn a_snapshot_with_its_lock() {
    let row = json!({"SnapshotId": "snap-1", "OwnerId": "1", "StartTime": "2026-01-02T03:04:05.123000+00:00",
        "State": "completed", "VolumeSize": 8, "VolumeId": "vol-1", "Encrypted": false, "StorageTier": "standard",
        "Description": "", "Tags": [{"Key": "Name", "Value": "nightly"}, {"Key": "empty", "Value": ""}]});
    check(
        json!({"Snapshots": [row.clone()]}),
        json!({"kind": "snapshot", "id": "snap-1", "name": "nightly", "created_at": "2026-01-02T03:04:05Z",
            "state": "completed", "size_bytes": 8589934592_u64, "tags": {"Name": "nightly", "empty": ""},
            "attrs": {"volume_id": "vol-1", "encrypted": false, "storage_tier": "standard", "recycle_bin_days": null},
            "links": []}),
    );
    let lock = json!({"Snapshots": [{"SnapshotId": "snap-1", "OwnerId": "1", "LockState": "compliance",
        "LockExpiresOn": "2027-01-01T00:00:00+00:00"}]});
    let both = found(&[json!({"Snapshots": [row]}), lock]);
    let attributes = both.resources[0].0.attributes.as_ref().known().unwrap();
    assert_eq!(
        (&attributes["locked_until"], &attributes["lock_state"]),
        (&json!("2027-01-01T00:00:00Z"), &json!("compliance"))
    );
    assert_eq!(complete(&both), ["snapshot-lock", "snapshot"]);
}

#[test]
fn an_image_a_volume_an_instance_and_a_template() {
    check(
        json!({"Images": [{"ImageId": "ami-1", "OwnerId": "1", "Name": "base", "CreationDate": "2026-01-02T03:04:05.000Z",
            "State": "available", "Public": true, "BlockDeviceMappings": [{"DeviceName": "/dev/sda1",
            "Ebs": {"SnapshotId": "snap-1"}}, {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"}]}]}),
        json!({"kind": "image", "id": "ami-1", "name": "base", "created_at": "2026-01-02T03:04:05Z", "state": "available",
            "size_bytes": null, "tags": {}, "attrs": {"is_public": true, "recycle_bin_days": null},
            "links": [{"relation": "created-from", "kind": "snapshot", "id": "snap-1"}]}),
    );
    check(
        json!({"Volumes": [{"VolumeId": "vol-1", "Size": 8, "State": "in-use", "SnapshotId": "", "Attachments":
            [{"InstanceId": "i-1", "State": "attached", "DeleteOnTermination": false}, {"State": "detached"}]}]}),
        json!({"kind": "disk", "id": "vol-1", "name": null, "created_at": null, "state": "in-use",
            "size_bytes": 8589934592_u64, "tags": {}, "attrs": {"delete_with_instance": false, "recycle_bin_days": null},
            "links": [{"relation": "attached-to", "kind": "instance", "id": "i-1"}]}),
    );
    check(
        json!({"Reservations": [{"OwnerId": "1", "Instances": [{"InstanceId": "i-0", "State": {"Name": "terminated"}},
            {"InstanceId": "i-1", "ImageId": "ami-1", "State": {"Code": 16, "Name": "running"},
            "Placement": {"AvailabilityZone": "r-a"}, "Operator": {"Managed": true, "Principal": "eks"}}]}]}),
        json!({"kind": "instance", "id": "i-1", "name": null, "created_at": null, "state": "running", "size_bytes": null,
            "tags": {}, "attrs": {"availability_zone": "r-a", "managed_by": "eks"},
            "links": [{"relation": "booted-from", "kind": "image", "id": "ami-1"}]}),
    );
    check(
        json!({"LaunchTemplates": [{"LaunchTemplateId": "lt-1", "LaunchTemplateName": "web", "LatestVersionNumber": 2}]}),
        json!({"kind": "launch-template", "id": "lt-1", "name": "web", "created_at": null, "state": null,
            "size_bytes": null, "tags": {}, "attrs": {"latest_version": 2}, "links": null}),
    );
}

#[test]
fn what_cannot_be_told_is_unknown() {
    let links = |bodies: &[Value]| found(bodies).resources[0].0.links.clone();
    let image = |more: Value| json!({"Images": [{"ImageId": "ami-1", "BlockDeviceMappings": more}]});
    assert_eq!(links(&[image(json!(null))]), Fact::Unknown);
    assert_eq!(links(&[image(json!("none"))]), Fact::Unknown);
    assert_eq!(links(&[image(json!([{"Ebs": {"SnapshotId": ["x"]}}]))]), Fact::Unknown);
    assert_eq!(links(&[image(json!([]))]), Fact::Known(Vec::new()));
    assert_eq!(links(&[json!({"Reservations": [{"Instances": [{"InstanceId": "i-1"}]}]})]), Fact::Unknown);
    let template = json!({"LaunchTemplates": [{"LaunchTemplateId": "lt-1"}]});
    let version =
        |data: Value| json!({"LaunchTemplateVersions": [{"LaunchTemplateId": "lt-1", "LaunchTemplateData": data}]});
    assert_eq!(links(&[template.clone(), version(json!({"ImageId": "resolve:ssm:/x"}))]), Fact::Unknown);
    assert_eq!(links(&[template.clone(), version(json!({"ImageId": "ami-1"}))]).known().unwrap().len(), 1);
    let volume = |state: Value, attachments: Value| {
        links(&[json!({"Volumes": [{"VolumeId": "vol-1", "State": state, "Attachments": attachments}]})])
    };
    let (no_list, detached) = (json!(null), json!([{"InstanceId": "i-1", "State": "detached"}]));
    for (state, attachments, known) in [
        (json!("available"), &no_list, true),
        (json!("available"), &json!([]), true),
        (json!("available"), &detached, true),
        (json!("in-use"), &no_list, false),
        (json!("in-use"), &json!([]), false),
        (json!("in-use"), &detached, false),
        (json!("in-use"), &json!([{"State": "attached"}]), false),
        (json!("in-use"), &json!([{"AssociatedResource": "arn:aws:ecs:x"}]), true),
        (json!("in-use"), &json!([{"InstanceId": "i-1"}]), true),
        (json!(null), &no_list, false),
        (json!(null), &json!([]), true),
    ] {
        let links = volume(state.clone(), attachments.clone());
        assert_eq!(links.as_ref().known().is_some(), known, "{state} {attachments}: {links:?}");
    }
    let tagged = found(&[json!({"Volumes": [{"VolumeId": "vol-1", "Tags": [{"Key": "keep"}]}]})]);
    assert_eq!(tagged.resources[0].0.tags, Fact::Unknown);
}

#[test]
fn those_of_others_are_left_out() {
    let foreign = json!({"Images": [{"ImageId": "ami-1", "OwnerId": "1", "BlockDeviceMappings": []},
        {"ImageId": "ami-2", "OwnerId": "2"}]});
    assert_eq!(found(std::slice::from_ref(&foreign)).resources.len(), 1);
    assert_eq!(answer(&foreign, None).unwrap().unwrap().account(), Ok(None));
    let own = answer(&json!({"Snapshots": [{"SnapshotId": "snap-1", "OwnerId": "7"}]}), None).unwrap().unwrap();
    assert_eq!(own.account().unwrap().unwrap().as_str(), "7");
    let mixed = json!({"Reservations": [{"OwnerId": "1", "Instances": []}, {"OwnerId": "2", "Instances": []}]});
    assert_eq!(answer(&mixed, None).unwrap().unwrap().account(), Err(AnswerError::SeveralOwners));
}

#[test]
fn shares_and_publications_are_complete_with_an_answer_for_each() {
    let images = json!({"Images": [{"ImageId": "ami-1", "Public": true, "BlockDeviceMappings": []}]});
    let snapshots = json!({"Snapshots": [{"SnapshotId": "snap-1"}]});
    let of_image = json!({"ImageId": "ami-1", "LaunchPermissions": [{"UserId": "7"}, {"Group": "all"}]});
    let of_snapshot = json!({"SnapshotId": "snap-1", "CreateVolumePermissions": []});
    let all = found(&[images.clone(), snapshots.clone(), of_image.clone(), of_snapshot.clone()]);
    assert_eq!(complete(&all), ["snapshot", "image", "share", "publication"]);
    let ids: Vec<&str> = all.resources.iter().map(|(resource, _)| resource.address.id()).collect();
    assert_eq!(ids, ["snap-1", "ami-1", "ami-1/7", "ami-1/public"]);
    for missing in [&[images.clone(), snapshots.clone(), of_image.clone()][..], &[images, of_image, of_snapshot]] {
        assert!(!complete(&found(missing)).contains(&"share"));
    }
    let nobody = json!({"ImageId": "ami-1", "LaunchPermissions": [{}]});
    assert!(read_all(&[nobody], &BTreeSet::new()).is_err());
}

#[test]
fn an_image_is_public_by_its_own_row_too() {
    let images = |public: Value| json!({"Images": [{"ImageId": "ami-1", "Public": public, "BlockDeviceMappings": []}]});
    let rest = [
        json!({"Snapshots": [{"SnapshotId": "snap-1"}]}),
        json!({"SnapshotId": "snap-1", "CreateVolumePermissions": []}),
        json!({"ImageId": "ami-1", "LaunchPermissions": []}),
    ];
    let with = |public: Value| found(&[&rest[..], &[images(public)]].concat());
    let publications = |found: &Found| -> Vec<Resource> {
        let resources = found.resources.iter().map(|(resource, _)| resource.clone());
        resources.filter(|resource| resource.address.kind() == "publication").collect()
    };
    let public = with(json!(true));
    assert_eq!(complete(&public), ["snapshot", "image", "share", "publication"]);
    let group = json!({"ImageId": "ami-1", "LaunchPermissions": [{"Group": "all"}]});
    let by_permission = publications(&found(&[images(json!(false)), group]));
    assert_eq!((publications(&public), by_permission.len()), (by_permission, 1));

    let private = with(json!(false));
    assert_eq!(publications(&private), []);
    assert!(complete(&private).contains(&"publication"));
    for unreadable in [json!(null), json!("yes"), json!([true])] {
        let found = with(unreadable);
        assert_eq!(complete(&found), ["snapshot", "image", "share"]);
        assert!(found.problems.iter().any(|problem| problem.message.contains("whether ami-1 is public is not told")));
    }
}

#[test]
fn the_versions_of_each_template_have_an_end_of_their_own() {
    let templates = json!({"LaunchTemplates": [{"LaunchTemplateId": "lt-a"}, {"LaunchTemplateId": "lt-b"}]});
    let version = |template: &str, number: u64, image: &str| json!({"LaunchTemplateId": template, "VersionNumber": number, "LaunchTemplateData": {"ImageId": image}});
    let page = |rows: &[Value], token: Value| json!({"LaunchTemplateVersions": rows, "NextToken": token});
    let links = |found: &Found, id: &str| {
        let mut resources = found.resources.iter().map(|(resource, _)| resource);
        let links = resources.find(|resource| resource.address.id() == id).unwrap().links.clone();
        links.as_ref().known().map(|links| links.iter().map(|link| link.target.id().to_owned()).collect::<Vec<_>>())
    };
    let whole = page(&[version("lt-a", 1, "ami-1")], json!(null));
    let begun = page(&[version("lt-b", 2, "ami-2")], json!("t"));
    let ended = page(&[version("lt-b", 1, "ami-3")], json!(null));
    let tells = |found: &Found, problem: &str| found.problems.iter().any(|told| told.message == problem);
    let asked = "describe-launch-template-versions --launch-template-id lt";

    let short = found(&[templates.clone(), whole.clone(), begun.clone()]);
    assert!(!complete(&short).contains(&"launch-template"));
    assert_eq!((links(&short, "lt-a"), links(&short, "lt-b")), (Some(vec!["ami-1".to_owned()]), None));
    assert!(tells(&short, &format!("the last page of {asked}-b is not there: every answer has a NextToken")));

    let all = found(&[templates.clone(), whole.clone(), begun, ended]);
    assert!(complete(&all).contains(&"launch-template"));
    assert_eq!(links(&all, "lt-b"), Some(vec!["ami-2".to_owned(), "ami-3".to_owned()]));

    // `--versions '$Latest'` without a template gives one version of each.
    let latest = page(&[version("lt-a", 2, "ami-4"), version("lt-b", 2, "ami-2")], json!(null));
    for (answers, first) in [(vec![templates.clone(), whole, latest.clone()], 'b'), (vec![templates, latest], 'a')] {
        let found = found(&answers);
        assert_eq!(links(&found, "lt-b"), None);
        assert!(tells(&found, &format!("no file holds an answer of {asked}-{first}")), "{:?}", found.problems);
        assert!(!complete(&found).contains(&"launch-template"));
    }
}

#[test]
fn a_listing_that_was_cut_off_or_that_nobody_speaks_for_is_incomplete() {
    let page = |token: Value| json!({"Volumes": [{"VolumeId": "vol-1"}], "NextToken": token});
    assert_eq!(complete(&found(&[page(json!(null))])), ["disk"]);
    assert_eq!(complete(&found(&[page(json!("t"))])), [""; 0]);
    assert_eq!(complete(&found(&[page(json!("t")), json!({"Volumes": []})])), ["disk"]);
    let unsaid = read_all(&[page(json!(null))], &BTreeSet::new()).unwrap();
    assert_eq!(complete(&unsaid), [""; 0]);
    assert_eq!(unsaid.census.len(), 10);
    assert_eq!(unsaid.problems.len(), 10);
}

#[test]
fn an_empty_list_of_two_commands_has_to_be_told_apart() {
    let empty = json!({"Snapshots": []});
    assert_eq!(answer(&empty, None).unwrap_err(), AnswerError::Either);
    let locks = answer(&empty, Some("describe-locked-snapshots")).unwrap().unwrap();
    assert_eq!(locks.operation, Operation::Locks);
    assert!(matches!(answer(&empty, Some("describe-volumes")), Err(AnswerError::NotOf { .. })));
    assert!(answer(&json!({"Vpcs": []}), None).unwrap().is_none());
    for operation in Operation::ALL {
        assert_eq!(Operation::parse(operation.as_str()), Some(*operation));
    }
}
