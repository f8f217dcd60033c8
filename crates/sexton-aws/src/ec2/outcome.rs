//! What an error code means to a removal.
//!
//! The codes of each operation are those of the vendor's list of EC2's error codes. A code that is not among them is
//! never success: with status 403 it blocks, whatever else it is fails.

use sexton_core::address::Address;
use sexton_provider::{Answer, CallError, ErrorClass, Refusal, RefusalClass};

use super::vocabulary::Ec2Kind;

#[cfg(test)]
mod tests;

/// What became of the removal, as far as its code tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// There was nothing to remove.
    Gone,
    /// The provider refused.
    Refused(RefusalClass),
    /// The call was wrong.
    Wrong,
}

use Meaning::{Gone, Refused, Wrong};
use RefusalClass::{Blocked, MayLinger, Waits};

/// The answer that a failed removal call amounts to.
pub(super) fn answer(kind: Ec2Kind, error: CallError) -> Answer {
    // A policy can allow a removal by what is to be removed: of the next one it may say something else.
    if error.code.as_deref() == Some("UnauthorizedOperation") {
        return Answer::Failed(CallError { class: ErrorClass::Permanent, ..error });
    }
    // A passing failure is one, whatever else its code could mean.
    if !matches!(error.class, ErrorClass::Permanent) {
        return Answer::Failed(error);
    }
    let Some(code) = &error.code else { return Answer::Failed(error) };
    let unknown = if error.status == Some(403) { Refused(Blocked) } else { Wrong };
    match of_any(code, &error.message).or_else(|| meaning(kind, code)).unwrap_or(unknown) {
        Gone => Answer::AlreadyGone { request_id: error.request_id },
        Refused(class) => {
            let (code, by) = (code.clone(), None);
            Answer::Refused(Refusal { code, class, by, message: error.message, request_id: error.request_id })
        }
        Wrong => Answer::Failed(error),
    }
}

/// The answer that a failed removal of one target amounts to, with what holds it: of a snapshot in use the message names
/// the image, which may be one that this account cannot see.
pub(super) fn answer_of(kind: Ec2Kind, target: &Address, error: CallError) -> Answer {
    let answer = answer(kind, error);
    match answer {
        Answer::Refused(refusal) if refusal.code == "InvalidSnapshot.InUse" => {
            let by = image_in(&refusal.message).and_then(|image| {
                // An id that makes no address names nothing that a plan could have removed.
                target.sibling(&Ec2Kind::Image.name(), image).ok()
            });
            Answer::Refused(Refusal { by, ..refusal })
        }
        Answer::Refused(_)
        | Answer::Removed { .. }
        | Answer::Accepted { .. }
        | Answer::AlreadyGone { .. }
        | Answer::Parked { .. }
        | Answer::Failed(_) => answer,
    }
}

/// The id of the first image that a message names.
fn image_in(message: &str) -> Option<&str> {
    const PREFIX: &str = "ami-";
    let at = message.find(PREFIX)?;
    let digits = message[at + PREFIX.len()..].bytes().take_while(u8::is_ascii_hexdigit).count();
    (digits > 0).then(|| &message[at..at + PREFIX.len() + digits])
}

/// Codes that mean the same in every operation.
fn of_any(code: &str, message: &str) -> Option<Meaning> {
    Some(match code {
        // By field reports this code, with these words, is how EC2 says that AWS Backup owns a resource.
        "InvalidParameterValue" if message.contains("AWS Backup") => Refused(Blocked),
        // Termination and deregistration protection, and whatever else is switched off.
        "OperationNotPermitted" => Refused(Blocked),
        "IncorrectState" => Refused(Waits),
        "DependencyViolation" => Refused(MayLinger),
        "InvalidParameter" | "InvalidParameterValue" | "InvalidParameterCombination" | "MissingParameter" => Wrong,
        _ => return None,
    })
}

fn meaning(kind: Ec2Kind, code: &str) -> Option<Meaning> {
    match kind {
        Ec2Kind::Snapshot => of_snapshot(code),
        Ec2Kind::Image => of_image(code),
        Ec2Kind::Disk => of_disk(code),
        Ec2Kind::Instance => of_instance(code),
        // Unsharing what is gone.
        Ec2Kind::Share | Ec2Kind::Publication => match code {
            "InvalidAMIAttributeItemValue" | "InvalidUserID.Malformed" => Some(Refused(Blocked)),
            "InvalidSnapshot.InUse" => None,
            _ => of_snapshot(code).or_else(|| of_image(code)),
        },
        Ec2Kind::LaunchTemplate | Ec2Kind::LaunchConfiguration => None,
    }
}

fn of_snapshot(code: &str) -> Option<Meaning> {
    Some(match code {
        "InvalidSnapshot.NotFound" => Gone,
        // For seconds or minutes after its image was deregistered, by field reports.
        "InvalidSnapshot.InUse" => Refused(MayLinger),
        "InvalidSnapshotID.Malformed" => Wrong,
        _ => return None,
    })
}

fn of_image(code: &str) -> Option<Meaning> {
    Some(match code {
        "InvalidAMIID.NotFound" | "InvalidAMIID.Unavailable" => Gone,
        "InvalidAMIID.Malformed" => Wrong,
        _ => return None,
    })
}

fn of_disk(code: &str) -> Option<Meaning> {
    Some(match code {
        "InvalidVolume.NotFound" => Gone,
        // For a moment after its instance was terminated.
        "VolumeInUse" => Refused(MayLinger),
        "InvalidVolumeID.Malformed" => Wrong,
        _ => return None,
    })
}

fn of_instance(code: &str) -> Option<Meaning> {
    Some(match code {
        "InvalidInstanceID.NotFound" => Gone,
        "IncorrectInstanceState" => Refused(Waits),
        "InvalidInstanceID.Malformed" => Wrong,
        _ => return None,
    })
}
