//! Instances, and how they read as inventory.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sexton_core::resource::Resource;

use super::Quirks;
use super::reading::{Facts, WorldError};
use super::words::{ChargeType, InstanceStatus};
use super::writing::{Draft, Place};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    /// Whole minutes: that is what the API tells.
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) status: Option<InstanceStatus>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) deletion_protection: Option<bool>,
    pub(crate) charge_type: Option<ChargeType>,
    pub(crate) instance_type: Option<String>,
    pub(crate) operation_locks: Option<Vec<String>>,
    pub(crate) spot_strategy: Option<String>,
    pub(crate) zone_id: Option<String>,
    pub(crate) resource_group_id: Option<String>,
    pub(crate) image: Option<String>,
    pub(crate) quirks: Quirks,
}

impl Instance {
    pub(crate) const KIND: &str = "instance";

    pub(crate) fn is_locked_for_security(&self) -> bool {
        self.operation_locks.iter().flatten().any(|reason| reason == "security")
    }

    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        facts.only_links(&[("booted-from", "image")])?;
        Ok(Self {
            id: facts.id(),
            name: facts.name(),
            created_at: facts.created_minute(),
            status: facts.state(),
            tags: facts.tags(),
            deletion_protection: facts.flag("deletion_protection")?,
            charge_type: facts.word("instance_charge_type")?,
            instance_type: facts.text("instance_type")?,
            operation_locks: facts.texts("operation_locks")?,
            spot_strategy: facts.text("spot_strategy")?,
            zone_id: facts.text("zone_id")?,
            resource_group_id: facts.text("resource_group_id")?,
            image: facts.linked_once("booted-from", "image")?,
            quirks: facts.quirks()?,
        })
    }

    pub(crate) fn write(&self, place: &Place) -> Resource {
        Draft::new(place, Self::KIND, &self.id)
            .name(self.name.as_deref())
            .created_at(self.created_at)
            .state(self.status.as_ref().map(InstanceStatus::as_str))
            .tags(&self.tags)
            .attribute("deletion_protection", self.deletion_protection)
            .attribute("instance_charge_type", self.charge_type.as_ref().map(ChargeType::as_str))
            .attribute("instance_type", self.instance_type.as_deref())
            .attribute("operation_locks", self.operation_locks.clone())
            .attribute("spot_strategy", self.spot_strategy.as_deref())
            .attribute("zone_id", self.zone_id.as_deref())
            .attribute("resource_group_id", self.resource_group_id.as_deref())
            .links("booted-from", "image", self.image.as_slice())
            .finish()
    }
}
