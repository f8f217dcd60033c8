//! From the provider's rows to resources, in the words that `docs/aws-ec2.md` pins. One file for each kind.

use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Resource, Tags};
use sexton_http::{Draft, Place};

use super::row::{DecodeError, Row};
use super::vocabulary::{Ec2Kind, Ec2Relation};

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

/// Whether the account of a place owns what a row is of. A row that does not say was asked for by owner.
pub(crate) fn owns(place: &Place, row: Row<'_>, field: &str) -> bool {
    row.text(field).is_none_or(|owner| owner == place.account.as_str())
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
