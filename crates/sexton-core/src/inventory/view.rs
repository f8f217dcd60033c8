//! One resource of an inventory, read in place.

use std::fmt;

use super::draft::{Known, NONE};
use super::intern::Symbol;
use super::table::{Leads, Place, RowLink};
use super::{Inventory, ResourceIndex};
use crate::address::{Address, Relation};
use crate::fact::Fact;
use crate::resource::{Attribute, AttributeValue, Attributes, Link, Resource, Tags};
use crate::time::Timestamp;

/// One resource of an inventory. Cheap to copy; its texts live as long as the inventory.
#[derive(Clone, Copy)]
pub struct ResourceRef<'a> {
    inventory: &'a Inventory,
    index: ResourceIndex,
}

/// The tags of a resource.
#[derive(Clone, Copy)]
pub struct TagsRef<'a> {
    inventory: &'a Inventory,
    pairs: &'a [(Symbol, Symbol)],
}

/// The attributes of a resource.
#[derive(Clone, Copy)]
pub struct AttributesRef<'a> {
    inventory: &'a Inventory,
    pairs: &'a [(Symbol, u32)],
}

/// The links of a resource, ascending by relation and target.
#[derive(Clone)]
pub struct LinksRef<'a> {
    inventory: &'a Inventory,
    links: std::slice::Iter<'a, RowLink>,
}

/// One link of a resource.
#[derive(Debug, Clone, Copy)]
pub struct LinkRef<'a> {
    /// What sort of reference, such as `created-from`.
    pub relation: &'a str,
    /// The dependency.
    pub target: Target<'a>,
}

/// Where a link leads.
#[derive(Debug, Clone, Copy)]
pub enum Target<'a> {
    /// To a resource of the inventory.
    Listed(ResourceIndex),
    /// Out of the inventory.
    Dangling(&'a Address),
}

impl<'a> ResourceRef<'a> {
    pub(super) fn new(inventory: &'a Inventory, index: ResourceIndex) -> Self {
        Self { inventory, index }
    }

    /// Where it stands in its inventory.
    pub fn index(self) -> ResourceIndex {
        self.index
    }

    fn place(self) -> &'a Place {
        let table = &self.inventory.table;
        &table.places[table.place_of[self.index.get()] as usize]
    }

    /// The number of its set of tags: equal where the tags are.
    pub(crate) fn tag_set(self) -> Option<usize> {
        let set = self.inventory.table.rows[self.index.get()].tags;
        (set != NONE).then_some(set as usize)
    }

    /// The number of its set of attributes.
    pub(crate) fn attribute_set(self) -> Option<usize> {
        let set = self.inventory.table.rows[self.index.get()].attributes;
        (set != NONE).then_some(set as usize)
    }

    /// The number of its state.
    pub(crate) fn state_number(self) -> Option<usize> {
        self.inventory.table.state_of(self.index).known().map(Symbol::get)
    }

    /// The number of its place: those of one provider, account, region and kind.
    pub(crate) fn place_number(self) -> usize {
        self.inventory.table.place_of(self.index)
    }

    /// The provider's name.
    pub fn provider(self) -> &'a str {
        self.place().provider()
    }

    /// The account's name.
    pub fn account(self) -> &'a str {
        self.place().account()
    }

    /// The region's name.
    pub fn region(self) -> &'a str {
        self.place().region()
    }

    /// `provider:account:region`: where the resource is.
    pub fn scope(self) -> &'a str {
        self.place().scope()
    }

    /// The kind's name.
    pub fn kind(self) -> &'a str {
        self.place().kind_text()
    }

    /// The provider's own id of it.
    pub fn id(self) -> &'a str {
        self.inventory.table.id(self.index.get())
    }

    /// Its full name, made anew.
    pub fn address(self) -> Address {
        Address::joined(self.place().prefix(), self.id())
    }

    /// The name people gave it.
    pub fn name(self) -> Fact<&'a str> {
        self.inventory.table.text(self.inventory.table.rows[self.index.get()].name).into()
    }

    /// When it was made.
    pub fn created_at(self) -> Fact<Timestamp> {
        self.inventory.table.rows[self.index.get()].created_at()
    }

    /// The provider's word for its state.
    pub fn state(self) -> Fact<&'a str> {
        self.inventory.table.state_of(self.index).map(|state| self.inventory.table.symbols.text(state))
    }

    /// Its size in bytes, as the provider counts it.
    pub fn size_bytes(self) -> Fact<u64> {
        let row = &self.inventory.table.rows[self.index.get()];
        match row.size_known {
            Known::Yes => Fact::Known(row.size_bytes),
            Known::No => Fact::Unknown,
        }
    }

    /// Its tags; known and empty where it has none.
    pub fn tags(self) -> Fact<TagsRef<'a>> {
        let set = self.inventory.table.rows[self.index.get()].tags;
        if set == NONE {
            return Fact::Unknown;
        }
        Fact::Known(TagsRef { inventory: self.inventory, pairs: self.inventory.table.tags.get(set) })
    }

    /// Its attributes.
    pub fn attributes(self) -> Fact<AttributesRef<'a>> {
        let set = self.inventory.table.rows[self.index.get()].attributes;
        if set == NONE {
            return Fact::Unknown;
        }
        Fact::Known(AttributesRef { inventory: self.inventory, pairs: self.inventory.table.attributes.get(set) })
    }

    /// What the attribute of that name says.
    pub fn attribute(self, name: &str) -> Attribute<'a> {
        match self.attributes() {
            Fact::Unknown => Attribute::Unknown,
            Fact::Known(attributes) => match attributes.get(name) {
                None => Attribute::Missing,
                Some(value) => Attribute::of_value(value),
            },
        }
    }

    /// What it refers to.
    pub fn links(self) -> Fact<LinksRef<'a>> {
        if self.inventory.table.links_known(self.index.get()) { Fact::Known(self.known_links()) } else { Fact::Unknown }
    }

    /// The known links; empty where they are unknown, which the caller has to ask for by itself.
    pub fn known_links(self) -> LinksRef<'a> {
        LinksRef { inventory: self.inventory, links: self.inventory.table.links_of(self.index.get()).iter() }
    }

    /// The resource by itself.
    pub fn to_resource(self) -> Resource {
        let link = |link: LinkRef<'_>| Link {
            relation: Relation::new(link.relation).expect("it was a relation when it was read"),
            target: match link.target {
                Target::Listed(index) => self.inventory.resource(index).address(),
                Target::Dangling(address) => address.clone(),
            },
        };
        Resource {
            address: self.address(),
            name: self.name().map(str::to_owned),
            created_at: self.created_at(),
            state: self.state().map(str::to_owned),
            size_bytes: self.size_bytes(),
            tags: self.tags().map(TagsRef::to_tags),
            attributes: self.attributes().map(AttributesRef::to_attributes),
            links: self.links().map(|links| links.map(link).collect()),
        }
    }
}

impl<'a> TagsRef<'a> {
    /// The value of a tag.
    pub fn get(self, key: &str) -> Option<&'a str> {
        let symbols = &self.inventory.table.symbols;
        self.pairs.iter().find(|(own, _)| symbols.text(*own) == key).map(|(_, value)| symbols.text(*value))
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.pairs.len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.pairs.is_empty()
    }

    /// Keys and values, ascending by key.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (&'a str, &'a str)> + use<'a> {
        let symbols = &self.inventory.table.symbols;
        self.pairs.iter().map(|(key, value)| (symbols.text(*key), symbols.text(*value)))
    }

    /// The tags by themselves.
    pub fn to_tags(self) -> Tags {
        self.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }
}

impl<'a> AttributesRef<'a> {
    /// The value of an attribute; `null` where it is there and unknown.
    pub fn get(self, name: &str) -> Option<&'a AttributeValue> {
        let table = &self.inventory.table;
        self.pairs
            .iter()
            .find(|(own, _)| table.symbols.text(*own) == name)
            .map(|(_, value)| &table.values[*value as usize])
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.pairs.len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.pairs.is_empty()
    }

    /// Names and values, ascending by name.
    pub fn iter(self) -> impl ExactSizeIterator<Item = (&'a str, &'a AttributeValue)> + use<'a> {
        let table = &self.inventory.table;
        self.pairs.iter().map(|(name, value)| (table.symbols.text(*name), &table.values[*value as usize]))
    }

    /// The attributes by themselves.
    pub fn to_attributes(self) -> Attributes {
        self.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }
}

impl<'a> Iterator for LinksRef<'a> {
    type Item = LinkRef<'a>;

    fn next(&mut self) -> Option<LinkRef<'a>> {
        let link = self.links.next()?;
        let table = &self.inventory.table;
        let target = match link.target.leads() {
            Leads::To(index) => Target::Listed(index),
            Leads::Out(dangling) => Target::Dangling(&table.dangling[dangling as usize]),
        };
        Some(LinkRef { relation: table.symbols.text(link.relation), target })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.links.size_hint()
    }
}

impl ExactSizeIterator for LinksRef<'_> {}

impl PartialEq for TagsRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl PartialEq for AttributesRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for ResourceRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_resource().fmt(f)
    }
}

impl fmt::Debug for TagsRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Debug for AttributesRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Debug for LinksRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
