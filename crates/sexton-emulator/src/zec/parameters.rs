//! The parameters of a call, which are the members of its body.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::error::ApiError;

/// The members of a request's body. `null` counts as missing.
#[derive(Debug, Clone)]
pub(crate) struct Parameters(pub(crate) Map<String, Value>);

impl Parameters {
    pub(crate) fn read(body: &[u8]) -> Result<Self, ApiError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) | Err(_) => Err(ApiError::new(400, "INVALID_PARAMETER_TYPE", "The body is no JSON object.")),
        }
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        self.value(name).map(|value| value.as_str().ok_or_else(|| wrong_type(name, "a text"))).transpose()
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, ApiError> {
        self.value(name).map(|value| value.as_u64().ok_or_else(|| wrong_type(name, "a number"))).transpose()
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.value(name).map(|value| value.as_bool().ok_or_else(|| wrong_type(name, "true or false"))).transpose()
    }

    /// A list of texts; an empty one counts as missing.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, ApiError> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let texts: Option<Vec<&str>> = value.as_array().and_then(|values| values.iter().map(Value::as_str).collect());
        Ok(Some(texts.ok_or_else(|| wrong_type(name, "a list of texts"))?).filter(|texts| !texts.is_empty()))
    }

    /// The ids that a removal names, each once.
    pub(crate) fn ids(&self, name: &str, most: usize) -> Result<Vec<&str>, ApiError> {
        let ids = self.texts(name)?.ok_or_else(|| missing(name))?;
        if ids.len() > most {
            let message = format!("The parameter {name} exceeds the maximum of {most}.");
            return Err(ApiError::new(400, "INVALID_PARAMETER_EXCEED_MAXIMUM", message));
        }
        let mut seen = BTreeSet::new();
        Ok(ids.into_iter().filter(|id| seen.insert(*id)).collect())
    }
}

fn missing(name: &str) -> ApiError {
    ApiError::new(400, "MISSING_PARAMETER", format!("The parameter {name} is missing."))
}

fn wrong_type(name: &str, expected: &str) -> ApiError {
    ApiError::new(400, "INVALID_PARAMETER_TYPE", format!("The parameter {name} is not {expected}."))
}
