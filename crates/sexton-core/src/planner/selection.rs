//! What the policy says of each resource by itself: which rules match it, what bars it, which rules may draw it in.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use super::masks::{Masks, Word, any, rules};
use super::reading::{CollectReading, ProtectReading, Reading, Retention, readings};
use crate::graph::{Graph, number};
use crate::inventory::ResourceIndex;
use crate::plan::{KeepReason, Options};
use crate::policy::Policy;
use crate::policy::condition::Cause;
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
    pub(super) waits: Vec<Word>,
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
    pub(super) fn of(graph: &Graph<'_>, policy: &Policy, now: Timestamp, workers: NonZeroUsize) -> Self {
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
        for reading in readings(graph, policy, now, workers) {
            match reading {
                Reading::Protect(reading) => selection.protected(reading),
                Reading::Collect(reading) => selection.collected(*reading),
            }
        }
        selection
    }

    fn protected(&mut self, reading: ProtectReading) {
        for (index, bar) in reading.bars {
            // A definite protection is said before one that is only not excluded.
            let slot = &mut self.bars[index.get()];
            match (*slot, bar) {
                (Bar::Nothing, _) | (Bar::ProtectUnknown(_), Bar::Protect(_)) => *slot = bar,
                (Bar::Protect(_) | Bar::ProtectUnknown(_) | Bar::Retain(_), _) => {}
            }
        }
        self.unknown.extend(reading.unknown);
    }

    fn collected(&mut self, reading: CollectReading) {
        let rule = reading.rule;
        self.matches[rule] = reading.matched.len() as u64;
        for index in reading.matched {
            self.matched.insert(index.get(), rule);
        }
        for rows in reading.cascade {
            rows.for_each(|row| self.cascade.insert(row, rule));
        }
        for rows in reading.orphans {
            rows.for_each(|row| self.orphans.insert(row, rule));
        }
        for (index, slot) in reading.retained {
            self.retain(index, &slot);
        }
        self.retentions[rule] = reading.retention;
        if reading.keyless > 0 {
            self.keyless.insert(rule, reading.keyless);
        }
        self.unknown.extend(reading.unknown);
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
}

/// Two rules that match one resource pass different options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Disagree;
