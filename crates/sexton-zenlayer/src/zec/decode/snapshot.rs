//! Snapshots.

use sexton_core::resource::Resource;

use super::{DecodeError, Draft, Place, Row, ZecKind, ZecRelation};

/// Reads a snapshot. The API tells neither its size nor its tags: the size is its disk's, where that is known, and the
/// tags are unknown.
pub(crate) fn snapshot(place: &Place, row: Row<'_>, disk_size: Option<u64>) -> Result<Resource, DecodeError> {
    let draft = Draft::new(place, ZecKind::Snapshot, &row.id("snapshotId")?)?
        .name(row.text("snapshotName"))
        .created_at(row.time("createTime"))
        .state(row.text("status"))
        .size(disk_size)
        .attribute("snapshot_type", row.word_attribute("snapshotType"))
        .attribute("disk_ability", row.boolean_attribute("diskAbility"))
        .attribute("resource_group_id", row.resource_group())
        .attributes(|field| row.text_attribute(field), [("retention_time", "retentionTime"), ("zone_id", "zoneId")]);
    Ok(match row.reference("diskId") {
        Ok(Some(disk)) => draft.link(ZecRelation::Source, ZecKind::Disk, &disk)?,
        // Every snapshot is one of a disk: only an explicit "" says that it is no longer known to the provider.
        Ok(None) if row.is_blank("diskId") => draft,
        Ok(None) | Err(_) => draft.links_unknown(),
    }
    .finish())
}
