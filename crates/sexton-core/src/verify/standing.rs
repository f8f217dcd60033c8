//! What the policy says of each resource by itself: which rules match it, what bars it, which rules may draw it in.

use std::cmp::Reverse;
use std::collections::HashMap;

use super::conditions::{Asked, AskedKey, Conditions, Holds, Neighbourhood};
use super::groups::{Class, Group, number};
use super::listed::Listed;
use super::rules::{RuleSets, rules, some};
use super::slots::{self, Held};
use super::world::World;
use crate::fact::Fact;
use crate::plan::{KeepReason, Options};
use crate::policy::condition::{Condition, KeyNumber, Reading};
use crate::policy::{Draw, Filters, MissingKey, Policy, Retain};
use crate::rulebook::Usable;
use crate::time::Timestamp;

/// What bars a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bar {
    /// Nothing.
    None,
    /// The protect rule of that number is true of it.
    Protected(u32),
    /// The protect rule of that number is not definitely false of it.
    NotExcluded(u32),
    /// A retention, for the reason of that number.
    Retained(u32),
}

/// Why a retention keeps a resource.
#[derive(Debug, Clone, Copy)]
enum Retained {
    UnknownState,
    UnknownTime,
    FutureTime,
    UnknownGroup,
    NoGroup,
    /// It holds slots of that rule.
    Slots(u32, Held),
}

/// The parts of a policy in which a condition can be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Part {
    Protect(usize),
    Where(usize),
    When(usize),
    Cascade(usize),
    Orphans(usize),
}

/// The policy's word on every resource.
#[derive(Debug)]
pub(super) struct Standing {
    /// The collect rules that match.
    pub(super) matched: RuleSets,
    barred: Vec<Bar>,
    retained: Vec<Retained>,
    /// The rules whose `cascade` names the resource.
    pub(super) cascade: RuleSets,
    /// The rules whose `orphans` names the resource.
    pub(super) orphans: RuleSets,
    /// The rules that grant a wait.
    pub(super) waits: Vec<u64>,
    /// By guard: the rules that grant its force, where it can be forced.
    pub(super) forces: RuleSets,
    /// By protect rule: the groups that its filters let through, ascending.
    protected_groups: Vec<Vec<usize>>,
    /// By rule: what each group retains.
    groups: Vec<Slots>,
    /// How often conditions were unknown.
    pub(super) unknown: HashMap<Part, u64>,
    /// By rule: how many are retained for lack of a group key.
    pub(super) keyless: Vec<u64>,
    /// By rule: how many it matches.
    pub(super) matches: Vec<u64>,
}

/// What the groups of a rule retain.
#[derive(Debug, Default)]
struct Slots {
    /// Resource and number of its group, ascending.
    keys: Vec<(u32, u32)>,
    /// Where the retained of each group begin, and after the last where they end.
    starts: Vec<u32>,
    /// The retained, by group and from the newest on.
    retained: Vec<u32>,
}

struct Reader<'r, 'a> {
    world: &'r World<'a>,
    listed: &'r Listed<'a>,
    policy: &'r Policy,
    conditions: Conditions,
    standing: Standing,
}

impl Standing {
    pub(super) fn read<'a>(world: &World<'a>, listed: &Listed<'a>, policy: &Policy, conditions: Conditions) -> Self {
        let words = RuleSets::words_for(policy.collect.len());
        let count = world.inventory.len();
        let mut waits = RuleSets::new(1, words);
        let mut forces = RuleSets::new(world.guards().len(), words);
        for (rule, collect) in policy.collect.iter().enumerate() {
            if collect.wait.is_some() {
                waits.insert(0, rule);
            }
            for (at, guard) in world.guards().iter().enumerate() {
                if guard.force().is_some() && collect.force.contains(&guard.code) {
                    forces.insert(at, rule);
                }
            }
        }
        let standing = Self {
            matched: RuleSets::new(count, words),
            barred: vec![Bar::None; count],
            retained: Vec::new(),
            cascade: RuleSets::new(count, words),
            orphans: RuleSets::new(count, words),
            waits: waits.of(0).to_vec(),
            forces,
            protected_groups: vec![Vec::new(); policy.protect.len()],
            groups: Vec::new(),
            unknown: HashMap::new(),
            keyless: vec![0; policy.collect.len()],
            matches: vec![0; policy.collect.len()],
        };
        let mut reader = Reader { world, listed, policy, conditions, standing };
        for rule in 0..policy.protect.len() {
            reader.protect(rule);
        }
        for rule in 0..policy.collect.len() {
            reader.collect(rule);
            for resource in reader.draws(&policy.collect[rule].cascade, Part::Cascade(rule)) {
                reader.standing.cascade.insert(resource as usize, rule);
            }
            for resource in reader.draws(&policy.collect[rule].orphans, Part::Orphans(rule)) {
                reader.standing.orphans.insert(resource as usize, rule);
            }
        }
        reader.standing
    }

    pub(super) fn bar(&self, resource: u32) -> Bar {
        self.barred[resource as usize]
    }

    pub(super) fn is_barred(&self, resource: u32) -> bool {
        self.bar(resource) != Bar::None
    }

    pub(super) fn is_matched(&self, resource: u32) -> bool {
        some(self.matched.of(resource as usize))
    }

    pub(super) fn is_selected(&self, resource: u32) -> bool {
        self.is_matched(resource) && !self.is_barred(resource)
    }

    /// What bars a resource, as a plan words it.
    pub(super) fn keep_reason(&self, policy: &Policy, resource: u32) -> Option<KeepReason> {
        Some(match self.bar(resource) {
            Bar::None => return None,
            Bar::Protected(rule) => KeepReason::Protect(policy.protect[rule as usize].name.clone()),
            Bar::NotExcluded(rule) => KeepReason::ProtectUnknown(policy.protect[rule as usize].name.clone()),
            Bar::Retained(reason) => KeepReason::Retain(match self.retained[reason as usize] {
                Retained::UnknownState => "unknown state".to_owned(),
                Retained::UnknownTime => "unknown time".to_owned(),
                Retained::FutureTime => "future time".to_owned(),
                Retained::UnknownGroup => "unknown group".to_owned(),
                Retained::NoGroup => "no group".to_owned(),
                Retained::Slots(rule, held) => {
                    let retain = policy.collect[rule as usize].retain.as_ref();
                    held.words(retain.and_then(|retain| retain.within))
                }
            }),
        })
    }

    /// Whether the filters of a protect rule let a group through.
    pub(super) fn protects_group(&self, rule: usize, group: usize) -> bool {
        self.protected_groups[rule].binary_search(&group).is_ok()
    }

    /// The options that the rules which match a resource pass; none where they disagree.
    pub(super) fn options<'p>(&self, policy: &'p Policy, resource: u32) -> Option<Option<&'p Options>> {
        let mut of_rules = rules(self.matched.of(resource as usize)).map(|rule| &policy.collect[rule].options);
        let first = of_rules.next();
        of_rules.all(|options| Some(options) == first).then_some(first)
    }

    /// The first so many that a rule retains of the group of a resource, from the newest on.
    pub(super) fn retained_of(&self, rule: usize, resource: u32, most: usize) -> &[u32] {
        let slots = &self.groups[rule];
        let Ok(at) = slots.keys.binary_search_by_key(&resource, |(own, _)| *own) else { return &[] };
        let key = slots.keys[at].1 as usize;
        let (start, end) = (slots.starts[key] as usize, slots.starts[key + 1] as usize);
        &slots.retained[start..end.min(start + most)]
    }
}

/// Whether the filters of a rule let a group through.
fn admits(filters: &Filters, group: &Group<'_>, class: &Class<'_>) -> bool {
    filters.provider.as_ref().is_none_or(|own| own.as_str() == class.provider)
        && filters.account.as_ref().is_none_or(|own| own.as_str() == group.account)
        && filters.region.as_ref().is_none_or(|own| own.as_str() == group.region)
        && filters.kind.as_ref().is_none_or(|own| own.as_str() == class.kind)
}

/// The groups of a rule's population while it is gathered.
#[derive(Default)]
struct Population {
    groups: u32,
    /// Group, time and resource of each candidate for a slot.
    candidates: Vec<(u32, Reverse<Timestamp>, u32)>,
}

impl Population {
    /// Those without a key are the first group, the others follow by the numbers of their keys.
    fn group(&mut self, key: KeyNumber) -> u32 {
        let group = match key {
            KeyNumber::Key(key) => key + 1,
            KeyNumber::Null | KeyNumber::Unknown => 0,
        };
        self.groups = self.groups.max(group + 1);
        group
    }
}

impl<'r, 'a> Reader<'r, 'a> {
    fn around(&self, resource: u32) -> Neighbourhood<'r, 'a> {
        Neighbourhood { world: self.world, listed: self.listed, resource }
    }

    fn asked(&self, condition: Option<&'r Condition>, part: Part) -> Asked<'r> {
        let reading = match part {
            Part::Protect(_) => Reading::Protect,
            Part::Where(_) | Part::When(_) | Part::Cascade(_) | Part::Orphans(_) => Reading::Collect,
        };
        Asked::new(self.conditions, condition, reading, self.world)
    }

    fn count_unknown(&mut self, part: Part, unknown: u64) {
        if unknown > 0 {
            *self.standing.unknown.entry(part).or_insert(0) += unknown;
        }
    }

    fn protect(&mut self, rule: usize) {
        let protect = &self.policy.protect[rule];
        let mut when = self.asked(protect.when.as_ref(), Part::Protect(rule));
        let mut unknown = 0;
        for (at, group) in self.world.groups().iter().enumerate() {
            if !admits(&protect.filters, group, self.world.class_of_group(at)) {
                continue;
            }
            self.standing.protected_groups[rule].push(at);
            for resource in group.members() {
                let holds = when.holds(self.around(resource));
                let bar = &mut self.standing.barred[resource as usize];
                unknown += u64::from(holds == Holds::Unknown);
                match (holds, *bar) {
                    (Holds::False, _) | (_, Bar::Protected(_)) | (Holds::Unknown, Bar::NotExcluded(_)) => {}
                    (Holds::True, _) => *bar = Bar::Protected(number(rule)),
                    (Holds::Unknown, _) => *bar = Bar::NotExcluded(number(rule)),
                }
            }
        }
        self.count_unknown(Part::Protect(rule), unknown);
    }

    /// The resources that some draws of a rule name.
    fn draws(&mut self, draws: &'r [Draw], part: Part) -> Vec<u32> {
        let (mut named, mut unknown) = (Vec::new(), 0);
        for draw in draws {
            let mut when = self.asked(draw.when.as_ref(), part);
            for (at, group) in self.world.groups().iter().enumerate() {
                if self.world.class_of_group(at).kind != draw.kind.as_str() {
                    continue;
                }
                for resource in group.members() {
                    match when.holds(self.around(resource)) {
                        Holds::True => named.push(resource),
                        Holds::False => {}
                        Holds::Unknown => unknown += 1,
                    }
                }
            }
        }
        self.count_unknown(part, unknown);
        named
    }

    fn collect(&mut self, rule: usize) {
        let collect = &self.policy.collect[rule];
        let mut population = self.asked(collect.population.as_ref(), Part::Where(rule));
        let mut when = self.asked(collect.when.as_ref(), Part::When(rule));
        let per = collect.retain.as_ref().and_then(|retain| retain.per.as_ref());
        let mut keys = AskedKey::new(self.conditions, per, self.world);
        let (mut unknown_where, mut unknown_when) = (0, 0);
        let (mut members, mut slots) = (Population::default(), Slots::default());
        for (at, group) in self.world.groups().iter().enumerate() {
            let class = self.world.class_of_group(at);
            let removable = class.rules.is_some_and(|rules| rules.removal.is_some());
            if !removable || !admits(&collect.filters, group, class) {
                continue;
            }
            for resource in group.members() {
                match population.holds(self.around(resource)) {
                    Holds::True => {}
                    Holds::False => continue,
                    Holds::Unknown => {
                        unknown_where += 1;
                        continue;
                    }
                }
                match when.holds(self.around(resource)) {
                    Holds::True => {
                        self.standing.matched.insert(resource as usize, rule);
                        self.standing.matches[rule] += 1;
                    }
                    Holds::False => {}
                    Holds::Unknown => unknown_when += 1,
                }
                if let Some(retain) = &collect.retain {
                    let key = keys.key(self.around(resource));
                    self.weigh(rule, retain, resource, key, &mut members, &mut slots);
                }
            }
        }
        self.count_unknown(Part::Where(rule), unknown_where);
        self.count_unknown(Part::When(rule), unknown_when);
        if let Some(retain) = &collect.retain {
            self.retain(rule, retain, members, &mut slots);
        }
        self.standing.groups.push(slots);
    }

    /// Puts a member of a population into its group, or says why it is retained or stands outside.
    fn weigh(
        &mut self,
        rule: usize,
        retain: &Retain,
        resource: u32,
        key: KeyNumber,
        population: &mut Population,
        slots: &mut Slots,
    ) {
        let facts = self.world.resource(resource);
        let has_group = match (key, retain.per_missing) {
            (KeyNumber::Unknown, _) | (KeyNumber::Null, MissingKey::Retain) => false,
            (KeyNumber::Key(_), _) | (KeyNumber::Null, MissingKey::Group) => true,
        };
        if let Some(Usable::In(states)) = self.world.class_of(resource).rules.map(|rules| &rules.usable) {
            match facts.state() {
                Fact::Unknown => return self.keep(resource, Retained::UnknownState),
                Fact::Known(state) if states.contains(state) => {}
                Fact::Known(_) => {
                    // Outside the retention; what its group retains still justifies its removal.
                    if has_group {
                        slots.keys.push((resource, population.group(key)));
                    }
                    return;
                }
            }
        }
        let created_at = match facts.created_at() {
            Fact::Unknown => return self.keep(resource, Retained::UnknownTime),
            Fact::Known(created_at) if created_at > self.world.now => {
                return self.keep(resource, Retained::FutureTime);
            }
            Fact::Known(created_at) => created_at,
        };
        if !has_group {
            if key == KeyNumber::Unknown {
                return self.keep(resource, Retained::UnknownGroup);
            }
            self.standing.keyless[rule] += 1;
            return self.keep(resource, Retained::NoGroup);
        }
        let group = population.group(key);
        slots.keys.push((resource, group));
        population.candidates.push((group, Reverse(created_at), resource));
    }

    /// Hands out the slots of every group.
    fn retain(&mut self, rule: usize, retain: &Retain, mut population: Population, slots: &mut Slots) {
        population.candidates.sort_unstable();
        let candidates = &population.candidates;
        let (mut start, mut times) = (0, Vec::new());
        for group in 0..population.groups {
            slots.starts.push(number(slots.retained.len()));
            let size = candidates[start..].iter().take_while(|(own, _, _)| *own == group).count();
            times.clear();
            times.extend(candidates[start..start + size].iter().map(|(_, Reverse(time), _)| *time));
            for (place, held) in slots::kept(retain, &times) {
                let (_, _, resource) = candidates[start + place];
                slots.retained.push(resource);
                self.keep(resource, Retained::Slots(number(rule), held));
            }
            start += size;
        }
        slots.starts.push(number(slots.retained.len()));
    }

    fn keep(&mut self, resource: u32, why: Retained) {
        let bar = &mut self.standing.barred[resource as usize];
        if *bar == Bar::None {
            *bar = Bar::Retained(number(self.standing.retained.len()));
            self.standing.retained.push(why);
        }
    }
}
