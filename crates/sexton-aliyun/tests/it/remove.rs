use std::collections::BTreeMap;

use serde_json::json;
use sexton_core::address::GuardCode;
use sexton_provider::{Answer, Effect, ErrorClass, Provider, RefusalClass, RemovalCall, RemovalTarget};

use crate::server::{Response, Server, address, error, ok, text};

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

async fn done() -> Server {
    Server::start(|request| {
        let change = !request.operation.starts_with("Describe") && !request.operation.starts_with("Get");
        change.then(|| ok(json!({})))
    })
    .await
}

async fn answering(operation: &'static str, response: Response) -> Server {
    Server::start(move |request| (request.operation == operation).then(|| response.clone())).await
}

fn accepted() -> Answer {
    Answer::Accepted { request_id: Some("req-1".to_owned()) }
}

/// One answer in words.
fn words(answer: &Answer) -> String {
    match answer {
        Answer::Removed { .. } => "removed".to_owned(),
        Answer::Accepted { .. } => "accepted".to_owned(),
        Answer::AlreadyGone { .. } => "gone".to_owned(),
        Answer::Parked { .. } => "parked".to_owned(),
        Answer::Refused(refusal) => format!("refused {:?} {}", refusal.class, refusal.code),
        Answer::Failed(error) => format!("failed {:?} {:?}", error.class, error.effect),
    }
}

#[tokio::test]
async fn each_kind_is_removed_by_its_call_with_nothing_more_than_that_needs() {
    for (kind, id, operation, parameters) in [
        ("snapshot", "s-1", "DeleteSnapshot", vec![("SnapshotId", "s-1")]),
        ("disk", "d-1", "DeleteDisk", vec![("DiskId", "d-1")]),
        ("instance", "i-1", "DeleteInstance", vec![("InstanceId", "i-1")]),
        ("image", "m-1", "DeleteImage", vec![("ImageId", "m-1"), ("RegionId", "cn-hangzhou")]),
        (
            "publication",
            "m-1/public",
            "ModifyImageSharePermission",
            vec![("ImageId", "m-1"), ("IsPublic", "false"), ("RegionId", "cn-hangzhou")],
        ),
        (
            "share",
            "m-1/9",
            "ModifyImageSharePermission",
            vec![("ImageId", "m-1"), ("RegionId", "cn-hangzhou"), ("RemoveAccount.1", "9")],
        ),
        ("task", "t-1", "CancelTask", vec![("RegionId", "cn-hangzhou"), ("TaskId", "t-1")]),
    ] {
        let server = done().await;
        let answers = server.provider().remove(&call(operation, vec![target(kind, id, &[])])).await;
        assert_eq!(answers, [accepted()], "{kind}");
        let calls = server.calls();
        assert_eq!(calls.len(), 1, "{kind}");
        assert_eq!(calls[0].operation, operation);
        let sent: Vec<(&str, &str)> =
            calls[0].parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(sent, parameters, "{kind}");
    }
}

#[tokio::test]
async fn force_is_sent_for_the_guards_that_need_it_and_for_no_others() {
    for (kind, operation, force, sent) in [
        ("snapshot", "DeleteSnapshot", vec!["SnapshotCreatedDisk"], true),
        ("snapshot", "DeleteSnapshot", vec!["SnapshotInProgress"], false),
        ("snapshot", "DeleteSnapshot", vec!["ReferredTo"], false),
        ("snapshot", "DeleteSnapshot", vec!["ReferredTo", "SnapshotCreatedDisk"], true),
        ("image", "DeleteImage", vec!["ImageUsingByInstance"], true),
        ("image", "DeleteImage", vec!["ReferredTo"], false),
        ("image", "CancelCopyImage", vec!["ImageIsCreating"], false),
        ("image", "CancelCopyImage", vec!["ImageIsCreating", "ReferredTo"], false),
        ("instance", "DeleteInstance", vec!["IncorrectInstanceStatus"], true),
    ] {
        let server = done().await;
        let answers = server.provider().remove(&call(operation, vec![target(kind, "x-1", &force)])).await;
        assert_eq!(answers, [accepted()], "{kind} {force:?}");
        assert_eq!(server.calls()[0].operation, operation, "{kind} {force:?}");
        assert_eq!(server.calls()[0].parameter("Force"), if sent { "true" } else { "" }, "{kind} {force:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_forced_is_not_sent_at_all() {
    for (kind, operation, force) in [
        ("snapshot", "DeleteSnapshot", "SnapshotCreatedImage"),
        ("snapshot", "DeleteSnapshot", "ImageUsingByInstance"),
        ("snapshot", "DeleteSnapshot", "Unheard.Of"),
        ("image", "DeleteImage", "ImageUseShared"),
        ("instance", "DeleteInstance", "InvalidOperation.DeletionProtection"),
        ("share", "ModifyImageSharePermission", "ImageUseShared"),
        ("publication", "ModifyImageSharePermission", "ImageIsPublic"),
    ] {
        let server = done().await;
        let answers = server.provider().remove(&call(operation, vec![target(kind, "m-1/public", &[force])])).await;
        assert_eq!(answers.iter().map(words).collect::<Vec<_>>(), ["failed Permanent None"], "{kind} {force}");
        assert_eq!(server.calls().len(), 0, "{kind} {force}");
    }
}

#[tokio::test]
async fn calls_that_make_no_sense_are_not_sent() {
    let server = done().await;
    let provider = server.provider();
    let snapshots = || vec![target("snapshot", "s-1", &[]), target("snapshot", "s-2", &[])];
    let shares = |image: &str| (0..10).map(|n| target("share", &format!("{image}/{n}"), &[])).collect::<Vec<_>>();
    let mut with_options = call("DeleteSnapshot", vec![target("snapshot", "s-1", &[])]);
    with_options.options.insert("delete_original".to_owned(), json!(true));
    for wrong in [
        call("DeleteSnapshot", snapshots()),
        call("DeleteImage", vec![target("snapshot", "s-1", &[])]),
        call("DeleteLaunchTemplate", vec![target("launch-template", "lt-1", &[])]),
        call("DeleteBucket", vec![target("bucket", "b-1", &[])]),
        call("CancelCopyImage", vec![target("image", "m-1", &[])]),
        call("CancelCopyImage", vec![target("image", "m-1", &["ImageUsingByInstance"])]),
        call("CancelCopyImage", vec![target("image", "m-1", &["ImageIsCreating", "ImageUsingByInstance"])]),
        call("DeleteImage", vec![target("image", "m-1", &["ImageIsCreating"])]),
        call("CancelCopyImage", vec![target("snapshot", "s-1", &[])]),
        call("ModifyImageSharePermission", [shares("m-1"), vec![target("share", "m-1/x", &[])]].concat()),
        call("ModifyImageSharePermission", vec![target("share", "m-1/1", &[]), target("share", "m-2/1", &[])]),
        call("ModifyImageSharePermission", vec![target("publication", "m-1/1", &[])]),
        with_options,
    ] {
        let answers = provider.remove(&wrong).await;
        assert_eq!(answers.len(), wrong.targets.len());
        for answer in answers {
            assert_eq!(words(&answer), "failed Permanent None", "{wrong:?}");
        }
    }
    assert_eq!(provider.remove(&call("DeleteSnapshot", Vec::new())).await, []);
    assert_eq!(server.calls().len(), 0);
}

#[tokio::test]
async fn accounts_of_one_image_are_removed_in_one_call_and_groups_in_another() {
    let server = done().await;
    let targets = vec![target("share", "m-1/11", &[]), target("share", "m-1/all", &[]), target("share", "m-1/22", &[])];
    let answers = server.provider().remove(&call("ModifyImageSharePermission", targets)).await;
    assert_eq!(answers.iter().map(words).collect::<Vec<_>>(), ["accepted", "accepted", "accepted"]);
    let accounts = server.calls_of("ModifyImageSharePermission");
    assert_eq!(accounts.len(), 1);
    assert_eq!((accounts[0].parameter("RemoveAccount.1"), accounts[0].parameter("RemoveAccount.2")), ("11", "22"));
    assert!(!accounts[0].parameters.contains_key("IsPublic"));
    let groups = server.calls_of("ModifyImageShareGroupPermission");
    assert_eq!(groups.len(), 1);
    assert_eq!((groups[0].parameter("ImageId"), groups[0].parameter("RemoveGroup.1")), ("m-1", "all"));
    assert_eq!(server.calls().len(), 2);
}

#[tokio::test]
async fn a_refused_group_leaves_the_accounts_to_go() {
    let server = Server::start(|request| match request.operation.as_str() {
        "ModifyImageShareGroupPermission" => Some(error(403, "Forbidden.Unknown")),
        _ => Some(ok(json!({}))),
    })
    .await;
    let targets = vec![target("share", "m-1/all", &[]), target("share", "m-1/22", &[])];
    let answers = server.provider().remove(&call("ModifyImageSharePermission", targets)).await;
    let words = answers.iter().map(words).collect::<Vec<_>>();
    assert_ne!(words[0], "accepted");
    assert_eq!(words[1], "accepted");
}

#[tokio::test]
async fn an_account_that_is_not_found_is_looked_for_in_the_list() {
    let server = Server::start(|request| match request.operation.as_str() {
        "ModifyImageSharePermission" => Some(error(404, "InvalidAccount.NotFound")),
        "ModifyImageShareGroupPermission" => Some(ok(json!({}))),
        "DescribeImageSharePermission" => {
            Some(ok(json!({"TotalCount": 1, "Accounts": {"Account": [{"AliyunId": "11"}]}})))
        }
        _ => None,
    })
    .await;
    let provider = server.provider();
    let remove = async |ids: &[&str]| {
        let targets = ids.iter().map(|id| target("share", id, &[])).collect();
        let answers = provider.remove(&call("ModifyImageSharePermission", targets)).await;
        answers.iter().map(words).collect::<Vec<_>>()
    };
    assert_eq!(remove(&["m-1/22"]).await, ["gone"]);
    assert_eq!(remove(&["m-1/11"]).await, ["refused Blocked InvalidAccount.NotFound"]);
    assert_eq!(remove(&["m-1/11", "m-1/22", "m-1/g"]).await, ["failed Transient None", "gone", "accepted"]);
}

#[tokio::test]
async fn an_account_that_is_not_found_stays_open_where_the_list_cannot_be_read() {
    let server = Server::start(|request| match request.operation.as_str() {
        "ModifyImageSharePermission" => Some(error(404, "InvalidAccount.NotFound")),
        "DescribeImageSharePermission" => Some(error(500, "InternalError")),
        _ => None,
    })
    .await;
    let answers =
        server.provider().remove(&call("ModifyImageSharePermission", vec![target("share", "m-1/1", &[])])).await;
    assert_eq!(answers.iter().map(words).collect::<Vec<_>>(), ["failed Transient Unknown"]);
}

#[tokio::test]
async fn an_error_of_the_whole_call_is_each_targets() {
    let server = answering("ModifyImageSharePermission", error(404, "InvalidImageId.NotFound")).await;
    let targets = vec![target("share", "m-1/1", &[]), target("share", "m-1/2", &[])];
    let answers = server.provider().remove(&call("ModifyImageSharePermission", targets)).await;
    assert_eq!(answers.iter().map(words).collect::<Vec<_>>(), ["gone", "gone"]);
}

#[tokio::test]
async fn what_a_failed_call_was_answered_is_told_and_not_tried_again() {
    for (response, expected) in [
        (error(404, "InvalidSnapshotId.NotFound"), "gone"),
        (error(403, "SnapshotCreatedImage"), "refused MayLinger SnapshotCreatedImage"),
        (error(403, "Something.New"), "refused Blocked Something.New"),
        (error(403, "Operation.Conflict"), "failed Transient None"),
        (error(400, "Throttling.User"), "failed Throttle { retry_after: None } None"),
        (
            error(400, "Throttling.User").header("x-acs-retry-after", "1500"),
            "failed Throttle { retry_after: Some(1.5s) } None",
        ),
        (error(403, "Forbidden.RAM"), "failed Auth None"),
        (error(500, "InternalError"), "failed Transient Unknown"),
        (text(403, "<html>blocked</html>"), "failed Permanent Unknown"),
        (text(200, "<html>welcome</html>"), "failed Transient Unknown"),
        (ok(json!({})).truncated(), "failed Transient Unknown"),
        (text(200, "{\"RequestId\":\"req-1\",\"Code\":\"Something.New\"}"), "failed Permanent Unknown"),
    ] {
        let server = answering("DeleteSnapshot", response).await;
        let answers = server.provider().remove(&call("DeleteSnapshot", vec![target("snapshot", "s-1", &[])])).await;
        assert_eq!(answers.iter().map(words).collect::<Vec<_>>(), [expected]);
        assert_eq!(server.calls().len(), 1, "{expected}");
    }
}

#[tokio::test]
async fn a_refusal_tells_the_providers_words_and_request() {
    let server = answering("DeleteImage", error(403, "ImageUseShared")).await;
    let answers = server.provider().remove(&call("DeleteImage", vec![target("image", "m-1", &[])])).await;
    let [Answer::Refused(refusal)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!((refusal.code.as_str(), refusal.class), ("ImageUseShared", RefusalClass::MayLinger));
    assert_eq!((refusal.message.as_str(), refusal.request_id.as_deref()), ("in words", Some("req-1")));
}

#[tokio::test]
async fn no_answer_tells_a_secret() {
    let echo = r#"{"Code":"SignatureDoesNotMatch","Message":"server string to sign is: the-token ACS3-HMAC-SHA256"}"#;
    for body in [echo, r#"{"Code":"Something.New","Message":"the-secret the-token"}"#, "the-secret the-token"] {
        let server = answering("DeleteSnapshot", text(403, body)).await;
        let provider = server.provider();
        let answers = provider.remove(&call("DeleteSnapshot", vec![target("snapshot", "s-1", &[])])).await;
        let shown = format!("{answers:?} {provider:?}");
        assert!(!shown.contains("the-token") && !shown.contains("the-secret"), "{shown}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_had_no_effect() {
    let provider = sexton_aliyun::EcsProvider::connect(sexton_aliyun::EcsConfig {
        name: "gone".to_owned(),
        regions: sexton_aliyun::RegionChoice::All,
        endpoint: Some(closed_port().await),
        credentials: sexton_aliyun::CredentialSource::Given(sexton_aliyun::Credentials::new("id", "secret", None)),
        signature: sexton_aliyun::SignatureVersion::V3,
        bootstrap: None,
        listings_serve_for: sexton_aliyun::LISTINGS_SERVE_FOR,
    })
    .unwrap();
    let answers = provider.remove(&call("DeleteSnapshot", vec![target("snapshot", "s-1", &[])])).await;
    let [Answer::Failed(error)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!((error.class, error.effect), (ErrorClass::Transient, Effect::None));
}

async fn closed_port() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
