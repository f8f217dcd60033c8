use sexton_core::rulebook::Force;

use super::*;

/// Each guard in words: what raises it | strength, when the other goes | remedies.
#[test]
fn every_guard_is_there_and_nothing_else() {
    let rules = zec_rulebook();
    assert_eq!(rules.faults(), []);
    let written: Vec<String> = rules.guards.iter().map(written).collect();
    let expected = [
        "snapshot OPERATION_DENIED_DISK_SNAPSHOT_STATUS: state not in AVAILABLE NORMAL | enforced | wait",
        "snapshot SnapshotHasChildDisks: disk created-from it | assumed | remove, force | unobservable",
        "disk UNSUPPORTED_OPERATION_DISK_STATUS: it attached-to instance | enforced | remove",
        "disk UNSUPPORTED_OPERATION_DISK_STATUS: state not in AVAILABLE FAILED IN_USE RECYCLED RECYCLING | enforced | wait",
        "disk UNSUPPORTED_OPERATION_DISK_SYSTEM_TYPE: disk_type is \"system\" unless carried | enforced | -",
        "disk INVALID_DISK_NOT_PORTABLE: portable is false unless carried | enforced | -",
        "disk DiskHasSnapshots: snapshot source it | assumed | remove, force",
        "disk InRecycleBin: state in RECYCLED RECYCLING | assumed | -",
        "image INVALID_IMAGE_STATUS: state not in AVAILABLE FAILED UNAVAILABLE | enforced | wait",
        "image ImageUsedByInstance: instance booted-from it | assumed | remove, force | account",
        "instance DeletesWithInstance: disk (delete_with_instance is not false or missing) attached-to it | assumed, goes with it | remove",
        "instance InstanceRunning: state in RUNNING | assumed | force",
        "instance InstanceChanging: state not in CREATE_FAILED RECYCLE RECYCLED RECYCLING REINSTALL_FAILED RUNNING STOPPED | assumed | wait",
        "instance InRecycleBin: state in RECYCLE RECYCLED RECYCLING | assumed | -",
        "auto-snapshot-policy PolicyCoversDisk: it covers disk | assumed | remove, force",
    ];
    for (written, expected) in written.iter().zip(expected) {
        assert_eq!(written, expected);
    }
    assert_eq!(written.len(), expected.len());
}

#[test]
fn kinds_are_removed_by_their_operations_in_their_batches() {
    let rules = zec_rulebook();
    let written: Vec<String> = rules
        .kinds
        .iter()
        .map(|rules| {
            let removal = rules.removal.as_ref().unwrap();
            assert_eq!(removal.completion, Completion::Async, "{}", rules.kind);
            let usable = match &rules.usable {
                Usable::Always => "always".to_owned(),
                Usable::In(states) => format!("{states:?}"),
            };
            let Removal { operation, batch_limit, batch_key, .. } = removal;
            format!("{} | {operation} {batch_limit} {batch_key:?} | {usable} | {:?}", rules.kind, rules.data)
        })
        .collect();
    assert_eq!(
        written,
        [
            "snapshot | DeleteSnapshots 100 Region | {\"AVAILABLE\", \"NORMAL\"} | Shared",
            "disk | ReleaseDisk 1 Region | always | Own",
            "image | DeleteImages 20 Region | {\"AVAILABLE\"} | Shared",
            "instance | ReleaseInstances 100 Region | always | Elsewhere",
            "auto-snapshot-policy | DeleteAutoSnapshotPolicies 1 Region | always | Nothing",
        ]
    );
}

#[test]
fn what_cannot_be_read_is_said_where_a_step_is_planned() {
    let rules = zec_rulebook();
    let unobservable: Vec<&str> = rules
        .guards
        .iter()
        .filter_map(|guard| match &guard.visibility {
            Visibility::Unobservable { consequence } => Some(consequence.as_str()),
            Visibility::Region | Visibility::Account | Visibility::Census(_) => None,
        })
        .collect();
    assert_eq!(unobservable.len(), 1);
    assert!(unobservable[0].contains("cannot be read from the API"), "{}", unobservable[0]);
}

#[test]
fn what_the_api_itself_refuses_cannot_be_forced() {
    let rules = zec_rulebook();
    for guard in rules.guards.iter().filter(|guard| guard.strength == Strength::Enforced) {
        assert_eq!(guard.force(), None, "{}", guard.code);
    }
    for code in ["DiskHasSnapshots", "ImageUsedByInstance", "InstanceRunning", "PolicyCoversDisk"] {
        assert_eq!(rules.forceable(code), Some(true), "{code}");
    }
    for code in ["DeletesWithInstance", "InRecycleBin"] {
        assert_eq!(rules.forceable(code), Some(false), "{code}");
    }
}

#[test]
fn it_survives_being_printed() {
    let rules = zec_rulebook();
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
        RaisedBy::Claim { attribute, .. } => panic!("no guard reads claims out of {attribute}"),
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
            Remedy::Force(Force { parameter, operation: None, only: None, consequence }) => {
                assert!(!consequence.is_empty());
                parameter.as_ref().map_or("force".to_owned(), |parameter| format!("force {parameter}"))
            }
            Remedy::Force(_) => panic!("{} is forced in a way that no service has", guard.code),
        })
        .collect();
    let remedies = if remedies.is_empty() { "-".to_owned() } else { remedies.join(", ") };
    let visible = match &guard.visibility {
        Visibility::Region => String::new(),
        Visibility::Account => " | account".to_owned(),
        Visibility::Census(kind) => format!(" | census {kind}"),
        Visibility::Unobservable { .. } => " | unobservable".to_owned(),
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
