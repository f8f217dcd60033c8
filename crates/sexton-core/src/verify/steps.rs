//! The steps against what the inputs give for each: their members, their order, what they say and expect.

use std::cmp::Ordering;
use std::num::NonZeroUsize;
use std::sync::Arc;

use super::arranged::Order;
use super::attributes::AttributesRead;
use super::groups::number;
use super::holders::{Holders, Met, met};
use super::listed::Listed;
use super::parallel;
use super::rules::{Members, both, either, has};
use super::sequence::Sequence;
use super::standing::Standing;
use super::violation::{StepPart, Violation, Violations, shown};
use super::world::{By, Raised, World};
use crate::address::{Address, GuardCode};
use crate::fact::Fact;
use crate::inventory::TagsRef;
use crate::plan::{DrawRole, DrawnBy, Options, Plan, Step, WaitFor};
use crate::policy::Policy;
use crate::resource::Tags;
use crate::rulebook::Visibility;
use crate::time::Span;

/// How many of the retained of one group a step names.
const NAMED_RETAINED: usize = 32;

/// What every part of the reading needs.
#[derive(Clone, Copy)]
pub(super) struct Ground<'r, 'a> {
    pub(super) world: &'r World<'a>,
    pub(super) listed: &'r Listed<'a>,
    pub(super) sequence: &'r Sequence,
    pub(super) standing: &'r Standing,
    pub(super) policy: &'r Policy,
}

impl Ground<'_, '_> {
    /// Whether any rulebook has an operation that removes a resource.
    pub(super) fn removable(&self, resource: u32) -> bool {
        self.world.class_of(resource).rules.is_some_and(|rules| rules.removal.is_some())
    }

    /// Whether nothing is in the way of a resource by itself.
    pub(super) fn is_free(&self, resource: u32) -> bool {
        !self.sequence.on_cycle(resource)
            && self.listed.unlisted(self.world.group_of(resource)).is_empty()
            && self.standing.options(self.policy, resource).is_some()
    }

    /// Whether a resource could go by itself.
    pub(super) fn may_go(&self, resource: u32) -> bool {
        self.removable(resource) && !self.standing.is_barred(resource) && self.is_free(resource)
    }

    /// Everything that may be removed and is not barred.
    pub(super) fn unbarred(&self) -> Members {
        let mut unbarred = Members::new(self.world.inventory.len());
        for (at, group) in self.world.groups().iter().enumerate() {
            if self.world.class_of_group(at).rules.is_some_and(|rules| rules.removal.is_some()) {
                let own = group.members().filter(|resource| !self.standing.is_barred(*resource));
                own.for_each(|resource| unbarred.insert(resource));
            }
        }
        unbarred
    }

    /// Everything that could go by itself.
    pub(super) fn fit(&self) -> Members {
        let mut fit = self.unbarred();
        for (at, group) in self.world.groups().iter().enumerate() {
            if !self.listed.unlisted(at).is_empty() {
                group.members().for_each(|resource| fit.remove(resource));
            }
        }
        self.sequence.all_on_cycles().for_each(|resource| fit.remove(resource));
        let matched = self.standing.all_matched.iter().copied();
        matched.filter(|at| self.standing.options(self.policy, *at).is_none()).for_each(|at| fit.remove(at));
        fit
    }
}

const NOWHERE: u32 = u32::MAX;

/// Which resources the steps of a plan remove.
#[derive(Debug)]
pub(super) struct Steps {
    /// By resource: its step.
    place: Vec<u32>,
    /// By step: its resource; none where it has none, or one that an earlier step has.
    resources: Vec<Option<u32>>,
    pub(super) collected: Members,
}

impl Steps {
    /// Finds the resources of the steps. They are looked for where they are expected first.
    pub(super) fn find(world: &World<'_>, plan: &Plan, expected: &[u32], violations: &mut Violations) -> Self {
        let count = world.inventory.len();
        let mut steps = Self { place: vec![NOWHERE; count], resources: Vec::new(), collected: Members::new(count) };
        for (at, step) in plan.steps.iter().enumerate() {
            let address = || step.address.clone();
            let expected = expected.get(at).copied().filter(|resource| world.is(*resource, &step.address));
            let resource = match expected.or_else(|| world.find(&step.address)) {
                None => {
                    violations.add(|| Violation::NotInInventory { step: at, address: address() });
                    None
                }
                Some(resource) if steps.place[resource as usize] != NOWHERE => {
                    violations.add(|| Violation::Repeated { step: at, address: address() });
                    None
                }
                Some(resource) => {
                    steps.place[resource as usize] = u32::try_from(at).unwrap_or(NOWHERE);
                    steps.collected.insert(resource);
                    Some(resource)
                }
            };
            steps.resources.push(resource);
        }
        steps
    }

    /// Whether the steps remove these resources, in this order, and nothing else.
    pub(super) fn are(&self, expected: &[u32]) -> bool {
        self.resources.iter().copied().eq(expected.iter().copied().map(Some))
    }

    pub(super) fn has(&self, resource: u32) -> bool {
        self.collected.has(resource)
    }

    pub(super) fn place(&self, resource: u32) -> Option<u32> {
        Some(self.place[resource as usize]).filter(|place| *place != NOWHERE)
    }

    /// By step: its resource, as far as it has one of its own.
    pub(super) fn resources(&self) -> &[Option<u32>] {
        &self.resources
    }

    /// The steps that remove something of the inventory, each once.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        self.resources.iter().enumerate().filter_map(|(at, resource)| resource.map(|resource| (at, resource)))
    }
}

/// Whether what the steps remove may go: not barred, held by a rule, on no cycle, completely listed, of one mind about
/// options, and with every guard on it met.
pub(super) fn check_members(ground: Ground<'_, '_>, steps: &Steps, holders: &Holders, violations: &mut Violations) {
    let Ground { world, listed, sequence, standing, policy } = ground;
    for (_, resource) in steps.iter() {
        let address = || world.address(resource);
        if let Some(because) = standing.keep_reason(policy, resource) {
            violations.add(|| Violation::Barred { address: address(), because });
        }
        if !ground.removable(resource) {
            violations.add(|| Violation::NotRemovable { address: address() });
        }
        if !holders.hold(resource) {
            violations.add(|| Violation::NotHeld { address: address() });
        }
        if sequence.on_cycle(resource) {
            violations.add(|| Violation::Cycle { address: address() });
        }
        for kind in listed.unlisted(world.group_of(resource)) {
            violations.add(|| Violation::Unlisted { address: address(), kind: (*kind).clone() });
        }
        if standing.options(policy, resource).is_none() {
            violations.add(|| Violation::OptionsDisagree { address: address() });
        }
        let (strong, weak) = (holders.strong(resource), holders.weak(resource));
        for raised in world.raised_on(resource) {
            if met(world, standing, *raised, strong, weak, |other| steps.has(other)) == Met::No {
                violations.add(|| Violation::NotMet {
                    address: address(),
                    guard: world.guard(raised.guard()).code.clone(),
                    by: world.by_address(raised.by()),
                });
            }
        }
    }
}

/// Texts by number, numbered as they are ordered.
struct Ranks<'r> {
    texts: Vec<&'r str>,
    ranks: Vec<u32>,
}

impl<'r> Ranks<'r> {
    fn of(unsorted: Vec<&'r str>) -> Self {
        let mut texts = unsorted.clone();
        texts.sort_unstable();
        texts.dedup();
        let rank = |text: &&str| number(texts.binary_search(text).expect("a text is among its like"));
        let ranks = unsorted.iter().map(rank).collect();
        Self { texts, ranks }
    }

    fn rank(&self, at: usize) -> u32 {
        self.ranks[at]
    }

    fn text(&self, rank: u32) -> &'r str {
        self.texts[rank as usize]
    }
}

struct Checker<'r, 'a> {
    ground: Ground<'r, 'a>,
    steps: &'r Steps,
    holders: &'r Holders,
    order: &'r Order,
    rule_names: &'r Ranks<'r>,
    codes: &'r Ranks<'r>,
    attributes: AttributesRead<'r>,
    violations: Violations,
}

/// Whether every step says what the inputs give for it.
pub(super) fn check_steps(
    ground: Ground<'_, '_>,
    plan: &Plan,
    steps: &Steps,
    (order, holders): (&Order, &Holders),
    workers: NonZeroUsize,
    violations: &mut Violations,
) {
    let rule_names = Ranks::of(ground.policy.collect.iter().map(|rule| rule.name.as_str()).collect());
    let codes = Ranks::of(ground.world.guards().iter().map(|guard| guard.code.as_str()).collect());
    let checker = || Checker {
        ground,
        steps,
        holders,
        order,
        rule_names: &rule_names,
        codes: &codes,
        attributes: AttributesRead::default(),
        violations: Violations::default(),
    };
    let pieces = parallel::pieces(plan.steps.len(), workers);
    let found = parallel::each(pieces.len(), workers, |piece| {
        let mut checker = checker();
        for at in pieces[piece].clone() {
            if let Some(resource) = steps.resources()[at] {
                checker.check(at, resource, &plan.steps[at]);
            }
        }
        checker.violations
    });
    found.into_iter().for_each(|found| violations.absorb(found));
    let mut checker = checker();
    let mut last = None;
    for (at, resource) in steps.iter() {
        if let Some(wave) = order.wave(at) {
            let own = (wave, resource);
            if last.is_some_and(|last| last >= own) {
                let (expected, found) = ("after what is of lower wave and address", "before it");
                checker.differs(at, &plan.steps[at], StepPart::Place, expected, found);
            }
            last = Some(own);
        }
    }
    violations.absorb(checker.violations);
}

impl Checker<'_, '_> {
    fn differs(
        &mut self,
        at: usize,
        step: &Step,
        part: StepPart,
        expected: &(impl serde::Serialize + ?Sized),
        found: &(impl serde::Serialize + ?Sized),
    ) {
        self.violations.add(|| Violation::Step {
            step: at,
            address: step.address.clone(),
            part,
            expected: shown(expected),
            found: shown(found),
        });
    }

    fn same<T: serde::Serialize + PartialEq + ?Sized>(
        &mut self,
        at: usize,
        step: &Step,
        part: StepPart,
        expected: &T,
        found: &T,
    ) {
        if expected != found {
            self.differs(at, step, part, expected, found);
        }
    }

    fn check(&mut self, at: usize, resource: u32, step: &Step) {
        let Ground { world, standing, policy, .. } = self.ground;
        let facts = world.resource(resource);
        self.same(at, step, StepPart::Index, &number(at), &step.index);
        self.same(at, step, StepPart::Name, &facts.name().known(), &step.name.as_deref());
        let created_at = facts.created_at().known();
        self.same(at, step, StepPart::CreatedAt, &created_at, &step.created_at);
        self.same(at, step, StepPart::ExpectedCreatedAt, &created_at, &step.expect.created_at);
        self.same(at, step, StepPart::SizeBytes, &facts.size_bytes().known(), &step.size_bytes);
        self.same(at, step, StepPart::ExpectedState, &facts.state().known(), &step.expect.state.as_deref());
        // Both are most often the same ones in memory.
        let alike = match (&step.tags, &step.expect.tags) {
            (Some(tags), Some(expected)) => Arc::ptr_eq(tags, expected),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        let same = same_tags(facts.tags(), step.tags.as_deref());
        let same_expected = if alike { same } else { same_tags(facts.tags(), step.expect.tags.as_deref()) };
        for (part, same, found) in
            [(StepPart::Tags, same, &step.tags), (StepPart::ExpectedTags, same_expected, &step.expect.tags)]
        {
            if !same {
                self.differs(at, step, part, &facts.tags().map(TagsRef::to_tags).known(), found);
            }
        }
        if let Some(wave) = self.order.wave(at) {
            self.same(at, step, StepPart::Wave, &wave, &step.wave);
        }
        if self.order.before(at) != step.after {
            let expected = self.order.before(at).to_vec();
            self.differs(at, step, StepPart::After, &expected, &step.after);
        }
        let carries = |raised: &Raised| world.goes_with(raised.guard()) && raised.target() != resource;
        let carriers = world.raised_by(resource).filter(carries);
        let carrier = carriers.filter_map(|raised| self.steps.place(raised.target())).min();
        self.same(at, step, StepPart::With, &carrier, &step.with);

        let (strong, weak) = (self.holders.strong(resource), self.holders.weak(resource));
        let names = || either(strong, weak).map(|rule| policy.collect[rule].name.as_str());
        if !names().eq(step.rules.iter().map(String::as_str)) {
            self.differs(at, step, StepPart::Rules, &names().collect::<Vec<_>>(), &step.rules);
        }
        self.check_draws(at, resource, step);
        self.check_guards(at, resource, step);
        if let Some(options) = standing.options(policy, resource) {
            let none = Options::new();
            self.same(at, step, StepPart::Options, options.unwrap_or(&none), &step.options);
        }
        let holding = || either(strong, weak);
        let expected = self.attributes.expected(self.ground, resource, (strong, weak));
        if let Some((expected, found)) = expected.difference(facts, &step.expect.attrs) {
            self.differs(at, step, StepPart::ExpectedAttributes, &expected, &found);
        }
        let mut retained = Vec::new();
        for rule in holding() {
            retained.extend_from_slice(standing.retained_of(rule, resource, NAMED_RETAINED));
        }
        retained.sort_unstable();
        retained.dedup();
        let found = &step.expect.retained;
        if retained.len() != found.len() || !retained.iter().zip(found).all(|(own, found)| world.is(*own, found)) {
            let expected: Vec<Address> = retained.iter().map(|own| world.address(*own)).collect();
            self.differs(at, step, StepPart::ExpectedRetained, &expected, found);
        }
    }

    /// How it was drawn in, along every guard between two that go.
    fn check_draws(&mut self, at: usize, resource: u32, step: &Step) {
        let Ground { world, standing, .. } = self.ground;
        let (cascade, orphans) = (standing.cascade.of(resource as usize), standing.orphans.of(resource as usize));
        let mut expected: Vec<(u32, u32, u32, DrawRole)> = Vec::new();
        let neighbour = |by: u32, guard: u32| by != resource && world.by_dependent(guard) && self.steps.has(by);
        for raised in world.raised_by(resource).filter(|raised| neighbour(raised.target(), raised.guard())) {
            for rule in both(self.holders.strong(raised.target()), cascade) {
                let code = self.codes.rank(raised.guard() as usize);
                expected.push((self.rule_names.rank(rule), raised.target(), code, DrawRole::Cascade));
            }
        }
        for raised in world.raised_on(resource) {
            let By::Listed(other) = raised.by() else { continue };
            if !neighbour(other, raised.guard()) {
                continue;
            }
            let drawing = either(self.holders.strong(other), self.holders.weak(other));
            for rule in drawing.filter(|rule| has(orphans, *rule)) {
                let code = self.codes.rank(raised.guard() as usize);
                expected.push((self.rule_names.rank(rule), other, code, DrawRole::Orphan));
            }
        }
        expected.sort_unstable();
        expected.dedup();
        let same = |(rule, by, code, role): &(u32, u32, u32, DrawRole), found: &DrawnBy| {
            found.rule == self.rule_names.text(*rule)
                && found.guard.as_str() == self.codes.text(*code)
                && found.role == *role
                && world.is(*by, &found.by)
        };
        let count = expected.len().max(step.drawn_by.len());
        let different = (0..count).find(|place| {
            let pair = expected.get(*place).zip(step.drawn_by.get(*place));
            !pair.is_some_and(|(expected, found)| same(expected, found))
        });
        let Some(place) = different else { return };
        let wanted = expected.get(place).map(|(rule, by, code, role)| DrawnBy {
            rule: self.rule_names.text(*rule).to_owned(),
            by: world.address(*by),
            guard: GuardCode::new(self.codes.text(*code)).expect("a guard's code is one"),
            role: *role,
        });
        let found = step.drawn_by.get(place).cloned();
        self.differs(
            at,
            step,
            StepPart::DrawnBy,
            &(expected.len(), place, wanted),
            &(step.drawn_by.len(), place, found),
        );
    }

    /// What is forced and waited for, and what is lost by it.
    fn check_guards(&mut self, at: usize, resource: u32, step: &Step) {
        let Ground { world, standing, policy, .. } = self.ground;
        let (strong, weak) = (self.holders.strong(resource), self.holders.weak(resource));
        let (mut forced, mut lost, mut waits) = (Vec::new(), Vec::new(), Vec::new());
        let timeout = either(strong, weak).filter_map(|rule| policy.collect[rule].wait).max().unwrap_or(Span::ZERO);
        for raised in world.raised_on(resource) {
            match met(world, standing, *raised, strong, weak, |other| self.steps.has(other)) {
                Met::Goes | Met::No => {}
                Met::Forced => {
                    forced.push(raised.guard());
                    lost.extend(world.by_address(raised.by()));
                }
                Met::Waited => waits.push(WaitFor {
                    guard: world.guard(raised.guard()).code.clone(),
                    by: world.by_address(raised.by()),
                    timeout,
                }),
            }
        }
        forced.sort_unstable();
        forced.dedup();
        lost.sort_unstable();
        lost.dedup();
        waits.sort_unstable();
        waits.dedup();
        let mut codes: Vec<&str> = forced.iter().map(|guard| world.guard(*guard).code.as_str()).collect();
        codes.sort_unstable();
        codes.dedup();
        if !codes.iter().copied().eq(step.force.iter().map(GuardCode::as_str)) {
            self.differs(at, step, StepPart::Force, &codes, &step.force);
        }
        self.same(at, step, StepPart::Wait, &waits, &step.wait);
        let dependents = (!forced.is_empty()).then_some(lost);
        self.same(at, step, StepPart::ExpectedDependents, &dependents, &step.expect.dependents);

        let class = world.class_of(resource);
        let removal = class.rules.and_then(|rules| rules.removal.as_ref());
        let mut forces = forced.iter().filter_map(|guard| world.guard(*guard).force());
        let by_force = forces.find_map(|force| force.operation.as_ref());
        if let Some(operation) = by_force.or(removal.map(|removal| &removal.operation)) {
            self.same(at, step, StepPart::Operation, operation, &step.operation);
        }
        let mut consequences: Vec<&str> =
            removal.and_then(|removal| removal.consequence.as_deref()).into_iter().collect();
        let mut state = |consequence| {
            if !consequences.contains(&consequence) {
                consequences.push(consequence);
            }
        };
        let chosen = standing.options(policy, resource).flatten();
        for option in removal.map_or(&[][..], |removal| &removal.options) {
            let said = match chosen.and_then(|chosen| chosen.get(&option.name)) {
                Some(value) => {
                    option.values.iter().filter(|of| of.value == *value).find_map(|of| of.consequence.as_deref())
                }
                None => option.otherwise.as_deref(),
            };
            said.into_iter().for_each(&mut state);
        }
        for guard in forced {
            if let Some(force) = world.guard(guard).force() {
                state(&force.consequence);
            }
        }
        for guard in &class.guards {
            if let Visibility::Unobservable { consequence } = &world.guard(*guard).visibility {
                state(consequence);
            }
        }
        if !consequences.iter().copied().eq(step.consequences.iter().map(String::as_str)) {
            self.differs(at, step, StepPart::Consequences, &consequences, &step.consequences);
        }
    }
}

/// Whether the removal of a resource has to be forced.
pub(super) fn is_forced(ground: Ground<'_, '_>, steps: &Steps, holders: &Holders, resource: u32) -> bool {
    let Ground { world, standing, .. } = ground;
    let (strong, weak) = (holders.strong(resource), holders.weak(resource));
    let how = |raised| met(world, standing, raised, strong, weak, |other| steps.has(other));
    world.raised_on(resource).iter().any(|raised| how(*raised) == Met::Forced)
}

fn same_tags(own: Fact<TagsRef<'_>>, found: Option<&Tags>) -> bool {
    match (own, found) {
        (Fact::Unknown, None) => true,
        (Fact::Known(own), Some(found)) => {
            own.iter().cmp(found.iter().map(|(key, value)| (key.as_str(), value.as_str()))) == Ordering::Equal
        }
        (Fact::Unknown, Some(_)) | (Fact::Known(_), None) => false,
    }
}
