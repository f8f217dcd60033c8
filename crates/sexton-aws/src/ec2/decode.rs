//! From the provider's rows to resources, in the words that `docs/aws-ec2.md` pins. One file for each kind.

use std::collections::BTreeSet;

use sexton_core::address::{Account, Address, NameError, Region};
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Attributes, Link, Resource, Tags};
use sexton_core::time::Timestamp;

use super::row::{DecodeError, Row};
use super::vocabulary::{Ec2Kind, Ec2Relation, provider};

mod disk;
mod image;
mod instance;
mod permission;
mod reference;
mod snapshot;
#[cfg(test)]
mod tests;

pub(crate) use disk::disk;
pub(crate) use image::{Publicity, image, is_deregistered, publicity};
pub(crate) use instance::{instance, is_over};
pub(crate) use permission::{Permissions, Shared, permissions, publication, share_parts};
pub(crate) use reference::{TemplateReferences, launch_configuration, launch_template};
pub(crate) use snapshot::{Lock, lock, snapshot};

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

    pub(crate) fn address(&self, kind: Ec2Kind, id: &str) -> Result<Address, DecodeError> {
        Address::new(&provider(), &self.account, &self.region, &kind.name(), id).map_err(DecodeError::Name)
    }

    /// Whether the account owns what a row is of. A row that does not say was asked for by owner.
    pub(crate) fn owns(&self, row: Row<'_>, field: &str) -> bool {
        row.text(field).is_none_or(|owner| owner == self.account.as_str())
    }
}

/// Who besides the account manages a resource, by what the provider tells of it.
fn managed_by(row: Row<'_>) -> Option<AttributeValue> {
    let operator = row.row("operator")?;
    match operator.boolean_attribute("managed") {
        Some(AttributeValue::Bool(false)) | None => None,
        Some(_) => Some(operator.text("principal").map_or(AttributeValue::Bool(true), AttributeValue::String)),
    }
}

/// Whether AWS Backup owns it: by the tag that it puts on what it makes, or the owner's alias. Tags that are not known
/// may be that.
fn owned_by_backup(tags: &Fact<Tags>, alias: Option<&str>) -> Option<AttributeValue> {
    const TAG: &str = "aws:backup:source-resource";
    if alias == Some("aws-backup-vault") {
        return Some(AttributeValue::from("aws-backup"));
    }
    match tags {
        Fact::Unknown => Some(AttributeValue::Null),
        Fact::Known(tags) => tags.contains_key(TAG).then(|| AttributeValue::from("aws-backup")),
    }
}

/// Whether it lies in the Recycle Bin, from where only its restoration brings it back into listings.
pub(crate) fn is_in_the_bin(resource: &Resource) -> bool {
    const TAG: &str = "aws:recycle-bin:resource-in-bin";
    resource.tags.as_ref().known().is_some_and(|tags| tags.get(TAG).is_some_and(|value| value == "true"))
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
    fn new(place: &'a Place, kind: Ec2Kind, id: &str) -> Result<Self, DecodeError> {
        let mut resource = Resource::unknown(place.address(kind, id)?);
        resource.tags = Fact::Known(Tags::new());
        Ok(Self { place, resource, attributes: Attributes::new(), links: Some(BTreeSet::new()) })
    }

    fn name(mut self, name: Option<String>) -> Self {
        self.resource.name = name.into();
        self
    }

    /// The name that people give by the tag `Name`.
    fn name_by_tag(mut self) -> Self {
        let named = self.resource.tags.as_ref().known().and_then(|tags| tags.get("Name").cloned());
        self.resource.name = named.filter(|name| !name.is_empty()).into();
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

    fn link(mut self, relation: Ec2Relation, kind: Ec2Kind, id: &str) -> Result<Self, DecodeError> {
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
