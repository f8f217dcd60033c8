//! Nothing is removed without a fresh look that found what the plan was made for.

use sexton_core::address::Address;
use sexton_core::plan::Step;
use sexton_core::rulebook::{End, Strength};
use sexton_engine::machine::MonoTime;
use sexton_provider::RemovalCall;

use super::looks::Look;
use super::{Check, Findings, Scene};
use crate::case::Fault;
use crate::log::Ticket;

pub(super) struct Rechecked;

impl Check for Rechecked {
    fn name(&self) -> &'static str {
        "rechecked"
    }

    fn removal(&mut self, scene: &Scene<'_>, _: Ticket, removal: &RemovalCall, found: &mut Findings) {
        for target in &removal.targets {
            let Some(step) = scene.step(&target.address) else { continue };
            if scene.estate.get(&step.address).is_none() {
                // Readings may show what is gone. Then there is nothing to remove.
                continue;
            }
            check_look(scene.now, step, "it", scene.looks.probe(&step.address), found);
            for carried in gone_by_call(scene, step).skip(1) {
                check_look(scene.now, carried, "it", scene.looks.probe(&carried.address), found);
            }
            if asks_dependents(scene, step) {
                check_look(scene.now, step, "what hangs on it", scene.looks.dependents(&step.address), found);
            }
            for justified in gone_by_call(scene, step) {
                for retained in &justified.expect.retained {
                    check_retained(scene, step, retained, found);
                }
            }
        }
    }
}

/// The step that is called, and those of what goes with it and is there.
fn gone_by_call<'r>(scene: &Scene<'r>, step: &'r Step) -> impl Iterator<Item = &'r Step> {
    let carried = scene.world.plan.steps.iter().filter(|other| goes_with(scene, other, step.index));
    std::iter::once(step).chain(carried.filter(|carried| scene.in_the_way(carried).is_some()))
}

/// The retained of a group are read once in a session, before the first removal that they justify: how long ago does not
/// matter.
fn check_retained(scene: &Scene<'_>, step: &Step, retained: &Address, found: &mut Findings) {
    // Readings may show what is gone.
    let is_shown = scene.case.faults.iter().any(|fault| {
        let Fault::Shown { resource, .. } = fault else { return false };
        resource == retained
    });
    match scene.looks.probe(retained) {
        None => found.add(format!("{} is called, and nobody looked whether {retained} is there", step.address)),
        Some(look) if !look.as_planned && !is_shown => {
            found.add(format!("{} is called, and {retained} was not there", step.address));
        }
        Some(_) => {}
    }
}

fn check_look(now: MonoTime, step: &Step, what: &str, look: Option<Look>, found: &mut Findings) {
    match look {
        None => found.add(format!("{} is removed, and nobody looked at {what}", step.address)),
        Some(look) if !look.as_planned => {
            found.add(format!("{} is removed, and {what} was not as planned", step.address));
        }
        Some(look) if now.since(look.asked_at) > Scene::oldest_look() => {
            let age = now.since(look.asked_at);
            found.add(format!("{} is removed, and the look at {what} is {age:?} old", step.address));
        }
        Some(_) => {}
    }
}

fn goes_with(scene: &Scene<'_>, step: &Step, carrier: u32) -> bool {
    let mut with = step.with;
    while let Some(index) = with {
        if index == carrier {
            return true;
        }
        with = scene.at(index).and_then(|step| step.with);
    }
    false
}

fn asks_dependents(scene: &Scene<'_>, step: &Step) -> bool {
    let assumed = scene.world.rulebook.guards_of(step.address.kind()).any(|guard| {
        guard.strength == Strength::Assumed && guard.other().is_some_and(|other| other.end == End::Dependent)
    });
    assumed || !step.force.is_empty()
}
