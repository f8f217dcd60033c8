//! No forced removal with unnamed dependents, and none where the provider does not refuse by itself.

use sexton_core::address::Address;

use super::looks::names;
use super::{Check, Findings, Scene};
use crate::log::Ticket;

pub(super) struct Dependents;

impl Check for Dependents {
    fn name(&self) -> &'static str {
        "dependents"
    }

    fn taken(&mut self, scene: &Scene<'_>, ticket: Ticket, target: &Address, found: &mut Findings) {
        let (Some(step), Some(sent)) = (scene.step(target), scene.calls.get(&ticket)) else { return };
        let Some(resource) = scene.estate.get(target) else { return };
        let looked = sent.looks.dependents(target).map(|look| look.asked_at);
        for hold in scene.estate.holds(&scene.world.rulebook, resource, scene.wall()) {
            let Some(by) = hold.by.as_ref().filter(|_| hold.dependent) else { continue };
            let refused_anyway = hold.enforced && !step.force.contains(&hold.code);
            if refused_anyway || names(&scene.steps, target, by) {
                continue;
            }
            // What came after the look at the dependents could not be known.
            if !scene.changed_since(by, looked) {
                found.add(format!("{target} is taken while {by}, which the plan does not name, hangs on it"));
            }
        }
    }
}
