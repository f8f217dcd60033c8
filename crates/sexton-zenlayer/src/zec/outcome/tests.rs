use super::*;
use crate::rpc::error_of_status_and_code;

fn words(answer: &Answer) -> String {
    match answer {
        Answer::Removed { .. } => "removed".to_owned(),
        Answer::Accepted { .. } => "accepted".to_owned(),
        Answer::AlreadyGone { .. } => "gone".to_owned(),
        Answer::Parked { .. } => "parked".to_owned(),
        Answer::Refused(refusal) => format!("refused {:?} {}", refusal.class, refusal.code),
        Answer::Failed(error) => format!("failed {:?} {:?}", error.class, error.effect),
    }
}

/// Every code of the vendor's that a removal can meet: what it comes to, where it takes no reading.
#[test]
fn every_code_has_its_meaning() {
    use ZecKind::{AutoSnapshotPolicy, Disk, Image, Instance, Snapshot};
    for (kind, status, code, expected) in [
        (Snapshot, 404, "INVALID_DISK_SNAPSHOT_NOT_FOUND", "read Missing"),
        (Snapshot, 400, "OPERATION_DENIED_DISK_SNAPSHOT_STATUS", "read State"),
        (Disk, 404, "INVALID_DISK_NOT_FOUND", "read Missing"),
        (Disk, 400, "INVALID_DISK_NOT_PORTABLE", "refused Blocked INVALID_DISK_NOT_PORTABLE"),
        (Disk, 400, "UNSUPPORTED_OPERATION_DISK_STATUS", "read State"),
        (Disk, 400, "UNSUPPORTED_OPERATION_DISK_SYSTEM_TYPE", "refused Blocked UNSUPPORTED_OPERATION_DISK_SYSTEM_TYPE"),
        (Disk, 400, "OPERATION_DENIED_DISK_SYSTEM_TYPE", "refused Blocked OPERATION_DENIED_DISK_SYSTEM_TYPE"),
        (Disk, 400, "UNSUPPORTED_OPERATION_DISK_BEING_RECYCLE", "read InBin"),
        (Disk, 404, "INVALID_ORDER_NOT_FOUND", "failed Permanent None"),
        (
            Disk,
            400,
            "ORDER_UNPROCESSED_ORDERS_FOR_THIS_RESOURCE",
            "refused Waits ORDER_UNPROCESSED_ORDERS_FOR_THIS_RESOURCE",
        ),
        (Image, 404, "INVALID_IMAGE_NOT_FOUND", "read Missing"),
        (Image, 400, "INVALID_IMAGE_STATUS", "read State"),
        (Instance, 404, "INVALID_INSTANCE_NOT_FOUND", "read Missing"),
        (Instance, 400, "UNSUPPORTED_OPERATION_INSTANCE_STATUS", "read State"),
        (
            Instance,
            400,
            "OPERATION_DENIED_INSTANCE_IN_OPERATION",
            "refused Waits OPERATION_DENIED_INSTANCE_IN_OPERATION",
        ),
        (Instance, 400, "OPERATION_DENIED_INSTANCE_STATUS_NOT_SUPPORT", "read State"),
        (
            Instance,
            400,
            "OPERATION_DENIED_GPU_INSTANCE_NOT_SUPPORT",
            "refused Blocked OPERATION_DENIED_GPU_INSTANCE_NOT_SUPPORT",
        ),
        (Image, 400, "INVALID_IMAGE_QUOTA_EXCEED", "failed Permanent None"),
        (AutoSnapshotPolicy, 404, "INVALID_AUTO_SNAPSHOT_POLICY_NOT_FOUND", "read Missing"),
        (Snapshot, 400, "INVALID_SNAPSHOT_QUOTA_EXCEED", "failed Permanent None"),
        (Snapshot, 400, "INVALID_SNAPSHOT_RETENTION_TIME", "failed Permanent None"),
        (Snapshot, 429, "REQUEST_LIMIT_EXCEEDED", "failed Throttle { retry_after: None } None"),
        (Snapshot, 500, "INTERNAL_SERVER_ERROR", "failed Transient Unknown"),
        (Snapshot, 503, "SERVICE_TEMPORARY_UNAVAILABLE", "failed Transient Unknown"),
        (Snapshot, 400, "REQUEST_TIMED_OUT", "failed Transient Unknown"),
        (Snapshot, 400, "INVALID_OPERATION_TIMEOUT", "failed Transient Unknown"),
        (Snapshot, 400, "AUTHFAILURE_SIGNATURE_EXPIRED", "failed Auth None"),
        (Snapshot, 400, "AUTHFAILURE_SIGNATURE_FAILURE", "failed Auth None"),
        (Snapshot, 400, "AUTHFAILURE_INVALID_AUTHORIZATION", "failed Auth None"),
        (Snapshot, 403, "AUTHFAILURE_UNAUTHORIZED_OPERATION", "failed Permanent None"),
        (Image, 401, "AUTHFAILURE_UNAUTHORIZED_OPERATION", "failed Permanent None"),
        (Snapshot, 400, "MISSING_PARAMETER", "failed Permanent None"),
        (Snapshot, 400, "INVALID_PARAMETER_TYPE", "failed Permanent None"),
        (Snapshot, 400, "INVALID_PARAMETER_VALUE", "failed Permanent None"),
        (Snapshot, 400, "INVALID_PARAMETER_EXCEED_MAXIMUM", "failed Permanent None"),
        (Snapshot, 400, "INVALID_PARAMETER_LESS_MINIMUM", "failed Permanent None"),
        (Snapshot, 400, "INVALID_PARAMETER_EXCEED_LENGTH", "failed Permanent None"),
        (Snapshot, 400, "INVALID_PARAMETER_LESS_LENGTH", "failed Permanent None"),
        (Snapshot, 400, "INVALID_PARAMETER_PATTERN_ERROR", "failed Permanent None"),
        (Snapshot, 400, "INVALID_PARAMETER_DATE_FORMAT_ERROR", "failed Permanent None"),
        (Snapshot, 404, "OPERATION_FAILED_RESOURCE_NOT_FOUND", "read Missing"),
        (Snapshot, 400, "OPERATION_FAILED_RESOURCE_NOT_FOUND", "read Missing"),
        (Disk, 400, "OPERATION_FAILED_FOR_RECYCLE_RESOURCE", "read InBin"),
        (Snapshot, 404, "OPERATION_FAILED_RESOURCE_GROUP_NOT_FOUND", "failed Permanent None"),
        // Unheard of.
        (Snapshot, 404, "SOMETHING_NEW_NOT_FOUND", "read Missing"),
        (Snapshot, 400, "SOMETHING_NEW_NOT_FOUND", "failed Permanent None"),
        (Image, 400, "SOMETHING_NEW_STATUS", "read State"),
        (Snapshot, 400, "SOMETHING_NEW", "failed Permanent None"),
        (Snapshot, 403, "SOMETHING_NEW", "failed Permanent None"),
        (Snapshot, 500, "SOMETHING_NEW", "failed Transient Unknown"),
    ] {
        let told = match verdict(kind, &error_of_status_and_code(status, code)) {
            Verdict::Each(answer) => words(&answer),
            Verdict::Read(cause) => format!("read {cause:?}"),
        };
        assert_eq!(told, expected, "{kind:?} {status} {code}");
    }
}

#[test]
fn each_target_s_state_tells_what_a_cause_meant_for_it() {
    use Cause::{InBin, Listed, ListedAlone, Missing, State};
    use ZecKind::{AutoSnapshotPolicy, Disk, Image, Instance, Snapshot};
    let code = "OPERATION_DENIED_DISK_SNAPSHOT_STATUS";
    for (kind, cause, state, expected) in [
        (Snapshot, Missing, None, "gone"),
        (Snapshot, Listed, None, "gone"),
        (Snapshot, State, None, "gone"),
        (Snapshot, Missing, Some("AVAILABLE"), "failed Transient Unknown"),
        (Snapshot, Missing, Some("CREATING"), "failed Transient Unknown"),
        (Snapshot, Missing, Some("DELETING"), "accepted"),
        (Snapshot, Listed, Some("AVAILABLE"), "failed Transient Unknown"),
        (Snapshot, Listed, Some("NORMAL"), "failed Transient Unknown"),
        (Snapshot, Listed, Some("DELETING"), "accepted"),
        (Snapshot, ListedAlone, Some("AVAILABLE"), "refused Blocked NoReasonGiven"),
        (Snapshot, ListedAlone, Some("DELETING"), "accepted"),
        (Snapshot, ListedAlone, Some("CREATING"), "refused Waits CODE"),
        (Snapshot, ListedAlone, None, "gone"),
        (Image, ListedAlone, Some("UNAVAILABLE"), "refused Blocked NoReasonGiven"),
        (Instance, ListedAlone, Some("STOPPED"), "failed Transient Unknown"),
        (Snapshot, Listed, Some("CREATING"), "refused Waits CODE"),
        (Snapshot, State, Some("ROLLING_BACK"), "refused Waits CODE"),
        (Snapshot, State, Some("DELETING"), "accepted"),
        (Snapshot, State, Some("FAILED"), "refused Blocked CODE"),
        (Snapshot, State, Some("AVAILABLE"), "failed Transient Unknown"),
        (Disk, State, Some("IN_USE"), "refused MayLinger CODE"),
        (Disk, State, Some("SNAPSHOT_CREATING"), "refused Waits CODE"),
        (Disk, State, Some("RECYCLED"), "parked"),
        (Disk, InBin, Some("RECYCLING"), "parked"),
        (Disk, InBin, Some("AVAILABLE"), "refused Blocked CODE"),
        (Disk, InBin, None, "gone"),
        (Instance, Listed, Some("RECYCLE"), "parked"),
        (Instance, Listed, Some("RELEASING"), "accepted"),
        (Instance, Listed, Some("IMAGING"), "refused Waits UNSUPPORTED_OPERATION_INSTANCE_STATUS"),
        (Image, Listed, Some("SYNCING"), "refused Waits INVALID_IMAGE_STATUS"),
        (Image, State, Some("SYNCING"), "refused Waits CODE"),
        (AutoSnapshotPolicy, Missing, Some(""), "failed Transient Unknown"),
    ] {
        let error = error_of_status_and_code(400, code);
        let error = if matches!(cause, Listed | ListedAlone) { CallError { code: None, ..error } } else { error };
        // A policy has no state at all.
        let state = state.map(|state| Some(state).filter(|state| !state.is_empty()));
        let told = words(&settled(kind, cause, state, &error));
        assert_eq!(told, expected.replace("CODE", code), "{kind:?} {cause:?} {state:?}");
    }
}
