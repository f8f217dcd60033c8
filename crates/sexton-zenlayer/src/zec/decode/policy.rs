//! Auto snapshot policies.

use sexton_core::resource::Resource;

use super::{ApiVersion, DecodeError, Draft, Place, Row, ZecKind, ZecRelation};

/// Reads an auto snapshot policy.
pub(crate) fn auto_snapshot_policy(place: &Place, version: ApiVersion, row: Row<'_>) -> Result<Resource, DecodeError> {
    let mut draft = Draft::new(place, ZecKind::AutoSnapshotPolicy, &row.id("autoSnapshotPolicyId")?)?
        .name(row.text("autoSnapshotPolicyName"))
        .created_at(row.time("createTime"))
        .tags(row.tags(version))
        .attribute("zone_id", row.text_attribute("zoneId"))
        .attribute("resource_group_id", row.resource_group())
        .attributes(
            |field| row.number_attribute(field),
            [("disk_num", "diskNum"), ("retention_days", "retentionDays")],
        );
    match row.texts("diskIdSet") {
        Ok(disks) => {
            // Disks that are counted and not named.
            let untold = row.number("diskNum").is_some_and(|count| count > disks.len() as u64);
            for disk in disks {
                draft = draft.link(ZecRelation::Covers, ZecKind::Disk, &disk)?;
            }
            if untold {
                draft = draft.links_unknown();
            }
        }
        Err(_) => draft = draft.links_unknown(),
    }
    Ok(draft.finish())
}
