//! From the provider's rows to resources, in the words that `docs/zenlayer-zec.md` pins. One file for each kind.

use std::collections::BTreeSet;

use sexton_core::address::{Account, Address, NameError, Region};
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Attributes, Link, Resource, Tags};
use sexton_core::time::Timestamp;

use super::row::{DecodeError, Row};
use super::vocabulary::{ZecKind, ZecRelation, global, provider};
use crate::rpc::ApiVersion;

mod disk;
mod image;
mod instance;
mod policy;
mod snapshot;
#[cfg(test)]
mod tests;

pub(crate) use disk::disk;
pub(crate) use image::{image, is_custom};
pub(crate) use instance::instance;
pub(crate) use policy::auto_snapshot_policy;
pub(crate) use snapshot::snapshot;

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

    /// An address in this place; of an image in the account.
    pub(crate) fn address(&self, kind: ZecKind, id: &str) -> Result<Address, DecodeError> {
        let everywhere = global();
        let region = match kind {
            ZecKind::Image => &everywhere,
            ZecKind::Snapshot | ZecKind::Disk | ZecKind::Instance | ZecKind::AutoSnapshotPolicy => &self.region,
        };
        Address::new(&provider(), &self.account, region, &kind.name(), id).map_err(DecodeError::Name)
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
    /// A resource without attributes or links, of which nothing else is known.
    fn new(place: &'a Place, kind: ZecKind, id: &str) -> Result<Self, DecodeError> {
        let resource = Resource::unknown(place.address(kind, id)?);
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

    fn link(mut self, relation: ZecRelation, kind: ZecKind, id: &str) -> Result<Self, DecodeError> {
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
