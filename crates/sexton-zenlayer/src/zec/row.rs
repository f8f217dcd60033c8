//! One row of an answer, read as tolerantly as the provider writes it.
//!
//! The vendor's SDKs treat a missing field, `null` and `[]` alike, a size comes as a string, and times come in several
//! forms. What fits no expected form is kept as it is or unknown, never taken for absent.

use std::ops::Deref;

use serde_json::{Map, Value};
use sexton_core::address::NameError;
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Tags};
use sexton_http::{Fields, NoId};

use crate::rpc::ApiVersion;

#[cfg(test)]
mod tests;

/// Why an answer cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// There is something else where a list should be.
    #[error("{field} is no list")]
    NotAList { field: &'static str },
    /// An entry of a list is no object, or no text.
    #[error("an entry of {field} cannot be read")]
    Entry { field: &'static str },
    /// A row has no id.
    #[error(transparent)]
    NoId(#[from] NoId),
    /// An id does not make an address.
    #[error("an id makes no address: {0}")]
    Name(NameError),
    /// An answer has neither the list nor a count.
    #[error("the answer has neither {field} nor a total")]
    NotAnAnswer { field: &'static str },
    /// A row does not say where its resource is.
    #[error("a row is in zone {zone:?}, of which DescribeZones knows no region")]
    NoRegion { zone: String },
    /// A row that was asked for by another zone or id is of another region.
    #[error("a row is in region {found}, where {wanted} was asked for")]
    Elsewhere { found: String, wanted: String },
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

    /// A word in lower case for an attribute, as other providers' inventories have it.
    pub(crate) fn word_attribute(&self, field: &str) -> Option<AttributeValue> {
        Some(match self.text_attribute(field)? {
            Value::String(text) => Value::String(text.to_lowercase()),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other,
        })
    }

    /// A boolean, which may have been written as a text.
    pub(crate) fn boolean(&self, field: &str) -> Option<bool> {
        self.boolean_attribute(field)?.as_bool()
    }

    fn values(&self, field: &'static str) -> Result<&'a [Value], DecodeError> {
        match self.value(field) {
            None => Ok(&[]),
            Some(Value::Array(values)) => Ok(values),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                Err(DecodeError::NotAList { field })
            }
        }
    }

    /// The rows of a list; nothing and `null` are the empty one.
    pub(crate) fn rows(&self, field: &'static str) -> Result<Vec<Row<'a>>, DecodeError> {
        let rows = self.values(field)?.iter();
        rows.map(|value| value.as_object().map(Row::new).ok_or(DecodeError::Entry { field })).collect()
    }

    /// The texts of a list; nothing and `null` are the empty one.
    pub(crate) fn texts(&self, field: &'static str) -> Result<Vec<String>, DecodeError> {
        let values = self.values(field)?.iter();
        values
            .map(|value| {
                value.as_str().filter(|text| !text.is_empty()).map(str::to_owned).ok_or(DecodeError::Entry { field })
            })
            .collect()
    }

    /// The rows of the list that an answer is about, which must at least have been counted.
    pub(crate) fn answer_rows(&self, field: &'static str) -> Result<Vec<Row<'a>>, DecodeError> {
        if self.value(field).is_none() && self.number("totalCount").is_none() {
            return Err(DecodeError::NotAnAnswer { field });
        }
        self.rows(field)
    }

    /// The id of the resource group, which stands in an object of its own or beside the rest.
    pub(crate) fn resource_group(&self) -> Option<AttributeValue> {
        let nested = self.value("resourceGroup").and_then(Value::as_object).map(Row::new);
        nested
            .and_then(|group| group.text_attribute("resourceGroupId"))
            .or_else(|| self.text_attribute("resourceGroupId"))
    }

    /// The tags: none where a version that has tags names none, unknown where they cannot be read.
    pub(crate) fn tags(&self, version: ApiVersion) -> Fact<Tags> {
        let rows = match (self.value("tags"), version) {
            (None, ApiVersion::V20240401) => return Fact::Unknown,
            (Some(Value::Object(wrapper)), _) => Row::new(wrapper).rows("tags"),
            (None | Some(_), _) => self.rows("tags"),
        };
        let Ok(rows) = rows else { return Fact::Unknown };
        let mut tags = Tags::new();
        for row in rows {
            // An empty value is one; a value that is missing or no text may be the one that protects.
            let value = row.text("value").or_else(|| row.is_blank("value").then(String::new));
            let (Some(key), Some(value)) = (row.text("key"), value) else { return Fact::Unknown };
            tags.insert(key, value);
        }
        Fact::Known(tags)
    }
}
