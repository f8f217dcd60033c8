//! Pages of a listing, in the two styles of the API. By token a page begins after the last id of the one before; by number
//! it is cut from the listing as it is now, so that rows shift when something goes away between two pages.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::dice::Dice;
use crate::error::ApiError;
use crate::parameters::Parameters;

#[cfg(test)]
mod tests;

/// The default of both styles.
const DEFAULT_SIZE: usize = 10;

/// What a listing allows (vendor documentation of each).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pages {
    pub(crate) token: Option<TokenPages>,
    /// The largest `PageSize`.
    pub(crate) by_number: Option<usize>,
}

/// The bounds of `MaxResults`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TokenPages {
    /// Beyond them the call is refused.
    Within { max: usize },
    /// Beyond them they are taken in place of what was asked for.
    Clamped { min: usize, max: usize },
}

/// The part of a listing that a call asked for, and the paging fields of its answer.
#[derive(Debug)]
pub(crate) struct Page<'a, T> {
    pub(crate) rows: Vec<&'a T>,
    pub(crate) fields: Map<String, Value>,
}

/// Rows in ascending order of a unique id.
pub(crate) struct Listing<'a, T> {
    pub(crate) rows: Vec<&'a T>,
    pub(crate) id: fn(&T) -> &str,
}

impl<'a, T> Listing<'a, T> {
    /// The page that the parameters ask for. With dice, pages by token come short.
    pub(crate) fn page(
        self,
        name: &str,
        pages: Pages,
        parameters: &Parameters,
        dice: Option<&mut Dice>,
    ) -> Result<Page<'a, T>, ApiError> {
        let by_token = parameters.get("NextToken").is_some() || parameters.get("MaxResults").is_some();
        let by_number = parameters.get("PageNumber").is_some() || parameters.get("PageSize").is_some();
        match (pages.token, pages.by_number) {
            (Some(_), Some(_)) if by_token && by_number => {
                Err(ApiError::invalid("PageNumber", "it excludes NextToken and MaxResults"))
            }
            (Some(token), by_number) if by_token || by_number.is_none() => {
                self.page_by_token(name, token, parameters, dice)
            }
            (Some(_) | None, max_size) => self.page_by_number(max_size.unwrap_or(DEFAULT_SIZE), parameters),
        }
    }

    fn page_by_token(
        self,
        name: &str,
        pages: TokenPages,
        parameters: &Parameters,
        dice: Option<&mut Dice>,
    ) -> Result<Page<'a, T>, ApiError> {
        let asked = parameters.number("MaxResults")?.unwrap_or(DEFAULT_SIZE);
        let size = match pages {
            TokenPages::Clamped { min, max } => asked.clamp(min, max),
            TokenPages::Within { max } if (1..=max).contains(&asked) => asked,
            TokenPages::Within { .. } => return Err(ApiError::invalid("MaxResults", "out of range")),
        };
        let size = match dice {
            Some(dice) => usize::try_from(dice.below(u64::try_from(size + 1).unwrap_or(u64::MAX))).unwrap_or(size),
            None => size,
        };
        let (pages_before, start) = match parameters.get("NextToken") {
            None => (0, 0),
            Some(token) => {
                let (pages, last) =
                    read_token(name, token).ok_or_else(|| ApiError::invalid("NextToken", "it is not known"))?;
                (pages, self.rows.partition_point(|row| (self.id)(row) <= last.as_str()))
            }
        };
        let end = (start + size).min(self.rows.len());
        let next = match end {
            end if end == self.rows.len() => String::new(),
            0 => write_token(name, pages_before.saturating_add(1), ""),
            end => write_token(name, pages_before.saturating_add(1), (self.id)(self.rows[end - 1])),
        };
        // TotalCount has no meaning in this style (vendor documentation); 0 keeps clients from relying on it.
        let fields = json!({ "NextToken": next, "TotalCount": 0, "PageNumber": 0, "PageSize": 0 });
        Ok(Page { rows: self.rows[start..end].to_vec(), fields: object(fields) })
    }

    fn page_by_number(self, max_size: usize, parameters: &Parameters) -> Result<Page<'a, T>, ApiError> {
        let number = parameters.number("PageNumber")?.unwrap_or(1);
        if number == 0 {
            return Err(ApiError::invalid("PageNumber", "it begins at 1"));
        }
        let size = parameters.number("PageSize")?.unwrap_or(DEFAULT_SIZE);
        if !(1..=max_size).contains(&size) {
            return Err(ApiError::invalid("PageSize", "out of range"));
        }
        let total = self.rows.len();
        let start = (number - 1).saturating_mul(size).min(total);
        let end = (start + size).min(total);
        let fields = json!({ "TotalCount": total, "PageNumber": number, "PageSize": size });
        Ok(Page { rows: self.rows[start..end].to_vec(), fields: object(fields) })
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

/// A token that tells a client nothing: how many pages there were and the last id of them, for this listing only. No two
/// pages of a listing have one token, also where one of them was empty.
fn write_token(name: &str, pages: u64, last: &str) -> String {
    let plain = format!("{name}/{pages}/{last}");
    plain.bytes().fold(String::from("AAAA"), |mut token, byte| {
        write!(token, "{:02x}", byte ^ 0x5A).expect("a string takes every write");
        token
    })
}

fn read_token(name: &str, token: &str) -> Option<(u64, String)> {
    let hex = token.strip_prefix("AAAA")?.as_bytes();
    let bytes: Option<Vec<u8>> = hex
        .chunks(2)
        .map(|pair| {
            let digits = std::str::from_utf8(pair).ok().filter(|digits| digits.len() == 2)?;
            u8::from_str_radix(digits, 16).ok().map(|byte| byte ^ 0x5A)
        })
        .collect();
    let plain = String::from_utf8(bytes?).ok()?;
    let (pages, last) = plain.strip_prefix(name)?.strip_prefix('/')?.split_once('/')?;
    Some((pages.parse().ok()?, last.to_owned()))
}
