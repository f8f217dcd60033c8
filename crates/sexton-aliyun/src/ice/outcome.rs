//! What an error code, or the result of one file, means to a removal.
//!
//! The codes are those of the vendor's documentation of DeleteLiveSnapshotFiles. A code that is not among them is never
//! success: with status 403 it blocks, whatever else it is fails.

use sexton_provider::{Answer, CallError, Effect, ErrorClass, Refusal, RefusalClass};

#[cfg(test)]
mod tests;

/// The code of a file that is overwritten in place.
pub(super) const OVERLAY: &str = "OverlayNotSupported";
/// Our own code of a file whose two times disagree.
pub(super) const TIMES_DISAGREE: &str = "TimesDisagree";

/// How many files the call was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallFor {
    /// One: what the call is answered is said of it.
    One,
    /// Several: which of them is meant is not told.
    Several,
}

/// What the whole call was answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Meaning {
    /// This, for each of its files.
    Answer(Answer),
    /// A look at the files tells what it is for each.
    Look(CallError),
}

/// What a failed removal call amounts to.
pub(super) fn meaning(call: CallFor, error: CallError) -> Meaning {
    // A passing failure is one, whatever else its code could mean.
    if error.class != ErrorClass::Permanent {
        return Meaning::Answer(Answer::Failed(error));
    }
    let Some(code) = error.code.clone() else { return Meaning::Answer(Answer::Failed(error)) };
    let blocked = |error: CallError| {
        Answer::Refused(Refusal {
            by: None,
            code: code.clone(),
            class: RefusalClass::Blocked,
            message: error.message,
            request_id: error.request_id,
        })
    };
    match (code.as_str(), call) {
        ("MissingParameter" | "InvalidParameter", _) => Meaning::Answer(Answer::Failed(error)),
        // The service is not open to the account: no other call will do better.
        ("UserDisable" | "OperationDenied", _) => {
            Meaning::Answer(Answer::Failed(CallError { class: ErrorClass::Auth, ..error }))
        }
        ("BucketNotAuthorized", _) | (OVERLAY, CallFor::One) => Meaning::Answer(blocked(error)),
        ("NoValidSnapshot", CallFor::One) => Meaning::Answer(Answer::AlreadyGone { request_id: error.request_id }),
        // Whether one overlay file fails the call for all, and whether the other code means that none of them is there,
        // is not documented.
        (OVERLAY | "NoValidSnapshot", CallFor::Several) => Meaning::Look(error),
        // No API removes a job, so this is no sign of a file that is gone.
        ("JobNotFound", _) => Meaning::Answer(Answer::Failed(CallError { effect: Effect::Unknown, ..error })),
        _ if error.status == Some(403) => Meaning::Answer(blocked(error)),
        _ => Meaning::Answer(Answer::Failed(error)),
    }
}

/// What the result of one file amounts to. `told` are all that the answer says of it.
pub(super) fn of_result(operation: &str, told: &[String], request_id: Option<String>) -> Answer {
    let unclear = |class, code: Option<&str>, message: String| {
        Answer::Failed(CallError {
            class,
            effect: Effect::Unknown,
            operation: operation.to_owned(),
            code: code.map(str::to_owned),
            status: Some(200),
            message,
            request_id: request_id.clone(),
        })
    };
    match told {
        [] => unclear(ErrorClass::Transient, None, "the answer says nothing of this file".to_owned()),
        [result] => match result.as_str() {
            // Confirmed by reading, like every removal.
            "OK" => Answer::Accepted { request_id },
            "NotFound" => Answer::AlreadyGone { request_id },
            other => unclear(ErrorClass::Permanent, Some(other), "the file was not removed".to_owned()),
        },
        several => {
            let message = format!("the answer says of this file {}", several.join(" and "));
            unclear(ErrorClass::Transient, None, message)
        }
    }
}
