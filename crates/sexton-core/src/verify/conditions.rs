//! How conditions are asked, and what they can learn of the resources around.

use std::cell::RefCell;

use super::listed::Listed;
use super::world::{By, World};
use crate::fact::Fact;
use crate::inventory::Inventory;
use crate::policy::Policy;
use crate::policy::condition::{Condition, GroupKey, Reading, Ready, Subject, Surroundings, Tri, Truth};
use crate::time::Timestamp;

/// What a condition says, without the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Definitely true.
    True,
    /// Definitely false.
    False,
    /// Neither.
    Unknown,
}

/// Who evaluates conditions. Verification by itself has them [interpreted](Interpreted); where a plan is made it may
/// share the form in which they were compiled.
pub trait Conditions {
    /// Asks a condition of a resource.
    fn holds(&self, condition: &Condition, subject: Subject<'_>, reading: Reading) -> Holds;
    /// Reads a condition as the key of a resource's group.
    fn group_key(&self, condition: &Condition, subject: Subject<'_>) -> GroupKey;
}

/// Conditions by the interpreter.
#[derive(Debug, Clone, Copy)]
pub struct Interpreted;

impl Conditions for Interpreted {
    fn holds(&self, condition: &Condition, subject: Subject<'_>, reading: Reading) -> Holds {
        match condition.truth(subject, reading) {
            Truth::True => Holds::True,
            Truth::False => Holds::False,
            Truth::Unknown(_) => Holds::Unknown,
        }
    }

    fn group_key(&self, condition: &Condition, subject: Subject<'_>) -> GroupKey {
        condition.group_key(subject)
    }
}

/// Conditions in the form in which a plan's maker asks them: each made ready for one inventory.
#[derive(Debug)]
pub struct Compiled<'p> {
    conditions: Vec<(&'p Condition, [RefCell<Ready<'p>>; 2])>,
}

impl<'p> Compiled<'p> {
    /// Makes the conditions of a policy ready.
    pub fn new(policy: &'p Policy, inventory: &Inventory, now: Timestamp) -> Self {
        let ready = |condition, reading| RefCell::new(Ready::new(condition, reading, &inventory.table, now));
        let both =
            |condition| (condition, [Reading::Collect, Reading::Protect].map(|reading| ready(condition, reading)));
        Self { conditions: policy.conditions().map(both).collect() }
    }
}

impl Conditions for Compiled<'_> {
    fn holds(&self, condition: &Condition, subject: Subject<'_>, reading: Reading) -> Holds {
        let known = self.conditions.iter().find(|(known, _)| std::ptr::eq(*known, condition));
        let Some((_, [collect, protect])) = known else { return Interpreted.holds(condition, subject, reading) };
        let ready = match reading {
            Reading::Collect => collect,
            Reading::Protect => protect,
        };
        match ready.borrow_mut().truth(subject) {
            Tri::True => Holds::True,
            Tri::False => Holds::False,
            Tri::Unknown => Holds::Unknown,
        }
    }

    fn group_key(&self, condition: &Condition, subject: Subject<'_>) -> GroupKey {
        condition.group_key(subject)
    }
}

/// A resource among those that guard it.
#[derive(Clone, Copy)]
pub(super) struct Neighbourhood<'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) listed: &'w Listed<'a>,
    pub(super) resource: u32,
}

impl Surroundings for Neighbourhood<'_, '_> {
    fn unused(&self) -> Fact<bool> {
        if !self.listed.unlisted(self.world.group_of(self.resource)).is_empty() {
            return Fact::Unknown;
        }
        let mut used = false;
        for raised in self.world.raised_on(self.resource) {
            match raised.by() {
                By::Itself => {}
                By::UnknownLinks => return Fact::Unknown,
                By::Listed(other) => used |= other != self.resource,
                By::Dangling(_) => used = true,
            }
        }
        Fact::Known(!used)
    }

    fn dependents(&self, kind: &str) -> Fact<u64> {
        let group = self.world.group_of(self.resource);
        if self.listed.cannot_count(group, kind) {
            return Fact::Unknown;
        }
        let world = self.world;
        let others = world.raised_on(self.resource).iter().filter(|raised| world.by_dependent(raised.guard()));
        let others = others.filter_map(|raised| match raised.by() {
            By::Listed(other) => Some(other).filter(|other| world.kind(*other) == kind),
            By::Itself | By::UnknownLinks | By::Dangling(_) => None,
        });
        if world.class_of_group(group).guards_by_dependents(kind) <= 1 {
            return Fact::Known(others.count() as u64);
        }
        // Several guards may be raised by the same dependent.
        let mut distinct: Vec<u32> = others.collect();
        distinct.sort_unstable();
        distinct.dedup();
        Fact::Known(distinct.len() as u64)
    }
}
