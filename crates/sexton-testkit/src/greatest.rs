//! The collected set from above, for worlds of some hundred resources: everything that is not barred, less whatever
//! breaks a condition of the specification, round by round, until nothing does.
//!
//! A second reading beside [`crate::oracle`], for worlds of any number of places. It shares only the model with the
//! planner: every condition stands here as the specification has it, each round is made from nothing, and nothing is
//! remembered from one round to the next.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::address::Address;
use sexton_core::inventory::{Inventory, ResourceIndex, ResourceRef};
use sexton_core::policy::Policy;
use sexton_core::resource::{Attribute, Resource};
use sexton_core::rulebook::{End, Goes, Guard, Rulebook};
use sexton_core::time::Timestamp;

mod compare;
mod guards;
mod listed;
mod order;
mod reached;
mod rules;

pub use compare::Difference;

/// A set of resources, numbered in the order of their addresses, or of rules, numbered as in the policy.
pub type Numbers = BTreeSet<usize>;

/// What raises a guard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// The target's own state, attribute or claim.
    Itself,
    /// A resource of the inventory.
    Listed(usize),
    /// A resource that is not in the inventory.
    Dangling(Address),
    /// A dependency, if there is one: the target's links are unknown.
    UnknownLinks,
}

/// A guard, met in the inventory.
#[derive(Debug, Clone)]
pub struct Raised<'a> {
    /// The guard of the rulebook.
    pub guard: &'a Guard,
    /// On which resource.
    pub target: usize,
    /// By what.
    pub by: By,
    /// By an unknown fact.
    pub unknown: bool,
}

impl Raised<'_> {
    /// The other, where another resource of the inventory raises the guard, or the target itself as its own other.
    pub fn other(&self) -> Option<usize> {
        match self.by {
            By::Listed(other) => Some(other),
            By::Itself | By::Dangling(_) | By::UnknownLinks => None,
        }
    }

    /// Whether the other refers to the target.
    pub fn by_dependent(&self) -> bool {
        self.guard.other().is_some_and(|other| other.end == End::Dependent)
    }

    /// Whether the other goes with the target.
    pub fn goes_with(&self) -> bool {
        self.guard.other().is_some_and(|other| other.goes == Goes::With)
    }
}

/// A world, read by the letter.
#[derive(Debug)]
pub struct Greatest<'a> {
    inventory: &'a Inventory,
    indexes: Vec<ResourceIndex>,
    rulebooks: &'a [Rulebook],
    policy: &'a Policy,
    now: Timestamp,
    /// The resources, ascending by address; all numbers are places in it.
    pub resources: Vec<Resource>,
    number: BTreeMap<Address, usize>,
    /// Every raised guard.
    pub raised: Vec<Raised<'a>>,
    /// By target: places in `raised`.
    on: Vec<Vec<usize>>,
    /// By other: places in `raised`.
    by: Vec<Vec<usize>>,
    /// By resource: what comes directly before it, were everything collected.
    pub before: Vec<Numbers>,
    /// By resource: whether it comes after itself.
    pub on_cycle: Vec<bool>,
    /// By resource: the kinds that could guard it and do not count as listed.
    pub unlisted: Vec<BTreeSet<String>>,
    /// By resource: the collect rules that match it.
    pub matched: Vec<Numbers>,
    /// By resource: what bars it.
    pub barred: Vec<Option<Bar>>,
    cascades: Vec<Numbers>,
    orphans: Vec<Numbers>,
}

/// What bars a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bar {
    /// A protect rule is not definitely false.
    Protected,
    /// A rule retains it.
    Retained,
}

/// The collected set, and who holds its members.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The set.
    pub set: Numbers,
    /// By resource: the rules that hold it strongly.
    pub strong: Vec<Numbers>,
    /// By resource: the rules that hold it weakly.
    pub weak: Vec<Numbers>,
    /// In how many rounds something was lost.
    pub rounds: usize,
}

/// How a raised guard is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The other goes too.
    OtherGoes,
    /// It is waited for.
    Waited,
    /// It is forced.
    Forced,
    /// Not at all.
    Not,
}

impl<'a> Greatest<'a> {
    /// Reads a world at the time at which it was taken.
    pub fn new(inventory: &'a Inventory, rulebooks: &'a [Rulebook], policy: &'a Policy) -> Self {
        let resources: Vec<Resource> = inventory.resources().map(ResourceRef::to_resource).collect();
        let count = resources.len();
        let number = resources.iter().enumerate().map(|(place, resource)| (resource.address.clone(), place)).collect();
        let mut world = Self {
            inventory,
            indexes: inventory.indexes().collect(),
            rulebooks,
            policy,
            now: inventory.taken_at(),
            resources,
            number,
            raised: Vec::new(),
            on: vec![Vec::new(); count],
            by: vec![Vec::new(); count],
            before: Vec::new(),
            on_cycle: Vec::new(),
            unlisted: Vec::new(),
            matched: vec![Numbers::new(); count],
            barred: vec![None; count],
            cascades: vec![Numbers::new(); count],
            orphans: vec![Numbers::new(); count],
        };
        world.raised = world.raise();
        for (place, raised) in world.raised.iter().enumerate() {
            world.on[raised.target].push(place);
            if let Some(other) = raised.other() {
                world.by[other].push(place);
            }
        }
        world.before = world.order();
        world.on_cycle = (0..count).map(|index| world.comes_after_itself(index)).collect();
        world.unlisted = (0..count).map(|index| world.not_listed(index)).collect();
        world.judge();
        world
    }

    fn rulebook(&self, index: usize) -> Option<&'a Rulebook> {
        let provider = self.resources[index].address.provider();
        self.rulebooks.iter().find(|rulebook| rulebook.provider.as_str() == provider)
    }

    /// Whether any operation removes resources of its kind.
    fn has_removal(&self, index: usize) -> bool {
        let kind = self.resources[index].address.kind();
        self.rulebook(index).and_then(|rulebook| rulebook.kind(kind)).is_some_and(|rules| rules.removal.is_some())
    }

    /// The guards raised on a resource.
    pub fn raised_on(&self, target: usize) -> impl Iterator<Item = &Raised<'a>> {
        self.on[target].iter().map(|place| &self.raised[*place])
    }

    /// The guards that a resource raises.
    pub fn raised_by(&self, other: usize) -> impl Iterator<Item = &Raised<'a>> {
        self.by[other].iter().map(|place| &self.raised[*place])
    }

    /// Matched by some rule and not barred.
    pub fn is_selected(&self, index: usize) -> bool {
        !self.matched[index].is_empty() && self.barred[index].is_none()
    }

    /// Two rules that match it pass different options.
    pub fn options_disagree(&self, index: usize) -> bool {
        let options: Vec<_> = self.matched[index].iter().map(|rule| &self.policy.collect[*rule].options).collect();
        options.windows(2).any(|pair| pair[0] != pair[1])
    }

    /// What could be in the set if nothing guarded anything.
    pub fn candidates(&self) -> Numbers {
        (0..self.resources.len()).filter(|index| self.barred[*index].is_none() && self.has_removal(*index)).collect()
    }

    /// The collected set.
    pub fn decide(&self) -> Decision {
        let mut set = self.candidates();
        let mut rounds = 0;
        loop {
            let (strong, weak) = self.holders(&set);
            let violators: Numbers =
                set.iter().copied().filter(|index| !self.may_stay_in(*index, &set, &strong, &weak)).collect();
            if violators.is_empty() {
                return Decision { set, strong, weak, rounds };
            }
            set = set.difference(&violators).copied().collect();
            rounds += 1;
        }
    }

    /// The three conditions on a member.
    fn may_stay_in(&self, index: usize, set: &Numbers, strong: &[Numbers], weak: &[Numbers]) -> bool {
        let is_held = !strong[index].is_empty() || !weak[index].is_empty();
        let is_fit = !self.on_cycle[index] && self.unlisted[index].is_empty() && !self.options_disagree(index);
        let is_free =
            self.raised_on(index).all(|raised| self.how(raised, set, &strong[index], &weak[index]) != How::Not);
        is_held && is_fit && is_free
    }

    /// Who holds the members of a set, strongly and weakly.
    pub fn holders(&self, set: &Numbers) -> (Vec<Numbers>, Vec<Numbers>) {
        let count = self.resources.len();
        let (mut strong, mut weak) = (vec![Numbers::new(); count], vec![Numbers::new(); count]);
        for index in set {
            if self.barred[*index].is_none() {
                strong[*index].clone_from(&self.matched[*index]);
            }
        }
        loop {
            let mut grown = false;
            for raised in self.raised.iter().filter(|raised| raised.by_dependent()) {
                let (Some(other), target) = (raised.other(), raised.target) else { continue };
                if !set.contains(&other) || !set.contains(&target) {
                    continue;
                }
                let taken_along: Vec<usize> = strong[target].intersection(&self.cascades[other]).copied().collect();
                let left_over: Vec<usize> = strong[other]
                    .union(&weak[other])
                    .copied()
                    .filter(|rule| self.orphans[target].contains(rule))
                    .collect();
                for rule in taken_along {
                    grown |= strong[other].insert(rule);
                }
                for rule in left_over {
                    grown |= weak[target].insert(rule);
                }
            }
            if !grown {
                return (strong, weak);
            }
        }
    }

    /// How a guard raised on a member is met, or on one that those rules would hold.
    pub fn how(&self, raised: &Raised<'_>, set: &Numbers, strong: &Numbers, weak: &Numbers) -> How {
        if raised.other().is_some_and(|other| set.contains(&other)) {
            return How::OtherGoes;
        }
        let rule = |number: &usize| &self.policy.collect[*number];
        if raised.guard.can_wait() && strong.union(weak).any(|number| rule(number).wait.is_some()) {
            return How::Waited;
        }
        let granted = strong.iter().any(|number| rule(number).force.contains(&raised.guard.code));
        let other_is_barred = raised.other().is_some_and(|other| self.barred[other].is_some());
        if self.forceable(raised) && granted && !raised.unknown && !other_is_barred {
            return How::Forced;
        }
        How::Not
    }

    /// Whether forcing a guard is a remedy for its target.
    pub(super) fn forceable(&self, raised: &Raised<'_>) -> bool {
        raised.guard.force().is_some_and(|force| match &force.only {
            None => true,
            Some(only) => self.resources[raised.target].attribute(&only.attribute) == Attribute::Known(&only.equals),
        })
    }

    /// The wave of every member.
    pub fn waves(&self, set: &Numbers) -> BTreeMap<usize, u32> {
        let mut waves: BTreeMap<usize, u32> = BTreeMap::new();
        while waves.len() < set.len() {
            let known = waves.len();
            for index in set {
                let before: Vec<Option<u32>> =
                    self.before[*index].intersection(set).map(|before| waves.get(before).copied()).collect();
                if !waves.contains_key(index)
                    && let Some(before) = before.into_iter().collect::<Option<Vec<u32>>>()
                {
                    waves.insert(*index, before.into_iter().max().map_or(0, |wave| wave + 1));
                }
            }
            assert!(waves.len() > known, "no member lies on a cycle");
        }
        waves
    }
}
