//! The values of the condition language, with equality and order in three values.
#![expect(clippy::wildcard_enum_match_arm, reason = "values of every other pair of types are refused alike")]

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use super::Reading;
use crate::inventory::{AttributesRef, TagsRef};
use crate::resource::AttributeValue;
use crate::time::{Span, Timestamp};

/// Why a condition is unknown of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Cause {
    /// The fact of that name is not known.
    UnknownFact(String),
    /// The tag is absent, and comparing it would collect the untagged.
    AbsentTag(String),
    /// The provider gave no such attribute.
    MissingAttribute(String),
    /// A map or list holds no such key or index.
    NoSuchKey(String),
    /// Two values of different types meet.
    Types(&'static str, &'static str),
    /// A function was given a value it does not take.
    Argument(&'static str, &'static str),
    /// The expression's value is no truth value.
    NotABool(&'static str),
    /// A number or a time leaves its range, or a division by zero.
    Range,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::UnknownFact(name) => write!(f, "{name} is not known"),
            Cause::AbsentTag(key) => write!(f, "tag {key:?} is absent"),
            Cause::MissingAttribute(name) => write!(f, "attribute {name:?} is missing"),
            Cause::NoSuchKey(key) => write!(f, "there is no {key:?}"),
            Cause::Types(a, b) => write!(f, "{a} does not compare or combine with {b}"),
            Cause::Argument(function, found) => write!(f, "{function} does not take {found}"),
            Cause::NotABool(found) => write!(f, "the condition gives {found}, not true or false"),
            Cause::Range => f.write_str("a number or time leaves its range"),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    /// A tag known to be absent.
    AbsentTag(Cow<'a, str>),
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'a, str>),
    Time(Timestamp),
    Span(Span),
    /// A list or map of an attribute.
    Json(&'a AttributeValue),
    Tags(TagsRef<'a>),
    Attributes(AttributesRef<'a>),
    Dependents,
    List(Vec<Value<'a>>),
}

impl<'a> Value<'a> {
    pub(super) fn from_json(value: &'a AttributeValue) -> Value<'a> {
        match value {
            AttributeValue::Null => Value::Null,
            AttributeValue::Bool(value) => Value::Bool(*value),
            AttributeValue::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(int), _) => Value::Int(int),
                (None, Some(double)) => Value::Double(double),
                (None, None) => Value::Null,
            },
            AttributeValue::String(text) => Value::Text(Cow::Borrowed(text)),
            AttributeValue::Array(_) | AttributeValue::Object(_) => Value::Json(value),
        }
    }

    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::AbsentTag(_) => "an absent tag",
            Value::Bool(_) => "a truth value",
            Value::Int(_) | Value::Double(_) => "a number",
            Value::Text(_) => "a text",
            Value::Time(_) => "a time",
            Value::Span(_) => "a duration",
            Value::Json(AttributeValue::Array(_)) | Value::List(_) => "a list",
            Value::Json(_) | Value::Tags(_) | Value::Attributes(_) | Value::Dependents => "a map",
        }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Option<Vec<Value<'a>>> {
        match self {
            Value::List(items) => Some(items.clone()),
            Value::Json(AttributeValue::Array(items)) => Some(items.iter().map(Value::from_json).collect()),
            Value::Null
            | Value::AbsentTag(_)
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Double(_)
            | Value::Text(_)
            | Value::Time(_)
            | Value::Span(_)
            | Value::Json(_)
            | Value::Tags(_)
            | Value::Attributes(_)
            | Value::Dependents => None,
        }
    }

    /// What a macro runs over: the items of a list or the keys of a map.
    pub(super) fn range(&self) -> Option<Vec<Value<'a>>> {
        let text = |text: &'a str| Value::Text(Cow::Borrowed(text));
        match self {
            Value::Tags(tags) => Some(tags.iter().map(|(key, _)| text(key)).collect()),
            Value::Attributes(attributes) => Some(attributes.iter().map(|(name, _)| text(name)).collect()),
            Value::Json(AttributeValue::Object(map)) => Some(map.keys().map(|key| text(key)).collect()),
            other => other.items(),
        }
    }
}

/// Whether two values are equal.
pub(super) fn equal(a: &Value<'_>, b: &Value<'_>, reading: Reading) -> Result<bool, Cause> {
    match (a, b) {
        (Value::AbsentTag(_), Value::Null) | (Value::Null, Value::AbsentTag(_)) => Ok(true),
        (Value::AbsentTag(key), other) | (other, Value::AbsentTag(key)) => match reading {
            Reading::Collect => Err(Cause::AbsentTag(key.clone().into_owned())),
            Reading::Protect => Ok(matches!(other, Value::AbsentTag(_))),
        },
        (Value::Null, Value::Null) => Ok(true),
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Text(a), Value::Text(b)) => Ok(a == b),
        (Value::Time(a), Value::Time(b)) => Ok(a == b),
        (Value::Span(a), Value::Span(b)) => Ok(a == b),
        (Value::Int(_) | Value::Double(_), Value::Int(_) | Value::Double(_)) => {
            Ok(compare(a, b)? == Some(Ordering::Equal))
        }
        (Value::Json(AttributeValue::Object(a)), Value::Json(AttributeValue::Object(b))) => {
            if a.keys().ne(b.keys()) {
                return Ok(false);
            }
            all(a.iter().zip(b.values()).map(|((key, a), b)| match (a, b) {
                (AttributeValue::Null, _) | (_, AttributeValue::Null) => Err(Cause::UnknownFact(key.clone())),
                (a, b) => equal(&Value::from_json(a), &Value::from_json(b), reading),
            }))
        }
        (Value::Tags(a), Value::Tags(b)) => Ok(a == b),
        (a, b) => match (a.items(), b.items()) {
            (Some(a), Some(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                all(a.iter().zip(&b).map(|(a, b)| equal(a, b, reading)))
            }
            (Some(_) | None, _) => Err(Cause::Types(a.type_name(), b.type_name())),
        },
    }
}

/// True if all are; false if one is; else the first unknown.
fn all(truths: impl Iterator<Item = Result<bool, Cause>>) -> Result<bool, Cause> {
    let mut unknown = None;
    for truth in truths {
        match truth {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(cause) => {
                unknown.get_or_insert(cause);
            }
        }
    }
    unknown.map_or(Ok(true), Err)
}

/// Whether a list holds a value.
pub(super) fn holds(items: &[Value<'_>], wanted: &Value<'_>, reading: Reading) -> Result<bool, Cause> {
    all(items.iter().map(|item| equal(item, wanted, reading).map(|equal| !equal))).map(|none| !none)
}

/// The order of two values of one type; none with a NaN.
pub(super) fn compare(a: &Value<'_>, b: &Value<'_>) -> Result<Option<Ordering>, Cause> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Double(a), Value::Double(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Double(b)) => compare_mixed(*a, *b),
        (Value::Double(a), Value::Int(b)) => compare_mixed(*b, *a).map(Ordering::reverse),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Span(a), Value::Span(b)) => Some(a.cmp(b)),
        (Value::AbsentTag(key), _) | (_, Value::AbsentTag(key)) => {
            return Err(Cause::AbsentTag(key.clone().into_owned()));
        }
        (a, b) => return Err(Cause::Types(a.type_name(), b.type_name())),
    })
}

/// An integer against a double, exactly.
fn compare_mixed(int: i64, double: f64) -> Option<Ordering> {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    if double.is_nan() {
        None
    } else if double >= TWO_TO_63 {
        Some(Ordering::Less)
    } else if double < -TWO_TO_63 {
        Some(Ordering::Greater)
    } else {
        #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
        let whole = double.trunc() as i64;
        Some(int.cmp(&whole).then_with(|| 0.0_f64.total_cmp(&(double.fract() + 0.0))))
    }
}
