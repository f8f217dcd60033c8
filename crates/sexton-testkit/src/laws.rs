//! Laws that every plan obeys, with limits off: what a change of the world may do to what goes.
//!
//! A law is asked of a world and of anything that plans, and says whether anything was at stake: a property that is
//! never tried holds for nothing. Where a law does not speak of a world, it says so, and its words say why.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;
use sexton_core::address::Address;
use sexton_core::inventory::Inventory;
use sexton_core::plan::{Held, Kept, Plan, Step};
use sexton_core::policy::Policy;

use crate::world::World;

mod after;
mod apart;
mod less;
mod same;

pub use after::{after_a_full_run_nothing_goes, after_any_prefix_nothing_removed_is_guarded};
pub use apart::{Neighbour, what_is_unrelated_changes_nothing};
pub use less::{
    Aim, Forgotten, Stayer, aims, forgetting, forgetting_never_collects_more, guarding_never_collects_more,
    listing_less_never_collects_more, protecting_never_collects_more, protections, stayers,
};
pub use same::{names_change_names, order_of_lines_changes_nothing};

/// What makes plans.
pub type Planner<'p> = &'p dyn Fn(&Inventory, &Policy) -> Plan;

/// How a law that was not broken was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trial {
    /// It does not speak of this world.
    NotAsked,
    /// It held, and would have held of much else.
    Idle,
    /// It held, and something was at stake.
    Tried,
}

impl Trial {
    /// Tried where something was at stake.
    fn at_stake(something: bool) -> Self {
        if something { Self::Tried } else { Self::Idle }
    }
}

/// A law that a plan breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    law: &'static str,
    how: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law, self.how)
    }
}

impl std::error::Error for Broken {}

/// What a law says of a world.
pub type Verdict = Result<Trial, Broken>;

fn made(planner: Planner<'_>, world: &World) -> Plan {
    planner(&world.inventory(), &world.policy())
}

fn going(plan: &Plan) -> BTreeSet<Address> {
    plan.steps.iter().map(|step| step.address.clone()).collect()
}

/// What goes afterwards went before.
fn no_more(law: &'static str, before: &Plan, after: &Plan) -> Verdict {
    let (before, after) = (going(before), going(after));
    let more: Vec<&Address> = after.difference(&before).collect();
    if more.is_empty() {
        Ok(Trial::at_stake(after.len() < before.len()))
    } else {
        Err(Broken { law, how: format!("{more:?} would go besides {before:?}") })
    }
}

/// All that a plan says of each resource, whatever else it says: a step without its place, its predecessors and its
/// carrier by address.
fn sayings(plan: &Plan) -> BTreeMap<(&'static str, Address), Value> {
    let step = |step: &Step| {
        let named = |place: &u32| Value::from(plan.steps[*place as usize].address.as_str());
        let mut value = value(step);
        value["index"] = Value::Null;
        let mut after: Vec<&str> = step.after.iter().map(|at| plan.steps[*at as usize].address.as_str()).collect();
        after.sort_unstable();
        value["after"] = after.into();
        value["with"] = step.with.as_ref().map_or(Value::Null, named);
        (("goes", step.address.clone()), value)
    };
    let held = |held: &Held| (("is held", held.address.clone()), value(held));
    let blocked = |held: &Held| (("is blocked", held.address.clone()), value(held));
    let kept = |kept: &Kept| (("is kept", kept.address.clone()), value(kept));
    let steps = plan.steps.iter().map(step);
    steps
        .chain(plan.held.iter().map(held))
        .chain(plan.blocked.iter().map(blocked))
        .chain(plan.kept.iter().map(kept))
        .collect()
}

fn value(part: &impl serde::Serialize) -> Value {
    serde_json::to_value(part).expect("a part of a plan is JSON")
}
