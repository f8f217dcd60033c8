use std::collections::BTreeSet;

use super::*;

#[test]
fn the_rulebook_has_no_faults() {
    let rulebook = ec2_rulebook();
    assert_eq!(rulebook.faults(), []);
    let read: Rulebook = serde_json::from_str(&serde_json::to_string(&rulebook).unwrap()).unwrap();
    assert_eq!(read, rulebook);
}

/// Code, target, what raises it, strength, remedies; as `docs/aws-ec2.md` tells them.
#[test]
fn every_guard_is_as_it_is_documented() {
    let rulebook = ec2_rulebook();
    let told: BTreeSet<String> = rulebook
        .guards
        .iter()
        .map(|guard| {
            let raised_by = match &guard.raised_by {
                RaisedBy::Other(other) => {
                    let end = if other.end == End::Dependent { "by" } else { "on" };
                    let goes = if other.goes == Goes::With { " with it" } else { "" };
                    format!("{end} {} {}{goes}", other.kind, other.relation)
                }
                RaisedBy::Attribute(test) => format!("attribute {}", test.name),
                RaisedBy::State(_) => "state".to_owned(),
                RaisedBy::Claim { .. } => "claim".to_owned(),
            };
            let remedies: Vec<&str> = guard
                .remedies
                .iter()
                .map(|remedy| match remedy {
                    Remedy::Remove => "remove",
                    Remedy::Wait => "wait",
                    Remedy::Force(force) => {
                        assert_eq!(*remedy, Remedy::force(None, &force.consequence), "{}", guard.code);
                        "force"
                    }
                })
                .collect();
            let strength = format!("{:?}", guard.strength).to_lowercase();
            format!("{} {}: {raised_by}; {strength}; {}", guard.target, guard.code, remedies.join(" "))
        })
        .collect();
    let expected = [
        "disk ManagedByService: attribute managed_by; enforced; ",
        "disk VolumeInUse: on instance attached-to; enforced; remove",
        "image DeregistrationProtected: attribute deregistration_protection; enforced; ",
        "image ImageIsPublic: by publication publishes; assumed; remove",
        "image ImageShared: by share grants; assumed; remove",
        "image ImageUsedByInstance: by instance booted-from; assumed; remove force",
        "image OwnedByBackup: attribute owned_by; enforced; ",
        "image ReferredTo: by launch-configuration refers-to; assumed; remove force",
        "image ReferredTo: by launch-template refers-to; assumed; remove force",
        "instance DeletesOnTermination: by disk attached-to with it; assumed; remove",
        "instance ManagedByService: attribute managed_by; enforced; ",
        "snapshot InvalidSnapshot.InUse: by image created-from; enforced; remove",
        "snapshot OwnedByBackup: attribute owned_by; enforced; ",
        "snapshot ReferredTo: by launch-configuration refers-to; assumed; remove force",
        "snapshot ReferredTo: by launch-template refers-to; assumed; remove force",
        "snapshot SnapshotLocked: attribute locked_until; enforced; ",
        "snapshot SnapshotShared: by publication publishes; assumed; remove",
        "snapshot SnapshotShared: by share grants; assumed; remove",
    ];
    assert_eq!(told, expected.into_iter().map(str::to_owned).collect());
}

#[test]
fn quotas_speak_of_operations_that_the_rulebook_has() {
    let rulebook = ec2_rulebook();
    let operations: BTreeSet<&str> =
        rulebook.kinds.iter().filter_map(|rules| Some(rules.removal.as_ref()?.operation.as_str())).collect();
    for quota in crate::ec2::quota::quotas() {
        for counted in &quota.counts {
            match counted {
                sexton_provider::Counted::Removal { operation } => {
                    assert!(operations.contains(operation.as_str()), "{operation}");
                    assert_eq!((quota.capacity.get(), quota.refill.as_millis()), (100, 200), "{operation}");
                }
                sexton_provider::Counted::Probe { kind } | sexton_provider::Counted::Dependents { kind } => {
                    assert!(rulebook.kind(kind.as_str()).is_some(), "{kind}");
                    assert_eq!((quota.capacity.get(), quota.refill.as_millis()), (100, 50), "{kind}");
                }
            }
        }
    }
}
