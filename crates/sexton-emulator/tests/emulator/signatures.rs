//! Who gets in: signatures, clocks, nonces, tokens, permissions, regions.

use serde_json::json;

use crate::client::{Client, bytes, date};
use crate::scene::{disk, instance, snapshot, start};

async fn refusal(client: &Client, bytes: &[u8]) -> (u16, String) {
    client.send(bytes).await.unwrap().outcome()
}

#[tokio::test]
async fn a_signed_call_passes_in_post_get_and_form() {
    let (_emulator, client) = start(&[snapshot("s-1", json!({}))], "").await;
    assert_eq!(client.outcome("DescribeSnapshots", &[("SnapshotName", "a b~*")]).await, (200, "OK".to_owned()));

    let mut get = client.request("DescribeSnapshots", &[("RegionId", "cn-hangzhou")]);
    get.method = "GET";
    assert_eq!(refusal(&client, &client.sign(get)).await.0, 200);

    let mut form = client.request("DeleteSnapshot", &[]);
    form.headers.insert("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned());
    form.body = "SnapshotId=s-1".to_owned();
    assert_eq!(refusal(&client, &client.sign(form)).await, (200, "OK".to_owned()));
    assert_eq!(client.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await.0, 404);
}

#[tokio::test]
async fn every_answer_names_its_request_and_the_time() {
    let (_emulator, client) = start(&[], "").await;
    let first = client.call("DescribeSnapshots", &[]).await;
    let second = client.call("DeleteSnapshot", &[("SnapshotId", "s-1")]).await;
    for response in [&first, &second] {
        let id = response.json()["RequestId"].as_str().unwrap().to_owned();
        assert_eq!(response.headers["x-acs-request-id"], id);
        let sent = jiff::fmt::rfc2822::parse(&response.headers["date"].replace("GMT", "+0000")).unwrap().timestamp();
        assert!(jiff::Timestamp::now().duration_since(sent).abs().as_secs() < 10, "{sent}");
    }
    assert_ne!(first.json()["RequestId"], second.json()["RequestId"]);
    let error = second.json();
    assert_eq!(error["HostId"], "ecs.cn-hangzhou.aliyuncs.com");
    assert!(error["Message"].is_string() && error["Recommend"].is_string());
}

#[tokio::test]
async fn what_is_wrong_about_a_signature_is_said() {
    let (_emulator, client) = start(&[], "").await;
    let regions = || client.request("DescribeRegions", &[]);

    let mut unsigned = regions();
    unsigned.headers.remove("x-acs-date");
    assert_eq!(refusal(&client, &bytes(&unsigned)).await, (400, "IncompleteSignature".to_owned()));

    let mut without_nonce = regions();
    without_nonce.headers.remove("x-acs-signature-nonce");
    assert_eq!(refusal(&client, &client.sign(without_nonce)).await, (400, "MissingParameter".to_owned()));

    let wrong = client.with_keys(&client.key_id, "wrong", None);
    assert_eq!(wrong.outcome("DescribeRegions", &[]).await, (400, "SignatureDoesNotMatch".to_owned()));
    let nobody = client.with_keys("nobody", "secret", None);
    assert_eq!(nobody.outcome("DescribeRegions", &[]).await, (400, "InvalidAccessKeyId.NotFound".to_owned()));

    for (minutes, status) in [(-14, 200), (14, 200), (-16, 400), (16, 400)] {
        let mut dated = regions();
        dated.headers.insert("x-acs-date".to_owned(), date(minutes));
        let (found, code) = refusal(&client, &client.sign(dated)).await;
        assert_eq!(found, status, "{minutes}");
        assert!(status == 200 || code == "InvalidTimeStamp.Expired", "{code}");
    }
}

#[tokio::test]
async fn a_request_sent_twice_is_refused_the_second_time() {
    let (_emulator, client) = start(&[], "").await;
    let request = client.sign(client.request("DescribeRegions", &[]));
    assert_eq!(refusal(&client, &request).await, (200, "OK".to_owned()));
    assert_eq!(refusal(&client, &request).await, (400, "SignatureNonceUsed".to_owned()));
}

#[tokio::test]
async fn an_altered_request_does_not_match() {
    let (_emulator, client) = start(&[snapshot("s-1", json!({})), snapshot("s-2", json!({}))], "").await;
    let signed = client.sign(client.request("DeleteSnapshot", &[("SnapshotId", "s-1")]));
    let altered = String::from_utf8(signed).unwrap().replace("s-1", "s-2").into_bytes();
    assert_eq!(refusal(&client, &altered).await, (400, "SignatureDoesNotMatch".to_owned()));
    assert_eq!(client.call("DescribeSnapshots", &[]).await.rows("Snapshots", "Snapshot").len(), 2);
}

#[tokio::test]
async fn other_paths_methods_versions_and_actions_are_refused() {
    let (_emulator, client) = start(&[], "").await;
    let mut path = client.request("DescribeRegions", &[]);
    path.target = "/other".to_owned();
    assert_eq!(refusal(&client, &client.sign(path)).await, (403, "UnsupportedHTTPMethod".to_owned()));
    let mut method = client.request("DescribeRegions", &[]);
    method.method = "PUT";
    assert_eq!(refusal(&client, &client.sign(method)).await, (403, "UnsupportedHTTPMethod".to_owned()));
    let mut version = client.request("DescribeRegions", &[]);
    version.headers.insert("x-acs-version".to_owned(), "2015-04-01".to_owned());
    assert_eq!(refusal(&client, &client.sign(version)).await, (403, "InvalidAction".to_owned()));
    assert_eq!(client.outcome("DeleteEverything", &[]).await, (403, "InvalidAction".to_owned()));
}

#[tokio::test]
async fn a_region_has_one_endpoint_and_others_are_not_served() {
    let (_emulator, client) = start(&[], "").await;
    let regions = client.call("DescribeRegions", &[]).await.rows("Regions", "Region");
    let served: Vec<_> =
        regions.iter().filter(|region| region["RegionEndpoint"] == client.address.to_string()).collect();
    assert_eq!(served.len(), 1);
    assert_eq!(served[0]["RegionId"], "cn-hangzhou");
    assert!(regions.len() > 1);

    let there = [("RegionId", "cn-beijing")];
    assert_eq!(client.outcome("DescribeSnapshots", &there).await, (404, "InvalidRegionId.NotFound".to_owned()));
    let there = [("RegionId", "cn-beijing"), ("TaskId", "t-1")];
    assert_eq!(client.outcome("CancelTask", &there).await, (400, "InvalidRegionId.NotFound".to_owned()));
    let nowhere = client.sign(client.request("DescribeSnapshots", &[]));
    assert_eq!(refusal(&client, &nowhere).await, (400, "MissingParameter".to_owned()));
}

const IDENTITIES: &str = r#"
    [[credential]]
    access_key_id = "temporary"
    access_key_secret = "t"
    security_token = "token"
    [[credential]]
    access_key_id = "stranger"
    access_key_secret = "s"
    account = "99"
    [[credential]]
    access_key_id = "limited"
    access_key_secret = "l"
    deny = ["Describe*", "DeleteSnapshot"]
    [[credential]]
    access_key_id = "blind"
    access_key_secret = "b"
    deny = ["Describe*"]
    denied_listings = "all-empty"
"#;

#[tokio::test]
async fn callers_are_told_who_they_are() {
    let (_emulator, client) = start(&[], IDENTITIES).await;
    let own = client.call("GetCallerIdentity", &[]).await.json();
    assert_eq!((&own["AccountId"], &own["IdentityType"]), (&json!("1234567890"), &json!("Account")));
    assert!(own["PrincipalId"].is_string() && own["Arn"].is_string());
    let user = client.with_keys("limited", "l", None).call("GetCallerIdentity", &[]).await.json();
    assert_eq!(user["IdentityType"], "RAMUser");
    assert!(user["UserId"].is_string() && user["PrincipalId"].is_string() && user["Arn"].is_string());
    let temporary = client.with_keys("temporary", "t", Some("token")).call("GetCallerIdentity", &[]).await.json();
    assert_eq!(temporary["IdentityType"], "AssumedRoleUser");
    let stranger = client.with_keys("stranger", "s", None).call("GetCallerIdentity", &[]).await.json();
    assert_eq!(stranger["AccountId"], "99");
    let without = client.with_keys("temporary", "t", None).outcome("GetCallerIdentity", &[]).await;
    assert_eq!(without, (400, "MissingSecurityToken".to_owned()));
}

#[tokio::test]
async fn another_account_sees_an_empty_region() {
    let (_emulator, client) = start(&[snapshot("s-1", json!({}))], IDENTITIES).await;
    let stranger = client.with_keys("stranger", "s", None);
    assert!(stranger.call("DescribeSnapshots", &[]).await.rows("Snapshots", "Snapshot").is_empty());
    let delete = stranger.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await;
    assert_eq!(delete, (404, "InvalidSnapshotId.NotFound".to_owned()));
    assert_eq!(client.call("DescribeSnapshots", &[]).await.rows("Snapshots", "Snapshot").len(), 1);
}

#[tokio::test]
async fn without_permission_instances_look_like_none() {
    let resources = [
        snapshot("s-1", json!({})),
        instance("i-1", "Running", "m-1", json!({})),
        disk("d-1", "Available", json!({}), Vec::new()),
    ];
    let (_emulator, client) = start(&resources, IDENTITIES).await;
    let dry = [("DryRun", "true")];
    let forbidden = (403, "Forbidden.RAM".to_owned());
    for action in ["DescribeInstances", "DescribeImages", "DescribeSnapshots", "DescribeDisks"] {
        assert_eq!(client.outcome(action, &dry).await, (400, "DryRunOperation".to_owned()), "{action}");
    }

    let limited = client.with_keys("limited", "l", None);
    assert!(limited.call("DescribeInstances", &[]).await.rows("Instances", "Instance").is_empty());
    assert_eq!(limited.outcome("DescribeInstances", &dry).await, forbidden);
    assert_eq!(limited.outcome("DescribeSnapshots", &[]).await, forbidden);
    assert_eq!(limited.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await, forbidden);

    let blind = client.with_keys("blind", "b", None);
    assert!(blind.call("DescribeSnapshots", &[]).await.rows("Snapshots", "Snapshot").is_empty());
    assert!(blind.call("DescribeDisks", &[]).await.rows("Disks", "Disk").is_empty());
    assert_eq!(blind.outcome("DescribeSnapshots", &dry).await, forbidden);
    assert_eq!(blind.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await, (200, "OK".to_owned()));
}

#[tokio::test]
async fn the_status_of_a_dry_run_can_be_chosen() {
    let (_emulator, client) = start(&[], "[behaviour]\ndry_run_status = 412").await;
    let outcome = client.outcome("DescribeInstances", &[("DryRun", "True")]).await;
    assert_eq!(outcome, (412, "DryRunOperation".to_owned()));
}

#[tokio::test]
async fn an_identity_may_do_what_its_policies_allow() {
    const POLICIES: &str = r#"
        [[credential]]
        access_key_id = "reader"
        access_key_secret = "r"
        ram_policy = [
            { Version = "1", Statement = [{ Effect = "Allow", Action = ["ecs:Describe*"], Resource = "*" }] },
            { Version = "1", Statement = [{ Effect = "Deny", Action = "ecs:DescribeDisks", Resource = "*" }] },
        ]
    "#;
    let resources = [snapshot("s-1", json!({})), instance("i-1", "Running", "m-1", json!({}))];
    let (_emulator, client) = start(&resources, POLICIES).await;
    let reader = client.with_keys("reader", "r", None);
    let forbidden = (403, "Forbidden.RAM".to_owned());
    assert_eq!(reader.outcome("GetCallerIdentity", &[]).await.0, 200, "nobody needs a permission for it");
    assert_eq!(reader.outcome("DescribeRegions", &[]).await.0, 200);
    assert_eq!(reader.call("DescribeInstances", &[]).await.rows("Instances", "Instance").len(), 1);
    assert_eq!(reader.outcome("DescribeDisks", &[]).await, forbidden);
    assert_eq!(reader.outcome("DescribeScalingConfigurations", &[]).await, forbidden, "another product");
    assert_eq!(reader.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await, forbidden);
    assert_eq!(client.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await.0, 200);
}
