//! One row of an answer.
//!
//! The query protocol writes every value as a text, every list as an element of entries, and leaves out what is not
//! set. What fits no expected form is kept as it is or unknown, never taken for absent.

use serde_json::Value;
use sexton_core::address::NameError;
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Tags};
use sexton_core::time::Timestamp;

use crate::rpc::Element;

#[cfg(test)]
mod tests;

/// Why an answer cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// There is something else where a list should be.
    #[error("{field} is no list")]
    NotAList { field: String },
    /// A row has no id.
    #[error("a row has no {field}")]
    NoId { field: &'static str },
    /// An id does not make an address.
    #[error("an id makes no address: {0}")]
    Name(NameError),
    /// An answer lacks the list that it is about.
    #[error("the answer has no {field}")]
    NotAnAnswer { field: String },
    /// A permission names none of those that there are.
    #[error("an entry of {field} names nobody")]
    Nobody { field: &'static str },
}

impl From<NameError> for DecodeError {
    fn from(error: NameError) -> Self {
        Self::Name(error)
    }
}

/// An element of an answer that holds fields.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a>(&'a Element);

impl<'a> Row<'a> {
    pub(crate) fn new(element: &'a Element) -> Self {
        Self(element)
    }

    /// The row for keeping.
    pub(crate) fn to_owned(self) -> Element {
        self.0.clone()
    }

    /// The field, unless it is missing or empty.
    fn value(&self, field: &str) -> Option<&'a Element> {
        self.0.child(field).filter(|element| !element.text().trim().is_empty() || !element.children().is_empty())
    }

    /// Whether the field is there at all, with or without a value.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.0.child(field).is_some()
    }

    /// The text of a field that holds nothing else.
    pub(crate) fn text(&self, field: &str) -> Option<String> {
        let element = self.value(field).filter(|element| element.children().is_empty())?;
        Some(element.text().trim().to_owned())
    }

    /// The fields under a field.
    pub(crate) fn row(&self, field: &str) -> Option<Row<'a>> {
        self.value(field).map(Row)
    }

    /// The id of another resource: none where the field is missing or empty, an error where it is no text.
    pub(crate) fn reference(&self, field: &'static str) -> Result<Option<String>, DecodeError> {
        match self.value(field) {
            None => Ok(None),
            Some(_) => self.id(field).map(Some),
        }
    }

    pub(crate) fn id(&self, field: &'static str) -> Result<String, DecodeError> {
        self.text(field).ok_or(DecodeError::NoId { field })
    }

    /// A count.
    pub(crate) fn number(&self, field: &str) -> Option<u64> {
        self.text(field)?.parse().ok()
    }

    /// An instant in whole seconds.
    pub(crate) fn time(&self, field: &str) -> Option<Timestamp> {
        let instant: Timestamp = self.text(field)?.parse().ok()?;
        Timestamp::from_second(instant.as_second())
    }

    /// A text for an attribute; what is no text is unknown.
    pub(crate) fn text_attribute(&self, field: &str) -> Option<AttributeValue> {
        self.value(field)?;
        Some(self.text(field).map_or(Value::Null, Value::String))
    }

    /// A boolean for an attribute; a text that is none is kept as it is.
    pub(crate) fn boolean_attribute(&self, field: &str) -> Option<AttributeValue> {
        Some(match self.text_attribute(field)? {
            Value::String(text) if text.eq_ignore_ascii_case("true") => Value::Bool(true),
            Value::String(text) if text.eq_ignore_ascii_case("false") => Value::Bool(false),
            other @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_)) => other,
        })
    }

    /// A count for an attribute; a text that is none is kept as it is.
    pub(crate) fn number_attribute(&self, field: &str) -> Option<AttributeValue> {
        Some(match self.text_attribute(field)? {
            Value::String(text) => text.parse::<i64>().map_or(Value::String(text), AttributeValue::from),
            other @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other,
        })
    }

    /// An instant for an attribute; a text that is none is kept as it is.
    pub(crate) fn time_attribute(&self, field: &str) -> Option<AttributeValue> {
        let value = self.text_attribute(field)?;
        Some(self.time(field).map_or(value, |time| Value::String(time.to_string())))
    }

    /// A size that the provider counts in GiB.
    pub(crate) fn gibibytes(&self, field: &str) -> Option<u64> {
        self.number(field)?.checked_mul(1 << 30)
    }

    /// The entries of a list; nothing where there is no such field.
    pub(crate) fn rows(&self, field: &str) -> Result<Vec<Row<'a>>, DecodeError> {
        let Some(list) = self.0.child(field) else { return Ok(Vec::new()) };
        let is_list = list.text().trim().is_empty()
            && list.children().iter().all(|entry| matches!(entry.name(), "item" | "member"));
        if !is_list {
            return Err(DecodeError::NotAList { field: field.to_owned() });
        }
        Ok(list.children().iter().map(Row).collect())
    }

    /// The entries of the list that an answer is about, which is there even when it is empty.
    pub(crate) fn answer_rows(&self, field: &str) -> Result<Vec<Row<'a>>, DecodeError> {
        if !self.has(field) {
            return Err(DecodeError::NotAnAnswer { field: field.to_owned() });
        }
        self.rows(field)
    }

    /// The tags: none where the listing names none, unknown where they cannot be read.
    pub(crate) fn tags(&self) -> Fact<Tags> {
        let Ok(rows) = self.rows("tagSet") else { return Fact::Unknown };
        let mut tags = Tags::new();
        for row in rows {
            let Some(key) = row.text("key") else { return Fact::Unknown };
            // An empty value is one; a value that is missing or no text may be the one that protects.
            let value = row.0.child("value").filter(|value| value.children().is_empty());
            let Some(value) = value else { return Fact::Unknown };
            tags.insert(key, value.text().to_owned());
        }
        Fact::Known(tags)
    }
}
