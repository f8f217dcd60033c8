//! Volumes.

use serde_json::Value;
use sexton_core::fact::Fact;
use sexton_core::resource::{AttributeValue, Resource};

use super::snapshot::days;
use super::{DecodeError, Draft, Ec2Kind, Ec2Relation, Place, Row, managed_by};

/// Reads a volume.
pub(crate) fn disk(place: &Place, row: Row<'_>, kept_in_bin: Fact<Option<u32>>) -> Result<Resource, DecodeError> {
    let mut draft = Draft::untagged(place, Ec2Kind::Disk, &row.id("volumeId")?)?
        .tags(row.tags())
        .name_by_tag("Name")
        .created_at(row.time("createTime"))
        .state(row.text("status"))
        .size(row.gibibytes("size"))
        .attributes(
            |field| row.text_attribute(field),
            [
                ("volume_type", "volumeType"),
                ("availability_zone", "availabilityZone"),
                ("source_volume_id", "sourceVolumeId"),
                ("outpost_arn", "outpostArn"),
            ],
        )
        .attributes(
            |field| row.boolean_attribute(field),
            [("encrypted", "encrypted"), ("multi_attach", "multiAttachEnabled")],
        )
        .attribute("managed_by", managed_by(row))
        .attribute("recycle_bin_days", days(kept_in_bin));
    match row.reference("snapshotId") {
        Ok(Some(snapshot)) => draft = draft.link(Ec2Relation::CreatedFrom, Ec2Kind::Snapshot, &snapshot)?,
        Ok(None) => {}
        Err(_) => draft = draft.links_unknown(),
    }
    let attachments = attachments(row).unwrap_or(Attachments::UNKNOWN);
    draft = draft.attribute("delete_with_instance", attachments.deletes);
    match attachments.instances {
        Fact::Known(instances) => {
            for instance in instances {
                draft = draft.link(Ec2Relation::AttachedTo, Ec2Kind::Instance, &instance)?;
            }
        }
        Fact::Unknown => draft = draft.links_unknown(),
    }
    Ok(draft.finish())
}

struct Attachments {
    /// Unknown where the volume is attached to something, or may be, that the row does not name.
    instances: Fact<Vec<String>>,
    /// Whether it goes with its instance; unknown where that is not told of an attachment.
    deletes: Option<AttributeValue>,
}

impl Attachments {
    const UNKNOWN: Self = Self { instances: Fact::Unknown, deletes: Some(Value::Null) };
}

/// What a volume is attached to. It goes with its instance unless every attachment says that it does not.
fn attachments(row: Row<'_>) -> Result<Attachments, DecodeError> {
    let (mut instances, mut deletes) = (Vec::new(), None);
    let mut live = 0;
    let mut named = 0;
    for attachment in row.rows("attachmentSet")? {
        if attachment.text("status").as_deref() == Some("detached") {
            continue;
        }
        live += 1;
        let instance = attachment.reference("instanceId")?;
        // What the vendor's services attach has another resource in place of the instance.
        named += usize::from(instance.is_some() || attachment.text("associatedResource").is_some());
        instances.extend(instance);
        let of_this = attachment.boolean_attribute("deleteOnTermination").unwrap_or(Value::Null);
        deletes = match (deletes, of_this) {
            (Some(Value::Bool(true)), _) | (_, Value::Bool(true)) => Some(Value::Bool(true)),
            (None | Some(Value::Bool(false)), Value::Bool(false)) => Some(Value::Bool(false)),
            (Some(_) | None, _) => Some(Value::Null),
        };
    }
    let state = row.text("status");
    let untold = match state.as_deref() {
        Some("in-use") => live == 0,
        Some(_) => false,
        None => !row.has("attachmentSet"),
    };
    if untold {
        return Ok(Attachments::UNKNOWN);
    }
    let instances = if named == live { Fact::Known(instances) } else { Fact::Unknown };
    Ok(Attachments { instances, deletes })
}
