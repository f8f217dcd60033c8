use sexton_core::address::Address;
use sexton_provider::Effect;

use super::*;
use crate::rpc::error_of;

/// The answer to a removal whose call failed with that status and code, in a few words.
fn outcome(kind: Ec2Kind, status: u16, code: &str) -> String {
    in_words(answer(kind, error_of(status, code, "message")), code)
}

fn in_words(answer: Answer, code: &str) -> String {
    match answer {
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

fn check(kind: Ec2Kind, table: &[(u16, &str, &str)]) {
    for (status, code, expected) in table {
        assert_eq!(outcome(kind, *status, code), *expected, "{kind:?} {status} {code}");
    }
}

#[test]
fn what_holds_a_snapshot_is_the_image_that_the_message_names() {
    let target: Address = "aws-ec2:123456789012:eu-west-1:snapshot/snap-1".parse().unwrap();
    for (code, message, by) in [
        (
            "InvalidSnapshot.InUse",
            "The snapshot snap-1 is currently in use by ami-0a1b2c3d4e5f60718",
            Some("ami-0a1b2c3d4e5f60718"),
        ),
        ("InvalidSnapshot.InUse", "in use by ami-12, ami-34.", Some("ami-12")),
        ("InvalidSnapshot.InUse", "in use by an ami- of somebody", None),
        ("InvalidSnapshot.InUse", "in use", None),
        ("DependencyViolation", "in use by ami-12", None),
    ] {
        let answer = answer_of(Ec2Kind::Snapshot, &target, error_of(400, code, message));
        let Answer::Refused(refusal) = answer else { panic!("{answer:?}") };
        let wanted = by.map(|id| format!("aws-ec2:123456789012:eu-west-1:image/{id}"));
        assert_eq!(refusal.by.map(|by| by.to_string()), wanted, "{message}");
    }
}

#[test]
fn codes_of_every_operation() {
    for kind in Ec2Kind::ALL {
        check(
            *kind,
            &[
                (503, "RequestLimitExceeded", "throttle"),
                (503, "EC2ThrottledException", "throttle"),
                (400, "Throttling", "throttle"),
                (500, "InternalError", "transient?"),
                (503, "Unavailable", "transient?"),
                (503, "ServiceUnavailable", "transient?"),
                (401, "AuthFailure", "auth"),
                (403, "SignatureDoesNotMatch", "auth"),
                (400, "RequestExpired", "auth"),
                (403, "UnauthorizedOperation", "permanent"),
                (400, "OperationNotPermitted", "blocked"),
                (400, "IncorrectState", "waits"),
                (400, "InvalidParameterValue", "permanent"),
                (400, "InvalidParameterCombination", "permanent"),
                (400, "MissingParameter", "permanent"),
                (400, "Unheard.Of", "permanent"),
                (403, "Unheard.Of", "blocked"),
                (500, "Unheard.Of", "transient?"),
            ],
        );
    }
}

#[test]
fn codes_of_delete_snapshot() {
    check(
        Ec2Kind::Snapshot,
        &[
            (400, "InvalidSnapshot.InUse", "maylinger"),
            (400, "InvalidSnapshot.NotFound", "gone"),
            (400, "InvalidSnapshotID.Malformed", "permanent"),
            (400, "InvalidAMIID.NotFound", "permanent"),
        ],
    );
}

#[test]
fn codes_of_deregister_image() {
    check(
        Ec2Kind::Image,
        &[
            (400, "InvalidAMIID.NotFound", "gone"),
            (400, "InvalidAMIID.Unavailable", "gone"),
            (400, "InvalidAMIID.Malformed", "permanent"),
            (400, "InvalidSnapshot.NotFound", "permanent"),
        ],
    );
}

#[test]
fn codes_of_delete_volume_and_terminate_instances() {
    check(
        Ec2Kind::Disk,
        &[
            (400, "InvalidVolume.NotFound", "gone"),
            (400, "VolumeInUse", "maylinger"),
            (400, "InvalidVolumeID.Malformed", "permanent"),
        ],
    );
    check(
        Ec2Kind::Instance,
        &[
            (400, "InvalidInstanceID.NotFound", "gone"),
            (400, "IncorrectInstanceState", "waits"),
            (400, "InvalidInstanceID.Malformed", "permanent"),
            (400, "VolumeInUse", "permanent"),
        ],
    );
}

#[test]
fn codes_of_modify_attribute() {
    for kind in [Ec2Kind::Share, Ec2Kind::Publication] {
        check(
            kind,
            &[
                (400, "InvalidAMIID.NotFound", "gone"),
                (400, "InvalidAMIID.Unavailable", "gone"),
                (400, "InvalidSnapshot.NotFound", "gone"),
                (400, "InvalidSnapshot.InUse", "permanent"),
                (400, "InvalidAMIAttributeItemValue", "blocked"),
                (400, "InvalidAMIID.Malformed", "permanent"),
            ],
        );
    }
}

#[test]
fn what_aws_backup_owns_is_told_by_words() {
    let code = "InvalidParameterValue";
    let message = "This snapshot is managed by the AWS Backup service and cannot be deleted via EC2 APIs.";
    for kind in [Ec2Kind::Snapshot, Ec2Kind::Image] {
        assert_eq!(in_words(answer(kind, error_of(400, code, message)), code), "blocked");
    }
}

#[test]
fn an_answer_without_a_code_is_never_success() {
    let error = CallError { code: None, ..error_of(400, "x", "message") };
    assert!(matches!(answer(Ec2Kind::Snapshot, error), Answer::Failed(_)));
}
