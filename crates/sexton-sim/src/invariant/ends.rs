//! The run ends, with nothing under way.

use std::collections::BTreeSet;

use super::{Check, Findings, Scene};
use crate::log::{Moment, Ticket};

#[derive(Debug, Default)]
pub(super) struct Ends {
    under_way: BTreeSet<Ticket>,
    finished: bool,
}

impl Check for Ends {
    fn name(&self) -> &'static str {
        "ends"
    }

    fn see(&mut self, _: &Scene<'_>, moment: &Moment, found: &mut Findings) {
        match moment {
            Moment::Broken(what) => found.add(what.clone()),
            Moment::Began { .. } => self.finished = false,
            Moment::Sent { ticket, .. } => {
                if self.finished {
                    found.add(format!("call {ticket} is sent after the end"));
                }
                self.under_way.insert(*ticket);
            }
            Moment::Answered { ticket, .. } => {
                self.under_way.remove(ticket);
            }
            Moment::Crashed { .. } => self.under_way.clear(),
            Moment::Finished(_) => {
                self.finished = true;
                if !self.under_way.is_empty() {
                    found.add(format!("the session ended with calls {:?} under way", self.under_way));
                }
            }
            Moment::AppendBegan
            | Moment::Durable(_)
            | Moment::Arrived { .. }
            | Moment::Taken { .. }
            | Moment::Refused { .. }
            | Moment::Gone { .. }
            | Moment::Put { .. }
            | Moment::Fired { .. }
            | Moment::StopAsked => {}
        }
    }

    fn end(&mut self, _: &Scene<'_>, found: &mut Findings) {
        if !self.finished {
            found.add("the last session did not end".to_owned());
        }
    }
}
