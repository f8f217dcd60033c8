//! What launches instances later: launch templates and scaling configurations.

use std::collections::BTreeSet;

use serde_json::Value;
use sexton_core::resource::Resource;

use super::{DecodeError, Draft, EcsKind, EcsRelation, Place, Row};

/// What the versions of a launch template refer to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TemplateReferences {
    images: BTreeSet<String>,
    snapshots: BTreeSet<String>,
    /// How many versions were read.
    told: usize,
    /// How many were listed without what they are made of.
    untold: usize,
}

impl TemplateReferences {
    /// Adds what a version refers to.
    pub(crate) fn add(&mut self, version: Row<'_>) {
        let data = |(key, value): (&String, &Value)| match key.strip_prefix("LaunchTemplateData") {
            Some("") => value.is_object(),
            Some(dotted) => dotted.starts_with('.'),
            None => false,
        };
        match version.object().iter().any(data) {
            true => self.told += 1,
            false => self.untold += 1,
        }
        self.collect(version);
    }

    /// Adds what a row refers to, nested as the SDK has it or in dotted keys as the vendor's samples have it.
    fn collect(&mut self, row: Row<'_>) {
        self.images.extend(row.texts_anywhere("ImageId"));
        self.snapshots.extend(row.texts_anywhere("SnapshotId"));
    }

    /// Whether all is known: a template has one version at least, and each says what it is made of.
    fn is_whole(&self) -> bool {
        self.told > 0 && self.untold == 0
    }
}

/// Reads a launch template, with what was found in its versions; `None` where they could not be read.
pub(crate) fn launch_template(
    place: &Place,
    row: Row<'_>,
    references: Option<&TemplateReferences>,
) -> Result<Resource, DecodeError> {
    let draft = Draft::untagged(place, EcsKind::LaunchTemplate, &row.id("LaunchTemplateId")?)?
        .name(row.text("LaunchTemplateName"))
        .created_at(row.time("CreateTime"))
        .tags(row.tags())
        .attribute("default_version", row.number_attribute("DefaultVersionNumber"))
        .attribute("latest_version", row.number_attribute("LatestVersionNumber"));
    Ok(match references.filter(|references| references.is_whole()) {
        Some(references) => refer(draft, references)?,
        None => draft.links_unknown(),
    }
    .finish())
}

/// Reads a scaling configuration. The tags in its row are those of the instances it launches, not its own.
pub(crate) fn scaling_configuration(place: &Place, row: Row<'_>) -> Result<Resource, DecodeError> {
    let draft = Draft::untagged(place, EcsKind::ScalingConfiguration, &row.id("ScalingConfigurationId")?)?
        .name(row.text("ScalingConfigurationName"))
        .created_at(row.time("CreationTime"))
        .state(row.text("LifecycleState"))
        .attribute("scaling_group_id", row.text_attribute("ScalingGroupId"))
        .attribute("image_family", row.text_attribute("ImageFamily"));
    let mut references = TemplateReferences::default();
    references.collect(row);
    Ok(refer(draft, &references)?.finish())
}

fn refer<'a>(mut draft: Draft<'a>, references: &TemplateReferences) -> Result<Draft<'a>, DecodeError> {
    for image in &references.images {
        draft = draft.link(EcsRelation::RefersTo, EcsKind::Image, image)?;
    }
    for snapshot in &references.snapshots {
        draft = draft.link(EcsRelation::RefersTo, EcsKind::Snapshot, snapshot)?;
    }
    Ok(draft)
}
