use serde_json::json;

use super::*;

fn check<T>(value: Value, read: impl Fn(Row<'_>) -> T) -> T {
    let Value::Object(object) = value else { panic!("no object: {value}") };
    read(Row::new(&object))
}

#[test]
fn missing_null_and_blank_are_nothing() {
    for value in [json!({}), json!({"x": null}), json!({"x": ""})] {
        check(value, |row| {
            assert_eq!((row.text("x"), row.number("x"), row.time("x")), (None, None, None));
            assert_eq!(row.reference("x"), Ok(None));
            assert_eq!(row.id("x"), Err(NoId { field: "x" }));
            assert_eq!(row.rows("x").map(|rows| rows.len()), Ok(0));
            assert_eq!(row.texts("x"), Ok(Vec::new()));
        });
    }
    assert!(check(json!({"x": ""}), |row| row.is_blank("x")));
    assert!(!check(json!({"x": null}), |row| row.is_blank("x")));
}

#[test]
fn numbers_and_booleans_may_be_texts() {
    check(json!({"n": "20", "m": 20, "t": "True", "f": false, "odd": "many"}), |row| {
        assert_eq!((row.number("n"), row.number("m"), row.number("odd")), (Some(20), Some(20), None));
        assert_eq!((row.boolean("t"), row.boolean("f"), row.boolean("odd")), (Some(true), Some(false), None));
        assert_eq!(row.number_attribute("n"), Some(json!(20)));
        assert_eq!(row.number_attribute("odd"), Some(json!("many")));
        assert_eq!(row.gibibytes("n"), Some(20 << 30));
        assert_eq!(row.text("m").as_deref(), Some("20"));
    });
}

/// The vendor's storage driver had to accept several forms; one that does not say its zone may be hours off.
#[test]
fn times_come_in_several_forms_and_an_odd_one_is_unknown() {
    for (text, expected) in [
        (json!("2026-01-02T03:04:05Z"), Some("2026-01-02T03:04:05Z")),
        (json!("2026-01-02T03:04:05.678Z"), Some("2026-01-02T03:04:05Z")),
        (json!("2026-01-02 03:04:05Z"), Some("2026-01-02T03:04:05Z")),
        (json!("2026-01-02T11:04:05+08:00"), Some("2026-01-02T03:04:05Z")),
        (json!("2026-01-02T11:04:05+0800"), Some("2026-01-02T03:04:05Z")),
        (json!("2026-01-02T03:04Z"), Some("2026-01-02T03:04:00Z")),
        (json!("2026-01-02 03:04:05"), None),
        (json!("2026-01-02T03:04:05"), None),
        (json!("2026-01-02"), None),
        (json!("yesterday"), None),
        (json!(1_767_323_045), None),
    ] {
        let read = check(json!({"x": text}), |row| row.time("x"));
        assert_eq!(read.map(|time| time.to_string()).as_deref(), expected, "{text}");
    }
}

#[test]
fn what_is_no_list_is_never_an_empty_one() {
    for value in [json!("x"), json!({}), json!(1), json!(true)] {
        check(json!({"dataSet": value, "totalCount": 0}), |row| {
            assert_eq!(
                row.answer_rows("dataSet").map(|rows| rows.len()),
                Err(DecodeError::NotAList { field: "dataSet" })
            );
        });
    }
    for value in [json!([1]), json!([null]), json!([[]])] {
        check(json!({"dataSet": value}), |row| {
            assert_eq!(row.answer_rows("dataSet").map(|rows| rows.len()), Err(DecodeError::Entry { field: "dataSet" }));
        });
    }
    check(json!({"ids": ["a", ""]}), |row| assert_eq!(row.texts("ids"), Err(DecodeError::Entry { field: "ids" })));
    check(json!({"requestId": "T"}), |row| {
        assert_eq!(
            row.answer_rows("dataSet").map(|rows| rows.len()),
            Err(DecodeError::NotAnAnswer { field: "dataSet" })
        );
    });
    for value in [json!({"totalCount": 0}), json!({"dataSet": null, "totalCount": 3}), json!({"dataSet": []})] {
        check(value, |row| assert_eq!(row.answer_rows("dataSet").map(|rows| rows.len()), Ok(0)));
    }
}

#[test]
fn tags_are_none_only_where_the_version_has_tags() {
    let known = |pairs: &[(&str, &str)]| {
        Fact::Known(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect())
    };
    use ApiVersion::{V20240401, V20250901};
    for (value, version, expected) in [
        (json!({}), V20250901, known(&[])),
        (json!({"tags": null}), V20250901, known(&[])),
        (json!({"tags": {"tags": null}}), V20250901, known(&[])),
        (json!({"tags": {"tags": [{"key": "a", "value": "b"}]}}), V20250901, known(&[("a", "b")])),
        (json!({"tags": [{"key": "a", "value": ""}]}), V20250901, known(&[("a", "")])),
        (json!({"tags": {"tags": [{"key": "a", "value": null}]}}), V20250901, Fact::Unknown),
        (json!({"tags": {"tags": [{"value": "b"}]}}), V20250901, Fact::Unknown),
        (json!({"tags": {"tags": "a"}}), V20250901, Fact::Unknown),
        (json!({"tags": "a"}), V20250901, Fact::Unknown),
        (json!({}), V20240401, Fact::Unknown),
        (json!({"tags": {"tags": [{"key": "a", "value": "b"}]}}), V20240401, known(&[("a", "b")])),
    ] {
        assert_eq!(check(value.clone(), |row| row.tags(version)), expected, "{value} {version:?}");
    }
}

#[test]
fn a_resource_group_stands_in_two_places() {
    for value in [json!({"resourceGroup": {"resourceGroupId": "g"}}), json!({"resourceGroupId": "g"})] {
        assert_eq!(check(value, |row| row.resource_group()), Some(json!("g")));
    }
    assert_eq!(check(json!({"resourceGroup": null}), |row| row.resource_group()), None);
}
