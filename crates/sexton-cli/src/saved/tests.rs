use serde_json::{Value, json};

use super::*;

/// The files of a folder, read with an account, a region and a time said.
fn read_all(files: &[(&str, String)]) -> Result<Saved, String> {
    read_with(files, stated())
}

fn stated() -> Stated {
    Stated {
        account: Some(Account::new("1").unwrap()),
        region: Some(Region::new("r").unwrap()),
        taken_at: Some("2026-11-21T00:00:00Z".parse().unwrap()),
    }
}

fn read_with(files: &[(&str, String)], stated: Stated) -> Result<Saved, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    read(folder.path(), stated).map_err(|failure| match failure {
        Failure::Told { what, next, .. } => {
            format!("{what} | {}", next.unwrap_or_default()).replace(&format!("{}/", folder.path().display()), "")
        }
        Failure::NobodyListens => panic!("it says nothing"),
    })
}

#[track_caller]
fn refused(files: &[(&str, String)], expected: &str) {
    match read_all(files) {
        Ok(saved) => panic!("{:?}", saved.inventory),
        Err(said) => assert!(said.contains(expected), "{said:?} does not say {expected:?}"),
    }
}

fn disks(rows: Value) -> String {
    json!({"RequestId": "q", "NextToken": "", "Disks": {"Disk": rows}}).to_string()
}

fn state(resources: Value) -> String {
    json!({"version": 4, "terraform_version": "1.9.0", "serial": 3, "lineage": "x", "outputs": {}, "resources": resources})
        .to_string()
}

fn managed(of_type: &str, attributes: Value) -> Value {
    json!({"mode": "managed", "type": of_type, "name": "it", "provider": "p", "instances": [{"attributes": attributes}]})
}

fn said(operations: &[&str]) -> String {
    format!("version = 1\nasked_for_all = {operations:?}\n")
}

fn lines(saved: &Saved) -> Vec<String> {
    let mut text = Vec::new();
    sexton_core::inventory::write(&saved.inventory, &mut text).unwrap();
    String::from_utf8(text).unwrap().lines().filter(|line| line.contains("{\"resource\"")).map(str::to_owned).collect()
}

fn complete(saved: &Saved) -> Vec<String> {
    let lines = saved.inventory.census().lines().filter(|line| line.listing == Listing::Complete);
    lines.map(|line| line.scope.kind.to_string()).collect()
}

#[test]
fn no_file_is_left_out_in_silence() {
    let good = ("a.json", disks(json!([{"DiskId": "d-1"}])));
    let beside = |name: &'static str, text: &str| vec![good.clone(), (name, text.to_owned())];
    refused(&beside("b.json", r#"{"Disks": {"Disk": [{"Dis"#), "b.json is not JSON");
    refused(&beside("b.json", "hello"), "b.json is not JSON");
    refused(&beside("b.json", ""), "b.json holds nothing");
    refused(&beside("b.json", "[]"), "b.json holds nothing");
    refused(&beside("b.json", "[1]"), "b.json holds JSON that is no object");
    refused(&beside("b.json", "{}"), "b.json holds neither an answer");
    refused(
        &beside("b.json", r#"{"Code": "Forbidden.RAM", "Message": "no", "RequestId": "q"}"#),
        "b.json holds neither",
    );
    refused(&beside("b.json", &"[".repeat(100_000)), "b.json is not JSON");
    refused(&beside("b.json", &disks(json!([{"DiskName": "x"}]))), "b.json: an answer of DescribeDisks cannot be read");
    refused(&beside("b.json", &disks(json!([7]))), "an entry of Disks is no object");
    refused(&beside("b.json", r#"{"Snapshots": []}"#), "describe-locked-snapshots");
    refused(&beside("b.json", r#"{"Volumes": [{"Size": 8}]}"#), "b.json: an answer of describe-volumes cannot be read");
    refused(&[], "there is no file to read");
    let ignoring = beside("notes.txt", "hello");
    refused(&ignoring, "name it in `ignore`");
    let with = |manifest: &str| [ignoring.clone(), vec![("sexton-files.toml", manifest.to_owned())]].concat();
    assert_eq!(read_all(&with("version = 1\nignore = ['notes.txt']\n")).unwrap().inventory.len(), 1);
    refused(
        &with("version = 1\nignore = ['note.txt', 'notes.txt']\n"),
        "names \"note.txt\", which is not in the folder",
    );
    refused(&with("version = 2\n"), "version 2 is not supported");
    refused(&with("version = 1\nignored = []\n"), "unknown field");
    refused(
        &with("version = 1\nignore = ['notes.txt']\nasked_for_all = ['DescribeDisk']\n"),
        "asked_for_all names \"DescribeDisk\"",
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("more")).unwrap();
    assert!(read(folder.path(), stated()).is_err());
}

#[test]
fn what_the_files_do_not_tell_has_to_be_said() {
    let files = [("a.json", disks(json!([{"DiskId": "d-1"}])))];
    for (without, expected) in [
        (Stated { account: None, ..stated() }, "a.json does not tell its account | say it with --account"),
        (Stated { region: None, ..stated() }, "a.json does not tell its region | say it with --region"),
        (Stated { taken_at: None, ..stated() }, "a.json does not tell when it was taken | say it with --taken-at"),
    ] {
        let said = read_with(&files, without).unwrap_err();
        assert!(said.contains(expected), "{said}");
    }
    let saved = read_all(&files).unwrap();
    assert_eq!(saved.inventory.taken_at().to_string(), "2026-11-21T00:00:00Z");
    let mtime = Stated { taken_at: Some(TakenAt::Mtime), ..stated() };
    assert!(read_with(&files, mtime).unwrap().inventory.taken_at() > saved.inventory.taken_at());

    let told = [("a.json", disks(json!([{"DiskId": "d-1", "RegionId": "elsewhere"}])))];
    assert!(lines(&read_all(&told).unwrap())[0].contains(r#""region":"elsewhere""#));
    let entry = "version = 1\n[[file]]\nname = 'a.json'\nregion = 'r'\n".to_owned();
    refused(&[told[0].clone(), ("sexton-files.toml", entry)], "a.json is of region elsewhere, and r was said");
    let images = json!({"Images": {"Image": [{"ImageId": "m-1", "ImageOwnerAlias": "self", "ImageOwnerId": 2}]}});
    refused(&[("a.json", images.to_string())], "a.json is of account 2, and 1 was said");
}

#[test]
fn a_listing_is_complete_where_somebody_says_so_and_nothing_speaks_against_it() {
    let page = |token: &str, id: &str| {
        disks(json!([{"DiskId": id}])).replace(r#""NextToken":"""#, &format!(r#""NextToken":"{token}""#))
    };
    let both = format!("{}\n{}", page("t", "d-1"), page("", "d-2"));
    let with = |text: &str, manifest: String| {
        read_all(&[("a.json", text.to_owned()), ("sexton-files.toml", manifest)]).unwrap()
    };
    let saved = with(&both, said(&["DescribeDisks"]));
    assert_eq!((saved.inventory.len(), complete(&saved)), (2, vec!["disk".to_owned()]));
    assert_eq!(complete(&with(&format!("[{}]", both.replace('\n', ",")), said(&["DescribeDisks"]))), ["disk"]);
    assert_eq!(complete(&with(&page("t", "d-1"), said(&["DescribeDisks"]))), [""; 0]);
    assert_eq!(complete(&with(&both, said(&["DescribeSnapshots"]))), [""; 0]);
    assert_eq!(complete(&with(&both, said(&[]))), [""; 0]);
    let error = saved.problems.iter().find(|problem| problem.kind.as_str() == "image").unwrap();
    assert_eq!(error.message, "no file holds an answer of DescribeImages");
}

#[test]
fn a_state_is_a_census_of_nothing_and_leaves_attributes_unknown() {
    let resources = json!([
        managed("alicloud_ecs_snapshot", json!({"id": "s-1", "snapshot_name": "n\u{1b}[31m", "disk_id": "d-1",
            "create_time": "2026-01-02T03:04:05Z", "status": "accomplished", "region_id": "r", "tags": {"k": "v"}})),
        managed("alicloud_ecs_disk", json!({"id": "d-1", "name": "old", "size": 40, "instance_id": "i-1", "tags": null})),
        managed("alicloud_instance", json!({"id": "i-1", "instance_name": "", "image_id": "m-1", "tags": {}})),
        managed("alicloud_image_share_permission", json!({"id": "m-1:7", "image_id": "m-1", "account_id": "7"})),
        managed("alicloud_vpc", json!({"id": "vpc-1"})),
        {"mode": "data", "type": "alicloud_instance", "name": "x", "instances": [{"attributes": {"id": "i-9"}}]},
    ]);
    let saved =
        read_all(&[("terraform.tfstate", state(resources)), ("sexton-files.toml", said(&["DescribeDisks"]))]).unwrap();
    assert_eq!(complete(&saved), [""; 0]);
    let rest = r#""provider":"aliyun-ecs","account":"1","region":"r""#;
    assert_eq!(
        lines(&saved),
        [
            format!(
                r#"{{"resource":{{{rest},"kind":"disk","id":"d-1","name":"old","created_at":null,"state":null,"size_bytes":42949672960,"tags":null,"attrs":null,"links":null}}}}"#
            ),
            format!(
                r#"{{"resource":{{{rest},"kind":"instance","id":"i-1","name":null,"created_at":null,"state":null,"size_bytes":null,"tags":{{}},"attrs":null,"links":[{{"relation":"booted-from","kind":"image","id":"m-1"}}]}}}}"#
            ),
            format!(
                r#"{{"resource":{{{rest},"kind":"share","id":"m-1/7","name":null,"created_at":null,"state":null,"size_bytes":null,"tags":{{}},"attrs":null,"links":[{{"relation":"grants","kind":"image","id":"m-1"}}]}}}}"#
            ),
            format!(
                r#"{{"resource":{{{rest},"kind":"snapshot","id":"s-1","name":"n\u001b[31m","created_at":"2026-01-02T03:04:05Z","state":"accomplished","size_bytes":null,"tags":{{"k":"v"}},"attrs":null,"links":[{{"relation":"source","kind":"disk","id":"d-1"}}]}}}}"#
            ),
        ]
    );
}

#[test]
fn a_state_of_aws_tells_where_it_is() {
    let resources = json!([
        managed(
            "aws_instance",
            json!({"id": "i-1", "arn": "arn:aws:ec2:us-east-1:123456789012:instance/i-1",
            "ami": "ami-1", "instance_state": "running", "tags": {}, "tags_all": {"Name": "web"}})
        ),
        managed(
            "aws_ami",
            json!({"id": "ami-1", "arn": "arn:aws:ec2:us-east-1::image/ami-1", "owner_id": "123456789012",
            "name": "base", "tags": {}})
        ),
    ]);
    let nothing_said = Stated { account: None, region: None, ..stated() };
    let saved = read_with(&[("s.tfstate", state(resources.clone()))], nothing_said.clone()).unwrap();
    let addresses: Vec<String> = saved.inventory.resources().map(|resource| resource.address().to_string()).collect();
    assert_eq!(
        addresses,
        ["aws-ec2:123456789012:us-east-1:image/ami-1", "aws-ec2:123456789012:us-east-1:instance/i-1"]
    );
    assert!(lines(&saved)[1].contains(r#""name":"web""#));
    assert_eq!(complete(&saved), [""; 0]);
    refused(&[("s.tfstate", state(resources))], "aws_instance.it is of account 123456789012, and 1 was said");
    let permission = managed("aws_ami_launch_permission", json!({"id": "x", "image_id": "ami-1", "group": "all"}));
    let untold = read_with(&[("s.tfstate", state(json!([permission])))], nothing_said).unwrap_err();
    assert!(untold.contains("aws_ami_launch_permission.it does not tell its account"), "{untold}");
    assert_eq!(lines(&read_all(&[("s.tfstate", state(json!([permission])))]).unwrap()).len(), 1);
}

#[test]
fn a_state_that_cannot_be_read_is_an_error_without_its_values() {
    let with = |version: u64| json!({"version": version, "terraform_version": "0.11", "modules": []}).to_string();
    refused(&[("s.tfstate", with(3))], "of version 3 is not supported");
    refused(&[("s.tfstate", with(4))], "there is no resources");
    refused(&[("s.tfstate", state(json!("hunter2")))], "resources is no list of objects");
    let secret = json!([managed("alicloud_ecs_disk", json!({"password": "hunter2", "size": 40}))]);
    let said = read_all(&[("s.tfstate", state(secret))]).unwrap_err();
    assert!(said.contains("alicloud_ecs_disk.it: there is no id") && !said.contains("hunter2"), "{said}");
    let flat =
        json!([{"mode": "managed", "type": "alicloud_ecs_disk", "name": "it", "instances": [{"attributes_flat": {}}]}]);
    refused(&[("s.tfstate", state(flat))], "there is no attributes");
}

#[test]
fn files_that_tell_of_one_resource_have_to_agree() {
    let listed = disks(json!([{"DiskId": "d-1", "DiskName": "web", "Size": 40, "Tags": {"Tag": [
        {"TagKey": "env", "TagValue": "dev"}, {"TagKey": "acs:by", "TagValue": "x"}]}}]));
    let known = |attributes: Value| state(json!([managed("alicloud_ecs_disk", attributes)]));
    let both = |state: String| {
        [("a.json", listed.clone()), ("b.tfstate", state), ("sexton-files.toml", said(&["DescribeDisks"]))]
    };
    let saved = read_all(&both(known(json!({"id": "d-1", "size": 40, "tags": {"env": "dev"}})))).unwrap();
    let alone = read_all(&[("a.json", listed.clone())]).unwrap();
    assert_eq!(lines(&saved), lines(&alone), "what a listing tells stands");
    assert_eq!(complete(&saved), ["disk"]);
    for (attributes, fact) in [
        (json!({"id": "d-1", "size": 80}), "size"),
        (json!({"id": "d-1", "disk_name": "db"}), "name"),
        (json!({"id": "d-1", "tags": {"env": "prod"}}), "tags"),
        (json!({"id": "d-1", "tags": {"keep": "true"}}), "tags"),
    ] {
        refused(
            &both(known(attributes)),
            &format!("d-1 is in a.json and in b.tfstate, and they do not agree on its {fact}"),
        );
    }
    let again = listed.replace("\"Size\":40", "\"Size\":80");
    refused(&[("a.json", listed.clone()), ("b.json", again)], "do not agree on its size");
    assert_eq!(read_all(&[("a.json", listed.clone()), ("b.json", listed.clone())]).unwrap().inventory.len(), 1);

    let unlisted = read_all(&both(known(json!({"id": "d-2"})))).unwrap();
    assert_eq!(complete(&unlisted), [""; 0]);
    let problem = unlisted.problems.iter().find(|problem| problem.kind.as_str() == "disk").unwrap();
    assert!(problem.message.contains("disk/d-2, which no listing holds"), "{}", problem.message);

    let two = [
        ("a.tfstate", known(json!({"id": "d-1", "size": 40}))),
        ("b.tfstate", known(json!({"id": "d-1", "disk_name": "web", "tags": {}}))),
    ];
    assert!(
        lines(&read_all(&two).unwrap())[0]
            .contains(r#""name":"web","created_at":null,"state":null,"size_bytes":42949672960"#)
    );
}
