//! What one fact of one resource says to a guard.

use super::{AttributePredicate, AttributeTest, OnlyWhere, StateTest, WhenMissing};
use crate::fact::Fact;
use crate::resource::{Attribute, AttributeValue};
use crate::time::Timestamp;

/// Whether a guard is raised, and on what ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raised {
    /// It is not.
    No,
    /// By a known fact.
    Known,
    /// By a fact that is not known.
    Unknown,
}

impl Raised {
    /// Whether it is, on whatever ground.
    pub fn is_raised(self) -> bool {
        self != Raised::No
    }

    /// Both have to hold: a known *no* decides, then an unknown.
    pub fn and(self, other: Raised) -> Raised {
        match (self, other) {
            (Raised::No, _) | (_, Raised::No) => Raised::No,
            (Raised::Unknown, _) | (_, Raised::Unknown) => Raised::Unknown,
            (Raised::Known, Raised::Known) => Raised::Known,
        }
    }

    fn from_known(raises: bool) -> Raised {
        if raises { Raised::Known } else { Raised::No }
    }
}

impl StateTest {
    /// What a state says to the test.
    pub fn reads(&self, state: Fact<&str>) -> Raised {
        match (self, state) {
            (_, Fact::Unknown) => Raised::Unknown,
            (StateTest::In(states), Fact::Known(state)) => Raised::from_known(states.contains(state)),
            (StateTest::NotIn(states), Fact::Known(state)) => Raised::from_known(!states.contains(state)),
        }
    }
}

impl AttributeTest {
    /// What the attribute of the test's name says to the test at a point in time. Whether the resource is carried is
    /// for the caller to know.
    pub fn reads(&self, attribute: Attribute<'_>, now: Timestamp) -> Raised {
        match attribute {
            Attribute::Unknown => Raised::Unknown,
            Attribute::Missing => match self.when_missing {
                WhenMissing::Raise => Raised::Unknown,
                WhenMissing::Clear => Raised::No,
            },
            Attribute::Known(value) => value_raises(&self.raises, value, now),
        }
    }
}

impl OnlyWhere {
    /// Whether a resource whose attribute of that name reads so is meant.
    pub fn holds(&self, attribute: Attribute<'_>) -> bool {
        match attribute {
            Attribute::Known(value) => *value == self.equals,
            Attribute::Missing | Attribute::Unknown => false,
        }
    }
}

fn value_raises(predicate: &AttributePredicate, value: &AttributeValue, now: Timestamp) -> Raised {
    match predicate {
        AttributePredicate::Equals(wanted) => Raised::from_known(value == wanted),
        AttributePredicate::NotEquals(wanted) => Raised::from_known(value != wanted),
        AttributePredicate::Contains(wanted) => match value {
            AttributeValue::Array(values) => Raised::from_known(values.contains(wanted)),
            AttributeValue::Null
            | AttributeValue::Bool(_)
            | AttributeValue::Number(_)
            | AttributeValue::String(_)
            | AttributeValue::Object(_) => Raised::Unknown,
        },
        AttributePredicate::InFuture => match value.as_str().map(str::parse::<Timestamp>) {
            Some(Ok(instant)) => Raised::from_known(instant > now),
            Some(Err(_)) | None => Raised::Unknown,
        },
        AttributePredicate::NotEmpty => Raised::from_known(match value {
            AttributeValue::Null => return Raised::Unknown,
            AttributeValue::Bool(value) => *value,
            AttributeValue::Number(_) => true,
            AttributeValue::String(text) => !text.is_empty(),
            AttributeValue::Array(values) => !values.is_empty(),
            AttributeValue::Object(values) => !values.is_empty(),
        }),
    }
}
