//! Disks.

use serde_json::Value;
use sexton_core::resource::{AttributeValue, Resource};

use super::{ApiVersion, DecodeError, Draft, Place, Row, ZecKind, ZecRelation};

/// Reads a disk.
pub(crate) fn disk(place: &Place, version: ApiVersion, row: Row<'_>) -> Result<Resource, DecodeError> {
    let state = row.text("diskStatus");
    let draft = Draft::new(place, ZecKind::Disk, &row.id("diskId")?)?
        .name(row.text("diskName"))
        .created_at(row.time("createTime"))
        .state(state.clone())
        .size(row.gibibytes("diskSize"))
        .tags(row.tags(version))
        .attribute("disk_type", row.word_attribute("diskType"))
        .attribute("delete_with_instance", Some(goes_with_its_instance(row)))
        .attribute("resource_group_id", row.resource_group())
        .attributes(
            |field| row.boolean_attribute(field),
            [("portable", "portable"), ("snapshot_ability", "snapshotAbility")],
        )
        .attributes(
            |field| row.text_attribute(field),
            [
                ("category", "diskCategory"),
                ("zone_id", "zoneId"),
                ("expired_time", "expiredTime"),
                ("auto_snapshot_policy_id", "autoSnapshotPolicyId"),
            ],
        );
    Ok(match row.reference("instanceId") {
        Ok(Some(instance)) => draft.link(ZecRelation::AttachedTo, ZecKind::Instance, &instance)?,
        // It is attached to something that the row does not name.
        Ok(None) if matches!(state.as_deref(), Some("IN_USE" | "ATTACHING" | "DETACHING")) => draft.links_unknown(),
        Ok(None) => draft,
        Err(_) => draft.links_unknown(),
    }
    .finish())
}

/// Whether it is released when its instance is: a boot disk always is, by the vendor's documentation, and a disk that
/// cannot be detached has nowhere else to go.
fn goes_with_its_instance(row: Row<'_>) -> AttributeValue {
    match (row.text("diskType").as_deref(), row.boolean("portable")) {
        (Some("SYSTEM"), _) | (_, Some(false)) => Value::Bool(true),
        (Some("DATA"), Some(true)) => Value::Bool(false),
        (Some(_) | None, Some(true) | None) => Value::Null,
    }
}
