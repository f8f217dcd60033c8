//! Whether a resource that was looked at again is still what the plan was made for.
//!
//! Every precondition has to hold as the plan states it, and a null one has to be unknown or missing still. A run
//! changes some facts itself, by what it removes before a step. Those, and no others, may differ:
//!
//! - **A claiming attribute** (a snapshot's `usage`), which may not claim a holder that the plan's value did not
//!   claim. So `image` may become `none` when the image is gone, or lag behind as `image`, and `none` may never
//!   become `image`.
//! - **The state of a step that has predecessors** other than what it goes with, where the new state is known and
//!   raises no guard that is not forced: a disk is `Available` once its instance is gone. The state of a step without
//!   predecessors has to be equal.
//! - **What a step waits for**: the state, for a guard on its own state, or the attribute, for a guard on an attribute.
//!   Once the guard has cleared, any value is as good as another that clears it.
//! - **An attribute that the rulebook has follow a holder** (an image's `is_public`), once a step of the same plan has
//!   removed such a holder of the resource. Where none has, it has to be equal: then somebody else changed it.
//!
//! Any other attribute has to be equal, also one that follows from dependents without the rulebook saying so: a
//! condition may have read it, and what it would say of the new value is not known here.

use sexton_core::address::GuardCode;
use sexton_core::resource::{Attribute, AttributeValue, Resource};
use sexton_core::time::Timestamp;

use super::guards::KindGuards;
use super::plan::RunStep;
use crate::outcome::Difference;

#[cfg(test)]
mod tests;

/// What a second look at a step's resource says.
#[derive(Debug, PartialEq)]
pub(super) enum Recheck {
    /// It is what the plan was made for.
    Holds,
    /// So far it is, and a guard that is waited for is still raised.
    NotYet(GuardCode),
    /// It is listed and guards nothing any more: as good as gone.
    Spent,
    /// It is not.
    Stale(Vec<Difference>),
}

/// Compares a step's resource with its preconditions, those attributes aside that steps of the plan have changed.
pub(super) fn recheck(
    step: &RunStep,
    guards: &KindGuards,
    changed_by_plan: &[&str],
    found: &Resource,
    now: Timestamp,
) -> Recheck {
    if guards.is_spent(found) {
        return Recheck::Spent;
    }
    let expect = &step.expect;
    let mut differences = Vec::new();
    let created_at = found.created_at.known();
    if created_at != expect.created_at {
        differences.push(Difference::CreatedAt { expected: expect.created_at, found: created_at });
    }
    let tags = found.tags.as_ref().known();
    if tags != expect.tags.as_deref() {
        differences.push(Difference::Tags { expected: expect.tags.as_deref().cloned(), found: tags.cloned() });
    }
    let own_waits = || step.waits.iter().filter(|wait| wait.other.is_none()).map(|wait| &wait.wait.guard);
    let state_raises = guards.raised_by_state(found, |code| own_waits().any(|guard| guard == code));
    let mut not_yet = state_raises.cloned();
    let mut waited_attributes = Vec::new();
    let mut waits_for_state = false;
    for guard in own_waits() {
        match guards.attribute_test(guard) {
            Some(test) => {
                waited_attributes.push(test.name.as_str());
                if test.reads(found.attribute(&test.name), now).is_raised() {
                    not_yet.get_or_insert_with(|| guard.clone());
                }
            }
            None => waits_for_state = true,
        }
    }
    let state = found.state.as_ref();
    let state_holds = if waits_for_state {
        state_raises.is_some() || no_other_state_guard(step, guards, found)
    } else {
        state.known() == expect.state.as_ref()
            || (step.follows_others && !state.is_unknown() && no_other_state_guard(step, guards, found))
    };
    if !state_holds {
        differences.push(Difference::State { expected: expect.state.clone(), found: state.known().cloned() });
    }
    for (name, expected) in expect.attrs.iter() {
        let is_compared = !waited_attributes.contains(&name.as_str()) && !changed_by_plan.contains(&name.as_str());
        if is_compared && !attribute_holds(guards, name, expected, found) {
            differences.push(Difference::Attribute {
                name: name.clone(),
                expected: expected.clone(),
                found: match found.attribute(name) {
                    Attribute::Known(value) => value.clone(),
                    Attribute::Missing | Attribute::Unknown => AttributeValue::Null,
                },
            });
        }
    }
    match (differences.is_empty(), not_yet) {
        (false, _) => Recheck::Stale(differences),
        (true, Some(guard)) => Recheck::NotYet(guard),
        (true, None) => Recheck::Holds,
    }
}

/// Whether the resource's state raises no guard, those that are forced aside.
fn no_other_state_guard(step: &RunStep, guards: &KindGuards, found: &Resource) -> bool {
    guards.raised_by_state(found, |code| !step.force.contains(code)).is_none()
}

fn attribute_holds(guards: &KindGuards, name: &str, expected: &AttributeValue, found: &Resource) -> bool {
    let value = found.attribute(name);
    let planned = match expected {
        AttributeValue::Null => Attribute::Missing,
        AttributeValue::Bool(_)
        | AttributeValue::Number(_)
        | AttributeValue::String(_)
        | AttributeValue::Array(_)
        | AttributeValue::Object(_) => Attribute::Known(expected),
    };
    match value {
        Attribute::Known(value) if value == expected => true,
        Attribute::Missing | Attribute::Unknown if expected.is_null() => true,
        Attribute::Known(_) | Attribute::Missing => match (guards.claims(name, value), guards.claims(name, planned)) {
            (Some(now), Some(then)) => now.is_subset(&then),
            (None, _) | (_, None) => false,
        },
        Attribute::Unknown => false,
    }
}
