//! Nothing is removed without a fresh look that found what the plan was made for.

use sexton_core::plan::Step;
use sexton_core::rulebook::{End, Strength};
use sexton_engine::machine::MonoTime;

use super::looks::Look;
use super::{Check, Findings, Scene};
use crate::log::{Call, Moment};

pub(super) struct Rechecked;

impl Check for Rechecked {
    fn name(&self) -> &'static str {
        "rechecked"
    }

    fn see(&mut self, scene: &Scene<'_>, moment: &Moment, found: &mut Findings) {
        let Moment::Sent { call: Call::Remove(removal), .. } = moment else { return };
        for target in &removal.targets {
            let Some(step) = scene.step(&target.address) else { continue };
            if scene.estate.get(&step.address).is_none() {
                // Readings may show what is gone. Then there is nothing to remove.
                continue;
            }
            check_look(scene.now, step, "it", scene.looks.probe(&step.address), found);
            for carried in scene.world.plan.steps.iter().filter(|other| goes_with(scene, other, step.index)) {
                if scene.in_the_way(carried).is_some() {
                    check_look(scene.now, carried, "it", scene.looks.probe(&carried.address), found);
                }
            }
            if asks_dependents(scene, step) {
                check_look(scene.now, step, "what hangs on it", scene.looks.dependents(&step.address), found);
            }
            for retained in &step.expect.retained {
                let gone_at_first = scene.at_first.get(retained).is_none();
                if gone_at_first {
                    found.add(format!("{} is called, and {retained} was never there", step.address));
                }
            }
        }
    }

    fn end(&mut self, _: &Scene<'_>, _: &mut Findings) {}
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
