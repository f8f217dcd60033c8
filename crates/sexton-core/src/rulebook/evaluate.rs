//! What one fact of one resource says to a guard.

use super::{AttributePredicate, AttributeTest, StateTest, WhenMissing};
use crate::fact::Fact;
use crate::resource::{Attribute, AttributeValue, Resource};
use crate::time::Timestamp;

/// Whether a guard is raised, and on what ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Raised {
    No,
    /// By a known fact.
    Known,
    /// By a fact that is not known.
    Unknown,
}

impl Raised {
    /// Both have to hold: a known *no* decides, then an unknown.
    pub(crate) fn and(self, other: Raised) -> Raised {
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

/// What a state says to a test.
pub(crate) fn state_raises(test: &StateTest, state: Fact<&str>) -> Raised {
    match (test, state) {
        (_, Fact::Unknown) => Raised::Unknown,
        (StateTest::In(states), Fact::Known(state)) => Raised::from_known(states.contains(state)),
        (StateTest::NotIn(states), Fact::Known(state)) => Raised::from_known(!states.contains(state)),
    }
}

/// What an attribute of a resource says to a test at a point in time.
pub(crate) fn attribute_raises(test: &AttributeTest, resource: &Resource, now: Timestamp) -> Raised {
    match resource.attribute(&test.name) {
        Attribute::Unknown => Raised::Unknown,
        Attribute::Missing => match test.when_missing {
            WhenMissing::Raise => Raised::Unknown,
            WhenMissing::Clear => Raised::No,
        },
        Attribute::Known(value) => value_raises(&test.raises, value, now),
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
