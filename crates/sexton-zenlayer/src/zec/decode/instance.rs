//! Instances.

use sexton_core::resource::Resource;

use super::{ApiVersion, DecodeError, Draft, Place, Row, ZecKind, ZecRelation};

/// Reads an instance. Its disks refer to it, by their own rows.
pub(crate) fn instance(place: &Place, version: ApiVersion, row: Row<'_>) -> Result<Resource, DecodeError> {
    let draft = Draft::new(place, ZecKind::Instance, &row.id("instanceId")?)?
        .name(row.text("instanceName"))
        .created_at(row.time("createTime"))
        .state(row.text("status"))
        .tags(row.tags(version))
        .attribute("resource_group_id", row.resource_group())
        .attributes(
            |field| row.text_attribute(field),
            [("instance_type", "instanceType"), ("zone_id", "zoneId"), ("expired_time", "expiredTime")],
        );
    Ok(match row.reference("imageId") {
        Ok(Some(image)) => draft.link(ZecRelation::BootedFrom, ZecKind::Image, &image)?,
        // Every instance was booted from something: only an explicit "" says that it is no longer known to the provider.
        Ok(None) if row.is_blank("imageId") => draft,
        Ok(None) | Err(_) => draft.links_unknown(),
    }
    .finish())
}
