//! What an error code means to a removal.
//!
//! The codes of each operation are those of the vendor's documentation of it; codes of earlier revisions are kept. A
//! code that is not among them is never success: with status 403 it blocks, whatever else it is fails.

use sexton_provider::{Answer, CallError, Effect, ErrorClass, Refusal, RefusalClass};

use super::rulebook::CANCEL_COPY;
use super::vocabulary::EcsKind;

#[cfg(test)]
mod tests;

/// What became of the removal, as far as its code tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// There was nothing to remove.
    Gone,
    /// The provider refused.
    Refused(RefusalClass),
    /// Reading tells what it is: it may have come to what was wanted.
    Reread(ErrorClass),
    /// The call was wrong.
    Wrong,
}

use Meaning::{Gone, Refused, Reread, Wrong};
use RefusalClass::{Blocked, MayLinger, Waits};

/// The answer that a failed removal call amounts to.
pub(super) fn answer(operation: &str, kind: EcsKind, error: CallError) -> Answer {
    // A passing failure is one, whatever else its code could mean.
    if !matches!(error.class, ErrorClass::Permanent) {
        return Answer::Failed(error);
    }
    let Some(code) = &error.code else { return Answer::Failed(error) };
    let unknown = if error.status == Some(403) { Refused(Blocked) } else { Wrong };
    let meaning = if operation == CANCEL_COPY { of_cancel_copy(code) } else { meaning(kind, code) };
    match meaning.unwrap_or(unknown) {
        Gone => Answer::AlreadyGone { request_id: error.request_id },
        Refused(class) => {
            let (code, by) = (code.clone(), None);
            Answer::Refused(Refusal { code, class, by, message: error.message, request_id: error.request_id })
        }
        Reread(class) => Answer::Failed(CallError { class, effect: Effect::Unknown, ..error }),
        Wrong => Answer::Failed(error),
    }
}

fn meaning(kind: EcsKind, code: &str) -> Option<Meaning> {
    match kind {
        EcsKind::Snapshot => of_delete_snapshot(code),
        EcsKind::Image => of_delete_image(code),
        EcsKind::Disk => of_delete_disk(code),
        EcsKind::Instance => of_delete_instance(code),
        EcsKind::Share => of_modify_permission(code),
        // Unpublishing what is not public; on a removal of accounts the code would be unheard of.
        EcsKind::Publication if code == "Image.NotPublic" => Some(Gone),
        EcsKind::Publication => of_modify_permission(code),
        EcsKind::Task => of_cancel_task(code),
        EcsKind::LaunchTemplate | EcsKind::ScalingConfiguration | EcsKind::AutoSnapshotPolicy => None,
    }
}

fn of_delete_snapshot(code: &str) -> Option<Meaning> {
    Some(match code {
        "InvalidSnapshotId.NotFound" => Gone,
        "MissingParameter" => Wrong,
        "SnapshotCreatedImage" | "SnapshotCreatedDisk" => Refused(MayLinger),
        "IncorrectDiskStatus.CreatingSnapshot" | "InvalidOperation.RelatedSnapshotNotFinished" => Refused(Waits),
        "InvalidOperation.DeleteSharedSnapshotUnsupported" | "InvalidOperation.ResourceManagedByCloudProduct" => {
            Refused(Blocked)
        }
        _ => return None,
    })
}

fn of_delete_image(code: &str) -> Option<Meaning> {
    Some(match code {
        "InvalidImageId.NotFound" => Gone,
        "MissingParameter" | "InvalidRegionId.NotFound" => Wrong,
        "ImageUsingByInstance" | "ImageUseShared" | "ImageIsPublic" => Refused(MayLinger),
        "OperationDenied.ImageCopying" | "ImageIsImporting" | "ImageIsExporting" | "ImageIsCreating" => Refused(Waits),
        _ => return None,
    })
}

fn of_cancel_copy(code: &str) -> Option<Meaning> {
    Some(match code {
        "InvalidImageId.NotFound" => Gone,
        "MissingParameter" | "InvalidRegionId.NotFound" | "InvalidDescription.Malformed" => Wrong,
        "ImageCreatedNotFromCopy" => Refused(Blocked),
        // It has been copied meanwhile, or failed; or is no copy on its way after all.
        "IncorrectImageStatus" => Reread(ErrorClass::Transient),
        // Whether a later attempt could succeed is not documented: some are made.
        "CancelNotSupported" => Refused(Waits),
        _ => return None,
    })
}

fn of_delete_disk(code: &str) -> Option<Meaning> {
    Some(match code {
        "InvalidDiskId.NotFound" => Gone,
        "MissingParameter" | "InvalidRegionId.MalFormed" => Wrong,
        "DiskStillAttached" => Refused(MayLinger),
        "IncorrectDiskStatus" | "DiskCreatingSnapshot" => Refused(Waits),
        "DiskNotPortable"
        | "DiskTypeViolation"
        | "UserNotInTheWhiteList"
        | "InvalidDiskStatus.DeleteProtection"
        | "ChargeTypeViolation" => Refused(Blocked),
        _ => return None,
    })
}

fn of_delete_instance(code: &str) -> Option<Meaning> {
    Some(match code {
        "InvalidInstanceId.NotFound" => Gone,
        "MissingParameter" | "InvalidParameter" => Wrong,
        "DependencyViolation.SLBConfiguring" => Refused(Waits),
        "IncorrectInstanceStatus"
        | "InvalidOperation.DeletionProtection"
        | "InvalidOperation.EniLinked"
        | "DependencyViolation.RouteEntry"
        | "ChargeTypeViolation"
        | "InstanceLockedForSecurity"
        | "OperationDenied.SystemInstanceNotSupport"
        | "InvalidOperation.NotInWhiteList" => Refused(Blocked),
        _ => return None,
    })
}

fn of_modify_permission(code: &str) -> Option<Meaning> {
    Some(match code {
        "InvalidImageId.NotFound" => Gone,
        "MissingParameter"
        | "InvalidGroup.Malformed"
        | "UnnecessaryParameter.LaunchPermission"
        | "InvalidParameter.LaunchPermission"
        | "ForbiddenParameter.LaunchPermission"
        | "InvalidParameter.IsPublic"
        | "InvalidRegionId.NotFound"
        | "InvalidAccount.Forbbiden" => Wrong,
        // Which of the accounts is meant, and what became of the others, is told by the list.
        "InvalidAccount.NotFound" => Reread(ErrorClass::Transient),
        "IncorrectImageStatus" => Refused(Waits),
        "Image.NotPublic" | "Image.Public" | "OperationDenied.InvalidImageStatus" => Refused(Blocked),
        _ => return None,
    })
}

fn of_cancel_task(code: &str) -> Option<Meaning> {
    Some(match code {
        "InvalidTaskId.NotFound" => Gone,
        "MissingParameter" | "InvalidRegionId.NotFound" => Wrong,
        "InvalidTaskId.TaskActionNotSupport" => Refused(Blocked),
        // Usually it has finished meanwhile.
        "InvalidTaskId.IncorrectTaskStatus" => Reread(ErrorClass::Transient),
        "CancelTaskFailed" => Reread(ErrorClass::Permanent),
        _ => return None,
    })
}
