//! Probes and look-ups of dependents.

use serde_json::json;
use sexton_core::address::Address;
use sexton_provider::{ErrorClass, Observed, Provider};

use crate::server::{Server, address, error, ok, rows};

fn words(observed: &[Observed]) -> Vec<String> {
    let word = |observed: &Observed| match observed {
        Observed::Present(resource) => resource.address.to_string(),
        Observed::Parked { .. } => "parked".to_owned(),
        Observed::Absent => "absent".to_owned(),
    };
    observed.iter().map(word).collect()
}

/// What the vendor documents, and where it does not, what its tools ask for.
fn largest_page(operation: &str) -> u32 {
    match operation {
        "DescribeDisks" | "DescribeInstances" | "DescribeCustomImages" => 1_000,
        _ => 100,
    }
}

#[tokio::test]
async fn each_kind_is_looked_at_by_its_ids() {
    for (kind, operation, parameter, id) in [
        ("snapshot", "DescribeSnapshots", "snapshotIds", "snapshotId"),
        ("disk", "DescribeDisks", "diskIds", "diskId"),
        ("image", "DescribeCustomImages", "imageIds", "imageId"),
        ("instance", "DescribeInstances", "instanceIds", "instanceId"),
        ("auto-snapshot-policy", "DescribeAutoSnapshotPolicies", "autoSnapshotPolicyIds", "autoSnapshotPolicyId"),
    ] {
        let server = Server::start(move |request| {
            (request.operation == operation).then(|| rows(json!([{id: "x-2", "zoneId": "asia-east-1a"}])))
        })
        .await;
        let targets = [address(kind, "x-1"), address(kind, "x-2")];
        let observed = server.provider().probe(&targets).await.unwrap();
        assert_eq!(words(&observed), ["absent".to_owned(), targets[1].to_string()]);
        assert_eq!(
            server.calls_of(operation)[0].body,
            json!({parameter: ["x-1", "x-2"], "pageNum": 1, "pageSize": largest_page(operation)}),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn what_is_in_the_recycle_bin_is_parked() {
    let server = Server::start(|request| match request.operation.as_str() {
        "DescribeDisks" => Some(rows(json!([
            {"diskId": "x-1", "zoneId": "asia-east-1a", "diskStatus": "RECYCLED"},
            {"diskId": "x-2", "zoneId": "asia-east-1a", "diskStatus": "RECYCLING"},
            {"diskId": "x-3", "zoneId": "asia-east-1a", "diskStatus": "DELETING"},
            {"diskId": "x-4", "zoneId": "asia-east-1a"}]))),
        "DescribeInstances" => Some(rows(json!([
            {"instanceId": "x-1", "zoneId": "asia-east-1a", "status": "RECYCLE"},
            {"instanceId": "x-2", "zoneId": "asia-east-1a", "status": "RECYCLED"},
            {"instanceId": "x-3", "zoneId": "asia-east-1a", "status": "RELEASING"},
            {"instanceId": "x-4", "zoneId": "asia-east-1a"}]))),
        // No other kind has a bin, whatever its state is called.
        "DescribeSnapshots" => Some(rows(json!([
            {"snapshotId": "x-3", "zoneId": "asia-east-1a", "status": "RECYCLED"},
            {"snapshotId": "x-4", "zoneId": "asia-east-1a"}]))),
        _ => None,
    })
    .await;
    for (kind, first) in [("disk", "parked"), ("instance", "parked"), ("snapshot", "absent")] {
        let targets = ["x-1", "x-2", "x-3", "x-4"].map(|id| address(kind, id));
        let observed = server.provider().probe(&targets).await.unwrap();
        assert_eq!(
            words(&observed),
            [first.to_owned(), first.to_owned(), targets[2].to_string(), targets[3].to_string()]
        );
    }
}

#[tokio::test]
async fn a_snapshot_has_the_size_of_its_disk_also_in_a_second_look() {
    for (disks, size) in [
        (rows(json!([{"diskId": "d-1", "zoneId": "asia-east-1a", "diskSize": 20}])), Some(20 << 30)),
        (rows(json!([])), None),
        (error(500, "INTERNAL_SERVER_ERROR"), None),
    ] {
        let server = Server::start(move |request| match request.operation.as_str() {
            "DescribeDisks" => Some(disks.clone()),
            "DescribeSnapshots" => {
                Some(rows(json!([{"snapshotId": "s-1", "zoneId": "asia-east-1a", "diskId": "d-1"}])))
            }
            _ => None,
        })
        .await;
        let observed = server.provider().probe(&[address("snapshot", "s-1")]).await.unwrap();
        let [Observed::Present(snapshot)] = &observed[..] else { panic!("{observed:?}") };
        assert_eq!(snapshot.size_bytes.known(), size);
        assert_eq!(server.calls_of("DescribeDisks").len(), 1);
    }
}

#[tokio::test]
async fn no_failure_passes_for_absence() {
    for (answer, class) in [
        (error(403, "AUTHFAILURE_UNAUTHORIZED_OPERATION"), ErrorClass::Permanent),
        (error(429, "REQUEST_LIMIT_EXCEEDED"), ErrorClass::Throttle { retry_after: None }),
        (error(500, "INTERNAL_SERVER_ERROR"), ErrorClass::Transient),
        (error(404, "INVALID_DISK_SNAPSHOT_NOT_FOUND"), ErrorClass::Permanent),
        (ok(json!({})), ErrorClass::Permanent),
        (ok(json!({"totalCount": 1})), ErrorClass::Transient),
        (rows(json!([{"snapshotId": "s-1", "zoneId": "europe-west-1a"}])), ErrorClass::Permanent),
    ] {
        let told = format!("{answer:?}");
        let server =
            Server::start(move |request| (request.operation == "DescribeSnapshots").then(|| answer.clone())).await;
        let failed = server.provider().probe(&[address("snapshot", "s-1")]).await.unwrap_err();
        assert_eq!(failed.class, class, "{told}");
    }
}

#[tokio::test]
async fn what_is_not_of_this_provider_is_not_looked_for() {
    let server = Server::start(|_| None).await;
    let provider = server.provider();
    let parse = |text: &str| text.parse::<Address>().unwrap();
    for targets in [
        vec![parse("aliyun-ecs:acme:asia-east-1:snapshot/s")],
        vec![parse("zenlayer-zec:other:asia-east-1:snapshot/s")],
        vec![parse("zenlayer-zec:acme:asia-east-1:share/s")],
        vec![address("snapshot", "s"), address("disk", "d")],
    ] {
        assert_eq!(provider.probe(&targets).await.unwrap_err().class, ErrorClass::Permanent, "{targets:?}");
    }
    assert_eq!(provider.probe(&[]).await.unwrap(), []);
    assert_eq!(server.calls().len(), 0);
}

#[tokio::test]
async fn dependents_are_those_that_the_api_can_be_asked_for() {
    for (target, operation, filter, answer, expected) in [
        (
            address("image", "m-1"),
            "DescribeInstances",
            json!({"imageId": "m-1"}),
            json!([{"instanceId": "i-2", "zoneId": "europe-west-1a", "imageId": "m-1"},
                {"instanceId": "i-1", "zoneId": "asia-east-1a"},
                {"instanceId": "i-3", "zoneId": "asia-east-1a", "imageId": "m-2"}]),
            vec!["asia-east-1:instance/i-1", "europe-west-1:instance/i-2"],
        ),
        (
            address("disk", "d-1"),
            "DescribeSnapshots",
            json!({"diskIds": ["d-1"]}),
            json!([{"snapshotId": "s-1", "zoneId": "asia-east-1a", "diskId": "d-1"}]),
            vec!["asia-east-1:snapshot/s-1"],
        ),
        (
            address("instance", "i-1"),
            "DescribeDisks",
            json!({"instanceId": "i-1"}),
            json!([{"diskId": "d-1", "zoneId": "asia-east-1a", "instanceId": "i-1"}]),
            vec!["asia-east-1:disk/d-1"],
        ),
    ] {
        let server = Server::start(move |request| (request.operation == operation).then(|| rows(answer.clone()))).await;
        let found = server.provider().dependents(&target).await.unwrap();
        let found: Vec<String> = found.iter().map(|resource| resource.address.to_string()).collect();
        let expected: Vec<String> = expected.iter().map(|rest| format!("zenlayer-zec:acme:{rest}")).collect();
        assert_eq!(found, expected);
        let mut body = filter;
        body["pageNum"] = json!(1);
        body["pageSize"] = json!(largest_page(operation));
        assert_eq!(server.calls_of(operation)[0].body, body);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_not_asked_for_and_what_fails_is_no_absence() {
    let server = Server::start(|request| {
        (request.operation == "DescribeInstances").then(|| error(500, "INTERNAL_SERVER_ERROR"))
    })
    .await;
    let provider = server.provider();
    for kind in ["snapshot", "auto-snapshot-policy"] {
        assert_eq!(provider.dependents(&address(kind, "x-1")).await.unwrap(), []);
    }
    assert!(server.calls().iter().all(|call| call.operation == "DescribeZones"));
    assert_eq!(provider.dependents(&address("image", "m-1")).await.unwrap_err().class, ErrorClass::Transient);
}
