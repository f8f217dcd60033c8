//! What the plan says of what stays: what is held, blocked and kept, and why.
//!
//! What a rule would take if nothing were in its way is a *candidate*. A candidate that does not go is *stuck* where
//! something is in its way: by itself, or a guard that is not met. What the rules that hold it would take along, and
//! what is not stuck itself, is not in its way: it stays only because the candidate does.

use std::collections::BTreeSet;

use super::holders::{Holders, Met, met, reaches};
use super::rules::{Members, either, rules, share, some};
use super::standing::Bar;
use super::steps::{Ground, Steps};
use super::violation::{List, ReportPart, Violation, Violations, shown};
use super::world::{By, Certainty, Raised};
use crate::address::Address;
use crate::fact::Fact;
use crate::plan::{Because, Blocker, Held, Plan};
use crate::rulebook::RaisedBy;

/// What is known of what stays.
pub(super) struct Stays<'r, 'a> {
    ground: Ground<'r, 'a>,
    steps: &'r Steps,
    /// Who would hold what, were nothing in the way of anything that may be removed.
    holders: Holders,
    candidates: Members,
    stuck: Members,
}

/// Counts of what stays.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stayed {
    pub(super) held: u64,
    pub(super) blocked: u64,
    pub(super) kept: u64,
    /// Whether nothing is held or blocked for something that was not listed.
    pub(super) complete: bool,
}

impl<'r, 'a> Stays<'r, 'a> {
    pub(super) fn read(ground: Ground<'r, 'a>, steps: &'r Steps) -> Self {
        let world = ground.world;
        let count = world.inventory.len();
        let holders = Holders::among(world, ground.standing, &ground.unbarred());
        let mut candidates = Members::new(count);
        for resource in holders.held().iter().filter(|resource| !steps.has(**resource)) {
            candidates.insert(*resource);
        }
        let mut stays = Self { ground, steps, holders, candidates, stuck: Members::new(count) };
        stays.find_stuck();
        stays
    }

    /// What is stuck by itself, then what that leaves in the way of others.
    fn find_stuck(&mut self) {
        let world = self.ground.world;
        let mut found: Vec<u32> = self
            .candidates
            .iter()
            .filter(|resource| {
                !self.ground.is_free(*resource)
                    || world.raised_on(*resource).iter().any(|raised| self.in_the_way(*resource, *raised))
            })
            .collect();
        found.iter().for_each(|resource| self.stuck.insert(*resource));
        while let Some(resource) = found.pop() {
            for raised in world.raised_by(resource) {
                let target = raised.target();
                if self.candidates.has(target) && !self.stuck.has(target) && self.in_the_way(target, raised) {
                    self.stuck.insert(target);
                    found.push(target);
                }
            }
        }
    }

    fn in_the_way(&self, resource: u32, raised: Raised) -> bool {
        !self.is_met(resource, raised) && !self.comes_along(resource, raised)
    }

    /// Whether a guard on a candidate is met by what goes, a wait or a force. What is selected is judged by the rules
    /// that match it.
    fn is_met(&self, resource: u32, raised: Raised) -> bool {
        let Ground { world, standing, .. } = self.ground;
        let matched = standing.matched.of(resource as usize);
        let (strong, weak) = if standing.is_selected(resource) {
            (matched, matched)
        } else {
            (self.holders.strong(resource), self.holders.weak(resource))
        };
        met(world, standing, raised, strong, weak, |other| self.steps.has(other)) != Met::No
    }

    /// Whether a rule that holds a resource would take along what raises a guard on it, and nothing of that one's own is
    /// in the way.
    fn comes_along(&self, resource: u32, raised: Raised) -> bool {
        let By::Listed(other) = raised.by() else { return false };
        self.ground.world.by_dependent(raised.guard())
            && self.candidates.has(other)
            && !self.stuck.has(other)
            && share(self.holders.strong(resource), self.ground.standing.cascade.of(other as usize))
    }

    /// Compares all three lists.
    pub(super) fn check(&self, plan: &Plan, violations: &mut Violations) -> Stayed {
        let Ground { world, standing, policy, .. } = self.ground;
        let (mut held, mut blocked, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for resource in standing.all_matched.iter().copied() {
            if standing.is_barred(resource) {
                kept.push(resource);
            } else if !self.steps.has(resource) {
                held.push(resource);
            }
        }
        blocked.extend(self.stuck.iter().filter(|resource| !standing.is_matched(*resource)));
        let mut complete = true;
        for (list, own, found) in [(List::Held, &held, &plan.held), (List::Blocked, &blocked, &plan.blocked)] {
            complete &= own.iter().all(|at| self.ground.listed.unlisted(world.group_of(*at)).is_empty());
            let pairs = self.paired(list, own, found, |held: &Held| &held.address, violations);
            for (resource, found) in pairs {
                self.compare_held(list, resource, found, violations);
            }
        }
        for (resource, found) in self.paired(List::Kept, &kept, &plan.kept, |kept| &kept.address, violations) {
            let expected = standing.matched.of(resource as usize);
            let expected: Vec<&str> = rules(expected).map(|rule| policy.collect[rule].name.as_str()).collect();
            self.compare(List::Kept, resource, ReportPart::Rules, &expected, &found.rules, violations);
            if let Some(because) = standing.keep_reason(policy, resource) {
                self.compare(List::Kept, resource, ReportPart::Because, &because, &found.because, violations);
            }
        }
        let count = |list: &[u32]| list.len() as u64;
        Stayed { held: count(&held), blocked: count(&blocked), kept: count(&kept), complete }
    }

    /// The entries of a list with the resources they belong to. Both ascend, so that one walk finds what is missing and
    /// what is too much.
    fn paired<'p, T>(
        &self,
        list: List,
        own: &[u32],
        found: &'p [T],
        address: impl Fn(&T) -> &Address,
        violations: &mut Violations,
    ) -> Vec<(u32, &'p T)> {
        let world = self.ground.world;
        let mut pairs = Vec::with_capacity(own.len());
        let mut own = own.iter().copied().peekable();
        let mut last: Option<&Address> = None;
        for entry in found {
            let of = address(entry);
            if last.is_some_and(|last| last >= of) {
                violations.add(|| Violation::Unsorted { list, address: of.clone() });
                continue;
            }
            last = Some(of);
            if own.peek().is_some_and(|next| world.is(*next, of)) {
                pairs.extend(own.next().map(|resource| (resource, entry)));
                continue;
            }
            let place = world.find(of);
            while let Some(missing) = own.next_if(|next| match place {
                Some(place) => *next < place,
                None => world.address(*next) < *of,
            }) {
                violations.add(|| Violation::Unreported { list, address: world.address(missing) });
            }
            match own.next_if(|next| Some(*next) == place) {
                Some(resource) => pairs.push((resource, entry)),
                None => violations.add(|| Violation::WronglyReported { list, address: of.clone() }),
            }
        }
        for missing in own {
            violations.add(|| Violation::Unreported { list, address: world.address(missing) });
        }
        pairs
    }

    fn compare<E, F>(
        &self,
        list: List,
        resource: u32,
        part: ReportPart,
        expected: &E,
        found: &F,
        violations: &mut Violations,
    ) where
        E: serde::Serialize + PartialEq<F> + ?Sized,
        F: serde::Serialize + ?Sized,
    {
        if expected != found {
            violations.add(|| Violation::Report {
                list,
                address: self.ground.world.address(resource),
                part,
                expected: shown(expected),
                found: shown(found),
            });
        }
    }

    fn compare_held(&self, list: List, resource: u32, found: &Held, violations: &mut Violations) {
        let Ground { standing, policy, .. } = self.ground;
        let name = |rule: usize| policy.collect[rule].name.as_str();
        let expected: Vec<&str> = if standing.is_selected(resource) {
            rules(standing.matched.of(resource as usize)).map(name).collect()
        } else {
            either(self.holders.strong(resource), self.holders.weak(resource)).map(name).collect()
        };
        self.compare(list, resource, ReportPart::Rules, &expected, &found.rules, violations);
        let blockers = self.blockers(resource);
        self.compare(list, resource, ReportPart::Blockers, &blockers, &found.blockers, violations);
    }

    /// All that is directly in the way of a resource, in a plan's order.
    fn blockers(&self, resource: u32) -> Vec<Blocker> {
        let Ground { world, listed, sequence, standing, policy } = self.ground;
        let own = |because, kind| Blocker { guard: None, by: None, because, kind };
        let mut blockers = BTreeSet::new();
        if sequence.on_cycle(resource) {
            blockers.insert(own(Because::Cycle, None));
        }
        let unlisted = listed.unlisted(world.group_of(resource));
        blockers.extend(unlisted.iter().map(|kind| own(Because::Unlisted, Some((*kind).clone()))));
        if standing.options(policy, resource).is_none() {
            blockers.insert(own(Because::Options, None));
        }
        let by_guard = |raised: &Raised| Blocker {
            guard: Some(world.guard(raised.guard()).code.clone()),
            by: world.by_address(raised.by()),
            because: self.because(resource, *raised),
            kind: None,
        };
        let raised = world.raised_on(resource).iter();
        blockers.extend(raised.clone().filter(|raised| self.in_the_way(resource, **raised)).map(by_guard));
        if blockers.is_empty() {
            // All would come along, and stays for reasons that show under other rules than this resource's own.
            blockers.extend(raised.filter(|raised| !self.is_met(resource, **raised)).map(by_guard));
        }
        blockers.into_iter().collect()
    }

    /// Why a guard is in the way: of the reasons that apply the first.
    fn because(&self, resource: u32, raised: Raised) -> Because {
        let Ground { world, standing, .. } = self.ground;
        if let By::Listed(other) = raised.by() {
            match standing.bar(other) {
                Bar::Protected(_) | Bar::NotExcluded(_) => return Because::Protected,
                Bar::Retained(_) => return Because::Retained,
                Bar::None if standing.is_matched(other) => return Because::Held,
                Bar::None if self.stuck.has(other) => return Because::Blocked,
                Bar::None => {}
            }
        }
        let rule = match &world.guard(raised.guard()).raised_by {
            RaisedBy::State(_) => {
                return match raised.certainty() {
                    Certainty::Unknown => Because::UnknownState,
                    Certainty::Known => Because::State,
                };
            }
            RaisedBy::Attribute(_) | RaisedBy::Claim { .. } => return Because::Attribute,
            RaisedBy::Other(rule) => rule,
        };
        match raised.by() {
            By::UnknownLinks => return Because::UnknownState,
            By::Dangling(_) => return Because::Dangling,
            By::Listed(other) => {
                if rule.state.is_some() && matches!(world.resource(other).state(), Fact::Unknown) {
                    return Because::UnknownState;
                }
            }
            By::Itself => {}
        }
        let grants = standing.forces.of(raised.guard() as usize);
        let granted = |rules: &[u64]| some(grants) && share(rules, grants);
        let weakly = granted(self.holders.weak(resource)) && !granted(self.holders.strong(resource));
        if weakly && reaches(world, raised) {
            return Because::OrphanNotForced;
        }
        Because::NotSelected
    }
}
