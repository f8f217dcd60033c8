//! What stands in line for a call, in the order in which it goes: a kind in a scope for readings, an operation in a
//! scope for removals.

use std::collections::BTreeSet;

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
#[derive(Debug, Default)]
pub(super) struct KindLane {
    pub(super) settling: BTreeSet<Question>,
    pub(super) checking: BTreeSet<Question>,
    /// Rank, the step whose call is meant, and the step whose dependents are asked for.
    pub(super) dependents: BTreeSet<(u32, u32, u32)>,
}

impl KindLane {
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
#[derive(Debug, Default)]
pub(super) struct OperationLane {
    /// In line for their recheck: rank and step.
    pub(super) ready: BTreeSet<(u32, u32)>,
    /// Rechecked, in line for their call: rank and step, of those that may share one the first.
    pub(super) checked: BTreeSet<(u32, u32)>,
    /// Steps that are being rechecked or stand in line for their call.
    pub(super) active: usize,
}

impl OperationLane {
    pub(super) fn clear(&mut self) {
        self.ready.clear();
        self.checked.clear();
    }
}
