//! The calls that are served, told apart by `x-acs-version` and `x-acs-action`.

use crate::error::ApiError;

/// The version of the product that has them.
const VERSION: &str = "2020-11-09";

/// A call that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IceOperation {
    ListLiveSnapshotJobs,
    GetLiveSnapshotJob,
    ListLiveSnapshotFiles,
    DeleteLiveSnapshotFiles,
    SendLiveSnapshotJobCommand,
}

const ALL: [IceOperation; 5] = [
    IceOperation::ListLiveSnapshotJobs,
    IceOperation::GetLiveSnapshotJob,
    IceOperation::ListLiveSnapshotFiles,
    IceOperation::DeleteLiveSnapshotFiles,
    IceOperation::SendLiveSnapshotJobCommand,
];

impl IceOperation {
    /// The name in `x-acs-action`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ListLiveSnapshotJobs => "ListLiveSnapshotJobs",
            Self::GetLiveSnapshotJob => "GetLiveSnapshotJob",
            Self::ListLiveSnapshotFiles => "ListLiveSnapshotFiles",
            Self::DeleteLiveSnapshotFiles => "DeleteLiveSnapshotFiles",
            Self::SendLiveSnapshotJobCommand => "SendLiveSnapshotJobCommand",
        }
    }

    /// The call of that version and name.
    pub(crate) fn find(version: &str, action: &str) -> Result<Self, ApiError> {
        let found = ALL.into_iter().find(|operation| operation.name() == action && version == VERSION);
        found.ok_or_else(|| {
            let message = format!("The specified action {action} of version {version} is not valid.");
            ApiError::new(403, "InvalidAction", message)
        })
    }

    /// The action that allows the call: the product's code and the call's name (vendor documentation of RAM actions).
    pub(crate) fn ram_action(self) -> String {
        format!("ice:{}", self.name())
    }

    /// Whether the call lists.
    pub(crate) fn is_listing(self) -> bool {
        self.name().starts_with("List")
    }
}
