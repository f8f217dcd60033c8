//! The inventory as its rulebooks read it: every raised guard, by what it is raised on and by what raises it.

use std::collections::BTreeMap;

use super::groups::{Class, Group, Groups, number};
use super::raised;
use crate::address::Address;
use crate::inventory::{Inventory, ResourceIndex, ResourceRef};
use crate::rulebook::{End, Goes, Guard, Rulebook};
use crate::time::Timestamp;

/// What raises a guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum By {
    /// The resource's own state, attribute or claim.
    Itself,
    /// A dependency, if there is one: its links are not known.
    UnknownLinks,
    /// A resource of the inventory.
    Listed(u32),
    /// A resource that is not in the inventory, by its place among these.
    Dangling(u32),
}

/// Whether what raises a guard is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It is: the guard is raised.
    Known,
    /// It is not: the guard may be raised, and counts as if it were.
    Unknown,
}

/// One guard met in the inventory, in twelve bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Raised {
    target: u32,
    other: u32,
    /// The guard, then two bits for what raises it, then one for whether that is known.
    guard: u32,
}

impl Raised {
    pub(super) fn new(target: u32, guard: u32, by: By, certainty: Certainty) -> Self {
        let (sort, other) = match by {
            By::Itself => (0, 0),
            By::UnknownLinks => (1, 0),
            By::Listed(other) => (2, other),
            By::Dangling(place) => (3, place),
        };
        let certainty = match certainty {
            Certainty::Known => 0,
            Certainty::Unknown => 1,
        };
        Self { target, other, guard: guard << 3 | sort << 1 | certainty }
    }

    pub(super) fn target(self) -> u32 {
        self.target
    }

    pub(super) fn guard(self) -> u32 {
        self.guard >> 3
    }

    pub(super) fn by(self) -> By {
        match self.guard >> 1 & 3 {
            0 => By::Itself,
            1 => By::UnknownLinks,
            2 => By::Listed(self.other),
            _ => By::Dangling(self.other),
        }
    }

    pub(super) fn certainty(self) -> Certainty {
        if self.guard & 1 == 0 { Certainty::Known } else { Certainty::Unknown }
    }
}

/// Who the other of a guard is to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    None,
    DependentBefore,
    DependentWith,
    Dependency,
}

/// An inventory under its rulebooks.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) now: Timestamp,
    groups: Groups<'a>,
    relations: Vec<Relation>,
    raised: Vec<Raised>,
    on: Vec<u32>,
    by: Vec<u32>,
    by_places: Vec<u32>,
    dangling: Vec<&'a Address>,
    /// By group: whether the links of some member are not known.
    unknown_links: Vec<bool>,
    /// Links out of the inventory: dependent's kind, relation, dependency's kind.
    pub(super) dangling_links: BTreeMap<(&'a str, &'a str, &'a str), u64>,
}

impl<'a> World<'a> {
    pub(super) fn read(inventory: &'a Inventory, rulebooks: &'a [Rulebook], now: Timestamp) -> Self {
        let groups = Groups::read(inventory, rulebooks);
        let relation = |guard: &&Guard| match guard.other().map(|other| (other.end, other.goes)) {
            None => Relation::None,
            Some((End::Dependent, Goes::Before)) => Relation::DependentBefore,
            Some((End::Dependent, Goes::With)) => Relation::DependentWith,
            // What goes with its target is its dependent: a rulebook that says otherwise is faulty.
            Some((End::Dependency, Goes::Before | Goes::With)) => Relation::Dependency,
        };
        let relations: Vec<Relation> = groups.guards.iter().map(relation).collect();
        let raised::Raising { found, dangling, unknown_links, dangling_links } =
            raised::raise(inventory, &groups, now, |guard| relations[guard as usize] == Relation::DependentWith);
        let (on, raised) = by_target(inventory.len(), found);
        let (by, by_places) = by_other(inventory.len(), &raised);
        Self { inventory, now, groups, relations, raised, on, by, by_places, dangling, unknown_links, dangling_links }
    }

    pub(super) fn count(&self) -> u32 {
        number(self.inventory.len())
    }

    pub(super) fn resource(&self, resource: u32) -> ResourceRef<'a> {
        self.inventory.resource(ResourceIndex::new(resource as usize))
    }

    pub(super) fn address(&self, resource: u32) -> Address {
        self.resource(resource).address()
    }

    /// Whether a resource has that address.
    pub(super) fn is(&self, resource: u32, address: &Address) -> bool {
        let own = self.resource(resource);
        own.id() == address.id() && own.kind() == address.kind() && own.scope() == address.scope()
    }

    pub(super) fn find(&self, address: &Address) -> Option<u32> {
        self.inventory.find(address.as_str()).map(|index| number(index.get()))
    }

    pub(super) fn groups(&self) -> &[Group<'a>] {
        &self.groups.groups
    }

    pub(super) fn group_of(&self, resource: u32) -> usize {
        self.groups.group_of[resource as usize] as usize
    }

    pub(super) fn class_of_group(&self, group: usize) -> &Class<'a> {
        &self.groups.classes[self.groups.groups[group].class]
    }

    pub(super) fn class_count(&self) -> usize {
        self.groups.classes.len()
    }

    pub(super) fn class_of(&self, resource: u32) -> &Class<'a> {
        self.class_of_group(self.group_of(resource))
    }

    pub(super) fn kind(&self, resource: u32) -> &'a str {
        self.class_of(resource).kind
    }

    /// Whether the links of some member of a group are not known.
    pub(super) fn has_unknown_links(&self, group: usize) -> bool {
        self.unknown_links[group]
    }

    pub(super) fn guards(&self) -> &[&'a Guard] {
        &self.groups.guards
    }

    pub(super) fn guard(&self, guard: u32) -> &'a Guard {
        self.groups.guards[guard as usize]
    }

    /// Every raised guard.
    pub(super) fn raised(&self) -> &[Raised] {
        &self.raised
    }

    /// The guards raised on a resource.
    pub(super) fn raised_on(&self, resource: u32) -> &[Raised] {
        &self.raised[self.on[resource as usize] as usize..self.on[resource as usize + 1] as usize]
    }

    /// The guards that a resource raises.
    pub(super) fn raised_by(&self, resource: u32) -> impl Iterator<Item = Raised> + '_ {
        let places = &self.by_places[self.by[resource as usize] as usize..self.by[resource as usize + 1] as usize];
        places.iter().map(|place| self.raised[*place as usize])
    }

    /// The address of what raises a guard, where it has one.
    pub(super) fn by_address(&self, by: By) -> Option<Address> {
        match by {
            By::Itself | By::UnknownLinks => None,
            By::Listed(other) => Some(self.address(other)),
            By::Dangling(place) => Some(self.dangling[place as usize].clone()),
        }
    }

    /// Whether what raises the guard is a dependent of its target.
    pub(super) fn by_dependent(&self, guard: u32) -> bool {
        match self.relations[guard as usize] {
            Relation::DependentBefore | Relation::DependentWith => true,
            Relation::None | Relation::Dependency => false,
        }
    }

    /// Whether what raises the guard goes with its target.
    pub(super) fn goes_with(&self, guard: u32) -> bool {
        self.relations[guard as usize] == Relation::DependentWith
    }
}

/// Sorts raised guards by target, keeping their order otherwise.
fn by_target(resources: usize, found: Vec<Raised>) -> (Vec<u32>, Vec<Raised>) {
    let starts = starts(resources, found.iter().map(|raised| raised.target));
    let mut next = starts.clone();
    let mut sorted = vec![Raised::default(); found.len()];
    for raised in found {
        let slot = &mut next[raised.target as usize];
        sorted[*slot as usize] = raised;
        *slot += 1;
    }
    (starts, sorted)
}

/// By resource: where among the raised guards those stand that it raises.
fn by_other(resources: usize, raised: &[Raised]) -> (Vec<u32>, Vec<u32>) {
    let other = |raised: &Raised| match raised.by() {
        By::Listed(other) => Some(other),
        By::Itself | By::UnknownLinks | By::Dangling(_) => None,
    };
    let starts = starts(resources, raised.iter().filter_map(other));
    let mut next = starts.clone();
    let mut places = vec![0; starts[resources] as usize];
    for (place, raised) in raised.iter().enumerate() {
        if let Some(other) = other(raised) {
            let slot = &mut next[other as usize];
            places[*slot as usize] = number(place);
            *slot += 1;
        }
    }
    (starts, places)
}

/// Where the entries of each row begin, and after the last where they end.
pub(super) fn starts(rows: usize, entries: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut starts = vec![0_u32; rows + 1];
    for row in entries {
        starts[row as usize + 1] += 1;
    }
    for row in 0..rows {
        starts[row + 1] = starts[row + 1].checked_add(starts[row]).expect("raised guards are numbered by 32 bits");
    }
    starts
}
