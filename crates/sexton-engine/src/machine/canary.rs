//! The canaries: a few removals of each kind that run to the end before any other is begun.
//!
//! For each kind those are taken that the fewest others have to go before, and with them all that have to. Where one was
//! gone, stale or blocked instead of removed, another takes its place; where one was refused, failed or is unknown, the
//! run is stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use super::plan::position;
use super::{Activity, Machine, StepState};
use crate::journal::StopCause;
use crate::outcome::Outcome;

#[derive(Debug)]
pub(super) enum Canaries {
    /// These run alone.
    Alone {
        /// Removals of each kind.
        wanted: u32,
        /// The canaries that have not ended, and what has to go before them.
        open: BTreeSet<u32>,
    },
    /// Any step may be begun.
    Over,
}

impl Canaries {
    pub(super) fn new(wanted: Option<NonZeroU32>) -> Self {
        match wanted {
            Some(wanted) => Canaries::Alone { wanted: wanted.get(), open: BTreeSet::new() },
            None => Canaries::Over,
        }
    }

    pub(super) fn run_alone(&self) -> bool {
        matches!(self, Canaries::Alone { .. })
    }

    /// Whether a step has to wait for the canaries.
    pub(super) fn hold(&self, step: u32) -> bool {
        match self {
            Canaries::Alone { open, .. } => !open.contains(&step),
            Canaries::Over => false,
        }
    }
}

impl Machine {
    /// Takes note that a step has ended.
    pub(super) fn canary_ended(&mut self, step: u32, outcome: &Outcome) {
        let Canaries::Alone { open, .. } = &mut self.canaries else { return };
        if !open.remove(&step) {
            return;
        }
        match outcome {
            Outcome::Refused { .. } | Outcome::Failed { .. } | Outcome::Unknown { .. } => {
                self.stop(StopCause::Canary { step }, true);
            }
            Outcome::Removed { .. }
            | Outcome::AlreadyGone
            | Outcome::Parked { .. }
            | Outcome::Stale { .. }
            | Outcome::Blocked { .. } => {}
        }
    }

    /// Names the next canaries once those before have ended, and begins the rest once there are enough.
    pub(super) fn advance_canaries(&mut self) {
        let Canaries::Alone { wanted, open } = &self.canaries else { return };
        if !open.is_empty() || !self.begins() {
            return;
        }
        let wanted = *wanted;
        let open = self.next_canaries(wanted);
        let begun: Vec<u32> = match open.is_empty() {
            true => (0..).take(self.steps.len()).collect(),
            false => open.iter().copied().collect(),
        };
        self.canaries = match open.is_empty() {
            true => Canaries::Over,
            false => Canaries::Alone { wanted, open },
        };
        for step in begun {
            let run = self.run(step);
            let waits = matches!(run.state, StepState::Waiting(_)) && matches!(run.activity, Activity::Held);
            if waits && run.remaining == 0 && self.planned(step).operation.is_some() {
                self.take_up(step);
            }
        }
    }

    fn next_canaries(&self, wanted: u32) -> BTreeSet<u32> {
        let mut levels: Vec<u32> = vec![0; self.steps.len()];
        let mut removed: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        let mut candidates: BTreeMap<(&str, &str), Vec<(u32, u32)>> = BTreeMap::new();
        for index in (0..).take(self.steps.len()) {
            let planned = self.planned(index);
            let level = planned.after.iter().map(|after| levels[position(*after)] + 1).max().unwrap_or(0);
            levels[position(index)] = level;
            let kind = (planned.address.provider(), planned.address.kind());
            match self.run(index).state.outcome() {
                Some(Outcome::Removed { with: None, .. } | Outcome::Parked { .. }) if planned.with.is_none() => {
                    *removed.entry(kind).or_default() += 1;
                }
                None if planned.operation.is_some() => candidates.entry(kind).or_default().push((level, index)),
                Some(_) | None => {}
            }
        }
        let mut open = BTreeSet::new();
        for (kind, mut of_kind) in candidates {
            let missing = wanted.saturating_sub(removed.get(&kind).copied().unwrap_or_default());
            of_kind.sort_unstable();
            let missing = usize::try_from(missing).unwrap_or(usize::MAX);
            let mut reached: Vec<u32> = of_kind.into_iter().take(missing).map(|(_, step)| step).collect();
            while let Some(step) = reached.pop() {
                if self.run(step).state.outcome().is_none() && open.insert(step) {
                    reached.extend(&self.planned(step).after);
                }
            }
        }
        open
    }
}
