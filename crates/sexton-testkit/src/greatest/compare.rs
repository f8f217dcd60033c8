//! A plan against the decision: every part of it that the specification decides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Debug};

use sexton_core::address::{Address, GuardCode};
use sexton_core::plan::{Because, Blocker, DrawRole, Held, KeepReason, Plan, Step};
use sexton_core::rulebook::RaisedBy;

use super::{Bar, By, Decision, Greatest, How, Numbers, Raised};

/// Where a plan is not what the specification says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    what: String,
    expected: String,
    found: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}, found {}", self.what, self.expected, self.found)
    }
}

impl std::error::Error for Difference {}

fn same<T: PartialEq + Debug>(what: impl fmt::Display, expected: &T, found: &T) -> Result<(), Difference> {
    if expected == found {
        return Ok(());
    }
    Err(Difference { what: what.to_string(), expected: format!("{expected:?}"), found: format!("{found:?}") })
}

fn must(holds: bool, what: impl fmt::Display) -> Result<(), Difference> {
    same(what, &true, &holds)
}

impl Greatest<'_> {
    /// Checks a plan: what goes, in which order, held by which rules, what is forced, waited for and drawn in; what is
    /// held, by what and why; what is kept.
    ///
    /// # Errors
    /// The first difference.
    pub fn check(&self, plan: &Plan, decision: &Decision) -> Result<(), Difference> {
        let address = |index: &usize| self.resources[*index].address.clone();
        let set: BTreeSet<Address> = decision.set.iter().map(address).collect();
        same("the collected set", &set, &plan.steps.iter().map(|step| step.address.clone()).collect())?;
        let waves = self.waves(&decision.set);
        let mut order: Vec<usize> = decision.set.iter().copied().collect();
        order.sort_by_key(|index| (waves[index], *index));
        same("the order", &order.iter().map(address).collect::<Vec<_>>(), &addresses(&plan.steps))?;
        let place: BTreeMap<usize, u32> = order.iter().copied().zip(0..).collect();
        for (index, step) in order.iter().zip(&plan.steps) {
            self.check_step(*index, step, decision, &place, &waves)?;
        }
        self.check_rest(plan, decision)
    }

    fn check_step(
        &self,
        index: usize,
        step: &Step,
        decision: &Decision,
        place: &BTreeMap<usize, u32>,
        waves: &BTreeMap<usize, u32>,
    ) -> Result<(), Difference> {
        let of = |what: &str| format!("{what} of {}", step.address);
        let (strong, weak) = (&decision.strong[index], &decision.weak[index]);
        same(of("the place"), &place[&index], &step.index)?;
        same(of("the wave"), &waves[&index], &step.wave)?;
        same(of("the rules"), &self.names(strong.union(weak)), &step.rules)?;
        let after: BTreeSet<u32> = self.before[index].iter().filter_map(|before| place.get(before).copied()).collect();
        same(of("the predecessors"), &after.into_iter().collect(), &step.after)?;
        let carriers = self.raised_by(index).filter(|raised| raised.goes_with() && raised.target != index);
        let with = carriers.filter_map(|raised| place.get(&raised.target).copied()).min();
        same(of("the carrier"), &with, &step.with)?;

        let (mut forced, mut lost, mut waited) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for raised in self.raised_on(index) {
            match self.how(raised, &decision.set, strong, weak) {
                How::OtherGoes => {}
                How::Forced => {
                    forced.insert(raised.guard.code.clone());
                    lost.extend(self.by_address(raised));
                }
                How::Waited => {
                    waited.insert((raised.guard.code.clone(), self.by_address(raised)));
                }
                How::Not => must(false, of("that every guard is met"))?,
            }
        }
        let accepted = (!forced.is_empty()).then(|| lost.into_iter().collect::<Vec<_>>());
        same(of("the forced guards"), &forced.into_iter().collect::<Vec<_>>(), &step.force)?;
        same(of("the accepted losses"), &accepted, &step.expect.dependents)?;
        let waits = step.wait.iter().map(|wait| (wait.guard.clone(), wait.by.clone())).collect();
        same(of("the waits"), &waited, &waits)?;
        let granted = strong.union(weak).filter_map(|rule| self.policy.collect[*rule].wait).max();
        for wait in &step.wait {
            same(of("the longest wait"), &granted, &Some(wait.timeout))?;
        }
        let drawn = step.drawn_by.iter().map(|drawn| {
            let role = drawn.role == DrawRole::Cascade;
            (drawn.rule.clone(), drawn.by.clone(), drawn.guard.clone(), role)
        });
        same(of("what draws it"), &self.drawn(index, decision), &drawn.collect())
    }

    /// Rule, by what, along which guard, and whether as a cascade rather than as an orphan.
    fn drawn(&self, index: usize, decision: &Decision) -> BTreeSet<(String, Address, GuardCode, bool)> {
        let mut drawn = BTreeSet::new();
        let mut along = |raised: &Raised<'_>, by: usize, rules: Numbers, cascade: bool| {
            for name in self.names(&rules) {
                drawn.insert((name, self.resources[by].address.clone(), raised.guard.code.clone(), cascade));
            }
        };
        for raised in self.raised_by(index).filter(|raised| raised.by_dependent()) {
            let target = raised.target;
            if target != index && decision.set.contains(&target) {
                along(raised, target, &decision.strong[target] & &self.cascades[index], true);
            }
        }
        for raised in self.raised_on(index).filter(|raised| raised.by_dependent()) {
            if let Some(other) = raised.other().filter(|other| *other != index && decision.set.contains(other)) {
                let holding = &decision.strong[other] | &decision.weak[other];
                along(raised, other, &holding & &self.orphans[index], false);
            }
        }
        drawn
    }

    fn check_rest(&self, plan: &Plan, decision: &Decision) -> Result<(), Difference> {
        let kept: BTreeMap<&Address, (Vec<String>, Bar)> = (0..self.resources.len())
            .filter(|index| !self.matched[*index].is_empty())
            .filter_map(|index| {
                self.barred[index].map(|bar| (&self.resources[index].address, (self.names(&self.matched[index]), bar)))
            })
            .collect();
        let found = plan.kept.iter().map(|kept| {
            let bar = match kept.because {
                KeepReason::Protect(_) | KeepReason::ProtectUnknown(_) => Bar::Protected,
                KeepReason::Retain(_) => Bar::Retained,
            };
            (&kept.address, (kept.rules.clone(), bar))
        });
        same("what is kept", &kept, &found.collect())?;
        let held: BTreeMap<&Address, Vec<String>> = (0..self.resources.len())
            .filter(|index| self.is_selected(*index) && !decision.set.contains(index))
            .map(|index| (&self.resources[index].address, self.names(&self.matched[index])))
            .collect();
        same("what is held", &held, &plan.held.iter().map(|held| (&held.address, held.rules.clone())).collect())?;
        let judging = Judging {
            decision,
            drawable: self.holders(&self.candidates()),
            blocked: plan.blocked.iter().map(|held| &held.address).collect(),
        };
        for held in &plan.blocked {
            let index = self.index(&held.address)?;
            let undrawn = self.barred[index].is_none() && self.matched[index].is_empty();
            must(undrawn && !decision.set.contains(&index), format_args!("that {} stays undrawn", held.address))?;
            let (strong, weak) = (&judging.drawable.0[index], &judging.drawable.1[index]);
            let rules = self.names(strong.union(weak));
            same(format_args!("the rules that would draw {}", held.address), &rules, &held.rules)?;
            self.check_blockers(index, held, (strong, weak), &judging)?;
        }
        for held in &plan.held {
            let index = self.index(&held.address)?;
            let rules = &self.matched[index];
            self.check_blockers(index, held, (rules, rules), &judging)?;
        }
        Ok(())
    }

    /// All direct blockers, but for those that would come along: dependents that a rule of the resource takes along.
    fn check_blockers(
        &self,
        index: usize,
        held: &Held,
        (strong, weak): (&Numbers, &Numbers),
        judging: &Judging<'_>,
    ) -> Result<(), Difference> {
        let of = |what: &str| format!("{what} of {}", held.address);
        let listed: BTreeSet<Blocker> = held.blockers.iter().cloned().collect();
        must(!listed.is_empty(), of("that there are blockers"))?;
        let (mut needed, mut optional) = (BTreeSet::new(), BTreeSet::new());
        let bare = |because, kind| Blocker { guard: None, by: None, because, kind };
        if self.on_cycle[index] {
            needed.insert(bare(Because::Cycle, None));
        }
        for kind in &self.unlisted[index] {
            needed.insert(bare(Because::Unlisted, Some(kind.parse().expect("a kind is a kind"))));
        }
        if self.options_disagree(index) {
            needed.insert(bare(Because::Options, None));
        }
        for raised in self.raised_on(index) {
            if self.how(raised, &judging.decision.set, strong, weak) != How::Not {
                continue;
            }
            let blocker = Blocker {
                guard: Some(raised.guard.code.clone()),
                by: self.by_address(raised),
                because: self.because(raised, judging),
                kind: None,
            };
            let along = raised.by_dependent()
                && raised.other().is_some_and(|other| {
                    self.barred[other].is_none() && !judging.drawable.0[index].is_disjoint(&self.cascades[other])
                });
            if along {
                optional.insert(blocker)
            } else {
                needed.insert(blocker)
            };
        }
        must(needed.is_subset(&listed), of(&format!("that {needed:?} are among the blockers {listed:?}")))?;
        let extra: Vec<&Blocker> =
            listed.iter().filter(|one| !needed.contains(one) && !optional.contains(one)).collect();
        same(of("what is no blocker"), &Vec::new(), &extra)
    }

    /// The first reason that applies.
    fn because(&self, raised: &Raised<'_>, judging: &Judging<'_>) -> Because {
        if let Some(other) = raised.other() {
            match self.barred[other] {
                Some(Bar::Protected) => return Because::Protected,
                Some(Bar::Retained) => return Because::Retained,
                None if self.is_selected(other) => return Because::Held,
                None if judging.blocked.contains(&self.resources[other].address) => return Because::Blocked,
                None => {}
            }
        }
        match (&raised.guard.raised_by, &raised.by) {
            (RaisedBy::State(_), _) if raised.unknown => return Because::UnknownState,
            (RaisedBy::State(_), _) => return Because::State,
            (RaisedBy::Attribute(_) | RaisedBy::Claim { .. }, _) => return Because::Attribute,
            (RaisedBy::Other(_), By::UnknownLinks) => return Because::UnknownState,
            (RaisedBy::Other(rule), By::Listed(other))
                if rule.state.is_some() && self.resources[*other].state.is_unknown() =>
            {
                return Because::UnknownState;
            }
            (RaisedBy::Other(_), By::Dangling(_)) => return Because::Dangling,
            (RaisedBy::Other(_), By::Listed(_) | By::Itself) => {}
        }
        let grants = |rules: &Numbers| {
            self.forceable(raised)
                && rules.iter().any(|rule| self.policy.collect[*rule].force.contains(&raised.guard.code))
        };
        let (strong, weak) = (&judging.drawable.0[raised.target], &judging.drawable.1[raised.target]);
        if grants(weak) && !grants(strong) { Because::OrphanNotForced } else { Because::NotSelected }
    }

    fn by_address(&self, raised: &Raised<'_>) -> Option<Address> {
        match &raised.by {
            By::Listed(other) => Some(self.resources[*other].address.clone()),
            By::Dangling(address) => Some(address.clone()),
            By::Itself | By::UnknownLinks => None,
        }
    }

    fn index(&self, address: &Address) -> Result<usize, Difference> {
        self.number.get(address).copied().ok_or_else(|| Difference {
            what: "a resource of the report".to_owned(),
            expected: "one of the inventory".to_owned(),
            found: address.to_string(),
        })
    }

    fn names<'r>(&self, rules: impl IntoIterator<Item = &'r usize>) -> Vec<String> {
        rules.into_iter().map(|rule| self.policy.collect[*rule].name.clone()).collect()
    }
}

/// What blockers are judged by.
struct Judging<'d> {
    decision: &'d Decision,
    /// Who would hold what if nothing were in the way of anything.
    drawable: (Vec<Numbers>, Vec<Numbers>),
    blocked: BTreeSet<&'d Address>,
}

fn addresses(steps: &[Step]) -> Vec<Address> {
    steps.iter().map(|step| step.address.clone()).collect()
}
