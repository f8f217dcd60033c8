//! The deletion rules of live snapshots as data.
//!
//! From the vendor's documentation of DeleteLiveSnapshotFiles. Its other codes say something of the call or the account,
//! which no inventory shows: they are outcomes.

use std::num::NonZeroU32;

use sexton_core::address::GuardCode;
use sexton_core::resource::AttributeValue;
use sexton_core::rulebook::{
    Active, AttributePredicate, AttributeTest, BatchKey, Completion, DataHeld, Guard, KindRules, OptionRule,
    OptionValue, RaisedBy, Removal, Rulebook, Strength, Usable, Visibility, WhenCarried, WhenMissing,
};

use super::decode::TIME_DISAGREES;
use super::outcome::{OVERLAY, TIMES_DISAGREE};
use super::vocabulary::{IceKind, provider};

#[cfg(test)]
mod tests;

/// How many timestamps one call takes.
pub(crate) const FILES_PER_CALL: u32 = 200;
/// The operation that removes files.
pub(crate) const REMOVES_FILES: &str = "DeleteLiveSnapshotFiles";
/// The attribute of a file that is overwritten in place.
pub(crate) const IS_OVERLAY: &str = "is_overlay";
/// The option by which the objects go as well.
pub(crate) const DELETE_ORIGINAL: &str = "delete_original";

const OBJECTS_GO: &str = "the objects in OSS are deleted with the records, for good";
const OBJECTS_STAY: &str =
    "only ICE's records go: the objects stay in OSS, are paid for, and can no longer be found through ICE";

/// The rulebook of ICE's live snapshots.
pub fn ice_rulebook() -> Rulebook {
    Rulebook {
        provider: provider(),
        kinds: IceKind::ALL.iter().map(|kind| rules_of(*kind)).collect(),
        guards: vec![overlay(), times_disagree()],
    }
}

/// The operation that removes a kind. The API has none for jobs.
pub(crate) fn removal_operation(kind: IceKind) -> Option<&'static str> {
    match kind {
        IceKind::File => Some(REMOVES_FILES),
        IceKind::Job => None,
    }
}

fn rules_of(kind: IceKind) -> KindRules {
    let files_per_call = NonZeroU32::new(FILES_PER_CALL).expect("a batch limit is at least one");
    KindRules {
        kind: kind.name(),
        removal: removal_operation(kind).map(|operation| Removal {
            operation: operation.to_owned(),
            consequence: None,
            batch_limit: files_per_call,
            batch_key: BatchKey::IdPrefix,
            // The results of a call are confirmed by reading.
            completion: Completion::Async,
            options: vec![delete_original()],
        }),
        probe_limit: match kind {
            IceKind::File => files_per_call,
            IceKind::Job => NonZeroU32::MIN,
        },
        usable: Usable::Always,
        data: match kind {
            // With its object or without: between nothing and its size, which ICE does not tell.
            IceKind::File => DataHeld::Shared,
            IceKind::Job => DataHeld::Nothing,
        },
        follows: Vec::new(),
        remade: Vec::new(),
        active: match kind {
            IceKind::File => None,
            IceKind::Job => Some(Active {
                states: ["started".to_owned()].into(),
                consequence: "they go on making files; stop a job before emptying it".to_owned(),
            }),
        },
    }
}

fn delete_original() -> OptionRule {
    let value = |value, consequence: &str| OptionValue {
        value: AttributeValue::Bool(value),
        consequence: Some(consequence.to_owned()),
    };
    OptionRule {
        name: DELETE_ORIGINAL.to_owned(),
        values: vec![value(true, OBJECTS_GO), value(false, OBJECTS_STAY)],
        otherwise: Some(OBJECTS_STAY.to_owned()),
    }
}

/// A file that is overwritten in place. One that does not say whether it is may be.
fn overlay() -> Guard {
    unless_false(OVERLAY, IS_OVERLAY)
}

/// A file of whose two times nobody knows by which a window finds it. A second look at it could miss it where it is, and
/// what it does not see would count as gone; so this provider sends no removal of one.
fn times_disagree() -> Guard {
    unless_false(TIMES_DISAGREE, TIME_DISAGREES)
}

/// Stands unless an attribute is known to be false.
fn unless_false(code: &str, attribute: &str) -> Guard {
    Guard {
        code: GuardCode::new(code).expect("a code is not empty"),
        target: IceKind::File.name(),
        raised_by: RaisedBy::Attribute(AttributeTest {
            name: attribute.to_owned(),
            raises: AttributePredicate::NotEquals(AttributeValue::Bool(false)),
            when_missing: WhenMissing::Raise,
            when_carried: WhenCarried::Raise,
        }),
        strength: Strength::Enforced,
        remedies: Vec::new(),
        visibility: Visibility::Region,
    }
}
