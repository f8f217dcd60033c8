//! Instances.

use sexton_core::resource::Resource;

use super::{DecodeError, Draft, EcsKind, EcsRelation, Place, Row};

/// Reads an instance. A deletion protection that is missing stays missing, which is not the same as off.
pub(crate) fn instance(place: &Place, row: Row<'_>) -> Result<Resource, DecodeError> {
    let draft = Draft::untagged(place, EcsKind::Instance, &row.id("InstanceId")?)?
        .name(row.text("InstanceName"))
        .created_at(row.time("CreationTime"))
        .state(row.text("Status"))
        .tags(row.tags())
        .attribute("deletion_protection", row.boolean_attribute("DeletionProtection"))
        .attribute("operation_locks", row.lock_reasons("LockReason"))
        .attributes(
            |field| row.text_attribute(field),
            [
                ("instance_charge_type", "InstanceChargeType"),
                ("instance_type", "InstanceType"),
                ("spot_strategy", "SpotStrategy"),
                ("zone_id", "ZoneId"),
                ("resource_group_id", "ResourceGroupId"),
            ],
        );
    Ok(match row.text("ImageId") {
        Some(image) => draft.link(EcsRelation::BootedFrom, EcsKind::Image, &image)?,
        // Every instance was booted from something: only an explicit "" says that it is no longer known to the provider.
        None if row.has("ImageId") && row.value("ImageId").is_none() => draft,
        None => draft.links_unknown(),
    }
    .finish())
}
