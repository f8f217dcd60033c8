use std::sync::Arc;

use sexton_aws::{LISTINGS_SERVE_FOR, RegionChoice};
use sexton_core::address::GuardCode;
use sexton_core::fact::Fact;
use sexton_core::plan::Options;
use sexton_core::resource::Resource;
use sexton_provider::{Answer, Effect, ErrorClass, Provider, RefusalClass, RemovalCall, RemovalTarget};

use crate::server::{Request, Response, Server, address, error, ok, provider_at, region, text};

fn call(operation: &str, kind: &str, ids: &[&str]) -> RemovalCall {
    let target = |id: &&str| {
        let mut seen = Resource::unknown(address(kind, id));
        seen.tags = Fact::Known([("env".to_owned(), "dev".to_owned())].into());
        RemovalTarget { address: address(kind, id), force: Vec::new(), seen: Some(Arc::new(seen)) }
    };
    RemovalCall {
        operation: operation.to_owned(),
        targets: ids.iter().map(target).collect(),
        options: Options::default(),
    }
}

/// A server that answers every removal with success.
async fn willing() -> Server {
    Server::start(|request| match request.operation.as_str() {
        "DeleteSnapshot"
        | "DeregisterImage"
        | "DeleteVolume"
        | "TerminateInstances"
        | "ModifyImageAttribute"
        | "ModifySnapshotAttribute" => Some(ok(&request.operation, "<return>true</return>")),
        _ => None,
    })
    .await
}

/// A server that answers DeleteSnapshot so.
async fn deleting(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Server {
    Server::start(move |request| (request.operation == "DeleteSnapshot").then(|| answer(request))).await
}

fn accepted() -> Answer {
    Answer::Accepted { request_id: Some("req-1".to_owned()) }
}

#[tokio::test]
async fn each_kind_is_removed_by_its_operation_and_nothing_else_is_sent() {
    let server = willing().await;
    let provider = server.provider();
    for (operation, kind, id, sent, parameters) in [
        ("DeleteSnapshot", "snapshot", "snap-1", "DeleteSnapshot", &[("SnapshotId", "snap-1")][..]),
        ("DeregisterImage", "image", "ami-1", "DeregisterImage", &[("ImageId", "ami-1")]),
        ("DeleteVolume", "disk", "vol-1", "DeleteVolume", &[("VolumeId", "vol-1")]),
        ("TerminateInstances", "instance", "i-1", "TerminateInstances", &[("InstanceId.1", "i-1")]),
        (
            "ModifyImageAttribute",
            "publication",
            "ami-1/public",
            "ModifyImageAttribute",
            &[
                ("Attribute", "launchPermission"),
                ("ImageId", "ami-1"),
                ("OperationType", "remove"),
                ("UserGroup.1", "all"),
            ],
        ),
        (
            "ModifyImageAttribute",
            "share",
            "snap-1/111122223333",
            "ModifySnapshotAttribute",
            &[
                ("Attribute", "createVolumePermission"),
                ("OperationType", "remove"),
                ("SnapshotId", "snap-1"),
                ("UserId.1", "111122223333"),
            ],
        ),
    ] {
        let before = server.calls_of(sent).len();
        assert_eq!(provider.remove(&call(operation, kind, &[id])).await, [accepted()], "{kind}");
        let calls = server.calls_of(sent);
        assert_eq!(calls.len(), before + 1);
        let found: Vec<(&str, &str)> =
            calls[before].parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(found, parameters, "{kind}");
    }
}

#[tokio::test]
async fn the_shares_of_one_image_go_in_one_call() {
    let server = willing().await;
    let organization = "ami-1/arn:aws:organizations::1:organization/o-1";
    let unit = "ami-1/arn:aws:organizations::1:ou/o-1/ou-1";
    let shares = call("ModifyImageAttribute", "share", &["ami-1/1", organization, "ami-1/2", unit]);
    assert_eq!(server.provider().remove(&shares).await, vec![accepted(); 4]);
    let calls = server.calls_of("ModifyImageAttribute");
    assert_eq!(calls.len(), 1);
    for (name, value) in [
        ("UserId.1", "1"),
        ("UserId.2", "2"),
        ("OrganizationArn.1", "arn:aws:organizations::1:organization/o-1"),
        ("OrganizationalUnitArn.1", "arn:aws:organizations::1:ou/o-1/ou-1"),
    ] {
        assert_eq!(calls[0].parameter(name), value, "{name}");
    }
}

#[tokio::test]
async fn what_may_not_share_a_call_or_is_not_known_is_not_sent() {
    let server = willing().await;
    let provider = server.provider();
    let mut with_option = call("DeleteSnapshot", "snapshot", &["snap-1"]);
    with_option.options = serde_json::from_value(serde_json::json!({"now": true})).unwrap();
    let mut forced = call("DeleteSnapshot", "snapshot", &["snap-1"]);
    forced.targets[0].force = vec![GuardCode::new("InvalidSnapshot.InUse").unwrap()];
    for wrong in [
        call("DeleteSnapshot", "snapshot", &["snap-1", "snap-2"]),
        call("ModifyImageAttribute", "share", &["ami-1/1", "ami-2/1"]),
        call("ModifyImageAttribute", "publication", &["ami-1/1"]),
        call("ModifyImageAttribute", "share", &["vol-1/1"]),
        call("DeleteVolume", "snapshot", &["snap-1"]),
        call("DeleteLaunchTemplate", "launch-template", &["lt-1"]),
        with_option,
        forced,
    ] {
        for answer in provider.remove(&wrong).await {
            let Answer::Failed(error) = answer else { panic!("{wrong:?}: {answer:?}") };
            assert_eq!((error.class, error.effect), (ErrorClass::Permanent, Effect::None), "{error}");
        }
    }
    assert_eq!(server.calls().len(), 0);
    // Forcing what can be forced sends nothing more.
    let mut used = call("DeregisterImage", "image", &["ami-1"]);
    used.targets[0].force = vec![GuardCode::new("ImageUsedByInstance").unwrap()];
    assert_eq!(provider.remove(&used).await, [accepted()]);
}

#[tokio::test]
async fn a_refusal_says_what_another_attempt_could_bring() {
    for (status, code, class) in [
        (400, "InvalidSnapshot.InUse", RefusalClass::MayLinger),
        (400, "OperationNotPermitted", RefusalClass::Blocked),
        (400, "IncorrectState", RefusalClass::Waits),
    ] {
        let server = deleting(move |_| error(status, code)).await;
        let answers = server.provider().remove(&call("DeleteSnapshot", "snapshot", &["snap-1"])).await;
        let [Answer::Refused(refusal)] = &answers[..] else { panic!("{answers:?}") };
        assert_eq!((refusal.code.as_str(), refusal.class), (code, class));
        assert_eq!((refusal.message.as_str(), refusal.request_id.as_deref()), ("in words", Some("req-1")));
    }
    let gone = deleting(|_| error(400, "InvalidSnapshot.NotFound")).await;
    let answers = gone.provider().remove(&call("DeleteSnapshot", "snapshot", &["snap-1"])).await;
    assert_eq!(answers, [Answer::AlreadyGone { request_id: Some("req-1".to_owned()) }]);
}

#[tokio::test]
async fn a_call_whose_answer_does_not_say_may_have_done_its_work_and_is_not_repeated() {
    type Answering = fn(&Request) -> Response;
    let cases: [(Answering, Option<u16>); 8] = [
        (|_| error(500, "InternalError"), Some(500)),
        (|_| error(503, "Unavailable"), Some(503)),
        (|_| text(502, "<html>Bad Gateway</html>"), Some(502)),
        (|_| text(200, "<html>Log in</html>"), Some(200)),
        (|_| text(200, ""), Some(200)),
        (|_| text(400, "<Response><Errors><Error><Message>x</Message></Error></Errors></Response>"), Some(400)),
        (|_| ok("DeleteVolume", ""), Some(200)),
        (|_| ok("DeleteSnapshot", "").truncated(), Some(200)),
    ];
    for (number, (answer, status)) in cases.into_iter().enumerate() {
        let server = deleting(answer).await;
        let answers = server.provider().remove(&call("DeleteSnapshot", "snapshot", &["snap-1"])).await;
        let [Answer::Failed(error)] = &answers[..] else { panic!("{number}: {answers:?}") };
        assert_eq!((error.effect, error.status), (Effect::Unknown, status), "{number}: {error}");
        assert_eq!(server.calls_of("DeleteSnapshot").len(), 1, "{number}");
    }
}

#[tokio::test]
async fn a_throttled_call_did_nothing() {
    for (hint, expected) in [(Some("3"), Some(3)), (None, None)] {
        let server = deleting(move |_| {
            let answer = error(503, "RequestLimitExceeded");
            match hint {
                Some(hint) => answer.header("retry-after", hint),
                None => answer,
            }
        })
        .await;
        let answers = server.provider().remove(&call("DeleteSnapshot", "snapshot", &["snap-1"])).await;
        let [Answer::Failed(error)] = &answers[..] else { panic!("{answers:?}") };
        let retry_after = expected.map(std::time::Duration::from_secs);
        assert_eq!((error.class, error.effect), (ErrorClass::Throttle { retry_after }, Effect::None));
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_was_sent_nothing() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let named = RegionChoice::Named(vec![region()]);
    let provider = provider_at(&format!("http://127.0.0.1:{port}"), named, LISTINGS_SERVE_FOR);
    let answers = provider.remove(&call("DeleteSnapshot", "snapshot", &["snap-1"])).await;
    let [Answer::Failed(error)] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!((error.class, error.effect), (ErrorClass::Transient, Effect::None), "{error}");
}

#[tokio::test]
async fn no_secret_is_ever_echoed() {
    let server = deleting(|request| {
        let signature = request.authorization.rsplit('=').next().unwrap();
        let message = format!("key the-secret token the-token signed {signature}");
        let body = format!(
            "<Response><Errors><Error><Code>Odd</Code><Message>{message}</Message></Error></Errors></Response>"
        );
        match request.before {
            0 => text(400, &body),
            1 => text(502, &message),
            _ => error(403, "SignatureDoesNotMatch"),
        }
    })
    .await;
    let provider = server.provider();
    for attempt in 0..3 {
        let answers = provider.remove(&call("DeleteSnapshot", "snapshot", &["snap-1"])).await;
        let [Answer::Failed(error)] = &answers[..] else { panic!("{answers:?}") };
        let shown = format!("{error} {error:?} {provider:?}");
        let signature = server.calls()[attempt].authorization.rsplit('=').next().unwrap().to_owned();
        for secret in ["the-secret", "the-token", signature.as_str()] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}

/// A server that deletes snapshots, with that for the rules and contents of its Recycle Bin.
async fn with_a_bin(rule: fn() -> Response, look: fn() -> Response) -> Server {
    Server::start(move |request| match request.operation.as_str() {
        "DeleteSnapshot" => Some(ok("DeleteSnapshot", "<return>true</return>")),
        "POST /list-rules" if request.body.contains("EBS_SNAPSHOT") => {
            Some(text(200, r#"{"Rules": [{"Identifier": "abc"}]}"#))
        }
        "GET /rules/abc" => Some(rule()),
        "ListSnapshotsInRecycleBin" => Some(look()),
        _ => None,
    })
    .await
}

#[tokio::test]
async fn what_goes_into_the_recycle_bin_is_parked() {
    let rule: fn() -> Response = || {
        let of = r#""ResourceTags": [{"ResourceTagKey": "env", "ResourceTagValue": "dev"}]"#;
        text(200, &format!(r#"{{"RetentionPeriod": {{"RetentionPeriodValue": 7}}, "Status": "available", {of}}}"#))
    };
    let other: fn() -> Response = || {
        let of = r#""ResourceTags": [{"ResourceTagKey": "env", "ResourceTagValue": "prod"}]"#;
        text(200, &format!(r#"{{"RetentionPeriod": {{"RetentionPeriodValue": 7}}, "Status": "available", {of}}}"#))
    };
    let denied: fn() -> Response = || text(403, r#"{"__type": "AccessDeniedException"}"#);
    let found: fn() -> Response = || {
        let item =
            "<item><snapshotId>snap-1</snapshotId><recycleBinExitTime>2026-11-28T00:00:00Z</recycleBinExitTime></item>";
        ok("ListSnapshotsInRecycleBin", &format!("<snapshotSet>{item}</snapshotSet>"))
    };
    let empty: fn() -> Response = || ok("ListSnapshotsInRecycleBin", "<snapshotSet/>");
    let no_look: fn() -> Response = || error(403, "UnauthorizedOperation");
    let request_id = Some("req-1".to_owned());
    let until = |time: Option<&str>| Answer::Parked {
        until: time.map(|time| time.parse().unwrap()),
        request_id: request_id.clone(),
    };
    for (what, rule, look, expected) in [
        ("a rule, and it is there", rule, found, until(Some("2026-11-28T00:00:00Z"))),
        ("a rule, and it is not shown yet", rule, empty, until(None)),
        ("a rule, and nobody may look", rule, no_look, until(None)),
        ("a rule of other tags", other, found, accepted()),
        ("no rule may be read, and it is there", denied, found, until(Some("2026-11-28T00:00:00Z"))),
        ("no rule may be read, and it is not there", denied, empty, accepted()),
        ("neither may be read", denied, no_look, accepted()),
    ] {
        let server = with_a_bin(rule, look).await;
        let answers = server.provider().remove(&call("DeleteSnapshot", "snapshot", &["snap-1"])).await;
        assert_eq!(answers, [expected], "{what}");
    }
}
