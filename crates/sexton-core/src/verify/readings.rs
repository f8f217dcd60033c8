//! What each rule of a policy says of the resources that its filters let through.

use std::cmp::Reverse;

use super::conditions::{Asked, AskedKey, Conditions, Holds, Neighbourhood};
use super::groups::{Class, Group, number};
use super::listed::Listed;
use super::slots::{self, Held};
use super::world::World;
use crate::fact::Fact;
use crate::policy::condition::{Condition, KeyNumber, Reading};
use crate::policy::{Draw, Filters, MissingKey, Policy, Retain};
use crate::rulebook::Usable;
use crate::time::Timestamp;

/// What every rule is read with.
#[derive(Clone, Copy)]
pub(super) struct Reader<'r, 'a> {
    pub(super) world: &'r World<'a>,
    pub(super) listed: &'r Listed<'a>,
    pub(super) policy: &'r Policy,
    pub(super) conditions: Conditions,
}

/// What a protect rule says.
#[derive(Debug, Default)]
pub(super) struct Protection {
    /// The groups that its filters let through, ascending.
    pub(super) groups: Vec<usize>,
    /// Of what it is definitely true.
    pub(super) protected: Vec<u32>,
    /// Of what it is not definitely false.
    pub(super) not_excluded: Vec<u32>,
}

/// What a collect rule says.
#[derive(Debug, Default)]
pub(super) struct Collection {
    /// What it matches, ascending.
    pub(super) matched: Vec<u32>,
    /// What it retains, and why.
    pub(super) retained: Vec<(u32, Retained)>,
    pub(super) slots: Slots,
    pub(super) cascade: Named,
    pub(super) orphans: Named,
    /// How many are retained for lack of a group key.
    pub(super) keyless: u64,
    /// Of how many its conditions were unknown.
    pub(super) unknown: Unknown,
}

/// Why a retention keeps a resource.
#[derive(Debug, Clone, Copy)]
pub(super) enum Retained {
    UnknownState,
    UnknownTime,
    FutureTime,
    UnknownGroup,
    NoGroup,
    Slots(Held),
}

/// What the groups of a rule retain.
#[derive(Debug, Default)]
pub(super) struct Slots {
    /// Resource and number of its group, ascending.
    keys: Vec<(u32, u32)>,
    /// Where the retained of each group begin, and after the last where they end.
    starts: Vec<u32>,
    /// The retained, by group and from the newest on.
    retained: Vec<u32>,
}

/// The resources that a rule may draw in.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// All of these groups.
    pub(super) groups: Vec<usize>,
    /// And these.
    pub(super) some: Vec<u32>,
    unknown: u64,
}

/// Of how many resources each condition of a collect rule was unknown.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Unknown {
    pub(super) population: u64,
    pub(super) when: u64,
    pub(super) cascade: u64,
    pub(super) orphans: u64,
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

impl Slots {
    /// The first so many that are retained of the group of a resource, from the newest on.
    pub(super) fn of_group(&self, resource: u32, most: usize) -> &[u32] {
        let Ok(at) = self.keys.binary_search_by_key(&resource, |(own, _)| *own) else { return &[] };
        let key = self.keys[at].1 as usize;
        let (start, end) = (self.starts[key] as usize, self.starts[key + 1] as usize);
        &self.retained[start..end.min(start + most)]
    }
}

/// Whether the filters of a rule let a group through.
fn admits(filters: &Filters, group: &Group<'_>, class: &Class<'_>) -> bool {
    filters.provider.as_ref().is_none_or(|own| own.as_str() == class.provider)
        && filters.account.as_ref().is_none_or(|own| own.as_str() == group.account)
        && filters.region.as_ref().is_none_or(|own| own.as_str() == group.region)
        && filters.kind.as_ref().is_none_or(|own| own.as_str() == class.kind)
}

impl<'r, 'a> Reader<'r, 'a> {
    fn around(&self, resource: u32) -> Neighbourhood<'r, 'a> {
        Neighbourhood { world: self.world, listed: self.listed, resource }
    }

    fn asked(&self, condition: Option<&'r Condition>, reading: Reading) -> Asked<'r> {
        Asked::new(self.conditions, condition, reading, self.world)
    }

    pub(super) fn protect(&self, rule: usize) -> Protection {
        let protect = &self.policy.protect[rule];
        let mut when = self.asked(protect.when.as_ref(), Reading::Protect);
        let mut protection = Protection::default();
        for (at, group) in self.world.groups().iter().enumerate() {
            if !admits(&protect.filters, group, self.world.class_of_group(at)) {
                continue;
            }
            protection.groups.push(at);
            for resource in group.members() {
                match when.holds(self.around(resource)) {
                    Holds::True => protection.protected.push(resource),
                    Holds::False => {}
                    Holds::Unknown => protection.not_excluded.push(resource),
                }
            }
        }
        protection
    }

    pub(super) fn collect(&self, rule: usize) -> Collection {
        let collect = &self.policy.collect[rule];
        let mut population = self.asked(collect.population.as_ref(), Reading::Collect);
        let mut when = self.asked(collect.when.as_ref(), Reading::Collect);
        let per = collect.retain.as_ref().and_then(|retain| retain.per.as_ref());
        let mut keys = AskedKey::new(self.conditions, per, self.world);
        let mut members = Population::default();
        let mut collection = Collection::default();
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
                        collection.unknown.population += 1;
                        continue;
                    }
                }
                match when.holds(self.around(resource)) {
                    Holds::True => collection.matched.push(resource),
                    Holds::False => {}
                    Holds::Unknown => collection.unknown.when += 1,
                }
                if let Some(retain) = &collect.retain {
                    let key = keys.key(self.around(resource));
                    self.weigh(retain, resource, key, &mut members, &mut collection);
                }
            }
        }
        if let Some(retain) = &collect.retain {
            hand_out(retain, members, &mut collection);
        }
        collection.cascade = self.named(&collect.cascade);
        collection.orphans = self.named(&collect.orphans);
        collection.unknown.cascade = collection.cascade.unknown;
        collection.unknown.orphans = collection.orphans.unknown;
        collection
    }

    /// The resources that some draws of a rule name.
    fn named(&self, draws: &'r [Draw]) -> Named {
        let mut named = Named::default();
        for draw in draws {
            let mut when = self.asked(draw.when.as_ref(), Reading::Collect);
            for (at, group) in self.world.groups().iter().enumerate() {
                if self.world.class_of_group(at).kind != draw.kind.as_str() {
                    continue;
                }
                if draw.when.is_none() {
                    named.groups.push(at);
                    continue;
                }
                for resource in group.members() {
                    match when.holds(self.around(resource)) {
                        Holds::True => named.some.push(resource),
                        Holds::False => {}
                        Holds::Unknown => named.unknown += 1,
                    }
                }
            }
        }
        named
    }

    /// Puts a member of a population into its group, or says why it is retained or stands outside.
    fn weigh(
        &self,
        retain: &Retain,
        resource: u32,
        key: KeyNumber,
        population: &mut Population,
        collection: &mut Collection,
    ) {
        let facts = self.world.resource(resource);
        let mut keep = |why| collection.retained.push((resource, why));
        let has_group = match (key, retain.per_missing) {
            (KeyNumber::Unknown, _) | (KeyNumber::Null, MissingKey::Retain) => false,
            (KeyNumber::Key(_), _) | (KeyNumber::Null, MissingKey::Group) => true,
        };
        if let Some(Usable::In(states)) = self.world.class_of(resource).rules.map(|rules| &rules.usable) {
            match facts.state() {
                Fact::Unknown => return keep(Retained::UnknownState),
                Fact::Known(state) if states.contains(state) => {}
                Fact::Known(_) => {
                    // Outside the retention; what its group retains still justifies its removal.
                    if has_group {
                        collection.slots.keys.push((resource, population.group(key)));
                    }
                    return;
                }
            }
        }
        let created_at = match facts.created_at() {
            Fact::Unknown => return keep(Retained::UnknownTime),
            Fact::Known(created_at) if created_at > self.world.now => return keep(Retained::FutureTime),
            Fact::Known(created_at) => created_at,
        };
        if !has_group {
            if key == KeyNumber::Unknown {
                return keep(Retained::UnknownGroup);
            }
            collection.keyless += 1;
            return keep(Retained::NoGroup);
        }
        let group = population.group(key);
        collection.slots.keys.push((resource, group));
        population.candidates.push((group, Reverse(created_at), resource));
    }
}

/// Hands out the slots of every group.
fn hand_out(retain: &Retain, mut population: Population, collection: &mut Collection) {
    population.candidates.sort_unstable();
    let slots = &mut collection.slots;
    let (mut left, mut times) = (&population.candidates[..], Vec::new());
    for group in 0..population.groups {
        slots.starts.push(number(slots.retained.len()));
        let size = left.iter().take_while(|(own, _, _)| *own == group).count();
        let (own, others) = left.split_at(size);
        left = others;
        times.clear();
        times.extend(own.iter().map(|(_, Reverse(time), _)| *time));
        for (place, held) in slots::kept(retain, &times) {
            let (_, _, resource) = own[place];
            slots.retained.push(resource);
            collection.retained.push((resource, Retained::Slots(held)));
        }
    }
    slots.starts.push(number(slots.retained.len()));
}
