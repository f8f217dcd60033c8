//! Both styles of paging over the wire.

use serde_json::{Value, json};

use crate::client::{Client, column};
use crate::scene::{disk, image, instance, share, snapshot, start, task};

/// Every row of a listing by token, and how many pages it took.
async fn by_token(client: &Client, action: &str, outer: &str, inner: &str, size: &str) -> (Vec<Value>, usize) {
    let (mut rows, mut pages, mut token) = (Vec::new(), 0, String::new());
    loop {
        let answer = client.call(action, &[("MaxResults", size), ("NextToken", &token)]).await;
        rows.extend(answer.rows(outer, inner));
        pages += 1;
        token = answer.json()["NextToken"].as_str().unwrap().to_owned();
        if token.is_empty() {
            return (rows, pages);
        }
        assert!(pages < 1000);
    }
}

fn ids(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("{prefix}-{number:03}")).collect()
}

#[tokio::test]
async fn listings_by_token_lead_through_every_row() {
    let mut resources: Vec<Value> =
        ids("s", 25).iter().map(|id| snapshot(id, json!({ "lock_status": "expired" }))).collect();
    resources.extend(ids("d", 25).iter().map(|id| disk(id, "Available", json!({}), Vec::new())));
    resources.extend(ids("i", 25).iter().map(|id| instance(id, "Running", "m-1", json!({}))));
    let (_emulator, client) = start(&resources, "").await;
    let (rows, pages) = by_token(&client, "DescribeSnapshots", "Snapshots", "Snapshot", "4").await;
    assert_eq!((column(&rows, "SnapshotId"), pages), (ids("s", 25), 7));
    let (rows, pages) = by_token(&client, "DescribeDisks", "Disks", "Disk", "4").await;
    assert_eq!((column(&rows, "DiskId"), pages), (ids("d", 25), 3), "MaxResults is clamped to 10");
    let (rows, pages) = by_token(&client, "DescribeInstances", "Instances", "Instance", "10").await;
    assert_eq!((column(&rows, "InstanceId"), pages), (ids("i", 25), 3));

    let first = client.call("DescribeLockedSnapshots", &[("MaxResults", "20")]).await.json();
    let token = first["NextToken"].as_str().unwrap();
    let second = client.call("DescribeLockedSnapshots", &[("MaxResults", "20"), ("NextToken", token)]).await.json();
    assert_eq!(first["LockedSnapshotsInfo"].as_array().unwrap().len(), 20);
    assert_eq!(second["LockedSnapshotsInfo"].as_array().unwrap().len(), 5);
    assert_eq!(second["NextToken"], "");
}

#[tokio::test]
async fn the_count_means_nothing_by_token() {
    let resources: Vec<Value> = ids("s", 25).iter().map(|id| snapshot(id, json!({}))).collect();
    let (_emulator, client) = start(&resources, "").await;
    assert_eq!(client.call("DescribeSnapshots", &[("MaxResults", "10")]).await.json()["TotalCount"], 0);
    let by_number = client.call("DescribeSnapshots", &[("PageNumber", "3")]).await;
    assert_eq!(by_number.json()["TotalCount"], 25);
    assert_eq!(column(&by_number.rows("Snapshots", "Snapshot"), "SnapshotId"), ids("s", 25)[20..]);
    let mixed = client.outcome("DescribeSnapshots", &[("PageNumber", "1"), ("MaxResults", "10")]).await;
    assert_eq!(mixed, (400, "InvalidParameter".to_owned()));
}

#[tokio::test]
async fn listings_by_number_are_ten_by_default_and_bounded() {
    let mut resources: Vec<Value> = ids("m", 25).iter().map(|id| image(id, "Available", &[], json!({}))).collect();
    resources.extend(ids("t", 25).iter().map(|id| task(id, "Finished", "ExportImage", "m-000", json!({}))));
    resources.extend((10..35).map(|account| share("m-001", &account.to_string())));
    let (_emulator, client) = start(&resources, "").await;
    for (action, outer, inner, extra, most) in [
        ("DescribeImages", "Images", "Image", ("ImageOwnerAlias", "self"), "100"),
        ("DescribeTasks", "TaskSet", "Task", ("TaskAction", "ExportImage"), "100"),
        ("DescribeImageSharePermission", "Accounts", "Account", ("ImageId", "m-001"), "100"),
    ] {
        let first = client.call(action, &[extra]).await;
        assert_eq!(first.rows(outer, inner).len(), 10, "{action}");
        assert_eq!(first.json()["TotalCount"], 25, "{action}");
        assert_eq!(first.json().get("NextToken"), None, "{action}");
        let third = client.call(action, &[extra, ("PageNumber", "3")]).await;
        assert_eq!(third.rows(outer, inner).len(), 5, "{action}");
        let all = client.call(action, &[extra, ("PageSize", most)]).await;
        assert_eq!(all.rows(outer, inner).len(), 25, "{action}");
        let over = client.outcome(action, &[extra, ("PageSize", "101")]).await;
        assert_eq!(over, (400, "InvalidParameter".to_owned()), "{action}");
    }
    let over = client.outcome("DescribeScalingConfigurations", &[("PageSize", "51")]).await;
    assert_eq!(over, (400, "InvalidParameter".to_owned()));
}

#[tokio::test]
async fn rows_shift_between_numbered_pages_when_one_goes() {
    let resources: Vec<Value> = ids("m", 12).iter().map(|id| image(id, "Available", &[], json!({}))).collect();
    let (_emulator, client) = start(&resources, crate::scene::AT_ONCE).await;
    client.call("DeleteImage", &[("ImageId", "m-000")]).await;
    let second = client.call("DescribeImages", &[("ImageOwnerAlias", "self"), ("PageNumber", "2")]).await;
    assert_eq!(column(&second.rows("Images", "Image"), "ImageId"), ["m-011"], "m-010 moved to the first page");
}

#[tokio::test]
async fn pages_by_token_may_come_short_and_empty() {
    let resources: Vec<Value> = ids("s", 60).iter().map(|id| snapshot(id, json!({}))).collect();
    let (_emulator, client) = start(&resources, "seed = 5\n[behaviour]\nshort_pages = true").await;
    let (rows, pages) = by_token(&client, "DescribeSnapshots", "Snapshots", "Snapshot", "5").await;
    assert_eq!(column(&rows, "SnapshotId"), ids("s", 60));
    assert!(pages > 14, "{pages}");
}

#[tokio::test]
async fn a_query_by_tag_finds_a_thousand_at_most() {
    let resources: Vec<Value> = ids("s", 1005)
        .iter()
        .map(|id| {
            let mut snapshot = snapshot(id, json!({}));
            snapshot["tags"] = json!({ "env": "dev" });
            snapshot
        })
        .collect();
    let (_emulator, client) = start(&resources, "").await;
    let tagged = client.call("DescribeSnapshots", &[("Tag.1.Key", "env"), ("PageSize", "100")]).await;
    assert_eq!(tagged.json()["TotalCount"], 1000);
    let all = client.call("DescribeSnapshots", &[("PageSize", "100")]).await;
    assert_eq!(all.json()["TotalCount"], 1005);
}
