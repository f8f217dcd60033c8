//! Images.

use serde_json::Value;
use sexton_core::fact::Fact;
use sexton_core::resource::Resource;

use super::snapshot::days;
use super::{DecodeError, Draft, Ec2Kind, Ec2Relation, Place, Row, owned_by_backup};

/// Reads an image. Every snapshot that it maps is pinned by it, not only that of the root device.
pub(crate) fn image(place: &Place, row: Row<'_>, kept_in_bin: Fact<Option<u32>>) -> Result<Resource, DecodeError> {
    let tags = row.tags();
    let backup = owned_by_backup(&tags, row.text("imageOwnerAlias").as_deref());
    let mut draft = Draft::untagged(place, Ec2Kind::Image, &row.id("imageId")?)?
        .tags(tags)
        .name(row.text("name"))
        .created_at(row.time("creationDate"))
        .state(row.text("imageState"))
        .attributes(
            |field| row.text_attribute(field),
            [
                ("description", "description"),
                ("architecture", "architecture"),
                ("platform", "platformDetails"),
                ("root_device_type", "rootDeviceType"),
                ("image_owner_alias", "imageOwnerAlias"),
                ("deregistration_protection", "deregistrationProtection"),
                ("source_instance_id", "sourceInstanceId"),
                ("source_image_id", "sourceImageId"),
                ("source_image_region", "sourceImageRegion"),
            ],
        )
        .attributes(
            |field| row.time_attribute(field),
            [("deprecated_at", "deprecationTime"), ("last_launched_at", "lastLaunchedTime")],
        )
        .attribute("is_public", row.boolean_attribute("isPublic"))
        .attribute("owned_by", backup)
        .attribute("recycle_bin_days", days(kept_in_bin));
    // Images of the instance store have the field too, and map no snapshot.
    if !row.has("blockDeviceMapping") {
        draft = draft.links_unknown();
    }
    match row.rows("blockDeviceMapping") {
        Ok(mappings) => {
            for mapping in mappings {
                match mapping.row("ebs").map_or(Ok(None), |device| device.reference("snapshotId")) {
                    Ok(Some(snapshot)) => draft = draft.link(Ec2Relation::CreatedFrom, Ec2Kind::Snapshot, &snapshot)?,
                    Ok(None) => {}
                    Err(_) => draft = draft.links_unknown(),
                }
            }
        }
        Err(_) => draft = draft.links_unknown(),
    }
    Ok(draft.finish())
}

/// What an image says of being public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Publicity {
    Public,
    NotPublic,
    /// It says nothing, or something that is neither yes nor no.
    Unreadable,
}

/// Whether the image is public.
pub(crate) fn publicity(row: Row<'_>) -> Publicity {
    match row.boolean_attribute("isPublic") {
        Some(Value::Bool(true)) => Publicity::Public,
        Some(Value::Bool(false)) => Publicity::NotPublic,
        Some(_) | None => Publicity::Unreadable,
    }
}

/// Whether the image is gone and only still listed, as it may be for a while by the vendor's documentation.
pub(crate) fn is_deregistered(row: Row<'_>) -> bool {
    row.text("imageState").as_deref() == Some("deregistered")
}
