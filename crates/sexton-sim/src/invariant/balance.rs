//! Removed and kept are all: what is said to be gone is gone, and all else is there.

use sexton_core::plan::Step;
use sexton_engine::machine::{RunFailure, StepState};
use sexton_engine::{Outcome, Receipt};

use super::{Check, Findings, Scene};
use crate::case::Shown;
use crate::log::By;

pub(super) struct Balance;

impl Check for Balance {
    fn name(&self) -> &'static str {
        "balance"
    }

    fn finished(&mut self, scene: &Scene<'_>, finished: Result<&Receipt, &RunFailure>, found: &mut Findings) {
        let Ok(receipt) = finished else { return };
        for (step, report) in scene.world.plan.steps.iter().zip(&receipt.steps) {
            check_step(scene, receipt, step, &report.state, found);
        }
        for resource in scene.at_first.resources() {
            let address = &resource.address;
            let is_there = scene.estate.get(address).is_some();
            if !is_there && scene.step(address).is_none() && scene.gone.get(address) != Some(&By::Colleague) {
                found.add(format!("{address} is in no step and is gone by {:?}", scene.gone.get(address)));
            }
        }
    }
}

fn check_step(scene: &Scene<'_>, receipt: &Receipt, step: &Step, state: &StepState, found: &mut Findings) {
    let there = scene.in_the_way(step).is_some();
    let by = scene.gone.get(&step.address);
    let by_us = matches!(by, Some(By::Call(_)));
    match state.outcome() {
        Some(outcome) if outcome.is_done() && there => {
            found.add(format!("{} is {} and is there", step.address, outcome.name()));
        }
        Some(Outcome::AlreadyGone) if by_us => {
            found.add(format!("{} is said to have been gone before, and went by {by:?}", step.address));
        }
        Some(outcome @ (Outcome::Stale { .. } | Outcome::Blocked { .. } | Outcome::Refused { .. }))
            if by_us && !is_unsure(receipt, step) =>
        {
            found.add(format!("{} is {} and went by {by:?}", step.address, outcome.name()));
        }
        Some(Outcome::Parked { .. }) if !scene.binned.contains(&step.address) => {
            found.add(format!("{} is parked and was never put into a bin", step.address));
        }
        Some(Outcome::Removed { .. }) if scene.parked.get(&step.address) == Some(&Shown::Parked) => {
            found.add(format!("{} is removed, and all can see it in a bin", step.address));
        }
        Some(_) | None => {}
    }
}

/// Whether the journal says that a call for the step, or for what carries it, may have had an effect.
fn is_unsure(receipt: &Receipt, step: &Step) -> bool {
    let mut index = Some(step.index);
    while let Some(report) = index.and_then(|index| receipt.steps.get(usize::try_from(index).ok()?)) {
        if report.state.tries().unsure || matches!(report.state.outcome(), Some(Outcome::Unknown { .. })) {
            return true;
        }
        index = (report.index == step.index).then_some(step.with).flatten();
    }
    false
}
