use jiff::Timestamp;
use serde_json::{Value, json};
use sexton_emulator::{ZecGenerate, ZecWorld};

use crate::client::Client;
use crate::scene::{disk, image, instance, snapshot, start, start_world};

#[tokio::test]
async fn who_calls_is_checked_before_anything_else() {
    let settings = "[[credential]]\naccess_key_id = \"other\"\naccess_key_secret = \"o\"\nsecurity_token = \"the-token\"\n\
                    account = \"elsewhere\"\ndeny = [\"DescribeDisks\"]\n";
    let (_emulator, client) = start(&[snapshot("s-1", "AVAILABLE", None)], settings).await;
    let asked = json!({});
    let refused = |code: &str| (403, code.to_owned());
    assert_eq!(client.outcome("DescribeSnapshots", asked.clone()).await, (200, "OK".to_owned()));
    let wrong = Client { password: "x".to_owned(), ..client.clone() };
    assert_eq!(wrong.outcome("DescribeSnapshots", asked.clone()).await, refused("AUTHFAILURE_SIGNATURE_FAILURE"));
    let nobody = Client { key_id: "nobody".to_owned(), ..client.clone() };
    assert_eq!(nobody.outcome("DescribeSnapshots", asked.clone()).await, refused("AUTHFAILURE_INVALID_AUTHORIZATION"));
    for seconds_off in [-301, 301] {
        let late = Client { seconds_off, ..client.clone() };
        assert_eq!(late.outcome("DescribeSnapshots", asked.clone()).await, refused("AUTHFAILURE_SIGNATURE_EXPIRED"));
    }
    // Another account owns nothing here.
    let bearer = Client { token: Some("the-token".to_owned()), ..client.clone() };
    assert!(bearer.call("DescribeSnapshots", asked.clone()).await.rows().is_empty());
    assert_eq!(bearer.outcome("DescribeDisks", asked.clone()).await, refused("AUTHFAILURE_UNAUTHORIZED_OPERATION"));
    let forged = Client { token: Some("a-token".to_owned()), ..client.clone() };
    assert_eq!(forged.outcome("DescribeSnapshots", asked.clone()).await, refused("AUTHFAILURE_INVALID_AUTHORIZATION"));
    // An unknown action is not told from one without permission.
    assert_eq!(client.outcome("DeleteEverything", asked).await, refused("AUTHFAILURE_UNAUTHORIZED_OPERATION"));
}

#[tokio::test]
async fn a_changed_body_does_not_fit_the_signature() {
    let (_emulator, client) = start(&[snapshot("s-1", "AVAILABLE", None)], "").await;
    let signed = String::from_utf8(client.request("DeleteSnapshots", "{\"snapshotIds\":[\"s-2\"]}")).unwrap();
    let changed = signed.replace("s-2", "s-1");
    let response = client.send(changed.as_bytes()).await.unwrap();
    assert_eq!(response.outcome(), (403, "AUTHFAILURE_SIGNATURE_FAILURE".to_owned()));
}

#[tokio::test]
async fn envelopes_are_nested_where_all_went_well_and_flat_where_not() {
    let (_emulator, client) = start(&[], "").await;
    let fine = client.call("DescribeSnapshots", json!({})).await.json();
    assert_eq!(fine["response"]["requestId"], fine["requestId"]);
    assert_eq!(fine["response"]["totalCount"], json!(0));
    let refused = client.call("DeleteSnapshots", json!({})).await;
    assert_eq!(refused.outcome(), (400, "MISSING_PARAMETER".to_owned()));
    assert!(refused.json().get("response").is_none() && refused.json()["requestId"].is_string());
}

#[tokio::test]
async fn pages_are_numbered_and_bounded() {
    let world: Vec<Value> = (0..45).map(|n| snapshot(&format!("s-{n:02}"), "AVAILABLE", None)).collect();
    let (_emulator, client) = start(&world, "").await;
    let first = client.call("DescribeSnapshots", json!({})).await;
    assert_eq!((first.rows().len(), first.done()["totalCount"].clone()), (20, json!(45)));
    let third = client.call("DescribeSnapshots", json!({"pageNum": 3, "pageSize": 20})).await;
    assert_eq!(third.column("snapshotId"), ["s-40", "s-41", "s-42", "s-43", "s-44"]);
    assert!(client.call("DescribeSnapshots", json!({"pageNum": 9})).await.rows().is_empty());
    for (wrong, code) in [
        (json!({"pageNum": 0}), "INVALID_PARAMETER_LESS_MINIMUM"),
        (json!({"pageSize": 1001}), "INVALID_PARAMETER_EXCEED_MAXIMUM"),
        (json!({"pageSize": "20"}), "INVALID_PARAMETER_TYPE"),
        (json!({"snapshotIds": "s-1"}), "INVALID_PARAMETER_TYPE"),
    ] {
        assert_eq!(client.outcome("DescribeSnapshots", wrong.clone()).await, (400, code.to_owned()), "{wrong}");
    }
}

#[tokio::test]
async fn filters_find_what_they_name() {
    let mut elsewhere = disk("d-3", "AVAILABLE", "data", true, None);
    elsewhere["region"] = json!("europe-west-1");
    elsewhere["attrs"]["zone_id"] = json!("europe-west-1b");
    let world = [
        snapshot("s-1", "AVAILABLE", Some("d-1")),
        snapshot("s-2", "CREATING", Some("d-2")),
        disk("d-1", "IN_USE", "system", false, Some("i-1")),
        disk("d-2", "RECYCLED", "data", true, None),
        elsewhere,
        image("m-1", "AVAILABLE"),
        instance("i-1", "RUNNING", "m-1"),
        instance("i-2", "STOPPED", "public"),
    ];
    let (_emulator, client) = start(&world, "").await;
    for (action, field, asked, found) in [
        ("DescribeSnapshots", "snapshotId", json!({"snapshotIds": ["s-2", "no-such"]}), vec!["s-2"]),
        ("DescribeSnapshots", "snapshotId", json!({"snapshotIds": ["no-such"]}), vec![]),
        ("DescribeSnapshots", "snapshotId", json!({"diskIds": ["d-1"]}), vec!["s-1"]),
        ("DescribeSnapshots", "snapshotId", json!({"diskType": "DATA"}), vec!["s-2"]),
        ("DescribeSnapshots", "snapshotId", json!({"status": "AVAILABLE"}), vec!["s-1"]),
        ("DescribeSnapshots", "snapshotId", json!({"snapshotName": "^s-1$"}), vec!["s-1"]),
        ("DescribeSnapshots", "snapshotId", json!({"snapshotName": "s-"}), vec!["s-1", "s-2"]),
        // What lies in the recycle bin is listed like everything else.
        ("DescribeDisks", "diskId", json!({"zoneId": "asia-east-1a"}), vec!["d-1", "d-2"]),
        ("DescribeDisks", "diskId", json!({"regionId": "europe-west-1"}), vec!["d-3"]),
        ("DescribeDisks", "diskId", json!({"instanceId": "i-1"}), vec!["d-1"]),
        ("DescribeInstances", "instanceId", json!({"imageId": "m-1"}), vec!["i-1"]),
        ("DescribeCustomImages", "imageId", json!({"regionId": "asia-east-1"}), vec!["m-1"]),
        ("DescribeCustomImages", "imageId", json!({"regionId": "mars-1"}), vec![]),
    ] {
        assert_eq!(client.call(action, asked.clone()).await.column(field), found, "{action} {asked}");
    }
    let zones = client.call("DescribeZones", json!({})).await.done()["zoneSet"].clone();
    let zones: Vec<&str> = zones.as_array().unwrap().iter().map(|zone| zone["zoneId"].as_str().unwrap()).collect();
    assert_eq!(zones, ["asia-east-1a", "europe-west-1b"]);
}

#[tokio::test]
async fn the_older_version_has_fewer_calls_and_fields() {
    let mut tagged = disk("d-1", "AVAILABLE", "data", true, None);
    tagged["tags"] = json!({"env": "dev"});
    let (_emulator, client) = start(&[tagged, snapshot("s-1", "AVAILABLE", None)], "").await;
    let older = Client { version: "2024-04-01", ..client.clone() };
    assert_eq!(client.call("DescribeDisks", json!({})).await.rows()[0]["tags"]["tags"][0]["key"], "env");
    let row = older.call("DescribeDisks", json!({})).await.rows()[0].clone();
    assert!(row.get("tags").is_none() && row.get("regionId").is_none(), "{row}");
    for action in ["DescribeCustomImages", "DescribeAutoSnapshotPolicies", "DeleteImages"] {
        assert_eq!(older.outcome(action, json!({})).await.0, 403, "{action}");
    }
    let unheard_of = Client { version: "2020-01-01", ..client };
    assert_eq!(unheard_of.outcome("DescribeDisks", json!({})).await.0, 403);
}

#[tokio::test]
async fn a_generated_account_is_the_same_for_the_same_seed_and_reads_back_as_itself() {
    let settings = |seed| ZecGenerate {
        resources: 300,
        seed,
        account: "acme".to_owned(),
        now: "2026-11-21T00:00:00Z".parse::<Timestamp>().unwrap(),
    };
    let now: Timestamp = "2026-11-21T00:00:00Z".parse().unwrap();
    let text = |world: &ZecWorld| {
        let mut text = Vec::new();
        sexton_core::inventory::write(&world.inventory(now).unwrap(), &mut text).unwrap();
        String::from_utf8(text).unwrap()
    };
    let one = ZecWorld::generate(&settings(7)).unwrap();
    assert_eq!(text(&one), text(&ZecWorld::generate(&settings(7)).unwrap()));
    assert_ne!(text(&one), text(&ZecWorld::generate(&settings(8)).unwrap()));
    let again = ZecWorld::from_inventory(&one.inventory(now).unwrap(), None).unwrap();
    assert_eq!(text(&again), text(&one));
    let resources = text(&one).lines().filter(|line| line.starts_with("{\"resource\"")).count();
    assert!((300..=420).contains(&resources), "{resources}");
    let (emulator, _client) = start_world(one.clone(), "").await;
    let served = emulator.state().await.unwrap();
    let only_resources = |text: &str| {
        text.lines().filter(|line| line.starts_with("{\"resource\"")).map(str::to_owned).collect::<Vec<String>>()
    };
    assert_eq!(only_resources(&served), only_resources(&text(&one)));
}
