use serde_json::json;

use super::*;

fn check<T: PartialEq + std::fmt::Debug>(read: impl Fn(Fields<'_>) -> T, cases: impl IntoIterator<Item = (Value, T)>) {
    for (value, expected) in cases {
        let object = Map::from_iter([("f".to_owned(), value.clone())]);
        assert_eq!(read(Fields::new(&object)), expected, "{value}");
    }
}

#[test]
fn nothing_is_told_from_what_cannot_be_read() {
    let field = "f";
    check(
        |fields| fields.reference("f"),
        [
            (json!(null), Ok(None)),
            (json!(""), Ok(None)),
            (json!("a"), Ok(Some("a".to_owned()))),
            (json!(7), Ok(Some("7".to_owned()))),
            (json!(["a"]), Err(NoId { field })),
        ],
    );
    check(|fields| fields.id("f"), [(json!(""), Err(NoId { field })), (json!("a"), Ok("a".to_owned()))]);
    check(|fields| fields.id("g"), [(json!("a"), Err(NoId { field: "g" }))]);
    check(|fields| fields.is_blank("f"), [(json!(""), true), (json!(null), false), (json!("a"), false)]);
}

#[test]
fn values_are_read_in_every_form() {
    check(
        |fields| fields.number("f"),
        [(json!(20), Some(20)), (json!(" 20 "), Some(20)), (json!(-1), None), (json!("x"), None), (json!(true), None)],
    );
    check(|fields| fields.gibibytes("f"), [(json!("2"), Some(2 << 30)), (json!(u64::MAX), None)]);
    let time = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    check(
        |fields| fields.time("f"),
        [
            (json!("2026-01-02T03:04:05.678Z"), time("2026-01-02T03:04:05Z")),
            (json!("2026-01-02T03:04Z"), time("2026-01-02T03:04:00Z")),
            (json!("2026-01-02 03:04:05"), None),
            (json!(1_767_323_045), None),
        ],
    );
    check(
        |fields| fields.boolean_attribute("f"),
        [(json!("TRUE"), Some(json!(true))), (json!(false), Some(json!(false))), (json!("x"), Some(json!("x")))],
    );
    check(
        |fields| fields.number_attribute("f"),
        [(json!(" -3 "), Some(json!(-3))), (json!(1.5), Some(json!(1.5))), (json!("x"), Some(json!("x")))],
    );
    check(
        |fields| fields.text_attribute("f"),
        [(json!(true), Some(json!("true"))), (json!({"a": 1}), Some(json!({"a": 1}))), (json!(""), None)],
    );
}
