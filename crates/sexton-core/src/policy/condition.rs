//! Conditions: CEL expressions over one resource, evaluated in three values.
//!
//! The text is parsed by the `cel` crate; the evaluation is our own, because unknown facts, absent tags and the
//! difference between collecting and protecting decide about deletions. An evaluation error is an unknown, as is a
//! comparison of values of different types.

use crate::fact::Fact;
use crate::inventory::ResourceRef;
use crate::time::Timestamp;

mod compile;
pub(crate) mod contradiction;
mod evaluate;
mod expression;
pub(crate) mod possible;
mod ready;
#[cfg(test)]
mod tests;
mod value;

pub use compile::ConditionError;
pub(crate) use expression::Reads;
use expression::{Expression, Variable};
pub(crate) use ready::{KeyNumber, Ready, ReadyKey, Tri, cause};
pub use value::Cause;
use value::Value;

/// What is known of the resources around the one that a condition is asked of.
pub trait Surroundings {
    /// Whether no other resource raises a guard on it; unknown where something was not listed.
    fn unused(&self) -> Fact<bool>;
    /// How many resources of that kind raise a guard on it as dependents; unknown where the kind was not listed.
    fn dependents(&self, kind: &str) -> Fact<u64>;
}

/// The resource that a condition is asked of.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The resource itself.
    pub resource: ResourceRef<'a>,
    /// The instant at which its age is taken.
    pub now: Timestamp,
    /// What hangs on it.
    pub surroundings: &'a dyn Surroundings,
}

impl std::fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Subject").field(&self.resource.address()).finish()
    }
}

/// For what purpose a condition is read: it decides what a tag known to be absent means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// Comparing an absent tag is unknown: a misspelt key collects nothing.
    Collect,
    /// An absent tag is null, unequal to every text.
    Protect,
}

/// The value of a condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Truth {
    /// Definitely true.
    True,
    /// Definitely false.
    False,
    /// Neither, and why.
    Unknown(Cause),
}

/// The value of a group key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupKey {
    /// A key.
    Key(String),
    /// Definitely none.
    Null,
    /// Not known.
    Unknown,
}

/// A compiled expression.
#[derive(Debug, Clone)]
pub struct Condition {
    text: String,
    expression: Expression,
    reads: Reads,
}

impl Condition {
    /// Compiles a text.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place.
    pub fn compile(text: &str) -> Result<Self, Vec<ConditionError>> {
        let expression = compile::compile(text)?;
        let mut reads = Reads::default();
        expression.collect_reads(&mut reads);
        Ok(Self { text: text.to_owned(), expression, reads })
    }

    /// The text it was compiled from.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn reads(&self) -> &Reads {
        &self.reads
    }

    /// Whether it asks for the resources around the one that it is asked of.
    pub(crate) fn looks_around(&self) -> bool {
        let mut variables = Vec::new();
        self.expression.variables(&mut variables);
        variables.contains(&Variable::Unused) || variables.contains(&Variable::Dependents)
    }

    /// Asks the condition of a resource.
    pub fn truth(&self, subject: Subject<'_>, reading: Reading) -> Truth {
        match evaluate::evaluate(&self.expression, subject, reading) {
            Ok(Value::Bool(true)) => Truth::True,
            Ok(Value::Bool(false)) => Truth::False,
            Ok(other) => Truth::Unknown(Cause::NotABool(other.type_name())),
            Err(cause) => Truth::Unknown(cause),
        }
    }

    /// Reads the expression as the key of a group.
    pub fn group_key(&self, subject: Subject<'_>) -> GroupKey {
        match evaluate::evaluate(&self.expression, subject, Reading::Protect) {
            Ok(value) => match value {
                Value::Null | Value::AbsentTag(_) => GroupKey::Null,
                Value::Text(text) => GroupKey::Key(text.into_owned()),
                Value::Bool(value) => GroupKey::Key(value.to_string()),
                Value::Int(value) => GroupKey::Key(value.to_string()),
                Value::Double(_)
                | Value::Time(_)
                | Value::Span(_)
                | Value::Json(_)
                | Value::Tags(_)
                | Value::Attributes(_)
                | Value::Dependents
                | Value::List(_) => GroupKey::Unknown,
            },
            Err(_) => GroupKey::Unknown,
        }
    }
}
