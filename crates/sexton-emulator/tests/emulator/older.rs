//! V1 signatures and XML answers, as the older pages of the vendor show them.

use serde_json::{Value, json};

use crate::client::{Client, Response, date, v1_query};
use crate::scene::{image, snapshot, start};

/// A call signed by V1, in that method, with everything in the query.
async fn older(client: &Client, method: &str, action: &str, parameters: &[(&str, &str)]) -> Response {
    let query = v1_query(client, method, action, &date(0), parameters);
    send(client, method, &query).await
}

async fn send(client: &Client, method: &str, query: &str) -> Response {
    let host = client.address;
    let bytes =
        format!("{method} /?{query} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    client.send(bytes.as_bytes()).await.unwrap()
}

const JSON: (&str, &str) = ("Format", "JSON");
const HERE: (&str, &str) = ("RegionId", "cn-hangzhou");

fn text(response: &Response) -> String {
    String::from_utf8(response.body.clone()).unwrap()
}

#[tokio::test]
async fn a_call_signed_by_v1_is_answered_in_both_methods() {
    let (_emulator, client) = start(&[snapshot("s-1", json!({})), snapshot("s-2 *~+测", json!({}))], "").await;
    for method in ["GET", "POST"] {
        let response = older(&client, method, "DescribeSnapshots", &[JSON, HERE]).await;
        assert_eq!(response.rows("Snapshots", "Snapshot").len(), 2, "{method}");
        assert_eq!(response.headers["content-type"], "application/json;charset=utf-8");
    }
    let lower = [("Format", "json"), HERE, ("SnapshotName", "s-2 *~+测")];
    assert_eq!(older(&client, "POST", "DescribeSnapshots", &lower).await.rows("Snapshots", "Snapshot").len(), 1);
    let delete = older(&client, "POST", "DeleteSnapshot", &[JSON, ("SnapshotId", "s-1")]).await;
    assert_eq!(delete.outcome(), (200, "OK".to_owned()));
    assert_eq!(client.outcome("DeleteSnapshot", &[("SnapshotId", "s-1")]).await.0, 404);
}

#[tokio::test]
async fn without_json_the_answer_is_xml() {
    let mut tagged = image("m-1", "Available", &["s-1", "s-2"], json!({}));
    tagged["tags"] = json!({ "env": "a<&>b" });
    let resources = [snapshot("s-1", json!({})), snapshot("s-2", json!({})), tagged];
    let (_emulator, client) = start(&resources, "").await;
    for parameters in [vec![HERE], vec![HERE, ("Format", "XML")]] {
        let own = [parameters, vec![("ImageOwnerAlias", "self")]].concat();
        let response = older(&client, "GET", "DescribeImages", &own).await;
        let text = text(&response);
        assert_eq!((response.status, response.headers["content-type"].as_str()), (200, "text/xml;charset=utf-8"));
        assert!(text.starts_with("<?xml version='1.0' encoding='UTF-8'?><DescribeImagesResponse>"), "{text}");
        assert!(text.ends_with("</DescribeImagesResponse>"), "{text}");
        assert_eq!(text.matches("<DiskDeviceMapping>").count(), 2, "{text}");
        assert_eq!(text.matches("<Images><Image>").count(), 1, "{text}");
        assert!(text.contains("<TotalCount>1</TotalCount>") && text.contains("<ImageId>m-1</ImageId>"), "{text}");
        assert!(text.contains("<TagKey>env</TagKey><TagValue>a&lt;&amp;&gt;b</TagValue>"), "{text}");
        assert!(text.contains(&format!("<RequestId>{}</RequestId>", response.headers["x-acs-request-id"])), "{text}");
    }
    let snapshots = text(&older(&client, "GET", "DescribeSnapshots", &[HERE]).await);
    assert!(snapshots.contains("<Tags></Tags>"), "{snapshots}");
}

#[tokio::test]
async fn errors_are_xml_under_their_own_root_and_json_where_it_is_asked_for() {
    let (_emulator, client) = start(&[], "").await;
    let wrong = client.with_keys(&client.key_id, "wrong", None);
    for (client, action, status, code) in [
        (&client, "DeleteImage", 404, "InvalidImageId.NotFound"),
        (&client, "DeleteEverything", 403, "InvalidAction"),
        (&wrong, "DescribeRegions", 400, "SignatureDoesNotMatch"),
    ] {
        let asked = [HERE, ("ImageId", "m-1")];
        let response = older(client, "POST", action, &asked).await;
        let text = text(&response);
        assert_eq!(response.status, status, "{text}");
        assert!(text.starts_with("<?xml version='1.0' encoding='UTF-8'?><Error>"), "{text}");
        assert!(text.contains(&format!("<Code>{code}</Code>")) && text.contains("<HostId>ecs."), "{text}");
        let response = older(client, "POST", action, &[JSON, asked[0], asked[1]]).await;
        assert_eq!(response.outcome(), (status, code.to_owned()));
    }
}

#[tokio::test]
async fn the_same_request_twice_and_a_late_one_are_refused() {
    let (_emulator, client) = start(&[], "").await;
    let query = v1_query(&client, "GET", "DescribeRegions", &date(0), &[JSON]);
    assert_eq!(send(&client, "GET", &query).await.outcome(), (200, "OK".to_owned()));
    assert_eq!(send(&client, "GET", &query).await.outcome(), (400, "SignatureNonceUsed".to_owned()));
    for minutes in [-16, 16] {
        let query = v1_query(&client, "GET", "DescribeRegions", &date(minutes), &[JSON]);
        assert_eq!(send(&client, "GET", &query).await.outcome(), (400, "InvalidTimeStamp.Expired".to_owned()));
    }
    let unsigned = send(&client, "GET", "Action=DescribeRegions&Version=2014-05-26&Format=JSON").await;
    assert_eq!(unsigned.outcome(), (400, "IncompleteSignature".to_owned()));
}

#[tokio::test]
async fn no_secret_of_a_v1_request_is_written_down() {
    const TEMPORARY: &str = r#"
        [[credential]]
        access_key_id = "temporary"
        access_key_secret = "canary-secret"
        security_token = "canary-token"
    "#;
    let (_emulator, client) = start(&[], TEMPORARY).await;
    let temporary = client.with_keys("temporary", "canary-secret", Some("canary-token"));
    let query = v1_query(&temporary, "GET", "DescribeRegions", &date(0), &[JSON]);
    assert_eq!(send(&client, "GET", &query).await.status, 200);
    let wrong = client.with_keys("temporary", "other", Some("canary-token"));
    assert_eq!(older(&wrong, "POST", "DescribeRegions", &[]).await.status, 400);
    let calls = client.get("/_emulator/calls").await;
    let signature = query.split("Signature=").nth(1).unwrap();
    assert!(!calls.contains("canary") && !calls.contains(signature) && !calls.contains("\"Signature\""), "{calls}");
    let calls: Vec<Value> = calls.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(calls[0]["operation"], "DescribeRegions");
    assert_eq!(calls[0]["access_key_id"], "temporary");
    assert_eq!(calls[0]["parameters"]["SignatureMethod"], "HMAC-SHA1");
    assert_eq!(calls[0]["parameters"].get("SecurityToken"), None);
}
