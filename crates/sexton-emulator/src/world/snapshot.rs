//! Snapshots, and how they read as inventory.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use sexton_core::resource::Resource;

use super::Quirks;
use super::reading::{Facts, WorldError};
use super::words::{LockStatus, SnapshotStatus, SnapshotUsage};
use super::writing::{Draft, Place};
use crate::clock;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) status: Option<SnapshotStatus>,
    pub(crate) size_gib: Option<u64>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) usage: Option<SnapshotUsage>,
    /// `auto`, `timer` or `user`: the API has two words for automatic ones.
    pub(crate) snapshot_type: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) encrypted: Option<bool>,
    pub(crate) progress: Option<String>,
    pub(crate) source_disk: Option<String>,
    pub(crate) source_disk_type: Option<String>,
    pub(crate) snapshot_link_id: Option<String>,
    pub(crate) source_snapshot_id: Option<String>,
    pub(crate) source_region_id: Option<String>,
    pub(crate) retention_days: Option<u64>,
    pub(crate) resource_group_id: Option<String>,
    pub(crate) product_code: Option<String>,
    pub(crate) snapshot_group_id: Option<String>,
    pub(crate) lock: Option<Lock>,
    pub(crate) quirks: Quirks,
}

/// A compliance lock of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lock {
    pub(crate) status: LockStatus,
    pub(crate) expires_at: Option<Timestamp>,
}

impl Lock {
    /// Anything but `expired` keeps the snapshot (vendor documentation of DescribeLockedSnapshots).
    pub(crate) fn holds(&self) -> bool {
        match self.status {
            LockStatus::Expired => false,
            LockStatus::CoolOff | LockStatus::Compliance | LockStatus::Other(_) => true,
        }
    }
}

impl Snapshot {
    pub(crate) const KIND: &str = "snapshot";

    pub(crate) fn is_automatic(&self) -> bool {
        matches!(self.snapshot_type.as_deref(), Some("auto" | "timer"))
    }

    pub(crate) fn read(resource: &Resource) -> Result<Self, WorldError> {
        let facts = Facts(resource);
        facts.only_links(&[("source", "disk")])?;
        let expires_at = facts.parsed("locked_until", clock::parse, "a time")?;
        let lock = match (facts.word("lock_status")?, expires_at) {
            (Some(status), expires_at) => Some(Lock { status, expires_at }),
            (None, Some(_)) => Some(Lock { status: LockStatus::Compliance, expires_at }),
            (None, None) => None,
        };
        Ok(Self {
            id: facts.id(),
            name: facts.name(),
            created_at: facts.created_at(),
            status: facts.state(),
            size_gib: facts.size_gib()?,
            tags: facts.tags(),
            usage: facts.parsed("usage", SnapshotUsage::parse, "one of image, disk, image_disk, none")?,
            snapshot_type: facts.text("snapshot_type")?,
            category: facts.text("category")?,
            encrypted: facts.flag("encrypted")?,
            progress: facts.text("progress")?,
            source_disk: facts.linked_once("source", "disk")?,
            source_disk_type: facts.text("source_disk_type")?,
            snapshot_link_id: facts.text("snapshot_link_id")?,
            source_snapshot_id: facts.text("source_snapshot_id")?,
            source_region_id: facts.text("source_region_id")?,
            retention_days: facts.number("retention_days")?,
            resource_group_id: facts.text("resource_group_id")?,
            product_code: facts.text("product_code")?,
            snapshot_group_id: facts.text("snapshot_group_id")?,
            lock,
            quirks: facts.quirks()?,
        })
    }

    pub(crate) fn write(&self, place: &Place) -> Resource {
        let snapshot_type = self.snapshot_type.as_deref().map(|word| if word == "timer" { "auto" } else { word });
        let draft = Draft::new(place, Self::KIND, &self.id)
            .name(self.name.as_deref())
            .created_at(self.created_at)
            .state(self.status.as_ref().map(SnapshotStatus::as_str))
            .size_gib(self.size_gib)
            .tags(&self.tags)
            .attribute("usage", self.usage.map(SnapshotUsage::as_str))
            .attribute("snapshot_type", snapshot_type)
            .attribute("category", self.category.as_deref())
            .attribute("encrypted", self.encrypted)
            .attribute("progress", self.progress.as_deref())
            .attribute("source_disk_type", self.source_disk_type.as_deref())
            .attribute("snapshot_link_id", self.snapshot_link_id.as_deref())
            .attribute("source_snapshot_id", self.source_snapshot_id.as_deref())
            .attribute("source_region_id", self.source_region_id.as_deref())
            .attribute("retention_days", self.retention_days)
            .attribute("resource_group_id", self.resource_group_id.as_deref())
            .attribute("product_code", self.product_code.as_deref())
            .attribute("snapshot_group_id", self.snapshot_group_id.as_deref())
            .attribute("lock_status", self.lock.as_ref().map(|lock| lock.status.as_str()))
            .attribute("locked_until", self.lock.as_ref().and_then(locked_until))
            .links("source", "disk", self.source_disk.as_slice());
        draft.finish()
    }
}

/// Unknown for a lock that holds and names no end.
fn locked_until(lock: &Lock) -> Option<Value> {
    match lock.expires_at {
        Some(instant) => Some(Value::String(clock::seconds(instant))),
        None if lock.holds() => Some(Value::Null),
        None => None,
    }
}
