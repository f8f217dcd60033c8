//! The operations whose answers are known, each by the list that its answers hold.

use std::fmt;

use serde_json::{Map, Value};

use crate::ecs::queries;
use crate::pages::{Parameters, Query};

/// A listing whose answers can be read from files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SavedOperation {
    /// `DescribeSnapshots`.
    Snapshots,
    /// `DescribeLockedSnapshots`.
    Locks,
    /// `DescribeImages`.
    Images,
    /// `DescribeImageSharePermission`, of one image.
    Shares,
    /// `DescribeDisks`.
    Disks,
    /// `DescribeInstances`.
    Instances,
    /// `DescribeTasks`.
    Tasks,
    /// `DescribeLaunchTemplates`.
    LaunchTemplates,
    /// `DescribeLaunchTemplateVersions`, of one or several templates.
    LaunchTemplateVersions,
    /// `DescribeScalingConfigurations` of the Auto Scaling service.
    ScalingConfigurations,
}

/// How the list of an operation stands in its answers.
#[derive(Clone, Copy)]
enum Wrapped {
    /// Always as `{"Snapshots": {"Snapshot": […]}}`: other clouds have a flat list of the same name.
    Always,
    /// Flat or wrapped, by the version of the service.
    Sometimes,
}

impl SavedOperation {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Snapshots,
        Self::Locks,
        Self::Images,
        Self::Shares,
        Self::Disks,
        Self::Instances,
        Self::Tasks,
        Self::LaunchTemplates,
        Self::LaunchTemplateVersions,
        Self::ScalingConfigurations,
    ];

    /// The operation's name at the API.
    pub fn as_str(self) -> &'static str {
        self.query().operation
    }

    /// The operation of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|operation| operation.as_str() == name)
    }

    /// How its pages are read; what it would be asked with is of no concern here.
    pub(super) fn query(self) -> Query {
        match self {
            Self::Snapshots => queries::snapshots("", Parameters::new()),
            Self::Locks => queries::locks("", Parameters::new()),
            Self::Images => queries::images("", Parameters::new()),
            Self::Shares => queries::shares("", ""),
            Self::Disks => queries::disks("", Parameters::new()),
            Self::Instances => queries::instances("", Parameters::new()),
            Self::Tasks => queries::tasks("", Parameters::new()),
            Self::LaunchTemplates => queries::launch_templates(""),
            Self::LaunchTemplateVersions => queries::launch_template_versions("", ""),
            Self::ScalingConfigurations => queries::scaling_configurations(""),
        }
    }

    fn list(self) -> (&'static str, &'static str, Wrapped) {
        match self {
            Self::Snapshots => ("Snapshots", "Snapshot", Wrapped::Always),
            Self::Locks => ("LockedSnapshotsInfo", "LockedSnapshotInfo", Wrapped::Sometimes),
            Self::Images => ("Images", "Image", Wrapped::Always),
            Self::Shares => ("Accounts", "Account", Wrapped::Always),
            Self::Disks => ("Disks", "Disk", Wrapped::Always),
            Self::Instances => ("Instances", "Instance", Wrapped::Always),
            Self::Tasks => ("TaskSet", "Task", Wrapped::Always),
            Self::LaunchTemplates => ("LaunchTemplateSets", "LaunchTemplateSet", Wrapped::Always),
            Self::LaunchTemplateVersions => ("LaunchTemplateVersionSets", "LaunchTemplateVersionSet", Wrapped::Always),
            Self::ScalingConfigurations => ("ScalingConfigurations", "ScalingConfiguration", Wrapped::Sometimes),
        }
    }

    /// The operation whose list an object holds. A wrapper without its list, as some answers have it, counts only beside
    /// the id that every answer of the provider has.
    pub(super) fn of(body: &Map<String, Value>) -> Option<Self> {
        let holds = |outer: &str, inner: &str, wrapped: Wrapped| match body.get(outer) {
            Some(Value::Object(wrapper)) => {
                wrapper.contains_key(inner) || (wrapper.is_empty() && body.contains_key("RequestId"))
            }
            Some(Value::Array(_)) => matches!(wrapped, Wrapped::Sometimes),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => false,
        };
        if holds("ShareGroups", "ShareGroup", Wrapped::Always) {
            return Some(Self::Shares);
        }
        Self::ALL.iter().copied().find(|operation| {
            let (outer, inner, wrapped) = operation.list();
            holds(outer, inner, wrapped)
        })
    }

    /// Whether an empty answer may also be that to an identity without permission, by the vendor's documentation.
    pub(super) fn hides_when_denied(self) -> bool {
        match self {
            Self::Snapshots | Self::Images | Self::Disks | Self::Instances => true,
            Self::Locks
            | Self::Shares
            | Self::Tasks
            | Self::LaunchTemplates
            | Self::LaunchTemplateVersions
            | Self::ScalingConfigurations => false,
        }
    }
}

impl fmt::Display for SavedOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
