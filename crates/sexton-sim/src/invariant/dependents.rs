//! No forced removal with unnamed dependents, and none where the provider does not refuse by itself.

use super::looks::names;
use super::{Check, Findings, Scene};
use crate::log::Moment;

pub(super) struct Dependents;

impl Check for Dependents {
    fn name(&self) -> &'static str {
        "dependents"
    }

    fn see(&mut self, scene: &Scene<'_>, moment: &Moment, found: &mut Findings) {
        let Moment::Taken { ticket, target } = moment else { return };
        let (Some(step), Some(sent)) = (scene.step(target), scene.calls.get(ticket)) else { return };
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

    fn end(&mut self, _: &Scene<'_>, _: &mut Findings) {}
}
