//! How the collected set loses what fails, at the cost of what is lost.

use super::collected::{Collected, Member, Met, all_met, met, spread};
use super::foundations::{Foundations, Hold};
use super::masks::{Word, any, rules};
use super::selection::Selection;
use crate::graph::{Graph, RaisedByWhat};
use crate::inventory::ResourceIndex;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suspected {
    No,
    Yes,
}

/// The set on its way down. What is lost is looked after at once, for what it guarded; then, in rounds, for what it held:
/// what no other founds in the place of the lost is let go and held again by what is left. A round costs as much as
/// lost a hold in it.
pub(super) struct Shrinking<'s, 'a> {
    graph: &'s Graph<'a>,
    selection: &'s Selection,
    collected: &'s mut Collected,
    foundations: Foundations,
    lost: Vec<ResourceIndex>,
    /// What may have lost its last holder by some rule.
    suspects: Vec<ResourceIndex>,
    suspected: Vec<Suspected>,
    /// The rules by which the resource last looked at was drawn.
    drawn: Vec<Word>,
}

impl<'s, 'a> Shrinking<'s, 'a> {
    pub(super) fn new(graph: &'s Graph<'a>, selection: &'s Selection, collected: &'s mut Collected) -> Self {
        let count = graph.inventory.len();
        let mut shrinking = Self {
            graph,
            selection,
            collected,
            foundations: Foundations::default(),
            lost: Vec::new(),
            suspects: Vec::new(),
            suspected: vec![Suspected::No; count],
            drawn: Vec::new(),
        };
        // What nothing ever held holds nothing, and what it guards is checked just now.
        let Collected { member, strong, weak, .. } = &mut *shrinking.collected;
        for (row, member) in member.iter_mut().enumerate() {
            if !any(strong.row(row)) && !any(weak.row(row)) {
                *member = Member::No;
            }
        }
        shrinking.check(graph.inventory.indexes());
        shrinking
    }

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

    /// Loses what has to be lost, until nothing has to.
    pub(super) fn settle(&mut self) {
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

    /// Suspects what a resource may have held: what its draws name, by rules by which nothing else founds it.
    fn suspect_held_by(&mut self, index: ResourceIndex) {
        let graph = self.graph;
        let row = index.get();
        if !any(self.collected.strong.row(row)) && !any(self.collected.weak.row(row)) {
            return;
        }
        for raised in graph.raised_on(index) {
            let RaisedByWhat::Listed(other) = raised.by else { continue };
            if graph.by_dependent(raised.guard) && other != index {
                let at = other.get();
                let Collected { strong, .. } = &*self.collected;
                let Selection { matched, cascade, .. } = self.selection;
                let held = strong.row(at).iter().zip(matched.row(at)).map(|(held, own)| held & !own);
                let drawn = strong.row(row).iter().zip(cascade.row(at)).zip(held);
                self.drawn.clear();
                self.drawn.extend(drawn.map(|((holder, named), held)| holder & named & held));
                self.suspect(other, Hold::Strong);
            }
        }
        for raised in graph.raised_by(index) {
            if graph.by_dependent(raised.guard) && raised.target != index {
                let at = raised.target.get();
                let Collected { strong, weak, .. } = &*self.collected;
                let holder = strong.row(row).iter().zip(weak.row(row)).map(|(strong, weak)| strong | weak);
                let drawn = holder.zip(self.selection.orphans.row(at).iter().zip(weak.row(at)));
                self.drawn.clear();
                self.drawn.extend(drawn.map(|(holder, (named, held))| holder & named & held));
                self.suspect(raised.target, Hold::Weak);
            }
        }
    }

    /// Suspects a member that was drawn by some rules, unless it is founded by all of them without what is suspected.
    fn suspect(&mut self, index: ResourceIndex, hold: Hold) {
        let Self { graph, collected, foundations, suspected, drawn, .. } = self;
        if collected.member[index.get()] == Member::No || suspected[index.get()] == Suspected::Yes {
            return;
        }
        let holds = |by: ResourceIndex, layer: Hold, rule: usize| {
            let masks = match layer {
                Hold::Strong => &collected.strong,
                Hold::Weak => &collected.weak,
            };
            let row = by.get();
            collected.member[row] == Member::Yes && suspected[row] == Suspected::No && masks.has(row, rule)
        };
        if rules(drawn).any(|rule| !foundations.founded(graph, index, hold, rule, holds)) {
            suspected[index.get()] = Suspected::Yes;
            self.suspects.push(index);
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
