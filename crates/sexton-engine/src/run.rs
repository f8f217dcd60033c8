//! What names one execution of one plan.

use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of a run, chosen by the caller: it stands in the journal, the events and the receipt.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[A-Za-z0-9_.-]+$"))]
pub struct RunId(Arc<str>);

/// A text that cannot name a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a run id: expected letters, digits, `-`, `_` and `.`")]
pub struct RunIdError {
    text: String,
}

impl RunId {
    /// Makes the name of ASCII letters, digits, `-`, `_` and `.`, so that it can stand in file names and logs.
    ///
    /// # Errors
    /// Empty text, or another character.
    pub fn new(text: impl Into<String>) -> Result<Self, RunIdError> {
        let text = text.into();
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || !text.chars().all(fits) {
            return Err(RunIdError { text });
        }
        Ok(Self(text.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for RunId {
    type Error = RunIdError;

    fn try_from(text: String) -> Result<Self, RunIdError> {
        Self::new(text)
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> String {
        id.0.as_ref().to_owned()
    }
}
