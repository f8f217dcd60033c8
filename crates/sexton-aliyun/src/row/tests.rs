use serde_json::json;

use super::*;

fn with_row<T>(value: Value, read: impl FnOnce(Row<'_>) -> T) -> T {
    let Value::Object(object) = value else { panic!("not an object") };
    read(Row::new(&object))
}

#[test]
fn scalars_are_read_in_every_form_that_was_seen() {
    let row = json!({
        "Text": "a", "TextAsNumber": 1234567890123_u64, "TextAsBool": true,
        "Number": 40, "NumberAsText": "40", "Bool": false, "BoolAsText": "False",
        "Null": null, "Empty": "", "Odd": {"a": 1}, "Word": "maybe"
    });
    with_row(row, |row| {
        assert_eq!(row.text("Text").as_deref(), Some("a"));
        assert_eq!(row.text("TextAsNumber").as_deref(), Some("1234567890123"));
        assert_eq!(row.text("TextAsBool").as_deref(), Some("true"));
        for field in ["Null", "Empty", "Missing"] {
            assert_eq!(row.text(field), None, "{field}");
            assert_eq!(row.number(field), None, "{field}");
            assert_eq!(row.boolean_attribute(field), None, "{field}");
            assert_eq!(row.text_attribute(field), None, "{field}");
            assert_eq!(row.number_attribute(field), None, "{field}");
            assert_eq!(row.time(field), None, "{field}");
        }
        assert_eq!(row.number("Number"), Some(40));
        assert_eq!(row.number("NumberAsText"), Some(40));
        assert_eq!(row.gibibytes("NumberAsText"), Some(42_949_672_960));
        assert_eq!(row.number("Word"), None);
        assert_eq!(row.boolean_attribute("Bool"), Some(json!(false)));
        assert_eq!(row.boolean_attribute("BoolAsText"), Some(json!(false)));
        assert_eq!(row.boolean_attribute("Word"), Some(json!("maybe")));
        assert_eq!(row.number_attribute("NumberAsText"), Some(json!(40)));
        assert_eq!(row.number_attribute("Number"), Some(json!(40)));
        assert_eq!(row.number_attribute("Word"), Some(json!("maybe")));
        assert_eq!(row.text_attribute("Odd"), Some(json!({"a": 1})));
        assert!(row.has("Empty") && !row.has("Null") && !row.has("Missing"));
    });
}

#[test]
fn times_are_read_with_and_without_seconds() {
    for (text, expected) in [
        ("2026-01-02T03:04:05Z", Some("2026-01-02T03:04:05Z")),
        ("2026-01-02T03:04Z", Some("2026-01-02T03:04:00Z")),
        ("2026-01-02T03:04:05.678Z", Some("2026-01-02T03:04:05Z")),
        ("2026-01-02T11:04:05+08:00", Some("2026-01-02T03:04:05Z")),
        ("yesterday", None),
        ("2026-13-02T03:04Z", None),
    ] {
        let read = with_row(json!({"At": text}), |row| row.time("At").map(|at| at.to_string()));
        assert_eq!(read.as_deref(), expected, "{text}");
    }
}

#[test]
fn lists_are_read_with_and_without_their_wrapper() {
    for (value, expected) in [
        (json!({"Xs": {"X": [{}, {}]}}), Ok(2)),
        (json!({"Xs": [{}]}), Ok(1)),
        (json!({"Xs": {}}), Ok(0)),
        (json!({"Xs": {"X": []}}), Ok(0)),
        (json!({"Xs": {"X": ""}}), Ok(0)),
        (json!({"Xs": ""}), Ok(0)),
        (json!({"Xs": null}), Ok(0)),
        (json!({}), Ok(0)),
        (json!({"Xs": 7}), Err(DecodeError::NotAList { field: "Xs".to_owned() })),
        (json!({"Xs": {"X": "many"}}), Err(DecodeError::NotAList { field: "Xs.X".to_owned() })),
        (json!({"Xs": {"X": [{}, 7]}}), Err(DecodeError::NotARow { field: "Xs".to_owned() })),
    ] {
        let read = with_row(value.clone(), |row| row.rows("Xs", "X").map(|rows| rows.len()));
        assert_eq!(read, expected, "{value}");
    }
}

#[test]
fn an_empty_object_is_no_answer() {
    let read = |value| with_row(value, |row| row.answer_rows("Xs", "X").map(|rows| rows.len()));
    assert_eq!(read(json!({})), Err(DecodeError::NotAnAnswer { field: "Xs".to_owned() }));
    assert_eq!(read(json!({"Xs": null})), Err(DecodeError::NotAnAnswer { field: "Xs".to_owned() }));
    assert_eq!(read(json!({"RequestId": "r"})), Ok(0));
    assert_eq!(read(json!({"Xs": {}})), Ok(0));
}

#[test]
fn tags_are_a_map_or_unknown_and_never_fewer_than_there_are() {
    let read = |value| with_row(value, |row| row.tags());
    let tags = |pairs: &[(&str, &str)]| {
        Fact::Known(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<Tags>())
    };
    assert_eq!(read(json!({})), tags(&[]));
    assert_eq!(read(json!({"Tags": {"Tag": []}})), tags(&[]));
    assert_eq!(
        read(
            json!({"Tags": {"Tag": [{"TagKey": "a", "TagValue": "1"}, {"TagKey": "b", "TagValue": ""}, {"Key": "c", "Value": 2}]}})
        ),
        tags(&[("a", "1"), ("b", ""), ("c", "2")])
    );
    assert_eq!(read(json!({"Tags": {"Tag": [{"TagValue": "1"}]}})), Fact::Unknown);
    for value in [json!(null), json!([]), json!({})] {
        assert_eq!(read(json!({"Tags": {"Tag": [{"TagKey": "keep", "TagValue": value}]}})), Fact::Unknown);
    }
    assert_eq!(read(json!({"Tags": {"Tag": [{"TagKey": "keep"}]}})), Fact::Unknown);
    assert_eq!(read(json!({"Tags": "keep=true"})), Fact::Unknown);
    assert_eq!(read(json!({"Tags": {"Tag": ["keep"]}})), Fact::Unknown);
}

#[test]
fn lock_reasons_are_read_in_the_nesting_of_disks_and_of_instances() {
    let read = |inner, value| with_row(value, |row| row.lock_reasons(inner));
    assert_eq!(
        read("OperationLock", json!({"OperationLocks": {"OperationLock": [{"LockReason": "financial"}]}})),
        Some(json!(["financial"]))
    );
    assert_eq!(
        read("LockReason", json!({"OperationLocks": {"LockReason": [{"LockReason": "security", "LockMsg": ""}]}})),
        Some(json!(["security"]))
    );
    assert_eq!(read("LockReason", json!({"OperationLocks": {}})), Some(json!([])));
    assert_eq!(read("LockReason", json!({})), None);
    assert_eq!(read("LockReason", json!({"OperationLocks": {"LockReason": [{"LockMsg": "?"}]}})), Some(Value::Null));
    assert_eq!(read("LockReason", json!({"OperationLocks": 7})), Some(Value::Null));
}

#[test]
fn a_reference_that_is_no_text_is_not_no_reference() {
    let read = |value| with_row(value, |row| row.reference("SourceSnapshotId"));
    for nothing in [json!({}), json!({"SourceSnapshotId": null}), json!({"SourceSnapshotId": ""})] {
        assert_eq!(read(nothing), Ok(None));
    }
    assert_eq!(read(json!({"SourceSnapshotId": "s-1"})), Ok(Some("s-1".to_owned())));
    for odd in [json!({"SourceSnapshotId": ["s-1"]}), json!({"SourceSnapshotId": {"Id": "s-1"}})] {
        assert!(read(odd).is_err());
    }
}

#[test]
fn references_are_found_nested_and_dotted() {
    let data = json!({
        "ImageId": "m-1",
        "SystemDisk.Size": "40",
        "DataDisk.1.SnapshotId": "s-1",
        "DataDisks": {"DataDisk": [{"SnapshotId": "s-2"}, {"SnapshotId": ""}]},
        "NotASnapshotId": "s-3"
    });
    with_row(data, |row| {
        assert_eq!(row.texts_anywhere("ImageId"), ["m-1"]);
        assert_eq!(row.texts_anywhere("SnapshotId"), ["s-1", "s-2"]);
    });
}
