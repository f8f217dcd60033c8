//! The end of a step: who may begin by it, who is blocked by it, and when too many have failed.

use super::plan::position;
use super::{Activity, Machine, MachineError};
use crate::event::Event;
use crate::journal::{StepRecord, StopCause};
use crate::outcome::Outcome;

impl Machine {
    /// Ends a step. Its successors begin where it was the last they waited for, or are blocked.
    pub(super) fn end(&mut self, step: u32, outcome: Outcome) -> Result<(), MachineError> {
        self.record_end(step, outcome.clone())?;
        if outcome.is_done() {
            self.release_successors(step);
            return Ok(());
        }
        self.block_successors(step)?;
        match outcome {
            Outcome::Refused { .. } | Outcome::Failed { .. } | Outcome::Unknown { .. } => self.count_failure(),
            Outcome::Removed { .. }
            | Outcome::AlreadyGone
            | Outcome::Parked { .. }
            | Outcome::Stale { .. }
            | Outcome::Blocked { .. } => {}
        }
        Ok(())
    }

    fn record_end(&mut self, step: u32, outcome: Outcome) -> Result<(), MachineError> {
        self.record(step, StepRecord::Ended { outcome: outcome.clone() })?;
        self.set_activity(step, Activity::Ended);
        self.run_mut(step).seen = None;
        self.comes_no_more(step);
        self.canary_ended(step, &outcome);
        self.open -= 1;
        let address = self.planned(step).address.clone();
        self.emit(Event::StepEnded { step, address, outcome });
        Ok(())
    }

    fn release_successors(&mut self, step: u32) {
        for place in 0..self.planned(step).successors.len() {
            let successor = self.planned(step).successors[place];
            let run = &mut self.steps[position(successor)];
            run.remaining -= 1;
            if run.remaining == 0 && matches!(run.activity, Activity::Held) {
                self.take_up(successor);
            }
        }
    }

    fn block_successors(&mut self, by: u32) -> Result<(), MachineError> {
        let mut reached = vec![by];
        while let Some(step) = reached.pop() {
            for place in 0..self.planned(step).successors.len() {
                let successor = self.planned(step).successors[place];
                if self.run(successor).state.outcome().is_none() {
                    self.record_end(successor, Outcome::Blocked { by })?;
                    reached.push(successor);
                }
            }
        }
        Ok(())
    }

    fn count_failure(&mut self) {
        self.failures += 1;
        let steps = u64::try_from(self.steps.len()).unwrap_or(u64::MAX);
        let share = |percent: u8| u64::from(self.failures) * 100 >= steps.saturating_mul(u64::from(percent));
        let too_many = self.settings.max_failures.is_some_and(|most| self.failures >= most);
        if too_many || self.settings.max_failed_percent.is_some_and(share) {
            self.stop(StopCause::Failures { failed: self.failures }, true);
        }
    }
}
