//! What a fact of a resource says to a rulebook's test.

use crate::fact::Fact;
use crate::resource::{Attribute, AttributeValue};
use crate::rulebook::{AttributePredicate, AttributeTest, StateTest, WhenMissing};
use crate::time::Timestamp;

/// What a test says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Says {
    /// The guard is not raised.
    Clear,
    /// It may be: the fact is not known.
    Unknown,
    /// It is raised.
    Raised,
}

impl Says {
    fn raised_if(raised: bool) -> Self {
        if raised { Says::Raised } else { Says::Clear }
    }

    /// A guard of several tests is raised where all of them say so, and clear where one is.
    pub(super) fn and(self, other: Says) -> Says {
        self.min(other)
    }
}

pub(super) fn state(test: &StateTest, state: Fact<&str>) -> Says {
    let Fact::Known(state) = state else { return Says::Unknown };
    Says::raised_if(match test {
        StateTest::In(states) => states.contains(state),
        StateTest::NotIn(states) => !states.contains(state),
    })
}

pub(super) fn attribute(test: &AttributeTest, attribute: Attribute<'_>, now: Timestamp) -> Says {
    let value = match attribute {
        Attribute::Known(value) => value,
        Attribute::Unknown => return Says::Unknown,
        Attribute::Missing => {
            return match test.when_missing {
                WhenMissing::Raise => Says::Unknown,
                WhenMissing::Clear => Says::Clear,
            };
        }
    };
    match &test.raises {
        AttributePredicate::Equals(wanted) => Says::raised_if(value == wanted),
        AttributePredicate::NotEquals(wanted) => Says::raised_if(value != wanted),
        AttributePredicate::Contains(wanted) => {
            value.as_array().map_or(Says::Unknown, |values| Says::raised_if(values.contains(wanted)))
        }
        AttributePredicate::InFuture => match value.as_str().map(str::parse::<Timestamp>) {
            Some(Ok(instant)) => Says::raised_if(instant > now),
            Some(Err(_)) | None => Says::Unknown,
        },
        AttributePredicate::NotEmpty => match value {
            AttributeValue::Null => Says::Unknown,
            AttributeValue::Number(_) => Says::Raised,
            AttributeValue::Bool(value) => Says::raised_if(*value),
            AttributeValue::String(value) => Says::raised_if(!value.is_empty()),
            AttributeValue::Array(value) => Says::raised_if(!value.is_empty()),
            AttributeValue::Object(value) => Says::raised_if(!value.is_empty()),
        },
    }
}
