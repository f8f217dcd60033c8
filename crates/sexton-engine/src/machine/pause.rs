//! A pause: nothing new is begun, and what was begun is read until it is gone.

use super::Machine;
use crate::event::Event;
use crate::journal::Record;

impl Machine {
    /// Begins nothing new until told otherwise. Calls whose intents were made wait as well.
    pub(super) fn pause(&mut self) {
        if !self.paused && self.begins_or_will() {
            self.paused = true;
            self.ledger.push(self.at(), Record::Paused);
            self.emit(Event::Paused);
        }
    }

    /// Goes on after a pause.
    pub(super) fn unpause(&mut self) {
        if self.paused && self.begins_or_will() {
            self.paused = false;
            self.ledger.push(self.at(), Record::Unpaused);
            self.emit(Event::Unpaused);
        }
    }

    fn begins_or_will(&self) -> bool {
        self.failure.is_none() && self.stopping.is_none() && !self.is_ending()
    }
}
