//! Answers with fields that nobody has heard of: what a service may add at any time.

use serde_json::{Value, json};

/// The name of the field.
const UNKNOWN: &str = "ZzNewSinceYesterday";

/// The body with an unknown field in every object (JSON) or after every opening of an item (XML). A body in neither format
/// stays as it is.
pub(crate) fn decorate(body: &[u8]) -> Vec<u8> {
    match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            everywhere(&mut value);
            value.to_string().into_bytes()
        }
        Err(_) => match std::str::from_utf8(body) {
            Ok(text) if text.trim_start().starts_with('<') => items(text).into_bytes(),
            Ok(_) | Err(_) => body.to_vec(),
        },
    }
}

fn everywhere(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(everywhere);
            fields.insert(UNKNOWN.to_owned(), json!({ "Version": 2, "Items": [true, null, "text"] }));
        }
        Value::Array(items) => items.iter_mut().for_each(everywhere),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn items(text: &str) -> String {
    let unknown = format!("<{UNKNOWN}><version>2</version><item>text</item></{UNKNOWN}>");
    text.replace("</item>", &format!("{unknown}</item>"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_and_item_gets_one_and_nothing_else_changes() {
        let decorated = decorate(br#"{"a":[{"b":1},2]}"#);
        let mut value: Value = serde_json::from_slice(&decorated).unwrap();
        assert!(value.as_object_mut().unwrap().remove(UNKNOWN).is_some());
        assert!(value["a"][0].as_object_mut().unwrap().remove(UNKNOWN).is_some());
        assert_eq!(value, json!({ "a": [{ "b": 1 }, 2] }));
        let xml = String::from_utf8(decorate(b"<set><item><a>1</a></item></set>")).unwrap();
        assert!(xml.starts_with("<set><item><a>1</a><Zz") && xml.ends_with("</item></set>"), "{xml}");
        assert_eq!(decorate(b"plain"), b"plain");
    }
}
