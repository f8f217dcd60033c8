//! A fact that may be unknown. Unknown is its own case: neither absent nor empty, and it never makes anything deletable.

/// What is known of one property of a resource.
///
/// Deliberately not ordered, and without a default: what unknown means is decided where it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fact<T> {
    /// The provider said so.
    Known(T),
    /// Nobody said.
    Unknown,
}

impl<T> Fact<T> {
    /// The fact by reference.
    pub fn as_ref(&self) -> Fact<&T> {
        match self {
            Fact::Known(value) => Fact::Known(value),
            Fact::Unknown => Fact::Unknown,
        }
    }

    /// The value where it is known.
    pub fn known(self) -> Option<T> {
        match self {
            Fact::Known(value) => Some(value),
            Fact::Unknown => None,
        }
    }

    /// Whether the value is not known.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Fact::Unknown)
    }

    /// Applies a function to a known value.
    pub fn map<U>(self, function: impl FnOnce(T) -> U) -> Fact<U> {
        match self {
            Fact::Known(value) => Fact::Known(function(value)),
            Fact::Unknown => Fact::Unknown,
        }
    }
}

impl<T> From<Option<T>> for Fact<T> {
    /// `None` reads as unknown, as JSON `null` does in an inventory.
    fn from(value: Option<T>) -> Self {
        match value {
            Some(value) => Fact::Known(value),
            None => Fact::Unknown,
        }
    }
}
