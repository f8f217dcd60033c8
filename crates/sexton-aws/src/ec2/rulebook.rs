//! The deletion rules of EC2 as data: one function for each kind whose removal can be refused.
//!
//! Codes are the provider's error codes where it has one that says the reason (`InvalidSnapshot.InUse`,
//! `VolumeInUse`); names of our own stand where one code says many things (`OperationNotPermitted`), where none is
//! documented (`SnapshotLocked`), and where the API lets something happen that its users would regret (the *assumed*
//! guards).

use std::num::NonZeroU32;

use sexton_core::address::GuardCode;
use sexton_core::resource::AttributeValue;
use sexton_core::rulebook::{
    AttributePredicate, AttributeTest, BatchKey, Completion, DataHeld, End, Follows, Goes, Guard, KindRules, Other,
    RaisedBy, Remedy, Removal, Rulebook, StateTest, Strength, Usable, Visibility, WhenCarried, WhenMissing,
};

use super::queries::IDS_PER_CALL;
use super::vocabulary::{Ec2Kind, Ec2Relation, provider, snapshot_lock};

#[cfg(test)]
mod tests;

/// How many shares one call takes away. The vendor documents no limit; this is far below what its console sends.
pub(crate) const SHARES_PER_CALL: u32 = 10;

/// The rulebook of EC2.
pub fn ec2_rulebook() -> Rulebook {
    let guards = [snapshot_guards(), image_guards(), disk_guards(), instance_guards()];
    Rulebook {
        provider: provider(),
        kinds: Ec2Kind::ALL.iter().map(|kind| rules_of(*kind)).collect(),
        guards: guards.into_iter().flatten().collect(),
    }
}

/// The operation that removes a kind; none where Sexton does not. A share or publication of a snapshot is removed by the
/// twin of its operation, ModifySnapshotAttribute.
pub(crate) fn removal_operation(kind: Ec2Kind) -> Option<&'static str> {
    match kind {
        Ec2Kind::Snapshot => Some("DeleteSnapshot"),
        Ec2Kind::Image => Some("DeregisterImage"),
        Ec2Kind::Disk => Some("DeleteVolume"),
        Ec2Kind::Instance => Some("TerminateInstances"),
        Ec2Kind::Share | Ec2Kind::Publication => Some("ModifyImageAttribute"),
        Ec2Kind::LaunchTemplate | Ec2Kind::LaunchConfiguration => None,
    }
}

fn rules_of(kind: Ec2Kind) -> KindRules {
    let consequence = match kind {
        Ec2Kind::Instance => Some("a running instance is shut down, and what its instance store volumes hold is lost"),
        Ec2Kind::Share => {
            Some("those that it names can no longer launch from the image, or make volumes and copies of the snapshot")
        }
        Ec2Kind::Publication => Some(
            "accounts without a share of their own can no longer launch from the image, or make volumes and copies of the snapshot",
        ),
        // The bin restores an image for as long as its snapshots exist; whether one lies there is not listed.
        Ec2Kind::Snapshot => Some("an image in the Recycle Bin that was made from it cannot be restored without it"),
        Ec2Kind::Image | Ec2Kind::Disk | Ec2Kind::LaunchTemplate | Ec2Kind::LaunchConfiguration => None,
    };
    // TerminateInstances takes more than one, and terminates some of them where one is protected: a call each tells
    // which.
    let (batch_limit, batch_key) = match kind {
        Ec2Kind::Share => (SHARES_PER_CALL, BatchKey::IdPrefix),
        Ec2Kind::Snapshot
        | Ec2Kind::Image
        | Ec2Kind::Disk
        | Ec2Kind::Instance
        | Ec2Kind::Publication
        | Ec2Kind::LaunchTemplate
        | Ec2Kind::LaunchConfiguration => (1, BatchKey::Region),
    };
    let probe_limit = match kind {
        Ec2Kind::Share => usize::try_from(SHARES_PER_CALL).unwrap_or(1),
        Ec2Kind::Publication => 1,
        Ec2Kind::Snapshot
        | Ec2Kind::Image
        | Ec2Kind::Disk
        | Ec2Kind::Instance
        | Ec2Kind::LaunchTemplate
        | Ec2Kind::LaunchConfiguration => IDS_PER_CALL,
    };
    KindRules {
        kind: kind.name(),
        probe_limit: u32::try_from(probe_limit).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN),
        removal: removal_operation(kind).map(|operation| Removal {
            operation: operation.to_owned(),
            consequence: consequence.map(str::to_owned),
            batch_limit: NonZeroU32::new(batch_limit).expect("a batch limit is at least one"),
            batch_key,
            // The API is eventually consistent: an accepted call is confirmed by reading.
            completion: Completion::Async,
            options: Vec::new(),
        }),
        usable: match kind {
            Ec2Kind::Snapshot => Usable::In(["completed".to_owned()].into()),
            Ec2Kind::Image => Usable::In(["available".to_owned()].into()),
            Ec2Kind::Disk
            | Ec2Kind::Instance
            | Ec2Kind::Share
            | Ec2Kind::Publication
            | Ec2Kind::LaunchTemplate
            | Ec2Kind::LaunchConfiguration => Usable::Always,
        },
        data: match kind {
            Ec2Kind::Snapshot => DataHeld::Shared,
            Ec2Kind::Disk => DataHeld::Own,
            // The blocks of an image are its snapshots', those of an instance its disks'.
            Ec2Kind::Image | Ec2Kind::Instance => DataHeld::Elsewhere,
            Ec2Kind::Share | Ec2Kind::Publication | Ec2Kind::LaunchTemplate | Ec2Kind::LaunchConfiguration => {
                DataHeld::Nothing
            }
        },
        active: None,
        remade: Vec::new(),
        follows: match kind {
            Ec2Kind::Image => vec![Follows {
                attribute: "is_public".to_owned(),
                relation: Ec2Relation::Publishes.name(),
                kind: Ec2Kind::Publication.name(),
            }],
            Ec2Kind::Snapshot
            | Ec2Kind::Disk
            | Ec2Kind::Instance
            | Ec2Kind::Share
            | Ec2Kind::Publication
            | Ec2Kind::LaunchTemplate
            | Ec2Kind::LaunchConfiguration => Vec::new(),
        },
    }
}

fn snapshot_guards() -> Vec<Guard> {
    let on = |code, raised_by| guard(code, Ec2Kind::Snapshot, raised_by);
    let mut guards = vec![
        on("InvalidSnapshot.InUse", dependent(Ec2Relation::CreatedFrom, Ec2Kind::Image)).remedy(Remedy::Remove),
        on("SnapshotShared", dependent(Ec2Relation::Grants, Ec2Kind::Share)).assumed().remedy(Remedy::Remove),
        on("SnapshotShared", dependent(Ec2Relation::Publishes, Ec2Kind::Publication)).assumed().remedy(Remedy::Remove),
        on("SnapshotLocked", attribute("locked_until", AttributePredicate::InFuture))
            .visible(Visibility::Census(snapshot_lock())),
        on("OwnedByBackup", attribute("owned_by", AttributePredicate::NotEmpty)),
    ];
    guards.extend(references(Ec2Kind::Snapshot));
    guards
}

fn image_guards() -> Vec<Guard> {
    let on = |code, raised_by| guard(code, Ec2Kind::Image, raised_by);
    let mut running = other(Ec2Relation::BootedFrom, Ec2Kind::Instance, End::Dependent);
    running.state = Some(StateTest::NotIn(["terminated".to_owned()].into()));
    let mut guards = vec![
        on("ImageUsedByInstance", RaisedBy::Other(running)).assumed().remedy(Remedy::Remove).remedy(force(
            "the instances that use it run on, and no more can be launched like them, nor their root volumes replaced from it",
        )),
        on("ImageShared", dependent(Ec2Relation::Grants, Ec2Kind::Share)).assumed().remedy(Remedy::Remove),
        on("ImageIsPublic", dependent(Ec2Relation::Publishes, Ec2Kind::Publication)).assumed().remedy(Remedy::Remove),
        // Also `disabled after …`, which says that protection still runs for a day.
        on(
            "DeregistrationProtected",
            attribute("deregistration_protection", AttributePredicate::NotEquals("disabled".into())),
        ),
        on("OwnedByBackup", attribute("owned_by", AttributePredicate::NotEmpty)),
    ];
    guards.extend(references(Ec2Kind::Image));
    guards
}

fn disk_guards() -> Vec<Guard> {
    vec![
        guard(
            "VolumeInUse",
            Ec2Kind::Disk,
            RaisedBy::Other(other(Ec2Relation::AttachedTo, Ec2Kind::Instance, End::Dependency)),
        )
        .remedy(Remedy::Remove),
        guard("ManagedByService", Ec2Kind::Disk, attribute("managed_by", AttributePredicate::NotEmpty)),
    ]
}

fn instance_guards() -> Vec<Guard> {
    let mut carried = other(Ec2Relation::AttachedTo, Ec2Kind::Disk, End::Dependent);
    carried.attribute = Some(AttributeTest {
        when_missing: WhenMissing::Raise,
        ..test("delete_with_instance", AttributePredicate::NotEquals(AttributeValue::Bool(false)))
    });
    carried.goes = Goes::With;
    vec![
        guard("DeletesOnTermination", Ec2Kind::Instance, RaisedBy::Other(carried)).assumed().remedy(Remedy::Remove),
        guard("ManagedByService", Ec2Kind::Instance, attribute("managed_by", AttributePredicate::NotEmpty)),
    ]
}

/// No API refuses because of these, but launches that rely on the target would fail.
fn references(target: Ec2Kind) -> impl Iterator<Item = Guard> {
    [Ec2Kind::LaunchTemplate, Ec2Kind::LaunchConfiguration].into_iter().map(move |holder| {
        guard("ReferredTo", target, dependent(Ec2Relation::RefersTo, holder))
            .assumed()
            .remedy(Remedy::Remove)
            .remedy(force("later launches by what refers to it fail"))
    })
}

fn guard(code: &str, target: Ec2Kind, raised_by: RaisedBy) -> Guard {
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

/// No removal of EC2 takes a parameter that forces.
fn force(consequence: &str) -> Remedy {
    Remedy::force(None, consequence)
}

fn other(relation: Ec2Relation, kind: Ec2Kind, end: End) -> Other {
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

fn dependent(relation: Ec2Relation, kind: Ec2Kind) -> RaisedBy {
    RaisedBy::Other(other(relation, kind, End::Dependent))
}

fn test(name: &str, raises: AttributePredicate) -> AttributeTest {
    AttributeTest { name: name.to_owned(), raises, when_missing: WhenMissing::Clear, when_carried: WhenCarried::Raise }
}

fn attribute(name: &str, raises: AttributePredicate) -> RaisedBy {
    RaisedBy::Attribute(test(name, raises))
}
