//! The deletion rules of ZEC as data: one function for each kind whose removal can be refused.
//!
//! Codes are the provider's error codes, from the vendor's documentation of DeleteSnapshots, ReleaseDisk, DeleteImageCopy
//! and DetachDisks. The tables of DeleteImages and ReleaseInstances are not known, and much of what the API refuses is
//! documented nowhere: where it is not, a guard has a name of our own and is *assumed*.

use std::num::NonZeroU32;

use sexton_core::address::GuardCode;
use sexton_core::resource::AttributeValue;
use sexton_core::rulebook::{
    AttributePredicate, AttributeTest, BatchKey, Completion, DataHeld, End, Goes, Guard, KindRules, Other, RaisedBy,
    Remedy, Removal, Rulebook, StateTest, Strength, Usable, Visibility, WhenCarried, WhenMissing,
};

use super::outcome::status_code;
use super::queries::IDS_PER_CALL;
use super::stage::{in_bin, settled};
use super::vocabulary::{ZecKind, ZecRelation, provider};

#[cfg(test)]
mod tests;

/// The rulebook of ZEC.
pub fn zec_rulebook() -> Rulebook {
    let guards = [snapshot_guards(), disk_guards(), image_guards(), instance_guards(), policy_guards()];
    Rulebook {
        provider: provider(),
        kinds: ZecKind::ALL.iter().map(|kind| rules_of(*kind)).collect(),
        guards: guards.into_iter().flatten().collect(),
    }
}

/// The operation that removes a kind.
pub(crate) fn removal_operation(kind: ZecKind) -> &'static str {
    match kind {
        ZecKind::Snapshot => "DeleteSnapshots",
        ZecKind::Disk => "ReleaseDisk",
        ZecKind::Image => "DeleteImages",
        ZecKind::Instance => "ReleaseInstances",
        ZecKind::AutoSnapshotPolicy => "DeleteAutoSnapshotPolicies",
    }
}

/// How many of a kind one call removes. The vendor documents a bound for snapshots and instances; that of images is not
/// known, nor what becomes of several policies of which one cannot be deleted.
pub(crate) fn batch_limit(kind: ZecKind) -> u32 {
    match kind {
        ZecKind::Snapshot | ZecKind::Instance => 100,
        ZecKind::Image => 20,
        ZecKind::Disk | ZecKind::AutoSnapshotPolicy => 1,
    }
}

fn rules_of(kind: ZecKind) -> KindRules {
    let consequence = match kind {
        ZecKind::Disk => Some(
            "on some accounts it goes into the recycle bin, where it can be renewed for a while, and on others it is released at once",
        ),
        ZecKind::Instance => Some(
            "its boot disk goes with it; disks that can be detached, elastic IPs and secondary network interfaces stay; on some accounts it goes into the recycle bin first",
        ),
        ZecKind::Image => Some("its copies in all regions go with it"),
        ZecKind::AutoSnapshotPolicy => Some("the disks it covers are no longer snapshotted by it"),
        ZecKind::Snapshot => None,
    };
    KindRules {
        kind: kind.name(),
        probe_limit: u32::try_from(IDS_PER_CALL).ok().and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN),
        removal: Some(Removal {
            operation: removal_operation(kind).to_owned(),
            consequence: consequence.map(str::to_owned),
            batch_limit: NonZeroU32::new(batch_limit(kind)).expect("a batch limit is at least one"),
            batch_key: BatchKey::Region,
            // An answer means *accepted*, by the vendor's documentation; completion is seen by reading only.
            completion: Completion::Async,
            options: Vec::new(),
        }),
        usable: match kind {
            ZecKind::Snapshot => Usable::In(words(&["AVAILABLE", "NORMAL"])),
            ZecKind::Image => Usable::In(words(&["AVAILABLE"])),
            ZecKind::Disk | ZecKind::Instance | ZecKind::AutoSnapshotPolicy => Usable::Always,
        },
        data: match kind {
            ZecKind::Snapshot | ZecKind::Image => DataHeld::Shared,
            ZecKind::Disk => DataHeld::Own,
            // The blocks of an instance are its disks'.
            ZecKind::Instance => DataHeld::Elsewhere,
            ZecKind::AutoSnapshotPolicy => DataHeld::Nothing,
        },
        active: None,
        remade: Vec::new(),
        follows: Vec::new(),
    }
}

fn snapshot_guards() -> Vec<Guard> {
    let on = |code, raised_by| guard(code, ZecKind::Snapshot, raised_by);
    vec![
        on(status_code(ZecKind::Snapshot), RaisedBy::State(StateTest::NotIn(words(&["AVAILABLE", "NORMAL"]))))
            .remedy(Remedy::Wait),
        on("SnapshotHasChildDisks", dependent(ZecRelation::CreatedFrom, ZecKind::Disk))
            .assumed()
            .remedy(Remedy::Remove)
            .remedy(force("what becomes of the disks that were made from it is not documented"))
            .visible(Visibility::Unobservable {
                consequence: "whether disks were made from it cannot be read from the API: if there are any, what its \
                              deletion does to them, or whether they prevent it, is not documented"
                    .to_owned(),
            }),
    ]
}

fn disk_guards() -> Vec<Guard> {
    let on = |code, raised_by| guard(code, ZecKind::Disk, raised_by);
    // What is carried by its instance is removed by the instance's call, not by one that these would refuse.
    let of_the_call = |name, value: AttributeValue| {
        let mut test = test(name, AttributePredicate::Equals(value));
        test.when_carried = WhenCarried::Clear;
        RaisedBy::Attribute(test)
    };
    let quiet = settled(ZecKind::Disk).iter().chain(in_bin(ZecKind::Disk)).copied().collect::<Vec<_>>();
    vec![
        on(
            status_code(ZecKind::Disk),
            RaisedBy::Other(other(ZecRelation::AttachedTo, ZecKind::Instance, End::Dependency)),
        )
        .remedy(Remedy::Remove),
        on(status_code(ZecKind::Disk), RaisedBy::State(StateTest::NotIn(words(&quiet)))).remedy(Remedy::Wait),
        on("UNSUPPORTED_OPERATION_DISK_SYSTEM_TYPE", of_the_call("disk_type", "system".into())),
        on("INVALID_DISK_NOT_PORTABLE", of_the_call("portable", false.into())),
        on("DiskHasSnapshots", dependent(ZecRelation::Source, ZecKind::Snapshot))
            .assumed()
            .remedy(Remedy::Remove)
            .remedy(force("whether its snapshots survive it is not documented: they may be lost with it")),
        in_recycle_bin(ZecKind::Disk),
    ]
}

fn image_guards() -> Vec<Guard> {
    let on = |code, raised_by| guard(code, ZecKind::Image, raised_by);
    vec![
        // A state that is not known to be settled may be one of creation.
        on(status_code(ZecKind::Image), RaisedBy::State(StateTest::NotIn(words(settled(ZecKind::Image)))))
            .remedy(Remedy::Wait),
        on("ImageUsedByInstance", dependent(ZecRelation::BootedFrom, ZecKind::Instance))
            .assumed()
            .remedy(Remedy::Remove)
            .remedy(force("the instances that were booted from it can no longer be reset to it"))
            .visible(Visibility::Account),
    ]
}

fn instance_guards() -> Vec<Guard> {
    let on = |code, raised_by| guard(code, ZecKind::Instance, raised_by);
    let mut carried = other(ZecRelation::AttachedTo, ZecKind::Disk, End::Dependent);
    carried.attribute = Some(AttributeTest {
        when_missing: WhenMissing::Raise,
        ..test("delete_with_instance", AttributePredicate::NotEquals(AttributeValue::Bool(false)))
    });
    carried.goes = Goes::With;
    let quiet = settled(ZecKind::Instance).iter().chain(in_bin(ZecKind::Instance)).copied().collect::<Vec<_>>();
    vec![
        on("DeletesWithInstance", RaisedBy::Other(carried)).assumed().remedy(Remedy::Remove),
        on("InstanceRunning", RaisedBy::State(StateTest::In(words(&["RUNNING"]))))
            .assumed()
            .remedy(force("the instance is released while it runs, and data that it has not written is lost")),
        on("InstanceChanging", RaisedBy::State(StateTest::NotIn(words(&quiet)))).assumed().remedy(Remedy::Wait),
        in_recycle_bin(ZecKind::Instance),
    ]
}

fn policy_guards() -> Vec<Guard> {
    let covered = RaisedBy::Other(other(ZecRelation::Covers, ZecKind::Disk, End::Dependency));
    vec![
        guard("PolicyCoversDisk", ZecKind::AutoSnapshotPolicy, covered)
            .assumed()
            .remedy(Remedy::Remove)
            .remedy(force("the disks that it covers are no longer snapshotted by it")),
    ]
}

/// What is in the recycle bin has been removed already, and lapses there. A second call would destroy it.
fn in_recycle_bin(kind: ZecKind) -> Guard {
    guard("InRecycleBin", kind, RaisedBy::State(StateTest::In(words(in_bin(kind))))).assumed()
}

fn guard(code: &str, target: ZecKind, raised_by: RaisedBy) -> Guard {
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

/// The API has no parameter that forces anything.
fn force(consequence: &str) -> Remedy {
    Remedy::force(None, consequence)
}

fn other(relation: ZecRelation, kind: ZecKind, end: End) -> Other {
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

fn dependent(relation: ZecRelation, kind: ZecKind) -> RaisedBy {
    RaisedBy::Other(other(relation, kind, End::Dependent))
}

fn test(name: &str, raises: AttributePredicate) -> AttributeTest {
    AttributeTest { name: name.to_owned(), raises, when_missing: WhenMissing::Clear, when_carried: WhenCarried::Raise }
}

fn words(words: &[&str]) -> std::collections::BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
