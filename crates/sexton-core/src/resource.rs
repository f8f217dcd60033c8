//! One object at a provider, with what is known of it and what it refers to.

use std::collections::BTreeMap;

use crate::address::{Address, Relation};
use crate::fact::Fact;
use crate::time::Timestamp;

/// The value of an attribute: any JSON value. `null` is an attribute whose value is unknown.
pub type AttributeValue = serde_json::Value;

/// Tags by key.
pub type Tags = BTreeMap<String, String>;

/// Provider-specific facts by name.
pub type Attributes = BTreeMap<String, AttributeValue>;

/// A typed reference from a dependent, on which it is stored, to a dependency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// What sort of reference, such as `created-from`.
    pub relation: Relation,
    /// The dependency.
    pub target: Address,
}

/// What one attribute of a resource says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Attribute<'a> {
    /// It has this value.
    Known(&'a AttributeValue),
    /// The provider gave no such attribute.
    Missing,
    /// It may or may not be there, or it is there with an unknown value.
    Unknown,
}

impl<'a> Attribute<'a> {
    /// What an attribute that is there says: `null` is a value that is not known.
    pub fn of_value(value: &'a AttributeValue) -> Self {
        if value.is_null() { Attribute::Unknown } else { Attribute::Known(value) }
    }
}

/// One resource of an inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its full name.
    pub address: Address,
    /// The name people gave it.
    pub name: Fact<String>,
    /// When it was made.
    pub created_at: Fact<Timestamp>,
    /// The provider's word for its state.
    pub state: Fact<String>,
    /// Its size in bytes, as the provider counts it.
    pub size_bytes: Fact<u64>,
    /// Its tags; known and empty where it has none.
    pub tags: Fact<Tags>,
    /// Its attributes.
    pub attributes: Fact<Attributes>,
    /// What it refers to, ascending and without repetition.
    pub links: Fact<Vec<Link>>,
}

impl Resource {
    /// A resource of which nothing but its address is known.
    pub fn unknown(address: Address) -> Self {
        Self {
            address,
            name: Fact::Unknown,
            created_at: Fact::Unknown,
            state: Fact::Unknown,
            size_bytes: Fact::Unknown,
            tags: Fact::Unknown,
            attributes: Fact::Unknown,
            links: Fact::Unknown,
        }
    }

    /// What the attribute of that name says.
    pub fn attribute(&self, name: &str) -> Attribute<'_> {
        match &self.attributes {
            Fact::Unknown => Attribute::Unknown,
            Fact::Known(attributes) => match attributes.get(name) {
                None => Attribute::Missing,
                Some(value) => Attribute::of_value(value),
            },
        }
    }

    /// The known links; empty where they are unknown, which the caller has to ask for by itself.
    pub fn known_links(&self) -> &[Link] {
        match &self.links {
            Fact::Known(links) => links,
            Fact::Unknown => &[],
        }
    }
}
