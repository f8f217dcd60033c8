use super::*;

#[test]
fn an_answer_is_read_with_its_lists_and_entities() {
    let text = "<?xml version=\"1.0\"?>\n<R xmlns=\"http://x\">\n  <set>\n <item><id>a &amp; b &#228;</id><n/></item>\n\
        <item><id><![CDATA[<c>]]></id></item></set><requestId> r </requestId></R>\n";
    let root = Element::of_xml(text).unwrap();
    assert_eq!((root.name(), root.text()), ("R", ""));
    let items = root.child("set").unwrap().children();
    assert_eq!(items.iter().map(|item| item.text_of("id")).collect::<Vec<_>>(), [Some("a & b ä"), Some("<c>")]);
    assert_eq!(items[0].child("n").unwrap(), &Element::named("n"));
    assert_eq!((root.text_of("requestId"), root.text_of("set"), root.text_of("none")), (Some("r"), None, None));
}

#[test]
fn what_is_no_document_is_none() {
    let deep = format!("{}{}", "<a>".repeat(1000), "</a>".repeat(1000));
    for text in [
        "",
        "plain",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>x",
        "<a>&unheard;</a>",
        "{}",
        &deep,
        "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
        "<!doctype html>\n<html lang=en>\n<title>500</title>",
    ] {
        assert_eq!(Element::of_xml(text), None, "{text}");
    }
}

#[test]
fn an_object_is_read_like_an_element() {
    let text = br#"{"Rules": [{"Identifier": "a", "Period": {"Value": 7}, "Locked": false}], "NextToken": null}"#;
    let root = Element::of_json(text).unwrap();
    let rule = &root.child("Rules").unwrap().children()[0];
    assert_eq!((rule.name(), rule.text_of("Identifier"), rule.text_of("Locked")), ("item", Some("a"), Some("false")));
    assert_eq!(rule.child("Period").unwrap().text_of("Value"), Some("7"));
    assert_eq!(root.child("NextToken"), None);
    for text in ["[]", "\"x\"", "{", ""] {
        assert_eq!(Element::of_json(text.as_bytes()), None, "{text}");
    }
}
