use serde_json::json;

use super::*;

fn element(text: &str) -> Element {
    Element::of_xml(text).unwrap()
}

#[test]
fn values_are_read_by_form_and_what_fits_none_is_kept() {
    let element = element(
        "<r><t> a </t><e/><yes>true</yes><no>False</no><odd>perhaps</odd><n>7</n><m><x>1</x></m>\
         <at>2026-01-02T03:04:05.678Z</at></r>",
    );
    let row = Row::new(&element);
    assert_eq!(
        (row.text("t"), row.text("e"), row.text("none"), row.text("m")),
        (Some("a".to_owned()), None, None, None)
    );
    assert_eq!((row.has("e"), row.has("none")), (true, false));
    for (field, value) in [("yes", json!(true)), ("no", json!(false)), ("odd", json!("perhaps")), ("m", json!(null))] {
        assert_eq!(row.boolean_attribute(field), Some(value), "{field}");
    }
    assert_eq!((row.boolean_attribute("e"), row.text_attribute("m")), (None, Some(json!(null))));
    assert_eq!((row.number_attribute("n"), row.number_attribute("odd")), (Some(json!(7)), Some(json!("perhaps"))));
    assert_eq!((row.gibibytes("n"), row.gibibytes("odd")), (Some(7 << 30), None));
    assert_eq!(row.time("at").map(|time| time.to_string()).as_deref(), Some("2026-01-02T03:04:05Z"));
    assert_eq!(row.time_attribute("at"), Some(json!("2026-01-02T03:04:05Z")));
    assert_eq!(row.time_attribute("odd"), Some(json!("perhaps")));
    assert_eq!((row.reference("t"), row.reference("e")), (Ok(Some("a".to_owned())), Ok(None)));
    assert_eq!(row.reference("m"), Err(DecodeError::NoId { field: "m" }));
}

#[test]
fn lists_are_entries_and_nothing_else() {
    let element = element("<r><a><item/><item/></a><b/><c>x</c><d><other/></d><f><member/></f></r>");
    let row = Row::new(&element);
    let length = |field: &str| row.rows(field).map(|rows| rows.len());
    assert_eq!((length("a"), length("b"), length("none"), length("f")), (Ok(2), Ok(0), Ok(0), Ok(1)));
    assert_eq!(length("c"), Err(DecodeError::NotAList { field: "c".to_owned() }));
    assert_eq!(length("d"), Err(DecodeError::NotAList { field: "d".to_owned() }));
    assert!(row.answer_rows("b").is_ok());
    assert_eq!(row.answer_rows("none").err(), Some(DecodeError::NotAnAnswer { field: "none".to_owned() }));
}

#[test]
fn tags_are_known_or_unknown() {
    let tags = |text: &str| Row::new(&element(text)).tags();
    let known = |pairs: &[(&str, &str)]| {
        Fact::Known(pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect::<Tags>())
    };
    let item = |inner: &str| format!("<r><tagSet><item>{inner}</item></tagSet></r>");
    assert_eq!(tags("<r/>"), known(&[]));
    assert_eq!(tags("<r><tagSet/></r>"), known(&[]));
    assert_eq!(tags(&item("<key>keep</key><value>true</value>")), known(&[("keep", "true")]));
    assert_eq!(tags(&item("<key>keep</key><value/>")), known(&[("keep", "")]));
    for unknown in [item("<key>keep</key>"), item("<value>x</value>"), "<r><tagSet>x</tagSet></r>".to_owned()] {
        assert_eq!(tags(&unknown), Fact::Unknown, "{unknown}");
    }
}
