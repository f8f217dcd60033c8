//! One request as it came over the wire, before anything of it is believed.

use std::collections::BTreeMap;

use crate::error::ApiError;
use crate::percent;

/// A request with its query decoded and its header names in lower case.
#[derive(Debug, Clone)]
pub(crate) struct RawRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    /// Decoded, in the order sent.
    pub(crate) query: Vec<(String, String)>,
    /// By lower-case name; several of one name are joined by commas.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl RawRequest {
    /// Decodes the query and takes the rest as it is.
    pub(crate) fn new(
        method: &str,
        path: &str,
        query: &str,
        headers: impl IntoIterator<Item = (String, String)>,
        body: Vec<u8>,
    ) -> Result<Self, ApiError> {
        let query = percent::decode_pairs(query).map_err(|error| {
            ApiError::new(400, "InvalidParameter", format!("The query cannot be decoded: {error}."))
        })?;
        let mut joined: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in headers {
            joined
                .entry(name.to_ascii_lowercase())
                .and_modify(|all| {
                    all.push(',');
                    all.push_str(value.trim());
                })
                .or_insert_with(|| value.trim().to_owned());
        }
        Ok(Self { method: method.to_owned(), path: path.to_owned(), query, headers: joined, body })
    }

    /// The request line and the headers.
    pub(crate) fn head(&self) -> String {
        let query: Vec<String> = self
            .query
            .iter()
            .map(|(name, value)| format!("{}={}", percent::encode(name), percent::encode(value)))
            .collect();
        let mut head = format!("{} {}?{}", self.method, self.path, query.join("&"));
        for (name, value) in &self.headers {
            head.push_str(&format!("\n{name}: {value}"));
        }
        head
    }

    /// The value of a header, by its lower-case name; an empty one counts as missing.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The parameters of the query and, where the body is a form, of the body; the later of one name stands.
    pub(crate) fn parameters(&self) -> Result<BTreeMap<String, String>, ApiError> {
        let mut parameters: BTreeMap<String, String> = self.query.iter().cloned().collect();
        let is_form =
            self.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        if is_form {
            let malformed = |problem: String| {
                ApiError::new(400, "InvalidParameter", format!("The form body cannot be decoded: {problem}."))
            };
            let text = std::str::from_utf8(&self.body).map_err(|error| malformed(error.to_string()))?;
            parameters.extend(percent::decode_pairs(text).map_err(|error| malformed(error.to_string()))?);
        }
        Ok(parameters)
    }
}
