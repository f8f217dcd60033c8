//! Which resources a run has looked at, when, and whether what was there was what the plan was made for.

use std::collections::BTreeMap;

use sexton_core::address::Address;
use sexton_core::fact::Fact;
use sexton_core::plan::Step;
use sexton_core::resource::Resource;
use sexton_engine::machine::MonoTime;

use super::is_same;
use crate::estate::Estate;
use crate::log::{Call, Ticket};
use crate::world::World;

/// A reading: when it was asked for, and what was there when it arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) asked_at: MonoTime,
    /// Whether the resource was what the plan was made for.
    pub(super) as_planned: bool,
}

/// The last answered reading of each resource.
#[derive(Debug, Clone, Default)]
pub(super) struct Looks {
    probes: BTreeMap<Address, Look>,
    dependents: BTreeMap<Address, Look>,
    unanswered: BTreeMap<Ticket, Vec<(Address, Look, Sort)>>,
}

#[derive(Debug, Clone, Copy)]
enum Sort {
    Probe,
    Dependents,
}

impl Looks {
    pub(super) fn probe(&self, address: &Address) -> Option<Look> {
        self.probes.get(address).copied()
    }

    pub(super) fn dependents(&self, address: &Address) -> Option<Look> {
        self.dependents.get(address).copied()
    }

    pub(super) fn answered(&mut self, ticket: Ticket, well: bool) {
        for (address, look, sort) in self.unanswered.remove(&ticket).into_iter().flatten() {
            if well {
                match sort {
                    Sort::Probe => self.probes.insert(address, look),
                    Sort::Dependents => self.dependents.insert(address, look),
                };
            }
        }
    }
}

/// Notes what a call reads, at the moment at which it reads it.
pub(super) fn arrived(
    looks: &mut Looks,
    estate: &Estate,
    steps: &BTreeMap<&Address, &Step>,
    world: &World,
    ticket: Ticket,
    asked_at: MonoTime,
    call: &Call,
) {
    let read = match call {
        Call::Probe(targets) => targets
            .iter()
            .filter_map(|target| {
                let step = steps.get(target)?;
                let as_planned = estate.get(target).is_some_and(|resource| is_as_planned(resource, step));
                Some((target.clone(), Look { asked_at, as_planned }, Sort::Probe))
            })
            .collect(),
        Call::Dependents(target) if steps.contains_key(target) => {
            let as_planned = estate.get(target).is_some_and(|resource| {
                estate
                    .holds(&world.rulebook, resource, world.taken_at)
                    .iter()
                    .filter(|hold| hold.dependent)
                    .filter_map(|hold| hold.by.as_ref())
                    .all(|by| names(steps, target, by))
            });
            vec![(target.clone(), Look { asked_at, as_planned }, Sort::Dependents)]
        }
        Call::Dependents(_) | Call::Identity | Call::Remove(_) => Vec::new(),
    };
    if !read.is_empty() {
        looks.unanswered.insert(ticket, read);
    }
}

/// Whether the plan names a dependent of a step's resource: as one whose loss was accepted, or as one that goes.
pub(super) fn names(steps: &BTreeMap<&Address, &Step>, target: &Address, dependent: &Address) -> bool {
    let accepted = steps.get(target).and_then(|step| step.expect.dependents.as_ref());
    accepted.is_some_and(|accepted| accepted.contains(dependent)) || steps.contains_key(dependent)
}

fn is_as_planned(resource: &Resource, step: &Step) -> bool {
    let tags = match &resource.tags {
        Fact::Known(tags) => Some(tags),
        Fact::Unknown => None,
    };
    is_same(resource, step) && tags == step.expect.tags.as_deref()
}
