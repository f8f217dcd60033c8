//! The members of a cycle, as far as the plan shows them.

use std::collections::{HashMap, VecDeque};

use super::Reasons;
use super::tree::Cause;
use crate::address::Address;
use crate::plan::{Because, Held};

/// A cycle is looked for among so many resources; one that is longer is not named whole.
const LOOKED_AT: usize = 64;

fn on_cycle(held: &Held) -> bool {
    held.blockers.iter().any(|blocker| blocker.because == Because::Cycle)
}

impl<'p> Reasons<'p> {
    /// The shortest cycle through a resource by the guards that the plan lists, itself first, each waiting for the
    /// next; empty where the plan does not show one.
    pub(super) fn cycle(&self, of: &Cause<'p>) -> Vec<&'p Address> {
        let mut came_from: HashMap<usize, Option<Cause<'p>>> = HashMap::from([(of.place, None)]);
        let mut queue = VecDeque::from([*of]);
        while let Some(at) = queue.pop_front() {
            for blocker in at.blockers() {
                let Some(by) = blocker.by.as_ref().and_then(|by| self.places.cause(by.as_str())) else { continue };
                if by.place == of.place && at.place != of.place {
                    let mut members = vec![&at.held.address];
                    let mut last = at;
                    while let Some(Some(before)) = came_from.get(&last.place) {
                        members.push(&before.held.address);
                        last = *before;
                    }
                    members.reverse();
                    return members;
                }
                if came_from.len() < LOOKED_AT && !came_from.contains_key(&by.place) && on_cycle(by.held) {
                    came_from.insert(by.place, Some(at));
                    queue.push_back(by);
                }
            }
        }
        Vec::new()
    }
}
