//! Which resources a run has looked at, when, and whether what was there was what the plan was made for.

use std::collections::{BTreeMap, BTreeSet};

use sexton_core::address::{Address, Kind};
use sexton_core::fact::Fact;
use sexton_core::plan::Step;
use sexton_core::resource::{Attribute, AttributeValue, Resource};
use sexton_core::rulebook::{RaisedBy, Rulebook};
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

    /// Notes what a call reads, at the moment at which it reads it.
    pub(super) fn arrived(&mut self, seen: &Seen<'_>, ticket: Ticket, asked_at: MonoTime, call: &Call) {
        let read: Vec<_> = match call {
            Call::Probe(targets) => {
                let look = |target| Look { asked_at, as_planned: seen.is_as_planned(target) };
                targets.iter().map(|target| (target.clone(), look(target), Sort::Probe)).collect()
            }
            Call::Dependents(target) => {
                let look = Look { asked_at, as_planned: seen.names_all_that_hangs_on(target) };
                vec![(target.clone(), look, Sort::Dependents)]
            }
            Call::Identity(_) | Call::Remove(_) => return,
        };
        self.unanswered.insert(ticket, read);
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

/// What there is to see for a reading that arrives.
pub(super) struct Seen<'r> {
    pub(super) estate: &'r Estate,
    pub(super) steps: &'r BTreeMap<&'r Address, &'r Step>,
    pub(super) world: &'r World,
}

impl Seen<'_> {
    /// Whether a resource is there, and, where a step is to remove it, what the plan was made for.
    fn is_as_planned(&self, target: &Address) -> bool {
        self.estate.get(target).is_some_and(|resource| {
            self.steps.get(target).is_none_or(|step| is_as_planned(&self.world.rulebook, resource, step))
        })
    }

    fn names_all_that_hangs_on(&self, target: &Address) -> bool {
        self.estate.get(target).is_some_and(|resource| {
            let holds = self.estate.holds(&self.world.rulebook, resource, self.world.taken_at);
            let dependents = holds.iter().filter(|hold| hold.dependent).filter_map(|hold| hold.by.as_ref());
            dependents.into_iter().all(|by| names(self.steps, target, by))
        })
    }
}

/// Whether the plan names a dependent of a step's resource: as one whose loss was accepted, or as one that goes.
pub(super) fn names(steps: &BTreeMap<&Address, &Step>, target: &Address, dependent: &Address) -> bool {
    let accepted = steps.get(target).and_then(|step| step.expect.dependents.as_ref());
    accepted.is_some_and(|accepted| accepted.contains(dependent)) || steps.contains_key(dependent)
}

fn is_as_planned(rulebook: &Rulebook, resource: &Resource, step: &Step) -> bool {
    let tags = match &resource.tags {
        Fact::Known(tags) => Some(tags),
        Fact::Unknown => None,
    };
    is_same(resource, step) && tags == step.expect.tags.as_deref() && claims_no_more(rulebook, resource, step)
}

/// Whether a resource claims no holder now that it did not claim when the plan was made.
fn claims_no_more(rulebook: &Rulebook, resource: &Resource, step: &Step) -> bool {
    rulebook.guards_of(resource.address.kind()).all(|guard| {
        let RaisedBy::Claim { attribute, holders } = &guard.raised_by else { return true };
        let Some(planned) = step.expect.attrs.get(attribute) else { return true };
        let Attribute::Known(now) = resource.attribute(attribute) else { return true };
        let claimed = |by: &AttributeValue| -> BTreeSet<&Kind> {
            holders.iter().filter(|holder| by.as_str() == Some(&holder.value)).map(|holder| &holder.kind).collect()
        };
        claimed(now).is_subset(&claimed(planned))
    })
}
