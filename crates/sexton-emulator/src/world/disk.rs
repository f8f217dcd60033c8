//! Disks, and how they read as inventory.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sexton_core::resource::Resource;

use super::Quirks;
use super::reading::{Facts, WorldError};
use super::words::{ChargeType, DiskStatus, DiskType};
use super::writing::{Draft, Place};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Disk {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) status: Option<DiskStatus>,
    pub(crate) size_gib: Option<u64>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) disk_type: Option<DiskType>,
    pub(crate) charge_type: Option<ChargeType>,
    pub(crate) category: Option<String>,
    pub(crate) portable: Option<bool>,
    pub(crate) delete_with_instance: Option<bool>,
    pub(crate) delete_auto_snapshot: Option<bool>,
    pub(crate) image_id: Option<String>,
    pub(crate) multi_attach: Option<String>,
    pub(crate) encrypted: Option<bool>,
    pub(crate) operation_locks: Option<Vec<String>>,
    pub(crate) resource_group_id: Option<String>,
    pub(crate) source_snapshot: Option<String>,
    /// The instances it is attached to, each once, ascending.
    pub(crate) attached_to: Vec<String>,
    pub(crate) quirks: Quirks,
}

impl Disk {
    pub(crate) const KIND: &str = "disk";

    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        facts.only_links(&[("created-from", "snapshot"), ("attached-to", "instance")])?;
        Ok(Self {
            id: facts.id(),
            name: facts.name(),
            created_at: facts.created_at(),
            status: facts.state(),
            size_gib: facts.size_gib()?,
            tags: facts.tags(),
            disk_type: facts.word("disk_type")?,
            charge_type: facts.word("disk_charge_type")?,
            category: facts.text("category")?,
            portable: facts.flag("portable")?,
            delete_with_instance: facts.flag("delete_with_instance")?,
            delete_auto_snapshot: facts.flag("delete_auto_snapshot")?,
            image_id: facts.text("image_id")?,
            multi_attach: facts.text("multi_attach")?,
            encrypted: facts.flag("encrypted")?,
            operation_locks: facts.texts("operation_locks")?,
            resource_group_id: facts.text("resource_group_id")?,
            source_snapshot: facts.linked_once("created-from", "snapshot")?,
            attached_to: facts.linked("attached-to", "instance"),
            quirks: facts.quirks()?,
        })
    }

    pub(crate) fn write(&self, place: &Place) -> Resource {
        Draft::new(place, Self::KIND, &self.id)
            .name(self.name.as_deref())
            .created_at(self.created_at)
            .state(self.status.as_ref().map(DiskStatus::as_str))
            .size_gib(self.size_gib)
            .tags(&self.tags)
            .attribute("disk_type", self.disk_type.as_ref().map(DiskType::as_str))
            .attribute("disk_charge_type", self.charge_type.as_ref().map(ChargeType::as_str))
            .attribute("category", self.category.as_deref())
            .attribute("portable", self.portable)
            .attribute("delete_with_instance", self.delete_with_instance)
            .attribute("delete_auto_snapshot", self.delete_auto_snapshot)
            .attribute("image_id", self.image_id.as_deref())
            .attribute("multi_attach", self.multi_attach.as_deref())
            .attribute("encrypted", self.encrypted)
            .attribute("operation_locks", self.operation_locks.clone())
            .attribute("resource_group_id", self.resource_group_id.as_deref())
            .links("created-from", "snapshot", self.source_snapshot.as_slice())
            .links("attached-to", "instance", &self.attached_to)
            .finish()
    }
}
