//! Why a resource goes, stays or is held, read from the plan that decided it.

use std::collections::BTreeSet;

use crate::plan::{Because, Blocker, Held, Kept, Plan, Step};

#[cfg(test)]
mod tests;

/// What a plan says of one resource.
#[derive(Debug, Clone, PartialEq)]
pub enum Explanation<'p> {
    /// It goes.
    Collected(&'p Step),
    /// A rule matches it and something bars it.
    Kept(&'p Kept),
    /// A rule would take it, and something is in the way: a tree down to the root causes.
    Held(Cause<'p>),
    /// No rule takes it, or the inventory has no such resource.
    NotSelected,
}

/// A resource that stays, and what is in its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause<'p> {
    /// The resource.
    pub held: &'p Held,
    /// All that is directly in its way.
    pub blockers: Vec<BlockerTree<'p>>,
}

/// One thing in the way, and what is in the way of that.
#[derive(Debug, Clone, PartialEq)]
pub struct BlockerTree<'p> {
    /// The blocker.
    pub blocker: &'p Blocker,
    /// Where the other is held or blocked itself: why.
    pub below: Below<'p>,
}

/// What stands below a blocker.
#[derive(Debug, Clone, PartialEq)]
pub enum Below<'p> {
    /// Nothing: this is a root cause.
    Root,
    /// The other is held or blocked itself.
    Cause(Box<Cause<'p>>),
    /// The other was explained above already.
    Above,
}

/// Deeper trees are cut and say so by [`Below::Above`]; no provider has chains like this.
const DEEPEST: usize = 200;

/// Says why a plan does with a resource what it does.
pub fn explain<'p>(plan: &'p Plan, address: &str) -> Explanation<'p> {
    if let Some(step) = plan.steps.iter().find(|step| step.address.as_str() == address) {
        return Explanation::Collected(step);
    }
    if let Ok(place) = plan.kept.binary_search_by(|kept| kept.address.as_str().cmp(address)) {
        return Explanation::Kept(&plan.kept[place]);
    }
    match find(&plan.held, address).or_else(|| find(&plan.blocked, address)) {
        Some(held) => Explanation::Held(cause(plan, held, &mut BTreeSet::new(), 0)),
        None => Explanation::NotSelected,
    }
}

fn find<'p>(list: &'p [Held], address: &str) -> Option<&'p Held> {
    list.binary_search_by(|held| held.address.as_str().cmp(address)).ok().map(|place| &list[place])
}

fn cause<'p>(plan: &'p Plan, held: &'p Held, told: &mut BTreeSet<&'p str>, depth: usize) -> Cause<'p> {
    told.insert(held.address.as_str());
    let blockers = held
        .blockers
        .iter()
        .map(|blocker| {
            let list = match blocker.because {
                Because::Held => Some(&plan.held),
                Because::Blocked => Some(&plan.blocked),
                Because::Cycle
                | Because::Unlisted
                | Because::Options
                | Because::Protected
                | Because::Retained
                | Because::UnknownState
                | Because::State
                | Because::Attribute
                | Because::Dangling
                | Because::OrphanNotForced
                | Because::NotSelected => None,
            };
            let by = blocker.by.as_ref().and_then(|by| find(list?, by.as_str()));
            let below = match by {
                None => Below::Root,
                Some(by) if told.contains(by.address.as_str()) || depth == DEEPEST => Below::Above,
                Some(by) => Below::Cause(Box::new(cause(plan, by, told, depth + 1))),
            };
            BlockerTree { blocker, below }
        })
        .collect();
    Cause { held, blockers }
}
