//! What the policy says of each resource by itself: section 5.

use std::collections::BTreeMap;

use sexton_core::fact::Fact;
use sexton_core::policy::condition::{GroupKey, Reading, Subject, Surroundings, Truth};
use sexton_core::policy::{Collect, Condition, Draw, Filters, MissingKey, Retain};
use sexton_core::resource::Resource;
use sexton_core::rulebook::{End, Usable, Visibility};
use sexton_core::time::Timestamp;

use super::{Bar, By, Greatest, Numbers};

struct Around<'g, 'a> {
    world: &'g Greatest<'a>,
    index: usize,
}

impl Surroundings for Around<'_, '_> {
    fn unused(&self) -> Fact<bool> {
        let others = || self.world.raised_on(self.index).filter(|raised| raised.guard.other().is_some());
        if !self.world.unlisted[self.index].is_empty() || others().any(|raised| raised.by == By::UnknownLinks) {
            return Fact::Unknown;
        }
        Fact::Known(others().all(|raised| raised.by == By::Listed(self.index)))
    }

    fn dependents(&self, kind: &str) -> Fact<u64> {
        let world = self.world;
        let own = world.resources[self.index].address.kind();
        let hidden = world.rulebook(self.index).is_some_and(|rulebook| {
            rulebook.guards_of(own).any(|guard| {
                matches!(guard.visibility, Visibility::Unobservable { .. })
                    && guard.other().is_some_and(|other| other.end == End::Dependent && other.kind.as_str() == kind)
            })
        });
        if hidden || world.unlisted[self.index].contains(kind) {
            return Fact::Unknown;
        }
        let raising = world.raised_on(self.index).filter(|raised| raised.by_dependent());
        let others: Numbers = raising
            .filter_map(super::Raised::other)
            .filter(|other| world.resources[*other].address.kind() == kind)
            .collect();
        Fact::Known(others.len() as u64)
    }
}

impl Greatest<'_> {
    pub(super) fn judge(&mut self) {
        let count = self.resources.len();
        for protect in &self.policy.protect {
            for index in (0..count).filter(|index| admits(&protect.filters, &self.resources[*index])) {
                if self.truth(index, protect.when.as_ref(), Reading::Protect) != Truth::False {
                    self.barred[index] = Some(Bar::Protected);
                }
            }
        }
        for (number, rule) in self.policy.collect.iter().enumerate() {
            let population: Vec<usize> = (0..count)
                .filter(|index| admits(&rule.filters, &self.resources[*index]) && self.has_removal(*index))
                .filter(|index| self.is_true(*index, rule.population.as_ref()))
                .collect();
            for index in &population {
                if self.is_true(*index, rule.when.as_ref()) {
                    self.matched[*index].insert(number);
                }
            }
            for index in self.retained(rule, &population) {
                self.barred[index].get_or_insert(Bar::Retained);
            }
            for index in 0..count {
                if self.is_named(&rule.cascade, index) {
                    self.cascades[index].insert(number);
                }
                if self.is_named(&rule.orphans, index) {
                    self.orphans[index].insert(number);
                }
            }
        }
    }

    fn subject<T>(&self, index: usize, ask: impl FnOnce(Subject<'_>) -> T) -> T {
        let around = Around { world: self, index };
        let resource = self.inventory.resource(self.indexes[index]);
        ask(Subject { resource, now: self.now, surroundings: &around })
    }

    fn truth(&self, index: usize, condition: Option<&Condition>, reading: Reading) -> Truth {
        condition.map_or(Truth::True, |condition| self.subject(index, |subject| condition.truth(subject, reading)))
    }

    fn is_true(&self, index: usize, condition: Option<&Condition>) -> bool {
        self.truth(index, condition, Reading::Collect) == Truth::True
    }

    fn is_named(&self, draws: &[Draw], index: usize) -> bool {
        let kind = self.resources[index].address.kind();
        draws.iter().any(|draw| draw.kind.as_str() == kind && self.is_true(index, draw.when.as_ref()))
    }

    fn retained(&self, rule: &Collect, population: &[usize]) -> Numbers {
        let mut retained = Numbers::new();
        let Some(retain) = &rule.retain else { return retained };
        let mut groups: BTreeMap<GroupKey, Vec<usize>> = BTreeMap::new();
        for index in population {
            let resource = &self.resources[*index];
            let kind = resource.address.kind();
            let usable = self.rulebook(*index).and_then(|rulebook| rulebook.kind(kind)).map(|rules| &rules.usable);
            if let (Some(Usable::In(states)), Fact::Known(state)) = (usable, &resource.state)
                && !states.contains(state)
            {
                continue;
            }
            let state_is_open = matches!(usable, Some(Usable::In(_))) && resource.state.is_unknown();
            let time_is_open = resource.created_at.known().is_none_or(|created_at| created_at > self.now);
            let key = retain
                .per
                .as_ref()
                .map_or(GroupKey::Key(String::new()), |per| self.subject(*index, |subject| per.group_key(subject)));
            let key_is_open = match key {
                GroupKey::Key(_) => false,
                GroupKey::Null => retain.per_missing == MissingKey::Retain,
                GroupKey::Unknown => true,
            };
            if state_is_open || time_is_open || key_is_open {
                retained.insert(*index);
            } else {
                groups.entry(key).or_default().push(*index);
            }
        }
        for group in groups.into_values() {
            retained.extend(self.slots(retain, group));
        }
        retained
    }

    /// The members of a group that hold a slot: newest first, ties by address.
    fn slots(&self, retain: &Retain, mut group: Vec<usize>) -> Numbers {
        let made = |index: &usize| self.resources[*index].created_at.known().expect("its time is known");
        group.sort_by(|a, b| made(b).cmp(&made(a)).then(a.cmp(b)));
        let mut slots = Numbers::new();
        let mut one_each = |allowed: Option<u64>, period: &dyn Fn(Timestamp) -> String| {
            let allowed = slots_of(allowed);
            let mut newest: Vec<usize> = Vec::new();
            for index in &group {
                if newest.last().is_none_or(|before| period(made(before)) != period(made(index))) {
                    newest.push(*index);
                }
            }
            // Where a bucket is not full, the oldest of all is kept besides.
            if newest.len() < allowed {
                newest.extend(group.last());
            }
            slots.extend(newest.into_iter().take(allowed));
        };
        // A period is a part of the written time: its first 13 characters name the hour, 10 the day, 7 the month.
        for (allowed, length) in [(retain.hourly, 13), (retain.daily, 10), (retain.monthly, 7), (retain.yearly, 4)] {
            one_each(allowed, &|time| time.to_string()[..length].to_owned());
        }
        // The first Monday of 1970 was the fifth of January.
        one_each(retain.weekly, &|time| (time.as_second() - 4 * 86_400).div_euclid(7 * 86_400).to_string());
        slots.extend(group.iter().take(slots_of(retain.last)));
        if let (Some(within), Some(newest)) = (retain.within, group.first()) {
            slots.extend(group.iter().filter(|index| made(newest).since(made(index)) < within));
        }
        slots
    }
}

/// How many slots a retention has; as many as there can be members where it has more.
fn slots_of(allowed: Option<u64>) -> usize {
    allowed.map_or(0, |allowed| usize::try_from(allowed).unwrap_or(usize::MAX))
}

fn admits(filters: &Filters, resource: &Resource) -> bool {
    let address = &resource.address;
    filters.provider.as_ref().is_none_or(|named| named.as_str() == address.provider())
        && filters.account.as_ref().is_none_or(|named| named.as_str() == address.account())
        && filters.region.as_ref().is_none_or(|named| named.as_str() == address.region())
        && filters.kind.as_ref().is_none_or(|named| named.as_str() == address.kind())
}
