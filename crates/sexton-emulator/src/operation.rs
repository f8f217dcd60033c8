//! The calls that are served, told apart by version and name as the vendor's RPC style has it: `x-acs-version` and
//! `x-acs-action`, or `Version` and `Action` under V1 signatures.

use crate::error::ApiError;

macro_rules! operations {
    ($($variant:ident = $version:literal),* $(,)?) => {
        /// A call that is served.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Operation {
            $($variant,)*
        }

        impl Operation {
            /// The name that it is asked for by.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                }
            }

            /// The version of the product that has it.
            pub(crate) fn version(self) -> &'static str {
                match self {
                    $(Self::$variant => $version,)*
                }
            }

            /// The call of that version and name.
            pub(crate) fn find(version: &str, action: &str) -> Result<Self, ApiError> {
                match (version, action) {
                    $(($version, stringify!($variant)) => Ok(Self::$variant),)*
                    _ => Err(ApiError::new(
                        403,
                        "InvalidAction",
                        format!("The specified action {action} of version {version} is not valid."),
                    )),
                }
            }
        }
    };
}

operations! {
    DescribeRegions = "2014-05-26",
    DescribeSnapshots = "2014-05-26",
    DescribeImages = "2014-05-26",
    DescribeDisks = "2014-05-26",
    DescribeInstances = "2014-05-26",
    DescribeImageSharePermission = "2014-05-26",
    DescribeTasks = "2014-05-26",
    DescribeTaskAttribute = "2014-05-26",
    DescribeLockedSnapshots = "2014-05-26",
    DescribeLaunchTemplates = "2014-05-26",
    DescribeLaunchTemplateVersions = "2014-05-26",
    DescribeScalingConfigurations = "2022-02-22",
    DeleteSnapshot = "2014-05-26",
    DeleteImage = "2014-05-26",
    DeleteDisk = "2014-05-26",
    DeleteInstance = "2014-05-26",
    ModifyImageSharePermission = "2014-05-26",
    ModifyImageShareGroupPermission = "2014-05-26",
    ModifyInstanceAttribute = "2014-05-26",
    StopInstance = "2014-05-26",
    CancelTask = "2014-05-26",
    CancelCopyImage = "2014-05-26",
    DescribeAutoSnapshotPolicyEx = "2014-05-26",
    DescribeAutoSnapshotPolicyAssociations = "2014-05-26",
    DescribeSnapshotGroups = "2014-05-26",
}

/// Whether a call says which region it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RegionParameter {
    /// It has no such parameter: the endpoint alone picks the region.
    None,
    /// It must; an unknown region is refused with this status.
    Required { unknown_status: u16 },
}

impl Operation {
    /// What the vendor's documentation of the call says about `RegionId`.
    pub(crate) fn region_parameter(self) -> RegionParameter {
        match self {
            Self::DescribeRegions
            | Self::DeleteSnapshot
            | Self::DeleteDisk
            | Self::DeleteInstance
            | Self::ModifyInstanceAttribute
            | Self::StopInstance => RegionParameter::None,
            Self::DescribeTaskAttribute | Self::CancelTask => RegionParameter::Required { unknown_status: 400 },
            Self::DescribeSnapshots
            | Self::DescribeImages
            | Self::DescribeDisks
            | Self::DescribeInstances
            | Self::DescribeImageSharePermission
            | Self::DescribeTasks
            | Self::DescribeLockedSnapshots
            | Self::DescribeLaunchTemplates
            | Self::DescribeLaunchTemplateVersions
            | Self::DescribeScalingConfigurations
            | Self::DescribeAutoSnapshotPolicyEx
            | Self::DescribeAutoSnapshotPolicyAssociations
            | Self::DescribeSnapshotGroups
            | Self::DeleteImage
            | Self::CancelCopyImage
            | Self::ModifyImageSharePermission
            | Self::ModifyImageShareGroupPermission => RegionParameter::Required { unknown_status: 404 },
        }
    }

    /// The action that allows the call: the product's code and the call's name (vendor documentation of RAM actions).
    pub(crate) fn ram_action(self) -> String {
        let product = match self.version() {
            "2022-02-22" => "ess",
            _ => "ecs",
        };
        format!("{product}:{}", self.name())
    }

    /// Whether the call only reads.
    pub(crate) fn is_listing(self) -> bool {
        self.name().starts_with("Describe")
    }
}
