//! What the machine comes back for at a time.

use super::Machine;
use crate::journal::StopCause;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// A lane may be open again.
    Wake,
    /// The session has taken as long as it may.
    TimeUp,
    /// Ask again who the providers of a scope are.
    Identity(usize),
    /// Take a delayed step up again.
    Again(u32),
    /// Read whether a step's resource is gone.
    Settle(u32),
}

impl Machine {
    pub(super) fn fire_timers(&mut self) {
        while let Some((at, timer)) = self.timers.first().copied() {
            if at > self.now {
                break;
            }
            self.timers.pop_first();
            match timer {
                Timer::Wake => {}
                Timer::TimeUp => self.stop(StopCause::TimeUp, false),
                Timer::Identity(scope) => self.unidentified.push_back(scope),
                Timer::Again(step) => self.take_up(step),
                Timer::Settle(step) => self.ask_whether_gone(step),
            }
        }
    }
}
