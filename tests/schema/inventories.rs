//! What is a line of an inventory: by the schema as by the reader.

use serde_json::{Value, json};
use sexton_core::{inventory, schema};

use super::validator;

/// Values of every type, and texts of every form.
fn samples() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(7),
        json!(-1),
        json!(1.5),
        json!(""),
        json!("x"),
        json!("a:b"),
        json!("a/b"),
        json!("2026-01-01T00:00:00Z"),
        json!([]),
        json!({}),
        json!({"a": "b"}),
        json!({"a": 1}),
        json!({"a": null}),
        json!({"a": {"b": [1]}}),
        json!(["x"]),
        json!([{}]),
        json!([null]),
        json!([{"relation": "r", "kind": "k", "id": "i"}]),
    ]
}

fn census() -> Value {
    json!({"provider": "p", "account": "1", "region": "r", "kind": "image", "complete": true, "as_of": "2026-01-01T00:00:00Z"})
}

fn resource() -> Value {
    json!({"provider": "p", "account": "1", "region": "r", "kind": "image", "id": "m", "name": "n", "state": "s",
        "created_at": "2026-01-01T00:00:00Z", "size_bytes": 1, "tags": {"a": "b"}, "attrs": {"a": 1},
        "links": [{"relation": "r", "kind": "k", "id": "i", "provider": "p", "account": "2", "region": "q"}]})
}

/// Every object like this one with one key left out or of another value; and one with a key that nobody knows.
fn altered(object: &Value) -> Vec<Value> {
    let mut found = vec![object.clone()];
    let keys: Vec<String> = object.as_object().expect("an object is altered").keys().cloned().collect();
    for key in keys.iter().map(String::as_str).chain(["nobody_knows"]) {
        let mut without = object.clone();
        without.as_object_mut().expect("it is one").remove(key);
        found.push(without);
        for sample in samples() {
            let mut with = object.clone();
            with[key] = sample;
            found.push(with);
        }
    }
    found
}

#[test]
fn the_schema_admits_what_the_reader_reads() {
    let schema = validator(&schema::inventory());
    let header = json!({"format": "sexton.inventory", "version": 1, "taken_at": "2026-11-21T00:00:00Z"});
    let mut lines: Vec<Value> = altered(&census()).into_iter().map(|census| json!({"census": census})).collect();
    lines.extend(altered(&resource()).into_iter().map(|resource| json!({"resource": resource})));
    for link in altered(&resource()["links"][0]) {
        let mut resource = resource();
        resource["links"] = json!([link]);
        lines.push(json!({"resource": resource}));
    }
    lines.extend([
        json!({}),
        json!({"resource": resource(), "census": null}),
        json!({"resource": null, "census": census()}),
        json!({"resource": null}),
        json!({"resource": resource(), "census": census()}),
        json!({"resource": resource(), "nobody_knows": 1}),
        json!([]),
        json!("x"),
        json!({"resources": resource()}),
    ]);
    let (mut good, mut bad) = (0, 0);
    for line in &lines {
        let text = format!("{header}\n{line}\n");
        let read = inventory::read(text.as_bytes());
        assert_eq!(schema.is_valid(line), read.is_ok(), "{line}: {:?}", read.err());
        *(if read.is_ok() { &mut good } else { &mut bad }) += 1;
    }
    assert!(good > 100 && bad > 100, "{good} lines are read, {bad} are not");
    let (mut good, mut bad) = (0, 0);
    for line in altered(&header) {
        let read = inventory::read(format!("{line}\n").as_bytes());
        assert_eq!(schema.is_valid(&line), read.is_ok(), "{line}: {:?}", read.err());
        *(if read.is_ok() { &mut good } else { &mut bad }) += 1;
    }
    assert!(good > 10 && bad > 10, "{good} headers are read, {bad} are not");
}
