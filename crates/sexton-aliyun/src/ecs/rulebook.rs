//! The deletion rules of ECS as data: one function for each kind whose removal can be refused.
//!
//! Codes are the provider's error codes, from the vendor's documentation of DeleteSnapshot, DeleteImage, DeleteDisk,
//! DeleteInstance, ModifyImageSharePermission and CancelTask. Names of our own stand where the vendor publishes no code
//! (`SnapshotLocked`) or the API lets something happen that its users would regret (the *assumed* guards).

use std::num::NonZeroU32;

use sexton_core::address::GuardCode;
use sexton_core::resource::AttributeValue;
use sexton_core::rulebook::{
    AttributePredicate, AttributeTest, BatchKey, Completion, DataHeld, End, Follows, Force, Goes, Guard, HolderClaim,
    KindRules, OnlyWhere, Other, RaisedBy, Remade, Remedy, Removal, Rulebook, StateTest, Strength, Usable, Visibility,
    WhenCarried, WhenMissing,
};

use super::queries::IDS_PER_CALL;
use super::vocabulary::{EcsKind, EcsRelation, provider, snapshot_lock};

#[cfg(test)]
mod tests;

/// How many accounts one ModifyImageSharePermission call removes; the vendor's documentation says that it silently
/// ignores any more.
pub(crate) const ACCOUNTS_PER_CALL: u32 = 10;

/// What removes an image that is being made as a copy of another (vendor documentation of CancelCopyImage).
pub(crate) const CANCEL_COPY: &str = "CancelCopyImage";

/// The rulebook of ECS.
pub fn ecs_rulebook() -> Rulebook {
    let guards = [snapshot_guards(), image_guards(), disk_guards(), instance_guards(), task_guards()];
    Rulebook {
        provider: provider(),
        kinds: EcsKind::ALL.iter().map(|kind| rules_of(*kind)).collect(),
        guards: guards.into_iter().flatten().collect(),
    }
}

/// The operation that removes a kind; none where Sexton does not.
pub(crate) fn removal_operation(kind: EcsKind) -> Option<&'static str> {
    match kind {
        EcsKind::Snapshot => Some("DeleteSnapshot"),
        EcsKind::Image => Some("DeleteImage"),
        EcsKind::Disk => Some("DeleteDisk"),
        EcsKind::Instance => Some("DeleteInstance"),
        EcsKind::Share | EcsKind::Publication => Some("ModifyImageSharePermission"),
        EcsKind::Task => Some("CancelTask"),
        EcsKind::LaunchTemplate | EcsKind::ScalingConfiguration | EcsKind::AutoSnapshotPolicy => None,
    }
}

fn rules_of(kind: EcsKind) -> KindRules {
    let consequence = match kind {
        EcsKind::Share => Some(
            "the accounts it names can no longer create instances from the image, nor re-initialise system disks made from it",
        ),
        EcsKind::Publication => Some(
            "accounts without a share of their own can no longer create instances from the image, nor re-initialise system disks made from it",
        ),
        EcsKind::Task => Some("what a cancelled task leaves behind, a partial image or object, is not documented"),
        EcsKind::Snapshot
        | EcsKind::Image
        | EcsKind::Disk
        | EcsKind::Instance
        | EcsKind::LaunchTemplate
        | EcsKind::ScalingConfiguration
        | EcsKind::AutoSnapshotPolicy => None,
    };
    let (batch_limit, batch_key) = match kind {
        EcsKind::Share => (ACCOUNTS_PER_CALL, BatchKey::IdPrefix),
        EcsKind::Snapshot
        | EcsKind::Image
        | EcsKind::Disk
        | EcsKind::Instance
        | EcsKind::Publication
        | EcsKind::Task
        | EcsKind::LaunchTemplate
        | EcsKind::ScalingConfiguration
        | EcsKind::AutoSnapshotPolicy => (1, BatchKey::Region),
    };
    // An image, and what hangs on one, is read by its own id; everything else by lists of ids (vendor documentation of
    // the Describe calls).
    let probe_limit = match kind {
        EcsKind::Snapshot | EcsKind::Disk | EcsKind::Instance | EcsKind::Task => IDS_PER_CALL,
        EcsKind::Share => usize::try_from(ACCOUNTS_PER_CALL).unwrap_or(1),
        EcsKind::Image | EcsKind::Publication => 1,
        EcsKind::LaunchTemplate | EcsKind::ScalingConfiguration | EcsKind::AutoSnapshotPolicy => IDS_PER_CALL,
    };
    KindRules {
        kind: kind.name(),
        probe_limit: u32::try_from(probe_limit).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN),
        removal: removal_operation(kind).map(|operation| Removal {
            operation: operation.to_owned(),
            consequence: consequence.map(str::to_owned),
            batch_limit: NonZeroU32::new(batch_limit).expect("a batch limit is at least one"),
            batch_key,
            // Also for permissions and tasks: an accepted call is confirmed by reading.
            completion: Completion::Async,
            options: Vec::new(),
        }),
        usable: match kind {
            EcsKind::Snapshot => Usable::In(["accomplished".to_owned()].into()),
            EcsKind::Image => Usable::In(["Available".to_owned()].into()),
            EcsKind::Disk
            | EcsKind::Instance
            | EcsKind::Share
            | EcsKind::Publication
            | EcsKind::Task
            | EcsKind::LaunchTemplate
            | EcsKind::ScalingConfiguration
            | EcsKind::AutoSnapshotPolicy => Usable::Always,
        },
        data: match kind {
            EcsKind::Snapshot => DataHeld::Shared,
            EcsKind::Disk => DataHeld::Own,
            // The blocks of an image are its snapshots', those of an instance its disks'.
            EcsKind::Image | EcsKind::Instance => DataHeld::Elsewhere,
            EcsKind::Share
            | EcsKind::Publication
            | EcsKind::Task
            | EcsKind::LaunchTemplate
            | EcsKind::ScalingConfiguration
            | EcsKind::AutoSnapshotPolicy => DataHeld::Nothing,
        },
        remade: match kind {
            EcsKind::Snapshot => vec![Remade {
                attribute: "snapshot_type".to_owned(),
                value: "auto".into(),
                relation: EcsRelation::Source.name(),
                maker: EcsKind::AutoSnapshotPolicy.name(),
                covers: EcsRelation::Covers.name(),
                idle: ["Expire".to_owned()].into(),
            }],
            EcsKind::Image
            | EcsKind::Disk
            | EcsKind::Instance
            | EcsKind::Share
            | EcsKind::Publication
            | EcsKind::Task
            | EcsKind::LaunchTemplate
            | EcsKind::ScalingConfiguration
            | EcsKind::AutoSnapshotPolicy => Vec::new(),
        },
        follows: match kind {
            EcsKind::Image => vec![
                follows("is_public", EcsRelation::Publishes, EcsKind::Publication),
                follows("is_self_shared", EcsRelation::Grants, EcsKind::Share),
            ],
            EcsKind::Snapshot
            | EcsKind::Disk
            | EcsKind::Instance
            | EcsKind::Share
            | EcsKind::Publication
            | EcsKind::Task
            | EcsKind::LaunchTemplate
            | EcsKind::ScalingConfiguration
            | EcsKind::AutoSnapshotPolicy => Vec::new(),
        },
        active: None,
    }
}

fn follows(attribute: &str, relation: EcsRelation, holder: EcsKind) -> Follows {
    Follows { attribute: attribute.to_owned(), relation: relation.name(), kind: holder.name() }
}

fn snapshot_guards() -> Vec<Guard> {
    let on = |code, raised_by| guard(code, EcsKind::Snapshot, raised_by);
    let mut guards = vec![
        on("SnapshotCreatedImage", dependent(EcsRelation::CreatedFrom, EcsKind::Image)).remedy(Remedy::Remove),
        on("SnapshotCreatedDisk", dependent(EcsRelation::CreatedFrom, EcsKind::Disk))
            .remedy(Remedy::Remove)
            .remedy(Remedy::force(Some("Force"), "the disks made from it can no longer be re-initialised")),
        on("SnapshotInProgress", RaisedBy::State(StateTest::In(["progressing".to_owned()].into())))
            .assumed()
            .remedy(Remedy::Wait)
            .remedy(Remedy::force(None, "the snapshot is never finished")),
        on("SnapshotLocked", attribute("locked_until", AttributePredicate::InFuture))
            .visible(Visibility::Census(snapshot_lock())),
        on("InvalidOperation.ResourceManagedByCloudProduct", attribute("managed_by", AttributePredicate::NotEmpty)),
        on(
            "InvalidOperation.DeleteSharedSnapshotUnsupported",
            attribute("resource_shared", AttributePredicate::NotEmpty),
        ),
    ];
    guards.extend(references(EcsKind::Snapshot));
    guards.push(
        on(
            "UsageWithoutHolder",
            claim(&[
                ("image", EcsRelation::CreatedFrom, EcsKind::Image),
                ("disk", EcsRelation::CreatedFrom, EcsKind::Disk),
                ("image_disk", EcsRelation::CreatedFrom, EcsKind::Image),
                ("image_disk", EcsRelation::CreatedFrom, EcsKind::Disk),
            ]),
        )
        .assumed(),
    );
    guards
}

fn image_guards() -> Vec<Guard> {
    let on = |code, raised_by| guard(code, EcsKind::Image, raised_by);
    let running = |relation| {
        let mut task = other(relation, EcsKind::Task, End::Dependent);
        task.state = Some(StateTest::NotIn(["Finished".to_owned(), "Failed".to_owned()].into()));
        RaisedBy::Other(task)
    };
    let settled = ["Available", "UnAvailable", "CreateFailed", "Deprecated"].map(str::to_owned);
    let mut guards = vec![
        on("ImageUsingByInstance", dependent(EcsRelation::BootedFrom, EcsKind::Instance))
            .remedy(Remedy::Remove)
            .remedy(Remedy::force(
                Some("Force"),
                "the system disks of the instances that use it can no longer be re-initialised",
            )),
        on("ImageUseShared", dependent(EcsRelation::Grants, EcsKind::Share)).remedy(Remedy::Remove),
        on("ImageIsPublic", dependent(EcsRelation::Publishes, EcsKind::Publication)).remedy(Remedy::Remove),
        on("ImageIsExporting", running(EcsRelation::Exports)).remedy(Remedy::Remove).remedy(Remedy::Wait),
        on("ImageIsImporting", running(EcsRelation::Imports)).remedy(Remedy::Remove).remedy(Remedy::Wait),
        // A state that is not known to be settled may be one of creation.
        on("ImageIsCreating", RaisedBy::State(StateTest::NotIn(settled.into()))).remedy(Remedy::Wait).remedy(
            Remedy::Force(Force {
                parameter: None,
                operation: Some(CANCEL_COPY.to_owned()),
                only: Some(OnlyWhere { attribute: "is_copied".to_owned(), equals: AttributeValue::Bool(true) }),
                consequence: "the copy is cancelled, and what was copied of it so far is lost".to_owned(),
            }),
        ),
    ];
    guards.extend(references(EcsKind::Image));
    guards.push(on("UsageWithoutHolder", claim(&[("instance", EcsRelation::BootedFrom, EcsKind::Instance)])).assumed());
    guards
}

fn disk_guards() -> Vec<Guard> {
    let on = |code, raised_by| guard(code, EcsKind::Disk, raised_by);
    let mut automatic = other(EcsRelation::Source, EcsKind::Snapshot, End::Dependent);
    automatic.attribute = Some(test("snapshot_type", AttributePredicate::Equals("auto".into())));
    automatic.target_attribute = Some(not_false("delete_auto_snapshot"));
    automatic.goes = Goes::With;
    // What is carried by its instance is removed by the instance's call, not by one that these would refuse.
    let of_the_call = |name, value: &str| {
        let mut test = test(name, AttributePredicate::Equals(value.into()));
        test.when_carried = WhenCarried::Clear;
        RaisedBy::Attribute(test)
    };
    vec![
        on("DiskStillAttached", RaisedBy::Other(other(EcsRelation::AttachedTo, EcsKind::Instance, End::Dependency)))
            .remedy(Remedy::Remove),
        on("DeletesAutoSnapshots", RaisedBy::Other(automatic)).assumed().remedy(Remedy::Remove),
        on("ChargeTypeViolation", of_the_call("disk_charge_type", "PrePaid")),
        on("DiskTypeViolation", of_the_call("disk_type", "system")),
    ]
}

fn instance_guards() -> Vec<Guard> {
    let on = |code, raised_by| guard(code, EcsKind::Instance, raised_by);
    let mut carried = other(EcsRelation::AttachedTo, EcsKind::Disk, End::Dependent);
    carried.attribute = Some(not_false("delete_with_instance"));
    carried.goes = Goes::With;
    vec![
        on("DeletesWithInstance", RaisedBy::Other(carried)).assumed().remedy(Remedy::Remove),
        on("IncorrectInstanceStatus", RaisedBy::State(StateTest::NotIn(["Stopped".to_owned()].into()))).remedy(
            Remedy::force(Some("Force"), "the instance is powered off hard, and data that it has not written is lost"),
        ),
        on("InvalidOperation.DeletionProtection", RaisedBy::Attribute(not_false("deletion_protection"))),
        on("ChargeTypeViolation", attribute("instance_charge_type", AttributePredicate::Equals("PrePaid".into()))),
        on("InstanceLockedForSecurity", attribute("operation_locks", AttributePredicate::Contains("security".into()))),
    ]
}

fn task_guards() -> Vec<Guard> {
    let cannot = attribute("support_cancel", AttributePredicate::Equals(AttributeValue::Bool(false)));
    vec![guard("InvalidTaskId.TaskActionNotSupport", EcsKind::Task, cannot)]
}

/// No API refuses because of these, but launches that rely on the target would fail.
fn references(target: EcsKind) -> impl Iterator<Item = Guard> {
    [EcsKind::LaunchTemplate, EcsKind::ScalingConfiguration].into_iter().map(move |holder| {
        guard("ReferredTo", target, dependent(EcsRelation::RefersTo, holder))
            .assumed()
            .remedy(Remedy::Remove)
            .remedy(Remedy::force(None, "later launches by what refers to it fail"))
    })
}

fn guard(code: &str, target: EcsKind, raised_by: RaisedBy) -> Guard {
    Guard {
        code: GuardCode::new(code).expect("a code is not empty"),
        target: target.name(),
        raised_by,
        strength: Strength::Enforced,
        remedies: Vec::new(),
        visibility: Visibility::Region,
    }
}

trait GuardExt {
    fn assumed(self) -> Self;
    fn remedy(self, remedy: Remedy) -> Self;
    fn visible(self, visibility: Visibility) -> Self;
}

impl GuardExt for Guard {
    fn assumed(mut self) -> Self {
        self.strength = Strength::Assumed;
        self
    }

    fn remedy(mut self, remedy: Remedy) -> Self {
        self.remedies.push(remedy);
        self
    }

    fn visible(mut self, visibility: Visibility) -> Self {
        self.visibility = visibility;
        self
    }
}

fn other(relation: EcsRelation, kind: EcsKind, end: End) -> Other {
    Other {
        relation: relation.name(),
        kind: kind.name(),
        end,
        state: None,
        attribute: None,
        target_attribute: None,
        goes: Goes::Before,
    }
}

fn dependent(relation: EcsRelation, kind: EcsKind) -> RaisedBy {
    RaisedBy::Other(other(relation, kind, End::Dependent))
}

fn test(name: &str, raises: AttributePredicate) -> AttributeTest {
    AttributeTest { name: name.to_owned(), raises, when_missing: WhenMissing::Clear, when_carried: WhenCarried::Raise }
}

fn not_false(name: &str) -> AttributeTest {
    AttributeTest {
        when_missing: WhenMissing::Raise,
        ..test(name, AttributePredicate::NotEquals(AttributeValue::Bool(false)))
    }
}

fn attribute(name: &str, raises: AttributePredicate) -> RaisedBy {
    RaisedBy::Attribute(test(name, raises))
}

fn claim(holders: &[(&str, EcsRelation, EcsKind)]) -> RaisedBy {
    RaisedBy::Claim {
        attribute: "usage".to_owned(),
        holders: holders
            .iter()
            .map(|(value, relation, kind)| HolderClaim {
                value: (*value).to_owned(),
                relation: relation.name(),
                kind: kind.name(),
            })
            .collect(),
    }
}
