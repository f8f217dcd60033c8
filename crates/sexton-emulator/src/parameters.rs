//! The parameters of a call, in the forms that the RPC style flattens values into: JSON-array strings, comma-separated
//! lists, `Name.1` `Name.2`, booleans as `true` or `True`.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::ApiError;

/// The parameters of one call by name.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parameters(BTreeMap<String, String>);

/// A condition on tags: a key, and a value unless any will do.
pub(crate) type TagCondition<'a> = (&'a str, Option<&'a str>);

/// No list of ids in one call is longer (vendor documentation of each listing).
const MAX_IDS: usize = 100;

impl Parameters {
    pub(crate) fn new(parameters: BTreeMap<String, String>) -> Self {
        Self(parameters)
    }

    /// The value; an empty one counts as missing.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The value, or `MissingParameter`.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).ok_or_else(|| ApiError::missing(name))
    }

    /// A boolean in any case of letters: the vendor's Python SDK sends `True`.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name) {
            None => Ok(None),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(_) => Err(ApiError::invalid(name, "expected true or false")),
        }
    }

    /// Whether the boolean is given and true.
    pub(crate) fn is_set(&self, name: &str) -> Result<bool, ApiError> {
        Ok(self.flag(name)? == Some(true))
    }

    /// A whole number.
    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, ApiError> {
        self.get(name)
            .map(|text| text.parse().map_err(|_| ApiError::invalid(name, "expected a whole number")))
            .transpose()
    }

    /// A list of ids as one JSON-array string; `[]` is a list of none.
    pub(crate) fn json_ids(&self, name: &str) -> Result<Option<BTreeSet<String>>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let ids: Vec<String> =
            serde_json::from_str(text).map_err(|_| ApiError::invalid(name, "expected a JSON array of strings"))?;
        at_most_max(name, ids.len())?;
        Ok(Some(ids.into_iter().collect()))
    }

    /// A list separated by commas.
    pub(crate) fn separated(&self, name: &str) -> Result<Option<BTreeSet<String>>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let items: BTreeSet<String> =
            text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect();
        at_most_max(name, items.len())?;
        Ok(Some(items))
    }

    /// `Name.1`, `Name.2` and so on, ascending by number, however many there are.
    pub(crate) fn numbered(&self, name: &str) -> Vec<&str> {
        let mut numbered: Vec<(usize, &str)> = self
            .0
            .iter()
            .filter_map(|(key, value)| {
                let number = key.strip_prefix(name)?.strip_prefix('.')?.parse().ok()?;
                Some((number, value.as_str()))
            })
            .collect();
        numbered.sort_unstable();
        numbered.into_iter().map(|(_, value)| value).collect()
    }

    /// `Name.1` and so on as a filter: none where there is none.
    pub(crate) fn numbered_ids(&self, name: &str) -> Result<Option<BTreeSet<String>>, ApiError> {
        let ids = self.numbered(name);
        at_most_max(name, ids.len())?;
        Ok((!ids.is_empty()).then(|| ids.into_iter().map(str::to_owned).collect()))
    }

    /// `Tag.1.Key`, `Tag.1.Value` and so on, at most 20; a value without its key is `InvalidTag.Mismatch`.
    pub(crate) fn tags(&self) -> Result<Vec<TagCondition<'_>>, ApiError> {
        let pairs = self.keyed("Tag");
        if pairs.len() > 20 {
            return Err(ApiError::new(400, "InvalidTagCount", "The specified tags are beyond the permitted range."));
        }
        pairs
            .into_values()
            .map(|(key, value)| match key {
                Some(key) => Ok((key, value)),
                None => Err(ApiError::new(
                    400,
                    "InvalidTag.Mismatch",
                    "The specified Tag.n.Key and Tag.n.Value do not match.",
                )),
            })
            .collect()
    }

    /// `Filter.1.Key`, `Filter.1.Value` and so on.
    pub(crate) fn filters(&self) -> Result<Vec<(&str, &str)>, ApiError> {
        self.keyed("Filter")
            .into_values()
            .map(|pair| match pair {
                (Some(key), Some(value)) => Ok((key, value)),
                (Some(_), None) => {
                    Err(ApiError::new(404, "InvalidFilterValue", "The specified filter value is not valid."))
                }
                (None, _) => {
                    Err(ApiError::new(404, "InvalidFilterKey.NotFound", "The specified filter key is not valid."))
                }
            })
            .collect()
    }

    fn keyed(&self, name: &str) -> BTreeMap<usize, (Option<&str>, Option<&str>)> {
        let mut pairs: BTreeMap<usize, (Option<&str>, Option<&str>)> = BTreeMap::new();
        for (key, value) in &self.0 {
            let parts = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')?.split_once('.'));
            let Some((number, part)) = parts else { continue };
            let Ok(number) = number.parse() else { continue };
            let pair = pairs.entry(number).or_default();
            match part {
                "Key" => pair.0 = Some(value),
                "Value" => pair.1 = Some(value),
                _ => {}
            }
        }
        pairs
    }
}

fn at_most_max(name: &str, count: usize) -> Result<(), ApiError> {
    if count > MAX_IDS {
        return Err(ApiError::invalid(name, "at most 100 may be given"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        Parameters::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn booleans_come_in_any_case() {
        let given = parameters(&[("A", "True"), ("B", "false"), ("C", "1"), ("D", "")]);
        assert_eq!(given.flag("A"), Ok(Some(true)));
        assert_eq!(given.flag("B"), Ok(Some(false)));
        assert_eq!(given.flag("C").unwrap_err().code, "InvalidParameter");
        assert_eq!(given.flag("D"), Ok(None));
    }

    #[test]
    fn numbered_values_are_ordered_by_number_not_by_text() {
        let given = parameters(&[("A.10", "ten"), ("A.2", "two"), ("A.1", "one"), ("AB.1", "other"), ("A.x", "no")]);
        assert_eq!(given.numbered("A"), ["one", "two", "ten"]);
    }

    #[test]
    fn lists_of_ids_are_json_or_comma_separated_and_bounded() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<String>>();
        let given = parameters(&[("J", r#"["a","b"]"#), ("N", "[]"), ("C", "a, b,"), ("X", "a")]);
        assert_eq!(given.json_ids("J").unwrap().unwrap(), ids(&["a", "b"]));
        assert_eq!(given.json_ids("N").unwrap().unwrap(), ids(&[]));
        assert_eq!(given.json_ids("missing").unwrap(), None);
        assert_eq!(given.json_ids("X").unwrap_err().code, "InvalidParameter");
        assert_eq!(given.separated("C").unwrap().unwrap(), ids(&["a", "b"]));
        let many = serde_json::to_string(&vec!["s"; 101]).unwrap();
        assert_eq!(parameters(&[("J", &many)]).json_ids("J").unwrap_err().code, "InvalidParameter");
    }

    #[test]
    fn tags_pair_keys_with_values() {
        let given = parameters(&[("Tag.1.Key", "env"), ("Tag.1.Value", "dev"), ("Tag.2.Key", "keep")]);
        assert_eq!(given.tags().unwrap(), [("env", Some("dev")), ("keep", None)]);
        assert_eq!(parameters(&[("Tag.1.Value", "dev")]).tags().unwrap_err().code, "InvalidTag.Mismatch");
    }
}
