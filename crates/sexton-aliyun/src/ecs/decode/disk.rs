//! Disks.

use std::collections::BTreeSet;

use sexton_core::resource::Resource;

use super::{DecodeError, Draft, EcsKind, EcsRelation, Place, Row};

/// Reads a disk.
pub(crate) fn disk(place: &Place, row: Row<'_>) -> Result<Resource, DecodeError> {
    let mut draft = Draft::untagged(place, EcsKind::Disk, &row.id("DiskId")?)?
        .name(row.text("DiskName"))
        .created_at(row.time("CreationTime"))
        .state(row.text("Status"))
        .size(row.gibibytes("Size"))
        .tags(row.tags())
        .attributes(
            |field| row.text_attribute(field),
            [
                ("disk_type", "Type"),
                ("disk_charge_type", "DiskChargeType"),
                ("category", "Category"),
                ("image_id", "ImageId"),
                ("multi_attach", "MultiAttach"),
                ("resource_group_id", "ResourceGroupId"),
            ],
        )
        .attributes(
            |field| row.boolean_attribute(field),
            [
                ("portable", "Portable"),
                ("delete_with_instance", "DeleteWithInstance"),
                ("delete_auto_snapshot", "DeleteAutoSnapshot"),
                ("encrypted", "Encrypted"),
            ],
        )
        .attribute("operation_locks", row.lock_reasons("OperationLock"));
    match row.reference("SourceSnapshotId") {
        Ok(Some(snapshot)) => draft = draft.link(EcsRelation::CreatedFrom, EcsKind::Snapshot, &snapshot)?,
        Ok(None) => {}
        Err(_) => draft = draft.links_unknown(),
    }
    match attached_to(row) {
        Ok(instances) => {
            for instance in instances {
                draft = draft.link(EcsRelation::AttachedTo, EcsKind::Instance, &instance)?;
            }
        }
        Err(_) => draft = draft.links_unknown(),
    }
    Ok(draft.finish())
}

/// The instances that any of the three places of a row names.
fn attached_to(row: Row<'_>) -> Result<BTreeSet<String>, DecodeError> {
    let mut instances: BTreeSet<String> = row.reference("InstanceId")?.into_iter().collect();
    for (outer, inner) in [("Attachments", "Attachment"), ("MountInstances", "MountInstance")] {
        for row in row.rows(outer, inner)? {
            instances.extend(row.reference("InstanceId")?);
        }
    }
    Ok(instances)
}
