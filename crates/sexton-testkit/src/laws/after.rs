//! What is left while a plan is carried out, and afterwards.

use std::collections::BTreeSet;

use sexton_core::address::Address;
use sexton_core::plan::Step;
use sexton_core::rulebook::Rulebook;

use super::less::asks_around;
use super::{Broken, Planner, Trial, Verdict, going, made};
use crate::greatest::{By, Greatest};
use crate::world::World;

/// Planning again on what a full run would leave gives no steps.
///
/// Not asked where a condition asks what hangs on a resource, which is less afterwards; nor where the links of something
/// that goes are unknown, for as long as it is there its kind does not count as listed.
///
/// # Errors
/// Something goes.
pub fn after_a_full_run_nothing_goes(world: &World, planner: Planner<'_>) -> Verdict {
    let plan = made(planner, world);
    let gone = going(&plan);
    let of_unknown_links = |address: &Address| {
        world.resources.iter().any(|resource| resource.address == *address && resource.links.is_unknown())
    };
    if asks_around(&world.policy()) || gone.iter().any(of_unknown_links) {
        return Ok(Trial::NotAsked);
    }
    let mut left = world.clone();
    left.resources.retain(|resource| !gone.contains(&resource.address));
    let again = going(&made(planner, &left));
    if again.is_empty() {
        Ok(Trial::at_stake(!gone.is_empty()))
    } else {
        Err(Broken { law: "after a full run nothing goes", how: format!("{again:?} would go after {gone:?}") })
    }
}

/// When a step's turn comes, nothing guards its resource but what the step says: what it forces, what it waits for, and
/// what goes with it. Asked of every world.
///
/// # Errors
/// A step comes too early.
pub fn after_any_prefix_nothing_removed_is_guarded(
    world: &World,
    rulebooks: &[Rulebook],
    planner: Planner<'_>,
) -> Verdict {
    let (inventory, policy) = (world.inventory(), world.policy());
    let plan = planner(&inventory, &policy);
    let reading = Greatest::new(&inventory, rulebooks, &policy);
    let mut gone: BTreeSet<&Address> = BTreeSet::new();
    let carried: BTreeSet<&Address> =
        plan.steps.iter().filter(|step| step.with.is_some()).map(|step| &step.address).collect();
    let mut stayed = false;
    for step in &plan.steps {
        let Some(target) = reading.resources.iter().position(|resource| resource.address == step.address) else {
            return Err(Broken { law: "a plan names what is there", how: step.address.to_string() });
        };
        for raised in reading.raised_on(target) {
            let by = match &raised.by {
                By::Itself | By::UnknownLinks => None,
                By::Dangling(address) => Some(address),
                By::Listed(other) => Some(&reading.resources[*other].address),
            };
            let survives = by.is_none_or(|by| !gone.contains(by) && *by != step.address);
            stayed |= survives;
            let goes_with = raised.goes_with() && by.is_some_and(|by| carried.contains(by));
            if survives && !goes_with && !says(step, raised.guard.code.as_str(), by) {
                let how = format!("{} goes while {by:?} guards it by {}", step.address, raised.guard.code);
                return Err(Broken { law: "after any prefix nothing removed is guarded", how });
            }
        }
        gone.insert(&step.address);
    }
    Ok(Trial::at_stake(stayed))
}

/// Whether a step forces a guard, or waits for it.
fn says(step: &Step, code: &str, by: Option<&Address>) -> bool {
    let accepted = |by| step.expect.dependents.as_ref().is_some_and(|lost| lost.contains(by));
    let forced = step.force.iter().any(|forced| forced.as_str() == code) && by.is_none_or(accepted);
    forced || step.wait.iter().any(|wait| wait.guard.as_str() == code && wait.by.as_ref() == by)
}
