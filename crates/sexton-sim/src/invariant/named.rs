//! Nothing is removed that the plan does not name, and nothing otherwise than it says.

use std::collections::BTreeSet;

use sexton_core::address::Address;
use sexton_core::rulebook::BatchKey;
use sexton_provider::RemovalCall;

use super::{Check, Findings, Scene};
use crate::log::{By, Call, Ticket};

pub(super) struct Named;

impl Check for Named {
    fn name(&self) -> &'static str {
        "named"
    }

    fn removal(&mut self, scene: &Scene<'_>, _: Ticket, removal: &RemovalCall, found: &mut Findings) {
        check_call(scene, removal, found);
    }

    fn gone(&mut self, scene: &Scene<'_>, target: &Address, by: By, found: &mut Findings) {
        let By::Call(ticket) = by else { return };
        // What came after the last look at the dependents of what was removed could not be known.
        let unknowable = scene.calls.get(&ticket).is_some_and(|sent| {
            let Call::Remove(removal) = sent.call else { return false };
            removal.targets.iter().any(|of| {
                let looked = sent.looks.dependents(&of.address).map(|look| look.asked_at);
                scene.changed_since(target, looked)
            })
        });
        if scene.step(target).is_none() && !unknowable {
            found.add(format!("{target} is gone by call {ticket}, and no step names it"));
        }
    }
}

fn check_call(scene: &Scene<'_>, removal: &RemovalCall, found: &mut Findings) {
    let mut seen = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for target in &removal.targets {
        let address = &target.address;
        let Some(step) = scene.step(address) else {
            found.add(format!("{address} is to be removed, and no step names it"));
            continue;
        };
        if step.with.is_some() {
            found.add(format!("{address} goes with another and is called"));
        }
        if step.operation != removal.operation {
            found.add(format!("{address} is removed by {}, not by {}", removal.operation, step.operation));
        }
        if step.force != target.force {
            found.add(format!("{address} is forced by {:?}, not by {:?}", target.force, step.force));
        }
        if step.options != removal.options {
            found.add(format!("{address} is removed with {:?}, not with {:?}", removal.options, step.options));
        }
        if !seen.insert(address) {
            found.add(format!("{address} stands in one call twice"));
        }
        let rules = scene.world.rulebook.kind(address.kind()).and_then(|rules| rules.removal.as_ref());
        let prefix = match rules.map(|rules| rules.batch_key) {
            Some(BatchKey::IdPrefix) => address.id().split('/').next().unwrap_or_default(),
            Some(BatchKey::Region) | None => "",
        };
        keys.insert((address.account(), address.region(), prefix));
        let limit = rules.map_or(1, |rules| rules.batch_limit.get());
        if u32::try_from(removal.targets.len()).is_ok_and(|targets| targets > limit) {
            found.add(format!("{} targets stand in one {}", removal.targets.len(), removal.operation));
        }
    }
    if keys.len() > 1 {
        found.add(format!("{} is called for several of {keys:?}", removal.operation));
    }
}
