use serde_json::json;
use sexton_core::plan::Options;
use sexton_provider::{Answer, Effect, ErrorClass, Provider, RefusalClass};

use super::{DAY, at, call, file, file_address, provider, seen};
use crate::server::{Server, error, ok};

fn choice(value: serde_json::Value) -> Options {
    Options::from([("delete_original".to_owned(), value)])
}

#[tokio::test]
async fn every_file_has_the_answer_that_its_own_result_is() {
    let server = Server::start(|request| {
        (request.operation == "DeleteLiveSnapshotFiles").then(|| {
            ok(json!({"DeleteFileResultList": [
                {"CreateTimestamp": 2, "Result": "NotFound"}, {"CreateTimestamp": "1", "Result": "OK"},
                {"CreateTimestamp": 3, "Result": "InternalError"}, {"CreateTimestamp": 99, "Result": "OK"}]}))
        })
    })
    .await;
    let targets = (1..=4).map(|millis| file_address("j", millis)).collect();
    let answers = provider(&server).remove(&call(targets, choice(json!(true)))).await;
    assert!(matches!(&answers[0], Answer::Accepted { .. }), "{:?}", answers[0]);
    assert!(matches!(&answers[1], Answer::AlreadyGone { .. }), "{:?}", answers[1]);
    for (answer, class) in [(&answers[2], ErrorClass::Permanent), (&answers[3], ErrorClass::Transient)] {
        let Answer::Failed(error) = answer else { panic!("{answer:?}") };
        assert_eq!((error.class, error.effect), (class, Effect::Unknown));
    }
    let sent = server.calls_of("DeleteLiveSnapshotFiles");
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].method, "POST");
    assert_eq!((sent[0].parameter("JobId"), sent[0].parameter("CreateTimestampList")), ("j", "[1,2,3,4]"));
    assert_eq!(sent[0].parameter("DeleteOriginalFile"), "true");
}

#[tokio::test]
async fn an_answer_without_results_says_nothing_of_any_file() {
    let server = Server::start(|request| (request.operation == "DeleteLiveSnapshotFiles").then(|| ok(json!({})))).await;
    for answer in provider(&server).remove(&call(vec![file_address("j", 1)], Options::new())).await {
        assert!(matches!(&answer, Answer::Failed(error) if error.effect == Effect::Unknown), "{answer:?}");
    }
}

#[tokio::test]
async fn objects_go_only_by_choice_and_nothing_unknown_is_sent() {
    let server = Server::start(|request| {
        let results = json!({"DeleteFileResultList": [{"CreateTimestamp": 1, "Result": "OK"}]});
        (request.operation == "DeleteLiveSnapshotFiles").then(|| ok(results))
    })
    .await;
    let provider = provider(&server);
    for (options, sent) in [(Options::new(), "false"), (choice(json!(false)), "false"), (choice(json!(true)), "true")] {
        provider.remove(&call(vec![file_address("j", 1)], options)).await;
        assert_eq!(server.calls_of("DeleteLiveSnapshotFiles").last().unwrap().parameter("DeleteOriginalFile"), sent);
    }
    let unsent = [
        call(vec![file_address("j", 1)], choice(json!("true"))),
        call(vec![file_address("j", 1)], Options::from([("delete_orginal".to_owned(), json!(true))])),
        call(vec![file_address("j", 1), file_address("k", 1)], Options::new()),
        call((1..=201).map(|millis| file_address("j", millis)).collect(), Options::new()),
        call(vec!["aliyun-ice:1:cn-hangzhou:live-snapshot-job/j".parse().unwrap()], Options::new()),
        call(vec!["aliyun-ice:1:cn-hangzhou:live-snapshot-file/j".parse().unwrap()], Options::new()),
    ];
    for call in unsent {
        for answer in provider.remove(&call).await {
            assert!(matches!(&answer, Answer::Failed(error) if error.effect == Effect::None), "{answer:?}");
        }
    }
    assert_eq!(server.calls_of("DeleteLiveSnapshotFiles").len(), 3);
}

#[tokio::test]
async fn a_call_that_is_refused_for_one_of_its_files_is_settled_by_looking() {
    let refusing = |code: &'static str| {
        Server::start(move |request| match request.operation.as_str() {
            "DeleteLiveSnapshotFiles" => Some(error(400, code)),
            "ListLiveSnapshotFiles" => Some(ok(json!({"FileList": [file(DAY, true), file(DAY + 5, false)]}))),
            _ => None,
        })
    };
    for code in ["OverlayNotSupported", "NoValidSnapshot"] {
        let server = refusing(code).await;
        let targets = [DAY, DAY + 5, DAY + 10].map(|second| file_address("j", second * 1000)).to_vec();
        let answers = provider(&server).remove(&call(targets, Options::new())).await;
        let Answer::Refused(refusal) = &answers[0] else { panic!("{answers:?}") };
        assert_eq!((refusal.code.as_str(), refusal.class), ("OverlayNotSupported", RefusalClass::Blocked));
        let Answer::Failed(error) = &answers[1] else { panic!("{answers:?}") };
        assert_eq!((error.class, error.effect), (ErrorClass::Transient, Effect::Unknown));
        assert!(matches!(&answers[2], Answer::AlreadyGone { .. }), "{answers:?}");
    }
    let blind = Server::start(|request| match request.operation.as_str() {
        "DeleteLiveSnapshotFiles" => Some(error(404, "NoValidSnapshot")),
        "ListLiveSnapshotFiles" => Some(error(500, "InternalError")),
        _ => None,
    })
    .await;
    for answer in provider(&blind).remove(&call(vec![file_address("j", 1), file_address("j", 2)], Options::new())).await
    {
        assert!(matches!(&answer, Answer::Failed(error) if error.effect == Effect::Unknown), "{answer:?}");
    }
}

#[tokio::test]
async fn a_file_that_was_seen_as_an_overlay_is_not_sent_along() {
    let server = Server::start(|request| {
        let results = json!({"DeleteFileResultList": [{"CreateTimestamp": 2, "Result": "OK"}]});
        (request.operation == "DeleteLiveSnapshotFiles").then(|| ok(results))
    })
    .await;
    let mut call = call((1..=2).map(|millis| file_address("j", millis)).collect(), Options::new());
    call.targets[0].seen = seen(&call.targets[0].address, true);
    let answers = provider(&server).remove(&call).await;
    assert!(matches!(&answers[0], Answer::Refused(refusal) if refusal.code == "OverlayNotSupported"));
    assert!(matches!(&answers[1], Answer::Accepted { .. }));
    assert_eq!(server.calls_of("DeleteLiveSnapshotFiles")[0].parameter("CreateTimestampList"), "[2]");
}

#[tokio::test]
async fn what_nobody_looked_at_is_looked_at_before_it_is_sent() {
    let server = Server::start(|request| match request.operation.as_str() {
        "DeleteLiveSnapshotFiles" => Some(error(400, "OverlayNotSupported")),
        "ListLiveSnapshotFiles" => {
            let unsaid = json!({"CreateTimestamp": (DAY + 10) * 1000, "CreateTime": at(DAY + 10)});
            let undated = json!({"CreateTimestamp": (DAY + 15) * 1000, "IsOverlay": false});
            Some(ok(json!({"FileList": [file(DAY + 5, true), unsaid, undated]})))
        }
        _ => None,
    })
    .await;
    let mut call = call([0, 5, 10, 15].map(|second| file_address("j", (DAY + second) * 1000)).to_vec(), Options::new());
    call.targets.iter_mut().for_each(|target| target.seen = None);
    let answers = provider(&server).remove(&call).await;
    let Answer::Failed(unclear) = &answers[0] else { panic!("{answers:?}") };
    assert_eq!((unclear.class, unclear.effect), (ErrorClass::Permanent, Effect::Unknown));
    for (answer, code) in answers[1..].iter().zip(["OverlayNotSupported", "OverlayNotSupported", "TimesDisagree"]) {
        assert!(matches!(answer, Answer::Refused(refusal) if refusal.code == code), "{answer:?}");
    }
    assert!(server.calls_of("DeleteLiveSnapshotFiles").is_empty());
    let blind = super::server(|_| error(500, "InternalError")).await;
    for answer in provider(&blind).remove(&call).await {
        assert!(matches!(&answer, Answer::Failed(error) if error.effect == Effect::None), "{answer:?}");
    }
    assert!(blind.calls_of("DeleteLiveSnapshotFiles").is_empty());
}
