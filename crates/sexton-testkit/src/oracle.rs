//! The collected set by enumeration: of all subsets of a small world, the largest that fulfils every condition of the
//! specification, each condition written down as it reads. Slow, and sharing only the model with the planner.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::inventory::{CensusScope, Inventory, ResourceRef};
use sexton_core::policy::condition::{GroupKey, Reading, Subject, Surroundings, Truth};
use sexton_core::policy::{Collect, Draw, Policy};
use sexton_core::resource::{Attribute, AttributeValue, Resource};
use sexton_core::rulebook::{
    AttributePredicate, AttributeTest, End, Goes, Guard, Other, RaisedBy, Rulebook, StateTest, Usable, Visibility,
    WhenCarried, WhenMissing,
};
use sexton_core::time::Timestamp;

/// A raised guard as the oracle sees it. Resources are numbered in the order of the inventory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raised {
    /// Which guard of the rulebook.
    pub guard: usize,
    /// On which resource.
    pub target: usize,
    /// The other, where another resource raises it and is listed.
    pub other: Option<usize>,
    /// The other's address, where another resource raises it and its address is known.
    pub by: Option<Address>,
    /// By an unknown fact.
    pub unknown: bool,
}

/// A world, read naively.
#[derive(Debug)]
pub struct Oracle<'a> {
    inventory: &'a Inventory,
    resources: Rc<[Resource]>,
    rulebook: &'a Rulebook,
    policy: &'a Policy,
    now: Timestamp,
    /// Every raised guard.
    pub raised: Vec<Raised>,
    /// By resource: the rules that match.
    pub matched: Vec<BTreeSet<usize>>,
    /// By resource: whether it is barred.
    pub barred: Vec<bool>,
    /// By resource: whether it comes after itself.
    pub on_cycle: Vec<bool>,
    /// By resource: the kinds that could guard it and were not listed.
    pub unlisted: Vec<BTreeSet<String>>,
    before: BTreeSet<(usize, usize)>,
}

/// Who holds the members of a set: by resource, the rules that hold it strongly and weakly.
pub type Holders = (Vec<BTreeSet<usize>>, Vec<BTreeSet<usize>>);

struct Around<'o, 'a> {
    oracle: &'o Oracle<'a>,
    index: usize,
}

impl Surroundings for Around<'_, '_> {
    fn unused(&self) -> Fact<bool> {
        let oracle = self.oracle;
        if !oracle.unlisted[self.index].is_empty() {
            return Fact::Unknown;
        }
        let others: Vec<&Raised> = oracle
            .raised
            .iter()
            .filter(|raised| raised.target == self.index && oracle.other_rule(raised).is_some())
            .collect();
        if others.iter().any(|raised| raised.by.is_none()) {
            return Fact::Unknown;
        }
        Fact::Known(others.iter().all(|raised| raised.other == Some(self.index)))
    }

    fn dependents(&self, kind: &str) -> Fact<u64> {
        let oracle = self.oracle;
        if oracle.unlisted[self.index].contains(kind) {
            return Fact::Unknown;
        }
        let own = oracle.resource(self.index).address.kind();
        let unobservable = oracle.rulebook.guards.iter().any(|guard| {
            guard.target.as_str() == own
                && matches!(guard.visibility, Visibility::Unobservable { .. })
                && guard.other().is_some_and(|other| other.kind.as_str() == kind && other.end == End::Dependent)
        });
        if unobservable {
            return Fact::Unknown;
        }
        let others: BTreeSet<usize> = oracle
            .raised
            .iter()
            .filter(|raised| raised.target == self.index)
            .filter(|raised| oracle.other_rule(raised).is_some_and(|other| other.end == End::Dependent))
            .filter_map(|raised| raised.other)
            .filter(|other| oracle.resource(*other).address.kind() == kind)
            .collect();
        Fact::Known(others.len() as u64)
    }
}

impl<'a> Oracle<'a> {
    /// Reads a world of one provider, account and region.
    pub fn new(inventory: &'a Inventory, rulebook: &'a Rulebook, policy: &'a Policy, now: Timestamp) -> Self {
        let count = inventory.len();
        let mut oracle = Self {
            inventory,
            resources: inventory.resources().map(ResourceRef::to_resource).collect(),
            rulebook,
            policy,
            now,
            raised: Vec::new(),
            matched: vec![BTreeSet::new(); count],
            barred: vec![false; count],
            on_cycle: vec![false; count],
            unlisted: vec![BTreeSet::new(); count],
            before: BTreeSet::new(),
        };
        oracle.raise();
        oracle.order();
        oracle.take_census();
        oracle.read_policy();
        oracle
    }

    fn listed(&self, index: usize) -> ResourceRef<'a> {
        self.inventory
            .resource(self.inventory.indexes().nth(index).expect("the oracle numbers what the inventory lists"))
    }

    fn resource(&self, index: usize) -> &Resource {
        &self.resources[index]
    }

    fn guard(&self, raised: &Raised) -> &'a Guard {
        &self.rulebook.guards[raised.guard]
    }

    fn other_rule(&self, raised: &Raised) -> Option<&'a Other> {
        self.guard(raised).other()
    }

    fn number(&self, address: &Address) -> Option<usize> {
        self.resources.iter().position(|resource| resource.address == *address)
    }

    fn raise(&mut self) {
        let count = self.resources.len();
        // Guards between resources first: whether something is carried follows from them.
        for (number, guard) in self.rulebook.guards.iter().enumerate() {
            let Some(rule) = guard.other() else { continue };
            for target in 0..count {
                let resources = Rc::clone(&self.resources);
                let resource = &resources[target];
                if resource.address.kind() != guard.target.as_str() {
                    continue;
                }
                match rule.end {
                    End::Dependent => {
                        for other in 0..count {
                            let holder = &resources[other];
                            let linked = holder
                                .known_links()
                                .iter()
                                .any(|link| link.relation == rule.relation && link.target == resource.address);
                            if linked && holder.address.kind() == rule.kind.as_str() {
                                self.push(number, target, Some(other), &holder.address, rule);
                            }
                        }
                    }
                    End::Dependency => {
                        if matches!(resource.links, Fact::Unknown) {
                            self.raised.push(Raised { guard: number, target, other: None, by: None, unknown: true });
                        }
                        for link in resource.known_links() {
                            if link.relation == rule.relation && link.target.kind() == rule.kind.as_str() {
                                self.push(number, target, self.number(&link.target), &link.target, rule);
                            }
                        }
                    }
                }
            }
        }
        for (number, guard) in self.rulebook.guards.iter().enumerate() {
            for target in 0..count {
                let resources = Rc::clone(&self.resources);
                let resource = &resources[target];
                if resource.address.kind() != guard.target.as_str() {
                    continue;
                }
                let says = match &guard.raised_by {
                    RaisedBy::Other(_) => continue,
                    RaisedBy::State(test) => state(test, resource),
                    RaisedBy::Attribute(test) => {
                        let carried = self.raised.iter().any(|raised| {
                            raised.other == Some(target)
                                && self.other_rule(raised).is_some_and(|other| other.goes == Goes::With)
                        });
                        if carried && test.when_carried == WhenCarried::Clear {
                            continue;
                        }
                        attribute(test, resource, self.now)
                    }
                    RaisedBy::Claim { attribute, holders } => match resource.attribute(attribute) {
                        Attribute::Missing => Some(false),
                        Attribute::Known(AttributeValue::String(value)) => Some(holders.iter().any(|claim| {
                            claim.value == *value
                                && !self.resources.iter().any(|holder| {
                                    holder.address.kind() == claim.kind.as_str()
                                        && holder.known_links().iter().any(|link| {
                                            link.relation == claim.relation && link.target == resource.address
                                        })
                                })
                        })),
                        Attribute::Known(_) | Attribute::Unknown => None,
                    },
                };
                if says != Some(false) {
                    let unknown = says.is_none();
                    self.raised.push(Raised { guard: number, target, other: None, by: None, unknown });
                }
            }
        }
    }

    fn push(&mut self, guard: usize, target: usize, other: Option<usize>, by: &Address, rule: &Other) {
        let other_resource = other.map(|other| self.resource(other));
        let says = [
            rule.state.as_ref().map(|test| other_resource.and_then(|resource| state(test, resource))),
            rule.attribute.as_ref().map(|test| other_resource.and_then(|other| attribute(test, other, self.now))),
            rule.target_attribute.as_ref().map(|test| attribute(test, self.resource(target), self.now)),
        ];
        if says.contains(&Some(Some(false))) {
            return;
        }
        let unknown = says.contains(&Some(None));
        self.raised.push(Raised { guard, target, other, by: Some(by.clone()), unknown });
    }

    /// All that goes with a carrier, directly or through another.
    fn goes_with(&self, carrier: usize) -> BTreeSet<usize> {
        let mut going = BTreeSet::new();
        loop {
            let more: BTreeSet<usize> = self
                .raised
                .iter()
                .filter(|raised| raised.target == carrier || going.contains(&raised.target))
                .filter(|raised| self.other_rule(raised).is_some_and(|other| other.goes == Goes::With))
                .filter_map(|raised| raised.other.filter(|other| *other != raised.target))
                .collect();
            let size = going.len();
            going.extend(more);
            if going.len() == size {
                return going;
            }
        }
    }

    fn order(&mut self) {
        let mut before = BTreeSet::new();
        let guards_before = |raised: &&Raised| self.other_rule(raised).is_some_and(|other| other.goes == Goes::Before);
        for raised in self.raised.iter().filter(guards_before) {
            if let Some(other) = raised.other {
                before.insert((other, raised.target));
            }
        }
        for raised in &self.raised {
            if self.other_rule(raised).is_some_and(|other| other.goes == Goes::With)
                && let Some(other) = raised.other
            {
                before.insert((raised.target, other));
            }
        }
        for carrier in 0..self.resources.len() {
            let going = self.goes_with(carrier);
            for raised in self.raised.iter().filter(guards_before).filter(|raised| going.contains(&raised.target)) {
                if let Some(other) = raised.other
                    && other != carrier
                    && !going.contains(&other)
                {
                    before.insert((other, carrier));
                }
            }
        }
        before.retain(|(a, b)| a != b);
        let mut reach = before.clone();
        loop {
            let more: BTreeSet<(usize, usize)> = reach
                .iter()
                .flat_map(|(a, b)| before.iter().filter(move |(c, _)| c == b).map(move |(_, d)| (*a, *d)))
                .collect();
            let size = reach.len();
            reach.extend(more);
            if reach.len() == size {
                break;
            }
        }
        for (index, on_cycle) in self.on_cycle.iter_mut().enumerate() {
            *on_cycle = reach.contains(&(index, index));
        }
        self.before = before;
    }

    fn take_census(&mut self) {
        for index in 0..self.resources.len() {
            let resources = Rc::clone(&self.resources);
            let address = &resources[index].address;
            for guard in self.rulebook.guards.iter().filter(|guard| guard.target.as_str() == address.kind()) {
                let needed = match (&guard.visibility, guard.other()) {
                    (Visibility::Unobservable { .. }, _) => continue,
                    (Visibility::Census(kind), _) => kind,
                    (_, Some(other)) if other.end == End::Dependent => &other.kind,
                    (Visibility::Region | Visibility::Account, _) => continue,
                };
                let scope = CensusScope {
                    provider: address.provider().parse().expect("an address has a provider"),
                    account: address.account().parse().expect("an address has an account"),
                    region: address.region().parse().expect("an address has a region"),
                    kind: needed.clone(),
                };
                let waived = self.policy.assume_none.iter().any(|waiver| waiver.kind == *needed);
                let links_known = self.resources.iter().all(|resource| {
                    resource.address.kind() != needed.as_str() || matches!(resource.links, Fact::Known(_))
                });
                let complete =
                    self.inventory.census().is_complete(&scope, self.now, self.policy.limits.max_inventory_age);
                if !(waived || complete) || !links_known {
                    self.unlisted[index].insert(needed.as_str().to_owned());
                }
            }
        }
    }

    fn truth(&self, index: usize, condition: Option<&sexton_core::policy::Condition>, reading: Reading) -> Truth {
        let around = Around { oracle: self, index };
        let subject = Subject { resource: self.listed(index), now: self.now, surroundings: &around };
        condition.map_or(Truth::True, |condition| condition.truth(subject, reading))
    }

    fn read_policy(&mut self) {
        let count = self.resources.len();
        for index in 0..count {
            let resource = self.listed(index);
            for protect in self.policy.protect.iter().filter(|rule| rule.filters.admit(resource)) {
                if self.truth(index, protect.when.as_ref(), Reading::Protect) != Truth::False {
                    self.barred[index] = true;
                }
            }
        }
        for (number, rule) in self.policy.collect.iter().enumerate() {
            let population: Vec<usize> = (0..count)
                .filter(|index| rule.filters.admit(self.listed(*index)))
                .filter(|index| self.truth(*index, rule.population.as_ref(), Reading::Collect) == Truth::True)
                .collect();
            for index in &population {
                if self.truth(*index, rule.when.as_ref(), Reading::Collect) == Truth::True {
                    self.matched[*index].insert(number);
                }
            }
            self.retain(rule, &population);
        }
    }

    /// `retain` with `last` only, which is what the worlds have.
    fn retain(&mut self, rule: &Collect, population: &[usize]) {
        let Some(retain) = &rule.retain else { return };
        let last = usize::try_from(retain.last.unwrap_or(0)).expect("a small count");
        let mut groups: BTreeMap<GroupKey, Vec<(std::cmp::Reverse<Timestamp>, usize)>> = BTreeMap::new();
        for index in population {
            let resource = self.resource(*index);
            let usable = &self.rulebook.kind(resource.address.kind()).expect("a known kind").usable;
            let around = Around { oracle: self, index: *index };
            let subject = Subject { resource: self.listed(*index), now: self.now, surroundings: &around };
            let key = retain.per.as_ref().map_or(GroupKey::Key(String::new()), |per| per.group_key(subject));
            match (usable, &resource.state) {
                (Usable::In(states), Fact::Known(state)) if !states.contains(state) => continue,
                (Usable::In(_), Fact::Unknown) => {
                    self.barred[*index] = true;
                    continue;
                }
                (Usable::In(_), Fact::Known(_)) | (Usable::Always, _) => {}
            }
            match (resource.created_at, key) {
                (Fact::Known(created_at), GroupKey::Key(key)) if created_at <= self.now => {
                    groups.entry(GroupKey::Key(key)).or_default().push((std::cmp::Reverse(created_at), *index));
                }
                (Fact::Known(_) | Fact::Unknown, _) => self.barred[*index] = true,
            }
        }
        for mut group in groups.into_values() {
            group.sort();
            for (_, index) in group.into_iter().take(last) {
                self.barred[index] = true;
            }
        }
    }

    fn names(&self, draws: &[Draw], index: usize) -> bool {
        draws.iter().any(|draw| {
            draw.kind.as_str() == self.resource(index).address.kind()
                && self.truth(index, draw.when.as_ref(), Reading::Collect) == Truth::True
        })
    }

    /// Who holds the members of a set.
    pub fn holders(&self, set: &BTreeSet<usize>) -> Holders {
        let count = self.resources.len();
        let (mut strong, mut weak) = (vec![BTreeSet::new(); count], vec![BTreeSet::new(); count]);
        loop {
            let mut grew = false;
            for (number, rule) in self.policy.collect.iter().enumerate() {
                for index in set {
                    let selected = self.matched[*index].contains(&number) && !self.barred[*index];
                    let drawn = self.names(&rule.cascade, *index)
                        && self.raised.iter().any(|raised| {
                            raised.other == Some(*index)
                                && self.is_dependent(raised)
                                && set.contains(&raised.target)
                                && strong[raised.target].contains(&number)
                        });
                    if (selected || drawn) && strong[*index].insert(number) {
                        grew = true;
                    }
                    let orphaned = self.names(&rule.orphans, *index)
                        && self.raised.iter().any(|raised| {
                            raised.target == *index
                                && self.is_dependent(raised)
                                && raised.other.is_some_and(|other| {
                                    set.contains(&other)
                                        && (strong[other].contains(&number) || weak[other].contains(&number))
                                })
                        });
                    if orphaned && weak[*index].insert(number) {
                        grew = true;
                    }
                }
            }
            if !grew {
                return (strong, weak);
            }
        }
    }

    fn is_dependent(&self, raised: &Raised) -> bool {
        self.other_rule(raised).is_some_and(|other| other.end == End::Dependent)
    }

    /// Whether a set fulfils every condition.
    pub fn fulfils(&self, set: &BTreeSet<usize>) -> bool {
        let (strong, weak) = self.holders(set);
        set.iter().all(|index| {
            let index = *index;
            let options: BTreeSet<String> = self.matched[index]
                .iter()
                .map(|rule| serde_json::to_string(&self.policy.collect[*rule].options).expect("options are JSON"))
                .collect();
            let is_held = !strong[index].is_empty() || !weak[index].is_empty();
            is_held
                && !self.barred[index]
                && !self.on_cycle[index]
                && self.unlisted[index].is_empty()
                && options.len() <= 1
                && self
                    .raised
                    .iter()
                    .filter(|raised| raised.target == index)
                    .all(|raised| self.met(raised, set, &strong[index], &weak[index]) != How::Not)
        })
    }

    /// How a raised guard on a member of a set is met.
    pub fn met(&self, raised: &Raised, set: &BTreeSet<usize>, strong: &BTreeSet<usize>, weak: &BTreeSet<usize>) -> How {
        let guard = self.guard(raised);
        if raised.other.is_some_and(|other| set.contains(&other)) {
            return How::OtherGoes;
        }
        let mut holding = strong.iter().chain(weak);
        if guard.can_wait() && holding.any(|rule| self.policy.collect[*rule].wait.is_some()) {
            return How::Waited;
        }
        let granted = strong.iter().any(|rule| self.policy.collect[*rule].force.contains(&guard.code));
        let other_barred = raised.other.is_some_and(|other| self.barred[other]);
        let only = guard.force().map(|force| &force.only);
        let resource = self.resource(raised.target);
        let is_meant = match only {
            None => false,
            Some(None) => true,
            Some(Some(only)) => resource.attribute(&only.attribute) == Attribute::Known(&only.equals),
        };
        if is_meant && granted && !raised.unknown && !other_barred {
            return How::Forced;
        }
        How::Not
    }

    /// The largest set that fulfils every condition, found by looking at every subset of what is not barred.
    ///
    /// # Panics
    /// There is no largest: the sets that fulfil the conditions are not closed under union.
    pub fn largest(&self) -> BTreeSet<usize> {
        let candidates: Vec<usize> = (0..self.resources.len()).filter(|index| !self.barred[*index]).collect();
        let subsets = 1_u32 << candidates.len();
        let mut union = BTreeSet::new();
        for bits in 0..subsets {
            let set: BTreeSet<usize> =
                (0..candidates.len()).filter(|bit| bits >> bit & 1 == 1).map(|bit| candidates[bit]).collect();
            if !set.is_subset(&union) && self.fulfils(&set) {
                union.extend(set);
            }
        }
        assert!(self.fulfils(&union), "the union of sets that fulfil the conditions fulfils them");
        union
    }

    /// The direct predecessors of a member of a set.
    pub fn predecessors(&self, index: usize, set: &BTreeSet<usize>) -> BTreeSet<usize> {
        self.before.iter().filter(|(a, b)| *b == index && set.contains(a)).map(|(a, _)| *a).collect()
    }
}

/// How a guard is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The other goes too.
    OtherGoes,
    /// It is waited for.
    Waited,
    /// It is forced.
    Forced,
    /// Not at all.
    Not,
}

/// What a state says: raised, clear, or not known.
fn state(test: &StateTest, resource: &Resource) -> Option<bool> {
    match (&resource.state, test) {
        (Fact::Unknown, _) => None,
        (Fact::Known(state), StateTest::In(states)) => Some(states.contains(state)),
        (Fact::Known(state), StateTest::NotIn(states)) => Some(!states.contains(state)),
    }
}

/// What an attribute says: raised, clear, or not known.
fn attribute(test: &AttributeTest, resource: &Resource, now: Timestamp) -> Option<bool> {
    match (resource.attribute(&test.name), &test.raises) {
        (Attribute::Unknown, _) => None,
        (Attribute::Missing, _) => match test.when_missing {
            WhenMissing::Raise => None,
            WhenMissing::Clear => Some(false),
        },
        (Attribute::Known(value), AttributePredicate::Equals(wanted)) => Some(value == wanted),
        (Attribute::Known(value), AttributePredicate::NotEquals(wanted)) => Some(value != wanted),
        (Attribute::Known(value), AttributePredicate::InFuture) => {
            value.as_str().and_then(|text| text.parse::<Timestamp>().ok()).map(|instant| instant > now)
        }
        (Attribute::Known(value), AttributePredicate::Contains(wanted)) => {
            value.as_array().map(|values| values.contains(wanted))
        }
        (Attribute::Known(value), AttributePredicate::NotEmpty) => {
            Some(!matches!(value, AttributeValue::Bool(false)) && *value != AttributeValue::String(String::new()))
        }
    }
}
