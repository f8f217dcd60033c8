//! One row of an answer, read as tolerantly as the provider writes it.
//!
//! Captured answers and the vendor's samples mix types: numbers and booleans come as strings, `""` and `null` stand for
//! nothing, lists lack their wrapper, times lack their seconds. What fits no expected form is kept as it is or unknown,
//! never taken for absent.

use std::ops::Deref;

use serde_json::{Map, Value};
use sexton_core::address::NameError;
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Tags};
use sexton_http::{Fields, NoId};

#[cfg(test)]
mod tests;

/// Why an answer cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// There is something else where a list should be.
    #[error("{field} is no list")]
    NotAList { field: String },
    /// An entry of a list is no object.
    #[error("an entry of {field} is no object")]
    NotARow { field: String },
    /// A row has no id.
    #[error(transparent)]
    NoId(#[from] NoId),
    /// A field says neither yes nor no.
    #[error("{field} is neither true nor false")]
    NotABoolean { field: &'static str },
    /// An id does not make an address.
    #[error("an id makes no address: {0}")]
    Name(NameError),
    /// An answer has neither the list nor the request id that the provider's own answers have.
    #[error("the answer has neither {field} nor RequestId")]
    NotAnAnswer { field: String },
}

impl From<NameError> for DecodeError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

/// An object of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a>(Fields<'a>);

impl<'a> Deref for Row<'a> {
    type Target = Fields<'a>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<'a> Row<'a> {
    pub(crate) fn new(object: &'a Map<String, Value>) -> Self {
        Self(Fields::new(object))
    }

    /// The row for keeping.
    pub(crate) fn to_owned(self) -> Map<String, Value> {
        self.object().clone()
    }

    /// Whether the field is there at all, with or without a value.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.object().get(field).is_some_and(|value| !value.is_null())
    }

    /// The values of the list `outer.inner`, or of the flat list `outer`. Nothing, `""` and `{}` are the empty list.
    pub(crate) fn values(&self, outer: &str, inner: &str) -> Result<&'a [Value], DecodeError> {
        let not_a_list = |field: String| DecodeError::NotAList { field };
        match self.value(outer) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(Value::Object(wrapper)) => match Row::new(wrapper).value(inner) {
                None => Ok(&[]),
                Some(Value::Array(values)) => Ok(values),
                Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                    Err(not_a_list(format!("{outer}.{inner}")))
                }
            },
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                Err(not_a_list(outer.to_owned()))
            }
        }
    }

    /// The rows of such a list.
    pub(crate) fn rows(&self, outer: &str, inner: &str) -> Result<Vec<Row<'a>>, DecodeError> {
        self.values(outer, inner)?
            .iter()
            .map(|value| {
                value.as_object().map(Row::new).ok_or_else(|| DecodeError::NotARow { field: outer.to_owned() })
            })
            .collect()
    }

    /// The rows of the list that an answer is about. An answer without it must at least be the provider's own.
    pub(crate) fn answer_rows(&self, outer: &str, inner: &str) -> Result<Vec<Row<'a>>, DecodeError> {
        if !self.has(outer) && self.value("RequestId").is_none() {
            return Err(DecodeError::NotAnAnswer { field: outer.to_owned() });
        }
        self.rows(outer, inner)
    }

    /// The tags: none where the listing names none, unknown where they cannot be read.
    pub(crate) fn tags(&self) -> Fact<Tags> {
        let Ok(rows) = self.rows("Tags", "Tag") else { return Fact::Unknown };
        let mut tags = Tags::new();
        for row in rows {
            let Some(key) = row.text("TagKey").or_else(|| row.text("Key")) else { return Fact::Unknown };
            // An empty value is one; a value that is missing or no text may be the one that protects.
            let empty = |field: &str| row.object().get(field).and_then(Value::as_str).filter(|text| text.is_empty());
            let value = ["TagValue", "Value"]
                .into_iter()
                .find_map(|field| row.text(field).or_else(|| empty(field).map(str::to_owned)));
            let Some(value) = value else { return Fact::Unknown };
            tags.insert(key, value);
        }
        Fact::Known(tags)
    }

    /// The reasons for which a resource is locked: objects with a `LockReason` under `inner`; unknown where they
    /// cannot be read.
    pub(crate) fn lock_reasons(&self, inner: &str) -> Option<AttributeValue> {
        if !self.has("OperationLocks") {
            return None;
        }
        let reasons: Option<Vec<Value>> = self.values("OperationLocks", inner).ok().and_then(|values| {
            values
                .iter()
                .map(|value| match value {
                    Value::String(reason) => Some(Value::String(reason.clone())),
                    Value::Object(row) => Row::new(row).text("LockReason").map(Value::String),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
                })
                .collect()
        });
        Some(reasons.map_or(Value::Null, Value::Array))
    }

    /// One of the words that a guard tells apart, in whatever case; `null` where it is another, which may mean anything.
    pub(crate) fn word(&self, field: &str, known: &[&str]) -> Option<AttributeValue> {
        self.value(field)?;
        let text = self.text(field).map(|text| text.to_ascii_lowercase());
        Some(text.filter(|text| known.contains(&text.as_str())).map_or(Value::Null, Value::String))
    }

    /// Every text under a key of that name, or a dotted key that ends in it, however deep.
    pub(crate) fn texts_anywhere(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        collect_texts(self.object(), name, &mut found);
        found
    }
}

fn collect_texts(object: &Map<String, Value>, name: &str, found: &mut Vec<String>) {
    for (key, value) in object {
        let named = key == name || key.strip_suffix(name).is_some_and(|front| front.ends_with('.'));
        match value {
            Value::Object(inner) => collect_texts(inner, name, found),
            Value::Array(values) => {
                values.iter().filter_map(Value::as_object).for_each(|inner| collect_texts(inner, name, found));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                if named {
                    found.extend(Row::new(object).text(key));
                }
            }
        }
    }
}
