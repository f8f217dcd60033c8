use super::super::rulebook::removal_operation;
use super::*;
use crate::rpc::error_of_status_and_code;

/// The answer to a removal whose call failed with that status and code, in a few words.
fn outcome(operation: &str, kind: EcsKind, status: u16, code: &str) -> String {
    match answer(operation, kind, error_of_status_and_code(status, code)) {
        Answer::AlreadyGone { .. } => "gone".to_owned(),
        Answer::Refused(refusal) => {
            assert_eq!(refusal.code, code);
            format!("{:?}", refusal.class).to_lowercase()
        }
        Answer::Failed(error) => {
            let class = match error.class {
                ErrorClass::Throttle { .. } => "throttle",
                ErrorClass::Transient => "transient",
                ErrorClass::Permanent => "permanent",
                ErrorClass::Auth => "auth",
            };
            match error.effect {
                Effect::None => class.to_owned(),
                Effect::Unknown => format!("{class}?"),
            }
        }
        Answer::Removed { .. } | Answer::Accepted { .. } | Answer::Parked { .. } => "success".to_owned(),
    }
}

fn check(kind: EcsKind, table: &[(u16, &str, &str)]) {
    check_of(removal_operation(kind).unwrap_or(""), kind, table);
}

fn check_of(operation: &str, kind: EcsKind, table: &[(u16, &str, &str)]) {
    for (status, code, expected) in table {
        assert_eq!(outcome(operation, kind, *status, code), *expected, "{operation} {kind:?} {status} {code}");
    }
}

#[test]
fn codes_of_cancel_copy_image() {
    check_of(
        CANCEL_COPY,
        EcsKind::Image,
        &[
            (400, "ImageCreatedNotFromCopy", "blocked"),
            (400, "IncorrectImageStatus", "transient?"),
            (400, "InvalidDescription.Malformed", "permanent"),
            (400, "CancelNotSupported", "waits"),
            (404, "InvalidRegionId.NotFound", "permanent"),
            (404, "InvalidImageId.NotFound", "gone"),
            (500, "InternalError", "transient?"),
            (403, "ImageIsPublic", "blocked"),
        ],
    );
}

#[test]
fn codes_of_delete_snapshot() {
    check(
        EcsKind::Snapshot,
        &[
            (400, "MissingParameter", "permanent"),
            (400, "IncorrectDiskStatus.CreatingSnapshot", "waits"),
            (403, "SnapshotCreatedImage", "maylinger"),
            (403, "SnapshotCreatedDisk", "maylinger"),
            (403, "Operation.Conflict", "transient"),
            (403, "InvalidOperation.RelatedSnapshotNotFinished", "waits"),
            (403, "InvalidOperation.DeleteSharedSnapshotUnsupported", "blocked"),
            (403, "InvalidOperation.ResourceManagedByCloudProduct", "blocked"),
            (404, "InvalidSnapshotId.NotFound", "gone"),
            (500, "InternalError", "transient?"),
        ],
    );
}

#[test]
fn codes_of_delete_image() {
    check(
        EcsKind::Image,
        &[
            (403, "ImageUsingByInstance", "maylinger"),
            (403, "ImageUseShared", "maylinger"),
            (403, "ImageIsPublic", "maylinger"),
            (403, "OperationDenied.ImageCopying", "waits"),
            (403, "ImageIsImporting", "waits"),
            (403, "ImageIsExporting", "waits"),
            (403, "ImageIsCreating", "waits"),
            (404, "InvalidImageId.NotFound", "gone"),
            (404, "InvalidRegionId.NotFound", "permanent"),
            (400, "MissingParameter", "permanent"),
        ],
    );
}

#[test]
fn codes_of_modify_image_share_permission() {
    let both: &[(u16, &str, &str)] = &[
        (400, "MissingParameter", "permanent"),
        (400, "InvalidGroup.Malformed", "permanent"),
        (400, "UnnecessaryParameter.LaunchPermission", "permanent"),
        (400, "InvalidParameter.LaunchPermission", "permanent"),
        (400, "ForbiddenParameter.LaunchPermission", "permanent"),
        (400, "InvalidRegionId.NotFound", "permanent"),
        (400, "IncorrectImageStatus", "waits"),
        (403, "Image.Public", "blocked"),
        (403, "InvalidParameter.IsPublic", "permanent"),
        (403, "OperationDenied.InvalidImageStatus", "blocked"),
        (403, "CurrentRegion.NotSupportPublicImage", "blocked"),
        (403, "PublicImageAgreement.NotSigned", "blocked"),
        (403, "OperationDeined.FullImage", "blocked"),
        (403, "InvalidParameter.KMSKeyId.CMKNotEnabled", "blocked"),
        (403, "QuotaExceed.ShareImageUser", "blocked"),
        (404, "InvalidImageId.NotFound", "gone"),
        (404, "InvalidAccount.NotFound", "transient?"),
        (404, "InvalidAccount.Forbbiden", "permanent"),
    ];
    check(EcsKind::Share, both);
    check(EcsKind::Publication, both);
    check(EcsKind::Share, &[(403, "Image.NotPublic", "blocked")]);
    check(EcsKind::Publication, &[(403, "Image.NotPublic", "gone")]);
}

#[test]
fn codes_of_cancel_task() {
    check(
        EcsKind::Task,
        &[
            (400, "MissingParameter", "permanent"),
            (400, "InvalidRegionId.NotFound", "permanent"),
            (400, "InvalidTaskId.NotFound", "gone"),
            (404, "InvalidTaskId.NotFound", "gone"),
            (403, "InvalidTaskId.TaskActionNotSupport", "blocked"),
            (403, "InvalidTaskId.IncorrectTaskStatus", "transient?"),
            (403, "CancelTaskFailed", "permanent?"),
        ],
    );
}

#[test]
fn codes_of_delete_disk() {
    check(
        EcsKind::Disk,
        &[
            (400, "InvalidRegionId.MalFormed", "permanent"),
            (403, "IncorrectDiskStatus", "waits"),
            (403, "IncorrectDiskStatus.Initializing", "transient"),
            (403, "DiskStillAttached", "maylinger"),
            (403, "DiskCreatingSnapshot", "waits"),
            (403, "DiskNotPortable", "blocked"),
            (403, "DiskTypeViolation", "blocked"),
            (403, "UserNotInTheWhiteList", "blocked"),
            (403, "InvalidDiskStatus.DeleteProtection", "blocked"),
            (404, "InvalidDiskId.NotFound", "gone"),
            (403, "LastOrderProcessing", "transient"),
            (500, "InternalError", "transient?"),
        ],
    );
}

#[test]
fn codes_of_delete_instance() {
    check(
        EcsKind::Instance,
        &[
            (400, "DependencyViolation.SLBConfiguring", "waits"),
            (400, "DependencyViolation.RouteEntry", "blocked"),
            (400, "InvalidParameter", "permanent"),
            (403, "IncorrectInstanceStatus", "blocked"),
            (403, "IncorrectInstanceStatus.Initializing", "transient"),
            (403, "InvalidOperation.DeletionProtection", "blocked"),
            (403, "InvalidOperation.EniLinked", "blocked"),
            (403, "ChargeTypeViolation", "blocked"),
            (403, "InstanceLockedForSecurity", "blocked"),
            (403, "OperationDenied.SystemInstanceNotSupport", "blocked"),
            (403, "InvalidOperation.NotInWhiteList", "blocked"),
            (404, "InvalidInstanceId.NotFound", "gone"),
            (500, "InternalError", "transient?"),
        ],
    );
}

#[test]
fn codes_that_every_operation_shares() {
    for kind in EcsKind::ALL {
        check(
            *kind,
            &[
                (400, "Throttling.User", "throttle"),
                (400, "SignatureDoesNotMatch", "auth"),
                (403, "Forbidden.RAM", "auth"),
                (404, "InvalidAccessKeyId.NotFound", "auth"),
                (400, "SignatureNonceUsed", "transient?"),
                (409, "OperationConflict", "transient"),
                (503, "ServiceUnavailable", "transient?"),
                // What nobody has heard of is never success.
                (403, "Something.New", "blocked"),
                (400, "Something.New", "permanent"),
                (404, "Something.NotFound", "permanent"),
                (409, "Something.New", "permanent"),
                (200, "Something.New", "permanent?"),
            ],
        );
    }
}

#[test]
fn only_the_targets_own_absence_is_gone() {
    const CODES: [&str; 5] = [
        "InvalidSnapshotId.NotFound",
        "InvalidImageId.NotFound",
        "InvalidDiskId.NotFound",
        "InvalidInstanceId.NotFound",
        "InvalidTaskId.NotFound",
    ];
    for kind in EcsKind::ALL {
        for code in CODES {
            let own = match kind {
                EcsKind::Snapshot => "InvalidSnapshotId.NotFound",
                EcsKind::Image | EcsKind::Share | EcsKind::Publication => "InvalidImageId.NotFound",
                EcsKind::Disk => "InvalidDiskId.NotFound",
                EcsKind::Instance => "InvalidInstanceId.NotFound",
                EcsKind::Task => "InvalidTaskId.NotFound",
                EcsKind::LaunchTemplate | EcsKind::ScalingConfiguration | EcsKind::AutoSnapshotPolicy => "",
            };
            let expected = if code == own { "gone" } else { "permanent" };
            assert_eq!(outcome("", *kind, 404, code), expected, "{kind:?} {code}");
        }
    }
}
