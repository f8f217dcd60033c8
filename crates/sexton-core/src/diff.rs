//! What changed from one plan to another, by address and verdict.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::address::Address;
use crate::explain::{Standing, Verdict};
use crate::plan::{AssumedNone, Blocker, CensusEntry, Exceeded, Held, KeepReason, Kept, Plan, Step};
use crate::time::Timestamp;

mod merge;
mod step;
#[cfg(test)]
mod tests;

pub use step::StepChange;

/// All that changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference<'p> {
    /// What the plans were made from, and how they are judged as a whole.
    pub plans: Vec<PlanChange<'p>>,
    /// What became different of single resources, ascending by address.
    pub changes: Vec<Change<'p>>,
}

/// Something was one thing and is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pair<T> {
    /// In the first plan.
    pub before: T,
    /// In the second.
    pub after: T,
}

/// A list lost some and gained some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved<T> {
    /// Only in the first plan, ascending.
    pub gone: Vec<T>,
    /// Only in the second, ascending.
    pub come: Vec<T>,
}

impl<T> Moved<T> {
    /// Whether both lists hold the same.
    pub fn is_none(&self) -> bool {
        self.gone.is_empty() && self.come.is_empty()
    }
}

/// A difference of the plans as a whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum PlanChange<'p> {
    /// Another inventory: its digest.
    Inventory(Pair<&'p str>),
    /// The inventory is of another time.
    TakenAt(Pair<Timestamp>),
    /// Another policy: its digest.
    Policy(Pair<&'p str>),
    /// Ages are taken at another instant.
    Now(Pair<Timestamp>),
    /// What was listed, and how, times aside.
    Census(Moved<&'p CensusEntry>),
    /// What is taken as empty without having been listed.
    Assumed(Moved<&'p AssumedNone>),
    /// Whether the plan can be carried out.
    Applyable(Pair<bool>),
    /// Whether all candidates' guards were listed.
    Complete(Pair<bool>),
    /// The limits that are exceeded.
    Exceeded(Moved<&'p Exceeded>),
}

impl PlanChange<'_> {
    /// Whether it changes what the plan does, and not only what it was made from.
    pub fn matters(&self) -> bool {
        match self {
            PlanChange::Applyable(_) | PlanChange::Complete(_) | PlanChange::Exceeded(_) => true,
            PlanChange::Inventory(_)
            | PlanChange::TakenAt(_)
            | PlanChange::Policy(_)
            | PlanChange::Now(_)
            | PlanChange::Census(_)
            | PlanChange::Assumed(_) => false,
        }
    }
}

/// A difference of one resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<'p> {
    /// The verdict is another one; none where a plan says nothing of the resource.
    Turned {
        /// The resource.
        address: &'p Address,
        /// What the first plan decided.
        before: Option<Verdict<'p>>,
        /// What the second does.
        after: Option<Verdict<'p>>,
    },
    /// It goes in both, differently.
    Step {
        /// The step of the first plan.
        before: &'p Step,
        /// The step of the second.
        after: &'p Step,
        /// In what they differ; never empty.
        changes: Vec<StepChange<'p>>,
    },
    /// It is held, or blocked, in both, for other reasons or under other rules.
    Held {
        /// Which of the two, in both.
        standing: Standing,
        /// The record of the first plan.
        before: &'p Held,
        /// The record of the second.
        after: &'p Held,
        /// The rules that would take it.
        rules: Moved<&'p str>,
        /// What is in its way.
        blockers: Moved<&'p Blocker>,
    },
    /// It is kept in both, for another reason or from other rules.
    Kept {
        /// The record of the first plan.
        before: &'p Kept,
        /// The record of the second.
        after: &'p Kept,
        /// The rules that match it.
        rules: Moved<&'p str>,
        /// What bars it.
        because: Pair<&'p KeepReason>,
    },
}

impl<'p> Change<'p> {
    /// The resource.
    pub fn address(&self) -> &'p Address {
        match self {
            Change::Turned { address, .. } => address,
            Change::Step { before, .. } => &before.address,
            Change::Held { before, .. } => &before.address,
            Change::Kept { before, .. } => &before.address,
        }
    }
}

impl Difference<'_> {
    /// Whether both plans do the same with everything, whatever they were made from.
    pub fn is_none(&self) -> bool {
        self.changes.is_empty() && !self.plans.iter().any(PlanChange::matters)
    }
}

/// Compares two plans.
pub fn diff<'p>(before: &'p Plan, after: &'p Plan) -> Difference<'p> {
    Difference { plans: plans(before, after), changes: merge::changes(before, after) }
}

fn plans<'p>(before: &'p Plan, after: &'p Plan) -> Vec<PlanChange<'p>> {
    let mut changes = Vec::new();
    let (a, b) = (before, after);
    changes.extend(pair(a.inventory.digest.as_str(), b.inventory.digest.as_str()).map(PlanChange::Inventory));
    changes.extend(pair(a.inventory.taken_at, b.inventory.taken_at).map(PlanChange::TakenAt));
    changes.extend(pair(a.policy.digest.as_str(), b.policy.digest.as_str()).map(PlanChange::Policy));
    changes.extend(pair(a.now, b.now).map(PlanChange::Now));
    // Every listing is of another time; that alone is no difference.
    fn listing(entry: &CensusEntry) -> impl Ord + use<'_> {
        let CensusEntry { provider, account, region, kind, complete, as_of: _ } = entry;
        (provider, account, region, kind, complete)
    }
    changes.extend(moved_by(&a.census, &b.census, listing).map(PlanChange::Census));
    changes.extend(moved(a.assumed.iter(), b.assumed.iter()).map(PlanChange::Assumed));
    changes.extend(pair(a.applyable, b.applyable).map(PlanChange::Applyable));
    changes.extend(pair(a.complete, b.complete).map(PlanChange::Complete));
    fn excess(row: &Exceeded) -> impl Ord + use<'_> {
        let Exceeded { limit, allowed, actual, scope } = row;
        (limit, scope, allowed, actual)
    }
    changes.extend(moved_by(&a.exceeded, &b.exceeded, excess).map(PlanChange::Exceeded));
    changes
}

/// Two values, where they differ.
fn pair<T: PartialEq>(before: T, after: T) -> Option<Pair<T>> {
    (before != after).then_some(Pair { before, after })
}

/// What two lists do not share by a key; none where they hold the same.
fn moved_by<'p, T, K: Ord>(before: &'p [T], after: &'p [T], key: impl Fn(&'p T) -> K) -> Option<Moved<&'p T>> {
    let keyed = |list: &'p [T]| list.iter().map(|row| (key(row), row)).collect::<BTreeMap<K, &'p T>>();
    let (a, b) = (keyed(before), keyed(after));
    let only = |list: &BTreeMap<K, &'p T>, other: &BTreeMap<K, &'p T>| {
        list.iter().filter(|(key, _)| !other.contains_key(key)).map(|(_, row)| *row).collect()
    };
    let moved = Moved { gone: only(&a, &b), come: only(&b, &a) };
    (!moved.is_none()).then_some(moved)
}

/// What two lists do not share; none where they hold the same.
fn moved<T: Ord>(before: impl Iterator<Item = T> + Clone, after: impl Iterator<Item = T> + Clone) -> Option<Moved<T>> {
    if before.clone().eq(after.clone()) {
        return None;
    }
    let (mut a, mut b): (Vec<T>, Vec<T>) = (before.collect(), after.collect());
    a.sort_unstable();
    b.sort_unstable();
    let mut moved = Moved { gone: Vec::new(), come: Vec::new() };
    let (mut a, mut b) = (a.into_iter().peekable(), b.into_iter().peekable());
    loop {
        let order = match (a.peek(), b.peek()) {
            (None, None) => break,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(b),
        };
        match order {
            std::cmp::Ordering::Less => moved.gone.extend(a.next()),
            std::cmp::Ordering::Greater => moved.come.extend(b.next()),
            std::cmp::Ordering::Equal => {
                a.next();
                b.next();
            }
        }
    }
    (!moved.is_none()).then_some(moved)
}
