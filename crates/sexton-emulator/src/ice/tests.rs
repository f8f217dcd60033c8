use std::collections::BTreeMap;

use serde_json::{Value, json};
use sexton_core::inventory;

use super::objects::Objects;
use super::world::IceWorld;
use super::{files, jobs};
use crate::error::Reply;
use crate::generate::Generate;
use crate::parameters::Parameters;

const NOW: &str = "2026-11-21T00:00:00Z";

/// Two jobs; the first has files every ten seconds from 00:00:10.5 on, the third of which is an overlay.
fn world() -> IceWorld {
    let mut text = format!("{{\"format\":\"sexton.inventory\",\"version\":1,\"taken_at\":\"{NOW}\"}}\n");
    let place = r#""provider":"aliyun-ice","account":"1","region":"cn-shanghai""#;
    for (id, status, created) in [("j", "paused", "2026-11-01T00:00:00Z"), ("k", "started", "2026-11-19T00:00:00Z")] {
        text += &format!(
            "{{\"resource\":{{{place},\"kind\":\"live-snapshot-job\",\"id\":\"{id}\",\"name\":\"{id}\",\"created_at\":\"{created}\",\"state\":\"{status}\",\"tags\":{{}},\"attrs\":{{\"bucket\":\"b\"}},\"links\":[]}}}}\n"
        );
    }
    for number in 1..=5_u64 {
        let millis = 1_793_491_200_500 + 10_000 * number;
        let overlay = number == 3;
        text += &format!(
            "{{\"resource\":{{{place},\"kind\":\"live-snapshot-file\",\"id\":\"j/{millis}\",\"name\":\"o/{number}.jpg\",\"tags\":{{}},\"attrs\":{{\"bucket\":\"b\",\"is_overlay\":{overlay}}},\"links\":[{{\"relation\":\"made-by\",\"kind\":\"live-snapshot-job\",\"id\":\"j\"}}]}}}}\n"
        );
    }
    IceWorld::from_inventory(&inventory::read(text.as_bytes()).unwrap(), "cn-shanghai", None).unwrap()
}

fn given(pairs: &[(&str, &str)]) -> Parameters {
    Parameters::new(
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>(),
    )
}

fn code(reply: Reply) -> String {
    reply.unwrap_err().code.into_owned()
}

fn timestamps(reply: &Reply) -> Vec<u64> {
    let rows = reply.as_ref().unwrap()["FileList"].as_array().unwrap();
    rows.iter().map(|row| row["CreateTimestamp"].as_u64().unwrap()).collect()
}

fn of_day<'a>(start: &'a str, limit: &'a str) -> [(&'a str, &'a str); 4] {
    [("JobId", "j"), ("StartTime", start), ("EndTime", "2026-11-01T23:00:00Z"), ("Limit", limit)]
}

#[test]
fn pages_go_on_at_the_second_of_the_first_file_that_was_not_told() {
    let world = world();
    let first = files::list(&world, &given(&of_day("2026-11-01T00:00:00Z", "2")));
    assert_eq!(timestamps(&first), [1_793_491_210_500, 1_793_491_220_500]);
    let next = first.unwrap()["NextStartTime"].as_str().unwrap().to_owned();
    assert_eq!(next, "2026-11-01T00:00:30Z");
    let second = files::list(&world, &given(&of_day(&next, "3")));
    assert_eq!(timestamps(&second).len(), 3);
    assert!(!second.unwrap().contains_key("NextStartTime"));
}

#[test]
fn a_file_whose_times_disagree_is_found_by_its_timestamp_and_tells_another_time() {
    let mut world = world();
    world.jobs.get_mut("j").unwrap().files.get_mut(&1_793_491_210_500).unwrap().time_disagrees = true;
    let told = files::list(&world, &given(&of_day("2026-11-01T00:00:00Z", "2")));
    assert_eq!(timestamps(&told), [1_793_491_210_500, 1_793_491_220_500]);
    let rows = told.unwrap()["FileList"].clone();
    assert_eq!(rows[0]["CreateTime"], "2026-11-01T08:00:10Z");
    assert_eq!(rows[1]["CreateTime"], "2026-11-01T00:00:20Z");
}

#[test]
fn spans_and_times_are_checked() {
    let world = world();
    let list =
        |start: &str, end: &str| files::list(&world, &given(&[("JobId", "j"), ("StartTime", start), ("EndTime", end)]));
    assert_eq!(code(list("2026-11-01T00:00:00Z", "2026-11-02T00:00:01Z")), "EndTimeMismatch");
    assert_eq!(code(list("2026-11-02T00:00:00Z", "2026-11-01T00:00:00Z")), "EndTimeMismatch");
    assert_eq!(code(list("soon", "2026-11-01T00:00:00Z")), "MalformedStartTime");
    assert_eq!(code(list("2026-11-01T00:00:00Z", "later")), "MalformedEndTime");
    assert_eq!(code(list("", "2026-11-01T00:00:00Z")), "MissingParameter");
    assert_eq!(
        code(files::list(&world, &given(&[("JobId", "x"), ("StartTime", NOW), ("EndTime", NOW)]))),
        "JobNotFound"
    );
}

#[test]
fn jobs_of_more_than_a_week_ago_are_not_told_without_both_bounds() {
    let world = world();
    let ids = |pairs: &[(&str, &str)]| {
        let reply = jobs::list(&world, &given(pairs), NOW.parse().unwrap()).unwrap();
        let rows = reply["JobList"].as_array().unwrap();
        rows.iter().map(|row| row["JobId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&[]), ["k"]);
    assert_eq!(ids(&[("StartTime", "2026-10-25T00:00:00Z"), ("EndTime", NOW)]), ["k", "j"]);
    let long = given(&[("StartTime", "2026-10-01T00:00:00Z"), ("EndTime", NOW)]);
    assert_eq!(code(jobs::list(&world, &long, NOW.parse().unwrap())), "EndTimeMismatch");
}

#[test]
fn each_timestamp_has_a_result_and_the_object_goes_only_when_asked() {
    let mut world = world();
    let objects = world.store().unwrap();
    let has = |objects: &Objects, number: u32| objects.folder().join(format!("b/o/{number}.jpg")).exists();
    let mut delete = |list: &str, with: &str| {
        files::delete(
            &mut world,
            &objects,
            &given(&[("JobId", "j"), ("CreateTimestampList", list), ("DeleteOriginalFile", with)]),
        )
    };
    let reply = delete("[1793491210500,17]", "true").unwrap();
    assert_eq!(
        Value::Object(reply),
        json!({ "DeleteFileResultList": [
            { "CreateTimestamp": 1_793_491_210_500_u64, "Result": "OK" }, { "CreateTimestamp": 17, "Result": "NotFound" }]})
    );
    assert!(!has(&objects, 1));
    delete("[1793491220500]", "").unwrap();
    assert!(has(&objects, 2), "without the choice the object stays");
    assert_eq!(code(delete("[1793491220500]", "")), "NoValidSnapshot");
    assert_eq!(code(delete("[1793491230500,1793491240500]", "true")), "OverlayNotSupported");
    assert!(has(&objects, 4), "a refused call removes nothing");
    assert_eq!(code(delete("[]", "")), "InvalidParameter");
    assert_eq!(code(delete("", "")), "MissingParameter");
    assert_eq!(code(delete(&format!("{:?}", vec![1; 201]), "")), "InvalidParameter");
}

#[test]
fn a_generated_world_is_the_same_each_time_and_of_the_size_that_was_asked_for() {
    let settings = Generate {
        resources: 500,
        seed: 3,
        account: "1".to_owned(),
        region: "cn-shanghai".to_owned(),
        now: NOW.parse().unwrap(),
    };
    let text = || {
        let mut text = Vec::new();
        let inventory = IceWorld::generate(&settings).unwrap().inventory(settings.now).unwrap();
        inventory::write(&inventory, &mut text).unwrap();
        (inventory.len(), String::from_utf8(text).unwrap())
    };
    let (count, first) = text();
    assert_eq!(text().1, first);
    assert!((400..=500).contains(&count), "{count}");
    assert!(first.contains("\"state\":\"started\"") || first.contains("\"state\":\"paused\""));
}
