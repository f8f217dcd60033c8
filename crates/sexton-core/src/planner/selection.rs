//! What the policy says of each resource by itself: which rules match it, what bars it, which rules may draw it in.

use std::collections::{BTreeMap, HashMap};

use super::masks::{Masks, any, rules};
use crate::fact::Fact;
use crate::graph::{Around, Graph, Group, number};
use crate::inventory::ResourceIndex;
use crate::plan::{KeepReason, Options};
use crate::policy::condition::{Cause, Condition, KeyNumber, Reading, Ready, ReadyKey, Subject, Tri, cause};
use crate::policy::{Candidate, Collect, Draw, MissingKey, Policy, Protect, Retain, retained};
use crate::rulebook::Usable;
use crate::time::Timestamp;

/// How many of the retained of one group a step names.
const NAMED_RETAINED: usize = 32;

/// The policy's word on every resource.
#[derive(Debug)]
pub(super) struct Selection {
    /// The collect rules that match.
    pub(super) matched: Masks,
    bars: Vec<Bar>,
    /// The rules whose `cascade` names the resource.
    pub(super) cascade: Masks,
    /// The rules whose `orphans` names the resource.
    pub(super) orphans: Masks,
    /// The rules that grant a wait.
    pub(super) waits: Vec<u64>,
    /// By rule: its retention.
    retentions: Vec<Retention>,
    /// What slots and other reasons to retain are called.
    slots: BTreeMap<String, u32>,
    /// Conditions that were unknown.
    pub(super) unknown: BTreeMap<UnknownIn, Tally>,
    /// Resources retained for lack of a group key, by rule.
    pub(super) keyless: BTreeMap<usize, u64>,
    /// How many resources each collect rule matches.
    pub(super) matches: Vec<u64>,
}

/// What bars a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bar {
    Nothing,
    /// The protect rule of that place.
    Protect(u32),
    ProtectUnknown(u32),
    /// A slot of that number.
    Retain(u32),
}

/// The groups of one rule's population.
#[derive(Debug, Default)]
struct Retention {
    /// Members and the numbers of their groups, ascending by member.
    groups_of: Vec<(ResourceIndex, u32)>,
    /// By group: the holders of slots.
    holders: Vec<Vec<ResourceIndex>>,
}

/// Where in the policy a condition was unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum UnknownIn {
    Protect(usize),
    Where(usize),
    When(usize),
    Cascade(usize),
    Orphans(usize),
}

/// How often, and why the first time.
#[derive(Debug, Clone)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) first: Cause,
    pub(super) at: ResourceIndex,
}

impl Selection {
    pub(super) fn of(graph: &Graph<'_>, policy: &Policy, now: Timestamp) -> Self {
        let count = graph.inventory.len();
        let masks = || Masks::new(count, policy.collect.len());
        let mut selection = Self {
            matched: masks(),
            bars: vec![Bar::Nothing; count],
            cascade: masks(),
            orphans: masks(),
            waits: Vec::new(),
            retentions: policy.collect.iter().map(|_| Retention::default()).collect(),
            slots: BTreeMap::new(),
            unknown: BTreeMap::new(),
            keyless: BTreeMap::new(),
            matches: vec![0; policy.collect.len()],
        };
        let mut waits = Masks::new(1, policy.collect.len());
        for (rule, collect) in policy.collect.iter().enumerate() {
            if collect.wait.is_some() {
                waits.insert(0, rule);
            }
        }
        selection.waits = waits.row(0).to_vec();
        for (rule, protect) in policy.protect.iter().enumerate() {
            selection.protect(graph, rule, protect, now);
        }
        for (rule, collect) in policy.collect.iter().enumerate() {
            selection.collect(graph, rule, collect, now);
            selection.draws(graph, &collect.cascade, UnknownIn::Cascade(rule), now);
            selection.draws(graph, &collect.orphans, UnknownIn::Orphans(rule), now);
        }
        selection
    }

    /// Matched by some rule and not barred.
    pub(super) fn is_selected(&self, index: ResourceIndex) -> bool {
        any(self.matched.row(index.get())) && !self.is_barred(index)
    }

    pub(super) fn is_barred(&self, index: ResourceIndex) -> bool {
        self.bars[index.get()] != Bar::Nothing
    }

    pub(super) fn bar(&self, index: ResourceIndex) -> Bar {
        self.bars[index.get()]
    }

    /// What bars resources, in the plan's words.
    pub(super) fn reasons<'s>(&'s self, policy: &'s Policy) -> impl Fn(Bar) -> Option<KeepReason> + 's {
        let mut slots = vec![""; self.slots.len()];
        for (slot, number) in &self.slots {
            slots[*number as usize] = slot;
        }
        move |bar| match bar {
            Bar::Nothing => None,
            Bar::Protect(rule) => Some(KeepReason::Protect(policy.protect[rule as usize].name.clone())),
            Bar::ProtectUnknown(rule) => Some(KeepReason::ProtectUnknown(policy.protect[rule as usize].name.clone())),
            Bar::Retain(slot) => Some(KeepReason::Retain(slots[slot as usize].to_owned())),
        }
    }

    /// The slots that justify removing a resource: the newest retained of its groups, under the rules given. A group
    /// may retain thousands, and every step of it would name them.
    pub(super) fn justifying(&self, index: ResourceIndex, rules: impl Iterator<Item = usize>) -> Vec<ResourceIndex> {
        let mut holders: Vec<ResourceIndex> = rules
            .filter_map(|rule| {
                let retention = &self.retentions[rule];
                let at = retention.groups_of.binary_search_by_key(&index, |(member, _)| *member).ok()?;
                retention.holders.get(retention.groups_of[at].1 as usize)
            })
            .flat_map(|holders| holders.iter().take(NAMED_RETAINED))
            .copied()
            .collect();
        holders.sort_unstable();
        holders.dedup();
        holders
    }

    /// The options for a resource, if the rules that match it agree.
    pub(super) fn options<'p>(
        &self,
        policy: &'p Policy,
        index: ResourceIndex,
    ) -> Result<Option<&'p Options>, Disagree> {
        let mut agreed: Option<&Options> = None;
        for rule in rules(self.matched.row(index.get())) {
            let options = &policy.collect[rule].options;
            match agreed {
                None => agreed = Some(options),
                Some(first) if first == options => {}
                Some(_) => return Err(Disagree),
            }
        }
        Ok(agreed)
    }

    fn protect(&mut self, graph: &Graph<'_>, rule: usize, protect: &Protect, now: Timestamp) {
        let mut asked = Asked::new(graph, protect.when.as_ref(), UnknownIn::Protect(rule), now);
        for group in graph.groups().iter().filter(|group| group.admitted(&protect.filters)) {
            for index in group.indexes() {
                let bar = match asked.truth(index) {
                    Tri::True => Bar::Protect(number(rule)),
                    Tri::Unknown => Bar::ProtectUnknown(number(rule)),
                    Tri::False => continue,
                };
                // A definite protection is said before one that is only not excluded.
                let slot = &mut self.bars[index.get()];
                match (*slot, bar) {
                    (Bar::Nothing, _) | (Bar::ProtectUnknown(_), Bar::Protect(_)) => *slot = bar,
                    (Bar::Protect(_) | Bar::ProtectUnknown(_) | Bar::Retain(_), _) => {}
                }
            }
        }
        asked.report(&mut self.unknown);
    }

    fn collect(&mut self, graph: &Graph<'_>, rule: usize, collect: &Collect, now: Timestamp) {
        let mut population = Asked::new(graph, collect.population.as_ref(), UnknownIn::Where(rule), now);
        let mut ripe = Asked::new(graph, collect.when.as_ref(), UnknownIn::When(rule), now);
        let mut weighing = collect.retain.as_ref().map(|retain| Weighing::new(graph, rule, retain, now));
        for group in graph.groups() {
            let removable = group.rules.is_some_and(|rules| rules.removal.is_some());
            if !removable || !group.admitted(&collect.filters) {
                continue;
            }
            for index in group.indexes() {
                if population.truth(index) != Tri::True {
                    continue;
                }
                if ripe.truth(index) == Tri::True {
                    self.matched.insert(index.get(), rule);
                    self.matches[rule] += 1;
                }
                if let Some(weighing) = &mut weighing {
                    self.weigh(group, weighing, index);
                }
            }
        }
        population.report(&mut self.unknown);
        ripe.report(&mut self.unknown);
        if let Some(weighing) = weighing {
            for mut group in weighing.groups {
                group.sort_unstable_by(|a, b| b.created_at.cmp(&a.created_at).then(a.item.cmp(&b.item)));
                let kept = retained(weighing.retain, &group);
                for (index, slot) in &kept {
                    self.retain(*index, slot);
                }
                self.retentions[rule].holders.push(kept.into_iter().map(|(index, _)| index).collect());
            }
        }
    }

    /// Puts a member of a population into its group, or retains it outright.
    fn weigh(&mut self, group: &Group<'_>, weighing: &mut Weighing<'_, '_, '_>, index: ResourceIndex) {
        let resource = weighing.graph.inventory.resource(index);
        let around = Around { graph: weighing.graph, index };
        let key = weighing.key.of(Subject { resource, now: weighing.now, surroundings: &around });
        let groups_of = &mut self.retentions[weighing.rule].groups_of;
        if let Some(Usable::In(states)) = group.rules.map(|rules| &rules.usable) {
            match resource.state() {
                Fact::Known(state) if states.contains(state) => {}
                Fact::Known(_) => {
                    // Of no use: it takes no slot and is not retained; the group's slots still justify its removal.
                    if let Some(number) = weighing.number_of(key) {
                        groups_of.push((index, number));
                    }
                    return;
                }
                Fact::Unknown => return self.retain(index, "unknown state"),
            }
        }
        let created_at = match resource.created_at() {
            Fact::Unknown => return self.retain(index, "unknown time"),
            Fact::Known(created_at) if created_at > weighing.now => return self.retain(index, "future time"),
            Fact::Known(created_at) => created_at,
        };
        match (key, weighing.retain.per_missing) {
            (KeyNumber::Unknown, _) => return self.retain(index, "unknown group"),
            (KeyNumber::Null, MissingKey::Retain) => {
                *self.keyless.entry(weighing.rule).or_insert(0) += 1;
                return self.retain(index, "no group");
            }
            (KeyNumber::Null, MissingKey::Group) | (KeyNumber::Key(_), _) => {}
        }
        if let Some(number) = weighing.number_of(key) {
            groups_of.push((index, number));
            weighing.groups[number as usize].push(Candidate { item: index, created_at });
        }
    }

    fn retain(&mut self, index: ResourceIndex, slot: &str) {
        if self.bars[index.get()] == Bar::Nothing {
            let number = match self.slots.get(slot) {
                Some(number) => *number,
                None => {
                    let new = number(self.slots.len());
                    self.slots.insert(slot.to_owned(), new);
                    new
                }
            };
            self.bars[index.get()] = Bar::Retain(number);
        }
    }

    fn draws(&mut self, graph: &Graph<'_>, draws: &[Draw], place: UnknownIn, now: Timestamp) {
        let (masks, rule) = match place {
            UnknownIn::Orphans(rule) => (&mut self.orphans, rule),
            UnknownIn::Cascade(rule) | UnknownIn::Protect(rule) | UnknownIn::Where(rule) | UnknownIn::When(rule) => {
                (&mut self.cascade, rule)
            }
        };
        for draw in draws {
            let mut asked = Asked::new(graph, draw.when.as_ref(), place, now);
            for group in graph.groups().iter().filter(|group| group.kind == draw.kind.as_str()) {
                for index in group.indexes() {
                    if asked.truth(index) == Tri::True {
                        masks.insert(index.get(), rule);
                    }
                }
            }
            asked.report(&mut self.unknown);
        }
    }
}

/// A condition that is asked of many resources, ascending, and what was unknown.
struct Asked<'s, 'g, 'a> {
    graph: &'g Graph<'a>,
    condition: Option<(&'s Condition, Ready<'s>)>,
    place: UnknownIn,
    reading: Reading,
    now: Timestamp,
    unknown: u64,
    first: Option<ResourceIndex>,
}

impl<'s, 'g, 'a> Asked<'s, 'g, 'a> {
    fn new(graph: &'g Graph<'a>, condition: Option<&'s Condition>, place: UnknownIn, now: Timestamp) -> Self {
        let reading = match place {
            UnknownIn::Protect(_) => Reading::Protect,
            UnknownIn::Where(_) | UnknownIn::When(_) | UnknownIn::Cascade(_) | UnknownIn::Orphans(_) => {
                Reading::Collect
            }
        };
        let ready = |condition| (condition, Ready::new(condition, reading, &graph.inventory.table, now));
        Self { graph, condition: condition.map(ready), place, reading, now, unknown: 0, first: None }
    }

    /// No condition is true of all.
    fn truth(&mut self, index: ResourceIndex) -> Tri {
        let Some((_, ready)) = &mut self.condition else { return Tri::True };
        let around = Around { graph: self.graph, index };
        let subject = Subject { resource: self.graph.inventory.resource(index), now: self.now, surroundings: &around };
        let truth = ready.truth(subject);
        if truth == Tri::Unknown {
            self.unknown += 1;
            self.first.get_or_insert(index);
        }
        truth
    }

    fn report(self, into: &mut BTreeMap<UnknownIn, Tally>) {
        let (Some((condition, _)), Some(at)) = (self.condition, self.first) else { return };
        let around = Around { graph: self.graph, index: at };
        let subject = Subject { resource: self.graph.inventory.resource(at), now: self.now, surroundings: &around };
        let first = cause(condition, subject, self.reading).expect("what is unknown has a cause");
        into.entry(self.place).and_modify(|tally| tally.count += self.unknown).or_insert(Tally {
            count: self.unknown,
            first,
            at,
        });
    }
}

/// A rule's retention while its population is walked.
struct Weighing<'s, 'g, 'a> {
    graph: &'g Graph<'a>,
    rule: usize,
    retain: &'s Retain,
    now: Timestamp,
    key: ReadyKey<'s>,
    /// By key, and last but for those that came later: the group of those without one.
    numbers: HashMap<KeyNumber, u32>,
    groups: Vec<Vec<Candidate<ResourceIndex>>>,
}

impl<'s, 'g, 'a> Weighing<'s, 'g, 'a> {
    fn new(graph: &'g Graph<'a>, rule: usize, retain: &'s Retain, now: Timestamp) -> Self {
        let key = ReadyKey::new(retain.per.as_ref(), &graph.inventory.table);
        Self { graph, rule, retain, now, key, numbers: HashMap::new(), groups: Vec::new() }
    }

    /// The number of the group of a key; none where the key is not known.
    fn number_of(&mut self, key: KeyNumber) -> Option<u32> {
        if key == KeyNumber::Unknown {
            return None;
        }
        Some(*self.numbers.entry(key).or_insert_with(|| {
            self.groups.push(Vec::new());
            number(self.groups.len() - 1)
        }))
    }
}

/// Two rules that match one resource pass different options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Disagree;
