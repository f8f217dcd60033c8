//! Instances.

use sexton_core::resource::Resource;

use super::{DecodeError, Draft, Ec2Kind, Ec2Relation, Place, Row, managed_by};

/// Reads an instance. It counts as made when it was last started: the provider keeps no other time of its own.
pub(crate) fn instance(place: &Place, row: Row<'_>) -> Result<Resource, DecodeError> {
    let draft = Draft::untagged(place, Ec2Kind::Instance, &row.id("instanceId")?)?
        .tags(row.tags())
        .name_by_tag("Name")
        .created_at(row.time("launchTime"))
        .state(state(row))
        .attributes(
            |field| row.text_attribute(field),
            [
                ("instance_type", "instanceType"),
                ("lifecycle", "instanceLifecycle"),
                ("root_device_type", "rootDeviceType"),
                ("outpost_arn", "outpostArn"),
            ],
        )
        .attribute(
            "availability_zone",
            row.row("placement").and_then(|placement| placement.text_attribute("availabilityZone")),
        )
        .attribute("managed_by", managed_by(row));
    Ok(match row.text("imageId") {
        Some(image) => draft.link(Ec2Relation::BootedFrom, Ec2Kind::Image, &image)?,
        // Every instance was booted from something.
        None => draft.links_unknown(),
    }
    .finish())
}

/// Whether the instance is gone and only still listed, as it is for an hour by the vendor's documentation.
pub(crate) fn is_over(row: Row<'_>) -> bool {
    state(row).as_deref() == Some("terminated")
}

fn state(row: Row<'_>) -> Option<String> {
    row.row("instanceState").and_then(|state| state.text("name"))
}
