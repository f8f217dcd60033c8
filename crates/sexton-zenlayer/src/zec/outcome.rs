//! What an error code, and a state that was read after it, mean to a removal.
//!
//! The codes are those of the vendor's documentation of each action and of its drivers. A code that is not among them is
//! never success: only reading tells that something is gone.

use sexton_provider::{Answer, CallError, Effect, ErrorClass, Refusal, RefusalClass};

use super::stage::{Stage, stage};
use super::vocabulary::ZecKind;
use crate::rpc::UNAUTHORIZED;

#[cfg(test)]
mod tests;

/// Why a target was not removed, as far as the answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// It, or another of the call, is said not to be there.
    Missing,
    /// It, or another of the call, is said to be in a wrong state.
    State,
    /// It is said to be in the recycle bin.
    InBin,
    /// It is among those of several that failed, and no reason is given.
    Listed,
    /// The call was for it alone, and all the same no reason is given.
    ListedAlone,
}

/// Our own code of a removal that the API refused without one.
pub(super) const NO_REASON: &str = "NoReasonGiven";

/// What a failed call comes to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// The same for every target.
    Each(Answer),
    /// Each target's own state tells.
    Read(Cause),
}

/// What the failure of a whole call means.
pub(super) fn verdict(kind: ZecKind, error: &CallError) -> Verdict {
    // A permission is given by action: of the next kind it may say something else, whatever its status.
    if error.code.as_deref() == Some(UNAUTHORIZED) {
        return Verdict::Each(Answer::Failed(CallError { class: ErrorClass::Permanent, ..error.clone() }));
    }
    // A passing failure is one, whatever else its code could mean.
    if error.class != ErrorClass::Permanent {
        return Verdict::Each(Answer::Failed(error.clone()));
    }
    let Some(code) = error.code.as_deref() else { return Verdict::Each(Answer::Failed(error.clone())) };
    match code {
        // Of another thing than the target.
        "OPERATION_FAILED_RESOURCE_GROUP_NOT_FOUND" | "INVALID_ORDER_NOT_FOUND" => {
            Verdict::Each(Answer::Failed(error.clone()))
        }
        "UNSUPPORTED_OPERATION_DISK_BEING_RECYCLE" | "OPERATION_FAILED_FOR_RECYCLE_RESOURCE" => {
            Verdict::Read(Cause::InBin)
        }
        "OPERATION_FAILED_RESOURCE_NOT_FOUND" => Verdict::Read(Cause::Missing),
        "INVALID_DISK_NOT_PORTABLE"
        | "UNSUPPORTED_OPERATION_DISK_SYSTEM_TYPE"
        | "OPERATION_DENIED_DISK_SYSTEM_TYPE"
        | "OPERATION_DENIED_GPU_INSTANCE_NOT_SUPPORT" => Verdict::Each(refusal(error, code, RefusalClass::Blocked)),
        "ORDER_UNPROCESSED_ORDERS_FOR_THIS_RESOURCE" | "OPERATION_DENIED_INSTANCE_IN_OPERATION" => {
            Verdict::Each(refusal(error, code, RefusalClass::Waits))
        }
        _ if code.ends_with("_NOT_FOUND") && error.status == Some(404) => Verdict::Read(Cause::Missing),
        _ if code.contains("_STATUS") && kind != ZecKind::AutoSnapshotPolicy => Verdict::Read(Cause::State),
        _ => Verdict::Each(Answer::Failed(error.clone())),
    }
}

/// What became of one target, by its state after a call that was not carried out for it, or not for all; none where it
/// is not there.
pub(super) fn settled(kind: ZecKind, cause: Cause, state: Option<Option<&str>>, error: &CallError) -> Answer {
    let request_id = error.request_id.clone();
    let Some(state) = state else { return Answer::AlreadyGone { request_id } };
    let code = match (&error.code, cause) {
        (Some(code), Cause::State | Cause::InBin) => code.as_str(),
        (Some(_), Cause::Missing | Cause::Listed | Cause::ListedAlone) | (None, _) => status_code(kind),
    };
    // Another of the call was meant, or the answer is wrong: the next call tells.
    let open = || {
        Answer::Failed(CallError {
            class: ErrorClass::Transient,
            effect: Effect::Unknown,
            message: match state {
                Some(state) => format!("{} (it was read to be {state})", error.message),
                None => format!("{} (its state cannot be read)", error.message),
            },
            ..error.clone()
        })
    };
    let Some(state) = state else {
        // A policy has no states.
        return open();
    };
    match (stage(kind, state), cause) {
        (Stage::InBin, _) => Answer::Parked { until: None, request_id },
        (Stage::Leaving, _) => Answer::Accepted { request_id },
        (Stage::Changing, Cause::State | Cause::Listed | Cause::ListedAlone | Cause::InBin) => {
            refusal(error, code, RefusalClass::Waits)
        }
        (Stage::Changing, Cause::Missing) => open(),
        (Stage::Settled, Cause::State) if state == "IN_USE" => refusal(error, code, RefusalClass::MayLinger),
        (Stage::Settled, Cause::State) if state == "FAILED" => refusal(error, code, RefusalClass::Blocked),
        // What can come to lie in the recycle bin is looked at again before it is asked for again.
        (Stage::Settled, Cause::ListedAlone) if !kind.has_recycle_bin() => {
            refusal(error, NO_REASON, RefusalClass::Blocked)
        }
        (Stage::Settled, Cause::InBin) => refusal(error, code, RefusalClass::Blocked),
        (Stage::Settled, Cause::State | Cause::Missing | Cause::Listed | Cause::ListedAlone) => open(),
    }
}

/// What was answered of one that went alone because a call for several gave no reason: whatever code it has is the reason.
pub(super) fn of_one_alone(answer: Answer) -> Answer {
    match answer {
        Answer::Failed(error) if error.class == ErrorClass::Permanent && error.effect == Effect::None => {
            match error.code.clone() {
                Some(code) if code != UNAUTHORIZED => refusal(&error, &code, RefusalClass::Blocked),
                Some(_) | None => Answer::Failed(error),
            }
        }
        answer @ (Answer::Removed { .. }
        | Answer::Accepted { .. }
        | Answer::AlreadyGone { .. }
        | Answer::Parked { .. }
        | Answer::Refused(_)
        | Answer::Failed(_)) => answer,
    }
}

/// The code by which the API refuses because of a state.
pub(super) fn status_code(kind: ZecKind) -> &'static str {
    match kind {
        ZecKind::Snapshot => "OPERATION_DENIED_DISK_SNAPSHOT_STATUS",
        ZecKind::Disk => "UNSUPPORTED_OPERATION_DISK_STATUS",
        ZecKind::Image => "INVALID_IMAGE_STATUS",
        ZecKind::Instance | ZecKind::AutoSnapshotPolicy => "UNSUPPORTED_OPERATION_INSTANCE_STATUS",
    }
}

fn refusal(error: &CallError, code: &str, class: RefusalClass) -> Answer {
    Answer::Refused(Refusal {
        by: None,
        code: code.to_owned(),
        class,
        message: error.message.clone(),
        request_id: error.request_id.clone(),
    })
}
