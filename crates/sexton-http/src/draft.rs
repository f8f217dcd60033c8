//! From a row of a listing to a resource.

use std::collections::BTreeSet;

use sexton_core::address::{Account, Address, NameError, Region, Relation};
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Attributes, Link, Resource, Tags};
use sexton_core::time::Timestamp;

use crate::KindWord;

#[cfg(test)]
mod tests;

/// Where the rows of a listing are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The account.
    pub account: Account,
    /// The region that is listed.
    pub region: Region,
}

impl Place {
    /// Where a resource is.
    ///
    /// # Errors
    /// What the address says of it makes no names.
    pub fn of(address: &Address) -> Result<Self, NameError> {
        Ok(Self { account: Account::new(address.account())?, region: Region::new(address.region())? })
    }

    /// The address of what a listing of this place gives.
    ///
    /// # Errors
    /// The id makes no address.
    pub fn address<K: KindWord>(&self, kind: K, id: &str) -> Result<Address, NameError> {
        Address::new(&K::provider(), &self.account, &kind.region(&self.region), &kind.into(), id)
    }
}

/// A resource while its row is read.
#[derive(Debug)]
pub struct Draft<'a> {
    place: &'a Place,
    resource: Resource,
    attributes: Attributes,
    links: Option<BTreeSet<Link>>,
}

impl<'a> Draft<'a> {
    /// A resource without attributes or links, of which nothing else is known.
    ///
    /// # Errors
    /// The id makes no address.
    pub fn new(place: &'a Place, kind: impl KindWord, id: &str) -> Result<Self, NameError> {
        let resource = Resource::unknown(place.address(kind, id)?);
        Ok(Self { place, resource, attributes: Attributes::new(), links: Some(BTreeSet::new()) })
    }

    /// The same, known to have no tags unless it is said which.
    ///
    /// # Errors
    /// The id makes no address.
    pub fn untagged(place: &'a Place, kind: impl KindWord, id: &str) -> Result<Self, NameError> {
        Ok(Self::new(place, kind, id)?.tags(Fact::Known(Tags::new())))
    }

    /// Sets the name.
    #[must_use]
    pub fn name(mut self, name: Option<String>) -> Self {
        self.resource.name = name.into();
        self
    }

    /// Sets the name that people give by a tag.
    #[must_use]
    pub fn name_by_tag(mut self, tag: &str) -> Self {
        let named = self.resource.tags.as_ref().known().and_then(|tags| tags.get(tag).cloned());
        self.resource.name = named.filter(|name| !name.is_empty()).into();
        self
    }

    /// Sets the time at which it was made.
    #[must_use]
    pub fn created_at(mut self, time: Option<Timestamp>) -> Self {
        self.resource.created_at = time.into();
        self
    }

    /// Sets the state.
    #[must_use]
    pub fn state(mut self, state: Option<String>) -> Self {
        self.resource.state = state.into();
        self
    }

    /// Sets the size.
    #[must_use]
    pub fn size(mut self, bytes: Option<u64>) -> Self {
        self.resource.size_bytes = bytes.into();
        self
    }

    /// Sets the tags.
    #[must_use]
    pub fn tags(mut self, tags: Fact<Tags>) -> Self {
        self.resource.tags = tags;
        self
    }

    /// Adds an attribute, and leaves a missing one out.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: Option<AttributeValue>) -> Self {
        if let Some(value) = value {
            self.attributes.insert(name.to_owned(), value);
        }
        self
    }

    /// Adds the attributes of one form, by name and field.
    #[must_use]
    pub fn attributes<const N: usize>(
        mut self,
        read: impl Fn(&str) -> Option<AttributeValue>,
        names: [(&str, &str); N],
    ) -> Self {
        for (name, field) in names {
            self = self.attribute(name, read(field));
        }
        self
    }

    /// Adds a link to what is in the same place.
    ///
    /// # Errors
    /// The id makes no address.
    pub fn link(mut self, relation: impl Into<Relation>, kind: impl KindWord, id: &str) -> Result<Self, NameError> {
        let target = self.place.address(kind, id)?;
        if let Some(links) = &mut self.links {
            links.insert(Link { relation: relation.into(), target });
        }
        Ok(self)
    }

    /// What the resource refers to cannot be read, whatever links there are.
    #[must_use]
    pub fn links_unknown(mut self) -> Self {
        self.links = None;
        self
    }

    /// The resource.
    pub fn finish(mut self) -> Resource {
        self.resource.attributes = Fact::Known(self.attributes);
        self.resource.links = self.links.map(|links| links.into_iter().collect::<Vec<_>>()).into();
        self.resource
    }
}
