//! Images, and the publication that a public one carries.

use serde_json::Value;
use sexton_core::resource::Resource;

use super::{DecodeError, Draft, EcsKind, EcsRelation, Place, Row};

/// Reads an image.
pub(crate) fn image(place: &Place, row: Row<'_>) -> Result<Resource, DecodeError> {
    let mut draft = Draft::untagged(place, EcsKind::Image, &row.id("ImageId")?)?
        .name(row.text("ImageName"))
        .created_at(row.time("CreationTime"))
        .state(row.text("Status"))
        .size(row.gibibytes("Size"))
        .tags(row.tags())
        .attributes(
            |field| row.text_attribute(field),
            [
                ("image_owner_alias", "ImageOwnerAlias"),
                ("image_family", "ImageFamily"),
                ("os_type", "OSType"),
                ("architecture", "Architecture"),
                ("resource_group_id", "ResourceGroupId"),
            ],
        )
        .attribute("usage", row.word("Usage", &["instance", "none"]))
        .attributes(
            |field| row.boolean_attribute(field),
            [("is_self_shared", "IsSelfShared"), ("is_public", "IsPublic"), ("is_copied", "IsCopied")],
        );
    // Every answer that was captured has the field, empty where an image is still being made.
    match row.rows("DiskDeviceMappings", "DiskDeviceMapping") {
        Ok(mappings) if row.has("DiskDeviceMappings") => {
            for mapping in mappings {
                match mapping.reference("SnapshotId") {
                    Ok(Some(snapshot)) => draft = draft.link(EcsRelation::CreatedFrom, EcsKind::Snapshot, &snapshot)?,
                    Ok(None) => {}
                    Err(_) => draft = draft.links_unknown(),
                }
            }
        }
        Ok(_) | Err(_) => draft = draft.links_unknown(),
    }
    Ok(draft.finish())
}

/// Whether the account owns the image.
pub(crate) fn is_own(place: &Place, row: Row<'_>) -> bool {
    row.text("ImageOwnerAlias").is_none_or(|alias| alias.eq_ignore_ascii_case("self"))
        || row.text("ImageOwnerId").is_some_and(|owner| owner == place.account.as_str())
}

/// Whether the share permissions of the image have to be read: of all but those that plainly are not shared.
pub(crate) fn may_be_shared(row: Row<'_>) -> bool {
    !matches!(row.text("IsSelfShared").as_deref(), Some("False" | "false"))
}

/// What an image says of being public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Publicity {
    Public,
    NotPublic,
    /// It says something that is neither yes nor no.
    Unreadable,
}

/// Whether the image is public. One that says nothing is older than community images.
pub(crate) fn publicity(row: Row<'_>) -> Publicity {
    match row.boolean_attribute("IsPublic") {
        Some(Value::Bool(true)) => Publicity::Public,
        Some(Value::Bool(false)) | None => Publicity::NotPublic,
        Some(_) => Publicity::Unreadable,
    }
}

/// The publication of a public image.
pub(crate) fn publication(place: &Place, row: Row<'_>) -> Result<Resource, DecodeError> {
    let image = row.id("ImageId")?;
    let draft = Draft::untagged(place, EcsKind::Publication, &format!("{image}/public"))?;
    Ok(draft.link(EcsRelation::Publishes, EcsKind::Image, &image)?.finish())
}
