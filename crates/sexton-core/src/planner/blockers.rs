//! Why what is selected stays: all that is directly in its way, and in the way of what would have to go before it.
//!
//! A guard whose other a rule of the resource would take along, and which has nothing of its own in its way, is no
//! blocker: it stays only because the resource does.

use std::collections::BTreeSet;

use super::collected::{Collected, Met, Unfit, met, propagate, reaches, removable, unfit};
use super::masks::{Mask, Masks, any, meet, rules, union};
use super::selection::{Bar, Selection};
use crate::graph::{ByUnknown, Graph, RaisedByWhat, RaisedGuard};
use crate::inventory::ResourceIndex;
use crate::plan::{Because, Blocker, Held, Kept};
use crate::policy::Policy;
use crate::rulebook::RaisedBy;

/// What the plan says of what stays.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) held: Vec<Held>,
    pub(super) blocked: Vec<Held>,
    pub(super) kept: Vec<Kept>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Goes, or is no candidate.
    Apart,
    /// A rule would take it, and nothing of its own is in the way.
    Free,
    /// A rule would take it, and something is in the way.
    Stuck,
}

struct Reporter<'r, 'a> {
    graph: &'r Graph<'a>,
    policy: &'r Policy,
    selection: &'r Selection,
    collected: &'r Collected,
    strong: Masks,
    weak: Masks,
    standing: Vec<Standing>,
}

pub(super) fn report(graph: &Graph<'_>, policy: &Policy, selection: &Selection, collected: &Collected) -> Report {
    let count = graph.inventory.len();
    let masks = || Masks::new(count, policy.collect.len());
    let (mut strong, mut weak) = (masks(), masks());
    propagate(graph, selection, &mut strong, &mut weak, |index| removable(graph, selection, index));
    let mut reporter =
        Reporter { graph, policy, selection, collected, strong, weak, standing: vec![Standing::Apart; count] };
    reporter.settle();
    let (mut held, mut blocked, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    let reason = selection.reasons(policy);
    for index in graph.inventory.indexes() {
        let row = index.get();
        if let (true, Some(because)) = (any(selection.matched.row(row)), reason(selection.bar(index))) {
            kept.push(Kept {
                address: graph.inventory.resource(index).address(),
                rules: reporter.names(selection.matched.row(row)),
                because,
            });
        } else if selection.is_selected(index) && !collected.holds(index) {
            held.push(reporter.held(index, selection.matched.row(row)));
        } else if reporter.standing[row] == Standing::Stuck {
            let holding = union(reporter.strong.row(row), reporter.weak.row(row));
            blocked.push(reporter.held(index, &holding));
        }
    }
    Report { held, blocked, kept }
}

impl Reporter<'_, '_> {
    /// Finds which candidates are stuck: by themselves, or by another that is not taken along.
    fn settle(&mut self) {
        let mut queue = Vec::new();
        for index in self.graph.inventory.indexes() {
            let row = index.get();
            let would_go = any(self.strong.row(row)) || any(self.weak.row(row));
            if would_go && !self.collected.holds(index) {
                self.standing[row] = Standing::Free;
                queue.push(index);
            }
        }
        let mut stuck: Vec<ResourceIndex> = queue.into_iter().filter(|index| self.is_stuck(*index)).collect();
        for index in &stuck {
            self.standing[index.get()] = Standing::Stuck;
        }
        while let Some(index) = stuck.pop() {
            for raised in self.graph.raised_by(index) {
                let target = raised.target;
                let in_the_way = self.standing[target.get()] == Standing::Free
                    && !self.is_met(target, raised)
                    && !self.comes_along(target, raised);
                if in_the_way {
                    self.standing[target.get()] = Standing::Stuck;
                    stuck.push(target);
                }
            }
        }
    }

    fn is_stuck(&self, index: ResourceIndex) -> bool {
        unfit(self.graph, self.policy, self.selection, index) != Unfit::default()
            || self
                .graph
                .raised_on(index)
                .iter()
                .any(|raised| !self.is_met(index, raised) && !self.comes_along(index, raised))
    }

    fn is_met(&self, index: ResourceIndex, raised: &RaisedGuard) -> bool {
        let row = index.get();
        // For a selected resource, the rules that match it stand for those that hold it.
        let held = if self.selection.is_selected(index) {
            (self.selection.matched.row(row), self.selection.matched.row(row))
        } else {
            (self.strong.row(row), self.weak.row(row))
        };
        met(self.graph, self.selection, &self.collected.forces, raised, held, |other| self.collected.holds(other))
            != Met::Not
    }

    /// Whether a rule that holds the resource takes the other along, with nothing of its own in the way.
    fn comes_along(&self, index: ResourceIndex, raised: &RaisedGuard) -> bool {
        let RaisedByWhat::Listed(other) = raised.by else { return false };
        self.graph.by_dependent(raised.guard)
            && self.standing[other.get()] == Standing::Free
            && meet(self.strong.row(index.get()), self.selection.cascade.row(other.get()))
    }

    fn names(&self, mask: Mask<'_>) -> Vec<String> {
        rules(mask).map(|rule| self.policy.collect[rule].name.clone()).collect()
    }

    fn held(&self, index: ResourceIndex, holding: Mask<'_>) -> Held {
        let mut blockers = BTreeSet::new();
        let bare = |because, kind| Blocker { guard: None, by: None, because, kind };
        let unfit = unfit(self.graph, self.policy, self.selection, index);
        if unfit.cycle {
            blockers.insert(bare(Because::Cycle, None));
        }
        for kind in &self.graph.group(index).unlisted {
            blockers.insert(bare(Because::Unlisted, Some((*kind).clone())));
        }
        if unfit.options {
            blockers.insert(bare(Because::Options, None));
        }
        let unmet: Vec<&RaisedGuard> =
            self.graph.raised_on(index).iter().filter(|raised| !self.is_met(index, raised)).collect();
        let in_the_way = unmet.iter().filter(|raised| !self.comes_along(index, raised));
        blockers.extend(in_the_way.map(|raised| self.blocker(index, raised)));
        if blockers.is_empty() {
            // What would come along stays for a reason that only shows under other rules than this resource's own.
            blockers.extend(unmet.iter().map(|raised| self.blocker(index, raised)));
        }
        Held {
            address: self.graph.inventory.resource(index).address(),
            rules: self.names(holding),
            blockers: blockers.into_iter().collect(),
        }
    }

    fn blocker(&self, index: ResourceIndex, raised: &RaisedGuard) -> Blocker {
        Blocker {
            guard: Some(self.graph.guard(raised.guard).code.clone()),
            by: self.graph.by_address(raised.by),
            because: self.because(index, raised),
            kind: None,
        }
    }

    fn because(&self, index: ResourceIndex, raised: &RaisedGuard) -> Because {
        if let RaisedByWhat::Listed(other) = raised.by {
            match self.selection.bar(other) {
                Bar::Protect(_) | Bar::ProtectUnknown(_) => return Because::Protected,
                Bar::Retain(_) => return Because::Retained,
                Bar::Nothing => {}
            }
            if self.selection.is_selected(other) {
                return Because::Held;
            }
            if self.standing[other.get()] == Standing::Stuck {
                return Because::Blocked;
            }
        }
        let asks_state = match &self.graph.guard(raised.guard).raised_by {
            RaisedBy::State(_) if raised.by_unknown == ByUnknown::Yes => return Because::UnknownState,
            RaisedBy::State(_) => return Because::State,
            RaisedBy::Attribute(_) | RaisedBy::Claim { .. } => return Because::Attribute,
            RaisedBy::Other(other) => other.state.is_some(),
        };
        match raised.by {
            RaisedByWhat::UnknownLinks => return Because::UnknownState,
            RaisedByWhat::Listed(other) if asks_state && self.graph.inventory.resource(other).state().is_unknown() => {
                return Because::UnknownState;
            }
            RaisedByWhat::Dangling(_) => return Because::Dangling,
            RaisedByWhat::Listed(_) | RaisedByWhat::Itself => {}
        }
        let row = index.get();
        let granted = self.collected.forces.row(raised.guard.0 as usize);
        let weakly = meet(self.weak.row(row), granted) && !meet(self.strong.row(row), granted);
        if weakly && reaches(self.graph, raised) {
            return Because::OrphanNotForced;
        }
        Because::NotSelected
    }
}
