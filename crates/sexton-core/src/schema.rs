//! The formats as JSON Schemas, draft 2020-12, made from the types that are written or read.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use crate::{inventory, plan, policy};

mod names;

/// Of one line of an inventory. Unknown keys are ignored.
pub fn inventory() -> Value {
    let mut schema = read::<inventory::schema::Line>();
    // A line is one of them and not two.
    if let Some(object) = schema.as_object_mut()
        && let Some(ways) = object.remove("anyOf")
    {
        object.insert("oneOf".to_owned(), ways);
    }
    finished(schema, "One line of an inventory")
}

/// Of a policy, its TOML taken as JSON. Unknown keys are errors.
pub fn policy() -> Value {
    let mut schema = read::<policy::schema::Policy>();
    without_null(&mut schema);
    finished(schema, "A policy")
}

/// Of a plan.
pub fn plan() -> Value {
    let mut schema = written::<plan::Plan>();
    // The document begins with what it is, which the type knows without saying.
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("format".to_owned(), json!({"const": plan::FORMAT}));
        properties.insert("version".to_owned(), json!({"const": plan::VERSION}));
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.insert(0, json!("format"));
        required.insert(1, json!("version"));
    }
    finished(schema, "A plan")
}

/// The schema of what a type writes: every key that it always writes is required.
pub fn written<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>().to_value()
}

/// The schema of what a type reads.
fn read<T: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>().to_value()
}

/// TOML has no null: what is optional is left out.
fn without_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(ways)) = object.get_mut("anyOf") {
                ways.retain(|way| *way != json!({"type": "null"}));
                if let [Value::Object(only)] = ways.as_slice() {
                    let only = only.clone();
                    object.remove("anyOf");
                    object.extend(only);
                }
            }
            object.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Gives a schema the title that a reader looks for, in place of a type's name, and its descriptions in one line each.
pub fn finished(mut schema: Value, title: &str) -> Value {
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), json!(title));
    }
    unbroken(&mut schema);
    schema
}

fn unbroken(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if let Some(Value::String(description)) = object.get_mut("description") {
                *description = description.replace('\n', " ");
            }
            object.values_mut().for_each(unbroken);
        }
        Value::Array(items) => items.iter_mut().for_each(unbroken),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A text of a form.
fn text(pattern: &str) -> Schema {
    schemars::json_schema!({"type": "string", "pattern": pattern})
}
