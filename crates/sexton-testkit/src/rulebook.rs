//! A rulebook that has a guard of every sort, for worlds that no provider has.

use std::num::NonZeroU32;

use sexton_core::address::{GuardCode, Kind, Relation};
use sexton_core::rulebook::{
    AttributePredicate, AttributeTest, BatchKey, Completion, DataHeld, End, Force, Goes, Guard, HolderClaim, KindRules,
    OnlyWhere, OptionRule, OptionValue, Other, RaisedBy, Remedy, Removal, Rulebook, StateTest, Strength, Usable,
    Visibility, WhenCarried, WhenMissing,
};

fn kind(name: &str) -> Kind {
    Kind::new(name).expect("a literal kind is a kind")
}

fn rules(name: &str, data: DataHeld, usable: &[&str]) -> KindRules {
    KindRules {
        kind: kind(name),
        removal: Some(Removal {
            operation: format!("Remove-{name}"),
            consequence: None,
            batch_limit: NonZeroU32::MIN,
            batch_key: BatchKey::Region,
            completion: Completion::Sync,
            options: vec![option()],
        }),
        probe_limit: NonZeroU32::MIN,
        usable: if usable.is_empty() {
            Usable::Always
        } else {
            Usable::In(usable.iter().map(|state| (*state).to_owned()).collect())
        },
        data,
        follows: Vec::new(),
        active: None,
        remade: Vec::new(),
    }
}

fn guard(code: &str, target: &str, raised_by: RaisedBy, remedies: Vec<Remedy>) -> Guard {
    Guard {
        code: GuardCode::new(code).expect("a literal code is a code"),
        target: kind(target),
        raised_by,
        strength: Strength::Enforced,
        remedies,
        visibility: Visibility::Region,
    }
}

fn other(relation: &str, other_kind: &str, end: End) -> Other {
    Other {
        relation: Relation::new(relation).expect("a literal relation is a relation"),
        kind: kind(other_kind),
        end,
        state: None,
        attribute: None,
        target_attribute: None,
        goes: Goes::Before,
    }
}

fn attribute(name: &str, raises: AttributePredicate, when_missing: WhenMissing) -> AttributeTest {
    AttributeTest { name: name.to_owned(), raises, when_missing, when_carried: WhenCarried::Raise }
}

fn force(parameter: Option<&str>) -> Remedy {
    Remedy::force(parameter, "something is lost")
}

/// The rulebook of provider `p`.
pub fn synthetic() -> Rulebook {
    synthetic_of("p")
}

/// The rulebooks of the worlds of several places: that of `p`, and one of the same rules for `q`.
pub fn synthetics() -> Vec<Rulebook> {
    vec![synthetic_of("p"), synthetic_of("q")]
}

fn synthetic_of(provider: &str) -> Rulebook {
    let dependent = |relation, kind| RaisedBy::Other(other(relation, kind, End::Dependent));
    let of_users = |operation: Option<&str>| {
        Remedy::Force(Force {
            parameter: None,
            operation: operation.map(str::to_owned),
            only: Some(OnlyWhere { attribute: "type".to_owned(), equals: "user".into() }),
            consequence: "something of a user is lost".to_owned(),
        })
    };
    let mut guards = vec![
        guard("SnapshotImage", "snapshot", dependent("created-from", "image"), vec![Remedy::Remove]),
        guard(
            "SnapshotDisk",
            "snapshot",
            dependent("created-from", "disk"),
            vec![Remedy::Remove, force(Some("Force"))],
        ),
        guard(
            "ImageInstance",
            "image",
            dependent("booted-from", "instance"),
            vec![Remedy::Remove, force(Some("Force"))],
        ),
        guard("ImageShared", "image", dependent("grants", "share"), vec![Remedy::Remove]),
        guard(
            "ImageExporting",
            "image",
            RaisedBy::Other(Other {
                state: Some(StateTest::NotIn(["Finished".to_owned()].into())),
                ..other("exports", "task", End::Dependent)
            }),
            vec![Remedy::Remove, Remedy::Wait],
        ),
        guard(
            "DiskAttached",
            "disk",
            RaisedBy::Other(other("attached-to", "instance", End::Dependency)),
            vec![Remedy::Remove],
        ),
        guard(
            "DeletesWithInstance",
            "instance",
            RaisedBy::Other(Other {
                attribute: Some(attribute(
                    "with_instance",
                    AttributePredicate::NotEquals(false.into()),
                    WhenMissing::Raise,
                )),
                goes: Goes::With,
                ..other("attached-to", "disk", End::Dependent)
            }),
            vec![Remedy::Remove],
        ),
        guard(
            "DeletesAutoSnapshots",
            "disk",
            RaisedBy::Other(Other {
                attribute: Some(attribute("type", AttributePredicate::Equals("auto".into()), WhenMissing::Clear)),
                target_attribute: Some(attribute(
                    "delete_auto",
                    AttributePredicate::NotEquals(false.into()),
                    WhenMissing::Raise,
                )),
                goes: Goes::With,
                ..other("source", "snapshot", End::Dependent)
            }),
            vec![Remedy::Remove],
        ),
        guard(
            "SnapshotInProgress",
            "snapshot",
            RaisedBy::State(StateTest::In(["progressing".to_owned()].into())),
            vec![Remedy::Wait, of_users(Some("Cancel-snapshot"))],
        ),
        guard(
            "Protected",
            "instance",
            RaisedBy::Attribute(attribute(
                "protection",
                AttributePredicate::NotEquals(false.into()),
                WhenMissing::Raise,
            )),
            Vec::new(),
        ),
        guard(
            "SystemDisk",
            "disk",
            RaisedBy::Attribute(AttributeTest {
                when_carried: WhenCarried::Clear,
                ..attribute("disk_type", AttributePredicate::Equals("system".into()), WhenMissing::Clear)
            }),
            Vec::new(),
        ),
        guard("NodeNeeded", "node", dependent("needs", "node"), vec![Remedy::Remove, force(Some("Force"))]),
        guard(
            "NodeBusy",
            "node",
            RaisedBy::Other(other("runs-on", "node", End::Dependency)),
            vec![Remedy::Remove, force(Some("Force"))],
        ),
        guard(
            "UsageWithoutHolder",
            "image",
            RaisedBy::Claim {
                attribute: "usage".to_owned(),
                holders: vec![HolderClaim {
                    value: "instance".to_owned(),
                    relation: Relation::new("booted-from").expect("a literal relation is a relation"),
                    kind: kind("instance"),
                }],
            },
            Vec::new(),
        ),
    ];
    for (target, force) in [("snapshot", of_users(None)), ("image", force(None))] {
        let mut referred = guard("ReferredTo", target, dependent("refers-to", "template"), vec![Remedy::Remove, force]);
        referred.strength = Strength::Assumed;
        guards.push(referred);
    }
    let mut mirrored = guard("NodeMirrored", "node", dependent("mirrors", "node"), vec![Remedy::Remove]);
    mirrored.visibility = Visibility::Account;
    guards.push(mirrored);
    guards.push(guard(
        "Managed",
        "share",
        RaisedBy::Attribute(attribute("managed_by", AttributePredicate::NotEmpty, WhenMissing::Clear)),
        Vec::new(),
    ));
    guards.push(guard(
        "LockedForSecurity",
        "instance",
        RaisedBy::Attribute(attribute("locks", AttributePredicate::Contains("security".into()), WhenMissing::Clear)),
        Vec::new(),
    ));
    let mut locked = guard(
        "Locked",
        "snapshot",
        RaisedBy::Attribute(attribute("locked_until", AttributePredicate::InFuture, WhenMissing::Clear)),
        Vec::new(),
    );
    locked.visibility = Visibility::Census(kind("snapshot-lock"));
    guards.push(locked);
    let mut unseen = guard("DiskCloned", "disk", dependent("cloned-from", "node"), vec![Remedy::Remove]);
    unseen.visibility = Visibility::Unobservable { consequence: "clones elsewhere lose their parent".to_owned() };
    guards.push(unseen);
    Rulebook {
        provider: provider.parse().expect("a literal provider is a provider"),
        kinds: vec![
            rules("snapshot", DataHeld::Shared, &["accomplished"]),
            rules("image", DataHeld::Elsewhere, &["Available"]),
            rules("disk", DataHeld::Own, &[]),
            rules("instance", DataHeld::Elsewhere, &[]),
            rules("share", DataHeld::Nothing, &[]),
            rules("task", DataHeld::Nothing, &[]),
            rules("node", DataHeld::Own, &[]),
            KindRules { removal: None, ..rules("template", DataHeld::Nothing, &[]) },
        ],
        guards,
    }
}

/// The one option that the worlds' policies use. What it comes to goes without saying here: plans are compared without it.
fn option() -> OptionRule {
    let value = |value: bool| OptionValue { value: value.into(), consequence: None };
    OptionRule { name: "original".to_owned(), values: vec![value(true), value(false)], otherwise: None }
}
