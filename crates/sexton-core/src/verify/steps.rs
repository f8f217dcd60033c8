//! The steps against what the inputs give for each: their members, their order, what they say and expect.

use std::cmp::Ordering;

use super::attributes::AttributesRead;
use super::groups::number;
use super::holders::{Holders, Met, met};
use super::listed::Listed;
use super::rules::{Members, either, rules};
use super::sequence::Sequence;
use super::standing::Standing;
use super::violation::{StepPart, Violation, Violations, shown};
use super::world::{By, World, starts};
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
    pub(super) fn fit(&self, resource: u32) -> bool {
        !self.sequence.on_cycle(resource)
            && self.listed.unlisted(self.world.group_of(resource)).is_empty()
            && self.standing.options(self.policy, resource).is_some()
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
    pub(super) fn find(world: &World<'_>, plan: &Plan, violations: &mut Violations) -> Self {
        let count = world.inventory.len();
        let mut steps = Self { place: vec![NOWHERE; count], resources: Vec::new(), collected: Members::new(count) };
        for (at, step) in plan.steps.iter().enumerate() {
            let address = || step.address.clone();
            let resource = match world.find(&step.address) {
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

    pub(super) fn has(&self, resource: u32) -> bool {
        self.collected.has(resource)
    }

    fn place(&self, resource: u32) -> Option<u32> {
        Some(self.place[resource as usize]).filter(|place| *place != NOWHERE)
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

/// What each step comes after, and its wave.
struct Order {
    starts: Vec<u32>,
    before: Vec<u32>,
    /// None for what comes after itself.
    waves: Vec<Option<u32>>,
}

impl Order {
    fn read(ground: Ground<'_, '_>, steps: &Steps) -> Self {
        let count = steps.resources.len();
        let (mut from, mut before) = (vec![0], Vec::new());
        let mut own = Vec::new();
        for resource in &steps.resources {
            own.clear();
            if let Some(resource) = resource {
                ground.sequence.before(ground.world, *resource, |other| own.extend(steps.place(other)));
            }
            own.sort_unstable();
            own.dedup();
            before.extend_from_slice(&own);
            from.push(number(before.len()));
        }
        let mut order = Self { starts: from, before, waves: vec![None; count] };
        order.find_waves();
        order
    }

    fn before(&self, at: usize) -> &[u32] {
        &self.before[self.starts[at] as usize..self.starts[at + 1] as usize]
    }

    fn find_waves(&mut self) {
        let count = self.waves.len();
        let after_starts = starts(count, self.before.iter().copied());
        let mut next = after_starts.clone();
        let mut after = vec![0; self.before.len()];
        for at in 0..count {
            for before in self.before(at) {
                after[next[*before as usize] as usize] = at;
                next[*before as usize] += 1;
            }
        }
        let mut waiting: Vec<usize> = (0..count).map(|at| self.before(at).len()).collect();
        let mut ready: Vec<usize> = (0..count).filter(|at| waiting[*at] == 0).collect();
        while let Some(at) = ready.pop() {
            let earlier = self.before(at).iter().filter_map(|before| self.waves[*before as usize]).max();
            self.waves[at] = Some(earlier.map_or(0, |wave| wave + 1));
            for later in &after[after_starts[at] as usize..after_starts[at + 1] as usize] {
                waiting[*later] -= 1;
                if waiting[*later] == 0 {
                    ready.push(*later);
                }
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

struct Checker<'r, 'a, 'v> {
    ground: Ground<'r, 'a>,
    steps: &'r Steps,
    holders: &'r Holders,
    order: Order,
    rule_names: Ranks<'r>,
    codes: Ranks<'r>,
    attributes: AttributesRead<'r>,
    violations: &'v mut Violations,
}

/// Whether every step says what the inputs give for it.
pub(super) fn check_steps(
    ground: Ground<'_, '_>,
    plan: &Plan,
    steps: &Steps,
    holders: &Holders,
    violations: &mut Violations,
) {
    let mut checker = Checker {
        ground,
        steps,
        holders,
        order: Order::read(ground, steps),
        rule_names: Ranks::of(ground.policy.collect.iter().map(|rule| rule.name.as_str()).collect()),
        codes: Ranks::of(ground.world.guards().iter().map(|guard| guard.code.as_str()).collect()),
        attributes: AttributesRead::default(),
        violations,
    };
    let mut last = None;
    for (at, resource) in steps.iter() {
        let step = &plan.steps[at];
        checker.check(at, resource, step);
        if let Some(wave) = checker.order.waves[at] {
            let own = (wave, resource);
            if last.is_some_and(|last| last >= own) {
                checker.differs(at, step, StepPart::Place, &"after what is of lower wave and address", &"before it");
            }
            last = Some(own);
        }
    }
}

impl Checker<'_, '_, '_> {
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
        if let Some(removal) = world.class_of(resource).rules.and_then(|rules| rules.removal.as_ref()) {
            self.same(at, step, StepPart::Operation, &removal.operation, &step.operation);
        }
        self.same(at, step, StepPart::Name, &facts.name().known(), &step.name.as_deref());
        let created_at = facts.created_at().known();
        self.same(at, step, StepPart::CreatedAt, &created_at, &step.created_at);
        self.same(at, step, StepPart::ExpectedCreatedAt, &created_at, &step.expect.created_at);
        self.same(at, step, StepPart::SizeBytes, &facts.size_bytes().known(), &step.size_bytes);
        self.same(at, step, StepPart::ExpectedState, &facts.state().known(), &step.expect.state.as_deref());
        for (part, found) in [(StepPart::Tags, &step.tags), (StepPart::ExpectedTags, &step.expect.tags)] {
            if !same_tags(facts.tags(), found.as_deref()) {
                self.differs(at, step, part, &facts.tags().map(TagsRef::to_tags).known(), found);
            }
        }
        if let Some(wave) = self.order.waves[at] {
            self.same(at, step, StepPart::Wave, &wave, &step.wave);
        }
        if self.order.before(at) != step.after {
            let expected = self.order.before(at).to_vec();
            self.differs(at, step, StepPart::After, &expected, &step.after);
        }
        let mut carriers = Vec::new();
        carriers.extend(world.raised_by(resource).filter_map(|raised| {
            (world.goes_with(raised.guard()) && raised.target() != resource)
                .then(|| self.steps.place(raised.target()))?
        }));
        self.same(at, step, StepPart::With, &carriers.into_iter().min(), &step.with);

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
        let shared = |a: &[u64], b: &[u64]| -> Vec<u64> { a.iter().zip(b).map(|(a, b)| a & b).collect() };
        let neighbour = |by: u32, guard: u32| by != resource && world.by_dependent(guard) && self.steps.has(by);
        for raised in world.raised_by(resource).filter(|raised| neighbour(raised.target(), raised.guard())) {
            for rule in rules(&shared(self.holders.strong(raised.target()), cascade)) {
                let code = self.codes.rank(raised.guard() as usize);
                expected.push((self.rule_names.rank(rule), raised.target(), code, DrawRole::Cascade));
            }
        }
        for raised in world.raised_on(resource) {
            let By::Listed(other) = raised.by() else { continue };
            if !neighbour(other, raised.guard()) {
                continue;
            }
            let held: Vec<u64> =
                self.holders.strong(other).iter().zip(self.holders.weak(other)).map(|(a, b)| a | b).collect();
            for rule in rules(&shared(&held, orphans)) {
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
        let mut consequences: Vec<&str> =
            removal.and_then(|removal| removal.consequence.as_deref()).into_iter().collect();
        let mut state = |consequence| {
            if !consequences.contains(&consequence) {
                consequences.push(consequence);
            }
        };
        for guard in forced {
            if let Some((_, consequence)) = world.guard(guard).force() {
                state(consequence);
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
