//! The calls of ECS 2014-05-26.

pub(crate) mod cloud;
mod disks;
mod groups;
pub(crate) mod images;
mod instances;
mod locks;
mod policies;
mod regions;
mod shares;
mod snapshots;
mod tasks;
mod templates;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::error::Reply;
use crate::paging::Page;
use crate::parameters::TagCondition;

/// `Tags` as the listings have it.
fn tags(tags: &BTreeMap<String, String>) -> Value {
    let tags: Vec<Value> = tags.iter().map(|(key, value)| json!({ "TagKey": key, "TagValue": value })).collect();
    json!({ "Tag": tags })
}

fn has_tags(tags: &BTreeMap<String, String>, wanted: &[TagCondition<'_>]) -> bool {
    wanted.iter().all(|(key, value)| match (tags.get(*key), value) {
        (Some(has), Some(wants)) => has == wants,
        (Some(_), None) => true,
        (None, _) => false,
    })
}

/// A row without the fields that hold nothing: the API leaves those out.
fn row(fields: Value) -> Value {
    match fields {
        Value::Object(fields) => Value::Object(fields.into_iter().filter(|(_, value)| !value.is_null()).collect()),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => other,
    }
}

/// `{"Xs": {"X": [rows]}}` and the paging fields.
fn listed<T>(outer: &str, inner: &str, page: Page<'_, T>, write: impl FnMut(&T) -> Value) -> Reply {
    let rows: Vec<Value> = page.rows.into_iter().map(write).map(row).collect();
    let mut fields = page.fields;
    fields.insert(outer.to_owned(), Value::Object(Map::from_iter([(inner.to_owned(), Value::Array(rows))])));
    Ok(fields)
}
