use super::*;

/// Each row of the design's table, in words: what raises it | strength, when the other goes | remedies.
#[test]
fn every_row_of_the_table_is_there_and_nothing_else() {
    let rules = ecs_rulebook();
    assert_eq!(rules.faults(), []);
    let written: Vec<String> = rules.guards.iter().map(written).collect();
    let expected = [
        "snapshot SnapshotCreatedImage: image created-from it | enforced | remove",
        "snapshot SnapshotCreatedDisk: disk created-from it | enforced | remove, force Force",
        "snapshot SnapshotInProgress: state in progressing | assumed | wait, force",
        "snapshot SnapshotLocked: locked_until in the future | enforced | - | census snapshot-lock",
        "snapshot InvalidOperation.ResourceManagedByCloudProduct: managed_by not empty | enforced | -",
        "snapshot InvalidOperation.DeleteSharedSnapshotUnsupported: resource_shared not empty | enforced | -",
        "snapshot ReferredTo: launch-template refers-to it | assumed | remove, force",
        "snapshot ReferredTo: scaling-configuration refers-to it | assumed | remove, force",
        "snapshot UsageWithoutHolder: usage claims image=image created-from disk=disk created-from image_disk=image created-from image_disk=disk created-from | assumed | -",
        "image ImageUsingByInstance: instance booted-from it | enforced | remove, force Force",
        "image ImageUseShared: share grants it | enforced | remove",
        "image ImageIsPublic: publication publishes it | enforced | remove",
        "image ImageIsExporting: task (not in Failed Finished) exports it | enforced | remove, wait",
        "image ImageIsImporting: task (not in Failed Finished) imports it | enforced | remove, wait",
        "image ImageIsCreating: state not in Available CreateFailed Deprecated UnAvailable | enforced | wait, force CancelCopyImage where is_copied = true",
        "image ReferredTo: launch-template refers-to it | assumed | remove, force",
        "image ReferredTo: scaling-configuration refers-to it | assumed | remove, force",
        "image UsageWithoutHolder: usage claims instance=instance booted-from | assumed | -",
        "disk DiskStillAttached: it attached-to instance | enforced | remove",
        "disk DeletesAutoSnapshots: snapshot (snapshot_type is \"auto\") source it (delete_auto_snapshot is not false or missing) | assumed, goes with it | remove",
        "disk ChargeTypeViolation: disk_charge_type is \"PrePaid\" unless carried | enforced | -",
        "disk DiskTypeViolation: disk_type is \"system\" unless carried | enforced | -",
        "instance DeletesWithInstance: disk (delete_with_instance is not false or missing) attached-to it | assumed, goes with it | remove",
        "instance IncorrectInstanceStatus: state not in Stopped | enforced | force Force",
        "instance InvalidOperation.DeletionProtection: deletion_protection is not false or missing | enforced | -",
        "instance ChargeTypeViolation: instance_charge_type is \"PrePaid\" | enforced | -",
        "instance InstanceLockedForSecurity: operation_locks holds \"security\" | enforced | -",
        "task InvalidTaskId.TaskActionNotSupport: support_cancel is false | enforced | -",
    ];
    for (written, expected) in written.iter().zip(expected) {
        assert_eq!(written, expected);
    }
    assert_eq!(written.len(), expected.len());
}

#[test]
fn kinds_are_removed_by_their_operations_in_their_batches() {
    let rules = ecs_rulebook();
    let written: Vec<String> = rules
        .kinds
        .iter()
        .map(|rules| {
            let removal = match &rules.removal {
                None => "-".to_owned(),
                Some(removal) => {
                    assert_eq!(removal.completion, Completion::Async, "{}", rules.kind);
                    format!("{} {} {:?}", removal.operation, removal.batch_limit, removal.batch_key)
                }
            };
            let usable = match &rules.usable {
                Usable::Always => "always".to_owned(),
                Usable::In(states) => format!("{states:?}"),
            };
            format!("{} | {removal} | {usable} | {:?}", rules.kind, rules.data)
        })
        .collect();
    assert_eq!(
        written,
        [
            "snapshot | DeleteSnapshot 1 Region | {\"accomplished\"} | Shared",
            "image | DeleteImage 1 Region | {\"Available\"} | Elsewhere",
            "disk | DeleteDisk 1 Region | always | Own",
            "instance | DeleteInstance 1 Region | always | Elsewhere",
            "share | ModifyImageSharePermission 10 IdPrefix | always | Nothing",
            "publication | ModifyImageSharePermission 1 Region | always | Nothing",
            "task | CancelTask 1 Region | always | Nothing",
            "launch-template | - | always | Nothing",
            "scaling-configuration | - | always | Nothing",
            "auto-snapshot-policy | - | always | Nothing",
        ]
    );
}

#[test]
fn automatic_snapshots_are_made_anew_by_policies_that_are_not_expired() {
    let rules = ecs_rulebook();
    let remade: Vec<String> = rules
        .kinds
        .iter()
        .flat_map(|rules| rules.remade.iter().map(move |remade| (rules, remade)))
        .map(|(rules, remade)| {
            let which = format!("{} {} {}={}", rules.kind, remade.relation, remade.attribute, remade.value);
            format!("{which} by {} {} unless {:?}", remade.maker, remade.covers, remade.idle)
        })
        .collect();
    assert_eq!(remade, ["snapshot source snapshot_type=\"auto\" by auto-snapshot-policy covers unless {\"Expire\"}"]);
}

#[test]
fn removals_that_others_would_notice_say_so() {
    let rules = ecs_rulebook();
    for kind in ["share", "publication", "task"] {
        let removal = rules.kind(kind).unwrap().removal.clone().unwrap();
        assert!(removal.consequence.is_some(), "{kind}");
    }
}

#[test]
fn the_guards_that_the_design_never_forces_cannot_be_forced() {
    let rules = ecs_rulebook();
    for code in ["SnapshotCreatedImage", "ImageUseShared", "ImageIsPublic", "SnapshotLocked"] {
        assert_eq!(rules.forceable(code), Some(false), "{code}");
    }
    for code in ["SnapshotCreatedDisk", "SnapshotInProgress", "ImageUsingByInstance", "ReferredTo"] {
        assert_eq!(rules.forceable(code), Some(true), "{code}");
    }
    assert_eq!(rules.forceable("OperationDenied.ImageCopying"), None);
}

#[test]
fn it_survives_being_printed() {
    let rules = ecs_rulebook();
    let text = serde_json::to_string(&rules).unwrap();
    assert_eq!(serde_json::from_str::<Rulebook>(&text).unwrap(), rules);
}

fn written(guard: &Guard) -> String {
    let mut goes = "";
    let raised = match &guard.raised_by {
        RaisedBy::Other(other) => {
            if other.goes == Goes::With {
                goes = ", goes with it";
            }
            let mut subject = other.kind.to_string();
            if let Some(state) = &other.state {
                subject += &format!(" ({})", state_text(state));
            }
            if let Some(attribute) = &other.attribute {
                subject += &format!(" ({})", attribute_text(attribute));
            }
            let target = match &other.target_attribute {
                Some(attribute) => format!("it ({})", attribute_text(attribute)),
                None => "it".to_owned(),
            };
            match other.end {
                End::Dependent => format!("{subject} {} {target}", other.relation),
                End::Dependency => format!("{target} {} {subject}", other.relation),
            }
        }
        RaisedBy::State(state) => format!("state {}", state_text(state)),
        RaisedBy::Attribute(attribute) => attribute_text(attribute),
        RaisedBy::Claim { attribute, holders } => {
            let holders: Vec<String> =
                holders.iter().map(|claim| format!("{}={} {}", claim.value, claim.kind, claim.relation)).collect();
            format!("{attribute} claims {}", holders.join(" "))
        }
    };
    let strength = match guard.strength {
        Strength::Enforced => "enforced",
        Strength::Assumed => "assumed",
    };
    let remedies: Vec<String> = guard
        .remedies
        .iter()
        .map(|remedy| match remedy {
            Remedy::Remove => "remove".to_owned(),
            Remedy::Wait => "wait".to_owned(),
            Remedy::Force(Force { parameter, operation, only, consequence }) => {
                assert!(!consequence.is_empty());
                let with = parameter.iter().chain(operation).map(|how| format!(" {how}"));
                let only = only.iter().map(|only| format!(" where {} = {}", only.attribute, only.equals));
                std::iter::once("force".to_owned()).chain(with).chain(only).collect()
            }
        })
        .collect();
    let remedies = if remedies.is_empty() { "-".to_owned() } else { remedies.join(", ") };
    let visible = match &guard.visibility {
        Visibility::Region => String::new(),
        Visibility::Account => " | account".to_owned(),
        Visibility::Census(kind) => format!(" | census {kind}"),
        Visibility::Unobservable { consequence } => format!(" | unobservable {consequence}"),
    };
    format!("{} {}: {raised} | {strength}{goes} | {remedies}{visible}", guard.target, guard.code)
}

fn state_text(state: &StateTest) -> String {
    let join = |states: &std::collections::BTreeSet<String>| states.iter().cloned().collect::<Vec<_>>().join(" ");
    match state {
        StateTest::In(states) => format!("in {}", join(states)),
        StateTest::NotIn(states) => format!("not in {}", join(states)),
    }
}

fn attribute_text(test: &AttributeTest) -> String {
    let predicate = match &test.raises {
        AttributePredicate::Equals(value) => format!("is {value}"),
        AttributePredicate::NotEquals(value) => format!("is not {value}"),
        AttributePredicate::Contains(value) => format!("holds {value}"),
        AttributePredicate::InFuture => "in the future".to_owned(),
        AttributePredicate::NotEmpty => "not empty".to_owned(),
    };
    let missing = match test.when_missing {
        WhenMissing::Raise => " or missing",
        WhenMissing::Clear => "",
    };
    let carried = match test.when_carried {
        WhenCarried::Clear => " unless carried",
        WhenCarried::Raise => "",
    };
    format!("{} {predicate}{missing}{carried}", test.name)
}
