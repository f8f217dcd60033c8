use serde_json::{Value, json};

use crate::scene::{disk, snapshot, start, until};

#[tokio::test]
async fn lists_of_what_failed_can_lie_both_ways() {
    let ids = json!({"snapshotIds": ["s-1", "s-2"]});
    let world = [snapshot("s-1", "AVAILABLE", None), snapshot("s-2", "AVAILABLE", None)];
    for (setting, listed, left) in
        [("honest", json!([]), 0), ("listed-yet-gone", json!(["s-1", "s-2"]), 0), ("unlisted-yet-there", json!([]), 2)]
    {
        let settings = format!("[behaviour.zec]\nremoval_ms = 0\nfailed_lists = \"{setting}\"\n");
        let (_emulator, client) = start(&world, &settings).await;
        assert_eq!(client.call("DeleteSnapshots", ids.clone()).await.done()["snapshotIds"], listed, "{setting}");
        assert_eq!(client.call("DescribeSnapshots", json!({})).await.rows().len(), left, "{setting}");
    }
}

#[tokio::test]
async fn empty_lists_can_be_null() {
    let (_emulator, client) =
        start(&[snapshot("s-1", "AVAILABLE", None)], "[behaviour.zec]\nremoval_ms = 0\nnull_lists = true\n").await;
    assert_eq!(client.call("DescribeDisks", json!({})).await.done()["dataSet"], Value::Null);
    let answer = client.call("DeleteSnapshots", json!({"snapshotIds": ["s-1"]})).await;
    assert_eq!(answer.done()["snapshotIds"], Value::Null);
}

#[tokio::test]
async fn times_can_be_odd() {
    let world: Vec<Value> = (0..8).map(|n| snapshot(&format!("s-{n}"), "AVAILABLE", None)).collect();
    let (_emulator, client) = start(&world, "[behaviour.zec]\nodd_times = true\n").await;
    let mut times = client.call("DescribeSnapshots", json!({})).await.column("createTime");
    times.sort();
    times.dedup();
    assert_eq!(
        times,
        ["2026-01-02 03:04:05", "2026-01-02 03:04:05Z", "2026-01-02T03:04:05Z", "2026-01-02T11:04:05+08:00"]
    );
}

#[tokio::test]
async fn rows_can_drift_between_pages() {
    let world: Vec<Value> = (0..60).map(|n| snapshot(&format!("s-{n:02}"), "AVAILABLE", None)).collect();
    let (_emulator, client) = start(&world, "[behaviour.zec]\nunordered = true\n").await;
    let mut seen = std::collections::BTreeSet::new();
    for number in 1..=3 {
        let page = client.call("DescribeSnapshots", json!({"pageNum": number})).await;
        assert_eq!((page.rows().len(), page.done()["totalCount"].clone()), (20, json!(60)));
        seen.extend(page.column("snapshotId"));
    }
    assert!(seen.len() < 60, "each page has an order of its own");
}

#[tokio::test]
async fn snapshots_can_go_with_their_disk() {
    let world = [disk("d-1", "AVAILABLE", "data", true, None), snapshot("s-1", "AVAILABLE", Some("d-1"))];
    let (_emulator, client) = start(&world, "[behaviour.zec]\nremoval_ms = 0\nsnapshots_go_with_disk = true\n").await;
    client.call("ReleaseDisk", json!({"diskId": "d-1"})).await.done();
    assert_eq!(client.state("snapshot", "s-1").await, None);
}

#[tokio::test]
async fn what_is_unfinished_finishes() {
    let mut creating = snapshot("s-1", "CREATING", None);
    creating["attrs"]["emulator_finishes_after_ms"] = json!(100);
    let (_emulator, client) = start(&[creating], "").await;
    assert_eq!(client.state("snapshot", "s-1").await.as_deref(), Some("CREATING"));
    until("the snapshot is made", || async { client.state("snapshot", "s-1").await.as_deref() == Some("AVAILABLE") })
        .await;
}

#[tokio::test]
async fn throttling_and_challenges_are_the_vendor_s() {
    let settings = "[[quota]]\noperation = \"DescribeSnapshots\"\ncalls = 1\nper_ms = 600000\nretry_after = true\n\
                    [[fault]]\noperation = \"DescribeDisks\"\nanswer = { challenge = {} }\n\
                    [[fault]]\noperation = \"DescribeInstances\"\nanswer = { error = {} }\n";
    let (_emulator, client) = start(&[], settings).await;
    assert_eq!(client.outcome("DescribeSnapshots", json!({})).await.0, 200);
    let throttled = client.call("DescribeSnapshots", json!({})).await;
    assert_eq!(throttled.outcome(), (429, "REQUEST_LIMIT_EXCEEDED".to_owned()));
    assert!(throttled.headers["retry-after"].parse::<u64>().unwrap() > 500);
    let challenge = client.call("DescribeDisks", json!({})).await;
    assert_eq!((challenge.status, challenge.headers["cf-mitigated"].as_str()), (403, "challenge"));
    assert!(challenge.body.starts_with(b"<!DOCTYPE html>"));
    let broken = client.outcome("DescribeInstances", json!({})).await;
    assert_eq!(broken, (500, "INTERNAL_SERVER_ERROR".to_owned()));
}
