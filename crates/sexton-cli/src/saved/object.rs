//! A JSON object of a file, read leniently: `""` and `null` are nothing, numbers may be texts.

use serde_json::{Map, Value};
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Tags};
use sexton_core::time::Timestamp;

#[derive(Debug, Clone, Copy)]
pub(super) struct Object<'a>(pub(super) &'a Map<String, Value>);

/// What is not where or what it has to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum ObjectError {
    #[error("{field} is no list of objects")]
    NotAList { field: &'static str },
    #[error("there is no {field}")]
    Missing { field: &'static str },
    #[error("{field} is no text")]
    NotAText { field: &'static str },
}

impl<'a> Object<'a> {
    /// The value, unless it is missing, `null` or `""`.
    pub(super) fn value(self, field: &str) -> Option<&'a Value> {
        self.0.get(field).filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    pub(super) fn has(self, field: &str) -> bool {
        self.0.contains_key(field)
    }

    pub(super) fn object(self, field: &str) -> Option<Object<'a>> {
        self.value(field)?.as_object().map(Object)
    }

    pub(super) fn text(self, field: &str) -> Option<String> {
        match self.value(field)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(super) fn id(self, field: &'static str) -> Result<String, ObjectError> {
        self.text(field).ok_or(ObjectError::Missing { field })
    }

    /// The id of another resource: none where there is none, an error where it is no text.
    pub(super) fn reference(self, field: &'static str) -> Result<Option<String>, ObjectError> {
        match self.value(field) {
            None => Ok(None),
            Some(_) => self.text(field).map(Some).ok_or(ObjectError::NotAText { field }),
        }
    }

    pub(super) fn number(self, field: &str) -> Option<u64> {
        match self.value(field)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(super) fn gibibytes(self, field: &str) -> Option<u64> {
        self.number(field)?.checked_mul(1 << 30)
    }

    /// An instant in whole seconds.
    pub(super) fn time(self, field: &str) -> Option<Timestamp> {
        let instant: Timestamp = self.value(field)?.as_str()?.parse().ok()?;
        Timestamp::from_second(instant.as_second())
    }

    /// A value for an attribute, as it is.
    pub(super) fn attribute(self, field: &str) -> Option<AttributeValue> {
        self.value(field).cloned()
    }

    /// A time for an attribute; what is none is unknown.
    pub(super) fn time_attribute(self, field: &str) -> Option<AttributeValue> {
        self.value(field)?;
        Some(self.time(field).map_or(Value::Null, |time| Value::String(time.to_string())))
    }

    /// The objects of a list; none where it is missing.
    pub(super) fn list(self, field: &'static str) -> Result<Vec<Object<'a>>, ObjectError> {
        match self.value(field) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => values
                .iter()
                .map(|value| value.as_object().map(Object).ok_or(ObjectError::NotAList { field }))
                .collect(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                Err(ObjectError::NotAList { field })
            }
        }
    }

    /// Tags as an object of texts; unknown where there is none, or something else.
    pub(super) fn tags(self, field: &str) -> Fact<Tags> {
        match self.0.get(field) {
            Some(Value::Object(map)) => {
                let tags = map.iter().map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
                tags.collect::<Option<Tags>>().into()
            }
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | None => {
                Fact::Unknown
            }
        }
    }
}
