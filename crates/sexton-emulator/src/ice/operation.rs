//! The calls that are served, told apart by `x-acs-version` and `x-acs-action`.

use crate::error::ApiError;

/// A call that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IceOperation {
    GetCallerIdentity,
    ListLiveSnapshotJobs,
    GetLiveSnapshotJob,
    ListLiveSnapshotFiles,
    DeleteLiveSnapshotFiles,
    SendLiveSnapshotJobCommand,
}

const ALL: [IceOperation; 6] = [
    IceOperation::GetCallerIdentity,
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
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::ListLiveSnapshotJobs => "ListLiveSnapshotJobs",
            Self::GetLiveSnapshotJob => "GetLiveSnapshotJob",
            Self::ListLiveSnapshotFiles => "ListLiveSnapshotFiles",
            Self::DeleteLiveSnapshotFiles => "DeleteLiveSnapshotFiles",
            Self::SendLiveSnapshotJobCommand => "SendLiveSnapshotJobCommand",
        }
    }

    fn version(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "2015-04-01",
            Self::ListLiveSnapshotJobs
            | Self::GetLiveSnapshotJob
            | Self::ListLiveSnapshotFiles
            | Self::DeleteLiveSnapshotFiles
            | Self::SendLiveSnapshotJobCommand => "2020-11-09",
        }
    }

    /// The call of that version and name.
    pub(crate) fn find(version: &str, action: &str) -> Result<Self, ApiError> {
        ALL.into_iter().find(|operation| operation.name() == action && operation.version() == version).ok_or_else(
            || {
                let message = format!("The specified action {action} of version {version} is not valid.");
                ApiError::new(403, "InvalidAction", message)
            },
        )
    }

    /// Whether the call lists.
    pub(crate) fn is_listing(self) -> bool {
        self.name().starts_with("List")
    }
}
