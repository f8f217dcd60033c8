//! The inventory as its rulebooks read it: which guards are raised on what by what, what that says about order, and
//! where the census leaves a question open.
//!
//! Indexes of resources stay inside the core; petgraph stays inside this module.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use crate::address::Address;
use crate::fact::Fact;
use crate::inventory::{Inventory, ResourceIndex};
use crate::policy::condition::Surroundings;
use crate::rulebook::{Goes, Guard, KindRules, RaisedBy, Rulebook};
use crate::time::Timestamp;

mod census;
mod facts;
mod order;
mod raise;
#[cfg(test)]
mod tests;

pub(crate) use census::{Group, ListedWhere};
pub(crate) use raise::dangling_links;

/// A guard of one of the rulebooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GuardIndex(pub(crate) u32);

/// What raises a guard on its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum RaisedByWhat {
    /// The target's own state, attribute or claim.
    Itself,
    /// A resource of the inventory.
    Listed(ResourceIndex),
    /// A resource that is not in the inventory: its place among the inventory's dangling addresses.
    Dangling(u32),
    /// A dependency, if there is one: the target's links are not known.
    UnknownLinks,
}

/// One guard, met in the inventory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RaisedGuard {
    pub(crate) target: ResourceIndex,
    pub(crate) guard: GuardIndex,
    pub(crate) by: RaisedByWhat,
    /// Raised because something is not known.
    pub(crate) by_unknown: ByUnknown,
}

/// Whether a guard is raised by a known fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ByUnknown {
    No,
    Yes,
}

/// Adjacency in two flat arrays: the entries of row `i` are contiguous.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rows<T> {
    starts: Vec<u32>,
    entries: Vec<T>,
}

impl<T: Copy + Ord> Rows<T> {
    /// Sorts pairs of row and entry into rows, without repetition.
    pub(crate) fn new(rows: usize, pairs: &[(u32, T)]) -> Self {
        let mut rows = Self::scattered(rows, pairs);
        let (mut read, mut write) = (0, 0);
        for row in 1..rows.starts.len() {
            let end = rows.starts[row] as usize;
            rows.entries[read..end].sort_unstable();
            let start = write;
            for place in read..end {
                let entry = rows.entries[place];
                if write == start || rows.entries[write - 1] != entry {
                    rows.entries[write] = entry;
                    write += 1;
                }
            }
            read = end;
            rows.starts[row] = number(write);
        }
        rows.entries.truncate(write);
        rows
    }

    /// Puts pairs of row and entry into rows, those of a row in the order in which they come.
    pub(crate) fn scattered(rows: usize, pairs: &[(u32, T)]) -> Self {
        let mut starts = vec![0_u32; rows + 1];
        for (row, _) in pairs {
            starts[*row as usize + 1] += 1;
        }
        for row in 0..rows {
            starts[row + 1] = starts[row].checked_add(starts[row + 1]).expect("fewer than 2^32 links");
        }
        let Some((_, any)) = pairs.first() else { return Self { starts, entries: Vec::new() } };
        let mut next = starts.clone();
        let mut entries = vec![*any; pairs.len()];
        for (row, entry) in pairs {
            let slot = &mut next[*row as usize];
            entries[*slot as usize] = *entry;
            *slot += 1;
        }
        Self { starts, entries }
    }

    pub(crate) fn row(&self, row: usize) -> &[T] {
        &self.entries[self.starts[row] as usize..self.starts[row + 1] as usize]
    }
}

/// An inventory under its rulebooks.
#[derive(Debug)]
pub(crate) struct Graph<'a> {
    pub(crate) inventory: &'a Inventory,
    guards: Vec<&'a Guard>,
    groups: Vec<Group<'a>>,
    group_of: Vec<u32>,
    raised: Vec<RaisedGuard>,
    raised_starts: Vec<u32>,
    /// By other: the places in `raised` of the guards that it raises.
    raised_by: Rows<u32>,
    predecessors: Rows<u32>,
    on_cycle: Vec<OnCycle>,
}

/// Whether a resource would have to go before itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnCycle {
    No,
    Yes,
}

impl<'a> Graph<'a> {
    /// Reads an inventory by rulebooks. `listed` answers census questions.
    pub(crate) fn build(
        inventory: &'a Inventory,
        rulebooks: &'a [Rulebook],
        now: Timestamp,
        listed: &ListedWhere<'_>,
        workers: NonZeroUsize,
    ) -> Self {
        let mut guards = Vec::new();
        let mut first_guard = HashMap::new();
        for rulebook in rulebooks {
            first_guard.insert(rulebook.provider.as_str(), guards.len());
            guards.extend(&rulebook.guards);
        }
        let (mut groups, group_of) = census::groups(inventory, rulebooks);
        let raised = raise::raise(inventory, rulebooks, &first_guard, &groups, now, workers);
        census::fill(&mut groups, inventory, &group_of, listed);

        let count = inventory.len();
        let pairs: Vec<(u32, RaisedGuard)> =
            raised.into_iter().flatten().map(|raised| (number(raised.target.get()), raised)).collect();
        let Rows { starts: raised_starts, entries: raised } = Rows::new(count, &pairs);
        drop(pairs);
        let by_other: Vec<(u32, u32)> = raised
            .iter()
            .enumerate()
            .filter_map(|(place, guard)| match guard.by {
                RaisedByWhat::Listed(other) => Some((number(other.get()), number(place))),
                RaisedByWhat::Itself | RaisedByWhat::Dangling(_) | RaisedByWhat::UnknownLinks => None,
            })
            .collect();
        let raised_by = Rows::scattered(count, &by_other);
        drop(by_other);
        let mut graph = Self {
            inventory,
            guards,
            groups,
            group_of,
            raised,
            raised_starts,
            raised_by,
            predecessors: Rows::default(),
            on_cycle: Vec::new(),
        };
        graph.predecessors = order::predecessors(&graph);
        graph.on_cycle = order::cycles(count, &graph.predecessors);
        graph
    }

    /// How many guards the rulebooks have.
    pub(crate) fn guard_count(&self) -> usize {
        self.guards.len()
    }

    pub(crate) fn guard(&self, index: GuardIndex) -> &'a Guard {
        self.guards[index.0 as usize]
    }

    /// The guards raised on a resource, in the rulebook's order.
    pub(crate) fn raised_on(&self, target: ResourceIndex) -> &[RaisedGuard] {
        let row = target.get();
        &self.raised[self.raised_starts[row] as usize..self.raised_starts[row + 1] as usize]
    }

    /// The guards that a resource raises on others.
    pub(crate) fn raised_by(&self, other: ResourceIndex) -> impl Iterator<Item = &RaisedGuard> + '_ {
        self.raised_by_from(other, 0)
    }

    /// The same, without the first so many of them.
    pub(crate) fn raised_by_from(
        &self,
        other: ResourceIndex,
        skipped: usize,
    ) -> impl Iterator<Item = &RaisedGuard> + '_ {
        self.raised_by.row(other.get())[skipped..].iter().map(|place| &self.raised[*place as usize])
    }

    /// The group of a resource: those of one kind in one place.
    pub(crate) fn group(&self, index: ResourceIndex) -> &Group<'a> {
        &self.groups[self.group_of[index.get()] as usize]
    }

    /// The place of a resource's group among the groups.
    pub(crate) fn group_number(&self, index: ResourceIndex) -> usize {
        self.group_of[index.get()] as usize
    }

    pub(crate) fn groups(&self) -> &[Group<'a>] {
        &self.groups
    }

    /// The rules of a resource's kind.
    pub(crate) fn kind_rules(&self, index: ResourceIndex) -> Option<&'a KindRules> {
        self.group(index).rules
    }

    pub(crate) fn rulebook(&self, index: ResourceIndex) -> Option<&'a Rulebook> {
        self.group(index).rulebook
    }

    pub(crate) fn on_cycle(&self, index: ResourceIndex) -> bool {
        self.on_cycle[index.get()] == OnCycle::Yes
    }

    /// What would have to go before a resource, were everything collected; ascending.
    pub(crate) fn predecessors(&self, index: ResourceIndex) -> impl Iterator<Item = ResourceIndex> + '_ {
        self.predecessors.row(index.get()).iter().map(|other| ResourceIndex::new(*other as usize))
    }

    /// The address of what raises a guard, where it has one.
    pub(crate) fn by_address(&self, by: RaisedByWhat) -> Option<Address> {
        match by {
            RaisedByWhat::Listed(other) => Some(self.inventory.resource(other).address()),
            RaisedByWhat::Dangling(place) => Some(self.inventory.table.dangling[place as usize].clone()),
            RaisedByWhat::Itself | RaisedByWhat::UnknownLinks => None,
        }
    }

    /// Whether what raises the guard refers to the target.
    pub(crate) fn by_dependent(&self, guard: GuardIndex) -> bool {
        self.guard(guard).other().is_some_and(|other| other.end == crate::rulebook::End::Dependent)
    }

    pub(crate) fn goes_with(&self, guard: GuardIndex) -> bool {
        self.guard(guard).other().is_some_and(|other| other.goes == Goes::With)
    }
}

pub(crate) fn number(index: usize) -> u32 {
    u32::try_from(index).expect("an inventory holds fewer than 2^32 resources and links")
}

/// One resource's view of the graph, for conditions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Around<'g, 'a> {
    pub(crate) graph: &'g Graph<'a>,
    pub(crate) index: ResourceIndex,
}

impl Surroundings for Around<'_, '_> {
    fn unused(&self) -> Fact<bool> {
        if !self.graph.group(self.index).unlisted.is_empty() {
            return Fact::Unknown;
        }
        let mut unused = true;
        for raised in self.graph.raised_on(self.index) {
            match raised.by {
                RaisedByWhat::Itself => {}
                RaisedByWhat::Listed(other) => unused &= other == self.index,
                RaisedByWhat::Dangling(_) => unused = false,
                RaisedByWhat::UnknownLinks => return Fact::Unknown,
            }
        }
        Fact::Known(unused)
    }

    fn dependents(&self, kind: &str) -> Fact<u64> {
        let group = self.graph.group(self.index);
        if group.uncountable.contains(&kind) {
            return Fact::Unknown;
        }
        let mut others: Vec<ResourceIndex> = self
            .graph
            .raised_on(self.index)
            .iter()
            .filter(|raised| self.graph.by_dependent(raised.guard))
            .filter_map(|raised| match raised.by {
                RaisedByWhat::Listed(other) => Some(other),
                RaisedByWhat::Itself | RaisedByWhat::Dangling(_) | RaisedByWhat::UnknownLinks => None,
            })
            .filter(|other| self.graph.inventory.resource(*other).kind() == kind)
            .collect();
        others.sort_unstable();
        others.dedup();
        Fact::Known(others.len() as u64)
    }
}

/// The attributes of a kind that a rulebook reads, whichever end of a guard the kind is.
pub(crate) fn attributes_read<'r>(rulebook: &'r Rulebook, kind: &str) -> Vec<&'r str> {
    let mut names = Vec::new();
    for guard in &rulebook.guards {
        let is_target = guard.target.as_str() == kind;
        let only = guard.force().and_then(|force| force.only.as_ref());
        names.extend(only.filter(|_| is_target).map(|only| only.attribute.as_str()));
        match &guard.raised_by {
            RaisedBy::Attribute(test) if is_target => names.push(test.name.as_str()),
            RaisedBy::Claim { attribute, .. } if is_target => names.push(attribute.as_str()),
            RaisedBy::Other(other) => {
                if is_target {
                    names.extend(other.target_attribute.iter().map(|test| test.name.as_str()));
                }
                if other.kind.as_str() == kind {
                    names.extend(other.attribute.iter().map(|test| test.name.as_str()));
                }
            }
            RaisedBy::State(_) | RaisedBy::Attribute(_) | RaisedBy::Claim { .. } => {}
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}
