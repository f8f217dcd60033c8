//! The guards: for what a removal is refused, with the status and code that the vendor's documentation of the call gives.

use std::borrow::Cow;

use crate::error::ApiError;

macro_rules! refusals {
    ($($variant:ident = $status:literal $code:literal $message:literal;)*) => {
        /// A documented reason to refuse a write.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Refusal {
            $($variant,)*
        }

        impl Refusal {
            const ALL: &[Refusal] = &[$(Self::$variant,)*];

            pub(crate) fn status(self) -> u16 {
                match self {
                    $(Self::$variant => $status,)*
                }
            }

            pub(crate) fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            fn message(self) -> &'static str {
                match self {
                    $(Self::$variant => $message,)*
                }
            }
        }
    };
}

refusals! {
    // DeleteSnapshot
    SnapshotCreatedImage = 403 "SnapshotCreatedImage" "The snapshot has been used to create an image.";
    SnapshotCreatedDisk = 403 "SnapshotCreatedDisk" "The snapshot has been used to create a disk.";
    // The vendor publishes no code for a locked snapshot; this one is the emulator's own.
    SnapshotLocked = 403 "OperationDenied.SnapshotLocked" "The snapshot is locked and cannot be deleted before its lock expires.";
    CreatingSnapshot = 400 "IncorrectDiskStatus.CreatingSnapshot" "A previous snapshot creation is in process.";
    RelatedSnapshotNotFinished = 403 "InvalidOperation.RelatedSnapshotNotFinished" "A related snapshot is not finished.";
    SharedSnapshot = 403 "InvalidOperation.DeleteSharedSnapshotUnsupported" "A snapshot shared through resource sharing cannot be deleted.";
    ManagedByCloudProduct = 403 "InvalidOperation.ResourceManagedByCloudProduct" "The resource is managed by another cloud product.";
    Conflict = 403 "Operation.Conflict" "The operation may conflict with a concurrent one.";
    // DeleteImage
    ImageUsingByInstance = 403 "ImageUsingByInstance" "The specified image is used by an instance.";
    ImageUseShared = 403 "ImageUseShared" "The specified image has been shared to other accounts.";
    ImageIsPublic = 403 "ImageIsPublic" "The specified image is a public image.";
    ImageCopying = 403 "OperationDenied.ImageCopying" "The image is being copied.";
    ImageIsImporting = 403 "ImageIsImporting" "The image is being imported.";
    ImageIsExporting = 403 "ImageIsExporting" "The image is being exported.";
    ImageIsCreating = 403 "ImageIsCreating" "The image is being created.";
    // CancelCopyImage
    NotACopy = 400 "ImageCreatedNotFromCopy" "The image was not created by copying.";
    NotBeingCopied = 400 "IncorrectImageStatus" "The image is not being copied.";
    CancelNotSupported = 400 "CancelNotSupported" "The copy cannot be cancelled.";
    // ModifyImageSharePermission
    ImageNotPublic = 403 "Image.NotPublic" "The image is not public.";
    ImagePublic = 403 "Image.Public" "The image is public already.";
    IsPublicMixed = 403 "InvalidParameter.IsPublic" "IsPublic cannot be given together with accounts.";
    InvalidImageStatus = 403 "OperationDenied.InvalidImageStatus" "The status of the image does not allow this.";
    ShareQuota = 403 "QuotaExceed.ShareImageUser" "The image is shared to the maximum number of accounts.";
    AccountNotFound = 404 "InvalidAccount.NotFound" "The specified account does not exist.";
    OwnAccount = 404 "InvalidAccount.Forbbiden" "The specified account is the owner of the image.";
    // CancelTask
    TaskActionNotSupported = 403 "InvalidTaskId.TaskActionNotSupport" "Tasks of this action cannot be cancelled.";
    TaskStatus = 403 "InvalidTaskId.IncorrectTaskStatus" "The status of the task does not allow this.";
    CancelFailed = 403 "CancelTaskFailed" "The task cannot be cancelled.";
    // DeleteDisk
    DiskStillAttached = 403 "DiskStillAttached" "The disk is still attached to an instance.";
    DiskStatus = 403 "IncorrectDiskStatus" "The status of the disk does not allow this.";
    DiskInitializing = 403 "IncorrectDiskStatus.Initializing" "The disk is being initialised.";
    DiskCreatingSnapshot = 403 "DiskCreatingSnapshot" "A snapshot of the disk is being created.";
    DiskNotPortable = 403 "DiskNotPortable" "The disk is not portable.";
    DiskType = 403 "DiskTypeViolation" "A system disk cannot be released on its own.";
    DiskDeleteProtection = 403 "InvalidDiskStatus.DeleteProtection" "The disk is protected by its instance.";
    ChargeType = 403 "ChargeTypeViolation" "The charge type of the resource does not allow this.";
    // DeleteInstance, StopInstance, ModifyInstanceAttribute
    RouteEntry = 400 "DependencyViolation.RouteEntry" "A route entry points at the instance.";
    SlbConfiguring = 400 "DependencyViolation.SLBConfiguring" "A load balancer of the instance is being configured.";
    InstanceStatus = 403 "IncorrectInstanceStatus" "The status of the instance does not allow this.";
    InstanceInitializing = 403 "IncorrectInstanceStatus.Initializing" "The instance is being initialised.";
    DeletionProtection = 403 "InvalidOperation.DeletionProtection" "The instance has deletion protection.";
    EniLinked = 403 "InvalidOperation.EniLinked" "A network interface is linked to the instance.";
    LockedForSecurity = 403 "InstanceLockedForSecurity" "The instance is locked for security reasons.";
    SystemInstance = 403 "OperationDenied.SystemInstanceNotSupport" "The instance is managed by another product.";
    InstanceChargeType = 403 "InvalidChargeType.ValueNotSupported" "The charge type of the instance does not allow this.";
}

impl Refusal {
    /// What an attribute `emulator_refuse` of a resource of that kind may name: the refusals of its removal that nothing
    /// in a listing shows.
    pub(crate) fn hidden(kind: &str, code: &str) -> Option<Self> {
        let hidden: &[Self] = match kind {
            "snapshot" => &[
                Self::CreatingSnapshot,
                Self::RelatedSnapshotNotFinished,
                Self::SharedSnapshot,
                Self::ManagedByCloudProduct,
                Self::Conflict,
            ],
            "image" => &[
                Self::ImageCopying,
                Self::ImageIsImporting,
                Self::ImageIsExporting,
                Self::ImageIsCreating,
                Self::CancelNotSupported,
            ],
            "disk" => &[
                Self::DiskStatus,
                Self::DiskInitializing,
                Self::DiskCreatingSnapshot,
                Self::DiskNotPortable,
                Self::DiskDeleteProtection,
            ],
            "instance" => &[
                Self::RouteEntry,
                Self::SlbConfiguring,
                Self::InstanceStatus,
                Self::InstanceInitializing,
                Self::EniLinked,
                Self::SystemInstance,
            ],
            "task" => &[Self::CancelFailed],
            _ => &[],
        };
        Self::ALL.iter().copied().find(|refusal| refusal.code() == code && hidden.contains(refusal))
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self { status: refusal.status(), code: Cow::Borrowed(refusal.code()), message: refusal.message().to_owned() }
    }
}
