//! The commands whose answers are known, each by the list that its answers hold.

use std::fmt;

use serde_json::{Map, Value};

use super::AnswerError;
use crate::saved::object::{Object, ObjectError};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::saved) enum Operation {
    Snapshots,
    Locks,
    Images,
    ImagePermissions,
    SnapshotPermissions,
    Volumes,
    Instances,
    LaunchTemplates,
    LaunchTemplateVersions,
}

impl Operation {
    pub(in crate::saved) const ALL: &'static [Self] = &[
        Self::Snapshots,
        Self::Locks,
        Self::Images,
        Self::ImagePermissions,
        Self::SnapshotPermissions,
        Self::Volumes,
        Self::Instances,
        Self::LaunchTemplates,
        Self::LaunchTemplateVersions,
    ];

    /// The command's name.
    pub(in crate::saved) fn as_str(self) -> &'static str {
        match self {
            Self::Snapshots => "describe-snapshots",
            Self::Locks => "describe-locked-snapshots",
            Self::Images => "describe-images",
            Self::ImagePermissions => "describe-image-attribute",
            Self::SnapshotPermissions => "describe-snapshot-attribute",
            Self::Volumes => "describe-volumes",
            Self::Instances => "describe-instances",
            Self::LaunchTemplates => "describe-launch-templates",
            Self::LaunchTemplateVersions => "describe-launch-template-versions",
        }
    }

    pub(in crate::saved) fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operation| operation.as_str() == name)
    }

    pub(super) fn list(self) -> &'static str {
        match self {
            Self::Snapshots | Self::Locks => "Snapshots",
            Self::Images => "Images",
            Self::ImagePermissions => "LaunchPermissions",
            Self::SnapshotPermissions => "CreateVolumePermissions",
            Self::Volumes => "Volumes",
            Self::Instances => "Reservations",
            Self::LaunchTemplates => "LaunchTemplates",
            Self::LaunchTemplateVersions => "LaunchTemplateVersions",
        }
    }

    /// Whether an object holds the list of the operation.
    pub(super) fn may_be(self, body: &Map<String, Value>) -> bool {
        body.get(self.list()).is_some_and(Value::is_array)
    }

    /// The operation whose list an object holds.
    pub(super) fn of(body: &Map<String, Value>) -> Result<Option<Self>, AnswerError> {
        let Some(operation) = Self::ALL.iter().copied().find(|operation| operation.may_be(body)) else {
            return Ok(None);
        };
        if operation != Self::Snapshots {
            return Ok(Some(operation));
        }
        match Object(body).list("Snapshots")?.first() {
            None => Err(AnswerError::Either),
            Some(row) if row.has("LockState") => Ok(Some(Self::Locks)),
            Some(_) => Ok(Some(Self::Snapshots)),
        }
    }

    /// Whether it lists what others own, where it is not asked for one's own.
    pub(super) fn lists_those_of_others(self) -> bool {
        match self {
            Self::Snapshots | Self::Images => true,
            Self::Locks
            | Self::ImagePermissions
            | Self::SnapshotPermissions
            | Self::Volumes
            | Self::Instances
            | Self::LaunchTemplates
            | Self::LaunchTemplateVersions => false,
        }
    }

    /// The rows of an answer: of instances, those of all reservations.
    pub(super) fn rows<'a>(self, body: Object<'a>) -> Result<Vec<Object<'a>>, ObjectError> {
        let rows = body.list(self.list())?;
        match self {
            Self::Instances => {
                let of_each: Result<Vec<_>, _> =
                    rows.into_iter().map(|reservation| reservation.list("Instances")).collect();
                Ok(of_each?.into_iter().flatten().collect())
            }
            Self::Snapshots
            | Self::Locks
            | Self::Images
            | Self::ImagePermissions
            | Self::SnapshotPermissions
            | Self::Volumes
            | Self::LaunchTemplates
            | Self::LaunchTemplateVersions => Ok(rows),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
