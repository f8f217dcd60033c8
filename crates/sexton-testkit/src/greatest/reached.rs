//! Which hard cases a world and its plan reach.

use std::collections::BTreeSet;

use sexton_core::plan::{Because, DrawRole, KeepReason, Plan};
use sexton_core::rulebook::{End, RaisedBy};

use super::{By, Decision, Greatest, How};
use crate::reach::Reach;

/// The word for a reason.
fn word(because: Because) -> &'static str {
    match because {
        Because::Cycle => "held: cycle",
        Because::Unlisted => "held: unlisted",
        Because::Options => "held: options",
        Because::Protected => "held: protected",
        Because::Retained => "held: retained",
        Because::Held => "held: held",
        Because::Blocked => "held: blocked",
        Because::UnknownState => "held: unknown state",
        Because::State => "held: state",
        Because::Attribute => "held: attribute",
        Because::Dangling => "held: dangling",
        Because::OrphanNotForced => "held: orphan not forced",
        Because::NotSelected => "held: not selected",
    }
}

impl Greatest<'_> {
    /// Counts a world by the hard cases that it reaches.
    pub fn count(&self, reach: &Reach, plan: &Plan, decision: &Decision) {
        reach.world();
        self.count_world(reach);
        self.count_set(reach, decision);
        let any = |found: bool, what: &'static str| reach.hit(what, found);
        let steps = || plan.steps.iter();
        any(steps().next().is_some(), "steps");
        any(steps().any(|step| !step.force.is_empty()), "forced steps");
        any(steps().any(|step| !step.wait.is_empty()), "waiting steps");
        any(steps().any(|step| step.with.is_some()), "carried steps");
        any(steps().any(|step| step.rules.len() > 1), "steps of several rules");
        any(steps().any(|step| !step.expect.retained.is_empty()), "steps that retained others justify");
        let drawn = |role| steps().any(|step| step.drawn_by.iter().any(|drawn| drawn.role == role));
        any(drawn(DrawRole::Cascade), "cascades");
        any(drawn(DrawRole::Orphan), "orphans");
        any(!plan.blocked.is_empty(), "blocked");
        let kept =
            |protected: bool| plan.kept.iter().any(|kept| matches!(kept.because, KeepReason::Retain(_)) != protected);
        any(kept(true), "kept: protected");
        any(kept(false), "kept: retained");
        let reasons: BTreeSet<&str> =
            plan.held.iter().flat_map(|held| &held.blockers).map(|blocker| word(blocker.because)).collect();
        reasons.into_iter().for_each(|reason| reach.hit(reason, true));
    }

    fn count_world(&self, reach: &Reach) {
        let any = |found: bool, what: &'static str| reach.hit(what, found);
        let all = || self.resources.iter();
        let places: BTreeSet<&str> = all().map(|resource| resource.address.scope()).collect();
        let accounts: BTreeSet<&str> = all().map(|resource| resource.address.account()).collect();
        let providers: BTreeSet<&str> = all().map(|resource| resource.address.provider()).collect();
        any(self.resources.len() > 100, "more than 100 resources");
        any(self.resources.len() > 250, "more than 250 resources");
        any(places.len() > 1, "several places");
        any(accounts.len() > 1, "several accounts");
        any(providers.len() > 1, "several providers");
        any(all().any(|resource| resource.state.is_unknown()), "unknown states");
        any(all().any(|resource| resource.created_at.is_unknown()), "unknown times");
        any(all().any(|resource| resource.tags.is_unknown()), "unknown tags");
        any(all().any(|resource| resource.attributes.is_unknown()), "unknown attributes");
        any(all().any(|resource| resource.size_bytes.is_unknown()), "unknown sizes");
        any(all().any(|resource| resource.links.is_unknown()), "unknown links");

        let place = |index: usize| self.resources[index].address.scope();
        let raised = || self.raised.iter();
        let across = |from: usize, to: usize| place(from) != place(to);
        any(raised().any(|one| one.other().is_some_and(|other| across(other, one.target))), "guards across places");
        any(raised().any(|one| one.other() == Some(one.target)), "guards by oneself");
        any(raised().any(|one| one.unknown), "guards by unknown facts");
        any(raised().any(|one| matches!(one.by, By::Dangling(_))), "guards by what is not there");
        any(raised().any(|one| one.by == By::UnknownLinks), "guards by unknown links");
        let other = |end| {
            let found = |one: &super::Raised<'_>| one.guard.other().is_some_and(|other| other.end == end);
            raised().any(|one| !one.goes_with() && found(one))
        };
        any(other(End::Dependent), "guards by dependents");
        any(other(End::Dependency), "guards by dependencies");
        any(raised().any(|one| matches!(one.guard.raised_by, RaisedBy::State(_))), "guards by states");
        any(raised().any(|one| matches!(one.guard.raised_by, RaisedBy::Attribute(_))), "guards by attributes");
        any(raised().any(|one| matches!(one.guard.raised_by, RaisedBy::Claim { .. })), "guards by claims");
        for code in raised().map(|one| one.guard.code.as_str()).collect::<BTreeSet<_>>() {
            reach.hit(format!("raised: {code}"), true);
        }
        any(self.on_cycle.contains(&true), "cycles");
        any(self.unlisted.iter().any(|kinds| !kinds.is_empty()), "incomplete censuses");
        any(!self.policy.assume_none.is_empty() && self.is_waived(), "waivers that count");
        let carriers: Vec<usize> =
            (0..self.resources.len()).filter(|index| !self.goes_with(*index).is_empty()).collect();
        any(!carriers.is_empty(), "carriers");
        any(carriers.iter().any(|one| self.raised_by(*one).any(super::Raised::goes_with)), "carriers that are carried");
        let options = (0..self.resources.len()).any(|index| self.options_disagree(index));
        any(options, "disagreeing options");
    }

    /// Whether a waiver takes a kind as empty that was not listed.
    fn is_waived(&self) -> bool {
        let mut strict = self.policy.clone();
        strict.assume_none.clear();
        let strict = Greatest::new(self.inventory, self.rulebooks, &strict);
        strict.unlisted.iter().zip(&self.unlisted).any(|(without, with)| without != with)
    }

    /// Whether two that would hold each other, and were held at first, are not in the set: what held one of them from
    /// without was lost, and each alone would go on holding the other.
    fn embraces(&self, set: &super::Numbers) -> bool {
        let (strong, weak) = self.holders(&self.candidates());
        let lost = |index: usize| {
            let held = !strong[index].is_empty() || !weak[index].is_empty();
            held && !set.contains(&index) && !self.is_selected(index)
        };
        let raises =
            |from: usize, on: usize| self.raised_by(from).any(|raised| raised.target == on && raised.by_dependent());
        self.raised.iter().filter(|raised| raised.by_dependent()).any(|raised| {
            raised.other().is_some_and(|other| {
                other != raised.target && lost(other) && lost(raised.target) && raises(raised.target, other)
            })
        })
    }

    fn count_set(&self, reach: &Reach, decision: &Decision) {
        let any = |found: bool, what: &'static str| reach.hit(what, found);
        let set = &decision.set;
        let deepest = self.waves(set).into_values().max().unwrap_or(0);
        any(deepest >= 3, "three waves after the first");
        any(deepest >= 10, "ten waves after the first");
        any(decision.rounds >= 2, "two rounds");
        any(decision.rounds >= 5, "five rounds");
        any(decision.rounds >= 20, "twenty rounds");
        any(set.len() > 50, "more than 50 steps");
        any(set.iter().any(|index| (&self.before[*index] & set).len() >= 8), "fans of eight");
        // Two ways from one to another.
        let diamond = |index: &usize| {
            let before: Vec<usize> = self.before[*index].intersection(set).copied().collect();
            let mut seen = BTreeSet::new();
            before.iter().any(|one| self.before[*one].intersection(set).any(|far| !seen.insert(*far)))
        };
        any(set.iter().any(diamond), "diamonds");
        any(set.iter().any(|index| decision.strong[*index].is_empty()), "weak holds alone");
        let orphan_of_orphan = |index: &usize| {
            decision.strong[*index].is_empty()
                && self
                    .raised_on(*index)
                    .filter_map(super::Raised::other)
                    .all(|other| !set.contains(&other) || decision.strong[other].is_empty())
        };
        any(set.iter().any(orphan_of_orphan), "orphans of orphans");
        any(self.embraces(set), "embraces that were let go");
        let drawn = |index: &&usize| self.matched[**index].is_empty() && !decision.strong[**index].is_empty();
        let deep = |index: &usize| {
            self.raised_by(*index)
                .filter(|raised| raised.by_dependent() && set.contains(&raised.target))
                .all(|raised| self.matched[raised.target].is_empty())
        };
        any(set.iter().filter(drawn).any(deep), "cascades of cascades");
        let how = |raised: &super::Raised<'_>| {
            let target = raised.target;
            self.how(raised, set, &decision.strong[target], &decision.weak[target])
        };
        let met = || self.raised.iter().filter(|raised| set.contains(&raised.target));
        let forceable = |raised: &super::Raised<'_>| {
            let grants = |rule: &usize| self.policy.collect[*rule].force.contains(&raised.guard.code);
            decision.strong[raised.target].iter().any(grants)
        };
        any(met().any(|raised| how(raised) == How::OtherGoes && forceable(raised)), "force granted and not needed");
        any(met().any(|raised| how(raised) == How::Waited && forceable(raised)), "waits before force");
        let for_some = |raised: &&super::Raised<'_>| raised.guard.force().is_some_and(|force| force.only.is_some());
        any(met().filter(for_some).any(|raised| how(raised) == How::Forced), "forces for some only");
        let missed = |raised: &super::Raised<'_>| {
            let grants = |rule: &usize| self.policy.collect[*rule].force.contains(&raised.guard.code);
            !self.forceable(raised) && self.matched[raised.target].iter().any(grants)
        };
        any(self.raised.iter().filter(for_some).any(missed), "forces that are for others only");
    }
}
