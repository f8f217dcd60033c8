//! Writes one resource of the world as an inventory has it. What the API leaves out is left out here too.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use sexton_core::address::{Account, Address, Kind, NameError, Provider, Region, Relation};
use sexton_core::fact::Fact;
use sexton_core::resource::{Link, Resource};

use super::reading::GIB;

/// The provider of a world of ECS.
pub(crate) const PROVIDER: &str = "aliyun-ecs";

/// Where all resources of a world are.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) provider: Provider,
    pub(crate) account: Account,
    pub(crate) region: Region,
}

impl Place {
    pub(crate) fn new(provider: &str, account: &str, region: &str) -> Result<Self, NameError> {
        Ok(Self { provider: Provider::new(provider)?, account: Account::new(account)?, region: Region::new(region)? })
    }

    fn address(&self, kind: &str, id: &str) -> Address {
        Kind::new(kind)
            .and_then(|kind| Address::new(&self.provider, &self.account, &self.region, &kind, id))
            .expect("the world holds no empty ids")
    }
}

/// One resource, being written.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    place: &'a Place,
    resource: Resource,
    attributes: BTreeMap<String, Value>,
    links: Vec<Link>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(place: &'a Place, kind: &str, id: &str) -> Self {
        let mut resource = Resource::unknown(place.address(kind, id));
        resource.tags = Fact::Known(BTreeMap::new());
        Self { place, resource, attributes: BTreeMap::new(), links: Vec::new() }
    }

    pub(crate) fn name(mut self, name: Option<&str>) -> Self {
        self.resource.name = name.map(str::to_owned).into();
        self
    }

    pub(crate) fn created_at(mut self, instant: Option<Timestamp>) -> Self {
        self.resource.created_at = instant.map(sexton_core::time::Timestamp::from_jiff).into();
        self
    }

    pub(crate) fn state(mut self, state: Option<&str>) -> Self {
        self.resource.state = state.map(str::to_owned).into();
        self
    }

    pub(crate) fn size_gib(mut self, size: Option<u64>) -> Self {
        self.resource.size_bytes = size.map(|gib| gib * GIB).into();
        self
    }

    pub(crate) fn tags(mut self, tags: &BTreeMap<String, String>) -> Self {
        self.resource.tags = Fact::Known(tags.clone());
        self
    }

    /// An attribute, left out where there is none.
    pub(crate) fn attribute(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.attributes.insert(name.to_owned(), value.into());
        }
        self
    }

    pub(crate) fn link(mut self, relation: &str, kind: &str, id: &str) -> Self {
        let relation = Relation::new(relation).expect("relations are written in this crate");
        self.links.push(Link { relation, target: self.place.address(kind, id) });
        self
    }

    pub(crate) fn links(self, relation: &str, kind: &str, ids: &[String]) -> Self {
        ids.iter().fold(self, |draft, id| draft.link(relation, kind, id))
    }

    pub(crate) fn finish(mut self) -> Resource {
        self.links.sort();
        self.links.dedup();
        self.resource.attributes = Fact::Known(self.attributes);
        self.resource.links = Fact::Known(self.links);
        self.resource
    }
}
