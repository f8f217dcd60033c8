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
    match attachments(row) {
        Ok(Attachments { instances, deletes }) => {
            for instance in instances {
                draft = draft.link(Ec2Relation::AttachedTo, Ec2Kind::Instance, &instance)?;
            }
            draft = draft.attribute("delete_with_instance", deletes);
        }
        Err(_) => draft = draft.links_unknown(),
    }
    Ok(draft.finish())
}

struct Attachments {
    instances: Vec<String>,
    /// Whether it goes with its instance; unknown where that is not told of an attachment.
    deletes: Option<AttributeValue>,
}

/// What a volume is attached to. It goes with its instance unless every attachment says that it does not.
fn attachments(row: Row<'_>) -> Result<Attachments, DecodeError> {
    let mut instances = Vec::new();
    let mut deletes = None;
    for attachment in row.rows("attachmentSet")? {
        if attachment.text("status").as_deref() == Some("detached") {
            continue;
        }
        // What the vendor's services attach has another resource in place of the instance.
        instances.extend(attachment.reference("instanceId")?);
        let of_this = attachment.boolean_attribute("deleteOnTermination").unwrap_or(Value::Null);
        deletes = match (deletes, of_this) {
            (Some(Value::Bool(true)), _) | (_, Value::Bool(true)) => Some(Value::Bool(true)),
            (None | Some(Value::Bool(false)), Value::Bool(false)) => Some(Value::Bool(false)),
            (Some(_) | None, _) => Some(Value::Null),
        };
    }
    Ok(Attachments { instances, deletes })
}
