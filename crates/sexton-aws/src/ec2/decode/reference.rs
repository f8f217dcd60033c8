//! What launches instances later: launch templates and launch configurations.

use std::collections::BTreeSet;

use sexton_core::resource::Resource;

use super::{DecodeError, Draft, Ec2Kind, Ec2Relation, Place, Row, managed_by};

/// What the versions of a launch template refer to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TemplateReferences {
    images: BTreeSet<String>,
    snapshots: BTreeSet<String>,
    /// Whether a version names what only others can look up.
    open: bool,
}

impl TemplateReferences {
    /// Adds what a version refers to.
    pub(crate) fn add(&mut self, version: Row<'_>) {
        match version.row("launchTemplateData") {
            Some(data) => self.add_all(data, ["imageId", "blockDeviceMappingSet", "ebs", "snapshotId"]),
            // A version that says nothing of an image leaves it to the launch.
            None => self.open |= !version.has("launchTemplateData"),
        }
    }

    fn add_all(&mut self, row: Row<'_>, [image, devices, ebs, snapshot]: [&'static str; 4]) {
        match row.reference(image) {
            // A parameter of Systems Manager that was not resolved.
            Ok(Some(id)) if id.starts_with("resolve:") => self.open = true,
            Ok(Some(id)) => drop(self.images.insert(id)),
            Ok(None) => {}
            Err(_) => self.open = true,
        }
        let Ok(mappings) = row.rows(devices) else {
            self.open = true;
            return;
        };
        for mapping in mappings {
            match mapping.row(ebs).map_or(Ok(None), |device| device.reference(snapshot)) {
                Ok(id) => self.snapshots.extend(id),
                Err(_) => self.open = true,
            }
        }
    }
}

/// Reads a launch template, with what was found in its versions; `None` where they could not be read.
pub(crate) fn launch_template(
    place: &Place,
    row: Row<'_>,
    references: Option<&TemplateReferences>,
) -> Result<Resource, DecodeError> {
    let draft = Draft::untagged(place, Ec2Kind::LaunchTemplate, &row.id("launchTemplateId")?)?
        .name(row.text("launchTemplateName"))
        .created_at(row.time("createTime"))
        .tags(row.tags())
        .attribute("default_version", row.number_attribute("defaultVersionNumber"))
        .attribute("latest_version", row.number_attribute("latestVersionNumber"))
        .attribute("managed_by", managed_by(row));
    Ok(match references {
        Some(references) => refer(draft, references)?,
        None => draft.links_unknown(),
    }
    .finish())
}

/// Reads a launch configuration of Auto Scaling. It has a name, and no id besides that is unique in a region.
pub(crate) fn launch_configuration(place: &Place, row: Row<'_>) -> Result<Resource, DecodeError> {
    let name = row.id("LaunchConfigurationName")?;
    let draft = Draft::untagged(place, Ec2Kind::LaunchConfiguration, &name)?
        .name(Some(name))
        .created_at(row.time("CreatedTime"))
        .attribute("instance_type", row.text_attribute("InstanceType"));
    let mut references = TemplateReferences::default();
    references.add_all(row, ["ImageId", "BlockDeviceMappings", "Ebs", "SnapshotId"]);
    Ok(refer(draft, &references)?.finish())
}

fn refer<'a>(mut draft: Draft<'a>, references: &TemplateReferences) -> Result<Draft<'a>, DecodeError> {
    for image in &references.images {
        draft = draft.link(Ec2Relation::RefersTo, Ec2Kind::Image, image)?;
    }
    for snapshot in &references.snapshots {
        draft = draft.link(Ec2Relation::RefersTo, Ec2Kind::Snapshot, snapshot)?;
    }
    Ok(if references.open { draft.links_unknown() } else { draft })
}
