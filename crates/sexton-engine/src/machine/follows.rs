//! Attributes that follow what a plan itself removes: an image's `is_public`, once its publication is gone.
//!
//! A step expects such an attribute as the plan saw it, for a condition may have read it; but a step of the same plan
//! that comes before may have changed it since. It is not compared where one has, and only there.

use sexton_core::address::Kind;
use sexton_core::rulebook::{Follows, Rulebook};

use super::Machine;
use super::plan::{KindPlace, RunStep, position};

/// An expected attribute of a step, and the steps before it whose removals change it.
#[derive(Debug)]
pub(super) struct Followed {
    attribute: String,
    holders: Vec<u32>,
}

/// What the rulebook says of a kind's attributes.
pub(super) fn rules_of(rulebook: &Rulebook, kind: &str) -> Vec<Follows> {
    rulebook.kind(kind).map(|rules| rules.follows.clone()).unwrap_or_default()
}

/// Finds for every step which of its predecessors change what it expects. A sound rulebook leaves no doubt why one of
/// a holder's kind comes before; save that what comes before a carried step comes before its carrier too, and may
/// hold that and not the carrier.
pub(super) fn connect(steps: &mut [RunStep], kinds: &[KindPlace]) {
    for index in 0..steps.len() {
        let step = &steps[index];
        let rules = kinds[step.kind].follows.iter().filter(|rule| step.expect.attrs.contains_key(&rule.attribute));
        let of_carried = |before: &u32| step.carried.iter().any(|one| steps[position(*one)].after.contains(before));
        let mut followed: Vec<Followed> = Vec::new();
        for rule in rules {
            let is_holder = |before: &&u32| is_of(&steps[position(**before)], &rule.kind) && !of_carried(before);
            let holders: Vec<u32> = step.after.iter().filter(is_holder).copied().collect();
            if !holders.is_empty() {
                followed.push(Followed { attribute: rule.attribute.clone(), holders });
            }
        }
        steps[index].followed = followed;
    }
}

fn is_of(step: &RunStep, kind: &Kind) -> bool {
    step.address.kind() == kind.as_str()
}

impl Machine {
    /// Expected attributes of a step that steps of this plan have changed.
    pub(super) fn changed_by_plan(&self, step: u32) -> Vec<&str> {
        let is_done = |holder: &u32| self.run(*holder).state.is_done();
        self.planned(step)
            .followed
            .iter()
            .filter(|followed| followed.holders.iter().any(is_done))
            .map(|followed| followed.attribute.as_str())
            .collect()
    }
}
