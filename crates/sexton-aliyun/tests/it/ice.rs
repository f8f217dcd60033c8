use std::sync::Arc;

use serde_json::json;
use sexton_aliyun::{CredentialSource, Credentials, IceConfig, IceProvider, RegionChoice};
use sexton_core::address::{Address, Region};
use sexton_core::fact::Fact;
use sexton_core::plan::Options;
use sexton_core::resource::Resource;
use sexton_core::time::{Span, Timestamp};
use sexton_provider::{Answer, Effect, ErrorClass, Observed, Provider, RefusalClass, RemovalCall, RemovalTarget};

use crate::server::{ACCOUNT, DATE, Listed, REGION, Request, Response, Server, error, ok, region, text};

/// 2026-11-20T00:00:00Z, a day before the server's `Date`.
const DAY: i64 = 1_795_132_800;

fn provider_of(endpoint: Option<String>, regions: RegionChoice) -> IceProvider {
    IceProvider::connect(IceConfig {
        name: "test".to_owned(),
        regions,
        endpoint,
        credentials: CredentialSource::Given(Credentials::new("the-id", "the-secret", None)),
    })
    .unwrap()
}

fn provider(server: &Server) -> IceProvider {
    provider_of(Some(server.url().to_owned()), RegionChoice::Named(vec![region()]))
}

fn file_address(job: &str, millis: i64) -> Address {
    format!("aliyun-ice:{ACCOUNT}:{REGION}:live-snapshot-file/{job}/{millis}").parse().unwrap()
}

fn at(second: i64) -> String {
    Timestamp::from_second(second).unwrap().to_string()
}

fn file(second: i64, overlay: bool) -> serde_json::Value {
    json!({"CreateTime": at(second), "CreateTimestamp": second * 1000, "IsOverlay": overlay, "OssBucket": "b",
        "OssEndpoint": "e", "OssObject": format!("{second}.jpg")})
}

/// A paused job that was made a day ago, with these answers about its files.
async fn server(files: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Server {
    Server::start(move |request| match request.operation.as_str() {
        "ListLiveSnapshotJobs" => {
            let (from, to) = (request.parameter("StartTime"), request.parameter("EndTime"));
            let created = at(DAY);
            let here = from <= created.as_str() && created.as_str() <= to && request.parameter("PageNo") == "1";
            let jobs =
                if here { json!([{"JobId": "j", "Status": "paused", "CreateTime": created}]) } else { json!([]) };
            let total = jobs.as_array().unwrap().len();
            Some(ok(json!({"JobList": jobs, "TotalCount": total})))
        }
        "GetLiveSnapshotJob" => Some(ok(json!({"JobId": "j", "Status": "paused", "CreateTime": at(DAY),
            "LastModified": at(DAY + 3_600)}))),
        "ListLiveSnapshotFiles" => Some(files(request)),
        _ => None,
    })
    .await
}

async fn listed(server: &Server) -> Listed {
    let mut listed = Listed::default();
    provider(server).list(&region(), &mut listed).await.unwrap();
    listed
}

#[tokio::test]
async fn jobs_are_asked_for_by_windows_with_both_bounds_from_the_first_month_on() {
    let server = server(|_| ok(json!({"FileList": []}))).await;
    let listed = listed(&server).await;
    assert_eq!(listed.ids("live-snapshot-job"), ["j"]);
    assert_eq!(listed.incomplete(), [""; 0]);
    let calls = server.calls_of("ListLiveSnapshotJobs");
    let mut windows: Vec<(String, String)> = calls
        .iter()
        .map(|call| (call.parameter("StartTime").to_owned(), call.parameter("EndTime").to_owned()))
        .collect();
    windows.sort();
    windows.dedup();
    assert_eq!(windows[0].0, "2020-11-01T00:00:00Z");
    assert_eq!(windows.last().unwrap().1, "2026-11-21T00:00:00Z", "until the provider's own time");
    for window in &windows {
        let (from, to): (Timestamp, Timestamp) = (window.0.parse().unwrap(), window.1.parse().unwrap());
        assert!(to.since(from) <= Span::from_hours(30 * 24), "{window:?}");
    }
    assert!(windows.windows(2).all(|pair| pair[1].0 < pair[0].1), "no gap");
    assert!(calls.iter().all(|call| call.method == "GET" && call.version == "2020-11-09"));
    assert!(server.calls_of("ListLiveSnapshotFiles").iter().all(|call| call.method == "GET"));
}

#[tokio::test]
async fn files_are_followed_from_page_to_page_and_taken_once() {
    let server = server(|request| {
        let start: Timestamp = request.parameter("StartTime").parse().unwrap();
        let all = [DAY, DAY + 5, DAY + 10];
        let end: Timestamp = request.parameter("EndTime").parse().unwrap();
        let mut rest = all.into_iter().filter(|second| *second >= start.as_second() && *second <= end.as_second());
        // The next page begins with the last file of this one.
        let page: Vec<i64> = rest.by_ref().take(2).collect();
        let mut body = json!({"FileList": page.iter().map(|second| file(*second, false)).collect::<Vec<_>>()});
        if rest.next().is_some() {
            body["NextStartTime"] = json!(at(page[1]));
        }
        ok(body)
    })
    .await;
    let listed = listed(&server).await;
    assert_eq!(listed.ids("live-snapshot-file").len(), 3);
    assert_eq!(listed.incomplete(), [""; 0]);
    let calls = server.calls_of("ListLiveSnapshotFiles");
    assert!(calls.iter().all(|call| call.parameter("Limit") == "100" && call.parameter("SortBy") == "asc"));
    // The job was modified an hour after it was made: a day later it is over.
    assert!(calls.len() <= 4, "{}", calls.len());
}

#[tokio::test]
async fn a_next_start_that_does_not_advance_is_an_incomplete_listing_and_ends() {
    for next in ["2020-01-01T00:00:00Z", "soon"] {
        let server = server(move |request| {
            let stands = if next == "soon" { next } else { request.parameter("StartTime") };
            ok(json!({"FileList": [file(DAY, false)], "NextStartTime": stands}))
        })
        .await;
        let listed = listed(&server).await;
        assert_eq!(listed.incomplete(), ["live-snapshot-file"]);
        assert!(listed.problem("live-snapshot-file").contains("is said to begin at"));
        assert_eq!(server.calls_of("ListLiveSnapshotFiles").len(), 1);
    }
}

#[tokio::test]
async fn a_window_that_fails_makes_the_census_incomplete_and_never_empty() {
    let broken = server(|_| error(403, "Forbidden")).await;
    let found = listed(&broken).await;
    assert_eq!(found.incomplete(), ["live-snapshot-file"]);
    assert!(found.problem("live-snapshot-file").contains("ice:ListLiveSnapshotFiles"));
    let unreadable = server(|_| ok(json!({"FileList": [{"CreateTime": at(DAY)}]}))).await;
    assert_eq!(listed(&unreadable).await.incomplete(), ["live-snapshot-file"]);
    // One window of jobs of about seventy-five.
    let gap = Server::start(|request| {
        let here = request.operation == "ListLiveSnapshotJobs" && request.parameter("StartTime").starts_with("2023-");
        here.then(|| error(400, "InvalidParameter"))
    })
    .await;
    assert_eq!(listed(&gap).await.incomplete(), ["live-snapshot-file", "live-snapshot-job"]);
}

#[tokio::test]
async fn a_second_look_asks_around_the_timestamps_and_believes_no_error() {
    let server = server(|request| {
        if request.parameter("JobId") == "gone" {
            return error(404, "JobNotFound");
        }
        ok(json!({"FileList": [file(DAY, false), file(DAY + 5, false)]}))
    })
    .await;
    let provider = provider(&server);
    let targets =
        [file_address("j", (DAY + 5) * 1000), file_address("j", (DAY + 7) * 1000), file_address("j", DAY * 1000)];
    let seen = provider.probe(&targets).await.unwrap();
    assert!(matches!(&seen[0], Observed::Present(file) if file.address == targets[0]));
    assert_eq!(seen[1], Observed::Absent);
    assert!(matches!(&seen[2], Observed::Present(_)));
    let calls = server.calls_of("ListLiveSnapshotFiles");
    assert_eq!(calls.len(), 1);
    assert_eq!(
        (calls[0].parameter("StartTime"), calls[0].parameter("EndTime")),
        (at(DAY - 60).as_str(), at(DAY + 67).as_str())
    );
    assert_eq!(provider.probe(&[file_address("gone", 1000)]).await.unwrap(), [Observed::Absent]);
    let denied = self::server(|_| error(403, "Forbidden")).await;
    let error = self::provider(&denied).probe(&targets).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Auth);
}

fn call(targets: Vec<Address>, options: Options) -> RemovalCall {
    let targets = targets.into_iter().map(|address| RemovalTarget { address, force: Vec::new(), seen: None }).collect();
    RemovalCall { operation: "DeleteLiveSnapshotFiles".to_owned(), targets, options }
}

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
    let seen = |address: &Address, overlay: bool| {
        let mut resource = Resource::unknown(address.clone());
        resource.attributes = Fact::Known([("is_overlay".to_owned(), json!(overlay))].into());
        Some(Arc::new(resource))
    };
    for (target, overlay) in call.targets.iter_mut().zip([true, false]) {
        target.seen = seen(&target.address, overlay);
    }
    let answers = provider(&server).remove(&call).await;
    assert!(matches!(&answers[0], Answer::Refused(refusal) if refusal.code == "OverlayNotSupported"));
    assert!(matches!(&answers[1], Answer::Accepted { .. }));
    assert_eq!(server.calls_of("DeleteLiveSnapshotFiles")[0].parameter("CreateTimestampList"), "[2]");
}

#[tokio::test]
async fn which_region_an_endpoint_serves_is_told_by_its_name_or_by_the_only_one_that_is_meant() {
    let named = |names: &[&str]| RegionChoice::Named(names.iter().map(|name| Region::new(*name).unwrap()).collect());
    let server = Server::start(|_| None).await;
    let identity = provider(&server).identity(&region()).await.unwrap();
    assert_eq!((identity.account.as_str(), identity.region.as_str()), (ACCOUNT, REGION));
    for choice in [RegionChoice::All, named(&["cn-shanghai", REGION])] {
        let error = provider_of(Some(server.url().to_owned()), choice).identity(&region()).await.unwrap_err();
        assert!(error.message.contains("exactly one of `regions`"), "{error}");
    }
    let shanghai = provider_of(Some("https://ice.cn-shanghai.aliyuncs.com".to_owned()), RegionChoice::All);
    assert_eq!(shanghai.regions().await.unwrap(), [Region::new("cn-shanghai").unwrap()]);
    let all = provider_of(None, RegionChoice::All).regions().await.unwrap();
    assert_eq!(all.len(), 6);
    let nowhere = provider_of(None, named(&["eu-central-1"]));
    let error = nowhere.identity(&Region::new("eu-central-1").unwrap()).await.unwrap_err();
    assert!(error.message.contains("publishes no endpoint of ICE"), "{error}");
}

#[tokio::test]
async fn a_listing_without_a_date_does_not_know_how_old_it_is() {
    assert!(DATE.contains("21 Nov 2026"));
    let undated = Server::start(|request| {
        (request.operation == "GetCallerIdentity")
            .then(|| text(200, &json!({"AccountId": ACCOUNT, "RequestId": "r"}).to_string()).without_date())
    })
    .await;
    let listed = listed(&undated).await;
    assert_eq!(listed.as_of("live-snapshot-job"), None);
    assert!(listed.problem("live-snapshot-job").contains("no Date header"));
}
