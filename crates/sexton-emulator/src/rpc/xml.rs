//! Answers as XML, which the API gives under V1 signatures where `Format` does not say JSON.
//!
//! The form is that of captured answers of 2016 (fixtures of Apache Libcloud): the root `DescribeImagesResponse`, a list as
//! repeated elements inside its wrapper, an empty one as an empty wrapper, an error under the root `Error`. How a flat list
//! looks is not known; here it is repeated elements of its name, and none where it is empty.

use serde_json::{Map, Value};

/// The document of that root with these fields.
pub(crate) fn document(root: &str, fields: &Map<String, Value>) -> String {
    let mut text = "<?xml version='1.0' encoding='UTF-8'?>".to_owned();
    object(&mut text, root, fields);
    text
}

fn object(text: &mut String, name: &str, fields: &Map<String, Value>) {
    open(text, name);
    for (name, value) in fields {
        element(text, name, value);
    }
    close(text, name);
}

fn element(text: &mut String, name: &str, value: &Value) {
    let mut plain = |value: &str| {
        open(text, name);
        text.extend(value.chars().map(escaped));
        close(text, name);
    };
    match value {
        Value::Null => {}
        Value::Bool(value) => plain(if *value { "true" } else { "false" }),
        Value::Number(value) => plain(&value.to_string()),
        Value::String(value) => plain(value),
        Value::Array(values) => values.iter().for_each(|value| element(text, name, value)),
        Value::Object(fields) => object(text, name, fields),
    }
}

fn open(text: &mut String, name: &str) {
    text.push('<');
    text.push_str(name);
    text.push('>');
}

fn close(text: &mut String, name: &str) {
    text.push_str("</");
    text.push_str(name);
    text.push('>');
}

/// Characters that XML 1.0 has no way to write become the replacement character.
fn escaped(character: char) -> std::borrow::Cow<'static, str> {
    match character {
        '&' => "&amp;".into(),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        '\r' => "&#13;".into(),
        '\t' | '\n' => character.to_string().into(),
        control if control < ' ' || matches!(control, '\u{FFFE}' | '\u{FFFF}') => "\u{FFFD}".into(),
        plain => plain.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(value: &Value) -> String {
        document("Root", value.as_object().unwrap()).replace("<?xml version='1.0' encoding='UTF-8'?>", "")
    }

    #[test]
    fn lists_are_repeated_inside_their_wrapper_and_leave_it_empty_where_they_are() {
        let value = json!({ "Images": { "Image": [{ "Tags": { "Tag": [] } }, { "IsPublic": true }, { "Size": 40 }] } });
        let images =
            "<Image><Tags></Tags></Image><Image><IsPublic>true</IsPublic></Image><Image><Size>40</Size></Image>";
        assert_eq!(written(&value), format!("<Root><Images>{images}</Images></Root>"));
        assert_eq!(written(&json!({ "Flat": ["a", "b"] })), "<Root><Flat>a</Flat><Flat>b</Flat></Root>");
        assert_eq!(written(&json!({ "None": null })), "<Root></Root>");
    }

    #[test]
    fn what_xml_cannot_say_is_escaped_or_replaced() {
        assert_eq!(
            written(&json!({ "A": "a<b>&\"c\u{1}\r\n测" })),
            "<Root><A>a&lt;b&gt;&amp;\"c\u{FFFD}&#13;\n测</A></Root>"
        );
    }
}
