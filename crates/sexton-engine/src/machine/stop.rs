//! When nothing new is begun, and what of what is under way is still read.

use super::gather::Gathering;
use super::lane::OperationLane;
use super::{Machine, Phase, Timer};
use crate::event::Event;
use crate::journal::{Record, StopCause};

/// Nothing new is begun.
#[derive(Debug)]
pub(super) struct Stopping {
    pub(super) cause: StopCause,
    /// Whether what the provider has begun to remove is still read until it is gone.
    pub(super) settles: bool,
}

impl Machine {
    /// Begins nothing new. A later cause can only say that less is finished.
    pub(super) fn stop(&mut self, cause: StopCause, settles: bool) {
        match &mut self.stopping {
            Some(stopping) => stopping.settles &= settles,
            None => {
                self.ledger.push(self.at(), Record::Stopping { cause: cause.clone() });
                self.emit(Event::Stopping { cause: cause.clone() });
                self.stopping = Some(Stopping { cause, settles });
            }
        }
        self.drop_queues(settles);
    }

    /// Forgets what stands in line for something that will not be begun.
    pub(super) fn drop_queues(&mut self, settles: bool) {
        // What is still read has to be known to be served by whom the plan speaks of.
        let identifies = settles && self.phase == Phase::Running;
        if !identifies {
            self.unidentified.clear();
        }
        self.operations.iter_mut().for_each(OperationLane::clear);
        self.groups.iter_mut().for_each(Gathering::clear);
        self.kinds.iter_mut().for_each(|lane| lane.clear(settles));
        self.timers.retain(|(_, timer)| match timer {
            Timer::Settle(_) | Timer::Wake => settles,
            Timer::Identity(_) => identifies,
            Timer::Again(_) | Timer::TimeUp => false,
        });
    }

    /// Whether steps may be begun.
    pub(super) fn begins(&self) -> bool {
        self.phase == Phase::Running && self.failure.is_none() && self.stopping.is_none()
    }

    /// Whether the last records are on their way, or made.
    pub(super) fn is_ending(&self) -> bool {
        matches!(self.phase, Phase::Closing | Phase::Over)
    }

    /// Whether it is read what is gone.
    pub(super) fn settles(&self) -> bool {
        self.phase == Phase::Running
            && self.failure.is_none()
            && self.stopping.as_ref().is_none_or(|stopping| stopping.settles)
    }
}
