//! How conditions are asked, and what they can learn of the resources around.

use std::collections::HashMap;

use super::groups::number;
use super::listed::Listed;
use super::world::{By, World};
use crate::fact::Fact;
use crate::policy::condition::{
    Condition, GroupKey, KeyNumber, Reading, Ready, ReadyKey, Subject, Surroundings, Tri, Truth,
};

/// Who evaluates conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conditions {
    /// The interpreter: nothing is shared with what made the plan.
    Interpreted,
    /// The form in which the planner compiles them, which is quicker.
    Compiled,
}

/// What a condition says, without the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    True,
    False,
    Unknown,
}

/// A condition, to be asked of many resources.
#[derive(Debug)]
pub(super) enum Asked<'c> {
    /// There is none, which is always true.
    Always,
    Interpreted(&'c Condition, Reading),
    Compiled(Ready<'c>),
}

impl<'c> Asked<'c> {
    pub(super) fn new(
        conditions: Conditions,
        condition: Option<&'c Condition>,
        reading: Reading,
        world: &World<'_>,
    ) -> Self {
        match (condition, conditions) {
            (None, _) => Asked::Always,
            (Some(condition), Conditions::Interpreted) => Asked::Interpreted(condition, reading),
            (Some(condition), Conditions::Compiled) => {
                Asked::Compiled(Ready::new(condition, reading, &world.inventory.table, world.now))
            }
        }
    }

    pub(super) fn holds(&mut self, around: Neighbourhood<'_, '_>) -> Holds {
        match self {
            Asked::Always => Holds::True,
            Asked::Interpreted(condition, reading) => match condition.truth(around.subject(), *reading) {
                Truth::True => Holds::True,
                Truth::False => Holds::False,
                Truth::Unknown(_) => Holds::Unknown,
            },
            Asked::Compiled(ready) => match ready.truth(around.subject()) {
                Tri::True => Holds::True,
                Tri::False => Holds::False,
                Tri::Unknown => Holds::Unknown,
            },
        }
    }
}

/// A condition that gives the keys of groups. Keys are numbers, equal where the keys are.
#[derive(Debug)]
pub(super) enum AskedKey<'c> {
    /// There is none: all are of one group.
    One,
    Interpreted(&'c Condition, HashMap<String, u32>),
    Compiled(ReadyKey<'c>),
}

impl<'c> AskedKey<'c> {
    pub(super) fn new(conditions: Conditions, condition: Option<&'c Condition>, world: &World<'_>) -> Self {
        match (condition, conditions) {
            (None, _) => AskedKey::One,
            (Some(condition), Conditions::Interpreted) => AskedKey::Interpreted(condition, HashMap::new()),
            (Some(_), Conditions::Compiled) => AskedKey::Compiled(ReadyKey::new(condition, &world.inventory.table)),
        }
    }

    pub(super) fn key(&mut self, around: Neighbourhood<'_, '_>) -> KeyNumber {
        match self {
            AskedKey::One => KeyNumber::Key(0),
            AskedKey::Interpreted(condition, numbers) => match condition.group_key(around.subject()) {
                GroupKey::Null => KeyNumber::Null,
                GroupKey::Unknown => KeyNumber::Unknown,
                GroupKey::Key(key) => {
                    let next = number(numbers.len());
                    KeyNumber::Key(*numbers.entry(key).or_insert(next))
                }
            },
            AskedKey::Compiled(ready) => ready.of(around.subject()),
        }
    }
}

/// A resource among those that guard it.
#[derive(Clone, Copy)]
pub(super) struct Neighbourhood<'w, 'a> {
    pub(super) world: &'w World<'a>,
    pub(super) listed: &'w Listed<'a>,
    pub(super) resource: u32,
}

impl Neighbourhood<'_, '_> {
    fn subject(&self) -> Subject<'_> {
        Subject { resource: self.world.resource(self.resource), now: self.world.now, surroundings: self }
    }
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
