//! Nothing is removed that the plan does not name, and nothing otherwise than it says.

use std::collections::BTreeSet;

use sexton_core::rulebook::BatchKey;
use sexton_provider::RemovalCall;

use super::{Check, Findings, Scene};
use crate::log::{By, Call, Moment};

pub(super) struct Named;

impl Check for Named {
    fn name(&self) -> &'static str {
        "named"
    }

    fn see(&mut self, scene: &Scene<'_>, moment: &Moment, found: &mut Findings) {
        match moment {
            Moment::Sent { call: Call::Remove(removal), .. } => check_call(scene, removal, found),
            Moment::Gone { target, by: By::Call(ticket) } if scene.step(target).is_none() => {
                // What came after the last look at the dependents of what was removed could not be known.
                let unknowable = scene.calls.get(ticket).is_some_and(|sent| match sent.call {
                    Call::Remove(removal) => removal.targets.iter().any(|of| {
                        let looked = sent.looks.dependents(&of.address).map(|look| look.asked_at);
                        scene.changed_since(target, looked)
                    }),
                    Call::Identity | Call::Probe(_) | Call::Dependents(_) => false,
                });
                if !unknowable {
                    found.add(format!("{target} is gone by call {ticket}, and no step names it"));
                }
            }
            Moment::Sent { .. }
            | Moment::Gone { .. }
            | Moment::Began { .. }
            | Moment::AppendBegan
            | Moment::Durable(_)
            | Moment::Arrived { .. }
            | Moment::Taken { .. }
            | Moment::Refused { .. }
            | Moment::Put { .. }
            | Moment::Answered { .. }
            | Moment::Fired { .. }
            | Moment::StopAsked
            | Moment::Crashed { .. }
            | Moment::Finished(_)
            | Moment::Broken(_) => {}
        }
    }

    fn end(&mut self, _: &Scene<'_>, _: &mut Findings) {}
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
        keys.insert(match rules.map(|rules| rules.batch_key) {
            Some(BatchKey::IdPrefix) => address.id().split('/').next().unwrap_or_default(),
            Some(BatchKey::Region) | None => "",
        });
        let limit = rules.map_or(1, |rules| rules.batch_limit.get());
        if u32::try_from(removal.targets.len()).is_ok_and(|targets| targets > limit) {
            found.add(format!("{} targets stand in one {}", removal.targets.len(), removal.operation));
        }
    }
    if keys.len() > 1 {
        found.add(format!("{} is called for several of {keys:?}", removal.operation));
    }
}
