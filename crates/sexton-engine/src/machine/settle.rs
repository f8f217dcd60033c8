//! Reading whether a resource is gone: after an accepted removal, after a call whose outcome is not known, and for what
//! goes with another.

use std::time::Duration;

use sexton_core::rulebook::Completion;
use sexton_core::time::Timestamp;
use sexton_provider::Observed;

use super::lane::{Ask, Question};
use super::step::Parked;
use super::{Activity, Machine, MachineError, MonoTime, StepState, Timer};
use crate::event::Event;
use crate::journal::StepRecord;
use crate::outcome::Outcome;

/// How far a reading whether something is gone has come.
#[derive(Debug)]
pub(super) struct Settling {
    since: MonoTime,
    deadline: MonoTime,
    /// The delay before the next reading after a call whose outcome is not known.
    delay: Duration,
    /// Readings that have to find the resource before another removal is tried.
    reads_left: u32,
}

impl Machine {
    /// Reads soon, and then again, until it is gone.
    pub(super) fn settle(&mut self, step: u32) {
        self.settle_after(step, self.settings.settle.first);
    }

    /// Reads after a while, and then again, until it is gone.
    pub(super) fn settle_after(&mut self, step: u32, delay: Duration) {
        self.begin_settling(step);
        self.read_again_after(step, delay);
    }

    /// Reads at once, and then again, until it is gone.
    pub(super) fn settle_now(&mut self, step: u32) {
        self.begin_settling(step);
        self.ask_whether_gone(step);
    }

    fn begin_settling(&mut self, step: u32) {
        let settle = &self.settings.settle;
        let reads_left = match self.planned(step).completion {
            Completion::Sync => 1,
            Completion::Async => settle.asynchronous_reads.max(1),
        };
        let settling =
            Settling { since: self.now, deadline: self.now.after(settle.deadline), delay: settle.first, reads_left };
        self.set_activity(step, Activity::Settling(settling));
    }

    fn read_again_after(&mut self, step: u32, delay: Duration) {
        let at = self.now.after(delay).on_grid(self.settings.settle.grid);
        if self.settles() {
            self.timers.insert((at, Timer::Settle(step)));
        }
    }

    pub(super) fn ask_whether_gone(&mut self, step: u32) {
        if self.settles() {
            let planned = self.plan.step(step);
            let question = Question { rank: planned.rank, ask: Ask::Gone { step }, alone: false };
            self.kinds[planned.kind].settling.insert(question);
        }
    }

    /// Whether reading a step has taken too long.
    pub(super) fn is_overdue(&self, step: u32) -> bool {
        match &self.run(step).activity {
            Activity::Settling(settling) => self.now >= settling.deadline,
            Activity::Held
            | Activity::Gathered
            | Activity::Ready
            | Activity::Checking(_)
            | Activity::Checked
            | Activity::Delayed
            | Activity::Calling
            | Activity::Ended => true,
        }
    }

    pub(super) fn end_unknown(&mut self, step: u32, message: String) -> Result<(), MachineError> {
        self.end(step, Outcome::Unknown { message })
    }

    /// Ends a step of which a call may have had an effect, and whose id another resource has now: perhaps it was reached.
    pub(super) fn end_replaced(&mut self, step: u32, made_at: Timestamp) -> Result<(), MachineError> {
        let message =
            format!("another is there under its id, made at {made_at}: it may have been reached in its place");
        self.end_unknown(step, message)
    }

    pub(super) fn gone_observed(&mut self, step: u32, observed: &Observed) -> Result<(), MachineError> {
        self.note_parked(step, observed);
        if let Some(made_at) = self.another(step, observed) {
            return self.end_replaced(step, made_at);
        }
        if self.is_gone(step, observed) {
            let request_id = match &self.run(step).state {
                StepState::Accepted { request_id, .. } => request_id.clone(),
                StepState::Waiting(_) | StepState::Called(_) | StepState::Unsettled(_) | StepState::Ended { .. } => {
                    None
                }
            };
            let with = self.planned(step).with;
            let outcome = self.removed_or_parked(step, request_id, with);
            return self.end(step, outcome);
        }
        let settle = &self.settings.settle;
        let (cap, grid, share, deadline) = (settle.cap, settle.grid, settle.share.get(), settle.deadline);
        let now = self.now;
        let overdue = self.is_overdue(step);
        let Activity::Settling(settling) = &mut self.run_mut(step).activity else { return Ok(()) };
        let delay = settling.delay;
        settling.delay = (delay * 3 / 2).min(cap);
        settling.reads_left = settling.reads_left.saturating_sub(1);
        let reads_left = settling.reads_left;
        // What is surely on its way is looked for as often as keeps the time that is lost a share of the time it takes.
        let soon = (now.since(settling.since) / share).clamp(grid, cap.max(grid));
        match &self.run(step).state {
            StepState::Called(_) | StepState::Unsettled(_) if reads_left == 0 => {
                self.record(step, StepRecord::StillThere)?;
                let address = self.planned(step).address.clone();
                self.emit(Event::StepStillThere { step, address });
                self.run_mut(step).checked_at = None;
                self.try_again(step)
            }
            StepState::Waiting(_) | StepState::Accepted { .. } | StepState::Called(_) | StepState::Unsettled(_)
                if overdue =>
            {
                self.end_unknown(step, format!("it is still there after {} s", deadline.as_secs()))
            }
            StepState::Accepted { .. } => {
                self.read_again_after(step, soon);
                Ok(())
            }
            StepState::Waiting(_) | StepState::Called(_) | StepState::Unsettled(_) | StepState::Ended { .. } => {
                self.read_again_after(step, delay);
                Ok(())
            }
        }
    }

    /// Takes note of whether a reading shows the step's resource in a recycle bin, or out of it. Where it shows nothing,
    /// what was known of a bin holds: few are shown in a reading.
    pub(super) fn note_parked(&mut self, step: u32, observed: &Observed) {
        match observed {
            Observed::Parked { until } => self.run_mut(step).parked = Some(Parked { until: *until }),
            Observed::Present(_) => self.run_mut(step).parked = None,
            Observed::Absent => {}
        }
    }

    /// How a step ends whose resource this run has put out of the way.
    pub(super) fn removed_or_parked(&self, step: u32, request_id: Option<String>, with: Option<u32>) -> Outcome {
        match self.run(step).parked {
            Some(Parked { until }) => Outcome::Parked { until, request_id },
            None => Outcome::Removed { request_id, with },
        }
    }

    /// When what a reading shows was made, where it is another resource of the step's id. Who made it, and whether the
    /// call came before, is not known.
    fn another(&self, step: u32, observed: &Observed) -> Option<Timestamp> {
        let Observed::Present(found) = observed else { return None };
        let (found, expected) = (found.created_at.known()?, self.planned(step).expect.created_at?);
        (found != expected).then_some(found)
    }

    /// Whether the step's resource is gone: not there, in a recycle bin, or there without guarding anything.
    fn is_gone(&self, step: u32, observed: &Observed) -> bool {
        match observed {
            Observed::Absent | Observed::Parked { .. } => true,
            Observed::Present(found) => self.plan.kinds[self.planned(step).kind].guards.is_spent(found),
        }
    }
}
