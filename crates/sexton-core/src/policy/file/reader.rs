//! Reads values of a TOML document, and notes every fault with its place.

use std::ops::Range;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::names::{Names, Purpose};
use crate::address::Kind;
use crate::plan::Options;
use crate::policy::condition::Condition;
use crate::policy::fault::PolicyFault;
use crate::policy::suggest::closest;
use crate::resource::AttributeValue;
use crate::time::Span;

pub(super) type Value<'i> = Spanned<DeValue<'i>>;
pub(super) type Table<'i> = DeTable<'i>;

pub(super) struct Reader<'a, 'r> {
    pub(super) text: &'a str,
    pub(super) names: Names<'r>,
    pub(super) faults: Vec<PolicyFault>,
}

impl Reader<'_, '_> {
    pub(super) fn fault(&mut self, bytes: Range<usize>, problem: String) {
        self.faults.push(PolicyFault::at(self.text, bytes, problem));
    }

    /// Reports keys that do not belong into a table.
    pub(super) fn only(&mut self, table: &Table<'_>, allowed: &[&str]) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if !allowed.contains(&name) {
                let hint = match closest(name, allowed.iter().copied()) {
                    Some(close) => format!("did you mean `{close}`?"),
                    None => format!("allowed are {}", allowed.join(", ")),
                };
                self.fault(key.span(), format!("unknown key `{name}`: {hint}"));
            }
        }
    }

    pub(super) fn wrong(&mut self, value: &Value<'_>, expected: &str) {
        let found = value.get_ref().type_str();
        self.fault(value.span(), format!("expected {expected}, found {found}"));
    }

    fn expected<T>(&mut self, found: Option<T>, value: &Value<'_>, expected: &str) -> Option<T> {
        if found.is_none() {
            self.wrong(value, expected);
        }
        found
    }

    pub(super) fn table<'v, 'i>(&mut self, value: &'v Value<'i>) -> Option<&'v Table<'i>> {
        self.expected(value.get_ref().as_table(), value, "a table")
    }

    fn array<'v, 'i>(&mut self, value: &'v Value<'i>) -> Option<&'v DeArray<'i>> {
        self.expected(value.get_ref().as_array(), value, "an array")
    }

    pub(super) fn text(&mut self, value: &Value<'_>) -> Option<String> {
        self.expected(value.get_ref().as_str().map(str::to_owned), value, "a string")
    }

    pub(super) fn count(&mut self, value: &Value<'_>) -> Option<u64> {
        const EXPECTED: &str = "a whole number of 0 or more";
        let Some(number) = value.get_ref().as_integer() else {
            self.wrong(value, EXPECTED);
            return None;
        };
        let count = u64::from_str_radix(number.as_str(), number.radix()).ok();
        if count.is_none() {
            let expected = if number.as_str().starts_with('-') { EXPECTED } else { "a smaller number" };
            self.fault(value.span(), format!("expected {expected}, found {}", number.as_str()));
        }
        count
    }

    /// A length of time that is more than none.
    pub(super) fn positive(&mut self, value: &Value<'_>) -> Option<Span> {
        let span = self.parsed::<Span>(value)?;
        if span <= Span::ZERO {
            self.fault(value.span(), "expected more than no time".to_owned());
            return None;
        }
        Some(span)
    }

    pub(super) fn parsed<T: FromStr>(&mut self, value: &Value<'_>) -> Option<T>
    where
        T::Err: std::fmt::Display,
    {
        let text = self.text(value)?;
        match text.parse() {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                self.fault(value.span(), format!("{error}"));
                None
            }
        }
    }

    /// A kind that some rulebook knows, and lets be used for the purpose.
    pub(super) fn kind(&mut self, value: &Value<'_>, purpose: Purpose) -> Option<Kind> {
        let kind = self.parsed::<Kind>(value)?;
        self.vouch(value.span(), self.names.kind(kind.as_str(), purpose));
        Some(kind)
    }

    /// Notes what the rulebooks have to say against a name.
    pub(super) fn vouch(&mut self, bytes: Range<usize>, objection: Option<String>) {
        if let Some(problem) = objection {
            self.fault(bytes, problem);
        }
    }

    pub(super) fn condition(&mut self, value: &Value<'_>) -> Option<Condition> {
        let text = self.text(value)?;
        let span = value.span();
        // Where the text stands as it is, without escapes, its parts have places of their own.
        let inside = self.text[span.clone()].find(text.as_str()).map(|offset| span.start + offset);
        match Condition::compile(&text) {
            Ok(condition) => {
                for kind in &condition.reads().dependents {
                    if let Some(problem) = self.names.kind(kind, Purpose::Name) {
                        let place = inside.and_then(|start| {
                            let place = counted(&text, kind)?;
                            Some(start + place.start..start + place.end)
                        });
                        self.fault(place.unwrap_or(span.clone()), problem);
                    }
                }
                Some(condition)
            }
            Err(errors) => {
                for error in errors {
                    let place = match inside {
                        Some(start) => start + error.start..start + error.start + error.length,
                        None => span.clone(),
                    };
                    self.fault(place, error.problem);
                }
                None
            }
        }
    }

    /// The value of an optional key; none also where it is faulty.
    pub(super) fn optional<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        read: impl FnOnce(&mut Self, &Value<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = table.get(key)?;
        read(self, value)
    }

    pub(super) fn list<T>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        mut read: impl FnMut(&mut Self, &Value<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let Some(array) = self.array(value) else { return Vec::new() };
        array.iter().filter_map(|item| read(self, item)).collect()
    }

    pub(super) fn options(&mut self, value: &Value<'_>) -> Option<Options> {
        let table = self.table(value)?;
        let mut options = Options::new();
        for (key, value) in table {
            options.insert(key.get_ref().clone().into_owned(), self.json(value)?);
        }
        Some(options)
    }

    fn json(&mut self, value: &Value<'_>) -> Option<AttributeValue> {
        match value.get_ref() {
            DeValue::String(text) => Some(AttributeValue::String(text.clone().into_owned())),
            DeValue::Boolean(value) => Some(AttributeValue::Bool(*value)),
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
                self.expected(number.map(AttributeValue::from), value, "a smaller number")
            }
            DeValue::Array(items) => {
                items.iter().map(|item| self.json(item)).collect::<Option<Vec<_>>>().map(AttributeValue::Array)
            }
            DeValue::Table(_) => {
                self.options(value).map(|options| AttributeValue::Object(options.into_iter().collect()))
            }
            DeValue::Float(_) | DeValue::Datetime(_) => {
                self.wrong(value, "a string, a whole number, true, false, an array or a table");
                None
            }
        }
    }
}

/// Where a condition counts the dependents of a kind.
fn counted(text: &str, kind: &str) -> Option<Range<usize>> {
    let word = "dependents";
    text.match_indices(word).find_map(|(place, _)| {
        let rest = &text[place + word.len()..];
        let name = rest.trim_start_matches(|c: char| c.is_whitespace() || ".['\"".contains(c));
        let start = place + word.len() + (rest.len() - name.len());
        name.starts_with(kind).then_some(start..start + kind.len())
    })
}
