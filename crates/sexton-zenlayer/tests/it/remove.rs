use std::collections::BTreeMap;

use serde_json::json;
use sexton_core::address::GuardCode;
use sexton_provider::{Answer, Effect, ErrorClass, Provider, RemovalCall, RemovalTarget};
use sexton_zenlayer::{ApiVersion, RegionChoice};

use crate::server::{Request, Response, Server, address, error, ok, rows, text};

fn target(kind: &str, id: &str, force: &[&str]) -> RemovalTarget {
    RemovalTarget {
        address: address(kind, id),
        force: force.iter().map(|code| GuardCode::new(code).unwrap()).collect(),
        seen: None,
    }
}

fn call(operation: &str, targets: Vec<RemovalTarget>) -> RemovalCall {
    RemovalCall { operation: operation.to_owned(), targets, options: BTreeMap::new() }
}

fn snapshots(ids: &[&str]) -> RemovalCall {
    call("DeleteSnapshots", ids.iter().map(|id| target("snapshot", id, &[])).collect())
}

fn words(answers: &[Answer]) -> Vec<String> {
    let word = |answer: &Answer| match answer {
        Answer::Removed { .. } => "removed".to_owned(),
        Answer::Accepted { .. } => "accepted".to_owned(),
        Answer::AlreadyGone { .. } => "gone".to_owned(),
        Answer::Parked { .. } => "parked".to_owned(),
        Answer::Refused(refusal) => format!("refused {:?} {}", refusal.class, refusal.code),
        Answer::Failed(error) => format!("failed {:?} {:?}", error.class, error.effect),
    };
    answers.iter().map(word).collect()
}

/// The rows of those of some resources that a look asks for, by their states.
fn states(request: &Request, there: &[(&str, &str)]) -> Response {
    let (list, id, state) = match request.operation.as_str() {
        "DescribeSnapshots" => ("snapshotIds", "snapshotId", "status"),
        "DescribeDisks" => ("diskIds", "diskId", "diskStatus"),
        "DescribeCustomImages" => ("imageIds", "imageId", "imageStatus"),
        _ => ("instanceIds", "instanceId", "status"),
    };
    let asked = request.body[list].as_array().cloned().unwrap_or_default();
    let there = there.iter().filter(|(name, _)| asked.contains(&json!(name)));
    rows(there.map(|(name, word)| json!({id: name, state: word, "zoneId": "asia-east-1a"})).collect())
}

/// A server in which these are, and that answers a change with that.
async fn answering(there: &'static [(&'static str, &'static str)], answer: Response) -> Server {
    Server::start(move |request| match request.operation.as_str() {
        "DescribeZones" => None,
        name if name.starts_with("Describe") => Some(states(request, there)),
        _ => Some(answer.clone()),
    })
    .await
}

#[tokio::test]
async fn each_kind_is_removed_by_its_call_with_nothing_more_than_that_needs() {
    for (kind, operation, body, expected) in [
        ("snapshot", "DeleteSnapshots", json!({"snapshotIds": ["x-1"]}), "accepted"),
        ("image", "DeleteImages", json!({"imageIds": ["x-1"]}), "accepted"),
        ("disk", "ReleaseDisk", json!({"diskId": "x-1"}), "accepted"),
        // Without this the API takes detachable disks along.
        ("instance", "ReleaseInstances", json!({"instanceIds": ["x-1"], "dependResource": false}), "accepted"),
        ("auto-snapshot-policy", "DeleteAutoSnapshotPolicies", json!({"autoSnapshotPolicyIds": ["x-1"]}), "accepted"),
    ] {
        let server = answering(&[("x-1", "DELETING")], ok(json!({}))).await;
        let answers = server.provider().remove(&call(operation, vec![target(kind, "x-1", &[])])).await;
        assert_eq!(words(&answers), [expected], "{kind}");
        let changes = server.changes();
        assert_eq!(changes.len(), 1, "{kind}");
        assert_eq!((changes[0].operation.as_str(), &changes[0].body), (operation, &body));
    }
}

#[tokio::test]
async fn a_hundred_go_in_one_call_and_one_more_does_not() {
    let ids: Vec<String> = (0..101).map(|n| format!("s-{n}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let server = answering(&[], ok(json!({"snapshotIds": []}))).await;
    let answers = server.provider().remove(&snapshots(&ids[..100])).await;
    assert_eq!(words(&answers), vec!["accepted"; 100]);
    assert_eq!(server.changes()[0].body["snapshotIds"].as_array().unwrap().len(), 100);
    let answers = server.provider().remove(&snapshots(&ids)).await;
    assert_eq!(words(&answers), vec!["failed Permanent None"; 101]);
    assert_eq!(server.changes().len(), 1);
}

/// The vendor's sample answers a call for two with the same two: by the field's definition, both failed.
#[tokio::test]
async fn what_is_listed_failed_and_each_is_settled_by_reading() {
    let there = &[
        ("creating", "CREATING"),
        ("going", "DELETING"),
        ("stays", "AVAILABLE"),
        ("old", "NORMAL"),
        ("quiet", "AVAILABLE"),
    ];
    let server =
        answering(there, ok(json!({"snapshotIds": ["creating", "going", "stays", "old", "gone", "stranger"]}))).await;
    let answers = server.provider().remove(&snapshots(&["creating", "going", "stays", "old", "gone", "quiet"])).await;
    assert_eq!(
        words(&answers),
        [
            "refused Waits OPERATION_DENIED_DISK_SNAPSHOT_STATUS",
            "accepted",
            // Alone, the API gave no reason either.
            "refused Blocked NoReasonGiven",
            "refused Blocked NoReasonGiven",
            "gone",
            // Not listed: accepted, and read until it is gone, whatever the list says.
            "accepted",
        ]
    );
    let Answer::Refused(refusal) = &answers[2] else { panic!("{answers:?}") };
    assert!(refusal.message.contains("lists it among those that it did not remove, and gives no reason"));
    let looked = server.calls_of("DescribeSnapshots");
    assert_eq!(looked[0].body["snapshotIds"].as_array().unwrap().len(), 5);
    let alone: Vec<_> = server.changes()[1..].iter().map(|call| call.body["snapshotIds"].clone()).collect();
    assert_eq!(alone, [json!(["stays"]), json!(["old"])]);
}

/// What an API that tells a reason to one alone answers, by what it has against each.
fn one_by_one(request: &Request, list: &str, against: &[(&str, Option<(u16, &'static str)>)]) -> Response {
    let asked: Vec<&str> = request.body[list].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    match asked.as_slice() {
        [alone] => match against.iter().find(|(id, _)| id == alone) {
            Some((_, Some((status, code)))) => error(*status, code),
            Some((_, None)) | None => ok(json!({list: []})),
        },
        several => ok(json!({list: several})),
    }
}

#[tokio::test]
async fn one_that_is_listed_and_stays_goes_alone_and_is_refused_by_the_code_that_it_has_then() {
    let server = Server::start(|request| match request.operation.as_str() {
        "DescribeSnapshots" => Some(states(request, &["s-1", "s-2", "s-3", "s-4", "s-5"].map(|id| (id, "AVAILABLE")))),
        "DeleteSnapshots" => Some(one_by_one(
            request,
            "snapshotIds",
            &[
                ("s-1", Some((400, "OPERATION_DENIED_SNAPSHOT_HAS_DISKS"))),
                ("s-2", Some((404, "INVALID_DISK_SNAPSHOT_NOT_FOUND"))),
                ("s-3", None),
                ("s-4", Some((403, "AUTHFAILURE_UNAUTHORIZED_OPERATION"))),
                ("s-5", Some((500, "INTERNAL_SERVER_ERROR"))),
            ],
        )),
        _ => None,
    })
    .await;
    let answers = server.provider().remove(&snapshots(&["s-1", "s-2", "s-3", "s-4", "s-5"])).await;
    assert_eq!(
        words(&answers),
        [
            "refused Blocked OPERATION_DENIED_SNAPSHOT_HAS_DISKS",
            // It is there, whatever the code says.
            "failed Transient Unknown",
            "accepted",
            "failed Permanent None",
            "failed Transient Unknown",
        ]
    );
}

#[tokio::test]
async fn those_that_are_listed_go_alone_only_until_a_call_does_not_come_through_and_never_all_of_a_long_list() {
    let ids: Vec<String> = (0..60).map(|n| format!("m-{n:02}")).collect();
    for (refused, calls) in [(429, 1 + 3), (200, 20 + 3)] {
        let there = ids.clone();
        let server = Server::start(move |request| match request.operation.as_str() {
            "DescribeSnapshots" => {
                let there: Vec<(&str, &str)> = there.iter().map(|id| (id.as_str(), "AVAILABLE")).collect();
                Some(states(request, &there))
            }
            "DeleteSnapshots" if refused == 429 && request.body["snapshotIds"].as_array().unwrap().len() == 1 => {
                Some(error(429, "REQUEST_LIMIT_EXCEEDED"))
            }
            "DeleteSnapshots" => Some(ok(json!({"snapshotIds": request.body["snapshotIds"]}))),
            _ => None,
        })
        .await;
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let answers = words(&server.provider().remove(&snapshots(&ids)).await);
        assert_eq!(server.changes().len() + 2, calls, "{refused}");
        let settled = answers.iter().filter(|answer| *answer != "failed Transient Unknown").count();
        assert_eq!(settled, calls - 3, "{answers:?}");
        assert_eq!(answers.last().unwrap(), "failed Transient Unknown");
    }
}

/// What looks as it was may be on its way into the bin all the same, where a second call would destroy it.
#[tokio::test]
async fn what_has_a_recycle_bin_is_never_called_twice_at_once() {
    let server = answering(&[("i-1", "STOPPED"), ("i-2", "STOPPED")], ok(json!({"instanceIds": ["i-1", "i-2"]}))).await;
    let targets = ["i-1", "i-2"].map(|id| target("instance", id, &[]));
    let answers = server.provider().remove(&call("ReleaseInstances", targets.to_vec())).await;
    assert_eq!(words(&answers), ["failed Transient Unknown"; 2]);
    assert_eq!(server.changes().len(), 1);
}

#[tokio::test]
async fn a_list_that_is_null_or_missing_is_one_of_nothing_and_anything_else_is_not_believed() {
    for (list, expected) in [
        (json!({"snapshotIds": null}), "accepted"),
        (json!({}), "accepted"),
        (json!({"snapshotIds": []}), "accepted"),
        (json!({"snapshotIds": "s-1"}), "failed Transient Unknown"),
        (json!({"snapshotIds": [{"id": "s-1"}]}), "failed Transient Unknown"),
        (json!({"snapshotIds": [null]}), "failed Transient Unknown"),
    ] {
        let server = answering(&[("s-1", "AVAILABLE")], ok(list.clone())).await;
        let answers = server.provider().remove(&snapshots(&["s-1"])).await;
        assert_eq!(words(&answers), [expected], "{list}");
    }
}

#[tokio::test]
async fn one_that_is_missing_is_found_out_and_the_others_go_again() {
    let server =
        answering(&[("s-2", "AVAILABLE"), ("s-3", "CREATING")], error(404, "INVALID_DISK_SNAPSHOT_NOT_FOUND")).await;
    let answers = server.provider().remove(&snapshots(&["s-1", "s-2", "s-3"])).await;
    assert_eq!(words(&answers), ["gone", "failed Transient Unknown", "failed Transient Unknown"]);
    assert_eq!(server.changes().len(), 1);
}

#[tokio::test]
async fn one_in_a_wrong_state_is_found_out() {
    let server = answering(
        &[("s-1", "CREATING"), ("s-2", "AVAILABLE"), ("s-3", "DELETING"), ("s-4", "FAILED")],
        error(400, "OPERATION_DENIED_DISK_SNAPSHOT_STATUS"),
    )
    .await;
    let answers = server.provider().remove(&snapshots(&["s-1", "s-2", "s-3", "s-4", "s-5"])).await;
    assert_eq!(
        words(&answers),
        [
            "refused Waits OPERATION_DENIED_DISK_SNAPSHOT_STATUS",
            "failed Transient Unknown",
            "accepted",
            "refused Blocked OPERATION_DENIED_DISK_SNAPSHOT_STATUS",
            "gone",
        ]
    );
}

#[tokio::test]
async fn a_cause_that_cannot_be_read_stays_open() {
    for answer in [ok(json!({"snapshotIds": ["s-1"]})), error(404, "INVALID_DISK_SNAPSHOT_NOT_FOUND")] {
        let server = Server::start(move |request| match request.operation.as_str() {
            "DescribeZones" => None,
            "DescribeSnapshots" => Some(error(500, "INTERNAL_SERVER_ERROR")),
            _ => Some(answer.clone()),
        })
        .await;
        let answers = server.provider().remove(&snapshots(&["s-1"])).await;
        assert_eq!(words(&answers), ["failed Transient Unknown"]);
    }
}

/// A second call would destroy it.
#[tokio::test]
async fn what_is_in_the_recycle_bin_is_not_called_again() {
    for (kind, operation, there, expected) in [
        ("disk", "ReleaseDisk", &[("x-1", "RECYCLED")] as &[(&str, &str)], "parked"),
        ("disk", "ReleaseDisk", &[("x-1", "RECYCLING")], "parked"),
        ("disk", "ReleaseDisk", &[], "gone"),
        ("instance", "ReleaseInstances", &[("x-1", "RECYCLE")], "parked"),
        ("instance", "ReleaseInstances", &[("x-1", "RECYCLED")], "parked"),
        ("instance", "ReleaseInstances", &[], "gone"),
    ] {
        let server = answering(there, ok(json!({}))).await;
        let answers = server.provider().remove(&call(operation, vec![target(kind, "x-1", &[])])).await;
        assert_eq!(words(&answers), [expected], "{kind} {there:?}");
        assert!(server.changes().is_empty(), "{kind} {there:?}");
    }
}

#[tokio::test]
async fn what_may_be_in_the_recycle_bin_is_not_called_either() {
    let server = Server::start(|request| {
        (request.operation == "DescribeDisks").then(|| rows(json!([{"diskId": "d-1", "zoneId": "asia-east-1a"}])))
    })
    .await;
    let answers = server.provider().remove(&call("ReleaseDisk", vec![target("disk", "d-1", &[])])).await;
    assert_eq!(words(&answers), ["failed Permanent None"]);
    assert!(server.changes().is_empty());
}

#[tokio::test]
async fn those_of_a_batch_that_are_not_in_the_recycle_bin_go() {
    let server =
        answering(&[("i-1", "RECYCLE"), ("i-2", "STOPPED"), ("i-3", "RUNNING")], ok(json!({"instanceIds": ["i-3"]})))
            .await;
    let targets = ["i-1", "i-2", "i-3", "i-4"].map(|id| target("instance", id, &[]));
    let answers = server.provider().remove(&call("ReleaseInstances", targets.to_vec())).await;
    assert_eq!(words(&answers), ["parked", "accepted", "failed Transient Unknown", "gone"]);
    assert_eq!(server.changes()[0].body, json!({"instanceIds": ["i-2", "i-3"], "dependResource": false}));
}

#[tokio::test]
async fn a_release_is_not_sent_where_the_target_cannot_be_looked_at() {
    let server =
        Server::start(|request| (request.operation == "DescribeDisks").then(|| error(500, "INTERNAL_SERVER_ERROR")))
            .await;
    let answers = server.provider().remove(&call("ReleaseDisk", vec![target("disk", "d-1", &[])])).await;
    assert_eq!(words(&answers), ["failed Transient None"]);
    assert!(server.changes().is_empty());
}

#[tokio::test]
async fn what_a_disk_is_refused_for() {
    for (state, status, code, expected) in [
        ("IN_USE", 400, "UNSUPPORTED_OPERATION_DISK_STATUS", "refused MayLinger UNSUPPORTED_OPERATION_DISK_STATUS"),
        ("DETACHING", 400, "UNSUPPORTED_OPERATION_DISK_STATUS", "refused Waits UNSUPPORTED_OPERATION_DISK_STATUS"),
        ("IN_USE", 400, "INVALID_DISK_NOT_PORTABLE", "refused Blocked INVALID_DISK_NOT_PORTABLE"),
        (
            "AVAILABLE",
            400,
            "UNSUPPORTED_OPERATION_DISK_BEING_RECYCLE",
            "refused Blocked UNSUPPORTED_OPERATION_DISK_BEING_RECYCLE",
        ),
    ] {
        let server = Server::start(move |request| match request.operation.as_str() {
            "DescribeDisks" => Some(rows(json!([{"diskId": "d-1", "diskStatus": state, "zoneId": "asia-east-1a"}]))),
            "ReleaseDisk" => Some(error(status, code)),
            _ => None,
        })
        .await;
        let answers = server.provider().remove(&call("ReleaseDisk", vec![target("disk", "d-1", &[])])).await;
        assert_eq!(words(&answers), [expected], "{state} {code}");
    }
}

#[tokio::test]
async fn what_a_failed_call_was_answered_is_told_and_not_tried_again() {
    for (response, expected) in [
        (error(429, "REQUEST_LIMIT_EXCEEDED"), "failed Throttle { retry_after: None } None"),
        (
            error(429, "REQUEST_LIMIT_EXCEEDED").header("retry-after", "2"),
            "failed Throttle { retry_after: Some(2s) } None",
        ),
        (error(400, "AUTHFAILURE_UNAUTHORIZED_OPERATION"), "failed Permanent None"),
        (error(401, "AUTHFAILURE_UNAUTHORIZED_OPERATION"), "failed Permanent None"),
        (error(400, "AUTHFAILURE_SIGNATURE_FAILURE"), "failed Auth None"),
        (error(400, "MISSING_PARAMETER"), "failed Permanent None"),
        (error(500, "INTERNAL_SERVER_ERROR"), "failed Transient Unknown"),
        (text(403, "<html>are you human</html>").header("cf-mitigated", "challenge"), "failed Auth None"),
        (text(403, "<html>blocked</html>"), "failed Permanent Unknown"),
        (text(451, "no"), "failed Auth None"),
        (text(502, "<html>bad gateway</html>"), "failed Transient Unknown"),
        (text(200, "<html>welcome</html>"), "failed Transient Unknown"),
        (text(200, "{\"requestId\":\"T\"}"), "failed Transient Unknown"),
        (ok(json!({})).truncated(), "failed Transient Unknown"),
    ] {
        let server = answering(&[("s-1", "AVAILABLE")], response).await;
        let answers = server.provider().remove(&snapshots(&["s-1"])).await;
        assert_eq!(words(&answers), [expected]);
        assert_eq!(server.changes().len(), 1, "{expected}");
    }
}

#[tokio::test]
async fn calls_that_make_no_sense_are_not_sent() {
    let server = answering(&[], ok(json!({}))).await;
    let provider = server.provider();
    let mut with_options = snapshots(&["s-1"]);
    with_options.options.insert("force".to_owned(), json!(true));
    let mut of_another = snapshots(&["s-1"]);
    of_another.targets[0].address = "zenlayer-zec:other:asia-east-1:snapshot/s-1".parse().unwrap();
    for wrong in [
        call("DeleteImages", vec![target("snapshot", "s-1", &[])]),
        call("DeleteDisks", vec![target("disk", "d-1", &[])]),
        call("ReleaseDisk", vec![target("disk", "d-1", &[]), target("disk", "d-2", &[])]),
        call("DeleteSnapshots", vec![target("snapshot", "s-1", &[]), target("disk", "d-1", &[])]),
        call("DeleteSnapshots", vec![target("snapshot", "s-1", &["OPERATION_DENIED_DISK_SNAPSHOT_STATUS"])]),
        call("DeleteSnapshots", vec![target("snapshot", "s-1", &["InRecycleBin"])]),
        call("ReleaseDisk", vec![target("disk", "d-1", &["InRecycleBin"])]),
        call("ReleaseInstances", vec![target("instance", "i-1", &["DeletesWithInstance"])]),
        with_options,
        of_another,
    ] {
        for word in words(&provider.remove(&wrong).await) {
            assert_eq!(word, "failed Permanent None", "{wrong:?}");
        }
    }
    assert_eq!(provider.remove(&snapshots(&[])).await, []);
    assert!(server.changes().is_empty());
    let older = server.provider_of(RegionChoice::All, ApiVersion::V20240401);
    let answers = older.remove(&call("DeleteImages", vec![target("image", "m-1", &[])])).await;
    assert_eq!(words(&answers), ["failed Permanent None"]);
    assert!(server.changes().is_empty());
}

#[tokio::test]
async fn no_answer_tells_a_secret() {
    for body in [
        "{\"code\":\"AUTHFAILURE_SIGNATURE_FAILURE\",\"message\":\"ZC2-HMAC-SHA256 Credential=x\"}",
        "{\"code\":\"SOMETHING_NEW\",\"message\":\"the-password\"}",
        "the-password",
    ] {
        let server = answering(&[], text(403, body)).await;
        let provider = server.provider();
        let answers = provider.remove(&snapshots(&["s-1"])).await;
        let shown = format!("{answers:?} {provider:?}");
        assert!(!shown.contains("the-password") && !shown.contains("ZC2-HMAC"), "{shown}");
    }
}

#[tokio::test]
async fn a_refusal_tells_the_providers_words_and_request() {
    let server = answering(&[("d-1", "AVAILABLE")], error(400, "INVALID_DISK_NOT_PORTABLE")).await;
    let answers = server.provider().remove(&call("ReleaseDisk", vec![target("disk", "d-1", &[])])).await;
    let [Answer::Refused(refusal)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!((refusal.message.as_str(), refusal.request_id.as_deref()), ("in words", Some("T-1")));
}

#[tokio::test]
async fn a_challenge_is_not_a_call_that_had_an_effect() {
    let response = text(403, "<html>are you human</html>").header("cf-mitigated", "challenge");
    let server = answering(&[], response).await;
    let answers = server.provider().remove(&snapshots(&["s-1"])).await;
    let [Answer::Failed(error)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!((error.class, error.effect), (ErrorClass::Auth, Effect::None));
    assert_eq!(error.code.as_deref(), Some("SECURITY_CHALLENGE"));
    assert!(!error.message.contains("human"), "{error}");
}
