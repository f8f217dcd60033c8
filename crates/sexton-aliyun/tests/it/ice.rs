use std::sync::Arc;

use serde_json::json;
use sexton_aliyun::{CredentialSource, Credentials, IceConfig, IceProvider, RegionChoice};
use sexton_core::address::{Address, Region};
use sexton_core::fact::Fact;
use sexton_core::plan::Options;
use sexton_core::resource::Resource;
use sexton_core::time::{Span, Timestamp};
use sexton_provider::{Answer, ErrorClass, Observed, Provider, RefusalClass, RemovalCall, RemovalTarget};

use crate::server::{ACCOUNT, DATE, Listed, REGION, Request, Response, Server, error, ok, region, text};

mod removal;

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

/// A job that was made a day ago and is said to have been modified last an hour later, with these answers about its files.
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
    assert!(calls.len() <= 5, "{}", calls.len());
}

/// Whether stopping a job counts as its modification is not documented.
#[tokio::test]
async fn a_paused_job_is_asked_for_files_until_now_whatever_it_says_of_its_modification() {
    let created = DAY - 30 * 86_400;
    let late = DAY - 60;
    let server = Server::start(move |request| match request.operation.as_str() {
        "ListLiveSnapshotJobs" => {
            let (from, to) = (request.parameter("StartTime"), request.parameter("EndTime"));
            let here = (from..=to).contains(&at(created).as_str());
            let jobs = json!([{"JobId": "j", "Status": "paused", "CreateTime": at(created)}]);
            Some(ok(json!({"JobList": if here { jobs } else { json!([]) }, "TotalCount": u8::from(here)})))
        }
        "GetLiveSnapshotJob" => Some(ok(json!({"JobId": "j", "Status": "paused", "CreateTime": at(created),
            "LastModified": at(created)}))),
        "ListLiveSnapshotFiles" => Some(found(request, &[(late, late)], Compared::WithTimestamp)),
        _ => None,
    })
    .await;
    let listed = listed(&server).await;
    assert_eq!(listed.ids("live-snapshot-file"), [format!("j/{late}000")]);
    assert_eq!(listed.incomplete(), [""; 0]);
    let mut windows: Vec<(String, String)> = Vec::new();
    for call in server.calls_of("ListLiveSnapshotFiles") {
        windows.push((call.parameter("StartTime").to_owned(), call.parameter("EndTime").to_owned()));
    }
    windows.sort();
    assert_eq!(windows.last().unwrap().1, "2026-11-21T00:00:00Z", "until the provider's own time");
    assert!(windows.windows(2).all(|pair| pair[1].0 < pair[0].1), "no gap");
    assert!(windows.iter().all(|(from, to)| {
        let (from, to): (Timestamp, Timestamp) = (from.parse().unwrap(), to.parse().unwrap());
        to.since(from) <= Span::from_hours(24)
    }));
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
        (at(DAY - 61).as_str(), at(DAY + 68).as_str())
    );
    let gone = provider.probe(&[file_address("gone", 1000)]).await.unwrap_err();
    assert_eq!((gone.class, gone.code.as_deref()), (ErrorClass::Permanent, Some("JobNotFound")));
    let denied = self::server(|_| error(403, "Forbidden")).await;
    let error = self::provider(&denied).probe(&targets).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::Auth);
}

/// With which of a file's two times the service compares a window. The documentation does not say.
#[derive(Debug, Clone, Copy)]
enum Compared {
    WithCreateTime,
    WithTimestamp,
}

/// What a window holds of files, by their timestamps and the times that are told of them. Its ends do not belong to it.
fn found(request: &Request, files: &[(i64, i64)], compared: Compared) -> Response {
    let (from, to): (Timestamp, Timestamp) =
        (request.parameter("StartTime").parse().unwrap(), request.parameter("EndTime").parse().unwrap());
    let rows = files.iter().filter(|(second, told)| {
        let by = match compared {
            Compared::WithCreateTime => *told,
            Compared::WithTimestamp => *second,
        };
        from.as_second() < by && by < to.as_second()
    });
    let row = |(second, told): &(i64, i64)| {
        let mut row = file(*second, false);
        row["CreateTime"] = json!(at(*told));
        row
    };
    ok(json!({"FileList": rows.map(row).collect::<Vec<_>>()}))
}

/// What a window does not find is not there, whichever time it was compared with; or it is not sent.
#[tokio::test]
async fn a_file_is_sent_only_where_a_second_look_finds_it_by_either_of_its_times() {
    const OFF: i64 = 8 * 3_600;
    for compared in [Compared::WithCreateTime, Compared::WithTimestamp] {
        let files =
            [(DAY, DAY), (DAY + 10, DAY + 70), (DAY + 20_000, DAY + 19_940), (DAY + 40_000, DAY + 40_000 + OFF)];
        let server = self::server(move |request| found(request, &files, compared)).await;
        let provider = provider(&server);
        let listed = listed(&server).await;
        let listed: Vec<Resource> =
            listed.resources().iter().filter(|found| found.address.kind() == "live-snapshot-file").cloned().collect();
        assert_eq!(listed.len(), files.len(), "{compared:?}");
        let targets = listed.into_iter().map(|seen| RemovalTarget {
            address: seen.address.clone(),
            force: Vec::new(),
            seen: Some(Arc::new(seen)),
        });
        let targets: Vec<RemovalTarget> = targets.collect();
        let removal = RemovalCall { targets: targets.clone(), ..call(Vec::new(), Options::new()) };
        let answers = provider.remove(&removal).await;
        let off = file_address("j", (DAY + 40_000) * 1000);
        for (target, answer) in targets.iter().zip(&answers) {
            if target.address == off {
                let Answer::Refused(refusal) = answer else { panic!("{answer:?}") };
                assert_eq!((refusal.code.as_str(), refusal.class), ("TimesDisagree", RefusalClass::Blocked));
                continue;
            }
            let seen = provider.probe(std::slice::from_ref(&target.address)).await.unwrap();
            assert!(matches!(&seen[0], Observed::Present(_)), "{compared:?}: {}", target.address);
        }
        let sent = server.calls_of("DeleteLiveSnapshotFiles");
        assert_eq!(sent.len(), 1);
        assert!(!sent[0].parameter("CreateTimestampList").contains(&(DAY + 40_000).to_string()));
    }
}

/// An identity that may not look could be answered by a list of nothing.
#[tokio::test]
async fn that_a_file_is_not_there_is_believed_where_its_job_is() {
    let target = file_address("j", DAY * 1000);
    let answering = |job: Response| {
        Server::start(move |request| match request.operation.as_str() {
            "GetLiveSnapshotJob" => Some(job.clone()),
            "ListLiveSnapshotFiles" => Some(ok(json!({"FileList": []}))),
            _ => None,
        })
    };
    let there = answering(ok(json!({"JobId": "j", "Status": "paused", "CreateTime": at(DAY)}))).await;
    assert_eq!(provider(&there).probe(std::slice::from_ref(&target)).await.unwrap(), [Observed::Absent]);
    for (job, class) in [
        (error(404, "JobNotFound"), ErrorClass::Permanent),
        (error(403, "Forbidden"), ErrorClass::Auth),
        (error(500, "InternalError"), ErrorClass::Transient),
    ] {
        let error = provider(&answering(job).await).probe(std::slice::from_ref(&target)).await.unwrap_err();
        assert_eq!(error.class, class, "{error}");
    }
}

#[tokio::test]
async fn that_there_are_no_jobs_is_believed_of_an_identity_that_may_ask_for_one() {
    let answering =
        |job: Response| Server::start(move |request| (request.operation == "GetLiveSnapshotJob").then(|| job.clone()));
    for none in [error(404, "JobNotFound"), error(400, "InvalidParameter")] {
        let listed = listed(&answering(none).await).await;
        assert_eq!(listed.incomplete(), [""; 0]);
        assert_eq!((listed.resources(), listed.problems()), (&[][..], &[][..]));
    }
    for (job, words) in [
        (error(403, "Forbidden"), "ice:GetLiveSnapshotJob"),
        (error(400, "NoSuchCodeEver"), "NoSuchCodeEver"),
        (ok(json!({"JobId": "00000000-0000-0000-0000-000000000000"})), "cannot be there"),
    ] {
        let listed = listed(&answering(job).await).await;
        assert_eq!(listed.incomplete(), ["live-snapshot-file", "live-snapshot-job"]);
        let problem = listed.problem("live-snapshot-job");
        assert!(
            problem.starts_with("the list is empty, which is not the same") && problem.contains(words),
            "{problem}"
        );
    }
}

/// As it is seen: a file of its own whose times agree.
fn seen(address: &Address, overlay: bool) -> Option<Arc<Resource>> {
    let mut resource = Resource::unknown(address.clone());
    let attributes = [("is_overlay".to_owned(), json!(overlay)), ("time_disagrees".to_owned(), json!(false))];
    resource.attributes = Fact::Known(attributes.into());
    Some(Arc::new(resource))
}

fn call(targets: Vec<Address>, options: Options) -> RemovalCall {
    let target = |address: Address| RemovalTarget { seen: seen(&address, false), address, force: Vec::new() };
    let targets = targets.into_iter().map(target).collect();
    RemovalCall { operation: "DeleteLiveSnapshotFiles".to_owned(), targets, options }
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
    let undated = Server::start(|request| match request.operation.as_str() {
        "GetCallerIdentity" => {
            Some(text(200, &json!({"AccountId": ACCOUNT, "RequestId": "r"}).to_string()).without_date())
        }
        "GetLiveSnapshotJob" => Some(error(404, "JobNotFound")),
        _ => None,
    })
    .await;
    let listed = listed(&undated).await;
    assert_eq!(listed.as_of("live-snapshot-job"), None);
    assert!(listed.problem("live-snapshot-job").contains("no Date header"));
}
