//! An object of a JSON answer, read as tolerantly as services write it: numbers and booleans come as texts, `""` and
//! `null` stand for nothing. What fits no expected form is kept as it is or unknown, never taken for absent.

use serde_json::{Map, Value};
use sexton_core::resource::AttributeValue;
use sexton_core::time::Timestamp;

#[cfg(test)]
mod tests;

/// The fields of an object.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a>(&'a Map<String, Value>);

/// A row has no id, or one that is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a row has no {field}")]
pub struct NoId {
    /// Where it should be.
    pub field: &'static str,
}

impl<'a> Fields<'a> {
    /// Reads an object.
    pub fn new(object: &'a Map<String, Value>) -> Self {
        Self(object)
    }

    /// The object.
    pub fn object(&self) -> &'a Map<String, Value> {
        self.0
    }

    /// The value, unless it is missing, `null` or `""`.
    pub fn value(&self, field: &str) -> Option<&'a Value> {
        self.0.get(field).filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    /// Whether the field is there with `""`: known to be nothing.
    pub fn is_blank(&self, field: &str) -> bool {
        self.0.get(field).is_some_and(|value| value.as_str() == Some(""))
    }

    /// A text, which may have been written as a number or a boolean.
    pub fn text(&self, field: &str) -> Option<String> {
        match self.value(field)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The id of the row.
    ///
    /// # Errors
    /// It is missing, or no text.
    pub fn id(&self, field: &'static str) -> Result<String, NoId> {
        self.text(field).ok_or(NoId { field })
    }

    /// The id of another resource: none where the field is missing, `null` or `""`.
    ///
    /// # Errors
    /// It is no text.
    pub fn reference(&self, field: &'static str) -> Result<Option<String>, NoId> {
        match self.value(field) {
            None => Ok(None),
            Some(_) => self.id(field).map(Some),
        }
    }

    /// A count, which may have been written as a text.
    pub fn number(&self, field: &str) -> Option<u64> {
        match self.value(field)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// A size that is counted in GiB.
    pub fn gibibytes(&self, field: &str) -> Option<u64> {
        self.number(field)?.checked_mul(1 << 30)
    }

    /// An instant in whole seconds; a time without seconds is that minute's start. One that does not say in which zone
    /// it is could be hours off, and is unknown.
    pub fn time(&self, field: &str) -> Option<Timestamp> {
        let instant: Timestamp = self.value(field)?.as_str()?.trim().parse().ok()?;
        Timestamp::from_second(instant.as_second())
    }

    /// A text for an attribute; what is no text is kept raw.
    pub fn text_attribute(&self, field: &str) -> Option<AttributeValue> {
        let value = self.value(field)?;
        Some(self.text(field).map_or_else(|| value.clone(), AttributeValue::String))
    }

    /// A boolean for an attribute, which may have been written as a text; what is none is kept raw.
    pub fn boolean_attribute(&self, field: &str) -> Option<AttributeValue> {
        let value = self.value(field)?;
        Some(match value.as_str() {
            Some(text) if text.eq_ignore_ascii_case("true") => Value::Bool(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Value::Bool(false),
            Some(_) | None => value.clone(),
        })
    }

    /// A number for an attribute, which may have been written as a text; what is none is kept raw.
    pub fn number_attribute(&self, field: &str) -> Option<AttributeValue> {
        let value = self.value(field)?;
        let number = value.as_str().and_then(|text| text.trim().parse::<i64>().ok());
        Some(number.map_or_else(|| value.clone(), AttributeValue::from))
    }
}
