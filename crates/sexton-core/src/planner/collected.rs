//! The collected set: the largest set of resources, not barred, each held by a rule, on no cycle, with a complete
//! census, and with every guard raised on it met.
//!
//! The conditions only ever lose members as the set shrinks, so the set is found from above: everything that a rule
//! could hold, less what fails, until nothing fails.

use super::masks::{Changed, Mask, Masks, any, meet};
use super::selection::Selection;
use super::shrinking::Shrinking;
use crate::graph::{ByUnknown, Graph, GuardIndex, RaisedByWhat, RaisedGuard};
use crate::inventory::ResourceIndex;
use crate::policy::Policy;

/// The collected set and who holds its members.
#[derive(Debug)]
pub(super) struct Collected {
    pub(super) member: Vec<Member>,
    pub(super) strong: Masks,
    pub(super) weak: Masks,
    /// By guard: the rules that grant its force.
    pub(super) forces: Masks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    No,
    Yes,
}

/// What stands against a resource whatever else goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Unfit {
    pub(super) cycle: bool,
    pub(super) unlisted: bool,
    pub(super) options: bool,
}

/// How a raised guard is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Met {
    /// The other goes too.
    OtherGoes,
    /// It is waited for.
    Waited,
    /// It is forced.
    Forced,
    Not,
}

impl Collected {
    pub(super) fn holds(&self, index: ResourceIndex) -> bool {
        self.member[index.get()] == Member::Yes
    }

    pub(super) fn members(&self) -> impl Iterator<Item = ResourceIndex> + '_ {
        (0..self.member.len()).filter(|row| self.member[*row] == Member::Yes).map(ResourceIndex::new)
    }
}

/// What stands against a resource by itself.
pub(super) fn unfit(graph: &Graph<'_>, policy: &Policy, selection: &Selection, index: ResourceIndex) -> Unfit {
    Unfit {
        cycle: graph.on_cycle(index),
        unlisted: !graph.group(index).unlisted.is_empty(),
        options: selection.options(policy, index).is_err(),
    }
}

/// Whether a resource could go, as far as the policy's bars and the rulebook's operations are concerned.
pub(super) fn removable(graph: &Graph<'_>, selection: &Selection, index: ResourceIndex) -> bool {
    !selection.is_barred(index) && graph.kind_rules(index).is_some_and(|rules| rules.removal.is_some())
}

/// By guard: the rules that grant its force.
fn forces(graph: &Graph<'_>, policy: &Policy, guards: usize) -> Masks {
    let mut forces = Masks::new(guards, policy.collect.len());
    for guard in 0..guards {
        let index = GuardIndex(crate::graph::number(guard));
        if graph.guard(index).force().is_none() {
            continue;
        }
        for (rule, collect) in policy.collect.iter().enumerate() {
            if collect.force.contains(&graph.guard(index).code) {
                forces.insert(guard, rule);
            }
        }
    }
    forces
}

/// How a guard raised on a resource is met, given who holds the resource and which others go.
pub(super) fn met(
    graph: &Graph<'_>,
    selection: &Selection,
    forces: &Masks,
    raised: &RaisedGuard,
    (strong, weak): (Mask<'_>, Mask<'_>),
    goes: impl Fn(ResourceIndex) -> bool,
) -> Met {
    if let RaisedByWhat::Listed(other) = raised.by
        && goes(other)
    {
        return Met::OtherGoes;
    }
    let guard = graph.guard(raised.guard);
    if guard.can_wait() && (meet(strong, &selection.waits) || meet(weak, &selection.waits)) {
        return Met::Waited;
    }
    let other_is_barred = match raised.by {
        RaisedByWhat::Listed(other) => selection.is_barred(other),
        RaisedByWhat::Itself | RaisedByWhat::Dangling(_) | RaisedByWhat::UnknownLinks => false,
    };
    let is_granted = meet(strong, forces.row(raised.guard.0 as usize));
    if raised.by_unknown == ByUnknown::No && !other_is_barred && is_granted && reaches(graph, raised) {
        return Met::Forced;
    }
    Met::Not
}

/// Whether the force remedy of a raised guard is one for its target.
pub(super) fn reaches(graph: &Graph<'_>, raised: &RaisedGuard) -> bool {
    let only = graph.guard(raised.guard).force().and_then(|force| force.only.as_ref());
    only.is_none_or(|only| only.holds(graph.inventory.resource(raised.target).attribute(&only.attribute)))
}

/// Who would hold what, among the resources that `admits` lets through: the least that follows from the selected.
pub(super) fn propagate(
    graph: &Graph<'_>,
    selection: &Selection,
    strong: &mut Masks,
    weak: &mut Masks,
    admits: impl Fn(ResourceIndex) -> bool,
) {
    strong.clear();
    weak.clear();
    let mut queue = Vec::new();
    for index in graph.inventory.indexes() {
        let row = index.get();
        let matched = selection.matched.row(row);
        if any(matched) && admits(index) {
            strong.add_common(row, matched, matched);
            queue.push(index);
        }
    }
    spread(graph, selection, strong, weak, admits, queue);
}

/// Takes what is held on along the draws, from the resources of a queue.
pub(super) fn spread(
    graph: &Graph<'_>,
    selection: &Selection,
    strong: &mut Masks,
    weak: &mut Masks,
    admits: impl Fn(ResourceIndex) -> bool,
    mut queue: Vec<ResourceIndex>,
) {
    let mut held = Vec::new();
    while let Some(index) = queue.pop() {
        let row = index.get();
        held.clear();
        held.extend_from_slice(strong.row(row));
        if any(&held) {
            for raised in graph.raised_on(index) {
                if let RaisedByWhat::Listed(other) = raised.by
                    && graph.by_dependent(raised.guard)
                    && admits(other)
                    && strong.add_common(other.get(), &held, selection.cascade.row(other.get())) == Changed::Yes
                {
                    queue.push(other);
                }
            }
        }
        for (word, weak) in held.iter_mut().zip(weak.row(row)) {
            *word |= weak;
        }
        for raised in graph.raised_by(index) {
            if graph.by_dependent(raised.guard)
                && admits(raised.target)
                && weak.add_common(raised.target.get(), &held, selection.orphans.row(raised.target.get()))
                    == Changed::Yes
            {
                queue.push(raised.target);
            }
        }
    }
}

/// Finds the collected set.
pub(super) fn collect(graph: &Graph<'_>, policy: &Policy, selection: &Selection) -> Collected {
    let count = graph.inventory.len();
    let masks = || Masks::new(count, policy.collect.len());
    let mut collected = Collected {
        member: graph
            .inventory
            .indexes()
            .map(|index| {
                let fit = unfit(graph, policy, selection, index) == Unfit::default();
                if fit && removable(graph, selection, index) { Member::Yes } else { Member::No }
            })
            .collect(),
        strong: masks(),
        weak: masks(),
        forces: forces(graph, policy, graph.guard_count()),
    };
    let Collected { member, strong, weak, .. } = &mut collected;
    propagate(graph, selection, strong, weak, |index| member[index.get()] == Member::Yes);
    Shrinking::new(graph, selection, &mut collected).settle();
    collected
}

pub(super) fn all_met(
    graph: &Graph<'_>,
    selection: &Selection,
    forces: &Masks,
    strong: &Masks,
    weak: &Masks,
    member: &[Member],
    index: ResourceIndex,
) -> bool {
    let held = (strong.row(index.get()), weak.row(index.get()));
    graph.raised_on(index).iter().all(|raised| {
        met(graph, selection, forces, raised, held, |other| member[other.get()] == Member::Yes) != Met::Not
    })
}
