use serde_json::{Value, json};

use super::*;

fn place() -> Place {
    Place { account: "1234567890".parse().unwrap(), region: "cn-shanghai".parse().unwrap() }
}

fn read<T>(value: &Value, read: impl Fn(Row<'_>) -> T) -> T {
    read(Row::new(value.as_object().unwrap()))
}

/// The vendor's documented samples of both listings.
#[test]
fn the_documented_samples_are_read() {
    let sample = json!({"CreateTime": "2022-02-02T00:00:00Z", "JobId": "j", "JobName": "from-the-stream",
        "SnapshotOutput": {"Bucket": "b", "Endpoint": "oss-cn-shanghai.aliyuncs.com", "StorageType": "oss"},
        "Status": "started", "TemplateId": "t", "TemplateName": "tn", "TimeInterval": 5});
    let job = read(&sample, |row| job(&place(), row)).unwrap();
    assert_eq!(job.address.to_string(), "aliyun-ice:1234567890:cn-shanghai:live-snapshot-job/j");
    assert_eq!(job.state.known().as_deref(), Some("started"));
    let Fact::Known(attributes) = job.attributes else { panic!() };
    let written = serde_json::to_string(&attributes).unwrap();
    assert_eq!(
        written,
        r#"{"bucket":"b","oss_endpoint":"oss-cn-shanghai.aliyuncs.com","storage_type":"oss","template_id":"t","template_name":"tn","time_interval":5}"#
    );
}

#[test]
fn a_file_is_named_by_its_timestamp_and_points_to_its_job() {
    let row = json!({"CreateTime": "2022-08-16T08:30:13Z", "CreateTimestamp": 1_660_638_613_798_u64, "IsOverlay": "False",
        "OssBucket": "b", "OssEndpoint": "e", "OssObject": "snapshot/j/1.jpg"});
    let found = read(&row, |row| file(&place(), "j", row)).unwrap();
    assert_eq!(found.address.id(), "j/1660638613798");
    assert_eq!(found.created_at.known().map(|at| at.to_string()).as_deref(), Some("2022-08-16T08:30:13.798Z"));
    assert_eq!(found.known_links()[0].target.id(), "j");
    let Fact::Known(attributes) = found.attributes else { panic!() };
    assert_eq!((&attributes["is_overlay"], &attributes["job"]), (&json!(false), &json!("j")));
    assert_eq!(attributes["time_disagrees"], json!(false));
}

#[test]
fn a_time_that_contradicts_the_timestamp_is_unknown_and_a_missing_overlay_flag_is_left_out() {
    let row = json!({"CreateTime": "2022-02-02T22:22:22Z", "CreateTimestamp": "1619503516000"});
    let found = read(&row, |row| file(&place(), "j", row)).unwrap();
    assert_eq!(found.address.id(), "j/1619503516000");
    assert!(found.created_at.is_unknown());
    let Fact::Known(attributes) = found.attributes else { panic!() };
    assert!(!attributes.contains_key("is_overlay"));
    assert_eq!(attributes["time_disagrees"], json!(true));
    let unreadable = json!({"CreateTime": "yesterday", "CreateTimestamp": 1_619_503_516_000_u64});
    let found = read(&unreadable, |row| file(&place(), "j", row)).unwrap();
    assert!(found.created_at.is_unknown());
    let Fact::Known(attributes) = found.attributes else { panic!() };
    assert_eq!(attributes["time_disagrees"], json!(true));
}

#[test]
fn a_file_that_tells_no_time_is_not_said_to_agree() {
    let row = json!({"CreateTimestamp": "1619503516000", "CreateTime": null});
    let Fact::Known(attributes) = read(&row, |row| file(&place(), "j", row)).unwrap().attributes else { panic!() };
    assert!(!attributes.contains_key("time_disagrees"));
}

#[test]
fn a_row_without_its_timestamp_is_no_file() {
    for row in [json!({}), json!({"CreateTimestamp": "soon"}), json!({"CreateTimestamp": -1})] {
        assert!(read(&row, |row| file(&place(), "j", row)).is_err(), "{row}");
    }
}

#[test]
fn only_ids_as_listings_write_them_name_a_file() {
    assert_eq!(file_parts("j/17"), Some(("j", 17)));
    for id in ["j", "/17", "j/", "j/-1", "j/017", "j/+17", "j/1/2", "j/x"] {
        assert_eq!(file_parts(id), None, "{id}");
    }
}
