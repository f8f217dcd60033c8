//! What the policy says of each resource by itself: which rules match it, what bars it, which rules may draw it in.

use std::collections::BTreeMap;

use super::masks::{Masks, any, rules};
use crate::fact::Fact;
use crate::graph::{Around, Graph};
use crate::inventory::ResourceIndex;
use crate::plan::{KeepReason, Options};
use crate::policy::condition::{Cause, Condition, GroupKey, Reading, Subject, Truth};
use crate::policy::{Candidate, Collect, Draw, MissingKey, Policy, Retain, retained};
use crate::rulebook::Usable;
use crate::time::Timestamp;

/// How many of the retained of one group a step names.
const NAMED_RETAINED: usize = 32;

/// The policy's word on every resource.
#[derive(Debug)]
pub(super) struct Selection {
    /// The collect rules that match.
    pub(super) matched: Masks,
    /// What bars, if anything.
    pub(super) barred: Vec<Option<KeepReason>>,
    /// The rules whose `cascade` names the resource.
    pub(super) cascade: Masks,
    /// The rules whose `orphans` names the resource.
    pub(super) orphans: Masks,
    /// The rules that grant a wait.
    pub(super) waits: Vec<u64>,
    /// By rule and group key: the holders of slots.
    slots: BTreeMap<(usize, GroupKey), Vec<ResourceIndex>>,
    /// By rule with `retain`: the key of each resource that it matches.
    keys: BTreeMap<(usize, ResourceIndex), GroupKey>,
    /// Conditions that were unknown.
    pub(super) unknown: BTreeMap<UnknownIn, Tally>,
    /// Resources retained for lack of a group key, by rule.
    pub(super) keyless: BTreeMap<usize, u64>,
    /// How many resources each collect rule matches.
    pub(super) matches: Vec<u64>,
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
            barred: vec![None; count],
            cascade: masks(),
            orphans: masks(),
            waits: Vec::new(),
            slots: BTreeMap::new(),
            keys: BTreeMap::new(),
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
        for index in graph.inventory.indexes() {
            selection.protect(graph, policy, index, now);
        }
        for (rule, collect) in policy.collect.iter().enumerate() {
            selection.collect(graph, rule, collect, now);
            selection.draws(graph, rule, &collect.cascade, UnknownIn::Cascade(rule), now);
            selection.draws(graph, rule, &collect.orphans, UnknownIn::Orphans(rule), now);
        }
        selection
    }

    /// Matched by some rule and not barred.
    pub(super) fn is_selected(&self, index: ResourceIndex) -> bool {
        any(self.matched.row(index.get())) && self.barred[index.get()].is_none()
    }

    /// The slots that justify removing a resource: the newest retained of its groups, under the rules given. A group
    /// may retain thousands, and every step of it would name them.
    pub(super) fn justifying(&self, index: ResourceIndex, rules: impl Iterator<Item = usize>) -> Vec<ResourceIndex> {
        let mut slots: Vec<ResourceIndex> = rules
            .filter_map(|rule| {
                let key = self.keys.get(&(rule, index))?;
                self.slots.get(&(rule, key.clone()))
            })
            .flat_map(|slots| slots.iter().take(NAMED_RETAINED))
            .copied()
            .collect();
        slots.sort_unstable();
        slots.dedup();
        slots
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

    fn truth(
        &mut self,
        graph: &Graph<'_>,
        index: ResourceIndex,
        condition: Option<&Condition>,
        place: UnknownIn,
        now: Timestamp,
    ) -> Verdict {
        let Some(condition) = condition else { return Verdict::True };
        let around = Around { graph, index };
        let subject = Subject { resource: graph.inventory.resource(index), now, surroundings: &around };
        let reading = match place {
            UnknownIn::Protect(_) => Reading::Protect,
            UnknownIn::Where(_) | UnknownIn::When(_) | UnknownIn::Cascade(_) | UnknownIn::Orphans(_) => {
                Reading::Collect
            }
        };
        match condition.truth(subject, reading) {
            Truth::True => Verdict::True,
            Truth::False => Verdict::False,
            Truth::Unknown(cause) => {
                self.unknown.entry(place).and_modify(|tally| tally.count += 1).or_insert(Tally {
                    count: 1,
                    first: cause,
                    at: index,
                });
                Verdict::Unknown
            }
        }
    }

    fn protect(&mut self, graph: &Graph<'_>, policy: &Policy, index: ResourceIndex, now: Timestamp) {
        let resource = graph.inventory.resource(index);
        for (rule, protect) in policy.protect.iter().enumerate() {
            if !protect.filters.admit(resource) {
                continue;
            }
            let reason = match self.truth(graph, index, protect.when.as_ref(), UnknownIn::Protect(rule), now) {
                Verdict::True => KeepReason::Protect(protect.name.clone()),
                Verdict::Unknown => KeepReason::ProtectUnknown(protect.name.clone()),
                Verdict::False => continue,
            };
            // A definite protection is said before one that is only not excluded.
            let slot = &mut self.barred[index.get()];
            match (&slot, &reason) {
                (None, _) | (Some(KeepReason::ProtectUnknown(_)), KeepReason::Protect(_)) => *slot = Some(reason),
                (Some(_), _) => {}
            }
        }
    }

    fn collect(&mut self, graph: &Graph<'_>, rule: usize, collect: &Collect, now: Timestamp) {
        let mut groups: BTreeMap<GroupKey, Vec<Candidate<ResourceIndex>>> = BTreeMap::new();
        for index in graph.inventory.indexes() {
            let resource = graph.inventory.resource(index);
            let removable = graph.kind_rules(index).is_some_and(|rules| rules.removal.is_some());
            if !removable || !collect.filters.admit(resource) {
                continue;
            }
            let population = self.truth(graph, index, collect.population.as_ref(), UnknownIn::Where(rule), now);
            if population != Verdict::True {
                continue;
            }
            if self.truth(graph, index, collect.when.as_ref(), UnknownIn::When(rule), now) == Verdict::True {
                self.matched.insert(index.get(), rule);
                self.matches[rule] += 1;
            }
            if let Some(retain) = &collect.retain {
                self.weigh(graph, rule, retain, index, now, &mut groups);
            }
        }
        let Some(retain) = &collect.retain else { return };
        for (key, mut group) in groups {
            group.sort_by(|a, b| b.created_at.cmp(&a.created_at).then(a.item.cmp(&b.item)));
            let kept = retained(retain, &group);
            for (index, slot) in &kept {
                self.retain(*index, slot.clone());
            }
            self.slots.insert((rule, key), kept.into_iter().map(|(index, _)| index).collect());
        }
    }

    /// Puts a member of a population into its group, or retains it outright.
    fn weigh(
        &mut self,
        graph: &Graph<'_>,
        rule: usize,
        retain: &Retain,
        index: ResourceIndex,
        now: Timestamp,
        groups: &mut BTreeMap<GroupKey, Vec<Candidate<ResourceIndex>>>,
    ) {
        let resource = graph.inventory.resource(index);
        let around = Around { graph, index };
        let subject = Subject { resource, now, surroundings: &around };
        let key = retain.per.as_ref().map_or(GroupKey::Key(String::new()), |per| per.group_key(subject));
        if let Some(Usable::In(states)) = graph.kind_rules(index).map(|rules| &rules.usable) {
            match resource.state() {
                Fact::Known(state) if states.contains(state) => {}
                Fact::Known(_) => {
                    // Of no use: it takes no slot and is not retained; the group's slots still justify its removal.
                    self.keys.insert((rule, index), key);
                    return;
                }
                Fact::Unknown => return self.retain(index, "unknown state".to_owned()),
            }
        }
        let created_at = match resource.created_at() {
            Fact::Unknown => return self.retain(index, "unknown time".to_owned()),
            Fact::Known(created_at) if created_at > now => return self.retain(index, "future time".to_owned()),
            Fact::Known(created_at) => created_at,
        };
        match (&key, retain.per_missing) {
            (GroupKey::Unknown, _) => return self.retain(index, "unknown group".to_owned()),
            (GroupKey::Null, MissingKey::Retain) => {
                *self.keyless.entry(rule).or_insert(0) += 1;
                return self.retain(index, "no group".to_owned());
            }
            (GroupKey::Null, MissingKey::Group) | (GroupKey::Key(_), _) => {}
        }
        self.keys.insert((rule, index), key.clone());
        groups.entry(key).or_default().push(Candidate { item: index, created_at });
    }

    fn retain(&mut self, index: ResourceIndex, slot: String) {
        let barred = &mut self.barred[index.get()];
        if barred.is_none() {
            *barred = Some(KeepReason::Retain(slot));
        }
    }

    fn draws(&mut self, graph: &Graph<'_>, rule: usize, draws: &[Draw], place: UnknownIn, now: Timestamp) {
        for draw in draws {
            for position in 0..graph.groups().len() {
                let group = &graph.groups()[position];
                if group.kind != draw.kind.as_str() {
                    continue;
                }
                for row in group.start..group.end {
                    let index = ResourceIndex::new(row);
                    if self.truth(graph, index, draw.when.as_ref(), place, now) == Verdict::True {
                        match place {
                            UnknownIn::Orphans(_) => self.orphans.insert(row, rule),
                            UnknownIn::Cascade(_)
                            | UnknownIn::Protect(_)
                            | UnknownIn::Where(_)
                            | UnknownIn::When(_) => self.cascade.insert(row, rule),
                        }
                    }
                }
            }
        }
    }
}

/// Two rules that match one resource pass different options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Disagree;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    True,
    False,
    Unknown,
}
