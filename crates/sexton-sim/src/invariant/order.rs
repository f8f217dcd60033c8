//! Nothing is removed before what guards it.

use sexton_provider::RemovalCall;

use super::{Check, Findings, Scene};
use crate::log::Ticket;

pub(super) struct Order;

impl Check for Order {
    fn name(&self) -> &'static str {
        "order"
    }

    fn removal(&mut self, scene: &Scene<'_>, _: Ticket, removal: &RemovalCall, found: &mut Findings) {
        for target in &removal.targets {
            let Some(step) = scene.step(&target.address) else { continue };
            for before in step.after.iter().filter_map(|index| scene.at(*index)) {
                if scene.in_the_way(before).is_some() {
                    found.add(format!("{} is called while {} is there", step.address, before.address));
                }
            }
            let Some(resource) = scene.estate.get(&target.address) else { continue };
            for hold in scene.estate.holds(&scene.world.rulebook, resource, scene.wall()) {
                let holder = hold.by.as_ref().filter(|_| !hold.with).and_then(|by| scene.step(by));
                let is_in_the_way = holder.is_some_and(|holder| scene.in_the_way(holder).is_some());
                if is_in_the_way && !step.force.contains(&hold.code) {
                    found.add(format!("{} is called while {:?} guards it", step.address, hold.by));
                }
            }
        }
    }
}
