//! The parameters of a query call: lists, filters, pages.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::dice::Dice;
use crate::error::ApiError;

/// The parameters of one call.
#[derive(Debug, Clone)]
pub(crate) struct Query(pub(crate) BTreeMap<String, String>);

/// A filter: any of these values of what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) name: String,
    pub(crate) values: Vec<String>,
}

/// A page of ids, and the token of the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) next: Option<String>,
}

impl Query {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        let missing =
            || ApiError::new(400, "MissingParameter", format!("The request must contain the parameter {name}"));
        self.get(name).ok_or_else(missing)
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The values of `name.N`, by number.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let mut values: Vec<(usize, &str)> = self
            .0
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(name)?.strip_prefix('.')?.parse().ok()?, value.as_str())))
            .collect();
        values.sort_unstable();
        values.into_iter().map(|(_, value)| value).collect()
    }

    /// The fields of `name.N.FIELD` and their values, by number.
    pub(crate) fn records(&self, name: &str) -> Vec<(&str, &str)> {
        let mut fields: Vec<(usize, &str, &str)> = self
            .0
            .iter()
            .filter_map(|(key, value)| {
                let (number, field) = key.strip_prefix(name)?.strip_prefix('.')?.split_once('.')?;
                Some((number.parse().ok()?, field, value.as_str()))
            })
            .collect();
        fields.sort_unstable();
        fields.into_iter().map(|(_, field, value)| (field, value)).collect()
    }

    /// The filters, each of which has to be one of these.
    pub(crate) fn filters(&self, known: &[&str]) -> Result<Vec<Filter>, ApiError> {
        let mut filters = Vec::new();
        for number in 1.. {
            let Some(name) = self.get(&format!("Filter.{number}.Name")) else { break };
            if !known.contains(&name) {
                let message = format!("The filter '{name}' is invalid");
                return Err(ApiError::new(400, "InvalidParameterValue", message));
            }
            let values = self.list(&format!("Filter.{number}.Value")).into_iter().map(str::to_owned).collect();
            filters.push(Filter { name: name.to_owned(), values });
        }
        Ok(filters)
    }

    /// The page that is asked for of rows in ascending order of their ids. Without a size it is all of them; with dice,
    /// pages come short.
    pub(crate) fn page<T>(
        &self,
        rows: Vec<(String, T)>,
        (parameter, bounds): (&str, std::ops::RangeInclusive<usize>),
        dice: Option<&mut Dice>,
    ) -> Result<Page<T>, ApiError> {
        let invalid =
            |name: &str| ApiError::new(400, "InvalidParameterValue", format!("Value for parameter {name} is invalid"));
        let asked = match self.get(parameter) {
            None => usize::MAX,
            Some(text) => text.parse().ok().filter(|size| bounds.contains(size)).ok_or_else(|| invalid(parameter))?,
        };
        let size = match dice {
            Some(dice) if asked < usize::MAX => {
                usize::try_from(dice.below(u64::try_from(asked).unwrap_or(u64::MAX)) + 1).unwrap_or(asked)
            }
            Some(_) | None => asked,
        };
        let after = match self.get("NextToken") {
            None => None,
            Some(token) => Some(read_token(token).ok_or_else(|| invalid("NextToken"))?),
        };
        let mut left = rows.into_iter().filter(|(id, _)| after.as_ref().is_none_or(|after| id > after)).peekable();
        let mut page = Page { rows: Vec::new(), next: None };
        let mut last = String::new();
        while page.rows.len() < size {
            let Some((id, row)) = left.next() else { break };
            last = id;
            page.rows.push(row);
        }
        page.next = left.peek().map(|_| write_token(&last));
        Ok(page)
    }
}

/// Tells a client nothing.
fn write_token(last: &str) -> String {
    last.bytes().fold(String::from("AQ"), |mut token, byte| {
        write!(token, "{:02x}", byte ^ 0x5A).expect("a string takes every write");
        token
    })
}

fn read_token(token: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = token
        .strip_prefix("AQ")?
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok().map(|byte| byte ^ 0x5A))
        .collect();
    String::from_utf8(bytes?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> Query {
        Query(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn pages_go_on_after_the_last_id_and_end() {
        let rows = || (1..=5).map(|id| (format!("r-{id}"), id)).collect::<Vec<_>>();
        let bounds = || ("MaxResults", 2..=1000);
        let first = query(&[("MaxResults", "2")]).page(rows(), bounds(), None).unwrap();
        assert_eq!(first.rows, [1, 2]);
        let token = first.next.unwrap();
        let second = query(&[("MaxResults", "3"), ("NextToken", &token)]).page(rows(), bounds(), None).unwrap();
        assert_eq!((second.rows, second.next), (vec![3, 4, 5], None));
        assert_eq!(query(&[]).page(rows(), bounds(), None).unwrap().rows.len(), 5);
        for wrong in [&[("MaxResults", "1")][..], &[("MaxResults", "x")], &[("NextToken", "x")]] {
            assert!(query(wrong).page(rows(), bounds(), None).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn filters_and_lists_are_numbered() {
        let given = query(&[("Filter.1.Name", "image-id"), ("Filter.1.Value.2", "b"), ("Filter.1.Value.1", "a")]);
        let filters = given.filters(&["image-id"]).unwrap();
        assert_eq!(filters, [Filter { name: "image-id".to_owned(), values: vec!["a".to_owned(), "b".to_owned()] }]);
        assert!(given.filters(&["volume-id"]).is_err());
        assert_eq!(query(&[("A.10", "c"), ("A.2", "b"), ("AB.1", "x")]).list("A"), ["b", "c"]);
    }
}
