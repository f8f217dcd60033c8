//! Who shares a call: steps of one group are gathered until they fill one, for as long as that costs no time.
//!
//! A step waits for another of its group that has as long a path behind it or a longer one: the run cannot end before
//! that other's call and its path, and so not later for a step that goes in the same call. A step with the longest path
//! of all that are left never waits. Since a path grows shorter with every step along it, no two steps wait for each
//! other.

use std::collections::{BTreeMap, BTreeSet};

use super::{Activity, Machine};

/// Lengths of paths, with how many steps have each.
#[derive(Debug, Default)]
struct Paths(BTreeMap<u64, u32>);

impl Paths {
    fn add(&mut self, path: u64) {
        *self.0.entry(path).or_default() += 1;
    }

    fn remove(&mut self, path: u64) {
        if let Some(steps) = self.0.get_mut(&path) {
            *steps -= 1;
            if *steps == 0 {
                self.0.remove(&path);
            }
        }
    }

    /// Whether a step with this path or a longer one is among them.
    fn reach(&self, path: u64) -> bool {
        self.0.last_key_value().is_some_and(|(longest, _)| *longest >= path)
    }
}

/// Steps that may share a call.
#[derive(Debug)]
pub(super) struct Gathering {
    limit: usize,
    /// Those that wait for their predecessors.
    to_come: Paths,
    /// Those that wait for the former: rank and step.
    waiting: BTreeSet<(u32, u32)>,
    /// Those that are being rechecked.
    checking: Paths,
    /// Rechecked: rank and step.
    checked: BTreeSet<(u32, u32)>,
    /// Who stands in the operation's line for all of them.
    in_line: Option<(u32, u32)>,
}

impl Gathering {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            to_come: Paths::default(),
            waiting: BTreeSet::new(),
            checking: Paths::default(),
            checked: BTreeSet::new(),
            in_line: None,
        }
    }

    /// Whether steps of it are rechecked, or being so, for a call that has room for more.
    pub(super) fn is_begun(&self) -> bool {
        (!self.checked.is_empty() && self.checked.len() < self.limit) || !self.checking.0.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.checked.clear();
        self.in_line = None;
    }
}

impl Machine {
    /// By how few calls, of each operation, what this session called could have been called.
    pub(super) fn fewest_calls(&self) -> BTreeMap<String, u64> {
        let mut alone: BTreeMap<usize, u64> = BTreeMap::new();
        let mut together: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        for (planned, _) in self.plan.steps.iter().zip(&self.steps).filter(|(_, run)| run.was_called) {
            let Some(operation) = planned.operation else { continue };
            match planned.group {
                Some(group) => *together.entry((operation, group)).or_default() += 1,
                None => *alone.entry(operation).or_default() += 1,
            }
        }
        for ((operation, group), steps) in together {
            let limit = u64::try_from(self.plan.groups[group]).unwrap_or(u64::MAX);
            *alone.entry(operation).or_default() += steps.div_ceil(limit);
        }
        let mut fewest: BTreeMap<String, u64> = BTreeMap::new();
        for (operation, calls) in alone {
            *fewest.entry(self.plan.operations[operation].operation.clone()).or_default() += calls;
        }
        fewest
    }

    /// A step of a group waits for its predecessors.
    pub(super) fn will_come(&mut self, step: u32) {
        let planned = self.plan.step(step);
        let (group, path) = (planned.group, planned.path);
        if let Some(group) = group {
            self.groups[group].to_come.add(path);
            self.run_mut(step).is_to_come = true;
        }
    }

    /// A step of a group has come, or will not come any more.
    pub(super) fn comes_no_more(&mut self, step: u32) {
        let planned = self.plan.step(step);
        let (group, path) = (planned.group, planned.path);
        if let Some(group) = group
            && std::mem::take(&mut self.run_mut(step).is_to_come)
        {
            self.groups[group].to_come.remove(path);
            self.gather(group);
        }
    }

    /// Has a step stand in line for its recheck once nobody is worth waiting for.
    pub(super) fn gather_with_its_group(&mut self, step: u32, group: usize) {
        let rank = self.planned(step).rank;
        self.set_activity(step, Activity::Gathered);
        self.groups[group].waiting.insert((rank, step));
        self.comes_no_more(step);
        self.gather(group);
    }

    fn gather(&mut self, group: usize) {
        while let Some((_, first)) = self.groups[group].waiting.first().copied() {
            let path = self.planned(first).path;
            let gathering = &mut self.groups[group];
            let is_short = gathering.waiting.len() < gathering.limit && gathering.to_come.reach(path);
            if is_short && !self.canaries.run_alone() {
                break;
            }
            for _ in 0..gathering.limit.max(1) {
                let Some((rank, step)) = self.groups[group].waiting.pop_first() else { break };
                self.stand_in_line_for_recheck(rank, step);
            }
        }
    }

    pub(super) fn stand_in_line_for_recheck(&mut self, rank: u32, step: u32) {
        if let Some(operation) = self.planned(step).operation {
            self.set_activity(step, Activity::Ready);
            self.operations[operation].ready.insert((rank, step));
        }
    }

    /// Counts who of a group is being rechecked.
    pub(super) fn count_recheck(&mut self, step: u32, was: bool, is: bool) {
        let planned = self.plan.step(step);
        let Some(group) = planned.group else { return };
        let path = planned.path;
        match (was, is) {
            (false, true) => self.groups[group].checking.add(path),
            (true, false) => self.groups[group].checking.remove(path),
            (true, true) | (false, false) => return,
        }
        self.line_up(group);
    }

    /// Puts a rechecked step in line for its call.
    pub(super) fn line_up_checked(&mut self, step: u32) {
        let planned = self.plan.step(step);
        let place = (planned.rank, step);
        match (planned.group, planned.operation) {
            (Some(group), _) => {
                self.groups[group].checked.insert(place);
                self.line_up(group);
            }
            (None, Some(operation)) => {
                self.operations[operation].checked.insert(place);
            }
            (None, None) => {}
        }
    }

    /// Takes the steps that go in the call of the first in line.
    pub(super) fn take_together(&mut self, operation: usize, first: (u32, u32)) -> Vec<u32> {
        let Some(group) = self.planned(first.1).group else {
            self.operations[operation].checked.remove(&first);
            return vec![first.1];
        };
        let gathering = &mut self.groups[group];
        let mut steps = Vec::new();
        while steps.len() < gathering.limit
            && let Some((_, step)) = gathering.checked.pop_first()
        {
            steps.push(step);
        }
        self.line_up(group);
        steps
    }

    /// Has the first of a group stand in the operation's line where its call is full or nobody is worth waiting for.
    fn line_up(&mut self, group: usize) {
        let gathering = &self.groups[group];
        let first = gathering.checked.first().copied();
        let due = first.filter(|(_, step)| {
            let path = self.planned(*step).path;
            gathering.checked.len() >= gathering.limit || !gathering.checking.reach(path)
        });
        let before = gathering.in_line;
        let Some(operation) =
            due.or(before).and_then(|(_, step)| self.planned(step).operation).filter(|_| due != before)
        else {
            return;
        };
        let line = &mut self.operations[operation].checked;
        if let Some(before) = before {
            line.remove(&before);
        }
        line.extend(due);
        self.groups[group].in_line = due;
    }
}
