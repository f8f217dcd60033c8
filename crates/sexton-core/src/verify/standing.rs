//! What the policy says of each resource by itself: which rules match it, what bars it, which rules may draw it in.

use std::num::NonZeroUsize;

use super::conditions::Conditions;
use super::groups::number;
use super::listed::Listed;
use super::parallel;
use super::readings::{Collection, Named, Protection, Reader, Retained, Slots, Unknown};
use super::rules::{RuleSets, rules, some};
use super::world::World;
use crate::plan::{KeepReason, Options};
use crate::policy::Policy;

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

/// The policy's word on every resource.
#[derive(Debug)]
pub(super) struct Standing {
    /// The collect rules that match.
    pub(super) matched: RuleSets,
    /// What some rule matches, ascending.
    pub(super) all_matched: Vec<u32>,
    barred: Vec<Bar>,
    /// By number: the rule, and why it retains.
    retained: Vec<(usize, Retained)>,
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
    slots: Vec<Slots>,
    /// By protect rule: of how many it is unknown.
    pub(super) not_excluded: Vec<u64>,
    /// By rule: of how many its conditions are unknown.
    pub(super) unknown: Vec<Unknown>,
    /// By rule: how many are retained for lack of a group key.
    pub(super) keyless: Vec<u64>,
    /// By rule: how many it matches.
    pub(super) matches: Vec<u64>,
    /// Whether any two rules pass different options.
    options_differ: bool,
}

/// What one rule says.
enum Said {
    Protect(Protection),
    Collect(Box<Collection>),
}

impl Standing {
    pub(super) fn read<'a>(
        world: &World<'a>,
        listed: &Listed<'a>,
        policy: &Policy,
        conditions: Conditions,
        workers: NonZeroUsize,
    ) -> Self {
        let reader = Reader { world, listed, policy, conditions };
        let read = |at: usize| match at.checked_sub(policy.protect.len()) {
            None => Said::Protect(reader.protect(at)),
            Some(rule) => Said::Collect(Box::new(reader.collect(rule))),
        };
        let mut standing = Self::silent(world, policy);
        for said in parallel::each(policy.protect.len() + policy.collect.len(), workers, read) {
            match said {
                Said::Protect(protection) => standing.protect(protection),
                Said::Collect(collection) => standing.collect(world, *collection),
            }
        }
        let matched = (0..world.count()).filter(|resource| some(standing.matched.of(*resource as usize)));
        standing.all_matched = matched.collect();
        standing
    }

    /// Before any rule was read.
    fn silent(world: &World<'_>, policy: &Policy) -> Self {
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
        Self {
            matched: RuleSets::new(count, words),
            all_matched: Vec::new(),
            barred: vec![Bar::None; count],
            retained: Vec::new(),
            cascade: RuleSets::new(count, words),
            orphans: RuleSets::new(count, words),
            waits: waits.of(0).to_vec(),
            forces,
            protected_groups: Vec::new(),
            slots: Vec::new(),
            not_excluded: Vec::new(),
            unknown: Vec::new(),
            keyless: Vec::new(),
            matches: Vec::new(),
            options_differ: policy.collect.windows(2).any(|pair| pair[0].options != pair[1].options),
        }
    }

    /// Takes in the next protect rule. A definite protection is said before one that is only not excluded.
    fn protect(&mut self, said: Protection) {
        let rule = number(self.protected_groups.len());
        for resource in said.protected {
            let bar = &mut self.barred[resource as usize];
            if !matches!(bar, Bar::Protected(_)) {
                *bar = Bar::Protected(rule);
            }
        }
        self.not_excluded.push(said.not_excluded.len() as u64);
        for resource in said.not_excluded {
            let bar = &mut self.barred[resource as usize];
            if *bar == Bar::None {
                *bar = Bar::NotExcluded(rule);
            }
        }
        self.protected_groups.push(said.groups);
    }

    /// Takes in the next collect rule.
    fn collect(&mut self, world: &World<'_>, said: Collection) {
        let rule = self.slots.len();
        self.matches.push(said.matched.len() as u64);
        said.matched.iter().for_each(|resource| self.matched.insert(*resource as usize, rule));
        for (resource, why) in said.retained {
            let bar = &mut self.barred[resource as usize];
            if *bar == Bar::None {
                *bar = Bar::Retained(number(self.retained.len()));
                self.retained.push((rule, why));
            }
        }
        let name = |sets: &mut RuleSets, named: Named| {
            let groups = named.groups.into_iter().flat_map(|group| world.groups()[group].members());
            groups.chain(named.some).for_each(|resource| sets.insert(resource as usize, rule));
        };
        name(&mut self.cascade, said.cascade);
        name(&mut self.orphans, said.orphans);
        self.slots.push(said.slots);
        self.unknown.push(said.unknown);
        self.keyless.push(said.keyless);
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
                (_, Retained::UnknownState) => "unknown state".to_owned(),
                (_, Retained::UnknownTime) => "unknown time".to_owned(),
                (_, Retained::FutureTime) => "future time".to_owned(),
                (_, Retained::UnknownGroup) => "unknown group".to_owned(),
                (_, Retained::NoGroup) => "no group".to_owned(),
                (rule, Retained::Slots(held)) => {
                    let retain = policy.collect[rule].retain.as_ref();
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
        (!self.options_differ || of_rules.all(|options| Some(options) == first)).then_some(first)
    }

    /// The first so many that a rule retains of the group of a resource, from the newest on.
    pub(super) fn retained_of(&self, rule: usize, resource: u32, most: usize) -> &[u32] {
        self.slots[rule].of_group(resource, most)
    }
}
