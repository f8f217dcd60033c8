//! Snapshots, and the locks that are listed apart from them.

use std::collections::BTreeMap;

use serde_json::Value;
use sexton_core::resource::{AttributeValue, Resource};

use super::{DecodeError, Draft, EcsKind, EcsRelation, Place, Row};

/// What DescribeLockedSnapshots says of one snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lock {
    pub(crate) snapshot: String,
    status: Option<AttributeValue>,
    /// When it ends, as an RFC 3339 time; `null` where it holds and names no end.
    until: Option<AttributeValue>,
}

/// Reads a lock. The vendor's documentation calls every status but `expired` one that forbids deletion.
pub(crate) fn lock(row: Row<'_>) -> Result<Lock, DecodeError> {
    let expired = row.text("LockStatus").is_some_and(|status| status.eq_ignore_ascii_case("expired"));
    let until = match row.time("LockExpiredTime") {
        Some(until) => Some(Value::String(until.to_string())),
        None if expired => None,
        None => Some(Value::Null),
    };
    Ok(Lock { snapshot: row.id("SnapshotId")?, status: row.text_attribute("LockStatus"), until })
}

/// The groups of snapshots, by snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Groups(BTreeMap<String, String>);

impl Groups {
    /// Adds the snapshots of a group.
    pub(crate) fn add(&mut self, row: Row<'_>) -> Result<(), DecodeError> {
        let group = row.id("SnapshotGroupId")?;
        for snapshot in row.rows("Snapshots", "Snapshot")? {
            self.0.insert(snapshot.id("SnapshotId")?, group.clone());
        }
        Ok(())
    }
}

/// Reads a snapshot, with its lock, and its group where the groups are known.
pub(crate) fn snapshot(
    place: &Place,
    row: Row<'_>,
    lock: Option<&Lock>,
    groups: Option<&Groups>,
) -> Result<Resource, DecodeError> {
    let id = row.id("SnapshotId")?;
    let group = match groups {
        Some(groups) => groups.0.get(&id).cloned().map(Value::String),
        None => Some(Value::Null),
    };
    let snapshot_type = match row.word("SnapshotType", &["auto", "timer", "user"]) {
        // An older word for the same.
        Some(Value::String(text)) if text == "timer" => Some(Value::from("auto")),
        other => other,
    };
    let mut draft = Draft::untagged(place, EcsKind::Snapshot, &id)?
        .name(row.text("SnapshotName"))
        .created_at(row.time("CreationTime"))
        .state(row.text("Status"))
        .size(row.gibibytes("SourceDiskSize"))
        .tags(row.tags())
        .attribute("snapshot_type", snapshot_type)
        .attribute("usage", row.word("Usage", &["image", "disk", "image_disk", "none"]))
        .attribute("encrypted", row.boolean_attribute("Encrypted"))
        .attribute("retention_days", row.number_attribute("RetentionDays"))
        .attributes(
            |field| row.text_attribute(field),
            [
                ("category", "Category"),
                ("progress", "Progress"),
                ("source_disk_type", "SourceDiskType"),
                ("snapshot_link_id", "SnapshotLinkId"),
                ("source_snapshot_id", "SourceSnapshotId"),
                ("source_region_id", "SourceRegionId"),
                ("resource_group_id", "ResourceGroupId"),
                ("product_code", "ProductCode"),
            ],
        )
        .attribute("snapshot_group_id", group)
        .attribute("lock_status", lock.and_then(|lock| lock.status.clone()))
        .attribute("locked_until", lock.and_then(|lock| lock.until.clone()));
    match row.reference("SourceDiskId") {
        Ok(Some(disk)) => draft = draft.link(EcsRelation::Source, EcsKind::Disk, &disk)?,
        Ok(None) => {}
        Err(_) => draft = draft.links_unknown(),
    }
    Ok(draft.finish())
}
