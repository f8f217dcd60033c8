//! From the provider's rows to resources, in the words that `docs/aliyun-ecs.md` pins. One file for each kind.

use std::collections::BTreeSet;

use sexton_core::address::{Account, Address, NameError, Region};
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Attributes, Link, Resource, Tags};
use sexton_core::time::Timestamp;

use super::vocabulary::{EcsKind, EcsRelation, provider};
use crate::row::{DecodeError, Row};

mod disk;
mod image;
mod instance;
mod policy;
mod reference;
mod share;
mod snapshot;
mod task;
#[cfg(test)]
mod tests;

pub(crate) use disk::disk;
pub(crate) use image::{Publicity, image, is_own, may_be_shared, publication, publicity};
pub(crate) use instance::instance;
pub(crate) use policy::{Covered, snapshot_policy};
pub(crate) use reference::{TemplateReferences, launch_template, scaling_configuration};
pub(crate) use share::{account_share, group_share, share_parts};
pub(crate) use snapshot::{Groups, Lock, lock, snapshot};
pub(crate) use task::{is_over, task};

/// Where the rows of a listing are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) account: Account,
    pub(crate) region: Region,
}

impl Place {
    /// Where a resource is.
    pub(crate) fn of(address: &Address) -> Result<Self, NameError> {
        Ok(Self { account: Account::new(address.account())?, region: Region::new(address.region())? })
    }

    pub(crate) fn address(&self, kind: EcsKind, id: &str) -> Result<Address, DecodeError> {
        Address::new(&provider(), &self.account, &self.region, &kind.name(), id).map_err(DecodeError::Name)
    }
}

/// A resource while its row is read.
struct Draft<'a> {
    place: &'a Place,
    resource: Resource,
    attributes: Attributes,
    links: Option<BTreeSet<Link>>,
}

impl<'a> Draft<'a> {
    /// A resource without tags, attributes or links, of which nothing else is known.
    fn new(place: &'a Place, kind: EcsKind, id: &str) -> Result<Self, DecodeError> {
        let mut resource = Resource::unknown(place.address(kind, id)?);
        resource.tags = Fact::Known(Tags::new());
        Ok(Self { place, resource, attributes: Attributes::new(), links: Some(BTreeSet::new()) })
    }

    fn name(mut self, name: Option<String>) -> Self {
        self.resource.name = name.into();
        self
    }

    fn created_at(mut self, time: Option<Timestamp>) -> Self {
        self.resource.created_at = time.into();
        self
    }

    fn state(mut self, state: Option<String>) -> Self {
        self.resource.state = state.into();
        self
    }

    fn size(mut self, bytes: Option<u64>) -> Self {
        self.resource.size_bytes = bytes.into();
        self
    }

    fn tags(mut self, tags: Fact<Tags>) -> Self {
        self.resource.tags = tags;
        self
    }

    /// Leaves a missing attribute out.
    fn attribute(mut self, name: &str, value: Option<AttributeValue>) -> Self {
        if let Some(value) = value {
            self.attributes.insert(name.to_owned(), value);
        }
        self
    }

    /// The attributes of that form, by name and field.
    fn attributes<const N: usize>(
        mut self,
        read: impl Fn(&str) -> Option<AttributeValue>,
        names: [(&str, &str); N],
    ) -> Self {
        for (name, field) in names {
            self = self.attribute(name, read(field));
        }
        self
    }

    fn link(mut self, relation: EcsRelation, kind: EcsKind, id: &str) -> Result<Self, DecodeError> {
        let target = self.place.address(kind, id)?;
        if let Some(links) = &mut self.links {
            links.insert(Link { relation: relation.name(), target });
        }
        Ok(self)
    }

    /// What the resource refers to cannot be read.
    fn links_unknown(mut self) -> Self {
        self.links = None;
        self
    }

    fn finish(mut self) -> Resource {
        self.resource.attributes = Fact::Known(self.attributes);
        self.resource.links = self.links.map(|links| links.into_iter().collect::<Vec<_>>()).into();
        self.resource
    }
}
