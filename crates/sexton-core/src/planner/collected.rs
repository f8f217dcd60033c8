//! The collected set: the largest set of resources, not barred, each held by a rule, on no cycle, with a complete
//! census, and with every guard raised on it met.
//!
//! The conditions only ever lose members as the set shrinks, so the set is found from above: everything that a rule
//! could hold, less what fails, until nothing fails.

use super::masks::{Changed, Mask, Masks, any, meet};
use super::selection::Selection;
use crate::graph::{ByUnknown, Graph, GuardIndex, RaisedByWhat, RaisedGuard};
use crate::inventory::ResourceIndex;
use crate::policy::Policy;

/// The collected set and who holds its members.
#[derive(Debug)]
pub(super) struct Collected {
    member: Vec<Member>,
    pub(super) strong: Masks,
    pub(super) weak: Masks,
    /// By guard: the rules that grant its force.
    pub(super) forces: Masks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
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
    if raised.by_unknown == ByUnknown::No && !other_is_barred && meet(strong, forces.row(raised.guard.0 as usize)) {
        return Met::Forced;
    }
    Met::Not
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
fn spread(
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
    let mut shrinking = Shrinking {
        graph,
        selection,
        collected: &mut collected,
        lost: Vec::new(),
        suspects: Vec::new(),
        suspected: vec![Suspected::No; count],
    };
    shrinking.check(graph.inventory.indexes());
    shrinking.settle();
    collected
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suspected {
    No,
    Yes,
}

/// The set on its way down. What is lost is looked after at once, for what it guarded; then, in rounds, for what it held:
/// all that may have been held through it is let go and held again by what is left. A round costs as much as hangs on
/// what was lost in it.
struct Shrinking<'s, 'a> {
    graph: &'s Graph<'a>,
    selection: &'s Selection,
    collected: &'s mut Collected,
    lost: Vec<ResourceIndex>,
    /// What may have lost a holder.
    suspects: Vec<ResourceIndex>,
    suspected: Vec<Suspected>,
}

impl Shrinking<'_, '_> {
    /// Loses the members of a list that nothing holds, or with a guard that is not met.
    fn check(&mut self, list: impl IntoIterator<Item = ResourceIndex>) {
        for index in list {
            let row = index.get();
            let Collected { member, strong, weak, forces } = &*self.collected;
            if member[row] == Member::No {
                continue;
            }
            let held = any(strong.row(row)) || any(weak.row(row));
            if !held || !all_met(self.graph, self.selection, forces, strong, weak, member, index) {
                self.lose(index);
            }
        }
    }

    fn lose(&mut self, index: ResourceIndex) {
        self.collected.member[index.get()] = Member::No;
        self.lost.push(index);
    }

    fn settle(&mut self) {
        loop {
            while let Some(index) = self.lost.pop() {
                self.lost_for_guards(index);
                self.suspect_held_by(index);
                self.collected.strong.clear_row(index.get());
                self.collected.weak.clear_row(index.get());
            }
            if self.suspects.is_empty() {
                return;
            }
            let mut next = 0;
            while next < self.suspects.len() {
                self.suspect_held_by(self.suspects[next]);
                next += 1;
            }
            let suspects = std::mem::take(&mut self.suspects);
            self.hold_again(&suspects);
            for index in &suspects {
                self.suspected[index.get()] = Suspected::No;
            }
            self.check(suspects);
        }
    }

    /// Loses what is guarded by something lost, by that guard alone.
    fn lost_for_guards(&mut self, index: ResourceIndex) {
        let graph = self.graph;
        for raised in graph.raised_by(index) {
            let row = raised.target.get();
            let Collected { member, strong, weak, forces } = &*self.collected;
            if member[row] == Member::Yes {
                let held = (strong.row(row), weak.row(row));
                let goes = |other: ResourceIndex| member[other.get()] == Member::Yes;
                if met(graph, self.selection, forces, raised, held, goes) == Met::Not {
                    self.lose(raised.target);
                }
            }
        }
    }

    /// Suspects what a resource may hold: what its draws name, and is held by the same rules and not by itself.
    fn suspect_held_by(&mut self, index: ResourceIndex) {
        let graph = self.graph;
        let row = index.get();
        let Collected { member, strong, weak, .. } = &*self.collected;
        let Selection { matched, cascade, orphans, .. } = self.selection;
        let mut suspect = |index: ResourceIndex| {
            if self.suspected[index.get()] == Suspected::No {
                self.suspected[index.get()] = Suspected::Yes;
                self.suspects.push(index);
            }
        };
        if any(strong.row(row)) {
            for raised in graph.raised_on(index) {
                let RaisedByWhat::Listed(other) = raised.by else { continue };
                let at = other.get();
                let drawn = strong.row(row).iter().zip(cascade.row(at)).zip(strong.row(at).iter().zip(matched.row(at)));
                if graph.by_dependent(raised.guard)
                    && member[at] == Member::Yes
                    && drawn.into_iter().any(|((holder, named), (held, own))| holder & named & held & !own != 0)
                {
                    suspect(other);
                }
            }
        }
        for raised in graph.raised_by(index) {
            let at = raised.target.get();
            let holder = strong.row(row).iter().zip(weak.row(row));
            let drawn = holder.zip(orphans.row(at).iter().zip(weak.row(at)));
            if graph.by_dependent(raised.guard)
                && member[at] == Member::Yes
                && drawn.into_iter().any(|((strong, weak), (named, held))| (strong | weak) & named & held != 0)
            {
                suspect(raised.target);
            }
        }
    }

    /// Holds resources anew, by themselves and by what holds them from without.
    fn hold_again(&mut self, suspects: &[ResourceIndex]) {
        let (graph, selection) = (self.graph, self.selection);
        let Collected { member, strong, weak, .. } = &mut *self.collected;
        let admits = |index: ResourceIndex| member[index.get()] == Member::Yes;
        for index in suspects {
            strong.clear_row(index.get());
            weak.clear_row(index.get());
        }
        let mut held = Vec::new();
        for index in suspects.iter().copied().filter(|index| admits(*index)) {
            let row = index.get();
            let matched = selection.matched.row(row);
            strong.add_common(row, matched, matched);
            for raised in graph.raised_by(index) {
                if graph.by_dependent(raised.guard) && raised.target != index && admits(raised.target) {
                    held.clear();
                    held.extend_from_slice(strong.row(raised.target.get()));
                    strong.add_common(row, &held, selection.cascade.row(row));
                }
            }
            for raised in graph.raised_on(index) {
                if let RaisedByWhat::Listed(other) = raised.by
                    && graph.by_dependent(raised.guard)
                    && other != index
                    && admits(other)
                {
                    held.clear();
                    held.extend(strong.row(other.get()).iter().zip(weak.row(other.get())).map(|(a, b)| a | b));
                    weak.add_common(row, &held, selection.orphans.row(row));
                }
            }
        }
        let queue = suspects.iter().copied().filter(|index| admits(*index)).collect();
        spread(graph, selection, strong, weak, admits, queue);
    }
}

fn all_met(
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
