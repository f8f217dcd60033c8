//! What stands in line for a call, in the order in which it goes: a kind in a scope for readings, an operation in a
//! scope for removals.

use std::collections::{BTreeMap, BTreeSet};

use super::pace::Pace;

/// One resource to be read, and what for. Ordered by rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Question {
    /// The rank of the step for which it is asked.
    pub(super) rank: u32,
    pub(super) ask: Ask,
    /// Read by itself, after a reading of several was refused for good.
    pub(super) alone: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ask {
    /// Whether the resource of a step is gone.
    Gone { step: u32 },
    /// Whether the resource of a step is what the plan was made for, for the call of `unit`.
    Target { unit: u32, step: u32 },
    /// Whether another resource still raises what the step waits for, for the call of `unit`.
    Other { unit: u32, step: u32, wait: usize },
    /// Whether a resource of a retained group is still there.
    Retained { group: usize, place: usize },
}

/// Readings of one kind in one scope.
#[derive(Debug)]
pub(super) struct KindLane {
    pub(super) probe_pace: Pace,
    pub(super) dependents_pace: Pace,
    pub(super) settling: BTreeSet<Question>,
    pub(super) checking: BTreeSet<Question>,
    /// Rank, the step whose call is meant, and the step whose dependents are asked for.
    pub(super) dependents: BTreeSet<(u32, u32, u32)>,
}

impl KindLane {
    pub(super) fn new(window: usize) -> Self {
        Self {
            probe_pace: Pace::new(window),
            dependents_pace: Pace::new(window),
            settling: BTreeSet::new(),
            checking: BTreeSet::new(),
            dependents: BTreeSet::new(),
        }
    }

    pub(super) fn clear(&mut self, keep_settling: bool) {
        self.checking.clear();
        self.dependents.clear();
        if !keep_settling {
            self.settling.clear();
        }
    }

    /// Takes questions that share a reading from the head of a line.
    pub(super) fn take(line: &mut BTreeSet<Question>, most: usize) -> Vec<Question> {
        let mut taken = Vec::new();
        while let Some(question) = line.first() {
            if taken.len() == most || (question.alone && !taken.is_empty()) {
                break;
            }
            let alone = question.alone;
            taken.extend(line.pop_first());
            if alone {
                break;
            }
        }
        taken
    }
}

/// Removals by one operation in one scope.
#[derive(Debug)]
pub(super) struct OperationLane {
    pub(super) pace: Pace,
    /// In line for their recheck: rank and step.
    pub(super) ready: BTreeSet<(u32, u32)>,
    /// Rechecked, in line for their call: rank and step.
    checked: BTreeSet<(u32, u32)>,
    /// Those of them that may share a call.
    groups: BTreeMap<u32, BTreeSet<(u32, u32)>>,
    /// Steps that are being rechecked or stand in line for their call.
    pub(super) active: usize,
}

impl OperationLane {
    pub(super) fn new(window: usize) -> Self {
        Self {
            pace: Pace::new(window),
            ready: BTreeSet::new(),
            checked: BTreeSet::new(),
            groups: BTreeMap::new(),
            active: 0,
        }
    }

    pub(super) fn clear(&mut self) {
        self.ready.clear();
        self.checked.clear();
        self.groups.clear();
    }

    /// Puts a rechecked step in line for its call.
    pub(super) fn add_checked(&mut self, rank: u32, step: u32, group: Option<u32>) {
        self.checked.insert((rank, step));
        if let Some(group) = group {
            self.groups.entry(group).or_default().insert((rank, step));
        }
    }

    /// Takes a step out of the line for calls.
    pub(super) fn remove_checked(&mut self, rank: u32, step: u32, group: Option<u32>) {
        self.checked.remove(&(rank, step));
        if let Some(group) = group
            && let Some(members) = self.groups.get_mut(&group)
        {
            members.remove(&(rank, step));
            if members.is_empty() {
                self.groups.remove(&group);
            }
        }
    }

    /// Who is first in line for a call: rank and step.
    pub(super) fn first_checked(&self) -> Option<(u32, u32)> {
        self.checked.first().copied()
    }

    /// The first in line of a group, as many as may share a call.
    pub(super) fn group(&self, group: u32, most: usize) -> Vec<(u32, u32)> {
        self.groups.get(&group).into_iter().flatten().take(most).copied().collect()
    }
}
